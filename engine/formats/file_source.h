// A file that is read at offsets, so that no format needs more of it in memory than it uses.
#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/core/error.h"

namespace pinwheel::formats {

/// Reading is const and may be done from several threads at once.
class FileSource {
public:
  /// Error: there is no such file, it cannot be opened, or it is a folder or a device.
  static Expected<FileSource> open(const std::filesystem::path& path);
  ~FileSource();
  FileSource(FileSource&& other) noexcept;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  FileSource& operator=(FileSource&&) = delete;

  [[nodiscard]] std::uint64_t size() const noexcept { return m_size; }
  /// Takes the size anew, for a file that another process writes; it stays where it cannot be told.
  void measure() noexcept;
  /// All of `count` bytes; false when they cannot be read (a failing disk, or the file shrank meanwhile).
  [[nodiscard]] bool read(std::uint64_t offset, void* to, std::uint64_t count) const noexcept;

private:
  FileSource(int descriptor, std::uint64_t size) : m_descriptor(descriptor), m_size(size) {}

  int m_descriptor;
  std::uint64_t m_size;
};

/// Bytes of memory that this machine has: no file can be worth more. A sparse file may claim any size.
[[nodiscard]] std::uint64_t physicalMemoryBytes() noexcept;

}  // namespace pinwheel::formats
