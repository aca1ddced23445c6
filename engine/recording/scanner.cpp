#include "engine/recording/scanner.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace pinwheel::recording {
namespace {

using formats::FileSource;

// A damaged chunk is not longer than this: who has looked so far and found no other chunk need not look on.
constexpr std::uint64_t kMaximumSearch = kMaximumMessage + kMaximumMessage / 32;
constexpr std::uint64_t kSearchBlock = 1ULL << 20;

struct Directory {
  ChunkHeader header;
  std::vector<MessageHeader> messages;
};

std::optional<ChunkHeader> headerAt(const FileSource& file, std::uint64_t at) {
  std::array<std::byte, ChunkHeader::kBytes> bytes;
  if (!file.read(at, bytes.data(), bytes.size())) return std::nullopt;
  return decodeChunkHeader(bytes);
}

bool isChunkAt(const FileSource& file, std::uint64_t at) {
  const auto header = headerAt(file, at);
  return header && header->offset == at;
}

// The table behind the header that stands at `at`.
std::optional<std::vector<MessageHeader>> tableAt(const FileSource& file, std::uint64_t at, const ChunkHeader& header) {
  if (at + header.directoryBytes() > file.size()) return std::nullopt;
  Bytes bytes(header.tableBytes());
  if (!file.read(at + ChunkHeader::kBytes, bytes.data(), bytes.size())) return std::nullopt;
  return decodeTable(header, bytes);
}

}  // namespace

std::string Losses::text() const {
  std::string out;
  const auto add = [&out](const std::string& sentence) { out += (out.empty() ? "" : " ") + sentence; };
  if (metadata) add("The recording's description is damaged.");
  if (damagedBytes > 0) add(std::to_string(damagedBytes) + " bytes amid the recording are damaged and were left out.");
  if (tailBytes > 0)
    add("The last " + std::to_string(tailBytes) +
        " bytes are no whole chunk: the recording was cut short, or is still being written.");
  return out;
}

Expected<Opening> readOpening(const FileSource& file, const std::string& path) {
  Bytes bytes(std::min<std::uint64_t>(file.size(), FileHeader::kBytes));
  if (!file.read(0, bytes.data(), bytes.size()))
    return failure("The recording cannot be read", "the disk does not give its first bytes", "check the disk", path);
  if (!hasFileMagic(bytes))
    return failure("This is not a recording", "it does not begin as one",
                   "give a file that was written by training with --record", path);
  const auto header = decodeFileHeader(bytes);
  if (!header)
    return failure("The recording cannot be read", "its first 32 bytes are damaged or cut off",
                   "take a copy of the file, if there is one", path);
  if (header->version > kVersion)
    return failure(
        "The recording is of a newer version of Pinwheel",
        "its format is " + std::to_string(header->version) + ", this program knows up to " + std::to_string(kVersion),
        "open it with a newer version of Pinwheel", path);
  Opening opening;
  opening.firstChunk = FileHeader::kBytes + header->metadataBytes;
  if (opening.firstChunk > file.size())
    return failure("The recording cannot be read", "it is cut off within its description",
                   "take a copy of the file, if there is one", path);
  opening.metadata.resize(header->metadataBytes);
  const bool whole = file.read(FileHeader::kBytes, opening.metadata.data(), opening.metadata.size());
  if (!whole || crc32c(std::as_bytes(std::span(opening.metadata))) != header->metadataCheck) {
    opening.metadata.clear();
    opening.metadataDamaged = true;
  }
  return opening;
}

struct Scanner::Look {
  enum class Kind {
    chunk,       ///< whole
    unfinished,  ///< what is there may be the beginning of a chunk
    end,         ///< nothing
    index,
    skip,  ///< a chunk whose table is damaged; its length is known
    none   ///< anything else
  } kind = Kind::none;
  Directory directory{};
};

Scanner::Look Scanner::look(const FileSource& file, std::uint64_t at) {
  using Kind = Look::Kind;
  if (at >= file.size()) return {Kind::end};
  const std::uint64_t left = file.size() - at;
  Bytes bytes(std::min<std::uint64_t>(left, ChunkHeader::kBytes));
  if (!file.read(at, bytes.data(), bytes.size())) {
    m_uncertain = true;
    return {Kind::none};
  }
  if (beginsIndex(bytes)) return {Kind::index};
  if (left < ChunkHeader::kBytes) return {Kind::unfinished};
  const auto header = decodeChunkHeader(bytes);
  if (!header || header->offset != at) return {Kind::none};
  if (header->totalBytes() > left) return {Kind::unfinished};
  auto messages = tableAt(file, at, *header);
  if (!messages) return {Kind::skip, {*header, {}}};
  return {Kind::chunk, {*header, std::move(*messages)}};
}

