#include "engine/training/config.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>

#include "engine/core/files.h"

#ifndef PINWHEEL_SOURCE_RESOURCES
#define PINWHEEL_SOURCE_RESOURCES ""
#endif

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaximumRecipeBytes = 1 << 20;

std::string lowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void describeModel(ModelConfig& c, OptionTable& table) {
  table.add({"model.backbone",
             "The network; `pinwheel-cli recipes` shows which recipe uses which.",
             "",
             &c.backbone,
             0,
             0,
             {"tiny", "resnet18"}});
  table.add({"model.neuron",
             "The nonlinearity: leaky integrate-and-fire, or ReLU (the twin without spikes, one time step).",
             "",
             &c.neuron,
             0,
             0,
             {"lif", "relu"}});
  table.add({"model.surrogate",
             "Derivative that stands for the spike's step in backpropagation.",
             "",
             &c.surrogate,
             0,
             0,
             {"sigmoid", "atan"}});
  table.add({"model.tau", "Membrane time constant.", "time steps", &c.tau, 1, 1000});
  table.add({"model.threshold", "Membrane potential at which a neuron spikes.", "", &c.threshold, 1e-3, 1000});
  table.add({"model.time_steps", "T, how often the image is presented.", "", &c.timeSteps, 1, 256});
  table.add({"model.image_side", "Side of the input image.", "px", &c.imageSide, 16, 1024});
  table.add({"model.stem",
             "First layers of resnet18: 7x7/2 and max-pool, or 3x3; auto chooses by the image's side.",
             "",
             &c.stem,
             0,
             0,
             {"auto", "imagenet", "cifar"}});
}

void describeData(DataConfig& c, OptionTable& table) {
  table.add(
      {"data.source", "The images: builtin, cifar10:DIR, cifar100:DIR or folder:DIR; --data sets it.", "", &c.source});
  table.add(
      {"data.labels", "CIFAR-100: the 100 fine or the 20 coarse classes.", "", &c.labels, 0, 0, {"fine", "coarse"}});
  table.add({"data.train_count", "Training images of the built-in world.", "images", &c.trainCount, 10, 1e9});
  table.add(
      {"data.validation_count", "Validation images of the built-in world.", "images", &c.validationCount, 10, 1e9});
  table.add({"data.world_seed", "Seed of the built-in world's images.", "", &c.worldSeed, 0, 1e9});
  table.add({"data.flip", "Mirror training images at random.", "", &c.flip});
  table.add({"data.crop_padding", "Zero padding before a random crop.", "px", &c.cropPadding, 0, 64});
  table.add({"data.random_resized_crop", "Crop 8 to 100 % of the area and resize, as customary on ImageNet.", "",
             &c.randomResizedCrop});
  table.add({"data.workers", "Threads that decode images in the background.", "threads", &c.workers, 1, 256});
}

void describeTraining(OptimizationConfig& c, OptionTable& table) {
  table.add({"training.epochs", "Passes over the training images.", "", &c.epochs, 1, 100000});
  table.add({"training.batch_size",
             "Images per optimiser step, of all ranks together; correlations are taken over them.", "images",
             &c.batchSize, 2, 65536});
  table.add({"training.optimizer", "AdamW, or SGD with momentum.", "", &c.optimizer, 0, 0, {"adamw", "sgd"}});
  table.add({"training.learning_rate", "Peak learning rate.", "", &c.learningRate, 0, 1e3});
  table.add({"training.weight_decay", "Decoupled (AdamW) or classical (SGD); not on batch norm and biases.", "",
             &c.weightDecay, 0, 10});
  table.add({"training.momentum", "SGD's momentum.", "", &c.momentum, 0, 1});
  table.add({"training.warmup_epochs", "Linear warm-up of the learning rate.", "epochs", &c.warmupEpochs, 0, 1000});
  table.add({"training.schedule", "Learning rate after the warm-up.", "", &c.schedule, 0, 0, {"cosine", "constant"}});
  table.add(
      {"training.label_smoothing", "Share of the target spread over all classes.", "", &c.labelSmoothing, 0, 0.99});
  table.add({"training.clip_norm", "Longest gradient; 0 leaves it as it is.", "", &c.clipNorm, 0, 1e9});
  table.add({"training.seed", "Weights, image order, augmentation and the choice of clusters.", "", &c.seed, 0, 1e9});
  table.add({"training.weights",
             "A state_dict to start from (.pt, .pth, .safetensors) instead of random weights; --weights sets it.", "",
             &c.weights});
  table.add({"training.checkpoint_minutes", "Longest time between checkpoints inside an epoch.", "min",
             &c.checkpointMinutes, 0, 1e6});
}

