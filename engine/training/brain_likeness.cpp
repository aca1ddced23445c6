#include "engine/training/brain_likeness.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/analysis/dimensionality.h"
#include "engine/analysis/predictivity.h"
#include "engine/data/image_folder.h"
#include "engine/formats/npy.h"
#include "engine/perturbation/lesion.h"
#include "engine/training/brain_likeness_report.h"
#include "engine/training/checkpoint.h"
#include "engine/training/guarded.h"
#include "engine/training/responses.h"
#include "engine/training/restore.h"
#include "engine/training/setup.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;

// Everything that the user brings along, read and found to fit before the network is shown anything.
struct Inputs {
  std::vector<fs::path> images;
  std::vector<Reference> references;
  std::vector<double> recordings;   // [images, sites]
  std::vector<double> reliability;  // [sites]
};

Expected<std::vector<fs::path>> listImages(const fs::path& folder) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return failure("The folder of images is not there", code ? code.message() : "it is no folder",
                   "check the path behind --images", folder.string());
  std::vector<fs::path> images = data::numberedImagesIn(folder);
  if (images.empty())
    return failure("There are no images", "no .png, .jpg or .jpeg lies in the folder itself",
                   "give the folder that holds the stimuli", folder.string());
  return images;
}

Expected<Reference> readReference(const formats::ArraySource& source, std::size_t images,
                                  analysis::Comparison comparison) {
  auto stack = formats::loadDissimilarities(source);
  if (!stack) return tl::unexpected(stack.error());
  if (stack->stimuli != static_cast<std::int64_t>(images))
    return failure(
        "The images and the matrix differ in number",
        std::to_string(images) + " images were found, the matrix has " + std::to_string(stack->stimuli) + " rows",
        "give the folder of exactly those images, named in the order of the rows", source.path.string());
  Reference reference;
  reference.name = source.name();
  for (std::vector<double>& values : stack->matrices)
    reference.subjects.push_back({stack->stimuli, std::move(values), 0});
  reference.ceiling = analysis::noiseCeiling(reference.subjects, comparison);
  return reference;
}

Status readRecordings(const BrainLikenessOptions& options, Inputs& inputs) {
  if (options.recordings.empty()) return {};
  const auto recordings = formats::loadArray({options.recordings, ""});
  if (!recordings) return tl::unexpected(recordings.error());
  if (recordings->shape.size() != 2 || recordings->shape[0] != static_cast<std::int64_t>(inputs.images.size()) ||
      recordings->shape[1] < 1)
    return failure(
        "The recordings do not fit the images",
        std::to_string(inputs.images.size()) + " images were found, the recordings are " + recordings->describe(),
        "give an array [images, sites], rows in the order of the images' names", options.recordings.string());
  inputs.recordings = recordings->toDoubles();
  if (!std::all_of(inputs.recordings.begin(), inputs.recordings.end(), [](double v) { return std::isfinite(v); }))
    return failure("A recording is not a number", "NaN or Inf stands among them",
                   "leave out the sites that lack images", options.recordings.string());
  if (options.reliability.empty()) return {};
  const auto reliability = formats::loadArray({options.reliability, ""});
  if (!reliability) return tl::unexpected(reliability.error());
  inputs.reliability = reliability->toDoubles();
  if (reliability->elementCount() != recordings->shape[1] ||
      !std::all_of(inputs.reliability.begin(), inputs.reliability.end(),
                   [](double v) { return std::isfinite(v) && v > 0; }))
    return failure(
        "The reliabilities do not fit the recordings",
        std::to_string(recordings->shape[1]) + " sites were recorded, the reliabilities are " + reliability->describe(),
        "give one number above 0 per site", options.reliability.string());
  return {};
}

Expected<Inputs> readInputs(const BrainLikenessOptions& options) {
  Inputs inputs;
  auto images = listImages(options.images);
  if (!images) return tl::unexpected(images.error());
  inputs.images = std::move(*images);
  if (inputs.images.size() < 3)
    return failure("There are too few images", std::to_string(inputs.images.size()) + " were found, 3 are needed",
                   "give the folder that holds the stimuli", options.images.string());
  for (const formats::ArraySource& source : options.matrices) {
    auto reference = readReference(source, inputs.images.size(), options.similarity.comparison);
    if (!reference) return tl::unexpected(reference.error());
    inputs.references.push_back(std::move(*reference));
  }
  if (const Status status = readRecordings(options, inputs); !status) return tl::unexpected(status.error());
  return inputs;
}

