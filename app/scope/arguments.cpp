#include "app/scope/arguments.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/scope/exit_codes.h"

namespace pinwheel::scope {
namespace {

constexpr int kLeastSide = 320;
constexpr int kMostSide = 8192;

// "1400x880".
std::string readSize(const std::string& text, Arguments& arguments) {
  int width = 0;
  int height = 0;
  char more = 0;
  if (std::sscanf(text.c_str(), "%5dx%5d%c", &width, &height, &more) != 2 || width < kLeastSide ||
      height < kLeastSide || width > kMostSide || height > kMostSide)
    return "a size is WIDTHxHEIGHT, " + std::to_string(kLeastSide) + " to " + std::to_string(kMostSide) +
           " pixels each, e.g. 1400x880";
  arguments.width = width;
  arguments.height = height;
  return {};
}

std::string contradiction(const Arguments& a) {
  const int sources = (a.source.empty() ? 0 : 1) + (a.replay.empty() ? 0 : 1) + (a.synthetic ? 1 : 0);
  if (sources == 0 && !a.benchmark) return "Say what to watch: an endpoint, a run's folder, or --replay FILE.pwrec";
  if (sources > 1) return "One source at a time: an endpoint, a run's folder, or a recording";
  if (a.keys.empty() != a.serverKey.empty()) return "--keys and --server-key go together";
  if (a.step && a.replay.empty() && !std::string_view(a.source).ends_with(".pwrec"))
    return "--step is one of a recording: give --replay FILE.pwrec";
  if (a.screenshot.empty() && (a.after || a.frames)) return "--after and --frames are for --screenshot";
  return {};
}

}  // namespace

std::optional<Arguments> parseArguments(int argc, char** argv, int& exitCode) {
  Arguments a;
  CLI::App app{
      "A small, fast monitor of a Pinwheel training that runs: rasters, losses and maps, from here or over ssh -X",
      "pinwheel-scope"};
  app.set_version_flag("--version", "pinwheel-scope " PINWHEEL_VERSION);
  app.footer(
      "In the window: space pauses, dragging selects a range, the wheel goes nearer, a double click or F follows\n"
      "the newest again, the left and right keys go through a recording.");
  app.add_option("SOURCE", a.source,
                 "An endpoint (ipc://PATH, tcp://HOST:PORT), or a run's folder: what is served there");
  app.add_option("--keys", a.keys, "Your key, NAME.key; that of a watcher is enough")->type_name("FILE");
  app.add_option("--server-key", a.serverKey, "The engine's public key, server.pub")->type_name("FILE");
  app.add_option("--replay", a.replay, "A recording to look at instead")->type_name("FILE.pwrec");
  app.add_option("--step", a.step, "Training step of the recording to begin at; the last one otherwise")
      ->type_name("N");
  app.add_option("--screenshot", a.screenshot, "Open no window, write a picture and end")->type_name("FILE.png");
  CLI::Option* after =
      app.add_option("--after", a.after, "Seconds until the screenshot (2, where an engine is watched)")
          ->check(CLI::Range(0.0, 86400.0))
          ->type_name("SECONDS");
  app.add_option("--frames", a.frames, "Pictures drawn until the screenshot (3, of a recording)")
      ->check(CLI::Range(1, 1000000))
      ->excludes(after)
      ->type_name("N");
  std::string size;
  app.add_option("--size", size, "Of the window or the screenshot, in pixels (1400x880)")->type_name("WxH");
  app.add_flag("--synthetic", a.synthetic, "Made-up frames instead of an engine's")->group("");
  app.add_option("--benchmark", a.benchmark, "Seconds to draw made-up frames for; prints how fast that was, as JSON")
      ->check(CLI::Range(0.1, 3600.0))
      ->group("");
  const auto refuse = [&exitCode](const std::string& what) -> std::optional<Arguments> {
    std::fprintf(stderr, "pinwheel-scope: %s\n  next: `pinwheel-scope --help` lists what it takes\n", what.c_str());
    exitCode = kWrongUsage;
    return std::nullopt;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return refuse(error.what());
    exitCode = app.exit(error);  // help or version
    return std::nullopt;
  }
  if (!size.empty())
    if (const std::string wrong = readSize(size, a); !wrong.empty()) return refuse(wrong);
  if (const std::string wrong = contradiction(a); !wrong.empty()) return refuse(wrong);
  return a;
}

}  // namespace pinwheel::scope
