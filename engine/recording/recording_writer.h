// Writes a recording: one file that only grows, so that a killed process loses what was not yet flushed and nothing
// else (docs/recording.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/files.h"
#include "engine/formats/file_source.h"
#include "engine/recording/chunk_codec.h"
#include "engine/recording/layout.h"

namespace pinwheel::recording {

/// When a chunk is full. Larger ones are compressed better; smaller ones are lost less of.
struct RecordingOptions {
  std::uint64_t chunkBytes = 1ULL << 20;  ///< uncompressed
  std::int64_t chunkUs = 2'000'000;       ///< between the times of a chunk's first message and of the newest
  int level = 3;                          ///< of zstd, 1 to 19
};

/// One thread at a time. Compresses and writes on that thread: some milliseconds, once a chunk is full.
///
/// What is safe when: a message is in memory alone until its chunk is written (full, flush(), flushIfOld()); from then
/// on the kernel has it, and it outlives the process however that ends. Against loss of power only sync() and close()
/// help: no chunk is synced by itself, since that may take as long as the disk likes.
///
/// Every failed write is cut off the file again, which stays readable. The messages of the chunk are kept, and written
/// with the next attempt.
class RecordingWriter {
public:
  /// Begins a recording and syncs its header. `metadata`: JSON text of 1 MiB at most, not looked into. Error: there is
  /// a file of that name already, or it cannot be written.
  static Expected<std::unique_ptr<RecordingWriter>> create(const std::filesystem::path& path, std::string_view metadata,
                                                           const RecordingOptions& options = {});
  /// Goes on with a recording: cuts off its index, or the unfinished chunk that a killed writer left, and begins a new
  /// session behind the last whole chunk. `fromStep`: the training goes on from there, so that later steps of sessions
  /// before are taken back: they stay in the file, and readers no longer find them by step. Error: as for readers, or
  /// another process is writing it.
  static Expected<std::unique_ptr<RecordingWriter>> reopen(const std::filesystem::path& path,
                                                           std::optional<std::int64_t> fromStep = {},
                                                           const RecordingOptions& options = {});
  /// Closes it; whoever wants to hear of an error calls close().
  ~RecordingWriter();
  RecordingWriter(const RecordingWriter&) = delete;
  RecordingWriter& operator=(const RecordingWriter&) = delete;

  /// Adds a message: `kind` is below kKinds, `bytes` are kMaximumMessage at most. Error: it was not taken, for a full
  /// disk most often; all before it are kept, and the next one may be tried.
  Status append(std::uint32_t kind, std::int64_t step, std::int64_t timeUs, BytesView bytes);
  /// Writes the messages that wait, if the first of them is older than RecordingOptions::chunkUs: for a loop that may
  /// have nothing to append for long.
  Status flushIfOld(std::int64_t nowUs);
  /// Writes the messages that wait, as a chunk of their own.
  Status flush();
  /// Flushes, and waits until the disk has it.
  Status sync();
  /// Flushes, writes the index, syncs. Without it, or when it fails, the recording can be read and gone on with all the
  /// same. Again: nothing.
  Status close();

  /// Of the file so far: what waits does not count.
  [[nodiscard]] std::uint64_t fileBytes() const noexcept { return m_end; }

private:
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t directoryBytes = 0;
    Bytes directory{};  ///< where the file's is damaged, and the index that was cut off had another; otherwise empty
  };

  RecordingWriter(std::filesystem::path path, const RecordingOptions& options);
  Status lock();
  Status openFile();
  /// Writes behind the last chunk; on failure what was written of it is cut off again.
  Status write(BytesView bytes);
  Status cut();
  Status writeIndex();
  [[nodiscard]] bool isOld(std::int64_t nowUs) const noexcept;
  void closeFile() noexcept;

  std::filesystem::path m_path;
  RecordingOptions m_options;
  std::optional<FileLock> m_lock;
  std::optional<formats::FileSource> m_file;  ///< the same file, to read directories back for the index
  int m_descriptor = -1;
  ChunkCompressor m_compressor;
  std::uint64_t m_end = 0;  ///< where the next chunk begins
  bool m_torn = false;      ///< there are bytes behind m_end
  std::uint32_t m_session = 0;
  std::int64_t m_fromStep = kFromEverything;
  std::vector<Place> m_chunks;
  std::vector<MessageHeader> m_table;  ///< of the messages that wait
  Bytes m_raw;                         ///< their contents
  Bytes m_chunk;                       ///< room to write from
};

}  // namespace pinwheel::recording
