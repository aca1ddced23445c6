#include "engine/formats/zip_archive.h"

#include <algorithm>
#include <optional>
#include <string_view>

// Format: PKWARE, APPNOTE.TXT 6.3.
namespace pinwheel::formats {
namespace {

constexpr std::uint32_t kEndOfDirectory = 0x06054b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::uint32_t kZip64End = 0x06064b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kLocatorBytes = 20;
constexpr std::uint64_t kZip64EndBytes = 56;
constexpr std::uint64_t kEntryBytes = 46;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kMaximumComment = 65535;
constexpr std::uint64_t kMaximumEntries = 100'000;
constexpr std::uint64_t kMaximumDirectory = 32 << 20;
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;
constexpr std::uint32_t kEntriesIn64 = 0xFFFF;

// A part of the archive, with little-endian numbers at checked offsets.
class Bytes {
public:
  static std::optional<Bytes> read(const FileSource& archive, std::uint64_t offset, std::uint64_t count) {
    if (offset > archive.size() || count > archive.size() - offset) return std::nullopt;
    Bytes bytes;
    bytes.m_bytes.resize(count);
    if (!archive.read(offset, bytes.m_bytes.data(), count)) return std::nullopt;
    return bytes;
  }
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
  [[nodiscard]] std::string text(std::uint64_t offset, std::uint64_t count) const {
    return m_bytes.substr(offset, count);
  }

private:
  std::string m_bytes;
};

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t entries = 0;
  bool severalDiscs = false;
};

std::optional<Directory> findZip64(const FileSource& archive, std::uint64_t locatorAt, const Bytes& tail,
                                   std::uint64_t inTail) {
  const auto end = Bytes::read(archive, tail.number(inTail + 8, 8), kZip64EndBytes);
  if (!end || end->number(0, 4) != kZip64End || tail.number(inTail + 8, 8) > locatorAt) return std::nullopt;
  return Directory{end->number(48, 8), end->number(40, 8), end->number(32, 8),
                   tail.number(inTail + 16, 4) > 1 || end->number(16, 4) != 0 || end->number(20, 4) != 0};
}

std::optional<Directory> findDirectory(const FileSource& archive) {
  if (archive.size() < kEndBytes) return std::nullopt;
  const std::uint64_t length = std::min(archive.size(), kLocatorBytes + kEndBytes + kMaximumComment);
  const std::uint64_t start = archive.size() - length;
  const auto tail = Bytes::read(archive, start, length);
  if (!tail) return std::nullopt;
  for (std::uint64_t at = length - kEndBytes + 1; at-- > 0;) {
    if (tail->number(at, 4) != kEndOfDirectory) continue;
    if (at + kEndBytes + tail->number(at + 20, 2) != length) continue;
    if (at >= kLocatorBytes && tail->number(at - kLocatorBytes, 4) == kZip64Locator)
      return findZip64(archive, start + at - kLocatorBytes, *tail, at - kLocatorBytes);
    const Directory directory{tail->number(at + 16, 4), tail->number(at + 12, 4), tail->number(at + 10, 2),
                              tail->number(at + 4, 2) != 0 || tail->number(at + 6, 2) != 0};
    // Numbers that stand elsewhere, and no word where.
    if (directory.offset == kIn64 || directory.bytes == kIn64 || directory.entries == kEntriesIn64) return std::nullopt;
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

Expected<std::map<std::string, ZipEntry>> readZip(const FileSource& archive, const std::string& path) {
  const auto refuse = [&path](const std::string& why) {
    return failure("The file cannot be read as a PyTorch archive", why, "save it again with torch.save", path);
  };
  const auto directory = findDirectory(archive);
  if (!directory) return refuse("its table of contents is missing: it is truncated or not a zip file");
  if (directory->severalDiscs) return refuse("it is one of several discs");
  if (directory->entries > kMaximumEntries || directory->bytes > kMaximumDirectory)
    return refuse("its table of contents claims " + std::to_string(directory->entries) + " entries in " +
                  std::to_string(directory->bytes) + " bytes, more than any network needs");
  const auto bytes = Bytes::read(archive, directory->offset, directory->bytes);
  if (!bytes) return refuse("its table of contents is damaged");
  std::map<std::string, ZipEntry> entries;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < directory->entries; ++i) {
    if (!bytes->holds(at, kEntryBytes) || bytes->number(at, 4) != kDirectoryEntry)
      return refuse("its table of contents is damaged");
    const std::uint64_t flags = bytes->number(at + 8, 2);
    const std::uint64_t method = bytes->number(at + 10, 2);
    std::uint64_t stored = bytes->number(at + 20, 4);
    std::uint64_t size = bytes->number(at + 24, 4);
    const std::uint64_t nameBytes = bytes->number(at + 28, 2);
    const std::uint64_t extraBytes = bytes->number(at + 30, 2);
    const std::uint64_t commentBytes = bytes->number(at + 32, 2);
    std::uint64_t offset = bytes->number(at + 42, 4);
    if (!bytes->holds(at + kEntryBytes, nameBytes + extraBytes + commentBytes))
      return refuse("its table of contents is damaged");
    const std::string name = bytes->text(at + kEntryBytes, nameBytes);
    readZip64(*bytes, at + kEntryBytes + nameBytes, extraBytes, size, stored, offset);
    at += kEntryBytes + nameBytes + extraBytes + commentBytes;
    if ((flags & 1U) != 0) return refuse("entry \"" + name + "\" is encrypted");
    ZipEntry entry;
    entry.compressed = method != 0 || size != stored;
    if (!entry.compressed) {
      const auto local = Bytes::read(archive, offset, kLocalBytes);
      if (!local || local->number(0, 4) != kLocalHeader)
        return refuse("entry \"" + name + "\" is not where it should be");
      entry.offset = offset + kLocalBytes + local->number(26, 2) + local->number(28, 2);
      entry.size = size;
      if (entry.offset > archive.size() || size > archive.size() - entry.offset)
        return refuse("entry \"" + name + "\" reaches past the end of the file");
    }
    if (!entries.emplace(name, entry).second) return refuse("entry \"" + name + "\" occurs twice");
  }
  return entries;
}

}  // namespace pinwheel::formats
