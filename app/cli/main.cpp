// pinwheel-cli: trains, maps and keeps topographic spiking networks from the command line.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/core/options.h"
#include "engine/core/runtime.h"
#include "engine/training/trainer.h"

namespace pinwheel::cli {
namespace {

// "--threads", "-h": every flag of a command.
std::vector<std::string> flagsOf(const CLI::App& command) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
    for (const std::string& name : option->get_snames()) flags.push_back("-" + name);
  }
  return flags;
}

// What the parser could not place, by name and with the nearest name that there is; its own words otherwise.
Error usageError(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* deepest = &app;  // "keys allow" is a command of a command
  std::string path;
  for (auto chosen = app.get_subcommands(); !chosen.empty(); chosen = deepest->get_subcommands()) {
    deepest = chosen.front();
    path += deepest->get_name() + " ";
  }
  const CLI::App& command = *deepest;
  const auto subcommands = command.get_subcommands([](const CLI::App*) { return true; });
  const std::string help = "`pinwheel-cli " + path + "--help` lists what it takes";
  for (const std::string& argument : app.remaining(true)) {
    const bool flag = argument.size() > 1 && argument.front() == '-';
    if (!flag && subcommands.empty()) continue;
    // "--thread=2" names the flag before the equals sign.
    const std::string name = flag ? argument.substr(0, argument.find('=')) : argument;
    std::vector<std::string> names = flagsOf(command);
    if (!flag) {
      names.clear();
      for (const CLI::App* sub : subcommands) names.push_back(sub->get_name());
    }
    const std::string near = nearestName(name, names);
    return {std::string("There is no ") + (flag ? "option " : "command ") + "\"" + name + "\"", "",
            near.empty() ? help : "did you mean \"" + near + "\"?"};
  }
  return {error.what(), "", help};
}

}  // namespace

CLI::Validator notEmpty() {
  return {[](std::string& text) { return text.empty() ? std::string("it is empty") : std::string(); }, ""};
}

}  // namespace pinwheel::cli

int main(int argc, char** argv) {
  using namespace pinwheel;
  // Loading LibTorch twice takes half a second: only where there is much to compute.
  for (const char* const command : {"train", "evaluate", "place", "study", "rsa", "bench"})
    if (argc > 1 && std::string_view(argv[1]) == command) restartWithFastBlas(argv);
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
  cli::addRsa(app, exitCode);
  cli::addPlace(app, exitCode);
  cli::addLaunch(app, exitCode);
  cli::addStudy(app, exitCode);
  cli::addBench(app, exitCode);
  cli::addKeys(app, exitCode);
  cli::addInfo(app, exitCode);
  cli::addDatasets(app, exitCode);
  cli::addRecipes(app, exitCode);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help or version
    return cli::fail(cli::usageError(app, error), cli::kWrongUsage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "pinwheel-cli: %s\n", error.what());
    return cli::kFailed;
  }
  if (const std::string fault = training::libraryFault(); !fault.empty())
    std::fprintf(stderr, "warning: %s\n", fault.c_str());
  return exitCode;
}
