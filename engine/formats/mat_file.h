// MATLAB's .mat files (version 5, compressed or not, and 7.3, which is HDF5), read by libmatio.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

/// The numbers of one variable, as float64 in C order with MATLAB's axes: one array, or one per element of a struct
/// array, in MATLAB's order. `variable` is NAME, or NAME.FIELD of a struct; empty: the only one that holds more than a
/// single number. Refused by name: version 4, truncation, complex, sparse, text and cell arrays, more than 3 axes, more
/// than 1 GiB of numbers, a choice that has to be made (the error lists what there is).
Expected<std::vector<HostTensor>> loadMat(const std::filesystem::path& path, const std::string& variable);

}  // namespace pinwheel::formats
