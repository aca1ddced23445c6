#include "engine/core/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

namespace pinwheel {
namespace {

namespace fs = std::filesystem;

// Closes on every way out; `close` tells whether the kernel accepted the last bytes.
class Descriptor {
public:
  explicit Descriptor(int value) : m_value(value) {}
  ~Descriptor() {
    if (m_value >= 0) ::close(m_value);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return m_value; }
  bool close() {
    const int value = m_value;
    m_value = -1;
    return ::close(value) == 0;
  }

private:
  int m_value;
};

tl::unexpected<Error> systemFailure(const std::string& what, int code, const fs::path& path) {
  std::string hint = "check the folder's permissions";
  if (code == ENOSPC || code == EDQUOT) hint = "free some space; the file there is as it was";
  if (code == ENOENT) hint = "check that the path exists";
  return failure(what, std::strerror(code), hint, path.string());
}

// A rename is on disk only when its folder is.
Status syncFolder(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL): the rename itself has succeeded.
  if (descriptor.get() >= 0 && ::fsync(descriptor.get()) != 0 && errno != EINVAL)
    return systemFailure("The folder cannot be synced", errno, folder);
  return {};
}

Status keepBackup(const fs::path& path) {
  if (!fs::exists(path)) return {};
  const fs::path backup = path.string() + ".bak";
  // Link first to a spare name and rename it: the old backup is there until the new one is.
  const fs::path spare = path.string() + ".bak.new";
  std::error_code code;
  fs::remove(spare, code);
  fs::create_hard_link(path, spare, code);
  if (code)
    fs::copy_file(path, spare, fs::copy_options::overwrite_existing, code);  // no hard links on this file system
  if (!code) fs::rename(spare, backup, code);
  if (code)
    return failure("The backup cannot be made", code.message(), "check the folder's permissions", backup.string());
  // Renaming one name of a file over another of its names does nothing, and the spare would stay.
  fs::remove(spare, code);
  return {};
}

// "<name>.tmp-XXXXXX" or "<name>.bak.new": what a killed writeFileAtomically leaves.
bool isLeftover(std::string_view file, std::string_view name) {
  constexpr std::string_view kTemporary = ".tmp-";
  constexpr std::size_t kRandomLetters = 6;
  if (file.substr(0, name.size()) != name) return false;
  const std::string_view rest = file.substr(name.size());
  return rest == ".bak.new" ||
         (rest.size() == kTemporary.size() + kRandomLetters && rest.substr(0, kTemporary.size()) == kTemporary);
}

}  // namespace

Status writeAll(int descriptor, std::span<const std::byte> bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return systemFailure("The file cannot be written", errno, path);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status writeFileAtomically(const fs::path& path, const std::function<Status(int)>& write, Backup backup) {
  std::string name = path.string() + ".tmp-XXXXXX";
  Descriptor descriptor(::mkstemp(name.data()));
  if (descriptor.get() < 0) return systemFailure("The file cannot be made", errno, path);
  const auto abandon = [&name](Status status) {
    ::unlink(name.c_str());
    return status;
  };
  ::fcntl(descriptor.get(), F_SETFD, FD_CLOEXEC);
  // mkstemp makes private files; these are results, readable as any other.
  const mode_t mask = ::umask(0);
  ::umask(mask);
  ::fchmod(descriptor.get(), 0666 & ~mask);
  if (Status status = write(descriptor.get()); !status) return abandon(std::move(status));
  if (::fsync(descriptor.get()) != 0) return abandon(systemFailure("The file cannot be synced", errno, path));
  if (!descriptor.close()) return abandon(systemFailure("The file cannot be closed", errno, path));
  if (backup == Backup::keepOne)
    if (Status status = keepBackup(path); !status) return abandon(std::move(status));
  if (::rename(name.c_str(), path.c_str()) != 0)
    return abandon(systemFailure("The file cannot be put in place", errno, path));
  return syncFolder(path.parent_path());
}

Status writeFileAtomically(const fs::path& path, std::string_view bytes, Backup backup) {
  return writeFileAtomically(
      path, [&](int descriptor) { return writeAll(descriptor, std::as_bytes(std::span(bytes)), path); }, backup);
}

void removeLeftovers(const fs::path& folder, const std::vector<std::string>& names) {
  std::vector<fs::path> found;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    const std::string file = entry->path().filename().string();
    for (const std::string& name : names)
      if (isLeftover(file, name) && entry->is_regular_file(code)) found.push_back(entry->path());
  }
  for (const fs::path& path : found) fs::remove(path, code);  // they only take room: a failure harms nothing
}

FileLock::~FileLock() {
  if (m_descriptor >= 0) ::close(m_descriptor);
}

Expected<bool> FileLock::acquire(const fs::path& path) {
  if (m_descriptor >= 0) return true;
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return systemFailure("The lock file cannot be made", errno, path);
  int result = 0;
  do result = ::flock(descriptor, LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result != 0 && errno == EWOULDBLOCK) {
    ::close(descriptor);
    return false;
  }
  // Any other failure is a file system without locks (some network ones): working there beats refusing to.
  m_descriptor = descriptor;
  return true;
}

Expected<std::string> readFile(const fs::path& path, std::uint64_t maxBytes) {
  // Without O_NONBLOCK a named pipe would wait for a writer.
  const Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (descriptor.get() < 0) return systemFailure("The file cannot be opened", errno, path);
  struct stat info {};
  if (::fstat(descriptor.get(), &info) != 0) return systemFailure("The file cannot be read", errno, path);
  if (!S_ISREG(info.st_mode)) return failure("This is not a file", "", "give the path of a file", path.string());
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > maxBytes)
    return failure("The file is too large",
                   std::to_string(size) + " bytes, at most " + std::to_string(maxBytes) + " are read", "",
                   path.string());
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got = ::read(descriptor.get(), bytes.data() + done, bytes.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return systemFailure("The file cannot be read", errno, path);
    if (got == 0) break;  // it shrank meanwhile
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace pinwheel
