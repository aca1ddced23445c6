#include <cstdio>
#include <memory>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/data/dataset.h"
#include "engine/training/config.h"

namespace pinwheel::cli {
namespace {

int listRecipes() {
  const auto recipes = training::listRecipes();
  if (!recipes) return fail(recipes.error(), kFailed);
  for (const training::Recipe& recipe : *recipes)
    std::printf("%-16s %s\n", recipe.name.c_str(), recipe.summary.c_str());
  return kDone;
}

int showRecipe(const std::string& name) {
  training::TrainConfig config;
  OptionTable options = training::describe(config);
  if (const Status status = training::applyRecipe(name, options); !status) return fail(status.error(), kWrongUsage);
  std::printf("%s", options.toToml().c_str());
  return kDone;
}

}  // namespace

void addDatasets(CLI::App& app, int& exitCode) {
  CLI::App* command = app.add_subcommand("datasets", "The kinds of data that --data takes");
  command->callback([&exitCode] {
    for (const data::DatasetKind& kind : data::datasetKinds())
      std::printf("%-14s %s\n", kind.usage.c_str(), kind.summary.c_str());
    exitCode = kDone;
  });
}

void addRecipes(CLI::App& app, int& exitCode) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("recipes", "The recipes there are; with a name, all options as that recipe sets them");
  command->add_option("name", *name, "A recipe, or a .toml file");
  command->callback([name, &exitCode] { exitCode = name->empty() ? listRecipes() : showRecipe(*name); });
}

}  // namespace pinwheel::cli
