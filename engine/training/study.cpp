#include "engine/training/study.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "engine/core/error_line.h"
#include "engine/core/files.h"
#include "engine/training/checkpoint.h"
#include "engine/training/evaluation.h"
#include "engine/training/run_folder.h"
#include "engine/training/study_results.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestFile = 1 << 20;  // bytes, of a study's file

// What every run gets from the grid.
constexpr const char* kNeuron = "model.neuron";
constexpr const char* kLoss = "stc.loss";
constexpr const char* kSeed = "training.seed";

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    const auto first = part.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) continue;
    parts.push_back(part.substr(first, part.find_last_not_of(" \t\r\n") - first + 1));
  }
  return parts;
}

Expected<std::vector<std::string>> listOf(const char* key, const std::string& text) {
  std::vector<std::string> items = split(text, ',');
  if (items.empty())
    return failure(std::string(key) + " names nothing", "a study without runs would find nothing",
                   "write a list with commas between, as in \"none, stc\"");
  return items;
}

// The study's options, then the recipe's.
OptionTable describeAll(StudyConfig& config, TrainConfig& base) {
  OptionTable table = describe(config);
  const OptionTable recipe = describe(base);
  for (const Option& option : recipe.options()) table.add(option);
  return table;
}

// As study.toml holds it.
std::string textOf(const Study& study) {
  StudyConfig config = study.config;
  TrainConfig base = study.base;
  const OptionTable all = describeAll(config, base);
  OptionTable kept;
  for (const Option& option : all.options())
    if (option.key != kNeuron && option.key != kLoss && option.key != kSeed) kept.add(option);
  return kept.toToml();
}

// The grid's options are looked for with values that no file can give them.
Status refuseGridOptions(const std::string& text, const std::string& name) {
  StudyConfig config;
  TrainConfig base;
  base.model.neuron = base.stc.loss = "";
  base.training.seed = -1;
  if (Status status = describeAll(config, base).readToml(text, name); !status) return status;
  const auto refused = [&](const std::string& key, const std::string& list) {
    return failure("A study's file cannot set " + key, list + " gives it to every run", "remove it there", name);
  };
  if (!base.model.neuron.empty()) return refused(kNeuron, "study.neurons");
  if (!base.stc.loss.empty()) return refused(kLoss, "study.losses");
  if (base.training.seed != -1) return refused(kSeed, "study.seeds");
  return {};
}

// The options that weigh a loss, in the order in which study.losses gives them.
std::vector<std::string> weightKeys(const std::string& loss) {
  if (loss == "stc") return {"stc.alpha", "stc.beta"};
  if (loss == "rate") return {"stc.alpha"};
  if (loss == "tdann") return {"stc.tdann_weight"};
  if (loss == "topoloss") return {"stc.topoloss_weight"};
  return {};
}

std::string valueOf(const OptionTable& table, const std::string& key) {
  const auto found = std::find_if(table.options().begin(), table.options().end(),
                                  [&](const Option& option) { return option.key == key; });
  return found == table.options().end() ? "" : table.valueText(*found);
}

// "stc 0.5 0.5" into a run's options; no weights: the recipe's. Returns its part of the condition's name.
Expected<std::string> applyLoss(const std::string& item, OptionTable& table) {
  const std::vector<std::string> words = split(item, ' ');
  if (Status status = table.set(kLoss, words.front()); !status) return tl::unexpected(status.error());
  const std::vector<std::string> keys = weightKeys(words.front());
  if (words.size() != 1 && words.size() != 1 + keys.size()) {
    std::string wanted;
    for (const std::string& key : keys) wanted += (wanted.empty() ? "" : " and ") + key;
    return failure("\"" + item + "\" has " + std::to_string(words.size() - 1) + " weights",
                   words.front() + " takes " + (wanted.empty() ? "none" : wanted),
                   "give all of them behind the name, or none for the recipe's");
  }
  std::string name = words.front();
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (words.size() > 1)
      if (Status status = table.set(keys[k], words[k + 1]); !status) return tl::unexpected(status.error());
    name += "-" + valueOf(table, keys[k]);
  }
  return name;
}

