// ZIP archives made by hand, sound and otherwise, for tests (PKWARE, APPNOTE.TXT 6.3).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pinwheel::test {

struct ZipMember {
  std::string name;
  std::string bytes;
  unsigned method = 0;  ///< 0 stored, 8 deflated
  unsigned flags = 0;   ///< bit 0: encrypted
};

struct ZipForm {
  bool zip64 = false;         ///< sizes, offsets and the directory in their 64-bit places
  std::string comment{};      ///< behind everything
  unsigned disc = 0;          ///< the number of this one
  int moreEntries = 0;        ///< than there are, as the directory claims
  std::int64_t shift = 0;     ///< of the members' offsets
  std::int64_t endShift = 0;  ///< zip64: of the directory's end, as the locator gives it
};

inline std::string littleEndian(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

inline std::string zipOf(const std::vector<ZipMember>& members, const ZipForm& form = {}) {
  constexpr std::uint64_t kIn64 = 0xFFFFFFFF;
  std::string out;
  std::string directory;
  for (const ZipMember& member : members) {
    const std::uint64_t offset = out.size() + static_cast<std::uint64_t>(form.shift);
    const std::uint64_t size = member.bytes.size();
    out += "PK\3\4" + littleEndian(45, 2) + littleEndian(member.flags, 2) + littleEndian(member.method, 2) +
           littleEndian(0, 8) + littleEndian(size, 4) + littleEndian(size, 4) + littleEndian(member.name.size(), 2) +
           littleEndian(0, 2) + member.name + member.bytes;
    const std::string extra = form.zip64 ? littleEndian(0x7777, 2) + littleEndian(3, 2) + "abc" + littleEndian(1, 2) +
                                               littleEndian(24, 2) + littleEndian(size, 8) + littleEndian(size, 8) +
                                               littleEndian(offset, 8)
                                         : "";
    directory += "PK\1\2" + littleEndian(45, 2) + littleEndian(45, 2) + littleEndian(member.flags, 2) +
                 littleEndian(member.method, 2) + littleEndian(0, 8) + littleEndian(form.zip64 ? kIn64 : size, 4) +
                 littleEndian(form.zip64 ? kIn64 : size, 4) + littleEndian(member.name.size(), 2) +
                 littleEndian(extra.size(), 2) + littleEndian(0, 10) + littleEndian(form.zip64 ? kIn64 : offset, 4) +
                 member.name + extra;
  }
  const std::uint64_t start = out.size();
  const std::uint64_t count = members.size() + static_cast<std::uint64_t>(form.moreEntries);
  out += directory;
  if (form.zip64) {
    const std::uint64_t end = out.size() + static_cast<std::uint64_t>(form.endShift);
    out += "PK\6\6" + littleEndian(44, 8) + littleEndian(45, 2) + littleEndian(45, 2) + littleEndian(form.disc, 4) +
           littleEndian(form.disc, 4) + littleEndian(count, 8) + littleEndian(count, 8) +
           littleEndian(directory.size(), 8) + littleEndian(start, 8);
    out += "PK\6\7" + littleEndian(0, 4) + littleEndian(end, 8) + littleEndian(1, 4);
  }
  out += "PK\5\6" + littleEndian(form.disc, 2) + littleEndian(form.disc, 2) +
         littleEndian(form.zip64 ? 0xFFFF : count, 2) + littleEndian(form.zip64 ? 0xFFFF : count, 2) +
         littleEndian(form.zip64 ? kIn64 : directory.size(), 4) + littleEndian(form.zip64 ? kIn64 : start, 4) +
         littleEndian(form.comment.size(), 2) + form.comment;
  return out;
}

}  // namespace pinwheel::test
