// The safetensors format (8-byte little-endian header length, JSON header, one data block): the format of record.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "engine/core/error.h"
#include "engine/core/files.h"
#include "engine/core/progress.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

struct SafetensorsFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;  ///< the header's "__metadata__": strings only, by the format's rule
};

/// Atomic (see core/files.h). Deterministic: tensors in name order, so the same content gives the same bytes. Data
/// starts 8-byte aligned; readable by the Python library. `progress` counts what is written, and synced; given up, what
/// `path` held before is still there.
Status saveSafetensors(const std::filesystem::path& path, const SafetensorsFile& file, Backup backup = Backup::none,
                       const ByteProgress& progress = {});

/// Refuses, before any large allocation: header longer than the file or 16 MiB, malformed JSON, duplicate keys, unknown
/// dtype, negative or overflowing shapes, offsets out of order, overlapping, with holes or past the end, more data than
/// this machine has memory. Given up by `progress` it is an error, too.
Expected<SafetensorsFile> loadSafetensors(const std::filesystem::path& path, const ByteProgress& progress = {});
/// Only the metadata and the tensors' dtype and shape (their bytes stay empty): fast on any size.
Expected<SafetensorsFile> loadSafetensorsHeader(const std::filesystem::path& path);

}  // namespace pinwheel::formats
