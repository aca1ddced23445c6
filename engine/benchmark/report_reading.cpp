#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "engine/benchmark/benchmark.h"
#include "engine/core/files.h"
#include "engine/formats/json_guard.h"

// The way back of report.cpp.
namespace pinwheel::benchmark {
namespace {

using nlohmann::json;

constexpr std::uint64_t kLargestDocument = std::uint64_t{16} << 20;
constexpr const char* kWhat = "This is no result of `pinwheel-cli bench`";
constexpr const char* kHint = "give a file that `pinwheel-cli bench --out FILE` has written";

// What is not as it should be ends the reading; reportFromJson() makes an Error of it.
[[noreturn]] void refuse(const std::string& why) {
  throw std::runtime_error(why);
}

const json& member(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) refuse(std::string("\"") + key + "\" is missing");
  return object[key];
}

// null stands for NaN.
double number(const json& object, const char* key) {
  const json& value = member(object, key);
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!value.is_number()) refuse(std::string("\"") + key + "\" is no number");
  return value.get<double>();
}

std::int64_t whole(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX))
    refuse(std::string("\"") + key + "\" is no whole number");
  return value.get<std::int64_t>();
}

int count(const json& object, const char* key) {
  const std::int64_t value = whole(object, key);
  if (value < 0 || value > std::numeric_limits<int>::max()) refuse(std::string("\"") + key + "\" is no count");
  return static_cast<int>(value);
}

bool flag(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_boolean()) refuse(std::string("\"") + key + "\" is neither true nor false");
  return value.get<bool>();
}

std::string text(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_string()) refuse(std::string("\"") + key + "\" is no text");
  return value.get<std::string>();
}

// Where it may be null, or missing in older documents.
bool there(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && !object[key].is_null();
}

std::string textOrNothing(const json& object, const char* key) {
  return there(object, key) ? text(object, key) : std::string();
}

std::optional<std::int64_t> bytes(const json& object, const char* key) {
  return there(object, key) ? std::optional(whole(object, key)) : std::nullopt;
}

const json& list(const json& object, const char* key) {
  const json& value = member(object, key);
  if (!value.is_array()) refuse(std::string("\"") + key + "\" is no list");
  return value;
}

Summary summary(const json& object, const char* key) {
  const json& of = member(object, key);
  return {whole(of, "runs"), number(of, "median"), number(of, "minimum"), number(of, "lower_quartile"),
          number(of, "upper_quartile")};
}

Timing timing(const json& of) {
  Timing timing{text(of, "name"), text(of, "what"), summary(of, "seconds")};
  if (there(of, "ratio")) timing.ratio = summary(of, "ratio");
  timing.peakBytes = bytes(of, "peak_bytes");
  return timing;
}

Growth growth(const json& of) {
  Growth growth;
  growth.of = text(of, "of");
  for (const json& row : list(of, "rows"))
    growth.rows.push_back({whole(row, "n"), summary(row, "seconds"), bytes(row, "peak_bytes")});
  growth.secondsSlope = number(of, "seconds_slope");
  growth.bytesSlope = number(of, "bytes_slope");
  return growth;
}

CaseResult caseResult(const json& of) {
  CaseResult result;
  result.info = {text(of, "name"), text(of, "summary")};
  for (const json& one : list(of, "timings")) result.timings.push_back(timing(one));
  for (const json& one : list(of, "figures"))
    result.figures.push_back({text(one, "name"), number(one, "value"), text(one, "unit")});
  if (there(of, "growth")) result.growth = growth(of["growth"]);
  if (there(of, "error"))
    result.error = Error{text(of["error"], "what"), text(of["error"], "why"), text(of["error"], "hint")};
  result.weights = textOrNothing(of, "weights");
  return result;
}

Report report(const json& of) {
  if (const std::int64_t schema = whole(of, "schema"); schema != 1)
    refuse("its schema is " + std::to_string(schema) + ", and this version reads 1");
  Report report;
  report.created = text(of, "created");
  const json& machine = member(of, "machine");
  report.processor = text(machine, "processor");
  report.processors = count(machine, "processors");
  report.threads = count(machine, "threads");
  report.memoryBytes = whole(machine, "memory_bytes");
  report.loadBefore = number(machine, "load_before");
  report.loadAfter = number(machine, "load_after");
  const json& versions = member(of, "versions");
  report.pinwheel = text(versions, "pinwheel");
  report.torch = text(versions, "torch");
  report.compiler = text(versions, "compiler");
  report.optimised = flag(versions, "optimised");
  report.referenceBlas = flag(versions, "reference_blas");
  const json& roofline = member(of, "roofline");
  report.roofline.threads = count(roofline, "threads");
  report.roofline.copyBytesPerSecond = number(roofline, "copy_bytes_per_second");
  report.roofline.flopsPerSecond = number(roofline, "flops_per_second");
  report.roofline.instructionSet = text(roofline, "instruction_set");
  report.weights = textOrNothing(of, "weights");
  report.seconds = number(of, "seconds_per_case");
  report.stopped = flag(of, "stopped");
  for (const json& one : list(of, "cases")) report.results.push_back(caseResult(one));
  return report;
}

}  // namespace

Expected<Report> reportFromJson(std::string_view text, const std::filesystem::path& path) {
  if (const std::string why = formats::jsonRefusal(text); !why.empty())
    return failure(kWhat, "it is " + why, kHint, path.string());
  try {
    return report(json::parse(text));
  } catch (const std::exception& error) {
    return failure(kWhat, error.what(), kHint, path.string());
  }
}

Expected<Report> readReport(const std::filesystem::path& path) {
  const auto text = readFile(path, kLargestDocument);
  if (!text) return tl::unexpected(text.error());
  return reportFromJson(*text, path);
}

}  // namespace pinwheel::benchmark