void Scanner::advance(const FileSource& file, const OnChunk& onChunk) {
  using Kind = Look::Kind;
  m_closed = false;
  m_uncertain = false;
  m_tailBytes = 0;
  if (std::exchange(m_untouched, false) && readIndex(file, onChunk)) return;
  bool indexCut = false;
  std::uint64_t at = m_end;
  for (bool more = true; more;) {
    Look found = look(file, at);
    switch (found.kind) {
      case Kind::chunk:
        m_damagedBytes += at - m_end;
        m_end = at + found.directory.header.totalBytes();
        at = m_end;
        onChunk(found.directory.header, std::move(found.directory.messages));
        break;
      case Kind::skip:
        at += found.directory.header.totalBytes();
        break;
      case Kind::none:
        if (const auto next = nextHeader(file, at + 1)) {
          at = *next;
        } else {
          more = false;
        }
        break;
      case Kind::index: {
        Bytes bytes(IndexHeader::kBytes);
        const bool whole = file.read(at, bytes.data(), bytes.size());
        const auto index = whole ? decodeIndexHeader(bytes, IndexEnd::header) : std::nullopt;
        const std::uint64_t left = file.size() - at;
        indexCut = at == m_end;
        // Its length alone: readIndex has found the rest sound, or it is not needed.
        m_closed = indexCut && index && index->offset == at && left >= 2 * IndexHeader::kBytes &&
                   index->directoryBytes == left - 2 * IndexHeader::kBytes;
        more = false;
        break;
      }
      case Kind::unfinished:
      case Kind::end:
        more = false;
        break;
    }
  }
  // An index that is cut off, or damaged, costs nothing but time.
  if (!indexCut && file.size() > m_end) m_tailBytes = file.size() - m_end;
}

bool Scanner::readIndex(const FileSource& file, const OnChunk& onChunk) {
  constexpr std::uint64_t kEnds = 2 * IndexHeader::kBytes;
  if (file.size() < m_end + kEnds) return false;
  Bytes bytes(IndexHeader::kBytes);
  if (!file.read(file.size() - IndexHeader::kBytes, bytes.data(), bytes.size())) return false;
  const auto index = decodeIndexHeader(bytes, IndexEnd::trailer);
  if (!index || index->offset < m_end || index->offset > file.size() - kEnds ||
      index->directoryBytes != file.size() - kEnds - index->offset)
    return false;
  // All or nothing: who finds the index damaged goes through the chunks themselves.
  std::vector<Directory> directories;
  std::uint64_t at = index->offset + IndexHeader::kBytes;
  const std::uint64_t indexEnd = at + index->directoryBytes;
  std::uint64_t end = m_end;
  std::uint64_t gaps = 0;
  while (at < indexEnd) {
    const auto header = headerAt(file, at);
    if (!header || header->offset < end || header->offset > index->offset ||
        header->totalBytes() > index->offset - header->offset || header->directoryBytes() > indexEnd - at)
      return false;
    auto messages = tableAt(file, at, *header);
    if (!messages) return false;
    gaps += header->offset - end;
    end = header->offset + header->totalBytes();
    at += header->directoryBytes();
    directories.push_back({*header, std::move(*messages)});
  }
  if (directories.size() != index->chunks) return false;
  m_damagedBytes += gaps + (index->offset - end);
  m_end = index->offset;
  m_closed = true;
  for (Directory& directory : directories) onChunk(directory.header, std::move(directory.messages));
  return true;
}

std::optional<std::uint64_t> Scanner::nextHeader(const FileSource& file, std::uint64_t from) {
  // What was searched before, at the last call, need not be again.
  std::uint64_t at = std::max(from, m_searched);
  Bytes bytes;
  while (at + ChunkHeader::kBytes <= file.size()) {
    bytes.resize(std::min(kSearchBlock, file.size() - at));
    if (at > from + kMaximumSearch || !file.read(at, bytes.data(), bytes.size())) {
      m_uncertain = true;
      break;
    }
    BytesView block(bytes);
    while (const auto found = findChunkMagic(block)) {
      at += *found;
      // Too near to the end for a header: one to come back to when the file has grown.
      if (at + ChunkHeader::kBytes > file.size()) break;
      if (isChunkAt(file, at)) return at;
      ++at;
      block = block.subspan(*found + 1);
    }
    if (at + ChunkHeader::kBytes > file.size()) break;
    // The last bytes of a block may begin a magic.
    constexpr std::uint64_t kOverlap = 7;
    at += std::max<std::uint64_t>(block.size(), kOverlap + 1) - kOverlap;
  }
  m_searched = at;
  return std::nullopt;
}

}  // namespace pinwheel::recording