Expected<StudyRun> makeRun(const TrainConfig& base, const std::string& neuron, const std::string& loss,
                           const std::string& seed) {
  StudyRun run;
  run.config = base;
  OptionTable table = describe(run.config);
  if (Status status = table.set(kNeuron, neuron); !status) return tl::unexpected(status.error());
  if (Status status = table.set(kSeed, seed); !status) return tl::unexpected(status.error());
  const auto name = applyLoss(loss, table);
  if (!name) return tl::unexpected(name.error());
  run.condition = neuron + "-" + *name;
  run.twin = neuron + "-none";
  run.name = run.condition + "-seed" + valueOf(table, kSeed);
  if (Status status = validate(run.config); !status) {
    Error error = status.error();
    error.what = "Run " + run.name + ": " + error.what;
    return tl::unexpected(std::move(error));
  }
  return run;
}

Status makeRuns(Study& study) {
  const auto neurons = listOf("study.neurons", study.config.neurons);
  if (!neurons) return tl::unexpected(neurons.error());
  const auto losses = listOf("study.losses", study.config.losses);
  if (!losses) return tl::unexpected(losses.error());
  const auto seeds = listOf("study.seeds", study.config.seeds);
  if (!seeds) return tl::unexpected(seeds.error());
  std::set<std::string> names;
  for (const std::string& seed : *seeds)
    for (const std::string& neuron : *neurons)
      for (const std::string& loss : *losses) {
        auto run = makeRun(study.base, neuron, loss, seed);
        if (!run) return tl::unexpected(run.error());
        if (!names.insert(run->name).second)
          return failure("Run " + run->name + " stands in the study twice", "two of one name would share a folder",
                         "name every loss, neuron and seed once");
        study.runs.push_back(std::move(*run));
      }
  return {};
}

bool there(const fs::path& path) {
  std::error_code code;
  return fs::exists(path, code);
}

std::string lineOf(const Error& error) {
  std::string line = errorLine(error);
  std::replace(line.begin(), line.end(), '\n', ' ');  // LibTorch's reasons have several
  return line;
}

fs::path folderOf(const fs::path& out, const StudyRun& run) {
  return out / "runs" / run.name;
}

// One study from its plan to its tables.
class Runner {
public:
  Runner(const Study& study, const StudyOptions& options, StudyObserver& observer, const StopFlag& stop)
      : m_study(study), m_options(options), m_observer(observer), m_stop(stop) {}

  Expected<Outcome> run() {
    if (const Status status = claim(); !status) return tl::unexpected(status.error());
    if (const Status status = record(); !status) return tl::unexpected(status.error());
    if (const Status status = preparePositions(); !status) return ended(status.error(), "The placement");
    for (std::size_t i = 0; i < m_study.runs.size(); ++i) {
      const StudyRun& run = m_study.runs[i];
      m_observer.onRun(run, i + 1, m_study.runs.size());
      const auto outcome = work(run);
      if (outcome ? *outcome == Outcome::stopped : m_stop.requested()) return Outcome::stopped;
      if (!outcome) note(run, outcome.error());
      // What keeps even the tables from being written, a full disk, would end every other run as well.
      if (const Status status = writeStudyTables(m_options.out, m_study, m_rows, m_failures); !status)
        return ended(outcome ? status.error() : outcome.error(), "Run " + run.name);
      if (outcome) m_observer.onRow(m_rows.back());
    }
    return result();
  }

private:
  Status claim() {
    std::error_code code;
    fs::create_directories(m_options.out, code);
    if (code)
      return failure("The study's folder cannot be made", code.message(), "choose another --out",
                     m_options.out.string());
    const auto mine = m_lock.acquire(m_options.out / "study.lock");
    if (!mine) return tl::unexpected(mine.error());
    if (*mine) return {};
    return failure("Another study is at work in this folder", "two at once would overwrite each other's files",
                   "wait until it has ended, or choose another --out", m_options.out.string());
  }

