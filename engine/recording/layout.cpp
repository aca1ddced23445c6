#include "engine/recording/layout.h"

#include <algorithm>
#include <array>
#include <string>

namespace pinwheel::recording {
namespace {

using Magic = std::array<char, 8>;

// The first as PNG's: it tells a transfer as text (the bytes change) and is no text itself.
constexpr Magic kFileMagic{'\x89', 'P', 'W', 'R', '\r', '\n', '\x1A', '\n'};
constexpr Magic kChunkMagic{'P', 'W', 'C', 'H', 'U', 'N', 'K', '\n'};
constexpr Magic kIndexMagic{'P', 'W', 'I', 'N', 'D', 'E', 'X', '\n'};
constexpr Magic kTrailerMagic{'P', 'W', 'C', 'L', 'O', 'S', 'E', '\n'};
// A block of zstd stands for 128 KiB at most and takes 4 bytes at least (RFC 8878): no frame holds more than this many
// times its size.
constexpr std::uint64_t kMaximumRatio = (128ULL << 10) / 4;

constexpr std::array<std::uint32_t, 256> makeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1U) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = makeTable();

void putMagic(Bytes& out, const Magic& magic) {
  for (const char letter : magic) out.push_back(static_cast<std::byte>(letter));
}

void put(Bytes& out, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFFU));
}
void put32(Bytes& out, std::uint32_t value) {
  put(out, value, 4);
}
void put64(Bytes& out, std::uint64_t value) {
  put(out, value, 8);
}
void putSigned(Bytes& out, std::int64_t value) {
  put(out, static_cast<std::uint64_t>(value), 8);
}

std::uint64_t get64(BytesView bytes, std::size_t at, std::size_t width = 8) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= std::to_integer<std::uint64_t>(bytes[at + i]) << (8 * i);
  return value;
}
std::uint32_t get32(BytesView bytes, std::size_t at) noexcept {
  return static_cast<std::uint32_t>(get64(bytes, at, 4));
}
std::int64_t getSigned(BytesView bytes, std::size_t at) noexcept {
  return static_cast<std::int64_t>(get64(bytes, at));
}

bool hasMagic(BytesView bytes, const Magic& magic) noexcept {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](char letter, std::byte byte) { return static_cast<std::byte>(letter) == byte; });
}

// Every header ends in the CRC-32C of what stands before it.
bool isSound(BytesView bytes, std::size_t size, const Magic& magic) noexcept {
  return bytes.size() >= size && hasMagic(bytes, magic) && crc32c(bytes.first(size - 4)) == get32(bytes, size - 4);
}

}  // namespace

std::uint32_t crc32c(BytesView bytes) noexcept {
  std::uint32_t value = 0xFFFFFFFFU;
  for (const std::byte byte : bytes)
    value = kTable[(value ^ std::to_integer<std::uint32_t>(byte)) & 0xFFU] ^ value >> 8;
  return ~value;
}

