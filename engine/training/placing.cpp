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

// Spatial frequency and orientation matter to the swaps, and so does phase: every stimulus is a column of its own.
struct SheetResponses {
  std::vector<float> values;  // [U, stimuli]
  std::int64_t units = 0;
};

Expected<std::vector<SheetResponses>> gratingResponses(snn::Network& network, at::Device device,
                                                       const TrainConfig& config,
                                                       const data::Normalisation& normalisation, std::int64_t& stimuli,
                                                       const StopFlag& stop) {
  const int side = static_cast<int>(config.model.imageSide);
  const std::vector<data::Grating> gratings = data::makeGratings(side);
  stimuli = static_cast<std::int64_t>(gratings.size());
  std::vector<SheetResponses> responses(network.sheets().size());
  for (std::size_t s = 0; s < responses.size(); ++s) {
    const snn::SheetShape& shape = network.sheets()[s];
    responses[s].units = static_cast<std::int64_t>(shape.channels) * shape.height * shape.width;
    responses[s].values.resize(static_cast<std::size_t>(responses[s].units * stimuli));
  }
  const Status status = recordGratings(
      network, device, gratings, side, normalisation, config.evaluation.batchSize,
      [&](std::size_t sheet, std::int64_t first, std::int64_t count, std::span<const float> rates) {
        SheetResponses& out = responses[sheet];
        for (std::int64_t u = 0; u < out.units; ++u)
          for (std::int64_t i = 0; i < count; ++i)
            out.values[static_cast<std::size_t>(u * stimuli + first + i)] =
                rates[static_cast<std::size_t>(i * out.units + u)];
      },
      &stop);
  if (!status) return tl::unexpected(status.error());
  return responses;
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
  }
  observer.onPhase("showing gratings to the auxiliary network");
  std::int64_t stimuli = 0;
  auto responses = gratingResponses(**network, device, config, dataset->normalisation(), stimuli, stop);
  if (stop.requested()) return std::vector<topography::Sheet>{};
  if (!responses) return tl::unexpected(responses.error());

  std::string log;
  for (std::size_t s = 0; s < sheets.size(); ++s) {
    const std::string& layer = sheets[s].spec.layer;
    observer.onPhase("placing " + layer);
    topography::PlacementOptions options;
    options.windows = config.placement.windows;
    options.attempts = static_cast<int>(config.placement.attempts);
    options.seed = mix64(static_cast<std::uint64_t>(config.placement.seed) + 1) + s;
    options.threads = threads;
    const auto report = topography::optimisePositions(
        sheets[s], {(*responses)[s].units, stimuli, (*responses)[s].values}, options,
        [&](const topography::PlacementPoint& point) { observer.onPlacement(layer, point, options.windows); }, &stop);
    if (!report) return tl::unexpected(report.error());
    if (report->stopped) return std::vector<topography::Sheet>{};
    for (const topography::PlacementPoint& point : report->points)
      log += nlohmann::json{{"layer", layer},
                            {"window", point.window},
                            {"loss_before", point.lossBefore},
                            {"loss_after", point.lossAfter},
                            {"accepted", point.accepted}}
                 .dump() +
             "\n";
    (*responses)[s] = {};  // the largest sheets hold hundreds of megabytes
  }
  if (const Status status = writeFileAtomically(logFile, log); !status) return tl::unexpected(status.error());
  return sheets;
}

}  // namespace pinwheel::training
