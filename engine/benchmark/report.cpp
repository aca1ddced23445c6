#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/benchmark/benchmark.h"
#include "engine/core/number_text.h"

namespace pinwheel::benchmark {
namespace {

using nlohmann::json;

// null for NaN, which JSON does not have.
json number(double value) {
  return std::isfinite(value) ? json(value) : json();
}

json bytes(const std::optional<std::int64_t>& value) {
  return value ? json(*value) : json();
}

json nameOrNull(const std::string& name) {
  return name.empty() ? json() : json(name);
}

json summary(const Summary& of) {
  return {{"runs", of.runs},
          {"median", number(of.median)},
          {"minimum", number(of.minimum)},
          {"lower_quartile", number(of.lowerQuartile)},
          {"upper_quartile", number(of.upperQuartile)},
          {"interquartile_range", number(of.interquartileRange())}};
}

json toJson(const Timing& timing) {
  return {{"name", timing.name},
          {"what", timing.what},
          {"seconds", summary(timing.seconds)},
          {"ratio", timing.ratio ? summary(*timing.ratio) : json()},
          {"peak_bytes", bytes(timing.peakBytes)}};
}

json toJson(const Growth& growth) {
  json rows = json::array();
  for (const Growth::Row& row : growth.rows)
    rows.push_back({{"n", row.n}, {"seconds", summary(row.seconds)}, {"peak_bytes", bytes(row.peakBytes)}});
  return {{"of", growth.of},
          {"rows", std::move(rows)},
          {"seconds_slope", number(growth.secondsSlope)},
          {"bytes_slope", number(growth.bytesSlope)}};
}

json toJson(const CaseResult& result) {
  json timings = json::array();
  for (const Timing& timing : result.timings) timings.push_back(toJson(timing));
  json figures = json::array();
  for (const Figure& figure : result.figures)
    figures.push_back({{"name", figure.name}, {"value", number(figure.value)}, {"unit", figure.unit}});
  json error;
  if (result.error) error = {{"what", result.error->what}, {"why", result.error->why}, {"hint", result.error->hint}};
  return {{"name", result.info.name},       {"group", result.info.group()},
          {"summary", result.info.summary}, {"timings", std::move(timings)},
          {"figures", std::move(figures)},  {"growth", result.growth ? toJson(*result.growth) : json()},
          {"error", std::move(error)},      {"weights", nameOrNull(result.weights)}};
}

// A number with the prefix that leaves it between 1 and 1000: "24.8 ms", "3.10 GFLOP/s".
std::string scaled(double value, const std::string& unit) {
  static constexpr std::array<const char*, 8> kPrefixes{"n", "u", "m", "", "k", "M", "G", "T"};
  if (!std::isfinite(value)) return "-";
  std::size_t at = 3;
  for (; std::abs(value) >= 999.5 && at + 1 < kPrefixes.size(); ++at) value /= 1000;
  for (; value != 0 && std::abs(value) < 0.9995 && at > 0; --at) value *= 1000;
  const int decimals = std::abs(value) >= 99.95 ? 0 : std::abs(value) >= 9.995 ? 1 : 2;
  return fixedText(value, decimals) + " " + kPrefixes[at] + unit;
}

std::string padded(std::string text, std::size_t width) {
  // Every text here is ASCII.
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string runsText(const Summary& seconds) {
  return scaled(seconds.median, "s") + "  (min " + scaled(seconds.minimum, "s") + ", IQR " +
         scaled(seconds.interquartileRange(), "s") + ", " + std::to_string(seconds.runs) + " runs)";
}

std::string bytesText(const std::optional<std::int64_t>& value) {
  return value ? "  peak " + scaled(static_cast<double>(*value), "B") : std::string();
}

std::string figureText(const Figure& figure) {
  if (figure.unit == "%") return fixedText(figure.value, 1) + " %";
  if (!figure.unit.empty()) return scaled(figure.value, figure.unit);
  if (figure.value == std::floor(figure.value) && std::abs(figure.value) < 1e15) return fixedText(figure.value, 0);
  return fixedText(figure.value, 4);
}

std::string toText(const CaseResult& result) {
  std::string out = "\n" + result.info.name + "  " + result.info.summary + "\n";
  if (result.error) return out + "  failed: " + result.error->text() + "\n";
  if (!result.weights.empty()) out += "  with the weights of " + result.weights + "\n";
  std::size_t width = 0;
  for (const Timing& timing : result.timings) width = std::max(width, timing.name.size());
  for (const Figure& figure : result.figures) width = std::max(width, figure.name.size());
  for (const Timing& timing : result.timings) {
    out += "  " + padded(timing.name, width) + "  " + runsText(timing.seconds);
    if (timing.ratio)
      out += "  " + fixedText(timing.ratio->median, 2) + " x [" + fixedText(timing.ratio->lowerQuartile, 2) + ", " +
             fixedText(timing.ratio->upperQuartile, 2) + "]";
    out += bytesText(timing.peakBytes) + "\n";
  }
  for (const Figure& figure : result.figures)
    out += "  " + padded(figure.name, width) + "  " + figureText(figure) + "\n";
  if (!result.growth) return out;
  for (const Growth::Row& row : result.growth->rows)
    out += "  " + padded(std::to_string(row.n) + " " + result.growth->of, 24) + "  " + runsText(row.seconds) +
           bytesText(row.peakBytes) + "\n";
  return out + "  time grows as n^" + fixedText(result.growth->secondsSlope, 2) + ", memory as n^" +
         fixedText(result.growth->bytesSlope, 2) + "\n";
}

}  // namespace

json toJson(const Report& report) {
  json results = json::array();
  for (const CaseResult& result : report.results) results.push_back(toJson(result));
  return {{"schema", 1},
          {"created", report.created},
          {"machine",
           {{"processor", report.processor},
            {"processors", report.processors},
            {"threads", report.threads},
            {"memory_bytes", report.memoryBytes},
            {"load_before", number(report.loadBefore)},
            {"load_after", number(report.loadAfter)}}},
          {"versions",
           {{"pinwheel", report.pinwheel},
            {"torch", report.torch},
            {"compiler", report.compiler},
            {"optimised", report.optimised},
            {"reference_blas", report.referenceBlas}}},
          {"roofline",
           {{"threads", report.roofline.threads},
            {"copy_bytes_per_second", number(report.roofline.copyBytesPerSecond)},
            {"flops_per_second", number(report.roofline.flopsPerSecond)},
            {"instruction_set", report.roofline.instructionSet}}},
          {"weights", nameOrNull(report.weights)},
          {"seconds_per_case", report.seconds},
          {"stopped", report.stopped},
          {"cases", std::move(results)}};
}

std::string toText(const Report& report) {
  std::string out = report.processor + ", " + std::to_string(report.threads) + " of " +
                    std::to_string(report.processors) + " processors, load " + fixedText(report.loadBefore, 2) +
                    "; Pinwheel " + report.pinwheel + ", LibTorch " + report.torch + "\n";
  if (!report.optimised) out += "This is not an optimised build: its times say nothing.\n";
  if (report.referenceBlas) out += "The slow reference BLAS is loaded: its times say little.\n";
  out += "Roofline: copy " + scaled(report.roofline.copyBytesPerSecond, "B/s") + ", fma " +
         scaled(report.roofline.flopsPerSecond, "FLOP/s") + " (" + report.roofline.instructionSet + ")\n" +
         (report.weights.empty() ? "" : "Weights: " + report.weights + ", in the cases that say so\n") +
         "A ratio is a time over the first line's, round by round: median [quartiles].\n";
  for (const CaseResult& result : report.results) out += toText(result);
  if (report.stopped) out += "\nStopped: the cases above are those that were done.\n";
  return out;
}

}  // namespace pinwheel::benchmark
