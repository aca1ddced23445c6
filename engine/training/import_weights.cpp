#include "engine/training/import_weights.h"

#include <algorithm>
#include <fstream>

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

bool isBatchCounter(const std::string& name) {
  const std::string suffix = "num_batches_tracked";
  return name.size() >= suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

void append(std::string& text, const char* kind, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (!text.empty()) text += "; ";
  text += std::to_string(names.size()) + " " + kind + " (";
  for (std::size_t i = 0; i < std::min(kNamed, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamed) text += ", and " + std::to_string(names.size() - kNamed) + " more";
  text += ")";
}

}  // namespace

std::string ImportReport::text() const {
  std::string out;
  append(out, "missing", missing);
  append(out, "unexpected", unexpected);
  append(out, "of another shape or type", mismatched);
  return out.empty() ? "every tensor fits" : out;
}

ImportReport compareStateDict(const formats::TensorMap& model, const formats::TensorMap& imported) {
  ImportReport report;
  for (const auto& [name, tensor] : model) {
    const auto found = imported.find(name);
    if (found == imported.end()) {
      if (!isBatchCounter(name)) report.missing.push_back(name);
      continue;
    }
    const bool sameKind = isFloating(tensor.dtype) == isFloating(found->second.dtype);
    if (found->second.shape != tensor.shape || !sameKind)
      report.mismatched.push_back(name + ": " + found->second.describe() + " in the file, " + tensor.describe() +
                                  " in the network");
  }
  for (const auto& [name, tensor] : imported)
    if (model.find(name) == model.end()) report.unexpected.push_back(name);
  return report;
}

Expected<formats::TensorMap> loadWeights(const std::filesystem::path& path) {
  char magic[2] = {0, 0};
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure("The weights cannot be opened", "", "check the path", path.string());
  file.read(magic, 2);
  // A zip archive, or the bare pickle of old PyTorch, which the reader refuses with advice.
  const bool torch = (magic[0] == 'P' && magic[1] == 'K') || static_cast<unsigned char>(magic[0]) == 0x80;
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
