#include "engine/formats/npy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "engine/core/files.h"

// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
namespace pinwheel::formats {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::uint64_t kMaximumBytes = 1ULL << 40;
constexpr std::size_t kMaximumAxes = 32;

struct Descr {
  DType dtype;
  std::string_view text;
};
constexpr std::array<Descr, 9> kDescrs{{{DType::boolean, "|b1"},
                                        {DType::uint8, "|u1"},
                                        {DType::int8, "|i1"},
                                        {DType::int16, "<i2"},
                                        {DType::int32, "<i4"},
                                        {DType::int64, "<i8"},
                                        {DType::float16, "<f2"},
                                        {DType::float32, "<f4"},
                                        {DType::float64, "<f8"}}};

struct Header {
  DType dtype = DType::float32;
  bool fortran = false;
  std::vector<std::int64_t> shape;
};

// Text after "'key':" of the header's Python dictionary.
std::optional<std::string_view> field(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string name = quote + std::string(key) + quote;
    const auto at = header.find(name);
    if (at == std::string_view::npos) continue;
    auto rest = header.substr(at + name.size());
    const auto start = rest.find_first_not_of(" :");
    if (start == std::string_view::npos) return std::nullopt;
    return rest.substr(start);
  }
  return std::nullopt;
}

std::optional<std::vector<std::int64_t>> parseShape(std::string_view text) {
  if (text.empty() || text.front() != '(') return std::nullopt;
  const auto end = text.find(')');
  if (end == std::string_view::npos) return std::nullopt;
  std::vector<std::int64_t> shape;
  const char* at = text.data() + 1;
  const char* const stop = text.data() + end;
  while (at != stop) {
    if (*at == ' ' || *at == ',') {
      ++at;
      continue;
    }
    std::int64_t extent = 0;
    const auto [next, code] = std::from_chars(at, stop, extent);
    if (code != std::errc{} || extent < 0 || shape.size() == kMaximumAxes) return std::nullopt;
    shape.push_back(extent);
    at = next;
  }
  return shape;
}

std::optional<Header> parseHeader(std::string_view text) {
  const auto descr = field(text, "descr");
  const auto order = field(text, "fortran_order");
  const auto shape = field(text, "shape");
  if (!descr || !order || !shape || descr->size() < 5) return std::nullopt;
  const std::string_view type = descr->substr(1, 3);
  const auto found = std::find_if(kDescrs.begin(), kDescrs.end(), [&](const Descr& d) { return d.text == type; });
  if (found == kDescrs.end() || (*descr)[4] != descr->front()) return std::nullopt;
  Header header;
  header.dtype = found->dtype;
  if (order->rfind("True", 0) == 0)
    header.fortran = true;
  else if (order->rfind("False", 0) != 0)
    return std::nullopt;
  auto extents = parseShape(*shape);
  if (!extents) return std::nullopt;
  header.shape = std::move(*extents);
  return header;
}

// Bytes of the array; nothing on overflow.
std::optional<std::uint64_t> dataBytes(const Header& header) {
  std::uint64_t count = byteSize(header.dtype);
  for (const std::int64_t extent : header.shape)
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count)) return std::nullopt;
  return count;
}

void copyFortran(const std::string& bytes, std::size_t offset, HostTensor& tensor) {
  const std::size_t size = byteSize(tensor.dtype);
  const std::size_t axes = tensor.shape.size();
  std::vector<std::int64_t> index(axes, 0);
  std::vector<std::size_t> stride(axes, 1);
  for (std::size_t a = 1; a < axes; ++a) stride[a] = stride[a - 1] * static_cast<std::size_t>(tensor.shape[a - 1]);
  for (std::size_t done = 0; done < tensor.bytes.size(); done += size) {
    std::size_t source = 0;
    for (std::size_t a = 0; a < axes; ++a) source += stride[a] * static_cast<std::size_t>(index[a]);
    std::memcpy(tensor.bytes.data() + done, bytes.data() + offset + source * size, size);
    for (std::size_t a = axes; a-- > 0;) {
      if (++index[a] < tensor.shape[a]) break;
      index[a] = 0;
    }
  }
}

}  // namespace

Status saveNpy(const std::filesystem::path& path, const HostTensor& tensor) {
  const auto found =
      std::find_if(kDescrs.begin(), kDescrs.end(), [&](const Descr& d) { return d.dtype == tensor.dtype; });
  if (found == kDescrs.end())
    return failure("NumPy has no such type", std::string(safetensorsName(tensor.dtype)), "convert it to float32",
                   path.string());
  std::string header = "{'descr': '" + std::string(found->text) + "', 'fortran_order': False, 'shape': (";
  for (const std::int64_t extent : tensor.shape) header += std::to_string(extent) + ", ";
  if (tensor.shape.size() > 1) header.resize(header.size() - 2);
  if (tensor.shape.size() == 1) header.pop_back();
  header += "), }";
  // Magic, version, length and header together are a multiple of 64 and end in a newline.
  constexpr std::size_t kPrefix = 10;
  header.append((64 - (kPrefix + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string head(kMagic);
  head += '\x01';
  head += '\x00';
  head += static_cast<char>(header.size() & 0xFF);
  head += static_cast<char>(header.size() >> 8);
  head += header;
  return writeFileAtomically(path, [&](int descriptor) {
    if (Status status = writeAll(descriptor, std::as_bytes(std::span(head)), path); !status) return status;
    return writeAll(descriptor, tensor.bytes, path);
  });
}

Expected<HostTensor> loadNpy(const std::filesystem::path& path) {
  const auto bytes = readFile(path, kMaximumBytes);
  if (!bytes) return tl::unexpected(bytes.error());
  const auto refuse = [&](const std::string& why) {
    return failure("The file cannot be read as .npy", why, "save it again with numpy.save", path.string());
  };
  if (bytes->size() < 10 || std::string_view(*bytes).substr(0, 6) != kMagic) return refuse("it does not begin as one");
  const auto byteAt = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>((*bytes)[i])); };
  const std::size_t version = byteAt(6);
  if (version < 1 || version > 3) return refuse("version " + std::to_string(version) + " is not known");
  const std::size_t prefix = version == 1 ? 10 : 12;
  if (bytes->size() < prefix) return refuse("it is truncated");
  std::size_t length = byteAt(8) | byteAt(9) << 8;
  if (version > 1) length |= byteAt(10) << 16 | byteAt(11) << 24;
  if (length > bytes->size() - prefix) return refuse("it is truncated in its header");
  const auto header = parseHeader(std::string_view(*bytes).substr(prefix, length));
  if (!header) return refuse("its header is malformed, or its type is not a little-endian number");
  const auto wanted = dataBytes(*header);
  const std::uint64_t present = bytes->size() - prefix - length;
  if (!wanted || *wanted != present)
    return refuse("its shape needs " + (wanted ? std::to_string(*wanted) : std::string("too many")) + " bytes, " +
                  std::to_string(present) + " are there");
  HostTensor tensor{header->dtype, header->shape, {}};
  tensor.bytes.resize(static_cast<std::size_t>(present));
  if (tensor.bytes.empty()) return tensor;
  if (header->fortran)
    copyFortran(*bytes, prefix + length, tensor);
  else
    std::memcpy(tensor.bytes.data(), bytes->data() + prefix + length, tensor.bytes.size());
  return tensor;
}

}  // namespace pinwheel::formats