void describeStc(StcConfig& c, OptionTable& table) {
  table.add({"stc.loss",
             "The topographic loss: STC, its rate part alone (beta = 0), TDANN's, TopoLoss, or none; --loss sets it.",
             "",
             &c.loss,
             0,
             0,
             {"stc", "rate", "tdann", "topoloss", "none"}});
  table.add({"stc.alpha", "Weight of the slow term L_L (firing-rate correlation).", "", &c.alpha, 0, 1e6});
  table.add({"stc.beta", "Weight of the fast term L_S (spike-train correlogram).", "", &c.beta, 0, 1e6});
  table.add({"stc.window", "W, largest lag of the correlograms; -1 is T/2 - 1.", "time steps", &c.window, -1, 1e6});
  table.add(
      {"stc.clusters", "M, clusters drawn per layer and batch; TDANN itself draws 1.", "", &c.clusters, 1, 10000});
  table.add({"stc.tdann_weight", "Weight of TDANN's loss in every layer.", "", &c.tdannWeight, 0, 1e6});
  table.add({"stc.topoloss_weight", "Tau, weight of TopoLoss, the mean over layers.", "", &c.topolossWeight, 0, 1e6});
  table.add({"stc.topoloss_factor", "Phi, how far TopoLoss shrinks the grid of channels; 1 asks for nothing.", "",
             &c.topolossFactor, 1, 1e4});
}

void describeSheets(SheetConfig& c, OptionTable& table) {
  for (AreaConfig& area : c.areas) {
    const std::string prefix = "sheets." + lowerCase(area.area) + ".";
    table.add({prefix + "training_mm", "Side of " + area.area + "'s sheet as the losses see it.", "mm",
               &area.trainingMm, 1e-3, 1e4});
    table.add({prefix + "display_mm", "Side of " + area.area + "'s sheet as maps and analyses show it.", "mm",
               &area.displayMm, 1e-3, 1e4});
    table.add({prefix + "neighbourhood_mm", "Side of its swap windows and clusters, at display scale.", "mm",
               &area.neighbourhoodMm, 1e-4, 1e4});
    table.add({prefix + "stc_weight",
               "Factor on STC and its rate part in " + area.area + "'s layers; 1 everywhere is the paper's.", "",
               &area.stcWeight, 0, 1e6});
    table.add({prefix + "rf_overlap", "Overlap of neighbouring receptive fields; -1 is min(5.6 / units a side, 1).", "",
               &area.rfOverlap, -1, 1});
  }
  table.add(
      {"sheets.jitter_mm", "Normal jitter of the retinotopic start, at training scale.", "mm", &c.jitterMm, 0, 1e3});
  table.add({"sheets.cluster_count", "Random squares drawn per sheet, from which every batch's clusters are chosen.",
             "", &c.clusterCount, 1, 1e6});
  table.add({"sheets.cluster_min_units", "Squares with fewer units are dropped.", "units", &c.clusterMinUnits, 3, 1e5});
  table.add({"sheets.cluster_max_units", "Larger squares are trimmed at random.", "units", &c.clusterMaxUnits, 3, 1e5});
}

void describePlacement(PlacementConfig& c, OptionTable& table) {
  table.add(
      {"placement.enabled", "Swap unit positions before training until neighbours respond alike.", "", &c.enabled});
  table.add({"placement.windows", "Random squares per sheet.", "", &c.windows, 1, 1e8});
  table.add({"placement.attempts", "Swaps tried in each square.", "", &c.attempts, 1, 1e6});
  table.add({"placement.auxiliary_epochs", "Training of the auxiliary network whose responses drive the swaps.",
             "epochs", &c.auxiliaryEpochs, 0, 1e5});
  table.add({"placement.seed", "Positions and the auxiliary network, apart from training.seed.", "", &c.seed, 0, 1e9});
  table.add({"placement.positions", "A positions file to use instead of placing anew.", "", &c.positions});
}

void describeEvaluation(EvaluationConfig& c, OptionTable& table) {
  table.add({"evaluation.smoothness_every",
             "Measure orientation smoothness after every so many epochs and the last; 0 never.", "epochs",
             &c.smoothnessEvery, 0, 1e6});
  table.add({"evaluation.batch_size", "Images per forward pass.", "images", &c.batchSize, 1, 65536});
}

void describeParallel(ParallelConfig& c, OptionTable& table) {
  table.add({"parallel.sync_batch_norm",
             "On several ranks: batch norm takes the statistics of the whole batch, not of every rank's part.", "",
             &c.syncBatchNorm});
  table.add({"parallel.stc",
             "On several ranks: the topographic loss of every rank's part of the batch, or of the whole one, gathered.",
             "",
             &c.stc,
             0,
             0,
             {"replica", "gathered"}});
}

Error unreadableRecipe(const std::string& what, const fs::path& path) {
  return {what, "", "`pinwheel-cli recipes` lists those there are", path.string()};
}

std::string firstComment(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.rfind("# ", 0) != 0) return "";
  return line.substr(2);
}

}  // namespace

StcConfig::Terms StcConfig::termsAt(std::int64_t timeSteps) const noexcept {
  if (loss == "rate") return {alpha, 0};
  if (loss == "stc") return {alpha, timeSteps > 1 ? beta : 0};
  return {};
}

