// The whole configuration of a run, and the one place where every option is declared.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/options.h"

namespace pinwheel::training {

struct ModelConfig {
  std::string backbone = "tiny";      // see snn/backbones.h
  std::string neuron = "lif";         // lif, or relu: the twin without spikes
  std::string surrogate = "sigmoid";  // sigmoid, atan
  double tau = 2.0;                   // membrane time constant, time steps
  double threshold = 1.0;
  std::int64_t timeSteps = 4;
  std::int64_t imageSide = 32;  // px
  std::string stem = "auto";    // auto, imagenet (7x7/2 + max-pool), cifar (3x3)

  /// T of the network that is built: the twin without spikes takes one step.
  [[nodiscard]] std::int64_t steps() const noexcept { return neuron == "relu" ? 1 : timeSteps; }
};

struct DataConfig {
  std::string source = "builtin";  // what `--data` takes, see data/dataset.h
  std::string labels = "fine";     // CIFAR-100: fine (100) or coarse (20)
  std::int64_t trainCount = 5000;  // built-in world
  std::int64_t validationCount = 1000;
  std::int64_t worldSeed = 1;
  bool flip = true;
  std::int64_t cropPadding = 0;  // px
  bool randomResizedCrop = false;
  std::int64_t workers = 1;
};

struct OptimizationConfig {
  std::int64_t epochs = 10;
  std::int64_t batchSize = 64;
  std::string optimizer = "adamw";  // adamw, sgd
  double learningRate = 1e-3;
  double weightDecay = 0.05;
  double momentum = 0.9;  // sgd
  double warmupEpochs = 1;
  std::string schedule = "cosine";  // cosine, constant
  double labelSmoothing = 0.0;
  double clipNorm = 0.0;         // 0: no clipping
  std::int64_t seed = 1;         // weights, order, augmentation, cluster choice
  std::string weights;           // a state_dict to start from; empty: random weights
  double checkpointMinutes = 5;  // between epochs' ends; a checkpoint is always written at the end of an epoch
};

struct StcConfig {
  std::string loss = "stc";  // stc, rate, tdann, topoloss, none
  double alpha = 0.5;
  double beta = 0.5;
  std::int64_t window = -1;    // W; -1: T/2 - 1
  std::int64_t clusters = 10;  // M, per layer and batch
  double tdannWeight = 0.25;   // per layer, TDANN's
  double topolossWeight = 1;   // tau
  double topolossFactor = 8;   // phi

  /// The weights of L_L and L_S in force.
  struct Terms {
    double slow = 0;
    double fast = 0;
  };
  /// In a network of so many time steps: `rate` leaves L_S out, and so does one time step, whose spikes (or the twin's
  /// activations) are rates and nothing more. Both 0 for the losses that have neither term.
  [[nodiscard]] Terms termsAt(std::int64_t timeSteps) const noexcept;
  /// The chosen loss has a weight above 0.
  [[nodiscard]] bool weighs() const noexcept;
};

/// One area's sheet. Sides in mm; the neighbourhood is given at display scale, as TDANN's table gives it.
struct AreaConfig {
  std::string area;
  double trainingMm = 0;
  double displayMm = 0;
  double neighbourhoodMm = 0;
  double stcWeight = 1;   ///< factor on the topographic loss of this area's layers; the paper weighs all alike
  double rfOverlap = -1;  ///< overlap of neighbouring receptive fields; -1: min(5.6 / width in units, 1), TDANN's rule
};

struct SheetConfig {
  // TDANN (Margalit et al. 2024): trained at 4, 24.5, 20, 16, 10 mm, shown at 2.4, 36.75, 35, 22.4, 70 mm.
  std::array<AreaConfig, 5> areas{{{"retina", 4.0, 2.4, 0.0475, 1, -1},
                                   {"V1", 24.5, 36.75, 1.626, 1, -1},
                                   {"V2", 20.0, 35.0, 3.977, 1, -1},
                                   {"V4", 16.0, 22.4, 2.545, 1, -1},
                                   {"IT", 10.0, 70.0, 31.818, 1, -1}}};
  /// The options of an area by its name ("V1"); null for a name that is none.
  [[nodiscard]] const AreaConfig* area(const std::string& name) const noexcept;
  double jitterMm = 0.3;  // at training scale
  std::int64_t clusterCount = 20000;
  std::int64_t clusterMinUnits = 25;
  std::int64_t clusterMaxUnits = 500;
};

struct PlacementConfig {
  bool enabled = true;
  std::int64_t windows = 20000;
  std::int64_t attempts = 500;
  std::int64_t auxiliaryEpochs = 2;  // epochs of the auxiliary network that drives the swaps
  std::int64_t seed = 1;             // positions and the auxiliary network, apart from the training seed
  std::string positions;             // a positions file to use instead of placing anew
};

struct EvaluationConfig {
  std::int64_t smoothnessEvery = 1;  // epochs; 0: never while training
  std::int64_t batchSize = 128;
};

/// Of a training on several ranks (distributed/world.h).
struct ParallelConfig {
  bool syncBatchNorm = true;    // statistics of the whole batch, not of every rank's part
  std::string stc = "replica";  // replica: correlations over a rank's part of the batch; gathered: over the whole one
};

struct TrainConfig {
  ModelConfig model;
  DataConfig data;
  OptimizationConfig training;
  StcConfig stc;
  SheetConfig sheets;
  PlacementConfig placement;
  EvaluationConfig evaluation;
  ParallelConfig parallel;
};

/// Declares every option of `config` ("model.backbone", "stc.alpha", "sheets.v1.training_mm" ...). The table points
/// into `config`.
[[nodiscard]] OptionTable describe(TrainConfig& config);

/// What the single ranges cannot say (e.g. an image side that the stem cannot take); called before anything is built.
Status validate(const TrainConfig& config);

/// One of the recipes of resources/recipes, or a TOML file.
struct Recipe {
  std::string name;
  std::string summary;  ///< the file's first comment line
  std::filesystem::path path;
};
/// Where the recipes lie: $PINWHEEL_RESOURCES, beside the program (../share/pinwheel, ../../../resources), or the
/// source tree.
Expected<std::filesystem::path> resourcesFolder();
Expected<std::vector<Recipe>> listRecipes();
/// `nameOrFile`: "demo", or a path ending in .toml. Unknown names give the nearest.
Status applyRecipe(const std::string& nameOrFile, OptionTable& options);

/// A recipe tells which images it is made for by a data.source without its folder ("cifar100:"). Error: `source` is
/// still that; the built-in world is never taken in its place unasked. `recipe` is for the text.
Status checkRecipeData(const std::string& recipe, const std::string& source);

}  // namespace pinwheel::training
