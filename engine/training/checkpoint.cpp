#include "engine/training/checkpoint.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/formats/json_guard.h"
#include "engine/formats/safetensors.h"
#include "engine/training/import_weights.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;
using formats::HostTensor;
using nlohmann::json;

constexpr const char* kFormat = "1";
constexpr const char* kKind = "pinwheel.kind";  // "checkpoint" or "positions"
constexpr const char* kLesion = "pinwheel.lesion";
constexpr std::int64_t kMaximumExtent = 1 << 20;
constexpr std::int64_t kMaximumCount = std::int64_t{1} << 53;  // what a double counts exactly

std::string xName(const std::string& layer) {
  return "sheet." + layer + ".x_mm";
}
std::string yName(const std::string& layer) {
  return "sheet." + layer + ".y_mm";
}

// --- values to JSON and back. nlohmann writes doubles in their shortest round-trip form.
json toJson(const std::vector<topography::Sheet>& sheets) {
  json list = json::array();
  for (const topography::Sheet& sheet : sheets) {
    const topography::SheetSpec& s = sheet.spec;
    list.push_back({{"layer", s.layer},
                    {"area", s.area},
                    {"shape", {s.channels, s.height, s.width}},
                    {"training_side_mm", s.trainingSideMm},
                    {"display_side_mm", s.displaySideMm},
                    {"neighbourhood_mm", s.neighbourhoodMm},
                    {"rf_overlap", s.rfOverlap}});
  }
  return list;
}

json toJson(const TrainingState& state) {
  return {{"epoch", state.epoch},       {"batch", state.batch},
          {"step", state.step},         {"metrics_bytes", state.metricsBytes},
          {"finished", state.finished}, {"sums", state.sums}};
}

json toJson(const Provenance& p) {
  return {{"program", p.program},        {"version", p.version},      {"torch", p.torch},
          {"created", p.created},        {"command", p.commandLine},  {"data", p.data},
          {"data_name", p.dataName},     {"pixel_mean", p.pixelMean}, {"pixel_deviation", p.pixelDeviation},
          {"class_names", p.classNames}, {"device", p.device},        {"threads", p.threads},
          {"processor", p.processor},    {"weights", p.weights}};
}

tl::unexpected<Error> refuse(const fs::path& path, const std::string& why) {
  return failure("The file is not a Pinwheel checkpoint that this version can read", why,
                 "train or place again, or use the version that wrote it", path.string());
}

// --- the way back: every number is checked before anything is sized or divided by it.
Expected<std::vector<topography::SheetSpec>> specsFrom(const json& list, const fs::path& path) {
  std::vector<topography::SheetSpec> specs;
  for (const json& item : list) {
    topography::SheetSpec s;
    s.layer = item.at("layer").get<std::string>();
    s.area = item.at("area").get<std::string>();
    std::int32_t units = 1;  // units are numbered with 32 bits
    for (const auto& [axis, extent] : {std::pair{0, &s.channels}, std::pair{1, &s.height}, std::pair{2, &s.width}}) {
      const auto stored = item.at("shape").at(static_cast<std::size_t>(axis)).get<std::int64_t>();
      if (stored < 1 || stored > kMaximumExtent || __builtin_mul_overflow(units, stored, &units))
        return refuse(path, "the shape of sheet " + s.layer + " is " + item.at("shape").dump() +
                                ": no layer has so many units, or none");
      *extent = static_cast<int>(stored);
    }
    for (const auto& [key, side] :
         {std::pair{"training_side_mm", &s.trainingSideMm}, std::pair{"display_side_mm", &s.displaySideMm},
          std::pair{"neighbourhood_mm", &s.neighbourhoodMm}}) {
      *side = item.at(key).get<double>();
      if (!std::isfinite(*side) || *side <= 0)
        return refuse(path,
                      std::string(key) + " of sheet " + s.layer + " is " + item.at(key).dump() + ", no length above 0");
    }
    s.rfOverlap = item.at("rf_overlap").get<double>();
    specs.push_back(std::move(s));
  }
  return specs;
}