Bytes encodeFileHeader(std::string_view metadata) {
  const BytesView content = std::as_bytes(std::span(metadata));
  Bytes out;
  putMagic(out, kFileMagic);
  put32(out, kVersion);
  put32(out, static_cast<std::uint32_t>(metadata.size()));
  put64(out, 0);  // reserved
  put32(out, crc32c(content));
  put32(out, crc32c(out));
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

bool hasFileMagic(BytesView bytes) noexcept {
  return hasMagic(bytes, kFileMagic);
}

std::optional<FileHeader> decodeFileHeader(BytesView bytes) noexcept {
  if (!isSound(bytes, FileHeader::kBytes, kFileMagic)) return std::nullopt;
  const FileHeader header{get32(bytes, 8), get32(bytes, 12), get32(bytes, 24)};
  if (header.version == 0) return std::nullopt;
  if (header.version == kVersion && header.metadataBytes > kMaximumMetadata) return std::nullopt;
  return header;
}

Bytes encodeDirectory(ChunkHeader header, std::span<const MessageHeader> messages) {
  Bytes table;
  table.reserve(messages.size() * ChunkHeader::kMessageBytes);
  header.firstStep = header.lastStep = messages.front().step;
  header.firstTimeUs = header.lastTimeUs = messages.front().timeUs;
  for (const MessageHeader& message : messages) {
    put32(table, message.kind);
    put32(table, message.bytes);
    putSigned(table, message.step);
    putSigned(table, message.timeUs);
    header.firstStep = std::min(header.firstStep, message.step);
    header.lastStep = std::max(header.lastStep, message.step);
    header.firstTimeUs = std::min(header.firstTimeUs, message.timeUs);
    header.lastTimeUs = std::max(header.lastTimeUs, message.timeUs);
  }
  Bytes out;
  out.reserve(ChunkHeader::kBytes + table.size());
  putMagic(out, kChunkMagic);
  put64(out, header.offset);
  put32(out, header.session);
  put32(out, static_cast<std::uint32_t>(messages.size()));
  put64(out, header.stored);
  put64(out, header.raw);
  putSigned(out, header.fromStep);
  putSigned(out, header.firstStep);
  putSigned(out, header.lastStep);
  putSigned(out, header.firstTimeUs);
  putSigned(out, header.lastTimeUs);
  put32(out, crc32c(table));
  put32(out, crc32c(out));
  out.insert(out.end(), table.begin(), table.end());
  return out;
}

std::optional<ChunkHeader> decodeChunkHeader(BytesView bytes) noexcept {
  if (!isSound(bytes, ChunkHeader::kBytes, kChunkMagic)) return std::nullopt;
  ChunkHeader header;
  header.offset = get64(bytes, 8);
  header.session = get32(bytes, 16);
  header.count = get32(bytes, 20);
  header.stored = get64(bytes, 24);
  header.raw = get64(bytes, 32);
  header.fromStep = getSigned(bytes, 40);
  header.firstStep = getSigned(bytes, 48);
  header.lastStep = getSigned(bytes, 56);
  header.firstTimeUs = getSigned(bytes, 64);
  header.lastTimeUs = getSigned(bytes, 72);
  header.tableCheck = get32(bytes, 80);
  if (header.count == 0 || header.count > kMaximumCount || header.raw > kMaximumMessage) return std::nullopt;
  // What does not shrink grows by a few bytes for every 128 KiB.
  if (header.stored > header.raw + header.raw / 64 + 1024 || header.raw / kMaximumRatio > header.stored)
    return std::nullopt;
  return header;
}

std::optional<std::vector<MessageHeader>> decodeTable(const ChunkHeader& header, BytesView table) {
  if (table.size() != header.tableBytes() || crc32c(table) != header.tableCheck) return std::nullopt;
  std::vector<MessageHeader> messages(header.count);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const std::size_t at = i * ChunkHeader::kMessageBytes;
    messages[i] = {get32(table, at), get32(table, at + 4), getSigned(table, at + 8), getSigned(table, at + 16)};
    if (messages[i].kind >= kKinds) return std::nullopt;
    sum += messages[i].bytes;
  }
  if (sum != header.raw) return std::nullopt;
  return messages;
}

std::optional<std::size_t> findChunkMagic(BytesView bytes) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t at = text.find(std::string_view(kChunkMagic.data(), kChunkMagic.size()));
  if (at == std::string_view::npos) return std::nullopt;
  return at;
}

Bytes encodeIndexHeader(const IndexHeader& header, IndexEnd end) {
  Bytes out;
  putMagic(out, end == IndexEnd::header ? kIndexMagic : kTrailerMagic);
  put64(out, header.offset);
  put64(out, header.directoryBytes);
  put32(out, header.chunks);
  put32(out, crc32c(out));
  return out;
}

std::optional<IndexHeader> decodeIndexHeader(BytesView bytes, IndexEnd end) noexcept {
  if (!isSound(bytes, IndexHeader::kBytes, end == IndexEnd::header ? kIndexMagic : kTrailerMagic)) return std::nullopt;
  return IndexHeader{get64(bytes, 8), get64(bytes, 16), get32(bytes, 24)};
}

bool beginsIndex(BytesView bytes) noexcept {
  return hasMagic(bytes, kIndexMagic);
}

}  // namespace pinwheel::recording
