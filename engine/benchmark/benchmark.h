// What `pinwheel-cli bench` runs: our kernels beside the plain LibTorch formulations of the same thing, in turn in one
// process, with the machine's roofline measured in the same run. The door for programs; includes no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/benchmark/roofline.h"
#include "engine/benchmark/statistics.h"
#include "engine/core/error.h"
#include "engine/core/progress.h"

namespace pinwheel::benchmark {

struct CaseInfo {
  std::string name;     ///< "lif.t4": its group stands before the point
  std::string summary;  ///< one line
  [[nodiscard]] std::string group() const { return name.substr(0, name.find('.')); }
  /// It tells how costs grow with a size: CaseResult::growth.
  [[nodiscard]] bool grows() const { return group() == "growth"; }
};
/// In the order in which they run.
[[nodiscard]] std::vector<CaseInfo> cases();
/// Those that the names choose, each a case or a group; none: all. Error: a name that is neither, with the nearest.
Expected<std::vector<CaseInfo>> chooseCases(const std::vector<std::string>& names);

/// One way to do what the case is about.
struct Timing {
  std::string name;
  std::string what;
  Summary seconds;
  std::optional<Summary> ratio{};           ///< its time over the first one's, round by round; not of the first
  std::optional<std::int64_t> peakBytes{};  ///< above what was resident before; nothing: not measured
};

/// A number that is no time.
struct Figure {
  std::string name;
  double value = 0;
  std::string unit;  ///< "" for shares and counts
};

/// How the cost grows with one size.
struct Growth {
  struct Row {
    std::int64_t n = 0;
    Summary seconds;
    std::optional<std::int64_t> peakBytes{};
  };
  std::string of;  ///< "time steps"
  std::vector<Row> rows;
  double secondsSlope = 0;  ///< d ln seconds / d ln n; NaN where it cannot be told
  double bytesSlope = 0;
};

struct CaseResult {
  CaseInfo info;
  std::vector<Timing> timings;
  std::vector<Figure> figures;
  std::optional<Growth> growth{};
  std::optional<Error> error{};  ///< the formulations disagree, or it cannot run here; nothing was timed then
  std::string weights{};         ///< Report::weights where its spiking networks have those; empty: drawn at random
};

struct Options {
  std::vector<std::string> names;  ///< see chooseCases()
  double seconds = 10;             ///< per case, beside one untimed round and the check
  int threads = 0;                 ///< 0: all processors
  /// Whose weights the networks of the same backbone and stem take, the ReLU twin's apart; empty: drawn at random.
  std::filesystem::path checkpoint{};
};

struct Report {
  std::string created;  ///< UTC
  std::string processor;
  int processors = 0;
  int threads = 0;
  std::int64_t memoryBytes = 0;
  double loadBefore = 0;  ///< of the last minute, when it began: what else the machine did
  double loadAfter = 0;
  std::string pinwheel;
  std::string torch;
  std::string compiler;
  bool optimised = true;       ///< a build that should be timed
  bool referenceBlas = false;  ///< the slow BLAS is loaded
  double seconds = 0;          ///< Options::seconds
  Roofline roofline;
  std::string weights;  ///< the name of the checkpoint's file, without its folder; empty: none was given
  std::vector<CaseResult> results;
  bool stopped = false;
};

/// Runs the cases one after another. A case that fails has an error and the others go on; stopped, the report holds
/// what is done. `onCase` is called after every case with the report so far. Errors: see chooseCases(); a checkpoint
/// that cannot be read or that no case chosen has a use for; no memory for the roofline.
Expected<Report> run(const Options& options, const ProgressCallback& progress, const StopFlag& stop,
                     const std::function<void(const Report&)>& onCase = {});

/// The document that docs/performance.md describes.
[[nodiscard]] nlohmann::json toJson(const Report& report);
/// What toJson() wrote, a document of an older version without some of today's keys too. Error: text that is no such
/// document, cut off or of a newer version; `path` is for messages.
Expected<Report> reportFromJson(std::string_view text, const std::filesystem::path& path = {});
/// The same from a file. Error: it cannot be read, or is too large to be one.
Expected<Report> readReport(const std::filesystem::path& path);
/// The same for people, a table per case.
[[nodiscard]] std::string toText(const Report& report);

}  // namespace pinwheel::benchmark