Expected<TrainingState> stateFrom(const json& j, const fs::path& path) {
  TrainingState state;
  for (const auto& [key, target] : {std::pair{"epoch", &state.epoch}, std::pair{"batch", &state.batch},
                                    std::pair{"step", &state.step}, std::pair{"metrics_bytes", &state.metricsBytes}}) {
    *target = j.at(key).get<std::int64_t>();
    if (*target < 0 || *target > kMaximumCount)
      return refuse(path, std::string("its training state is impossible: ") + key + " is " + j.at(key).dump());
  }
  state.finished = j.at("finished").get<bool>();
  state.sums = j.at("sums").get<std::map<std::string, double>>();
  return state;
}

Expected<Provenance> provenanceFrom(const json& j, const fs::path& path) {
  Provenance p;
  p.program = j.at("program").get<std::string>();
  p.version = j.at("version").get<std::string>();
  p.torch = j.at("torch").get<std::string>();
  p.created = j.at("created").get<std::string>();
  p.commandLine = j.at("command").get<std::string>();
  p.data = j.at("data").get<std::string>();
  p.dataName = j.at("data_name").get<std::string>();
  p.pixelMean = j.at("pixel_mean").get<std::array<float, 3>>();
  p.pixelDeviation = j.at("pixel_deviation").get<std::array<float, 3>>();
  for (std::size_t c = 0; c < 3; ++c)
    if (!std::isfinite(p.pixelMean[c]) || !std::isfinite(p.pixelDeviation[c]) || !(p.pixelDeviation[c] > 0))
      return refuse(path, "its normalisation is impossible: mean " + j.at("pixel_mean").dump() + ", deviation " +
                              j.at("pixel_deviation").dump());
  p.classNames = j.at("class_names").get<std::vector<std::string>>();
  p.device = j.at("device").get<std::string>();
  const auto threads = j.at("threads").get<std::int64_t>();
  if (threads < 0 || threads > kMaximumThreads)
    return refuse(path, "it was made with " + j.at("threads").dump() + " threads, which is impossible");
  p.threads = static_cast<int>(threads);
  p.processor = j.at("processor").get<std::string>();
  p.weights = j.value("weights", std::string());
  return p;
}

Status checkFormat(const formats::SafetensorsFile& file, const std::string& kind, const fs::path& path) {
  const auto format = file.metadata.find("pinwheel.format");
  if (format == file.metadata.end())
    return refuse(path, "it is another program's file: \"pinwheel.format\" is missing");
  if (format->second != kFormat)
    return refuse(path, "its format is " + format->second + ", this version reads " + kFormat);
  const auto found = file.metadata.find(kKind);
  const std::string stored = found == file.metadata.end() ? "" : found->second;
  // A checkpoint holds positions too.
  if (stored != kind && !(kind == "positions" && stored == "checkpoint"))
    return refuse(path, "it holds \"" + stored + "\", wanted is \"" + kind + "\"");
  return {};
}

Expected<json> metadataJson(const formats::SafetensorsFile& file, const std::string& key, const fs::path& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end()) return refuse(path, "its metadata lack \"" + key + "\"");
  if (const std::string why = formats::jsonRefusal(found->second); !why.empty())
    return refuse(path, "its metadata \"" + key + "\" are " + why);
  return json::parse(found->second);
}

Status readConfig(const formats::SafetensorsFile& file, const fs::path& path, TrainConfig& config) {
  const auto found = file.metadata.find("pinwheel.config");
  if (found == file.metadata.end()) return refuse(path, "its metadata lack \"pinwheel.config\"");
  OptionTable table = describe(config);
  return table.readToml(found->second, path.string() + " (pinwheel.config)");
}

// What a whole checkpoint and the tale of one have in common: format, configuration, state, provenance.
template <class Record>
Status readRecord(const formats::SafetensorsFile& file, const fs::path& path, Record& record) {
  if (Status status = checkFormat(file, "checkpoint", path); !status) return status;
  if (Status status = readConfig(file, path, record.config); !status) return status;
  auto state =
      metadataJson(file, "pinwheel.state", path).and_then([&](const json& stored) { return stateFrom(stored, path); });
  if (!state) return tl::unexpected(state.error());
  record.state = std::move(*state);
  auto provenance = metadataJson(file, "pinwheel.provenance", path).and_then([&](const json& stored) {
    return provenanceFrom(stored, path);
  });
  if (!provenance) return tl::unexpected(provenance.error());
  record.provenance = std::move(*provenance);
  return {};
}

