// What the studies of lesions and of stimulation share: which units of a category map they act on, and how the network
// is asked what it sees. Includes LibTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/analysis/interval.h"
#include "engine/analysis/selectivity.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/core/random.h"
#include "engine/data/batch_loader.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/protocol/presentation.h"
#include "engine/protocol/subject.h"

namespace pinwheel::protocol {

// ---- Which units

/// Index of the last sheet whose area is "IT"; the last sheet where there is none.
[[nodiscard]] std::size_t inferotemporalSheet(const std::vector<topography::Sheet>& sheets);

struct Peak {
  double xMm = 0;  ///< display scale, the centre of a grid cell
  double yMm = 0;
  double t = 0;  ///< smoothed
};
/// Where the smoothed t-map (as patches are cut from, analysis::PatchOptions) is largest; t [U].
[[nodiscard]] Peak peakOf(const topography::Sheet& sheet, const std::vector<float>& t);
/// The `count` units nearest to a point (mm, display scale); at equal distance the lower index. Ascending.
[[nodiscard]] std::vector<std::int32_t> nearestUnits(const topography::Sheet& sheet, double xMm, double yMm,
                                                     std::size_t count);
/// The `count` units of highest t; at equal t the lower index. Ascending.
[[nodiscard]] std::vector<std::int32_t> highestUnits(const std::vector<float>& t, std::size_t count);
[[nodiscard]] std::vector<std::int32_t> unitsAbove(const std::vector<float>& t, double threshold);

// ---- How the network is asked

/// Images, and a question about each that has one right answer.
struct Exam {
  std::string name;  ///< "readout" or "classes"
  std::shared_ptr<const data::Dataset> images;
  std::vector<std::string> groups;  ///< the possible answers
  std::vector<int> domainOfGroup;   ///< [groups], index into data::domainNames(); empty: the groups are of no domain
  std::vector<int> truth;           ///< [images], the right group
  std::function<std::vector<int>(const snn::Activity&)> answer{};  ///< the group of every image of a batch
};

/// {"accuracy", "low_95", "high_95"}, Wilson's interval.
[[nodiscard]] nlohmann::json accuracyJson(std::int64_t correct, std::int64_t images);

/// The answers [images] to an exam under a lesion; `shown` has the exam's images.
Expected<std::vector<int>> answersUnder(Presentation& shown, const Exam& exam, const perturbation::Lesion& added,
                                        Work& work, const StopFlag& stop);

/// Of data::domainNames().
[[nodiscard]] std::string domainName(int domain);

/// One half of the category images for the maps, the other for the test; every category as often.
struct DomainStudy {
  std::size_t sheet = 0;                           ///< IT
  std::vector<int> domains;                        ///< that have images, index into data::domainNames()
  std::shared_ptr<const data::Dataset> mapImages;  ///< the first half
  /// "readout": the domain that the last sheet's rates are nearest to (Euclidean distance to the means of the domains'
  /// rates over the first half, without the study's lesion), on the second half. It exists for every network. Then,
  /// where the validation data are labelled, "classes": the network's own answer to them.
  std::vector<Exam> exams;
  std::vector<analysis::CategoryResponses> responses;  ///< [sheets], to the first half; see recordMaps
};
/// Chooses the images, `images` at most of each kind. Error: fewer than two domains with two images for the maps and
/// one for the test.
Expected<DomainStudy> openStudy(const Subject& subject, std::int64_t images, std::uint64_t seed);
/// Fills in the responses, and the means of the read-out.
Status recordMaps(const Subject& subject, DomainStudy& study, Work& work, const StopFlag& stop);

/// 95 % intervals of statistics over images drawn with replacement, within each group of `truth` as many as it has.
/// `statistics` is told how often each image was drawn, and given the draw's random numbers. Several at once.
[[nodiscard]] std::vector<analysis::Interval> bootstrapOverImages(
    const std::vector<int>& truth, int draws, std::uint64_t seed,
    const std::function<std::vector<double>(std::span<const int> weights, Random& random)>& statistics);

}  // namespace pinwheel::protocol