std::shared_ptr<const data::Dataset> datasetOf(const std::vector<fs::path>& images,
                                               const data::Normalisation& normalisation) {
  std::vector<std::pair<fs::path, int>> files;
  for (const fs::path& image : images) files.emplace_back(image, 0);
  return data::makeImageList("stimuli", {"stimulus"}, std::move(files), normalisation);
}

// The network, and how it is shown images.
struct Shown {
  snn::Network* network = nullptr;
  at::Device device{at::kCPU};
  std::shared_ptr<const data::Dataset> images;
  data::Normalisation normalisation;
  int side = 0;
  std::int64_t batchSize = 0;
  int workers = 1;
};

// Spikes [images, units] of one sheet, one such table per time step.
Expected<std::vector<std::vector<float>>> recordSteps(const Shown& shown, std::size_t sheet, std::size_t units,
                                                      const StopFlag& stop,
                                                      const std::function<void(double share)>& progress) {
  std::vector<std::vector<float>> steps;
  std::int64_t first = 0;
  const auto response = recordDataset(
      *shown.network, shown.device, shown.images, shown.side, shown.normalisation, shown.batchSize, shown.workers,
      false, {}, &stop,
      [&](std::size_t index, std::span<const std::int64_t>, std::int64_t count, std::span<const float> spikes) {
        if (index != sheet) return;
        const std::size_t perStep = static_cast<std::size_t>(count) * units;
        steps.resize(spikes.size() / perStep);
        for (std::size_t t = 0; t < steps.size(); ++t) {
          steps[t].reserve(static_cast<std::size_t>(shown.images->size()) * units);
          const auto step = spikes.subspan(t * perStep, perStep);
          steps[t].insert(steps[t].end(), step.begin(), step.end());
        }
        first += count;
        progress(static_cast<double>(first) / static_cast<double>(shown.images->size()));
      });
  if (!response) return tl::unexpected(response.error());
  return steps;
}

Status saveMatrix(const fs::path& path, const analysis::DissimilarityMatrix& matrix) {
  const std::vector<float> values(matrix.values.begin(), matrix.values.end());
  return formats::saveNpy(path, formats::HostTensor::fromFloats(values, {matrix.stimuli, matrix.stimuli}));
}

// Measures one table of responses and writes its matrix.
Expected<StepLikeness> measureStep(const std::string& step, std::span<const float> responses, const std::string& layer,
                                   const Inputs& inputs, const BrainLikenessOptions& options, const StopFlag& stop) {
  const auto images = static_cast<std::int64_t>(inputs.images.size());
  StepLikeness out;
  out.step = step;
  const auto matrix = analysis::dissimilarities(responses, images, options.distance);
  if (!matrix) return tl::unexpected(matrix.error());
  out.constantImages = matrix->constantStimuli;
  const std::string file = layer + (step == "sum" ? "_sum" : "_t" + step) + "_rdm.npy";
  if (const Status status = saveMatrix(options.out / file, *matrix); !status) return tl::unexpected(status.error());
  for (const Reference& reference : inputs.references)
    out.similarities.push_back(analysis::similarity(*matrix, reference.subjects, options.similarity, &stop));
  out.dimensionality = analysis::effectiveDimensionality(responses, images);
  if (inputs.recordings.empty()) {
    out.predictivity = failure("no recordings were given");
  } else {
    analysis::PredictivityOptions predictivity;
    predictivity.seed = options.similarity.seed;
    out.predictivity =
        analysis::predictivity(responses, inputs.recordings, images, inputs.reliability, predictivity, &stop);
  }
  if (stop.requested()) return failure("Stopped");
  return out;
}

