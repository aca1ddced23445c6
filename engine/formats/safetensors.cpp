#include "engine/formats/safetensors.h"

#include <algorithm>
#include <array>
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

tl::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& why) {
  return failure("The file cannot be read as safetensors", why, "restore it from a backup, or save it again",
                 path.string());
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

Expected<SafetensorsFile> load(const std::filesystem::path& path, bool withData) {
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
    for (SafetensorsEntry& entry : header->contents.entries) {
      if (withData) {
        entry.tensor.bytes.resize(entry.end - entry.begin);
        if (!source->read(header->dataStart + entry.begin, entry.tensor.bytes.data(), entry.tensor.bytes.size()))
          return refuse(path, "tensor \"" + entry.name + "\" cannot be read");
      }
      file.tensors.emplace(entry.name, std::move(entry.tensor));
    }
    return file;
  } catch (const std::exception& error) {
    return refuse(path, error.what());
  }
}

}  // namespace

Status saveSafetensors(const std::filesystem::path& path, const SafetensorsFile& file, Backup backup) {
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
  return writeFileAtomically(
      path,
      [&](int descriptor) {
        Status status = writeAll(descriptor, prefix, path);
        if (status) status = writeAll(descriptor, std::as_bytes(std::span(header)), path);
        for (const auto& [name, tensor] : file.tensors)
          if (status) status = writeAll(descriptor, tensor.bytes, path);
        return status;
      },
      backup);
}

Expected<SafetensorsFile> loadSafetensors(const std::filesystem::path& path) {
  return load(path, true);
}
Expected<SafetensorsFile> loadSafetensorsHeader(const std::filesystem::path& path) {
  return load(path, false);
}

}  // namespace pinwheel::formats
