// Reads what Python's torch.save(state_dict) wrote (.pt, .pth; zip form, PyTorch >= 1.6) without running any of it: an
// own restricted unpickler that knows a handful of opcodes and inert stand-ins for torch's tensor rebuilders.
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

/// The tensors of a state_dict by parameter name. Accepts the dictionary at the top, or under "state_dict", "model" or
/// "model_state_dict" (with a leading "module." removed from every key). Strided views are made contiguous. Anything
/// but tensors, numbers, strings and containers of them - an unknown global, a REDUCE of anything else - is refused by
/// name. Hostile or truncated files: an Error, no crash, no allocation that the file's own size
/// does not warrant; of the file, only what its tensors refer to is read.
Expected<TensorMap> loadTorchStateDict(const std::filesystem::path& path);

}  // namespace pinwheel::formats