// JSON's accessors throw on a missing or mistyped member: one place turns that into an Error.
template <class Function>
auto guarded(const fs::path& path, Function&& function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& error) {
    return refuse(path, std::string("its metadata are malformed: ") + error.what());
  }
}

void putSheets(formats::SafetensorsFile& file, const std::vector<topography::Sheet>& sheets) {
  file.metadata["pinwheel.sheets"] = toJson(sheets).dump();
  for (const topography::Sheet& sheet : sheets) {
    const auto units = static_cast<std::int64_t>(sheet.xMm.size());
    file.tensors[xName(sheet.spec.layer)] = HostTensor::fromFloats(sheet.xMm, {units});
    file.tensors[yName(sheet.spec.layer)] = HostTensor::fromFloats(sheet.yMm, {units});
  }
}

Expected<std::vector<topography::Sheet>> takeSheets(const formats::SafetensorsFile& file, const fs::path& path) {
  const auto list = metadataJson(file, "pinwheel.sheets", path);
  if (!list) return tl::unexpected(list.error());
  const auto specs = specsFrom(*list, path);
  if (!specs) return tl::unexpected(specs.error());
  std::vector<topography::Sheet> sheets;
  for (const topography::SheetSpec& spec : *specs) {
    topography::Sheet sheet{spec, {}, {}};
    for (const auto& [name, target] :
         {std::pair{xName(spec.layer), &sheet.xMm}, std::pair{yName(spec.layer), &sheet.yMm}}) {
      const auto found = file.tensors.find(name);
      if (found == file.tensors.end()) return refuse(path, "tensor \"" + name + "\" is missing");
      if (found->second.dtype != formats::DType::float32 ||
          found->second.shape != std::vector<std::int64_t>{spec.unitCount()})
        return refuse(path, "tensor \"" + name + "\" is " + found->second.describe() + ", wanted is F32 [" +
                                std::to_string(spec.unitCount()) + "]");
      *target = found->second.toFloats();
    }
    if (Status status = topography::validateSheet(sheet, spec); !status) {
      status.error().path = path.string();
      return tl::unexpected(status.error());
    }
    sheets.push_back(std::move(sheet));
  }
  return sheets;
}

std::vector<topography::SheetSpec> specsOf(const std::vector<topography::Sheet>& sheets) {
  std::vector<topography::SheetSpec> specs;
  for (const topography::Sheet& sheet : sheets) specs.push_back(sheet.spec);
  return specs;
}

Status putLesion(formats::SafetensorsFile& file, const Checkpoint& checkpoint) {
  if (checkpoint.lesion.units() == 0) return {};
  const std::vector<topography::SheetSpec> specs = specsOf(checkpoint.sheets);
  if (Status status = perturbation::checkLesion(checkpoint.lesion, specs, checkpoint.config.model.steps()); !status)
    return status;
  file.metadata[kLesion] = perturbation::lesionJson(checkpoint.lesion, specs);
  return {};
}

// None was held, or a version wrote the file that kept none: the key is absent.
Expected<perturbation::Lesion> takeLesion(const formats::SafetensorsFile& file, const fs::path& path,
                                          const std::vector<topography::SheetSpec>& specs, const TrainConfig& config) {
  const auto found = file.metadata.find(kLesion);
  if (found == file.metadata.end()) return perturbation::Lesion{};
  auto lesion = perturbation::lesionFromJson(found->second, specs, config.model.steps());
  if (!lesion) return refuse(path, lesion.error().what + ": " + lesion.error().why);
  return lesion;
}

// The tensors under a prefix, without it.
formats::TensorMap takePrefix(formats::SafetensorsFile& file, const std::string& prefix) {
  formats::TensorMap out;
  for (auto& [name, tensor] : file.tensors)
    if (name.rfind(prefix, 0) == 0) out.emplace(name.substr(prefix.size()), std::move(tensor));
  return out;
}

}  // namespace

