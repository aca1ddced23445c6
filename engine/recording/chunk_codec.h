// The contents of a chunk's messages as one zstd frame. The frame holds its size and a checksum of its content (the
// lower half of XXH64), so that a flipped bit is an error and never other content.
#pragma once

#include <memory>

#include "engine/core/error.h"
#include "engine/recording/layout.h"

struct ZSTD_CCtx_s;

namespace pinwheel::recording {

/// Keeps its tables from chunk to chunk. One thread at a time.
class ChunkCompressor {
public:
  /// `level`: zstd's, 1 (fast) to 19 (small).
  explicit ChunkCompressor(int level);
  /// Appends the frame to `out`. Error: there is no memory for it.
  Status compress(BytesView raw, Bytes& out);

private:
  struct Free {
    void operator()(ZSTD_CCtx_s* context) const noexcept;
  };
  std::unique_ptr<ZSTD_CCtx_s, Free> m_context;
};

/// `rawBytes` bytes, or nullptr: the frame is damaged or holds another number of them.
[[nodiscard]] std::unique_ptr<std::byte[]> decompressChunk(BytesView frame, std::uint64_t rawBytes);

}  // namespace pinwheel::recording
