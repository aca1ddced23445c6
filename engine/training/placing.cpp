#include "engine/training/placing.h"

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>

#include "engine/core/files.h"
#include "engine/core/random.h"
#include "engine/snn/backbones.h"
#include "engine/training/loop.h"
#include "engine/training/responses.h"
#include "engine/training/setup.h"

namespace pinwheel::training {
namespace {

constexpr std::int64_t kSettledSteps = 50;  // 0.9^50: batch norm's initial statistics are below 1 % of the average

// A sheet whose units say nothing stays where the retinotopic start put it, and looks placed all the same.
void warnOfPoorPlacement(const topography::Sheet& sheet, const topography::PlacementReport& report,
                         const topography::PlacementOptions& options, TrainObserver& observer) {
  const std::string& layer = sheet.spec.layer;
  const std::int64_t units = sheet.spec.unitCount();
  if (2 * report.constantUnits > units)
    observer.onWarning("The sheet of " + layer + " is hardly placed: " + std::to_string(report.constantUnits) + " of " +
                       std::to_string(units) +
                       " units answer every grating alike. Train the auxiliary network longer "
                       "(placement.auxiliary_epochs), or lower model.threshold.");
  else if (report.accepted == 0 && options.windows > 0 && options.attempts > 0)
    observer.onWarning("The sheet of " + layer + " is not placed: no swap was kept, and " +
                       std::to_string(report.skipped) + " of " + std::to_string(report.windows) +
                       " windows held fewer than " + std::to_string(options.minUnits) +
                       " units. Set sheets.<area>.neighbourhood_mm higher.");
}

}  // namespace

std::vector<topography::Sheet> startingSheets(const TrainConfig& config,
                                              const std::vector<topography::SheetSpec>& specs) {
  std::vector<topography::Sheet> sheets;
  for (std::size_t i = 0; i < specs.size(); ++i)
    sheets.push_back(topography::retinotopicSheet(
        specs[i], mix64(static_cast<std::uint64_t>(config.placement.seed)) + i, config.sheets.jitterMm));
  return sheets;
}

Expected<std::vector<topography::Sheet>> placeSheets(const TrainConfig& config,
                                                     const std::vector<topography::SheetSpec>& specs,
                                                     std::shared_ptr<const data::Dataset> dataset, at::Device device,
                                                     int threads, const std::filesystem::path& logFile,
                                                     TrainObserver& observer, const StopFlag& stop) {
  std::vector<topography::Sheet> sheets = startingSheets(config, specs);
  const int side = static_cast<int>(config.model.imageSide);
  TrainConfig auxiliary = config;
  auxiliary.training.seed = config.placement.seed + 7919;  // weights of its own: they are discarded afterwards
  auxiliary.training.epochs = config.placement.auxiliaryEpochs;
  auxiliary.training.warmupEpochs = std::min(config.training.warmupEpochs, 0.5);
  auxiliary.stc.loss = "none";

  auto network = snn::makeNetwork(networkOptions(config.model, static_cast<std::int64_t>(dataset->classNames().size())),
                                  static_cast<std::uint64_t>(auxiliary.training.seed));
  if (!network) return tl::unexpected(network.error());
  (*network)->moveTo(device.is_cuda());
  auto noLoss = TopographicLoss::create(auxiliary.stc, auxiliary.sheets, sheets, 0, device);
  if (!noLoss) return tl::unexpected(noLoss.error());
  {
    observer.onPhase("training the auxiliary network (" + std::to_string(auxiliary.training.epochs) + " epochs)");
    TrainingLoop loop(**network, device, auxiliary, dataset, std::move(*noLoss));
    while (loop.state().epoch < auxiliary.training.epochs) {
      const auto result = loop.runEpoch(
          stop, [&](const StepReport& step) { observer.onStep(step); }, [] { return Status{}; });
      if (!result) return tl::unexpected(result.error());
      if (*result == TrainingLoop::Result::stopped) return std::vector<topography::Sheet>{};
      loop.beginEpoch();
      ++loop.state().epoch;
    }
    if (loop.state().step < kSettledSteps) {
      const Status status =
          calibrateNormalisation(**network, device, dataset, side, config.evaluation.batchSize, &stop);
      if (stop.requested()) return std::vector<topography::Sheet>{};
      if (!status) return tl::unexpected(status.error());
    }
  }

  const std::vector<data::Grating> gratings = data::makeGratings(side);
  std::string log;
  for (std::size_t s = 0; s < sheets.size(); ++s) {
    const std::string& layer = sheets[s].spec.layer;
    observer.onPhase("placing " + layer);
    const auto responses = recordGratingMatrix(**network, device, gratings, side, dataset->normalisation(),
                                               config.evaluation.batchSize, s, &stop);
    if (stop.requested()) return std::vector<topography::Sheet>{};
    if (!responses) return tl::unexpected(responses.error());
    topography::PlacementOptions options;
    options.windows = config.placement.windows;
    options.attempts = static_cast<int>(config.placement.attempts);
    options.seed = mix64(static_cast<std::uint64_t>(config.placement.seed) + 1) + s;
    options.threads = threads;
    const auto report = topography::optimisePositions(
        sheets[s], {sheets[s].spec.unitCount(), static_cast<std::int64_t>(gratings.size()), *responses}, options,
        [&](const topography::PlacementPoint& point) { observer.onPlacement(layer, point, options.windows); }, &stop);
    if (!report) return tl::unexpected(report.error());
    if (report->stopped) return std::vector<topography::Sheet>{};
    warnOfPoorPlacement(sheets[s], *report, options, observer);
    for (const topography::PlacementPoint& point : report->points)
      log += nlohmann::json{{"layer", layer},
                            {"window", point.window},
                            {"loss_before", point.lossBefore},
                            {"loss_after", point.lossAfter},
                            {"accepted", point.accepted}}
                 .dump() +
             "\n";
  }
  if (const Status status = writeFileAtomically(logFile, log); !status) return tl::unexpected(status.error());
  return sheets;
}

}  // namespace pinwheel::training