bool StcConfig::weighs() const noexcept {
  if (loss == "stc") return alpha != 0 || beta != 0;
  if (loss == "rate") return alpha != 0;
  if (loss == "tdann") return tdannWeight != 0;
  if (loss == "topoloss") return topolossWeight != 0;
  return false;
}

const AreaConfig* SheetConfig::area(const std::string& name) const noexcept {
  const auto found = std::find_if(areas.begin(), areas.end(), [&](const AreaConfig& a) { return a.area == name; });
  return found == areas.end() ? nullptr : &*found;
}

OptionTable describe(TrainConfig& config) {
  OptionTable table;
  describeModel(config.model, table);
  describeData(config.data, table);
  describeTraining(config.training, table);
  describeStc(config.stc, table);
  describeSheets(config.sheets, table);
  describePlacement(config.placement, table);
  describeEvaluation(config.evaluation, table);
  describeParallel(config.parallel, table);
  return table;
}

Status validate(const TrainConfig& config) {
  if (config.sheets.clusterMinUnits > config.sheets.clusterMaxUnits)
    return failure("sheets.cluster_min_units is above sheets.cluster_max_units", "no cluster can satisfy both",
                   "change one of them");
  for (const AreaConfig& area : config.sheets.areas)
    if (area.neighbourhoodMm > area.displayMm)
      return failure("The neighbourhood of " + area.area + " is larger than its sheet",
                     "sheets." + lowerCase(area.area) + ".neighbourhood_mm is above display_mm", "set it lower");
  if (const auto terms = config.stc.termsAt(config.model.steps());
      config.stc.loss == "stc" && config.stc.weighs() && terms.slow == 0 && terms.fast == 0)
    return failure("The STC loss has nothing to weigh here",
                   "in one time step (model.neuron = relu has no more) it is L_L alone, and stc.alpha is 0",
                   "set stc.alpha, or stc.loss = none");
  if (config.training.warmupEpochs > static_cast<double>(config.training.epochs))
    return failure("training.warmup_epochs is above training.epochs", "the learning rate would never reach its peak",
                   "set it lower");
  return {};
}

Expected<fs::path> resourcesFolder() {
  std::vector<fs::path> candidates;
  if (const char* given = std::getenv("PINWHEEL_RESOURCES"); given != nullptr && *given != '\0')
    candidates.emplace_back(given);
  std::error_code code;
  if (const fs::path self = fs::read_symlink("/proc/self/exe", code); !code) {
    candidates.push_back(self.parent_path() / "../share/pinwheel");
    candidates.push_back(self.parent_path() / "../../../resources");
  }
  candidates.emplace_back(PINWHEEL_SOURCE_RESOURCES);
  for (const fs::path& candidate : candidates)
    if (!candidate.empty() && fs::is_directory(candidate / "recipes", code))
      return fs::weakly_canonical(candidate, code);
  return failure("The recipes cannot be found", "no folder resources/recipes lies near the program",
                 "set PINWHEEL_RESOURCES to the folder that holds recipes/");
}

Expected<std::vector<Recipe>> listRecipes() {
  const auto folder = resourcesFolder();
  if (!folder) return tl::unexpected(folder.error());
  std::vector<Recipe> recipes;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(*folder / "recipes", code))
    if (entry.path().extension() == ".toml")
      recipes.push_back({entry.path().stem().string(), firstComment(entry.path()), entry.path()});
  std::sort(recipes.begin(), recipes.end(), [](const Recipe& a, const Recipe& b) { return a.name < b.name; });
  return recipes;
}

Status applyRecipe(const std::string& nameOrFile, OptionTable& options) {
  fs::path path = nameOrFile;
  if (path.extension() != ".toml") {
    const auto recipes = listRecipes();
    if (!recipes) return tl::unexpected(recipes.error());
    std::vector<std::string> names;
    for (const Recipe& recipe : *recipes) {
      names.push_back(recipe.name);
      if (recipe.name == nameOrFile) path = recipe.path;
    }
    if (path.extension() != ".toml") {
      const std::string near = nearestName(nameOrFile, names);
      return failure("There is no recipe \"" + nameOrFile + "\"", "",
                     near.empty() ? "`pinwheel-cli recipes` lists them; a file of your own ends in .toml"
                                  : "did you mean \"" + near + "\"?");
    }
  }
  if (!fs::exists(path)) return tl::unexpected(unreadableRecipe("The recipe is not there", path));
  const auto text = readFile(path, kMaximumRecipeBytes);
  if (!text) return tl::unexpected(text.error());
  return options.readToml(*text, path.string());
}

Status checkRecipeData(const std::string& recipe, const std::string& source) {
  if (!source.ends_with(':')) return {};
  return failure("The recipe \"" + recipe + "\" needs images, and it is not said where they lie",
                 "it is made for data of the kind " + source.substr(0, source.size() - 1),
                 "add --data " + source + "FOLDER, or --data builtin to take the built-in world instead");
}

}  // namespace pinwheel::training
