// Writing files so that a crash at any moment leaves either the old or the new one, never half of one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel {

enum class Backup { none, keepOne };

/// Opens a temporary beside `path`, lets `write` fill it through the descriptor, syncs it, keeps the previous file as
/// `<path>.bak` when asked (a hard link, so that `path` itself never disappears), renames the temporary over `path` and
/// syncs the folder. On any failure the temporary is removed and `path` is left as it was. Missing parent folders are
/// an error.
Status writeFileAtomically(const std::filesystem::path& path, const std::function<Status(int descriptor)>& write,
                           Backup backup = Backup::none);
Status writeFileAtomically(const std::filesystem::path& path, std::string_view bytes, Backup backup = Backup::none);

/// Writes all bytes to a descriptor (retries on EINTR and short writes); `path` only names the file in the error.
Status writeAll(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);

/// The whole file; refuses one above `maxBytes` before allocating.
Expected<std::string> readFile(const std::filesystem::path& path, std::uint64_t maxBytes);

/// Removes what writeFileAtomically leaves beside the files `names` of `folder` when it is killed: nobody may be
/// writing them at the time (see FileLock).
void removeLeftovers(const std::filesystem::path& folder, const std::vector<std::string>& names);

/// Holds a file locked against other processes (and other locks of this one) while it lives. The kernel lets go however
/// the process ends; the file itself stays.
class FileLock {
public:
  FileLock() = default;
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  /// False when another holds it; true from then on. Error: the file cannot be made.
  Expected<bool> acquire(const std::filesystem::path& path);

private:
  int m_descriptor = -1;
};

}  // namespace pinwheel
