#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/served_training.h"
#include "app/cli/terminal.h"
#include "app/cli/terminal_observer.h"
#include "engine/data/dataset.h"
#include "engine/training/config.h"
#include "engine/training/run_folder.h"
#include "engine/training/trainer.h"

namespace pinwheel::cli {
namespace {

struct Arguments {
  std::string recipe;
  std::string data;
  std::string out;
  std::string weights;
  std::string loss;
  std::vector<std::string> assignments;
  std::int64_t seed = -1;
  int threads = 0;
  std::string device = "auto";
  bool resume = false;
  bool withoutLesion = false;
  ServedOptions served;
};

// Every option, once, from its declaration: the help's last part.
std::string optionsHelp() {
  training::TrainConfig config;
  return "Options of --set key=value and of recipes, with their defaults:\n\n" + training::describe(config).helpText();
}

void addCommon(CLI::App& command, Arguments& arguments) {
  command.add_option("--recipe", arguments.recipe,
                     "A recipe's name (see `pinwheel-cli recipes`) or a .toml file; default: demo");
  command.add_option(
      "--data", arguments.data,
      "builtin, cifar10:DIR, cifar100:DIR or folder:DIR; default: the recipe's, where it needs no folder");
  command.add_option("--out", arguments.out, "Folder for the results; made when missing")
      ->required()
      ->check(notEmpty());
  command.add_option("--set", arguments.assignments, "Sets one option, key=value; may be repeated")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--threads", arguments.threads, "Processor threads; 0: all, or as many as before (--resume)")
      ->check(CLI::Range(0, 4096));
  command.add_option("--device", arguments.device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command.footer(optionsHelp);
}

struct Job {
  training::TrainConfig config;
  training::RunOptions run;
};

// From arguments to a job; usage errors here, before anything runs.
Status configure(const Arguments& arguments, Job& job) {
  OptionTable options = training::describe(job.config);
  const std::filesystem::path out = arguments.out;
  const training::RunFolder folder(out);
  if (arguments.resume && !folder.holdsRun())
    return failure("There is no run to resume", "the folder holds neither config.toml nor a checkpoint",
                   "check --out, or begin a run without --resume", out.string());
  if (arguments.resume && arguments.recipe.empty()) {
    // The run knows its own options.
    auto stored = folder.readConfig();
    if (!stored) return tl::unexpected(stored.error());
    job.config = std::move(*stored);
  } else if (Status status = training::applyRecipe(arguments.recipe.empty() ? "demo" : arguments.recipe, options);
             !status) {
    return status;
  }
  for (const std::string& assignment : arguments.assignments)
    if (Status status = options.setAssignment(assignment); !status) return status;
  if (!arguments.loss.empty())
    if (Status status = options.set("stc.loss", arguments.loss); !status) return status;
  if (!arguments.data.empty())
    if (Status status = options.set("data.source", arguments.data); !status) return status;
  if (arguments.seed >= 0)
    if (Status status = options.set("training.seed", std::to_string(arguments.seed)); !status) return status;
  if (!arguments.weights.empty())
    if (Status status = options.set("training.weights", arguments.weights); !status) return status;
  if (arguments.data.empty())
    if (Status status = training::checkRecipeData(arguments.recipe, job.config.data.source); !status) return status;
  if (Status status = data::checkSpec(job.config.data.source); !status) return status;
  job.run.out = out;
  job.run.resume = arguments.resume;
  job.run.withoutLesion = arguments.withoutLesion;
  job.run.device = arguments.device;
  job.run.threads = arguments.threads;
  return training::validate(job.config);
}

// The command again, as it could be typed.
std::string commandText(const char* name, const Arguments& arguments) {
  std::string text = std::string("pinwheel-cli ") + name;
  const auto add = [&text](const std::string& option, const std::string& value) {
    if (!value.empty()) text += " " + option + " " + shellQuoted(value);
  };
  add("--recipe", arguments.recipe);
  add("--data", arguments.data);
  for (const std::string& assignment : arguments.assignments) add("--set", assignment);
  add("--loss", arguments.loss);
  if (arguments.seed >= 0) add("--seed", std::to_string(arguments.seed));
  if (arguments.threads > 0) add("--threads", std::to_string(arguments.threads));
  if (arguments.device != "auto") add("--device", arguments.device);
  add("--weights", arguments.weights);
  add("--out", arguments.out);
  if (arguments.resume) text += " --resume";
  if (arguments.withoutLesion) text += " --without-lesion";
  return text + commandText(arguments.served);
}

// Checks that hold for every run: 0, or the exit code after an error was printed.
int prepare(const char* name, const Arguments& arguments, Job& job) {
  if (const Status status = configure(arguments, job); !status) return fail(status.error(), kWrongUsage);
  job.run.commandLine = commandText(name, arguments);
  if (const Status status = training::checkDevice(arguments.device); !status)
    return fail(status.error(), kCannotRunHere);
  warnAboutSlowBlas();
  return kDone;
}

int runTrain(const Arguments& arguments) {
  Job job;
  if (const int code = prepare("train", arguments, job); code != kDone) return code;
  const auto world = distributed::worldFrom(distributed::processEnvironment());
  if (!world) return fail(world.error(), kWrongUsage);
  job.run.world = *world;
  if (const Status status = world->first() ? checkServed(arguments.served, job.run) : Status{}; !status)
    return fail(status.error(), kWrongUsage);
  TerminalObserver observer;
  const StopFlag& stop = stopOnSignals();
  const auto result = arguments.served.any() && world->first()
                          ? trainServed(arguments.served, job.config, job.run, observer, stop)
                          : training::train(job.config, job.run, observer, stop);
  observer.finish();
  if (!result) return fail(result.error(), kFailed);
  if (!world->first()) return result->outcome == training::Outcome::stopped ? kStopped : kDone;  // rank 0 tells
  if (result->outcome == training::Outcome::stopped) {
    if (!stop.requested() && arguments.served.serves() && !world->many())
      std::printf("A watcher ended the training.\n");
    if (result->checkpoint.empty())
      std::printf("Stopped while placing; the placement will begin anew.\n");
    else
      std::printf("Stopped and saved: %s\n", result->checkpoint.c_str());
    std::printf("Continue with: pinwheel-cli train --resume --out %s\n", shellQuoted(arguments.out).c_str());
    return kStopped;
  }
  std::printf("Done: %s\n", result->checkpoint.c_str());
  return kDone;
}

int runPlace(const Arguments& arguments) {
  Job job;
  if (const int code = prepare("place", arguments, job); code != kDone) return code;
  TerminalObserver observer;
  const StopFlag& stop = stopOnSignals();
  const auto result = training::place(job.config, job.run, observer, stop);
  observer.finish();
  if (!result) return stop.requested() ? fail(result.error(), kStopped) : fail(result.error(), kFailed);
  std::printf("Done: %s\nUse it with --set placement.positions=%s\n", result->c_str(),
              shellQuoted(result->string()).c_str());
  return kDone;
}

}  // namespace

void addTrain(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("train", "Place, train and keep a topographic spiking network");
  addCommon(*command, *arguments);
  command->add_option("--seed", arguments->seed, "Shorthand for --set training.seed=N")
      ->check(CLI::Range(0, 1000000000));
  command->add_option("--loss", arguments->loss, "Shorthand for --set stc.loss=NAME")->check(notEmpty());
  command->add_option("--weights", arguments->weights,
                      "Start from a state_dict: .pt, .pth or .safetensors, torchvision's names");
  CLI::Option* resume =
      command->add_flag("--resume", arguments->resume, "Continue the run in --out from its last checkpoint");
  command
      ->add_flag("--without-lesion", arguments->withoutLesion,
                 "With --resume: drop the lesion that the run was held under, for good")
      ->needs(resume);
  addServed(*command, arguments->served);
  command->callback([arguments, &exitCode] { exitCode = runTrain(*arguments); });
}

void addPlace(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("place", "Only place the units: auxiliary network, gratings, swaps");
  addCommon(*command, *arguments);
  command->callback([arguments, &exitCode] { exitCode = runPlace(*arguments); });
}

}  // namespace pinwheel::cli
