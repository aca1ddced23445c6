#include "engine/formats/safetensors.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

// Format: https://github.com/huggingface/safetensors
namespace pinwheel::formats {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaximumHeader = 100'000'000;
constexpr const char* kMetadata = "__metadata__";

std::optional<DType> dtypeNamed(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(DType::float64); ++i)
    if (name == safetensorsName(static_cast<DType>(i))) return static_cast<DType>(i);
  return std::nullopt;
}

tl::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& why) {
  return failure("The file cannot be read as safetensors", why, "restore it from a backup, or save it again",
                 path.string());
}

// A file descriptor that reads at offsets.
class Source {
public:
  explicit Source(const std::filesystem::path& path) : m_descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat info {};
    if (m_descriptor >= 0 && ::fstat(m_descriptor, &info) == 0 && S_ISREG(info.st_mode))
      m_size = static_cast<std::uint64_t>(info.st_size);
    m_errno = errno;
  }
  ~Source() {
    if (m_descriptor >= 0) ::close(m_descriptor);
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] bool open() const noexcept { return m_descriptor >= 0; }
  [[nodiscard]] std::string reason() const { return std::strerror(m_errno); }
  [[nodiscard]] std::uint64_t size() const noexcept { return m_size; }
  [[nodiscard]] bool read(std::uint64_t offset, void* to, std::uint64_t count) const {
    auto* at = static_cast<char*>(to);
    while (count > 0) {
      const ssize_t got = ::pread(m_descriptor, at, count, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      at += got;
      offset += static_cast<std::uint64_t>(got);
      count -= static_cast<std::uint64_t>(got);
    }
    return true;
  }

private:
  int m_descriptor;
  std::uint64_t m_size = 0;
  int m_errno = 0;
};

// Names twice in one object are silently merged by JSON parsers; here they are an error. Nesting is bounded too.
class HeaderCheck {
public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    if (depth > 4) m_problem = "its header is nested too deeply";
    if (event == json::parse_event_t::object_start)
      m_keys.resize(std::max<std::size_t>(m_keys.size(), static_cast<std::size_t>(depth) + 2));
    if (event == json::parse_event_t::object_start) m_keys[static_cast<std::size_t>(depth) + 1].clear();
    if (event == json::parse_event_t::key && m_problem.empty()) {
      const auto level = static_cast<std::size_t>(depth);
      if (level < m_keys.size() && !m_keys[level].insert(parsed.get<std::string>()).second)
        m_problem = "its header has \"" + parsed.get<std::string>() + "\" twice";
    }
    return m_problem.empty();
  }
  [[nodiscard]] const std::string& problem() const noexcept { return m_problem; }

private:
  std::vector<std::set<std::string>> m_keys;
  std::string m_problem;
};

struct Entry {
  std::string name;
  HostTensor tensor;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

// One tensor's line of the header; the reason why not otherwise.
Expected<Entry> parseEntry(const std::string& name, const json& value, const std::filesystem::path& path) {
  const auto bad = [&](const std::string& why) { return refuse(path, "tensor \"" + name + "\": " + why); };
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") || !value.contains("data_offsets"))
    return bad("dtype, shape or data_offsets is missing");
  if (!value["dtype"].is_string()) return bad("its dtype is not a text");
  const auto dtype = dtypeNamed(value["dtype"].get<std::string>());
  if (!dtype) return bad("its dtype " + value["dtype"].get<std::string>() + " is not known");
  Entry entry;
  entry.name = name;
  entry.tensor.dtype = *dtype;
  std::uint64_t bytes = byteSize(*dtype);
  if (!value["shape"].is_array() || value["shape"].size() > 32) return bad("its shape is malformed");
  for (const json& extent : value["shape"]) {
    if (!extent.is_number_unsigned()) return bad("its shape is malformed");
    const auto number = extent.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
        __builtin_mul_overflow(bytes, number, &bytes))
      return bad("its shape is too large");
    entry.tensor.shape.push_back(static_cast<std::int64_t>(number));
  }
  const json& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned())
    return bad("its data_offsets are malformed");
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  if (entry.end < entry.begin || entry.end - entry.begin != bytes)
    return bad("its data_offsets do not fit " + entry.tensor.describe());
  return entry;
}

struct Header {
  std::vector<Entry> entries;  // in the order of their data
  std::map<std::string, std::string> metadata;
  std::uint64_t dataStart = 0;
};

Expected<Header> readHeader(const Source& source, const std::filesystem::path& path) {
  if (!source.open()) return failure("The file cannot be opened", source.reason(), "check the path", path.string());
  std::array<unsigned char, 8> prefix{};
  if (source.size() < 8 || !source.read(0, prefix.data(), 8)) return refuse(path, "it has fewer than 8 bytes");
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | prefix[i];
  if (length > kMaximumHeader || length > source.size() - 8)
    return refuse(
        path, "its header claims " + std::to_string(length) + " bytes, the file has " + std::to_string(source.size()));
  std::string text(length, '\0');
  if (!source.read(8, text.data(), length)) return refuse(path, "its header cannot be read");
  HeaderCheck check;
  const json root = json::parse(text, std::ref(check), false);
  if (!check.problem().empty()) return refuse(path, check.problem());
  if (root.is_discarded() || !root.is_object()) return refuse(path, "its header is not valid JSON");

  Header header;
  header.dataStart = 8 + length;
  for (const auto& [name, value] : root.items()) {
    if (name == kMetadata) {
      if (!value.is_object()) return refuse(path, "its metadata is not an object");
      for (const auto& [key, item] : value.items()) {
        if (!item.is_string()) return refuse(path, "its metadata \"" + key + "\" is not a text");
        header.metadata[key] = item.get<std::string>();
      }
      continue;
    }
    auto entry = parseEntry(name, value, path);
    if (!entry) return tl::unexpected(entry.error());
    header.entries.push_back(std::move(*entry));
  }
  std::sort(header.entries.begin(), header.entries.end(),
            [](const Entry& a, const Entry& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::uint64_t at = 0;
  for (const Entry& entry : header.entries) {
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
    const Source source(path);
    auto header = readHeader(source, path);
    if (!header) return tl::unexpected(header.error());
    SafetensorsFile file;
    file.metadata = std::move(header->metadata);
    for (Entry& entry : header->entries) {
      if (withData) {
        entry.tensor.bytes.resize(entry.end - entry.begin);
        if (!source.read(header->dataStart + entry.begin, entry.tensor.bytes.data(), entry.tensor.bytes.size()))
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
