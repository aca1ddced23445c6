#include "engine/training/run_folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/core/runtime.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMaximumText = 1 << 20;     // bytes, of config.toml
constexpr std::uint64_t kMaximumRecord = 16 << 20;  // bytes, of run.json: a lesion tells every unit

bool there(const fs::path& path) {
  std::error_code code;
  return fs::exists(path, code);
}

fs::path backupOf(const fs::path& path) {
  return path.string() + ".bak";
}

Status renamed(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::rename(from, to, code);
  if (code) return failure("The checkpoint cannot be renamed", code.message(), "check the folder's permissions", from);
  return {};
}

// Options that may differ when a run is resumed: none of them changes what is computed (data may have moved). Neither
// do the weights that it started from, once it has a checkpoint.
bool mayDiffer(const std::string& key, bool hasCheckpoint) {
  return key == "data.source" || key == "data.workers" || key == "training.checkpoint_minutes" ||
         (key == "training.weights" && hasCheckpoint);
}

}  // namespace

bool RunFolder::holdsRun() const {
  return there(config()) || there(checkpoint()) || there(backupOf(checkpoint()));
}

bool RunFolder::holdsResults() const {
  return there(positions()) || there(checkpoint()) || there(backupOf(checkpoint()));
}

Status RunFolder::claim() {
  std::error_code code;
  fs::create_directories(m_path, code);
  if (code) return failure("The run's folder cannot be made", code.message(), "choose another --out", m_path.string());
  const auto mine = m_lock.acquire(m_path / "run.lock");
  if (!mine) return tl::unexpected(mine.error());
  if (!*mine)
    return failure("Another run is at work in this folder", "two at once would overwrite each other's files",
                   "wait until it has ended, or choose another --out", m_path.string());
  std::vector<std::string> names;
  for (const fs::path& path : {config(), record(), positions(), placementLog(), metrics(), checkpoint()})
    names.push_back(path.filename().string());
  removeLeftovers(m_path, names);
  return {};
}

Status RunFolder::begin(const TrainConfig& config, const RunRecord& record) {
  // An earlier attempt's configuration must never stand beside this one's record.
  std::error_code code;
  fs::remove(this->config(), code);
  fs::remove(events(), code);
  json j{{"command", record.command}, {"threads", record.threads}, {"device", record.device}};
  if (!record.lesion.empty()) j["lesion"] = record.lesion;
  const std::string text = j.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  if (Status status = writeFileAtomically(this->record(), text); !status) return status;
  return writeConfig(config);
}

Status RunFolder::writeConfig(const TrainConfig& config) const {
  TrainConfig written = config;
  return writeFileAtomically(this->config(), describe(written).toToml());
}

Status RunFolder::appendEvent(std::int64_t step, const std::string& what) const {
  json value = json::parse(what, nullptr, false);
  if (value.is_discarded()) value = what;
  const json event{{"time", utcTimestamp()}, {"step", step}, {"what", std::move(value)}};
  const std::string line = event.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  const int descriptor = ::open(events().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return failure("The run's events cannot be written", std::strerror(errno), "check the folder's permissions",
                   events().string());
  Status status = writeAll(descriptor, std::as_bytes(std::span(line)), events());
  ::fsync(descriptor);
  ::close(descriptor);
  return status;
}

Expected<TrainConfig> RunFolder::readConfig() const {
  TrainConfig read;
  if (!there(config()) && holdsRun()) {
    const auto info = loadCheckpointInfo(there(checkpoint()) ? checkpoint() : backupOf(checkpoint()));
    if (!info) return tl::unexpected(info.error());
    return info->config;
  }
  const auto text = readFile(config(), kMaximumText);
  if (!text) return tl::unexpected(text.error());
  OptionTable table = describe(read);
  if (const Status status = table.readToml(*text, config().string()); !status) return tl::unexpected(status.error());
  return read;
}

Expected<RunRecord> RunFolder::readRecord() const {
  if (!there(record())) return RunRecord{};
  const auto text = readFile(record(), kMaximumRecord);
  if (!text) return tl::unexpected(text.error());
  try {
    const json j = json::parse(*text);
    RunRecord read{j.at("command").get<std::string>(), 0, j.at("device").get<std::string>()};
    if (j.contains("lesion")) read.lesion = j.at("lesion").get<std::string>();
    const auto threads = j.at("threads").get<std::int64_t>();
    if (threads >= 0 && threads <= kMaximumThreads) {
      read.threads = static_cast<int>(threads);
      return read;
    }
    return failure("The run's record cannot be right", "it tells of " + std::to_string(threads) + " threads",
                   "delete it and give --threads and --device as they were", record().string());
  } catch (const std::exception& error) {
    return failure("The run's record cannot be read", error.what(),
                   "delete it and give --threads and --device as they were", record().string());
  }
}

Expected<std::optional<Checkpoint>> RunFolder::newestCheckpoint(const std::function<void(const std::string&)>& warn) {
  const fs::path newest = checkpoint();
  const fs::path backup = backupOf(newest);
  std::string trouble = "The newest checkpoint is missing: " + newest.string();
  if (there(newest)) {
    auto read = loadCheckpoint(newest);
    if (read) return std::move(*read);
    if (!there(backup)) return tl::unexpected(read.error());
    trouble = read.error().text();
  } else if (!there(backup)) {
    return std::nullopt;
  }
  auto before = loadCheckpoint(backup);
  if (!before) {
    Error error = before.error();
    error.why += "; nor can the newest one be read: " + trouble;
    return tl::unexpected(std::move(error));
  }
  if (there(newest)) {
    const fs::path aside = newest.string() + ".broken";
    if (const Status status = renamed(newest, aside); !status) return tl::unexpected(status.error());
    trouble += "\nIt is kept as " + aside.string();
  }
  if (const Status status = renamed(backup, newest); !status) return tl::unexpected(status.error());
  warn(trouble + "\nThe checkpoint before it is used");
  return std::move(*before);
}

Status checkSameConfig(TrainConfig stored, TrainConfig asked, bool hasCheckpoint) {
  const OptionTable storedTable = describe(stored);
  const OptionTable askedTable = describe(asked);
  std::string differing;
  for (std::size_t i = 0; i < storedTable.options().size(); ++i) {
    const Option& a = storedTable.options()[i];
    const Option& b = askedTable.options()[i];
    if (mayDiffer(a.key, hasCheckpoint) || storedTable.valueText(a) == askedTable.valueText(b)) continue;
    differing += (differing.empty() ? "" : ", ") + a.key + " (" + storedTable.valueText(a) + " there, " +
                 askedTable.valueText(b) + " asked)";
  }
  if (differing.empty()) return {};
  return failure("The run in this folder was made with other options", differing,
                 "resume it with its own options, or train into a new folder");
}

bool copyLiveSettings(const TrainConfig& from, TrainConfig& to) {
  const bool differ = from.stc.alpha != to.stc.alpha || from.stc.beta != to.stc.beta ||
                      from.stc.window != to.stc.window || from.training.learningRate != to.training.learningRate;
  to.stc.alpha = from.stc.alpha;
  to.stc.beta = from.stc.beta;
  to.stc.window = from.stc.window;
  to.training.learningRate = from.training.learningRate;
  return differ;
}

std::string commandHistory(const std::string& before, const std::string& command) {
  if (before.empty()) return command;
  const std::string more = " ; resumed: " + command;
  const bool told = before.size() >= more.size() && before.compare(before.size() - more.size(), more.size(), more) == 0;
  return told ? before : before + more;
}

}  // namespace pinwheel::training
