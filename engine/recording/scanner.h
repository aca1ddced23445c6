// Finds the chunks of a recording: from the index at its end, or, where that is missing, one after the other. Reads
// headers and tables alone, so that its time goes with the number of chunks and not with their bytes.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/file_source.h"
#include "engine/recording/layout.h"

namespace pinwheel::recording {

/// What of a recording cannot be read.
struct Losses {
  std::uint64_t tailBytes = 0;     ///< behind the last whole chunk: of one that a killed writer, or one at work, began
  std::uint64_t damagedBytes = 0;  ///< between whole chunks, or between the last one and the index
  bool metadata = false;

  /// One sentence or two for a person; empty when nothing is lost.
  [[nodiscard]] std::string text() const;
};

/// The header of the file behind `path`, its metadata, and where its chunks begin.
struct Opening {
  std::string metadata;
  bool metadataDamaged = false;  ///< then `metadata` is empty
  std::uint64_t firstChunk = 0;
};
/// Error: not a recording, one of a newer version, or one whose header is damaged.
Expected<Opening> readOpening(const formats::FileSource& file, const std::string& path);

/// Goes through a file that may grow between two calls. One thread at a time.
class Scanner {
public:
  using OnChunk = std::function<void(const ChunkHeader&, std::vector<MessageHeader>)>;

  explicit Scanner(std::uint64_t firstChunk) : m_end(firstChunk), m_untouched(true) {}
  /// Tells every whole chunk that it has not told yet, in the order of the file. Damaged ones are passed over: by their
  /// length where their header is sound, otherwise by looking for the next header.
  void advance(const formats::FileSource& file, const OnChunk& onChunk);

  /// Where the last whole chunk ends: here a writer goes on, and whatever stands behind may be cut off.
  [[nodiscard]] std::uint64_t end() const noexcept { return m_end; }
  [[nodiscard]] std::uint64_t tailBytes() const noexcept { return m_tailBytes; }
  [[nodiscard]] std::uint64_t damagedBytes() const noexcept { return m_damagedBytes; }
  /// An index stands whole at the end: the recording was closed and nobody has gone on with it since.
  [[nodiscard]] bool isClosed() const noexcept { return m_closed; }
  /// What stands behind end() was not looked at to its end: the disk failed, or more is damaged in a row than any chunk
  /// holds. Then it must not be cut off.
  [[nodiscard]] bool isUncertain() const noexcept { return m_uncertain; }

private:
  struct Look;
  [[nodiscard]] Look look(const formats::FileSource& file, std::uint64_t at);
  bool readIndex(const formats::FileSource& file, const OnChunk& onChunk);
  [[nodiscard]] std::optional<std::uint64_t> nextHeader(const formats::FileSource& file, std::uint64_t from);

  std::uint64_t m_end;
  std::uint64_t m_tailBytes = 0;
  std::uint64_t m_damagedBytes = 0;
  std::uint64_t m_searched = 0;  ///< no header begins between m_end and here
  bool m_closed = false;
  bool m_uncertain = false;
  bool m_untouched;  ///< advance was not called yet
};

}  // namespace pinwheel::recording