  // What was begun with other options must not be averaged with what comes; a grid may grow and shrink.
  Status record() const {
    const fs::path path = m_options.out / "study.toml";
    const std::string text = textOf(m_study);
    if (!there(path)) return writeFileAtomically(path, text);
    const auto stored = readFile(path, kLargestFile);
    if (!stored) return tl::unexpected(stored.error());
    if (*stored == text) return {};
    StudyConfig config;
    TrainConfig base;
    if (Status status = describeAll(config, base).readToml(*stored, path.string()); !status) return status;
    base.model.neuron = m_study.base.model.neuron;
    base.stc.loss = m_study.base.stc.loss;
    base.training.seed = m_study.base.training.seed;
    std::string differing;
    if (const Status same = checkSameConfig(base, m_study.base, false); !same)
      differing = same.error().why;
    else if (config.floc.empty() != m_study.config.floc.empty())
      differing = "study.floc (\"" + config.floc + "\" there, \"" + m_study.config.floc + "\" asked)";
    if (differing.empty()) return writeFileAtomically(path, text);
    return failure("The study in this folder was begun with other options", differing,
                   "set them as they were, or choose another --out; study.losses, neurons and seeds may change",
                   path.string());
  }

  // Where all runs stand on the same positions, differences are the losses' own.
  Status preparePositions() {
    m_positions = m_study.base.placement.positions;
    if (!m_positions.empty() || !m_study.base.placement.enabled) return {};
    const RunFolder folder(m_options.out / "positions");
    if (!there(folder.positions())) {
      TrainConfig config = m_study.runs.front().config;
      config.stc.loss = "none";
      if (const auto placed = place(config, runOptions(folder.path()), m_observer, m_stop); !placed)
        return tl::unexpected(placed.error());
    }
    m_positions = folder.positions().string();
    return {};
  }

  RunOptions runOptions(const fs::path& out) const {
    RunOptions options;
    options.out = out;
    options.device = m_options.device;
    options.threads = m_options.threads;
    options.commandLine = m_options.commandLine;
    return options;
  }

  Expected<Outcome> work(const StudyRun& run) {
    const fs::path folder = folderOf(m_options.out, run);
    const RunState state = stateOf(m_options.out, run);
    if (state < RunState::trained) {
      const auto trained = trainRun(run, folder);
      if (!trained || *trained == Outcome::stopped) return trained;
    }
    if (state < RunState::done)
      if (const Status status = evaluateRun(folder); !status) return tl::unexpected(status.error());
    auto measures = readMeasures(folder);
    if (!measures) return tl::unexpected(measures.error());
    m_rows.push_back({run, std::move(*measures)});
    return Outcome::finished;
  }

  Expected<Outcome> trainRun(const StudyRun& run, const fs::path& folder) {
    TrainConfig config = run.config;
    config.placement.positions = m_positions;
    RunOptions options = runOptions(folder);
    const RunFolder files(folder);
    options.resume = files.holdsResults();
    if (options.resume) {
      // The study's folder may have been moved, or be named otherwise, since; the run has its positions.
      const auto stored = files.readConfig();
      if (!stored) return tl::unexpected(stored.error());
      config.placement.positions = stored->placement.positions;
    }
    const auto result = train(config, options, m_observer, m_stop);
    if (!result) return tl::unexpected(result.error());
    return result->outcome;
  }

  Status evaluateRun(const fs::path& folder) {
    EvaluateOptions options;
    options.checkpoint = RunFolder(folder).checkpoint();
    options.data = m_study.base.data.source;
    options.floc = m_study.config.floc;
    options.out = folder / "maps";
    options.device = m_options.device;
    options.threads = m_options.threads;
    options.pictures = m_study.config.pictures;
    const auto result = evaluate(
        options, [this](const Progress& progress) { m_observer.onEvaluation(progress); }, m_stop);
    if (!result) return tl::unexpected(result.error());
    return {};
  }

