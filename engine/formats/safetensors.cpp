#include "engine/formats/safetensors.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/formats/file_source.h"
#include "engine/formats/safetensors_header.h"

// Format: https://github.com/huggingface/safetensors
namespace pinwheel::formats {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaximumHeader = 16 << 20;
constexpr const char* kMetadata = "__metadata__";
// Between two reports: well below 0.2 s on a slow disk.
constexpr std::uint64_t kPiece = 4 << 20;

tl::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& why) {
  return failure("The file cannot be read as safetensors", why, "restore it from a backup, or save it again",
                 path.string());
}

Status givenUp(const char* what, const std::filesystem::path& path) {
  return failure(what, "it was given up before it was whole", "do it again", path.string());
}

// Calls `piece(begin, count)` for one piece behind the other until one of them refuses.
template <class Piece>
Status inPieces(std::uint64_t size, const Piece& piece) {
  for (std::uint64_t begin = 0; begin < size; begin += kPiece)
    if (Status status = piece(begin, std::min(kPiece, size - begin)); !status) return status;
  return {};
}

struct Header {
  SafetensorsHeader contents;  // the entries in the order of their data
  std::uint64_t dataStart = 0;
};

Expected<Header> readHeader(const FileSource& source, const std::filesystem::path& path) {
  std::array<unsigned char, 8> prefix{};
  if (!source.read(0, prefix.data(), prefix.size())) return refuse(path, "it has fewer than 8 bytes");
  std::uint64_t length = 0;
  for (std::size_t i = prefix.size(); i-- > 0;) length = length << 8 | prefix[i];
  if (length > source.size() - prefix.size())
    return refuse(
        path, "its header claims " + std::to_string(length) + " bytes, the file has " + std::to_string(source.size()));
  if (length > kMaximumHeader)
    return refuse(path, "its header claims " + std::to_string(length) + " bytes, at most " +
                            std::to_string(kMaximumHeader) + " are read");
  std::string text(length, '\0');
  if (!source.read(prefix.size(), text.data(), length)) return refuse(path, "its header cannot be read");
  auto contents = parseSafetensorsHeader(text);
  if (!contents) return refuse(path, contents.error());
  Header header{std::move(*contents), prefix.size() + length};
  auto& entries = header.contents.entries;
  std::sort(entries.begin(), entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t at = 0;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.begin != at) return refuse(path, "tensor \"" + entry.name + "\" overlaps another or leaves a hole");
    at = entry.end;
  }
  const std::uint64_t present = source.size() - header.dataStart;
  if (at != present)
    return refuse(path, "its tensors need " + std::to_string(at) + " bytes of data, " + std::to_string(present) +
                            " are there" + (present < at ? " (truncated)" : ""));
  return header;
}

Expected<SafetensorsFile> load(const std::filesystem::path& path, bool withData, const ByteProgress& progress) {
  try {
    const auto source = FileSource::open(path);
    if (!source) return tl::unexpected(source.error());
    auto header = readHeader(*source, path);
    if (!header) return tl::unexpected(header.error());
    if (withData && source->size() > physicalMemoryBytes())
      return refuse(path, "its tensors need " + std::to_string(source->size()) + " bytes, this machine has " +
                              std::to_string(physicalMemoryBytes()) + " bytes of memory");
    SafetensorsFile file;
    file.metadata = std::move(header->contents.metadata);
    const std::uint64_t total = source->size() - header->dataStart;
    for (SafetensorsEntry& entry : header->contents.entries) {
      if (withData) {
        entry.tensor.bytes.resize(entry.end - entry.begin);
        const Status whole =
            inPieces(entry.tensor.bytes.size(), [&](std::uint64_t begin, std::uint64_t count) -> Status {
              const std::uint64_t done = entry.begin + begin;
              if (progress && !progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(total)))
                return givenUp("The file was not read", path);
              if (!source->read(header->dataStart + done, entry.tensor.bytes.data() + begin, count))
                return refuse(path, "tensor \"" + entry.name + "\" cannot be read");
              return {};
            });
        if (!whole) return tl::unexpected(whole.error());
      }
      file.tensors.emplace(entry.name, std::move(entry.tensor));
    }
    return file;
  } catch (const std::exception& error) {
    return refuse(path, error.what());
  }
}

}  // namespace

Status saveSafetensors(const std::filesystem::path& path, const SafetensorsFile& file, Backup backup,
                       const ByteProgress& progress) {
  json root = json::object();
  if (!file.metadata.empty()) root[kMetadata] = file.metadata;
  std::uint64_t at = 0;
  for (const auto& [name, tensor] : file.tensors) {
    if (name == kMetadata)
      return failure("A tensor cannot be named " + name, "the format keeps that name", "", path.string());
    const std::uint64_t end = at + tensor.bytes.size();
    root[name] = {{"dtype", safetensorsName(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  std::string header;
  try {
    header = root.dump();
  } catch (const std::exception& error) {
    return failure("The file's header cannot be written", error.what(), "names and metadata must be UTF-8",
                   path.string());
  }
  header.append((8 - header.size() % 8) % 8, ' ');
  if (header.size() > kMaximumHeader)
    return failure("The file's header is too large", std::to_string(header.size()) + " bytes", "shorten the metadata",
                   path.string());
  std::array<std::byte, 8> prefix{};
  for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<std::byte>(header.size() >> (8 * i) & 0xFF);
  std::uint64_t done = 0;
  std::uint64_t synced = 0;
  const auto writePiece = [&](int descriptor, std::span<const std::byte> bytes) -> Status {
    if (progress && !progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(at)))
      return givenUp("The file was not written", path);
    if (Status status = writeAll(descriptor, bytes, path); !status) return status;
    done += bytes.size();
    // To the disk on the way: otherwise all of it would wait for one sync at the end that nobody can interrupt.
    if (!progress || done - synced < kPiece) return {};
    synced = done;
    if (::fdatasync(descriptor) != 0 && errno != EINVAL)
      return failure("The file cannot be synced", std::strerror(errno), "check the disk; the file there is as it was",
                     path.string());
    return {};
  };
  return writeFileAtomically(
      path,
      [&](int descriptor) {
        Status status = writeAll(descriptor, prefix, path);
        if (status) status = writeAll(descriptor, std::as_bytes(std::span(header)), path);
        for (const auto& [name, tensor] : file.tensors)
          if (status)
            status = inPieces(tensor.bytes.size(), [&](std::uint64_t begin, std::uint64_t count) {
              return writePiece(descriptor, std::span<const std::byte>(tensor.bytes).subspan(begin, count));
            });
        return status;
      },
      backup);
}

Expected<SafetensorsFile> loadSafetensors(const std::filesystem::path& path, const ByteProgress& progress) {
  return load(path, true, progress);
}
Expected<SafetensorsFile> loadSafetensorsHeader(const std::filesystem::path& path) {
  return load(path, false, {});
}

}  // namespace pinwheel::formats
