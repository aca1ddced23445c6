#include "engine/training/metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/core/files.h"

namespace pinwheel::training {
namespace {

// JSON has no NaN.
nlohmann::json number(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json();
}

nlohmann::json toJson(const EpochReport& report) {
  nlohmann::json layers = nlohmann::json::object();
  for (const LayerLoss& layer : report.layers)
    if (report.otherTerm.empty())
      layers[layer.layer] = {{"L_L", number(layer.slow)}, {"L_S", number(layer.fast)}};
    else
      layers[layer.layer][report.otherTerm] = number(layer.other);
  nlohmann::json smoothness = nlohmann::json::object();
  for (const AreaSmoothness& area : report.smoothness)
    smoothness[area.layer] = {{"orientation", number(area.orientation)}, {"shuffled", number(area.shuffled)}};
  return {{"epoch", report.epoch + 1},
          {"step", report.step},
          {"learning_rate", report.learningRate},
          {"loss",
           {{"task", number(report.taskLoss)}, {"topographic", number(report.topographicLoss)}, {"layers", layers}}},
          {"train_accuracy", report.trainAccuracy},
          {"validation_accuracy", report.validationAccuracy},
          {"validation_loss", number(report.validationLoss)},
          {"firing_rates", report.firingRates},
          {"smoothness", smoothness},
          {"images_per_second", number(report.imagesPerSecond)},
          {"seconds", report.seconds},
          {"peak_memory_bytes", report.peakMemoryBytes}};
}

constexpr std::uint64_t kLargestMetrics = std::uint64_t{256} << 20;

double numberOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>() : std::nan("");
}

nlohmann::json objectOf(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : nlohmann::json::object();
}

EpochReport reportFrom(const nlohmann::json& stored) {
  EpochReport report;
  report.epoch = stored["epoch"].get<std::int64_t>() - 1;
  report.step = stored["step"].get<std::int64_t>();
  report.learningRate = numberOf(stored, "learning_rate");
  const nlohmann::json loss = objectOf(stored, "loss");
  report.taskLoss = numberOf(loss, "task");
  report.topographicLoss = numberOf(loss, "topographic");
  const nlohmann::json layers = objectOf(loss, "layers");  // items() of a temporary would outlive it
  for (const auto& [layer, terms] : layers.items()) {
    if (!terms.is_object()) continue;
    for (const char* name : {"L_spatial", "L_topo"})
      if (terms.contains(name)) report.otherTerm = name;
    report.layers.push_back({layer, numberOf(terms, "L_L"), numberOf(terms, "L_S"),
                             report.otherTerm.empty() ? std::nan("") : numberOf(terms, report.otherTerm.c_str())});
  }
  report.trainAccuracy = numberOf(stored, "train_accuracy");
  report.validationAccuracy = numberOf(stored, "validation_accuracy");
  report.validationLoss = numberOf(stored, "validation_loss");
  const nlohmann::json smoothness = objectOf(stored, "smoothness");
  for (const auto& [layer, values] : smoothness.items())
    if (values.is_object())
      report.smoothness.push_back({layer, numberOf(values, "orientation"), numberOf(values, "shuffled")});
  report.imagesPerSecond = numberOf(stored, "images_per_second");
  report.seconds = numberOf(stored, "seconds");
  return report;
}

}  // namespace

Expected<std::int64_t> appendMetrics(const std::filesystem::path& path, const EpochReport& report) {
  const std::string line = toJson(report).dump() + "\n";
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (descriptor < 0)
    return failure("The metrics cannot be written", std::strerror(errno), "check the folder's permissions",
                   path.string());
  const Status status = writeAll(descriptor, std::as_bytes(std::span(line)), path);
  ::fsync(descriptor);
  const off_t end = ::lseek(descriptor, 0, SEEK_END);
  ::close(descriptor);
  if (!status) return tl::unexpected(status.error());
  return static_cast<std::int64_t>(end);
}

Expected<std::vector<EpochReport>> readMetrics(const std::filesystem::path& path) {
  const auto text = readFile(path, kLargestMetrics);
  if (!text) return tl::unexpected(text.error());
  std::vector<EpochReport> reports;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < text->size(); ++line) {
    const std::size_t end = text->find('\n', begin);
    if (end == std::string::npos) break;
    const nlohmann::json stored =
        nlohmann::json::parse(text->begin() + static_cast<std::ptrdiff_t>(begin),
                              text->begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    begin = end + 1;
    if (!stored.is_object() || !stored.contains("epoch") || !stored["epoch"].is_number_integer() ||
        !stored.contains("step") || !stored["step"].is_number_integer())
      return failure("The metrics cannot be read", "line " + std::to_string(line + 1) + " is no epoch's report",
                     "the file was damaged or written by another program", path.string());
    reports.push_back(reportFrom(stored));
  }
  return reports;
}

Status cutMetrics(const std::filesystem::path& path, std::int64_t bytes) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  if (code && bytes == 0) return writeFileAtomically(path, std::string_view{});
  if (code || static_cast<std::int64_t>(size) < bytes)
    return failure("metrics.jsonl does not fit the checkpoint",
                   "the checkpoint knows " + std::to_string(bytes) + " bytes of it, " +
                       (code ? std::string("it is missing") : "it has " + std::to_string(size)),
                   "put the file back, or train into a new folder", path.string());
  std::filesystem::resize_file(path, static_cast<std::uintmax_t>(bytes), code);
  if (code)
    return failure("metrics.jsonl cannot be cut back", code.message(), "check the folder's permissions", path.string());
  return {};
}

}  // namespace pinwheel::training
