#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/benchmark/benchmark.h"
#include "engine/benchmark/growth_chart.h"
#include "engine/core/files.h"

namespace pinwheel::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  benchmark::Options options;
  std::string out;
  std::string checkpoint;
  std::string from;   // a document to draw instead of timing anything
  std::string plots;  // the folder of the charts
  bool json = false;
  bool list = false;
};

int listCases(const std::vector<benchmark::CaseInfo>& cases) {
  for (const benchmark::CaseInfo& info : cases) std::printf("%-24s %s\n", info.name.c_str(), info.summary.c_str());
  return kDone;
}

// Found before an hour of timing rather than behind it.
Status checkOut(const fs::path& out) {
  if (out.empty()) return {};
  std::error_code code;
  const fs::path folder = out.has_parent_path() ? out.parent_path() : fs::path(".");
  if (fs::is_directory(out, code)) return failure("--out names a folder", "", "name a file in it", out.string());
  if (!fs::is_directory(folder, code))
    return failure("The folder of --out does not exist", "", "make it first, or name another", folder.string());
  return {};
}

// Makes the folder of the charts.
Status preparePlots(const fs::path& plots) {
  if (plots.empty()) return {};
  std::error_code code;
  if (fs::exists(plots, code) && !fs::is_directory(plots, code))
    return failure("--plots names a file", "", "name a folder", plots.string());
  fs::create_directories(plots, code);
  if (code) return failure("The folder of --plots cannot be made", code.message(), "name another", plots.string());
  return {};
}

// And that there will be something to draw.
Status checkPlots(const std::string& plots, const std::vector<benchmark::CaseInfo>& cases) {
  const bool grows =
      std::any_of(cases.begin(), cases.end(), [](const benchmark::CaseInfo& info) { return info.grows(); });
  if (plots.empty() || grows) return preparePlots(plots);
  return failure("--plots has nothing to draw", "it shows how costs grow, and no such case is chosen",
                 "choose growth cases too: `pinwheel-cli bench --list growth`");
}

// Names the files on `stream`.
Status drawPlots(const benchmark::Report& report, const std::string& plots, std::FILE* stream) {
  const auto written = benchmark::writeGrowthCharts(report, plots);
  if (!written) return tl::unexpected(written.error());
  for (const fs::path& path : *written) std::fprintf(stream, "%s\n", path.string().c_str());
  return {};
}

int drawSaved(const Arguments& arguments) {
  const auto report = benchmark::readReport(arguments.from);
  if (!report) return fail(report.error(), kFailed);
  if (const Status status = preparePlots(arguments.plots); !status) return fail(status.error(), kWrongUsage);
  const Status drawn = drawPlots(*report, arguments.plots, stdout);
  return drawn ? kDone : fail(drawn.error(), kFailed);
}

int runBench(const Arguments& arguments) {
  if (!arguments.from.empty()) return drawSaved(arguments);
  benchmark::Options options = arguments.options;
  const auto cases = benchmark::chooseCases(options.names);
  if (!cases) return fail(cases.error(), kWrongUsage);
  if (arguments.list) return listCases(*cases);
  if (const Status status = checkOut(arguments.out); !status) return fail(status.error(), kWrongUsage);
  if (const Status status = checkPlots(arguments.plots, *cases); !status) return fail(status.error(), kWrongUsage);
  if (!arguments.checkpoint.empty()) {
    const auto checkpoint = checkpointAt(arguments.checkpoint);
    if (!checkpoint) return fail(checkpoint.error(), kFailed);
    options.checkpoint = *checkpoint;
  }
  warnAboutSlowBlas();
  MovingLine line(stderr);  // stdout holds the result
  const StopFlag& stop = stopOnSignals();
  Status written;
  const auto report = benchmark::run(
      options, [&line](const Progress& progress) { line.show(progress); }, stop,
      [&](const benchmark::Report& soFar) {
        // After every case: what is done outlives whatever happens in the next one.
        if (!arguments.out.empty())
          written = writeFileAtomically(arguments.out, benchmark::toJson(soFar).dump(2) + "\n");
      });
  line.print("");
  if (!report) return fail(report.error(), kFailed);
  std::printf("%s", (arguments.json ? benchmark::toJson(*report).dump(2) + "\n" : benchmark::toText(*report)).c_str());
  // A stop is known after the last case only.
  if (!arguments.out.empty()) written = writeFileAtomically(arguments.out, benchmark::toJson(*report).dump(2) + "\n");
  if (!written) return fail(written.error(), kFailed);
  std::fflush(stdout);
  const bool failed = std::any_of(report->results.begin(), report->results.end(),
                                  [](const benchmark::CaseResult& result) { return result.error.has_value(); });
  for (const benchmark::CaseResult& result : report->results)
    if (result.error)
      std::fprintf(stderr, "pinwheel-cli: %s: %s\n", result.info.name.c_str(), result.error->text().c_str());
  // Stopped or failed before the first of them, there is nothing to draw.
  const bool grew = std::any_of(report->results.begin(), report->results.end(),
                                [](const benchmark::CaseResult& result) { return result.growth.has_value(); });
  if (!arguments.plots.empty() && grew)
    if (const Status drawn = drawPlots(*report, arguments.plots, stderr); !drawn) return fail(drawn.error(), kFailed);
  if (report->stopped) return kStopped;
  return failed ? kFailed : kDone;
}

}  // namespace

void addBench(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("bench", "Time this machine: our kernels beside plain LibTorch's");
  std::vector<CLI::Option*> timing;  // what has no meaning where nothing is timed
  timing.push_back(
      command->add_option("names", arguments->options.names, "Cases or groups of cases; none: all")->check(notEmpty()));
  timing.push_back(command->add_flag("--list", arguments->list, "List the cases; time nothing"));
  timing.push_back(
      command
          ->add_option("--seconds", arguments->options.seconds, "Time for each case; three rounds are run in any case")
          ->check(CLI::Range(0.001, 86400.0)));
  timing.push_back(command->add_option("--threads", arguments->options.threads, "Processor threads; 0: all")
                       ->check(CLI::Range(0, 4096)));
  timing.push_back(command->add_flag("--json", arguments->json, "The result as JSON"));
  timing.push_back(
      command->add_option("--out", arguments->out, "File for the JSON as well, kept up to date after every case")
          ->check(notEmpty()));
  timing.push_back(command
                       ->add_option("--checkpoint", arguments->checkpoint,
                                    "Checkpoint or run whose weights the networks of its backbone and stem take")
                       ->check(notEmpty()));
  CLI::Option* plots =
      command->add_option("--plots", arguments->plots, "Folder for log-log charts of how time and memory grow")
          ->check(notEmpty());
  CLI::Option* from =
      command->add_option("--from", arguments->from, "Draw --plots from this file of --out; time nothing")
          ->check(notEmpty())
          ->needs(plots);
  for (CLI::Option* option : timing) from->excludes(option);
  command->callback([arguments, &exitCode] { exitCode = runBench(*arguments); });
}

}  // namespace pinwheel::cli
