#include "engine/training/evaluation.h"

#include <torch/torch.h>

#include "engine/data/floc.h"
#include "engine/data/world.h"
#include "engine/snn/backbones.h"
#include "engine/training/checkpoint.h"
#include "engine/training/measures.h"
#include "engine/training/report.h"
#include "engine/training/setup.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kImagesPerCategory = 144;  // as in fLoc's localiser (Stigliani et al. 2015)
constexpr std::uint64_t kCategorySeed = 0xF10C;   // the built-in world's categories: never a training image's seed
constexpr int kCalibrationBatches = 10;

// An untrained network's batch norms hold no statistics of any image, and it would be silent in evaluation mode: they
// are measured first, the weights stay as they were drawn.
Status calibrate(snn::Network& network, at::Device device, std::shared_ptr<const data::Dataset> dataset, int side,
                 std::int64_t batchSize) {
  torch::NoGradGuard guard;
  network.setTraining(true);
  data::LoaderOptions options;
  options.batchSize = batchSize;
  options.side = side;
  options.shuffle = true;
  data::BatchLoader loader(std::move(dataset), options);
  loader.startEpoch(0);
  for (int i = 0; i < kCalibrationBatches; ++i) {
    auto batch = loader.next();
    if (!batch) return tl::unexpected(batch.error());
    if (!batch->has_value()) break;
    data::Batch& b = **batch;
    network.forward(at::from_blob(b.pixels.data(), {b.count, 3, side, side}, at::kFloat).to(device));
  }
  network.setTraining(false);
  return {};
}

Expected<EvaluateResult> run(const EvaluateOptions& options, const ProgressCallback& progress, const StopFlag& stop) {
  const auto checkpoint = loadCheckpoint(options.checkpoint);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const TrainConfig& config = checkpoint->config;
  const auto device = chooseDevice(options.device);
  if (!device) return tl::unexpected(device.error());
  useThreads(options.threads);

  const std::string spec = options.data.empty() ? checkpoint->provenance.data : options.data;
  auto pair = data::openDataset(spec, datasetOptions(config));
  if (!pair) return tl::unexpected(pair.error());
  // Whatever images are shown, the network expects the normalisation that it was trained with.
  const data::Normalisation normalisation{checkpoint->provenance.pixelMean, checkpoint->provenance.pixelDeviation};

  const snn::NetworkOptions shape =
      networkOptions(config.model, static_cast<std::int64_t>(checkpoint->provenance.classNames.size()));
  auto network = snn::makeNetwork(shape, static_cast<std::uint64_t>(config.training.seed));
  if (!network) return tl::unexpected(network.error());
  auto untrained = snn::makeNetwork(shape, static_cast<std::uint64_t>(config.training.seed));
  if (!untrained) return tl::unexpected(untrained.error());
  if (Status status = copyInto(stateDict(**network), checkpoint->model, "weights"); !status)
    return tl::unexpected(status.error());
  (*network)->moveTo(device->is_cuda());
  (*untrained)->moveTo(device->is_cuda());

  MeasureInputs inputs;
  inputs.network = network->get();
  inputs.untrained = untrained->get();
  inputs.device = *device;
  inputs.sheets = checkpoint->sheets;
  inputs.data = *pair;
  inputs.normalisation = normalisation;
  inputs.side = static_cast<int>(config.model.imageSide);
  inputs.batchSize = config.evaluation.batchSize;
  inputs.workers = static_cast<int>(config.data.workers);
  inputs.labelled = pair->validation->classNames() == checkpoint->provenance.classNames;
  if (options.floc.empty()) {
    inputs.categories = data::makeWorld(inputs.side, kImagesPerCategory * 10, kCategorySeed);
  } else {
    auto floc = data::openFloc(options.floc);
    if (!floc) return tl::unexpected(floc.error());
    inputs.categories = *floc;
  }
  std::error_code code;
  fs::create_directories(options.out, code);
  if (code)
    return failure("The output folder cannot be made", code.message(), "choose another --out", options.out.string());
  if (const Status status =
          calibrate(**untrained, *device, renormalised(pair->train, normalisation), inputs.side, inputs.batchSize);
      !status)
    return tl::unexpected(status.error());

  const auto measures = measure(inputs, progress, stop);
  if (!measures) return tl::unexpected(measures.error());
  ReportContext context;
  context.checkpoint = options.checkpoint;
  context.provenance = checkpoint->provenance;
  context.state = checkpoint->state;
  context.data = spec;
  context.categories = inputs.categories->name();
  context.classNames = pair->validation->classNames();
  context.pictures = options.pictures;
  return writeReport(options.out, *measures, context);
}

}  // namespace

Expected<EvaluateResult> evaluate(const EvaluateOptions& options, const ProgressCallback& progress,
                                  const StopFlag& stop) {
  try {
    return run(options, progress, stop);
  } catch (const c10::Error& error) {
    return failure("LibTorch failed", error.what_without_backtrace(), "if memory ran out, lower evaluation.batch_size");
  } catch (const std::exception& error) {
    return failure("The evaluation failed", error.what(), "if memory ran out, lower evaluation.batch_size");
  }
}

}  // namespace pinwheel::training
