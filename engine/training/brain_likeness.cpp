#include "engine/training/brain_likeness.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include "engine/analysis/dimensionality.h"
#include "engine/analysis/predictivity.h"
#include "engine/data/image_folder.h"
#include "engine/formats/npy.h"
#include "engine/perturbation/lesion.h"
#include "engine/training/brain_likeness_report.h"
#include "engine/training/checkpoint.h"
#include "engine/training/guarded.h"
#include "engine/training/layer_products.h"
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
  auto images = data::numberedImagesIn(folder);
  if (images && images->empty())
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

Status saveMatrix(const fs::path& path, const analysis::DissimilarityMatrix& matrix) {
  const std::vector<float> values(matrix.values.begin(), matrix.values.end());
  return formats::saveNpy(path, formats::HostTensor::fromFloats(values, {matrix.stimuli, matrix.stimuli}));
}

// Measures one table of responses by its products, and writes its matrix.
Expected<StepLikeness> measureStep(TableProducts products, const std::string& layer, const Inputs& inputs,
                                   const BrainLikenessOptions& options, const StopFlag& stop) {
  const auto images = static_cast<std::int64_t>(inputs.images.size());
  StepLikeness out;
  out.step = products.step;
  const analysis::DissimilarityMatrix matrix =
      analysis::dissimilaritiesOf(std::move(products.distances), images, options.distance);
  out.constantImages = matrix.constantStimuli;
  const std::string file = layer + (out.step == "sum" ? "_sum" : "_t" + out.step) + "_rdm.npy";
  if (const Status status = saveMatrix(options.out / file, matrix); !status) return tl::unexpected(status.error());
  for (const Reference& reference : inputs.references)
    out.similarities.push_back(analysis::similarity(matrix, reference.subjects, options.similarity, &stop));
  out.dimensionality = analysis::effectiveDimensionalityOf(products.centred, images);
  if (inputs.recordings.empty()) {
    out.predictivity = failure("no recordings were given");
  } else {
    analysis::PredictivityOptions predictivity;
    predictivity.seed = options.similarity.seed;
    out.predictivity = analysis::predictivityOf(std::move(products.centred), inputs.recordings, images,
                                                inputs.reliability, predictivity, &stop);
  }
  if (stop.requested()) return failure("Stopped");
  return out;
}

// A sheet's progress: half of it is for showing, half for comparing. Which of them is longer depends on both the
// network and the matrices.
class LayerProgress {
public:
  using Tell = std::function<void(const char* what, double share)>;
  LayerProgress(std::int64_t tables, Tell tell) : m_tables(static_cast<double>(tables)), m_tell(std::move(tell)) {}

  // `tables` of them are being shown, behind those that were.
  void showing(std::int64_t tables, double share) {
    m_tell("images", (m_shown + static_cast<double>(tables) * share + m_compared) / (2 * m_tables));
  }
  void shown(std::int64_t tables) { m_shown += static_cast<double>(tables); }
  void comparedOne() {
    ++m_compared;
    m_tell("comparisons", (m_shown + m_compared) / (2 * m_tables));
  }

private:
  double m_tables;
  Tell m_tell;
  double m_shown = 0;
  double m_compared = 0;
};

Expected<std::vector<StepLikeness>> measureLayer(const ShownStimuli& shown, const LayerTables& layer,
                                                 const PassPlan& plan, const std::string& name, const Inputs& inputs,
                                                 const BrainLikenessOptions& options, const StopFlag& stop,
                                                 const LayerProgress::Tell& tell) {
  if (const Status status = analysis::checkUnits(layer.units, options.distance); !status)
    return tl::unexpected(status.error());
  LayerProgress progress(layer.count(), tell);
  std::vector<StepLikeness> out;
  for (std::int64_t first = 0; first < layer.count(); first += plan.tables) {
    const std::int64_t tables = std::min(plan.tables, layer.count() - first);
    auto recorded = recordTables(shown, layer, plan, first, options.distance, stop,
                                 [&](double share) { progress.showing(tables, share); });
    if (!recorded) return tl::unexpected(recorded.error());
    progress.shown(tables);
    for (TableProducts& products : *recorded) {
      auto measured = measureStep(std::move(products), name, inputs, options, stop);
      if (!measured) return tl::unexpected(measured.error());
      out.push_back(std::move(*measured));
      progress.comparedOne();
    }
  }
  return out;
}

// One per sheet; the largest images' matrices are refused before anything is shown.
Expected<std::vector<PassPlan>> plansOf(const std::vector<LayerTables>& layers, const Inputs& inputs,
                                        const BrainLikenessOptions& options) {
  std::int64_t subjects = 0;
  for (const Reference& reference : inputs.references) subjects += static_cast<std::int64_t>(reference.subjects.size());
  std::vector<PassPlan> plans;
  for (const LayerTables& layer : layers) {
    const auto plan = planPasses(layer, static_cast<std::int64_t>(inputs.images.size()), subjects, options.distance,
                                 options.memoryBytes);
    if (!plan) return tl::unexpected(plan.error());
    plans.push_back(*plan);
  }
  return plans;
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
  std::vector<LayerTables> layers;
  for (std::size_t i = 0; i < restored->sheets.size(); ++i)
    layers.push_back({i, restored->sheets[i].spec.unitCount(), checkpoint->config.model.steps()});
  const auto plans = plansOf(layers, *inputs, options);
  if (!plans) return tl::unexpected(plans.error());
  std::error_code code;
  fs::create_directories(options.out, code);
  if (code)
    return failure("The output folder cannot be made", code.message(), "choose another --out", options.out.string());

  const TrainConfig& config = checkpoint->config;
  ShownStimuli shown;
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
    constexpr std::int64_t kPerSheet = 1000;
    const auto tell = [&](const char* what, double share) {
      if (progress)
        progress({spec.layer + ": " + what,
                  static_cast<std::int64_t>(s) * kPerSheet + static_cast<std::int64_t>(share * kPerSheet),
                  static_cast<std::int64_t>(restored->sheets.size()) * kPerSheet});
    };
    auto steps = measureLayer(shown, layers[s], (*plans)[s], spec.layer, *inputs, options, stop, tell);
    if (!steps) return tl::unexpected(steps.error());
    measured.sheets.push_back({spec.layer, spec.area, spec.unitCount(), std::move(*steps)});
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
