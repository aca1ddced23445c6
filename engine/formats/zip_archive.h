// The little of ZIP that PyTorch writes: stored (uncompressed) entries, zip64 where large. Everything is checked
// against the file's size before it is used; of the file, only its table of contents is read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/core/error.h"
#include "engine/formats/file_source.h"

namespace pinwheel::formats {

/// Where an entry's bytes lie in the archive: within the file, always.
struct ZipEntry {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool compressed = false;  ///< then nothing else is known of it
};

/// The entries by name. Refused by name: encryption, names that occur twice, offsets outside the file, several discs,
/// more than 100,000 entries. `path` is for messages.
Expected<std::map<std::string, ZipEntry>> readZip(const FileSource& archive, const std::string& path);

}  // namespace pinwheel::formats
