#include "app/cli/served_training.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/cli/commands.h"
#include "engine/broadcast/broadcast.h"
#include "engine/broadcast/command_gate.h"
#include "engine/broadcast/quiet_server.h"
#include "engine/core/host_name.h"
#include "engine/core/runtime.h"
#include "engine/session/watched_run.h"
#include "engine/training/run_folder.h"
#include "engine/transport/keys.h"

namespace pinwheel::cli {
namespace {

namespace fs = std::filesystem;
using session::TrainingPhase;

// Until the last frames have gone out: longer than the pause between two beacons, by which a watcher that missed one
// notices.
constexpr std::chrono::milliseconds kLastWords{1000};
constexpr std::chrono::milliseconds kBeacon{400};

std::string ownName() {
  return hostName("this machine");
}

Expected<transport::Endpoint> endpointOf(const ServedOptions& options, const fs::path& out) {
  if (!options.endpoint.empty()) return transport::parseEndpoint(options.endpoint);
  // Whole, so that what is printed can be used from any folder; relative, where that alone has room in a socket's name.
  std::error_code code;
  const fs::path whole = fs::absolute(out, code).lexically_normal();
  auto endpoint = transport::endpointOf(code || whole.has_filename() ? whole : whole.parent_path());
  if (!endpoint && out.is_relative()) endpoint = transport::endpointOf(out.lexically_normal());
  if (!endpoint) endpoint.error().hint = "serve it where the path is shorter: --serve ipc://PATH";
  return endpoint;
}

fs::path recordingOf(const ServedOptions& options, const fs::path& out) {
  return options.recording.empty() ? out / "recording.pwrec" : fs::path(options.recording);
}

broadcast::RecordingTarget targetOf(const ServedOptions& options, const training::RunOptions& run) {
  broadcast::RecordingTarget target;
  target.path = recordingOf(options, run.out);
  const nlohmann::json metadata{{"program", "pinwheel"},
                                {"version", PINWHEEL_VERSION},
                                {"command", run.commandLine},
                                {"created", utcTimestamp()}};
  // A path need not be UTF-8.
  target.metadata = metadata.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  target.goOn = run.resume;
  return target;
}

// How to get there from elsewhere: nobody connects to "every address of this machine".
transport::Endpoint reachable(transport::Endpoint endpoint) {
  if (endpoint.host == "*" || endpoint.host == "0.0.0.0" || endpoint.host == "::") endpoint.host = ownName();
  return endpoint;
}

void printAddress(const ServedOptions& options, const transport::Endpoint& served) {
  const std::string address = shellQuoted(reachable(served).text());
  std::printf(
      "Served at %s\n  from a window:         pinwheel --attach %s\n  from a small program:  pinwheel-scope %s\n",
      served.text().c_str(), address.c_str(), address.c_str());
  if (!options.keys.empty())
    std::printf("  with a key that was allowed (pinwheel-cli keys list %s) and %s\n", shellQuoted(options.keys).c_str(),
                shellQuoted((fs::path(options.keys) / "server.pub").string()).c_str());
  else if (served.kind == transport::Endpoint::Kind::tcp)
    std::printf("  every user of this machine can connect; with --keys FOLDER only those whom you allow\n");
}

// Tells on the terminal what watchers do to the training. Of the broadcast's thread.
class Watchers {
public:
  explicit Watchers(TerminalObserver& terminal) : m_terminal(terminal) {}
  void see(const session::News& news) {
    if (!news.training || news.training->phase == m_phase) return;
    const TrainingPhase before = std::exchange(m_phase, news.training->phase);
    if (m_phase == TrainingPhase::paused)
      m_terminal.say("Paused by a watcher, who can let it go on; Ctrl-C stops and saves.");
    else if (before == TrainingPhase::paused && m_phase == TrainingPhase::running)
      m_terminal.say("A watcher lets it go on.");
  }

private:
  TerminalObserver& m_terminal;
  TrainingPhase m_phase = TrainingPhase::none;
};

}  // namespace

void addServed(CLI::App& command, ServedOptions& options) {
  options.serve = command
                      .add_option("--serve", options.endpoint,
                                  "Let others watch and steer the training while it runs: ipc://PATH or "
                                  "tcp://HOST:PORT; alone: \"live\" in --out (docs/remote.md)")
                      ->expected(0, 1);
  command
      .add_flag("--serve-remote", options.remote, "With --serve tcp://...: other machines may connect, with keys alone")
      ->needs(options.serve);
  command
      .add_option("--keys", options.keys,
                  "With --serve: a folder that `pinwheel-cli keys create` made; who has no key there cannot connect")
      ->needs(options.serve)
      ->check(notEmpty());
  options.record = command
                       .add_option("--record", options.recording,
                                   "Record what can be watched, to look at later; alone: recording.pwrec in --out")
                       ->expected(0, 1);
}

std::string commandText(const ServedOptions& options) {
  std::string text;
  const auto add = [&text](const std::string& option, const std::string& value) {
    text += " " + option + (value.empty() ? "" : " " + shellQuoted(value));
  };
  if (options.serves()) add("--serve", options.endpoint);
  if (options.remote) add("--serve-remote", "");
  if (!options.keys.empty()) add("--keys", options.keys);
  if (options.records()) add("--record", options.recording);
  return text;
}

Status checkServed(const ServedOptions& options, const training::RunOptions& run) {
  if (options.serves()) {
    const auto endpoint = endpointOf(options, run.out);
    if (!endpoint) return tl::unexpected(endpoint.error());
    if (Status status = transport::checkServing(*endpoint, options.remote, !options.keys.empty()); !status) {
      if (!transport::isLocal(*endpoint)) status.error().hint += " (--serve-remote, --keys FOLDER)";
      return status;
    }
    if (!options.keys.empty())
      if (const auto keys = transport::readServerKeys(options.keys); !keys) return tl::unexpected(keys.error());
  }
  // A run that is there already refuses a new one in its own words.
  if (!options.records() || run.resume || training::RunFolder(run.out).holdsResults()) return {};
  const fs::path recording = recordingOf(options, run.out);
  std::error_code code;
  if (fs::exists(recording, code))
    return failure("There is a recording already", "a new run does not write over it",
                   "record to another file (--record FILE), or remove this one", recording.string());
  return {};
}

Expected<training::TrainResult> trainServed(const ServedOptions& options, const training::TrainConfig& config,
                                            const training::RunOptions& run, TerminalObserver& terminal,
                                            const StopFlag& stop) {
  // Each is made before and gone after whatever uses it: the broadcast takes from the run and hands on to the server,
  // whose commands go to the run. Frames are published, and their way is woken, by train() on this thread alone.
  broadcast::Broadcast* woken = nullptr;
  session::WatchedRun watched([&woken] { woken->wake(); });
  std::unique_ptr<transport::Server> server;
  if (options.serves()) {
    const auto endpoint = endpointOf(options, run.out);
    if (!endpoint) return tl::unexpected(endpoint.error());
    std::error_code code;  // if it cannot be made, the socket cannot either, and says why
    if (options.endpoint.empty()) fs::create_directories(run.out, code);
    auto opened = broadcast::openServer(
        {*endpoint, options.remote, options.keys, kBeacon},
        broadcast::commandGate({[&watched](session::Command command) { return watched.post(std::move(command)); },
                                [&watched] { watched.cancel(); }, [&watched] { return watched.ended(); },
                                "pinwheel-cli train on " + ownName(), !run.world.many()}));
    if (!opened) return tl::unexpected(std::move(opened.error()));
    server = std::move(*opened);
    printAddress(options, server->endpoint());
  }
  broadcast::BroadcastOptions way;
  way.source = [&watched] { return watched.take(); };
  way.frames = server ? &server->frames() : nullptr;
  if (options.records()) {
    way.recording = targetOf(options, run);
    std::printf("Recorded in %s\n", way.recording->path.c_str());
  }
  std::fflush(stdout);
  Watchers watchers(terminal);
  way.seen = [&watchers](const session::News& news) { watchers.see(news); };
  way.told = [&terminal](const session::Notice& notice) {
    if (notice.kind == session::Notice::Kind::information)
      terminal.say(notice.error.what);
    else
      terminal.onWarning(notice.error.text());
  };
  broadcast::Broadcast sender(std::move(way));
  woken = &sender;
  auto result = watched.train(config, run, terminal, stop);
  sender.finish();
  if (server) {
    const transport::FrameCounts counts = server->counts().frames;
    if (counts.sent + counts.asked > 0) std::this_thread::sleep_for(kLastWords);
  }
  return result;
}

}  // namespace pinwheel::cli
