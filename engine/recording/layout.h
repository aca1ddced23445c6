// The bytes of a recording: what docs/recording.md says, written and checked. Little-endian, fixed widths. Nothing here
// touches a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pinwheel::recording {

using Bytes = std::vector<std::byte>;
using BytesView = std::span<const std::byte>;

inline constexpr std::uint32_t kVersion = 1;

// What a file may claim at most; whatever claims more is damaged.
inline constexpr std::uint64_t kMaximumMetadata = 1ULL << 20;
inline constexpr std::uint64_t kMaximumMessage = 256ULL << 20;  ///< bytes; a chunk holds no more than that either
inline constexpr std::uint32_t kMaximumCount = 65536;           ///< messages of a chunk
inline constexpr std::uint32_t kKinds = 256;                    ///< a message's kind is below
/// Nothing is taken back: every step of the sessions before stays.
inline constexpr std::int64_t kFromEverything = std::numeric_limits<std::int64_t>::max();

/// What is known of a message without decompressing anything.
struct MessageHeader {
  std::uint32_t kind = 0;   ///< the caller's, below kKinds
  std::uint32_t bytes = 0;  ///< of its content, uncompressed
  std::int64_t step = 0;    ///< the optimiser's
  std::int64_t timeUs = 0;  ///< wall clock, microseconds since 1970-01-01 UTC
  bool operator==(const MessageHeader&) const = default;
};

struct FileHeader {
  static constexpr std::size_t kBytes = 32;
  std::uint32_t version = kVersion;
  std::uint32_t metadataBytes = 0;  ///< behind the header; the first chunk follows
  std::uint32_t metadataCheck = 0;  ///< CRC-32C
};

struct ChunkHeader {
  static constexpr std::size_t kBytes = 88;
  static constexpr std::size_t kMessageBytes = 24;  ///< of each entry of the table

  std::uint64_t offset = 0;   ///< of the chunk in the file
  std::uint32_t session = 0;  ///< 0 for whoever began the recording, one more for each who went on with it
  std::uint32_t count = 0;    ///< messages, at least one
  std::uint64_t stored = 0;   ///< bytes of the zstd frame
  std::uint64_t raw = 0;      ///< bytes of the messages, uncompressed
  std::int64_t fromStep = kFromEverything;  ///< the session takes back what sessions before have of later steps
  std::int64_t firstStep = 0;               ///< the least
  std::int64_t lastStep = 0;                ///< the greatest
  std::int64_t firstTimeUs = 0;             ///< the least
  std::int64_t lastTimeUs = 0;              ///< the greatest
  std::uint32_t tableCheck = 0;             ///< CRC-32C of the table

  [[nodiscard]] std::uint64_t tableBytes() const noexcept { return std::uint64_t{count} * kMessageBytes; }
  /// Header and table: a chunk without its messages' contents. The index at the end repeats them.
  [[nodiscard]] std::uint64_t directoryBytes() const noexcept { return kBytes + tableBytes(); }
  [[nodiscard]] std::uint64_t totalBytes() const noexcept { return directoryBytes() + stored; }
};

/// The index stands behind the last chunk of a recording that was closed: this header, the directories of all chunks,
/// and the same header again with the magic of a trailer, which is found from the file's end.
struct IndexHeader {
  static constexpr std::size_t kBytes = 32;
  std::uint64_t offset = 0;          ///< of the index in the file
  std::uint64_t directoryBytes = 0;  ///< of all directories
  std::uint32_t chunks = 0;

  [[nodiscard]] std::uint64_t totalBytes() const noexcept { return 2 * kBytes + directoryBytes; }
};

enum class IndexEnd { header, trailer };

/// CRC-32C (Castagnoli): polynomial 0x1EDC6F41, reflected, initially and finally inverted (RFC 3720, B.4).
[[nodiscard]] std::uint32_t crc32c(BytesView bytes) noexcept;

/// Header and metadata. `metadata` is not above kMaximumMetadata.
[[nodiscard]] Bytes encodeFileHeader(std::string_view metadata);
[[nodiscard]] bool hasFileMagic(BytesView bytes) noexcept;
/// None: not the header of a recording, or a damaged one. Of a version above kVersion only the version is to be used.
[[nodiscard]] std::optional<FileHeader> decodeFileHeader(BytesView bytes) noexcept;

/// Fills in counts, ranges and the table's check; `messages` is not empty, their contents have `header.raw` bytes.
[[nodiscard]] Bytes encodeDirectory(ChunkHeader header, std::span<const MessageHeader> messages);
/// None unless it is a sound header, within the limits above. Its lengths may still reach past the file's end, and it
/// may be of another place than its `offset` (of a recording inside of a recording, say): who reads it compares.
[[nodiscard]] std::optional<ChunkHeader> decodeChunkHeader(BytesView bytes) noexcept;
/// None unless `table` is what the header says.
[[nodiscard]] std::optional<std::vector<MessageHeader>> decodeTable(const ChunkHeader& header, BytesView table);
/// The first place in `bytes` where a chunk's magic stands.
[[nodiscard]] std::optional<std::size_t> findChunkMagic(BytesView bytes) noexcept;

[[nodiscard]] Bytes encodeIndexHeader(const IndexHeader& header, IndexEnd end);
[[nodiscard]] std::optional<IndexHeader> decodeIndexHeader(BytesView bytes, IndexEnd end) noexcept;
[[nodiscard]] bool beginsIndex(BytesView bytes) noexcept;

}  // namespace pinwheel::recording
