#include "engine/formats/file_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace pinwheel::formats {

Expected<FileSource> FileSource::open(const std::filesystem::path& path) {
  // Without O_NONBLOCK a named pipe would wait for a writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return failure("The file cannot be opened", std::strerror(errno), "check the path", path.string());
  FileSource source(descriptor, 0);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0)
    return failure("The file cannot be read", std::strerror(errno), "check the path", path.string());
  if (S_ISDIR(info.st_mode)) return failure("This is a folder", "", "give the path of a file in it", path.string());
  if (!S_ISREG(info.st_mode)) return failure("This is not a file", "", "give the path of a file", path.string());
  source.m_size = static_cast<std::uint64_t>(info.st_size);
  return source;
}

FileSource::~FileSource() {
  if (m_descriptor >= 0) ::close(m_descriptor);
}

FileSource::FileSource(FileSource&& other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1)), m_size(other.m_size) {}

void FileSource::measure() noexcept {
  struct stat info {};
  if (::fstat(m_descriptor, &info) == 0) m_size = static_cast<std::uint64_t>(info.st_size);
}

bool FileSource::read(std::uint64_t offset, void* to, std::uint64_t count) const noexcept {
  if (offset > m_size || count > m_size - offset) return false;
  auto* at = static_cast<char*>(to);
  while (count > 0) {
    const ssize_t got = ::pread(m_descriptor, at, count, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    offset += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
  return true;
}

std::uint64_t physicalMemoryBytes() noexcept {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long size = ::sysconf(_SC_PAGESIZE);
  if (pages <= 0 || size <= 0) return std::numeric_limits<std::uint64_t>::max();
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size);
}

}  // namespace pinwheel::formats
