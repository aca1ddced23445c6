#include "engine/formats/zip_archive.h"

#include <cstdint>
#include <optional>

// Format: PKWARE, APPNOTE.TXT 6.3.
namespace pinwheel::formats {
namespace {

constexpr std::uint32_t kEndOfDirectory = 0x06054b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::uint32_t kZip64End = 0x06064b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::size_t kEndBytes = 22;
constexpr std::size_t kMaximumComment = 65535;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;

// Little-endian numbers at checked offsets.
class Bytes {
public:
  explicit Bytes(std::string_view bytes) : m_bytes(bytes) {}
  [[nodiscard]] std::uint64_t size() const noexcept { return m_bytes.size(); }
  [[nodiscard]] bool holds(std::uint64_t offset, std::uint64_t count) const noexcept {
    return offset <= size() && count <= size() - offset;
  }
  /// 0 when it lies outside: callers check `holds` for whole records first.
  [[nodiscard]] std::uint64_t number(std::uint64_t offset, int bytes) const noexcept {
    if (!holds(offset, static_cast<std::uint64_t>(bytes))) return 0;
    std::uint64_t value = 0;
    for (int i = bytes; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(m_bytes[offset + static_cast<std::uint64_t>(i)]);
    return value;
  }
  [[nodiscard]] std::string_view view(std::uint64_t offset, std::uint64_t count) const {
    return m_bytes.substr(offset, count);
  }

private:
  std::string_view m_bytes;
};

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t entries = 0;
};

std::optional<Directory> findDirectory(const Bytes& bytes) {
  if (bytes.size() < kEndBytes) return std::nullopt;
  const std::uint64_t last = bytes.size() - kEndBytes;
  const std::uint64_t first = last > kMaximumComment ? last - kMaximumComment : 0;
  for (std::uint64_t at = last + 1; at-- > first;) {
    if (bytes.number(at, 4) != kEndOfDirectory) continue;
    if (at + kEndBytes + bytes.number(at + 20, 2) != bytes.size()) continue;
    Directory directory{bytes.number(at + 16, 4), bytes.number(at + 10, 2)};
    const bool large = directory.offset == kIn64 || directory.entries == 0xFFFF;
    if (at >= 20 && bytes.number(at - 20, 4) == kZip64Locator) {
      const std::uint64_t end = bytes.number(at - 20 + 8, 8);
      if (!bytes.holds(end, 56) || bytes.number(end, 4) != kZip64End) return std::nullopt;
      directory = {bytes.number(end + 48, 8), bytes.number(end + 32, 8)};
    } else if (large) {
      return std::nullopt;
    }
    return directory;
  }
  return std::nullopt;
}

// Sizes and offset of an entry that do not fit 32 bits stand in its zip64 extra field, in this order, only those that
// overflow.
void readZip64(const Bytes& bytes, std::uint64_t at, std::uint64_t length, std::uint64_t& size, std::uint64_t& stored,
               std::uint64_t& offset) {
  const std::uint64_t end = at + length;
  while (at + 4 <= end) {
    const std::uint64_t kind = bytes.number(at, 2);
    const std::uint64_t count = bytes.number(at + 2, 2);
    if (kind == 1) {
      std::uint64_t field = at + 4;
      for (std::uint64_t* value : {&size, &stored, &offset}) {
        if (*value != kIn64 || field + 8 > at + 4 + count) continue;
        *value = bytes.number(field, 8);
        field += 8;
      }
      return;
    }
    at += 4 + count;
  }
}

}  // namespace

Expected<std::map<std::string, std::string_view>> readZip(std::string_view archive, const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    return failure("The file cannot be read as a PyTorch archive", why, "save it again with torch.save", path);
  };
  const Bytes bytes(archive);
  const auto directory = findDirectory(bytes);
  if (!directory) return refuse("its table of contents is missing: it is truncated or not a zip file");
  std::map<std::string, std::string_view> entries;
  std::uint64_t at = directory->offset;
  for (std::uint64_t i = 0; i < directory->entries; ++i) {
    if (!bytes.holds(at, 46) || bytes.number(at, 4) != kDirectoryEntry)
      return refuse("its table of contents is damaged");
    const std::uint64_t flags = bytes.number(at + 8, 2);
    const std::uint64_t method = bytes.number(at + 10, 2);
    std::uint64_t stored = bytes.number(at + 20, 4);
    std::uint64_t size = bytes.number(at + 24, 4);
    const std::uint64_t nameBytes = bytes.number(at + 28, 2);
    const std::uint64_t extraBytes = bytes.number(at + 30, 2);
    const std::uint64_t commentBytes = bytes.number(at + 32, 2);
    std::uint64_t offset = bytes.number(at + 42, 4);
    if (!bytes.holds(at + 46, nameBytes + extraBytes + commentBytes)) return refuse("its table of contents is damaged");
    const std::string name(bytes.view(at + 46, nameBytes));
    readZip64(bytes, at + 46 + nameBytes, extraBytes, size, stored, offset);
    at += 46 + nameBytes + extraBytes + commentBytes;
    if ((flags & 1U) != 0) return refuse("entry \"" + name + "\" is encrypted");
    if (method != 0 || size != stored) {
      if (!entries.emplace(name, std::string_view{}).second) return refuse("entry \"" + name + "\" occurs twice");
      continue;
    }
    if (!bytes.holds(offset, 30) || bytes.number(offset, 4) != kLocalHeader)
      return refuse("entry \"" + name + "\" is not where it should be");
    const std::uint64_t data = offset + 30 + bytes.number(offset + 26, 2) + bytes.number(offset + 28, 2);
    if (!bytes.holds(data, size)) return refuse("entry \"" + name + "\" reaches past the end of the file");
    if (!entries.emplace(name, bytes.view(data, size)).second) return refuse("entry \"" + name + "\" occurs twice");
  }
  return entries;
}

}  // namespace pinwheel::formats
