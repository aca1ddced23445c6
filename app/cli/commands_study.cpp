#include <cstdio>
#include <memory>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/data/dataset.h"
#include "engine/training/study.h"
#include "engine/training/study_results.h"

namespace pinwheel::cli {
namespace {

struct Arguments {
  std::string file;
  std::string out;
  std::string device = "auto";
  int threads = 0;
  bool dryRun = false;
};

// A line that moves for the run in work, one that stays for every run that is done.
class TerminalObserver final : public training::StudyObserver {
public:
  void onPhase(const std::string& text) override { m_phase = text; }
  void onPlacement(const std::string& layer, const topography::PlacementPoint& point, std::int64_t windows) override {
    m_line.show(static_cast<double>(point.window) / static_cast<double>(windows), "placing " + layer);
  }
  void onStep(const training::StepReport& step) override {
    m_line.show(static_cast<double>(step.batch) / static_cast<double>(step.batches),
                m_run + (m_run.empty() ? "" : ": ") + m_phase + "  epoch " + std::to_string(step.epoch + 1) + "/" +
                    std::to_string(step.epochs) + "  " + fixedText(step.imagesPerSecond, 0) + " images/s  " +
                    clockText(step.secondsLeft) + " left in this run");
  }
  void onWarning(const std::string& text) override {
    m_line.print("");
    std::fprintf(stderr, "warning: %s\n", text.c_str());
  }
  void onRun(const training::StudyRun& run, std::size_t number, std::size_t runs) override {
    m_run = std::to_string(number) + "/" + std::to_string(runs) + " " + run.name;
  }
  void onEvaluation(const Progress& progress) override {
    m_line.show(progress.total > 0 ? static_cast<double>(progress.done) / static_cast<double>(progress.total) : 0,
                m_run + ": " + progress.label);
  }
  void onRow(const training::StudyRow& row) override {
    std::string text = m_run;
    for (const auto& [name, value] : row.measures)
      if (name == "accuracy") text += "  accuracy " + percentText(value);
    m_line.print(text);
  }
  void finish() { m_line.print(""); }

private:
  MovingLine m_line;
  std::string m_run;  // empty while the units are placed, before the first run
  std::string m_phase;
};

const char* wordFor(training::RunState state) {
  switch (state) {
    case training::RunState::toDo:
      return "to do";
    case training::RunState::begun:
      return "begun";
    case training::RunState::trained:
      return "trained, to evaluate";
    case training::RunState::done:
      return "done";
  }
  return "";
}

int showPlan(const training::Study& study, const std::string& out) {
  const training::TrainConfig& base = study.base;
  std::printf("recipe %s on %s, %lld epochs; positions: %s\n", study.config.recipe.c_str(), base.data.source.c_str(),
              static_cast<long long>(base.training.epochs),
              !base.placement.positions.empty() ? base.placement.positions.c_str()
              : base.placement.enabled          ? "placed once for all"
                                                : "the retinotopic start");
  for (const training::StudyRun& run : study.runs)
    std::printf("%-40s %s\n", run.name.c_str(), wordFor(training::stateOf(out, run)));
  std::printf("%zu runs. Nothing was written.\n", study.runs.size());
  return kDone;
}

std::string commandText(const Arguments& arguments) {
  std::string text = "pinwheel-cli study " + shellQuoted(arguments.file) + " --out " + shellQuoted(arguments.out);
  if (arguments.threads > 0) text += " --threads " + std::to_string(arguments.threads);
  if (arguments.device != "auto") text += " --device " + arguments.device;
  return text;
}

int runStudy(const Arguments& arguments) {
  const auto study = training::readStudy(arguments.file);
  if (!study) return fail(study.error(), kWrongUsage);
  const std::string& source = study->base.data.source;
  if (const Status status = training::checkRecipeData(study->config.recipe, source); !status) {
    Error error = status.error();
    error.hint = "write source = \"" + source + "FOLDER\" into its [data] table, or \"builtin\" for the built-in world";
    error.path = arguments.file;
    return fail(error, kWrongUsage);
  }
  if (const Status status = data::checkSpec(source); !status) return fail(status.error(), kWrongUsage);
  if (arguments.dryRun) return showPlan(*study, arguments.out);
  if (const Status status = training::checkDevice(arguments.device); !status)
    return fail(status.error(), kCannotRunHere);
  warnAboutSlowBlas();
  TerminalObserver observer;
  const StopFlag& stop = stopOnSignals();
  const auto outcome = training::runStudy(
      *study, {arguments.out, arguments.device, arguments.threads, commandText(arguments)}, observer, stop);
  observer.finish();
  if (!outcome) return fail(outcome.error(), kFailed);
  const std::filesystem::path out = arguments.out;
  if (*outcome == training::Outcome::stopped) {
    std::printf("Stopped; what is done is kept.\nContinue with: %s\n", commandText(arguments).c_str());
    return kStopped;
  }
  std::printf("Done: %s\n", (out / "study.md").c_str());
  return kDone;
}

}  // namespace

void addStudy(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("study", "Train and measure a grid of losses, neurons and seeds");
  command->add_option("file", arguments->file, "The study's .toml file, as those of resources/studies")
      ->required()
      ->check(notEmpty());
  command->add_option("--out", arguments->out, "Folder for the study; made when missing, gone on with when begun")
      ->required()
      ->check(notEmpty());
  command->add_option("--threads", arguments->threads, "Processor threads; 0: all, or as many as a run used before")
      ->check(CLI::Range(0, 4096));
  command->add_option("--device", arguments->device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command->add_flag("--dry-run", arguments->dryRun, "List the runs and how far each is; write nothing");
  command->footer([] {
    training::StudyConfig config;
    return "Options of the file's [study] table, with their defaults; beside it stand those of a recipe\n"
           "(see `pinwheel-cli train --help`):\n\n" +
           training::describe(config).helpText();
  });
  command->callback([arguments, &exitCode] { exitCode = runStudy(*arguments); });
}

}  // namespace pinwheel::cli
