#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/benchmark/benchmark.h"
#include "engine/core/files.h"

namespace pinwheel::cli {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  benchmark::Options options;
  std::string out;
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

int runBench(const Arguments& arguments) {
  const auto cases = benchmark::chooseCases(arguments.options.names);
  if (!cases) return fail(cases.error(), kWrongUsage);
  if (arguments.list) return listCases(*cases);
  if (const Status status = checkOut(arguments.out); !status) return fail(status.error(), kWrongUsage);
  warnAboutSlowBlas();
  MovingLine line(stderr);  // stdout holds the result
  const StopFlag& stop = stopOnSignals();
  Status written;
  const auto report = benchmark::run(
      arguments.options, [&line](const Progress& progress) { line.show(progress); }, stop,
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
  if (report->stopped) return kStopped;
  return failed ? kFailed : kDone;
}

}  // namespace

void addBench(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = app.add_subcommand("bench", "Time this machine: our kernels beside plain LibTorch's");
  command->add_option("names", arguments->options.names, "Cases or groups of cases; none: all")->check(notEmpty());
  command->add_flag("--list", arguments->list, "List the cases; time nothing");
  command->add_option("--seconds", arguments->options.seconds, "Time for each case; three rounds are run in any case")
      ->check(CLI::Range(0.001, 86400.0));
  command->add_option("--threads", arguments->options.threads, "Processor threads; 0: all")->check(CLI::Range(0, 4096));
  command->add_flag("--json", arguments->json, "The result as JSON");
  command->add_option("--out", arguments->out, "File for the JSON as well, kept up to date after every case")
      ->check(notEmpty());
  command->callback([arguments, &exitCode] { exitCode = runBench(*arguments); });
}

}  // namespace pinwheel::cli
