#include "engine/training/evaluation.h"

#include <torch/torch.h>

#include "engine/data/floc.h"
#include "engine/perturbation/lesion.h"
#include "engine/snn/backbones.h"
#include "engine/training/checkpoint.h"
#include "engine/training/measures.h"
#include "engine/training/report.h"
#include "engine/training/restore.h"
#include "engine/training/setup.h"
#include "engine/training/sheet_maps.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;

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

  auto restored = restoreNetwork(*checkpoint, *device, options.checkpoint);
  if (!restored) return tl::unexpected(restored.error());
  auto untrained = snn::makeNetwork(
      networkOptions(config.model, static_cast<std::int64_t>(checkpoint->provenance.classNames.size())),
      static_cast<std::uint64_t>(config.training.seed));
  if (!untrained) return tl::unexpected(untrained.error());
  (*untrained)->moveTo(device->is_cuda());

  // The lesion that the network was trained under acts on its control as well, else their difference would be both the
  // training's and the lesion's.
  for (snn::Network* network : {restored->network.get(), untrained->get()})
    network->setPerturbation(perturbation::makePerturbation(checkpoint->lesion, network->sheets(), *device));

  MeasureInputs inputs;
  inputs.network = restored->network.get();
  inputs.untrained = untrained->get();
  inputs.device = *device;
  inputs.sheets = std::move(restored->sheets);
  inputs.data = *pair;
  inputs.normalisation = normalisation;
  inputs.side = static_cast<int>(config.model.imageSide);
  inputs.batchSize = config.evaluation.batchSize;
  inputs.workers = static_cast<int>(config.data.workers);
  inputs.labelled = pair->validation->classNames() == checkpoint->provenance.classNames;
  if (options.floc.empty()) {
    inputs.categories = categoryWorld(inputs.side);
  } else {
    auto floc = data::openFloc(options.floc);
    if (!floc) return tl::unexpected(floc.error());
    inputs.categories = *floc;
  }
  std::error_code code;
  fs::create_directories(options.out, code);
  if (code)
    return failure("The output folder cannot be made", code.message(), "choose another --out", options.out.string());
  if (const Status status = calibrateNormalisation(**untrained, *device, renormalised(pair->train, normalisation),
                                                   inputs.side, inputs.batchSize, &stop);
      !status)
    return tl::unexpected(status.error());

  const auto measures = measure(inputs, progress, stop);
  if (!measures) return tl::unexpected(measures.error());
  ReportContext context;
  context.checkpoint = options.checkpoint;
  context.provenance = checkpoint->provenance;
  context.state = checkpoint->state;
  context.lesion = checkpoint->lesion;
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
