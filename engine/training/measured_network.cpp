#include "engine/training/measured_network.h"

#include <torch/torch.h>

#include "engine/data/floc.h"
#include "engine/perturbation/lesion.h"
#include "engine/snn/backbones.h"
#include "engine/training/measures.h"
#include "engine/training/report.h"
#include "engine/training/restore.h"
#include "engine/training/setup.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::training {

namespace fs = std::filesystem;

namespace {

// What is left once it is known what the network is shown.
Expected<MeasuredNetwork> opened(const EvaluateOptions& options, Checkpoint checkpoint, MeasuredNetwork subject) {
  subject.normalisation = {checkpoint.provenance.pixelMean, checkpoint.provenance.pixelDeviation};
  subject.labelled = subject.data.validation->classNames() == checkpoint.provenance.classNames;
  auto restored = restoreNetwork(checkpoint, subject.device, options.checkpoint);
  if (!restored) return tl::unexpected(restored.error());
  subject.network = std::move(restored->network);
  subject.sheets = std::move(restored->sheets);
  subject.network->setPerturbation(
      perturbation::makePerturbation(checkpoint.lesion, subject.network->sheets(), subject.device));
  subject.checkpoint = std::move(checkpoint);
  std::error_code code;
  fs::create_directories(options.out, code);
  if (code)
    return failure("The output folder cannot be made", code.message(), "choose another --out", options.out.string());
  return subject;
}

}  // namespace

Expected<MeasuredNetwork> openMeasured(const EvaluateOptions& options) {
  auto checkpoint = loadCheckpoint(options.checkpoint);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const auto device = chooseDevice(options.device);
  if (!device) return tl::unexpected(device.error());
  useThreads(options.threads);

  MeasuredNetwork subject;
  subject.device = *device;
  subject.dataSpec = options.data.empty() ? checkpoint->provenance.data : options.data;
  auto pair = data::openDataset(subject.dataSpec, datasetOptions(checkpoint->config));
  if (!pair) return tl::unexpected(pair.error());
  subject.data = *pair;
  if (options.floc.empty()) {
    subject.categories = categoryWorld(static_cast<int>(checkpoint->config.model.imageSide));
  } else {
    auto floc = data::openFloc(options.floc);
    if (!floc) return tl::unexpected(floc.error());
    subject.categories = *floc;
  }
  return opened(options, std::move(*checkpoint), std::move(subject));
}

Expected<MeasuredNetwork> openMeasuredAs(const EvaluateOptions& options, Checkpoint checkpoint,
                                         const MeasuredNetwork& other) {
  MeasuredNetwork subject;
  subject.device = other.device;
  subject.dataSpec = other.dataSpec;
  subject.data = other.data;
  subject.categories = other.categories;
  return opened(options, std::move(checkpoint), std::move(subject));
}

Expected<std::unique_ptr<snn::Network>> untrainedControl(const Checkpoint& checkpoint, at::Device device,
                                                         const std::shared_ptr<const data::Dataset>& training,
                                                         std::int64_t batchSize, const StopFlag& stop) {
  const TrainConfig& config = checkpoint.config;
  auto untrained =
      snn::makeNetwork(networkOptions(config.model, static_cast<std::int64_t>(checkpoint.provenance.classNames.size())),
                       static_cast<std::uint64_t>(config.training.seed));
  if (!untrained) return untrained;
  (*untrained)->moveTo(device.is_cuda());
  (*untrained)->setPerturbation(perturbation::makePerturbation(checkpoint.lesion, (*untrained)->sheets(), device));
  if (const Status status = calibrateNormalisation(**untrained, device, training,
                                                   static_cast<int>(config.model.imageSide), batchSize, &stop);
      !status)
    return tl::unexpected(status.error());
  return untrained;
}

Expected<EvaluateResult> measureMaps(MeasuredNetwork& subject, const EvaluateOptions& options,
                                     const ProgressCallback& progress, const StopFlag& stop) {
  const TrainConfig& config = subject.checkpoint.config;
  const auto untrained =
      untrainedControl(subject.checkpoint, subject.device, renormalised(subject.data.train, subject.normalisation),
                       config.evaluation.batchSize, stop);
  if (!untrained) return tl::unexpected(untrained.error());
  MeasureInputs inputs;
  inputs.network = subject.network.get();
  inputs.untrained = untrained->get();
  inputs.device = subject.device;
  inputs.sheets = subject.sheets;
  inputs.data = subject.data;
  inputs.normalisation = subject.normalisation;
  inputs.side = static_cast<int>(config.model.imageSide);
  inputs.batchSize = config.evaluation.batchSize;
  inputs.workers = static_cast<int>(config.data.workers);
  inputs.labelled = subject.labelled;
  inputs.categories = subject.categories;
  const auto measures = measure(inputs, progress, stop);
  if (!measures) return tl::unexpected(measures.error());

  ReportContext context;
  context.checkpoint = options.checkpoint;
  context.provenance = subject.checkpoint.provenance;
  context.state = subject.checkpoint.state;
  context.lesion = subject.checkpoint.lesion;
  context.data = subject.dataSpec;
  context.categories = subject.categories->name();
  context.classNames = subject.data.validation->classNames();
  context.pictures = options.pictures;
  return writeReport(options.out, *measures, context);
}

}  // namespace pinwheel::training
