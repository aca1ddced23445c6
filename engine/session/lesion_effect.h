// What a lesion costs: accuracy per category before, after, and with a sham. Includes LibTorch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/session/job.h"
#include "engine/session/subject.h"

namespace pinwheel::session {

/// Correct and shown images per class.
struct ClassCounts {
  std::vector<std::int64_t> correct, count;
};

/// The validation images of an open network, kept decoded, and how it does on them without a lesion. The engine's
/// thread.
class LesionEffect {
public:
  static constexpr std::int64_t kImages = 1000;

  /// Opens the checkpoint's data and chooses up to kImages, every class as often. Error: they are not there, or their
  /// classes are not the network's.
  static Expected<LesionEffect> open(const training::TrainConfig& config, const training::Provenance& provenance);

  /// Images that `measure` will show.
  [[nodiscard]] std::int64_t work(bool withSham) const;
  /// `lesion` has been checked. Without `sham` (or with a reason why there is none) the sham's figures are unknown.
  /// Error: stopped, or an image that cannot be read. All but the figures is the caller's to fill in.
  Expected<LesionFrame> measure(Subject& subject, const Lesion& lesion, const std::optional<Lesion>& sham, Job& job);
  /// Of the network as it is: before and after are the same figures, unknown while nothing was measured.
  [[nodiscard]] LesionFrame without() const;

private:
  Expected<ClassCounts> count(Subject& subject, const Lesion& lesion, Job& job, const std::string& label) const;
  [[nodiscard]] LesionFrame frameOf(const ClassCounts& after, const std::optional<ClassCounts>& sham) const;

  std::shared_ptr<const data::Dataset> m_images;
  std::vector<std::string> m_classNames;
  data::Normalisation m_normalisation;
  std::optional<ClassCounts> m_before;
};

}  // namespace pinwheel::session
