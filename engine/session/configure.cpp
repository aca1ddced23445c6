// Commands to configurations.
#include <algorithm>

#include "engine/session/worker.h"
#include "engine/training/run_folder.h"

namespace pinwheel::session {

Expected<training::TrainConfig> configOf(const StartTraining& command) {
  if (command.out.empty())
    return failure("The training has no folder", "its results would have no place", "choose a folder");
  training::TrainConfig config;
  OptionTable options = training::describe(config);
  const training::RunFolder folder(command.out);
  if (command.resume && command.recipe.empty()) {
    if (!folder.holdsRun())
      return failure("There is no run to resume", "the folder holds neither config.toml nor a checkpoint",
                     "choose the folder of a run, or begin one", command.out.string());
    auto stored = folder.readConfig();
    if (!stored) return tl::unexpected(stored.error());
    config = std::move(*stored);
  } else if (Status status = training::applyRecipe(command.recipe.empty() ? "demo" : command.recipe, options);
             !status) {
    return tl::unexpected(status.error());
  }
  for (const std::string& assignment : command.settings)
    if (Status status = options.setAssignment(assignment); !status) return tl::unexpected(status.error());
  if (!command.data.empty())
    if (Status status = options.set("data.source", command.data); !status) return tl::unexpected(status.error());
  if (Status status = data::checkSpec(config.data.source); !status) return tl::unexpected(status.error());
  return config;
}

Expected<training::TrainConfig> configOf(const Retrain& command, const training::Checkpoint& checkpoint,
                                         const std::filesystem::path& path) {
  if (command.out.empty())
    return failure("The retraining has no folder", "its results would have no place", "choose a folder");
  training::TrainConfig config = checkpoint.config;
  OptionTable options = training::describe(config);
  if (Status status = options.set("training.epochs", std::to_string(command.epochs)); !status)
    return tl::unexpected(status.error());
  const double rate = command.learningRate > 0 ? command.learningRate : config.training.learningRate / 10;
  if (Status status = options.set("training.learning_rate", std::to_string(rate)); !status)
    return tl::unexpected(status.error());
  config.training.learningRate = rate;  // the text above was for the range alone
  // The weights are no longer random: nothing has to be warmed up.
  config.training.warmupEpochs = 0;
  config.training.weights = path.string();
  config.placement.positions = path.string();
  config.data.source = checkpoint.provenance.data;
  return config;
}

}  // namespace pinwheel::session
