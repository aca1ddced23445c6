// NumPy's .npy (version 1.0 on writing; 1.0, 2.0 and 3.0 on reading).
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

Status saveNpy(const std::filesystem::path& path, const HostTensor& tensor);
/// Little-endian, C or Fortran order (returned in C order); other dtypes, truncation and trailing bytes are refused.
Expected<HostTensor> loadNpy(const std::filesystem::path& path);

}  // namespace pinwheel::formats
