#include "engine/recording/chunk_codec.h"

#include <zstd.h>

namespace pinwheel::recording {

void ChunkCompressor::Free::operator()(ZSTD_CCtx_s* context) const noexcept {
  ZSTD_freeCCtx(context);
}

ChunkCompressor::ChunkCompressor(int level) : m_context(ZSTD_createCCtx()) {
  if (!m_context) return;
  ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_contentSizeFlag, 1);
}

Status ChunkCompressor::compress(BytesView raw, Bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + ZSTD_compressBound(raw.size()));
  const std::size_t written =
      m_context ? ZSTD_compress2(m_context.get(), out.data() + before, out.size() - before, raw.data(), raw.size()) : 0;
  if (!m_context || ZSTD_isError(written) != 0)
    return failure("The recording cannot be compressed", m_context ? ZSTD_getErrorName(written) : "out of memory",
                   "close other programs and try again");
  out.resize(before + written);
  return {};
}

std::unique_ptr<std::byte[]> decompressChunk(BytesView frame, std::uint64_t rawBytes) {
  // Before anything is allocated: the frame itself must promise the size that the chunk's header does.
  if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != rawBytes) return nullptr;
  auto raw = std::make_unique_for_overwrite<std::byte[]>(rawBytes);
  const std::size_t got = ZSTD_decompress(raw.get(), rawBytes, frame.data(), frame.size());
  if (ZSTD_isError(got) != 0 || got != rawBytes) return nullptr;
  return raw;
}

}  // namespace pinwheel::recording
