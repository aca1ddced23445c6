// pinwheel-cli: trains, maps and keeps topographic spiking networks from the command line.
#include <cstdio>

#include "app/cli/commands.h"
#include "engine/core/runtime.h"
#include "engine/training/trainer.h"

int main(int argc, char** argv) {
  using namespace pinwheel;
  tuneMalloc();
  CLI::App app{"Pinwheel: topographic deep spiking networks, trained, mapped and measured", "pinwheel-cli"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help of every command");
  app.set_version_flag("--version", [] {
    return std::string("pinwheel-cli " PINWHEEL_VERSION " (LibTorch ") + training::torchVersion() +
           (training::cudaAvailable() ? ", CUDA)" : ", CPU)");
  });
  int exitCode = cli::kDone;
  cli::addTrain(app, exitCode);
  cli::addEvaluate(app, exitCode);
  cli::addPlace(app, exitCode);
  cli::addInfo(app, exitCode);
  cli::addDatasets(app, exitCode);
  cli::addRecipes(app, exitCode);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? cli::kDone : cli::kWrongUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pinwheel-cli: %s\n", error.what());
    return cli::kFailed;
  }
  return exitCode;
}
