// Reads a recording, also while another process writes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/file_source.h"
#include "engine/recording/layout.h"
#include "engine/recording/message_index.h"
#include "engine/recording/scanner.h"

namespace pinwheel::recording {

/// One thread at a time; several readers of one file, in one process or many, do not disturb each other or the writer.
/// Opening reads headers alone; memory: 64 bytes a message, and the cache.
class RecordingReader {
public:
  static constexpr std::uint64_t kCacheBytes = 64ULL << 20;

  /// A recording whose end is missing, or which is damaged, opens with what of it is whole: see losses(). `cacheBytes`:
  /// uncompressed chunks that are kept, the one read last in any case. Error: there is no such file, it is not a
  /// recording, it is of a newer version, or its first bytes are damaged.
  static Expected<RecordingReader> open(const std::filesystem::path& path, std::uint64_t cacheBytes = kCacheBytes);

  /// The JSON text that the recording was begun with; empty when losses() say that it is damaged. Nobody has checked it
  /// but for having arrived as it was written.
  [[nodiscard]] const std::string& metadata() const noexcept { return m_metadata; }

  /// Messages in the order in which they were recorded; a number stays that message's, also after refresh().
  [[nodiscard]] std::size_t size() const noexcept { return m_messages.size(); }
  /// `message` < size().
  [[nodiscard]] const MessageHeader& header(std::size_t message) const { return m_messages[message].header; }
  /// The session that recorded it: 0 for the first, one more each time that a recording was gone on with.
  [[nodiscard]] std::uint32_t session(std::size_t message) const { return m_chunks[m_messages[message].chunk].session; }

  /// The state at a step: the message of that kind with the greatest step at or before it, and of several the one
  /// recorded last. Steps that a resumed training took back are not found. None: there is none so early.
  [[nodiscard]] std::optional<std::size_t> lastAtStep(std::uint32_t kind, std::int64_t step) const {
    return m_index.lastAtStep(kind, step);
  }
  /// The same by wall clock; here what was taken back later is found as it happened.
  [[nodiscard]] std::optional<std::size_t> lastAtTime(std::uint32_t kind, std::int64_t timeUs) const {
    return m_index.lastAtTime(kind, timeUs);
  }
  /// For time lines and for playing: kinds, and all messages of a kind in order.
  [[nodiscard]] const MessageIndex& index() const noexcept { return m_index; }

  /// The content of a message, as it was given to RecordingWriter::append. Error: its chunk is damaged (others can be
  /// read), or the disk fails.
  Expected<Bytes> read(std::size_t message);

  /// Takes in what was written meanwhile: true when there are new messages. Cheap when there is nothing. Error: the
  /// file became shorter than what was already read of it; open it again.
  Expected<bool> refresh();

  /// The recording was closed by its writer, and nobody has gone on with it as of the last refresh().
  [[nodiscard]] bool isClosed() const noexcept { return m_scanner.isClosed(); }
  [[nodiscard]] Losses losses() const noexcept;

private:
  struct Message {
    MessageHeader header;
    std::uint32_t chunk = 0;
    std::uint32_t offset = 0;  ///< in the uncompressed chunk
  };
  struct Cached {
    std::uint32_t chunk = 0;
    std::unique_ptr<std::byte[]> raw;
  };

  RecordingReader(formats::FileSource file, std::filesystem::path path, Opening opening, std::uint64_t cacheBytes);
  void scan();
  void take(const ChunkHeader& chunk, const std::vector<MessageHeader>& messages);
  /// nullptr: it is damaged.
  const std::byte* rawOf(std::uint32_t chunk);

  formats::FileSource m_file;
  std::filesystem::path m_path;
  std::string m_metadata;
  bool m_metadataDamaged;
  Scanner m_scanner;
  std::vector<ChunkHeader> m_chunks;
  std::vector<Message> m_messages;
  MessageIndex m_index;
  std::list<Cached> m_cache;   ///< the one used last in front
  std::uint64_t m_cached = 0;  ///< bytes
  std::uint64_t m_cacheBytes;
};

}  // namespace pinwheel::recording
