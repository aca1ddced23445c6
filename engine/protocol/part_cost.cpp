#include "engine/protocol/part_cost.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "engine/data/corruptions.h"
#include "engine/data/image_folder.h"

namespace pinwheel::protocol {
namespace {

constexpr double kGradient = 3;  // forward, and backward for about twice its time
constexpr double kSheetAnalyses = 1500;
constexpr double kWiringStart = 0.02;
// Of an image, for a network that goes on from IT, and from IT or the sheet before with added spikes.
constexpr double kFromLesion = 0.03;
constexpr double kFromDrive = 0.06;
constexpr double kThousandBootstraps = 250;  // of 92 images
constexpr double kBootstrapImages = 92;
constexpr double kRegression = 4e-6;  // of the images cubed: the decompositions of all folds
constexpr double kGratings = 640;
constexpr double kTimedImages = 1000;  // of the validation data, for what is measured in time
constexpr double kCalibrationBatches = 10;
constexpr double kDomains = 5;
constexpr double kExams = 2;
constexpr double kCorruptionSeverities = 5;

double atMost(std::int64_t images, const data::Dataset& dataset) {
  return static_cast<double>(std::min(images, dataset.size()));
}

double sizeOf(const auto& list) {
  return static_cast<double>(list.size());
}

double imagesIn(const std::filesystem::path& folder) {
  return sizeOf(data::numberedImagesIn(folder).value_or(std::vector<std::filesystem::path>{}));
}

double untrainedCalibration(const Subject& subject) {
  return std::min(kCalibrationBatches * static_cast<double>(subject.batchSize),
                  static_cast<double>(subject.training->size()));
}

}  // namespace

double expectedMapsCost(const Subject& subject) {
  constexpr double kNetworks = 2;  // itself, and the untrained control
  const auto validation = static_cast<double>(subject.validation->size());
  return kNetworks *
             (kGratings + static_cast<double>(subject.categories->size()) + std::min(kTimedImages, validation)) +
         validation + untrainedCalibration(subject) + kSheetAnalyses * sizeOf(subject.sheets);
}

double expectedCost(const TimeSweepOptions& options, const Subject& subject) {
  const std::int64_t trained = subject.checkpoint->config.model.steps();
  std::vector<std::int64_t> steps = options.accuracySteps;
  steps.insert(steps.end(), options.entropySteps.begin(), options.entropySteps.end());
  steps.push_back(trained);
  std::sort(steps.begin(), steps.end());
  steps.erase(std::unique(steps.begin(), steps.end()), steps.end());
  const auto all = static_cast<double>(std::accumulate(steps.begin(), steps.end(), std::int64_t{0}));
  const double networks = options.twin.empty() ? 1 : 2;
  return networks * atMost(options.images, *subject.validation) * all / static_cast<double>(trained);
}

double expectedCost(const RobustnessOptions& options, const Subject& subject) {
  const double epsilons = sizeOf(options.epsilons);
  const double noises = sizeOf(options.gaussianDeviations) + sizeOf(options.maskedShares) +
                        kCorruptionSeverities * sizeOf(data::corruptionKinds());
  // FGSM, its two controls and the ends of PGD; one gradient serves every strength of FGSM.
  const double shown = 1 + noises + 4 * epsilons + kGradient * (1 + epsilons * options.pgdSteps);
  return atMost(options.images, *subject.validation) * shown;
}

double expectedCost(const LesionStudyOptions& options, const Subject& subject) {
  constexpr double kSelections = 2;  // discs and ranked sets take the shares
  const double lesions = kDomains * (kSelections * sizeOf(options.shares) + sizeOf(options.thresholds));
  return atMost(options.images, *subject.categories) *
         (1 + kExams * (1 + kFromLesion * lesions * (1 + options.shamDraws)));
}

double expectedCost(const StimulationOptions& options, const Subject& subject) {
  const double sites = kDomains + options.places;
  const double driven = kExams * sizeOf(options.strengths) * sites + sites;
  constexpr double kWhole = 2 + kExams;  // the maps' images, the exams', and those of the spread
  return atMost(options.images, *subject.categories) * (kWhole + kFromDrive * driven);
}

double expectedCost(const WiringOptions& options, const Subject& subject) {
  constexpr double kMeasured = 3;  // itself, at shuffled positions, untrained
  const double images = atMost(options.images, *subject.validation);
  const double pairs = sizeOf(subject.sheets) - 1;
  return 2 * images + untrainedCalibration(subject) +
         kWiringStart * kMeasured * images * pairs * options.windows * options.starts;
}

double expectedCost(const ContrastsOptions& options, const Subject&) {
  double images = 0;
  for (const Contrast& contrast : options.contrasts) images += imagesIn(contrast.folderA) + imagesIn(contrast.folderB);
  return images;
}

double expectedCost(const training::BrainLikenessOptions& options, const Subject& subject) {
  const double images = imagesIn(options.images);
  const auto steps = static_cast<double>(subject.checkpoint->config.model.steps());
  const double tables = sizeOf(subject.sheets) * (steps > 1 ? steps + 1 : 1);
  const double drawn = (options.similarity.bootstraps + 0.1 * options.similarity.permutations) / 1000;
  const double squared = images / kBootstrapImages * (images / kBootstrapImages);
  const double regression = options.recordings.empty() ? 0 : kRegression * images * images * images;
  return images * sizeOf(subject.sheets) +
         tables * (sizeOf(options.matrices) * drawn * kThousandBootstraps * squared + regression);
}

}  // namespace pinwheel::protocol
