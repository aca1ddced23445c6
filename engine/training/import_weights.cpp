#include "engine/training/import_weights.h"

#include <algorithm>
#include <cmath>

#include "engine/formats/file_source.h"
#include "engine/formats/safetensors.h"
#include "engine/formats/torch_pickle.h"

namespace pinwheel::training {
namespace {

constexpr std::size_t kNamed = 8;  // of each kind, before the rest is only counted
constexpr const char* kModelPrefix = "model.";

bool isFloating(formats::DType type) {
  return type == formats::DType::float16 || type == formats::DType::bfloat16 || type == formats::DType::float32 ||
         type == formats::DType::float64;
}

bool endsWith(const std::string& name, const std::string& suffix) {
  return name.size() >= suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool isBatchCounter(const std::string& name) {
  return endsWith(name, "num_batches_tracked");
}

void append(std::string& text, const char* kind, const std::vector<std::string>& names) {
  text += ", " + std::to_string(names.size()) + " " + kind;
  if (names.empty()) return;
  text += " (";
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamed) text += ", and " + std::to_string(names.size() - kNamed) + " more";
  text += ")";
}

}  // namespace

std::string ImportReport::text() const {
  std::string out = std::to_string(fitting) + " tensors fit (" + std::to_string(parameters) + " parameters)";
  append(out, "missing", missing);
  append(out, "unexpected", unexpected);
  if (!mismatched.empty()) append(out, "of another shape or type", mismatched);
  if (countersLeftOut > 0) out += "; it leaves out " + std::to_string(countersLeftOut) + " batch counters";
  return out;
}

std::string ImportReport::hint() const {
  // The same names behind a prefix: a wrapper's doing.
  if (!missing.empty())
    for (const std::string& name : unexpected)
      if (endsWith(name, "." + missing.front()))
        return "remove the prefix \"" + name.substr(0, name.size() - missing.front().size()) +
               "\" from the names and save them again";
  const bool onlyTheLast =
      missing.empty() && unexpected.empty() && !mismatched.empty() &&
      std::all_of(mismatched.begin(), mismatched.end(), [](const std::string& m) { return m.rfind("fc.", 0) == 0; });
  if (onlyTheLast) return "its last layer tells other classes apart: give --data with as many classes as it has";
  return "set model.backbone, model.stem and model.neuron as that network has them; names must be torchvision's "
         "(conv1.weight, layer1.0.bn1.bias, fc.weight ...): rename others in Python and save them again";
}

bool isParameter(const std::string& name) {
  return !isBatchCounter(name) && !endsWith(name, "running_mean") && !endsWith(name, "running_var");
}

ImportReport compareStateDict(const formats::TensorMap& model, const formats::TensorMap& imported) {
  ImportReport report;
  for (const auto& [name, tensor] : model) {
    const auto found = imported.find(name);
    if (found == imported.end()) {
      if (isBatchCounter(name))
        ++report.countersLeftOut;
      else
        report.missing.push_back(name);
      continue;
    }
    const bool sameKind = isFloating(tensor.dtype) == isFloating(found->second.dtype);
    if (found->second.shape != tensor.shape || !sameKind) {
      report.mismatched.push_back(name + ": " + found->second.describe() + " in the file, " + tensor.describe() +
                                  " in the network");
      continue;
    }
    ++report.fitting;
    if (isParameter(name)) report.parameters += tensor.elementCount();
  }
  for (const auto& [name, tensor] : imported)
    if (model.find(name) == model.end()) report.unexpected.push_back(name);
  return report;
}

std::string firstNotFinite(const formats::TensorMap& weights) {
  for (const auto& [name, tensor] : weights) {
    if (!isFloating(tensor.dtype)) continue;
    const std::vector<float> values = tensor.toFloats();
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); })) return name;
  }
  return {};
}

Expected<formats::TensorMap> loadWeights(const std::filesystem::path& path) {
  char magic[9] = {};
  {
    const auto file = formats::FileSource::open(path);
    if (!file) return tl::unexpected(file.error());
    // A shorter file stays zeros: the reader refuses it.
    if (file->size() >= sizeof magic && !file->read(0, magic, sizeof magic))
      return failure("The weights cannot be read", "the file's first bytes cannot be had",
                     "check the disk, or restore the file from a backup", path.string());
  }
  // A zip archive, the bare pickle of old PyTorch, or what is only named like one and is no safetensors file either,
  // whose header begins at the ninth byte: the reader refuses them with advice.
  const bool named = path.extension() == ".pt" || path.extension() == ".pth";
  const bool torch = (magic[0] == 'P' && magic[1] == 'K') || static_cast<unsigned char>(magic[0]) == 0x80 ||
                     (named && magic[8] != '{');
  if (torch) return formats::loadTorchStateDict(path);
  auto stored = formats::loadSafetensors(path);
  if (!stored) return tl::unexpected(stored.error());
  if (stored->metadata.count("pinwheel.format") == 0) return std::move(stored->tensors);
  formats::TensorMap weights;
  for (auto& [name, tensor] : stored->tensors)
    if (name.rfind(kModelPrefix, 0) == 0)
      weights.emplace(name.substr(std::string(kModelPrefix).size()), std::move(tensor));
  return weights;
}

}  // namespace pinwheel::training
