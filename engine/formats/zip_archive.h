// The little of ZIP that PyTorch writes: stored (uncompressed) entries, zip64 where large. Everything is checked
// against the file's size before it is used.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace pinwheel::formats {

/// Entry name -> its bytes, views into `archive`, which must outlive them; the view of a compressed entry has a null
/// data(). Refused by name: encryption, names that occur twice, offsets outside the file, several discs.
Expected<std::map<std::string, std::string_view>> readZip(std::string_view archive, const std::string& path);

}  // namespace pinwheel::formats