Status saveCheckpoint(const fs::path& path, const Checkpoint& checkpoint, const ByteProgress& progress) {
  formats::SafetensorsFile file;
  TrainConfig config = checkpoint.config;
  file.metadata["pinwheel.format"] = kFormat;
  file.metadata[kKind] = "checkpoint";
  file.metadata["pinwheel.config"] = describe(config).toToml();
  file.metadata["pinwheel.state"] = toJson(checkpoint.state).dump();
  file.metadata["pinwheel.provenance"] =
      toJson(checkpoint.provenance).dump(-1, ' ', false, json::error_handler_t::replace);
  putSheets(file, checkpoint.sheets);
  if (Status status = putLesion(file, checkpoint); !status) return status;
  for (const auto& [name, tensor] : checkpoint.model) file.tensors["model." + name] = tensor;
  for (const auto& [name, tensor] : checkpoint.optimizer) file.tensors["optimizer." + name] = tensor;
  return formats::saveSafetensors(path, file, Backup::keepOne, progress);
}

Expected<Checkpoint> loadCheckpoint(const fs::path& path, const ByteProgress& progress) {
  auto file = formats::loadSafetensors(path, progress);
  if (!file) return tl::unexpected(file.error());
  return guarded(path, [&]() -> Expected<Checkpoint> {
    Checkpoint checkpoint;
    if (const Status status = readRecord(*file, path, checkpoint); !status) return tl::unexpected(status.error());
    auto sheets = takeSheets(*file, path);
    if (!sheets) return tl::unexpected(sheets.error());
    checkpoint.sheets = std::move(*sheets);
    auto lesion = takeLesion(*file, path, specsOf(checkpoint.sheets), checkpoint.config);
    if (!lesion) return tl::unexpected(lesion.error());
    checkpoint.lesion = std::move(*lesion);
    checkpoint.model = takePrefix(*file, "model.");
    checkpoint.optimizer = takePrefix(*file, "optimizer.");
    if (checkpoint.model.empty()) return refuse(path, "it holds no weights");
    return checkpoint;
  });
}

Expected<CheckpointInfo> loadCheckpointInfo(const fs::path& path) {
  const auto file = formats::loadSafetensorsHeader(path);
  if (!file) return tl::unexpected(file.error());
  return guarded(path, [&]() -> Expected<CheckpointInfo> {
    CheckpointInfo info;
    if (const Status status = readRecord(*file, path, info); !status) return tl::unexpected(status.error());
    const auto sheets = metadataJson(*file, "pinwheel.sheets", path);
    if (!sheets) return tl::unexpected(sheets.error());
    auto specs = specsFrom(*sheets, path);
    if (!specs) return tl::unexpected(specs.error());
    info.sheets = std::move(*specs);
    auto lesion = takeLesion(*file, path, info.sheets, info.config);
    if (!lesion) return tl::unexpected(lesion.error());
    info.lesion = std::move(*lesion);
    for (const auto& [name, tensor] : file->tensors) {
      info.tensors.emplace_back(name, tensor.describe());
      if (name.rfind("model.", 0) == 0 && isParameter(name)) info.parameterCount += tensor.elementCount();
    }
    info.fileBytes = static_cast<std::int64_t>(fs::file_size(path));
    return info;
  });
}

Status savePositions(const fs::path& path, const std::vector<topography::Sheet>& sheets,
                     const std::string& configToml) {
  formats::SafetensorsFile file;
  file.metadata["pinwheel.format"] = kFormat;
  file.metadata[kKind] = "positions";
  file.metadata["pinwheel.config"] = configToml;
  putSheets(file, sheets);
  return formats::saveSafetensors(path, file);
}

Expected<std::vector<topography::Sheet>> loadPositions(const fs::path& path) {
  const auto file = formats::loadSafetensors(path);
  if (!file) return tl::unexpected(file.error());
  return guarded(path, [&]() -> Expected<std::vector<topography::Sheet>> {
    if (const Status status = checkFormat(*file, "positions", path); !status) return tl::unexpected(status.error());
    return takeSheets(*file, path);
  });
}

}  // namespace pinwheel::training
