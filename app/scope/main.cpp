// pinwheel-scope: watches a training that runs in another program, or looks at its recording. No Qt, VTK or LibTorch.
#include <cstdio>

#include "app/scope/arguments.h"
#include "app/scope/exit_codes.h"
#include "app/scope/live_feed.h"
#include "app/scope/replay_feed.h"
#include "app/scope/synthetic_feed.h"
#include "app/scope/watch.h"
#include "engine/core/low_priority.h"

namespace pinwheel::scope {
namespace {

int fail(const Error& error, int exitCode) {
  std::fprintf(stderr, "pinwheel-scope: %s\n", error.text().c_str());
  return exitCode;
}

struct Source {
  std::unique_ptr<Feed> feed;
  ReplayFeed* replay = nullptr;
};

Expected<Source> openRecording(const Arguments& arguments, const std::filesystem::path& path) {
  auto feed = ReplayFeed::open(path);
  if (!feed) return tl::unexpected(std::move(feed.error()));
  if (arguments.step) (*feed)->setStep(*arguments.step);
  ReplayFeed* replay = feed->get();
  return Source{std::move(*feed), replay};
}

Expected<transport::Endpoint> endpointOf(const std::string& source) {
  std::error_code error;
  if (source.find("://") != std::string::npos) return transport::parseEndpoint(source);
  if (std::filesystem::is_directory(source, error)) return transport::endpointOf(source);
  return failure("There is nothing to watch at " + source, "it is neither an endpoint nor a folder",
                 "give ipc://PATH, tcp://HOST:PORT, the folder of a run, or --replay FILE.pwrec");
}

Expected<Source> openLive(const Arguments& arguments) {
  transport::ClientOptions options;
  auto endpoint = endpointOf(arguments.source);
  if (!endpoint) return tl::unexpected(std::move(endpoint.error()));
  options.endpoint = std::move(*endpoint);
  // Before there are threads, which inherit it: all reads and draws with what a training beside leaves.
  if (transport::isBeside(options.endpoint)) lowerPriority();
  if (!arguments.keys.empty()) {
    auto keys = transport::readKeyPair(arguments.keys);
    if (!keys) return tl::unexpected(std::move(keys.error()));
    auto serverKey = transport::readPublicKey(arguments.serverKey);
    if (!serverKey) return tl::unexpected(std::move(serverKey.error()));
    options.keys = std::move(*keys);
    options.serverKey = std::move(*serverKey);
  }
  options.wake = &Window::wake;
  auto feed = LiveFeed::open(std::move(options));
  if (!feed) return tl::unexpected(std::move(feed.error()));
  return Source{std::move(*feed), nullptr};
}

Expected<Source> open(const Arguments& arguments) {
  if (arguments.synthetic || arguments.benchmark) return Source{std::make_unique<SyntheticFeed>(), nullptr};
  if (!arguments.replay.empty()) return openRecording(arguments, arguments.replay);
  const std::filesystem::path path(arguments.source);
  std::error_code error;
  if (path.extension() == ".pwrec" && std::filesystem::is_regular_file(path, error))
    return openRecording(arguments, path);
  return openLive(arguments);
}

int run(const Arguments& arguments) {
  // What was asked for is looked at first: a wrong name is told also where there is no display.
  auto source = open(arguments);
  if (!source) return fail(source.error(), kFailed);
  auto window = Window::open({arguments.width, arguments.height, !arguments.screenshot.empty()});
  if (!window)
    return fail(window.error().error, window.error().failure == Window::Failure::noDisplay ? kCannotRunHere : kFailed);
  auto graphics = Graphics::make();
  if (!graphics) return fail(graphics.error(), kFailed);
  Watch watch(**window, **graphics, *source->feed, source->replay, arguments);
  if (Status done = watch.run(); !done) return fail(done.error(), kFailed);
  if (arguments.benchmark) std::printf("%s\n", benchmarkJson(watch.benchmark()).c_str());
  return kDone;
}

}  // namespace
}  // namespace pinwheel::scope

int main(int argc, char** argv) {
  int exitCode = pinwheel::scope::kDone;
  const auto arguments = pinwheel::scope::parseArguments(argc, argv, exitCode);
  return arguments ? pinwheel::scope::run(*arguments) : exitCode;
}
