// Weights from elsewhere: what fits, what is missing, what is too much, told before anything is applied.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::training {

/// How a state_dict differs from a network's, by parameter name.
struct ImportReport {
  std::vector<std::string> missing;     ///< the network has it, the file does not
  std::vector<std::string> unexpected;  ///< the file has it, the network does not
  std::vector<std::string> mismatched;  ///< "name: F32 [64, 3, 7, 7] in the file, F32 [64, 3, 3, 3] in the network"

  std::int64_t fitting = 0;          ///< tensors
  std::int64_t parameters = 0;       ///< trainable numbers in them
  std::int64_t countersLeftOut = 0;  ///< batch counters that the file leaves out

  [[nodiscard]] bool exact() const noexcept { return missing.empty() && unexpected.empty() && mismatched.empty(); }
  /// "62 tensors fit (4711 parameters), 0 missing, 0 unexpected": a line of text; at most 8 names of each kind.
  [[nodiscard]] std::string text() const;
  /// What to do about a misfit.
  [[nodiscard]] std::string hint() const;
};

/// Names and shapes are compared; the dtype may differ between floating-point types. Batch counters
/// ("*.num_batches_tracked") may be missing: PyTorch before 0.4.1 and some exporters leave them out.
[[nodiscard]] ImportReport compareStateDict(const formats::TensorMap& model, const formats::TensorMap& imported);

/// A trainable tensor, not a batch norm's statistics, by torchvision's names.
[[nodiscard]] bool isParameter(const std::string& name);

/// The first tensor, in the order of the names, that holds NaN or Inf as single precision; empty: none does.
[[nodiscard]] std::string firstNotFinite(const formats::TensorMap& weights);

/// A state_dict: PyTorch's .pt/.pth, or .safetensors (a Pinwheel checkpoint's "model." tensors, or plain names), told
/// by content, not by name.
Expected<formats::TensorMap> loadWeights(const std::filesystem::path& path);

}  // namespace pinwheel::training
