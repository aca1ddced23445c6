#include "engine/recording/recording_reader.h"

#include <algorithm>

#include "engine/recording/chunk_codec.h"

namespace pinwheel::recording {

// Finding a chunk in the cache takes time with their number: small ones are not worth more.
constexpr std::size_t kMaximumCached = 256;

Expected<RecordingReader> RecordingReader::open(const std::filesystem::path& path, std::uint64_t cacheBytes) {
  auto file = formats::FileSource::open(path);
  if (!file) return tl::unexpected(file.error());
  auto opening = readOpening(*file, path.string());
  if (!opening) return tl::unexpected(opening.error());
  RecordingReader reader(std::move(*file), path, std::move(*opening), cacheBytes);
  reader.scan();
  return reader;
}

RecordingReader::RecordingReader(formats::FileSource file, std::filesystem::path path, Opening opening,
                                 std::uint64_t cacheBytes)
    : m_file(std::move(file)),
      m_path(std::move(path)),
      m_metadata(std::move(opening.metadata)),
      m_metadataDamaged(opening.metadataDamaged),
      m_scanner(opening.firstChunk),
      m_cacheBytes(cacheBytes) {}

void RecordingReader::scan() {
  m_scanner.advance(
      m_file, [this](const ChunkHeader& chunk, const std::vector<MessageHeader>& messages) { take(chunk, messages); });
  m_index.settle();
}

void RecordingReader::take(const ChunkHeader& chunk, const std::vector<MessageHeader>& messages) {
  if (!m_chunks.empty() && chunk.session > m_chunks.back().session) m_index.beginSession(chunk.fromStep);
  const auto number = static_cast<std::uint32_t>(m_chunks.size());
  m_chunks.push_back(chunk);
  std::uint32_t offset = 0;
  for (const MessageHeader& header : messages) {
    m_index.add(m_messages.size(), header);
    m_messages.push_back({header, number, offset});
    offset += header.bytes;  // the table was found to sum up to no more than kMaximumMessage
  }
}

Expected<bool> RecordingReader::refresh() {
  m_file.measure();
  if (m_file.size() < m_scanner.end())
    return failure("The recording became shorter", "another program cut it, or wrote it anew", "open it again",
                   m_path.string());
  const std::size_t before = m_messages.size();
  scan();
  return m_messages.size() > before;
}

const std::byte* RecordingReader::rawOf(std::uint32_t chunk) {
  const auto found =
      std::find_if(m_cache.begin(), m_cache.end(), [chunk](const Cached& cached) { return cached.chunk == chunk; });
  if (found != m_cache.end()) {
    m_cache.splice(m_cache.begin(), m_cache, found);
    return m_cache.front().raw.get();
  }
  const ChunkHeader& header = m_chunks[chunk];
  Bytes frame(header.stored);
  if (!m_file.read(header.offset + header.directoryBytes(), frame.data(), frame.size())) return nullptr;
  auto raw = decompressChunk(frame, header.raw);
  if (!raw) return nullptr;
  m_cache.push_front({chunk, std::move(raw)});
  m_cached += header.raw;
  while (m_cache.size() > 1 && (m_cached > m_cacheBytes || m_cache.size() > kMaximumCached)) {
    m_cached -= m_chunks[m_cache.back().chunk].raw;
    m_cache.pop_back();
  }
  return m_cache.front().raw.get();
}

Expected<Bytes> RecordingReader::read(std::size_t number) {
  const Message& message = m_messages[number];
  const std::byte* raw = rawOf(message.chunk);
  if (raw == nullptr) {
    const ChunkHeader& chunk = m_chunks[message.chunk];
    return failure("A part of the recording cannot be read",
                   "its " + std::to_string(chunk.stored) + " bytes of steps " + std::to_string(chunk.firstStep) +
                       " to " + std::to_string(chunk.lastStep) + " are damaged",
                   "go to another step: the other parts can be read", m_path.string());
  }
  return Bytes(raw + message.offset, raw + message.offset + message.header.bytes);
}

Losses RecordingReader::losses() const noexcept {
  return {m_scanner.tailBytes(), m_scanner.damagedBytes(), m_metadataDamaged};
}

}  // namespace pinwheel::recording
