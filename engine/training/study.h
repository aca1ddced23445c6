// A study: losses, neurons and seeds crossed over one recipe; every run is trained and measured in a folder of its own.
//
// A study's folder holds
//   study.toml       what it was begun with: the grid, and every option of the recipe
//   positions/       the positions that all runs share, where the study has placed them
//   runs/<name>/     a run (see trainer.h), and in maps/ what `evaluate` says of it
//   study.csv        one row per run that is done (see study_results.h)
//   summary.csv      mean and SEM over seeds, difference to the twin without topography
//   study.md         the same to read
//   study.lock       locked while a process works in the folder
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/options.h"
#include "engine/core/progress.h"
#include "engine/training/config.h"
#include "engine/training/trainer.h"

namespace pinwheel::training {

/// The [study] table of a study's file. Lists are texts with commas.
struct StudyConfig {
  std::string recipe = "demo";
  std::string losses = "none, stc";  ///< a loss each, and its weights behind it: "stc 0.5 0.5", "tdann 0.25"
  std::string neurons = "lif";
  std::string seeds = "1, 2, 3";
  std::string floc;  ///< folder of the functional localiser; empty: the built-in world's categories
  bool pictures = false;
};

struct StudyRun {
  std::string condition;  ///< what seeds are averaged over, "lif-stc-0.5-0.5"
  std::string name;       ///< condition and seed, "lif-stc-0.5-0.5-seed1": its folder
  std::string twin;       ///< the condition of the same neurons without a topographic loss
  TrainConfig config;
};

struct Study {
  StudyConfig config;
  TrainConfig base;            ///< the recipe with the options of the study's file, before the grid
  std::vector<StudyRun> runs;  ///< seed by seed, so that one that is cut short still has whole sets
};

/// The options of the [study] table, which points into `config`; beside them a study's file may set those of a recipe,
/// but for the three that the grid gives: model.neuron, stc.loss, training.seed.
[[nodiscard]] OptionTable describe(StudyConfig& config);

/// A study's file. Errors: what a recipe's file is refused for; an option that the grid gives; a loss, neuron, weight
/// or seed that cannot be, or stands there twice; a run whose options do not go together, by its name.
Expected<Study> readStudy(const std::filesystem::path& file);

enum class RunState { toDo, begun, trained, done };
/// How far a run of the study in `out` has come.
[[nodiscard]] RunState stateOf(const std::filesystem::path& out, const StudyRun& run);

struct StudyOptions {
  std::filesystem::path out;    ///< created when missing
  std::string device = "auto";  ///< auto, cpu, cuda
  int threads = 0;              ///< 0: all processors, or as many as a run used before
  std::string commandLine;      ///< for the provenance
};

struct StudyRow;  // study_results.h

/// Called on the thread that runs the study; must return quickly.
class StudyObserver : public TrainObserver {
public:
  virtual void onRun(const StudyRun&, std::size_t /*number, from 1*/, std::size_t /*runs*/) {}
  virtual void onEvaluation(const Progress&) {}
  virtual void onRow(const StudyRow&) {}  ///< of every run that is done, those of earlier starts too
};

/// Runs what is not done yet: places once, then trains and evaluates run after run; the tables are written anew after
/// each. A run that fails is told as a warning and noted in study.md, and the others go on; what fails before the first
/// run, or keeps the tables from being written, ends the study at once. Stopped, failed or killed, the same call goes
/// on: what is done is kept, a run that was begun or has failed is resumed. Losses, neurons and seeds may be added or
/// taken away in between. Errors: another process at work in the folder; a study there whose other options differ,
/// which are named; at the end, the runs that failed, each with its reason.
Expected<Outcome> runStudy(const Study& study, const StudyOptions& options, StudyObserver& observer,
                           const StopFlag& stop);

}  // namespace pinwheel::training