Expected<std::vector<StepLikeness>> measureSteps(std::vector<std::vector<float>> steps, const std::string& layer,
                                                 const Inputs& inputs, const BrainLikenessOptions& options,
                                                 const StopFlag& stop,
                                                 const std::function<void(double share)>& progress) {
  std::vector<StepLikeness> out;
  const auto add = [&](const std::string& step, const std::vector<float>& responses) -> Status {
    auto measured = measureStep(step, responses, layer, inputs, options, stop);
    if (!measured) return tl::unexpected(measured.error());
    out.push_back(std::move(*measured));
    progress(static_cast<double>(out.size()) / static_cast<double>(steps.size() + 1));
    return {};
  };
  // A single time step is its own sum.
  if (steps.size() > 1)
    for (std::size_t t = 0; t < steps.size(); ++t)
      if (const Status status = add(std::to_string(t + 1), steps[t]); !status) return tl::unexpected(status.error());
  std::vector<float>& sum = steps.front();
  for (std::size_t t = 1; t < steps.size(); ++t)
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += steps[t][i];
  if (const Status status = add("sum", sum); !status) return tl::unexpected(status.error());
  return out;
}

Expected<BrainLikenessResult> run(const BrainLikenessOptions& options, const ProgressCallback& progress,
                                  const StopFlag& stop) {
  const auto checkpoint = loadCheckpoint(options.checkpoint);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  const auto device = chooseDevice(options.device);
  if (!device) return tl::unexpected(device.error());
  useThreads(options.threads);
  auto inputs = readInputs(options);
  if (!inputs) return tl::unexpected(inputs.error());
  const auto restored = restoreNetwork(*checkpoint, *device, options.checkpoint);
  if (!restored) return tl::unexpected(restored.error());
  snn::Network& network = *restored->network;
  network.setPerturbation(perturbation::makePerturbation(checkpoint->lesion, network.sheets(), *device));
  std::error_code code;
  fs::create_directories(options.out, code);
  if (code)
    return failure("The output folder cannot be made", code.message(), "choose another --out", options.out.string());

  const TrainConfig& config = checkpoint->config;
  Shown shown;
  shown.network = &network;
  shown.device = *device;
  shown.normalisation = {checkpoint->provenance.pixelMean, checkpoint->provenance.pixelDeviation};
  shown.images = datasetOf(inputs->images, shown.normalisation);
  shown.side = static_cast<int>(config.model.imageSide);
  shown.batchSize = config.evaluation.batchSize;
  shown.workers = static_cast<int>(config.data.workers);
  BrainLikeness measured;
  for (const fs::path& image : inputs->images) measured.images.push_back(image.filename().string());
  for (std::size_t s = 0; s < restored->sheets.size(); ++s) {
    const topography::SheetSpec& spec = restored->sheets[s].spec;
    // Half of a sheet's share of the progress is for showing, half for comparing: which of them is longer depends on
    // both the network and the matrices.
    constexpr std::int64_t kPerSheet = 1000;
    const auto tell = [&](const char* what, double from, double share) {
      if (progress)
        progress(
            {spec.layer + ": " + what,
             static_cast<std::int64_t>(s) * kPerSheet + static_cast<std::int64_t>((from + 0.5 * share) * kPerSheet),
             static_cast<std::int64_t>(restored->sheets.size()) * kPerSheet});
    };
    auto steps = recordSteps(shown, s, static_cast<std::size_t>(spec.unitCount()), stop,
                             [&](double share) { tell("images", 0, share); });
    if (!steps) return tl::unexpected(steps.error());
    auto measuredSteps = measureSteps(std::move(*steps), spec.layer, *inputs, options, stop,
                                      [&](double share) { tell("comparisons", 0.5, share); });
    if (!measuredSteps) return tl::unexpected(measuredSteps.error());
    measured.sheets.push_back({spec.layer, spec.area, spec.unitCount(), std::move(*measuredSteps)});
  }
  measured.references = std::move(inputs->references);
  return writeBrainLikeness(measured, options, *checkpoint);
}

}  // namespace

Expected<BrainLikenessResult> brainLikeness(const BrainLikenessOptions& options, const ProgressCallback& progress,
                                            const StopFlag& stop) {
  return guarded("The comparison failed", "if memory ran out, show fewer images",
                 [&] { return run(options, progress, stop); });
}

}  // namespace pinwheel::training
