#include "engine/recording/recording_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "engine/recording/scanner.h"

namespace pinwheel::recording {
namespace {

Error writingFailed(const std::string& why, const std::filesystem::path& path) {
  return {"The recording cannot be written", why,
          "free some space or check the disk; what was recorded before can be read", path.string()};
}

}  // namespace

RecordingWriter::RecordingWriter(std::filesystem::path path, const RecordingOptions& options)
    : m_path(std::move(path)), m_options(options), m_compressor(options.level) {
  m_options.chunkBytes = std::clamp<std::uint64_t>(m_options.chunkBytes, 1, kMaximumMessage);
}

Status RecordingWriter::lock() {
  m_lock.emplace();
  const auto locked = m_lock->acquire(m_path);
  if (!locked) return tl::unexpected(locked.error());
  if (!*locked)
    return failure("The recording is being written", "another training records to it",
                   "wait until that ends, or record to another file", m_path.string());
  return {};
}

Status RecordingWriter::openFile() {
  m_descriptor = ::open(m_path.c_str(), O_RDWR | O_CLOEXEC);
  if (m_descriptor < 0) return tl::unexpected(writingFailed(std::strerror(errno), m_path));
  return {};
}

Expected<std::unique_ptr<RecordingWriter>> RecordingWriter::create(const std::filesystem::path& path,
                                                                   std::string_view metadata,
                                                                   const RecordingOptions& options) {
  if (metadata.size() > kMaximumMetadata)
    return failure("The recording cannot be begun",
                   "its description has " + std::to_string(metadata.size()) + " bytes, at most " +
                       std::to_string(kMaximumMetadata) + " are possible",
                   "", path.string());
  std::error_code code;
  if (std::filesystem::exists(path, code))
    return failure("The recording cannot be begun", "there is a file of that name already",
                   "record to another file, or remove this one", path.string());
  std::unique_ptr<RecordingWriter> writer(new RecordingWriter(path, options));
  // Whole or not at all: a recording without its header could not be gone on with.
  const Bytes header = encodeFileHeader(metadata);
  const Status written = writeFileAtomically(path, [&](int descriptor) { return writeAll(descriptor, header, path); });
  if (!written) return tl::unexpected(written.error());
  if (const Status status = writer->lock(); !status) return tl::unexpected(status.error());
  if (const Status status = writer->openFile(); !status) return tl::unexpected(status.error());
  auto file = formats::FileSource::open(path);
  if (!file) return tl::unexpected(file.error());
  writer->m_file.emplace(std::move(*file));
  writer->m_end = header.size();
  return writer;
}

Expected<std::unique_ptr<RecordingWriter>> RecordingWriter::reopen(const std::filesystem::path& path,
                                                                   std::optional<std::int64_t> fromStep,
                                                                   const RecordingOptions& options) {
  // Before the lock, which would make the file that is missing.
  auto file = formats::FileSource::open(path);
  if (!file) return tl::unexpected(file.error());
  const auto opening = readOpening(*file, path.string());
  if (!opening) return tl::unexpected(opening.error());
  std::unique_ptr<RecordingWriter> writer(new RecordingWriter(path, options));
  if (const Status status = writer->lock(); !status) return tl::unexpected(status.error());
  if (const Status status = writer->openFile(); !status) return tl::unexpected(status.error());
  file->measure();  // the writer before may have ended between
  Scanner scanner(opening->firstChunk);
  scanner.advance(*file, [&writer, &file](const ChunkHeader& chunk, const std::vector<MessageHeader>& messages) {
    Bytes directory = encodeDirectory(chunk, messages);
    Bytes found(directory.size());
    const bool sound = file->read(chunk.offset, found.data(), found.size()) && found == directory;
    if (sound) directory = {};
    writer->m_chunks.push_back({chunk.offset, chunk.directoryBytes(), std::move(directory)});
    writer->m_session = std::max(writer->m_session, chunk.session + 1);
  });
  if (scanner.isUncertain())
    return failure("The recording cannot be gone on with",
                   "its end cannot be read, and going on would cut off what may still be saved there",
                   "check the disk, or record to another file", path.string());
  writer->m_fromStep = fromStep.value_or(kFromEverything);
  writer->m_end = scanner.end();
  if (file->size() > writer->m_end)
    if (const Status status = writer->cut(); !status) return tl::unexpected(status.error());
  writer->m_file.emplace(std::move(*file));
  return writer;
}

RecordingWriter::~RecordingWriter() {
  (void)close();
  closeFile();
}

void RecordingWriter::closeFile() noexcept {
  if (m_descriptor >= 0) ::close(std::exchange(m_descriptor, -1));
  m_lock.reset();
}

bool RecordingWriter::isOld(std::int64_t nowUs) const noexcept {
  if (m_table.empty()) return false;
  // A clock that was set back is a reason to begin anew, too. Unsigned: times may be any number.
  const std::int64_t first = m_table.front().timeUs;
  const auto age =
      static_cast<std::uint64_t>(std::max(nowUs, first)) - static_cast<std::uint64_t>(std::min(nowUs, first));
  return age >= static_cast<std::uint64_t>(std::max<std::int64_t>(m_options.chunkUs, 0));
}

Status RecordingWriter::append(std::uint32_t kind, std::int64_t step, std::int64_t timeUs, BytesView bytes) {
  if (m_descriptor < 0) return failure("Nothing more can be recorded", "the recording is closed", "", m_path.string());
  if (kind >= kKinds || bytes.size() > kMaximumMessage)
    return failure("This cannot be recorded",
                   "a message of kind " + std::to_string(kind) + " with " + std::to_string(bytes.size()) +
                       " bytes; kinds are below " + std::to_string(kKinds) + ", bytes at most " +
                       std::to_string(kMaximumMessage),
                   "", m_path.string());
  const bool full = m_raw.size() + bytes.size() > m_options.chunkBytes || m_table.size() == kMaximumCount;
  if (!m_table.empty() && (full || isOld(timeUs)))
    if (Status status = flush(); !status) return status;
  m_table.push_back({kind, static_cast<std::uint32_t>(bytes.size()), step, timeUs});
  m_raw.insert(m_raw.end(), bytes.begin(), bytes.end());
  if (m_raw.size() < m_options.chunkBytes) return {};
  Status status = flush();
  if (!status) {
    // An error means "not taken": so a full disk does not fill the memory as well.
    m_table.pop_back();
    m_raw.resize(m_raw.size() - bytes.size());
  }
  return status;
}

Status RecordingWriter::flushIfOld(std::int64_t nowUs) {
  return isOld(nowUs) ? flush() : Status{};
}

Status RecordingWriter::flush() {
  if (m_table.empty() || m_descriptor < 0) return {};
  ChunkHeader header;
  header.offset = m_end;
  header.session = m_session;
  header.fromStep = m_fromStep;
  header.raw = m_raw.size();
  header.count = static_cast<std::uint32_t>(m_table.size());
  const std::uint64_t directoryBytes = header.directoryBytes();
  m_chunk.assign(directoryBytes, std::byte{0});
  if (Status status = m_compressor.compress(m_raw, m_chunk); !status) return status;
  header.stored = m_chunk.size() - directoryBytes;
  const Bytes directory = encodeDirectory(header, m_table);
  std::copy(directory.begin(), directory.end(), m_chunk.begin());
  if (Status status = write(m_chunk); !status) return status;
  m_chunks.push_back({header.offset, directoryBytes, {}});
  m_table.clear();
  m_raw.clear();
  // One message of many megabytes is no reason to hold so many until the end.
  if (m_raw.capacity() > 2 * m_options.chunkBytes) {
    Bytes().swap(m_raw);
    Bytes().swap(m_chunk);
  }
  return {};
}

Status RecordingWriter::cut() {
  while (::ftruncate(m_descriptor, static_cast<off_t>(m_end)) != 0)
    if (errno != EINTR) return tl::unexpected(writingFailed(std::strerror(errno), m_path));
  m_torn = false;
  return {};
}

Status RecordingWriter::write(BytesView bytes) {
  if (m_torn)
    if (Status status = cut(); !status) return status;
  if (::lseek(m_descriptor, static_cast<off_t>(m_end), SEEK_SET) < 0)
    return tl::unexpected(writingFailed(std::strerror(errno), m_path));
  m_torn = true;
  if (const Status status = writeAll(m_descriptor, bytes, m_path); !status) {
    (void)cut();  // if it fails, the next write tries again
    return tl::unexpected(writingFailed(status.error().why, m_path));
  }
  m_torn = false;
  m_end += bytes.size();
  return {};
}

Status RecordingWriter::sync() {
  if (m_descriptor < 0) return {};
  if (Status status = flush(); !status) return status;
  if (::fsync(m_descriptor) != 0) return tl::unexpected(writingFailed(std::strerror(errno), m_path));
  return {};
}

Status RecordingWriter::writeIndex() {
  m_file->measure();
  IndexHeader header;
  header.offset = m_end;
  header.chunks = static_cast<std::uint32_t>(m_chunks.size());
  for (const Place& chunk : m_chunks) header.directoryBytes += chunk.directoryBytes;
  const std::uint64_t end = m_end;
  const auto abandon = [this, end](const Error& error) -> Status {
    m_end = end;
    m_torn = true;
    (void)cut();
    return tl::unexpected(error);
  };
  constexpr std::size_t kBlock = 1U << 20;
  Bytes block = encodeIndexHeader(header, IndexEnd::header);
  for (const Place& chunk : m_chunks) {
    const std::size_t before = block.size();
    block.insert(block.end(), chunk.directory.begin(), chunk.directory.end());
    block.resize(before + chunk.directoryBytes);
    if (chunk.directory.empty() && !m_file->read(chunk.offset, block.data() + before, chunk.directoryBytes))
      return abandon(writingFailed("the disk does not give back what was written", m_path));
    if (block.size() < kBlock) continue;
    if (const Status status = write(block); !status) return abandon(status.error());
    block.clear();
  }
  const Bytes trailer = encodeIndexHeader(header, IndexEnd::trailer);
  block.insert(block.end(), trailer.begin(), trailer.end());
  if (const Status status = write(block); !status) return abandon(status.error());
  return {};
}

Status RecordingWriter::close() {
  if (m_descriptor < 0) return {};
  Status status = flush();
  if (status) status = writeIndex();
  if (::fsync(m_descriptor) != 0 && status) status = tl::unexpected(writingFailed(std::strerror(errno), m_path));
  closeFile();
  return status;
}

}  // namespace pinwheel::recording