  // One run that fails, with a loss that diverges, says nothing of the others.
  void note(const StudyRun& run, const Error& error) {
    m_failures.push_back({run.name, lineOf(error)});
    m_observer.onWarning("Run " + run.name + " failed, the others go on: " + m_failures.back().reason);
  }

  Expected<Outcome> result() const {
    if (m_failures.empty()) return Outcome::finished;
    std::string reasons;
    for (const StudyFailure& failed : m_failures)
      reasons += (reasons.empty() ? "" : "; ") + failed.run + ": " + failed.reason;
    return failure(std::to_string(m_failures.size()) + " of " + std::to_string(m_study.runs.size()) + " runs failed",
                   reasons, "the others are done and stand in the tables; the same command tries these again",
                   (m_options.out / "study.md").string());
  }

  // Placement and evaluation tell of a stop as of an error.
  Expected<Outcome> ended(Error error, const std::string& what) const {
    if (m_stop.requested()) return Outcome::stopped;
    error.what = what + " stopped the study: " + error.what;
    return tl::unexpected(std::move(error));
  }

  const Study& m_study;
  const StudyOptions& m_options;
  StudyObserver& m_observer;
  const StopFlag& m_stop;
  FileLock m_lock;
  std::string m_positions;  ///< that all runs share; empty: the retinotopic start
  std::vector<StudyRow> m_rows;
  std::vector<StudyFailure> m_failures;
};

}  // namespace

OptionTable describe(StudyConfig& config) {
  OptionTable table;
  table.add({"study.recipe", "The recipe of every run, or a .toml file.", "", &config.recipe});
  table.add({"study.losses",
             "Losses with commas between, each with its weights behind it: stc alpha beta, rate alpha, tdann weight, "
             "topoloss tau; without weights the recipe's.",
             "", &config.losses});
  table.add({"study.neurons", "lif, relu, or both.", "", &config.neurons});
  table.add({"study.seeds", "Values of training.seed.", "", &config.seeds});
  table.add(
      {"study.floc", "Folder of the functional localiser; else the built-in world's categories.", "", &config.floc});
  table.add({"study.pictures", "Draw every map of every run.", "", &config.pictures});
  return table;
}

Expected<Study> readStudy(const fs::path& file) {
  const auto text = readFile(file, kLargestFile);
  if (!text) return tl::unexpected(text.error());
  const std::string name = file.string();
  if (Status status = refuseGridOptions(*text, name); !status) return tl::unexpected(status.error());
  Study study;
  OptionTable table = describeAll(study.config, study.base);
  // Read twice: the first time tells the recipe, over which the file's own options then come again.
  if (Status status = table.readToml(*text, name); !status) return tl::unexpected(status.error());
  study.base = TrainConfig{};
  OptionTable recipe = describe(study.base);
  if (Status status = applyRecipe(study.config.recipe, recipe); !status) return tl::unexpected(status.error());
  if (Status status = table.readToml(*text, name); !status) return tl::unexpected(status.error());
  if (Status status = makeRuns(study); !status) {
    Error error = status.error();
    error.path = name;
    return tl::unexpected(std::move(error));
  }
  return study;
}

RunState stateOf(const fs::path& out, const StudyRun& run) {
  const fs::path folder = folderOf(out, run);
  const RunFolder files(folder);
  if (!files.holdsRun()) return RunState::toDo;
  const auto info = loadCheckpointInfo(files.checkpoint());
  if (!info || !info->state.finished) return RunState::begun;
  return there(folder / "maps" / "report.json") ? RunState::done : RunState::trained;
}

Expected<Outcome> runStudy(const Study& study, const StudyOptions& options, StudyObserver& observer,
                           const StopFlag& stop) {
  return Runner(study, options, observer, stop).run();
}

}  // namespace pinwheel::training
