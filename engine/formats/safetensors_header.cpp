#include "engine/formats/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

// Format: https://github.com/huggingface/safetensors
namespace pinwheel::formats {
namespace {

using nlohmann::json;

constexpr std::size_t kMaximumTensors = 100'000;
constexpr std::size_t kMaximumAxes = 32;
constexpr std::size_t kLongestName = 100;  // in messages
constexpr const char* kMetadata = "__metadata__";

std::optional<DType> dtypeNamed(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(DType::float64); ++i)
    if (name == safetensorsName(static_cast<DType>(i))) return static_cast<DType>(i);
  return std::nullopt;
}

// nlohmann's SAX interface; every handler returns false to stop.
class HeaderReader final : public nlohmann::json_sax<json> {
public:
  tl::expected<SafetensorsHeader, std::string> result() {
    if (!m_problem.empty()) return tl::unexpected(m_problem);
    return std::move(m_header);
  }

  bool null() override { return scalar(); }
  bool boolean(bool) override { return scalar(); }
  bool number_integer(number_integer_t) override { return scalar(); }
  bool number_float(number_float_t, const string_t&) override { return scalar(); }
  bool binary(binary_t&) override { return scalar(); }
  bool number_unsigned(number_unsigned_t value) override {
    if (m_place == Place::shape) {
      if (m_shape.size() == kMaximumAxes) return bad("its shape is malformed");
      m_shape.push_back(value);
      return true;
    }
    if (m_place == Place::offsets) {
      if (m_offsets.size() == 2) return bad("its data_offsets are malformed");
      m_offsets.push_back(value);
      return true;
    }
    return scalar();
  }
  bool string(string_t& text) override {
    if (m_place == Place::metadata) {
      if (m_header.metadata.emplace(m_key, std::move(text)).second) return true;
      return refuse("its metadata have \"" + cut(m_key) + "\" twice");
    }
    if (m_place == Place::tensor && m_member == Member::dtype) {
      m_dtype = dtypeNamed(text);
      return m_dtype ? true : bad("its dtype " + cut(text) + " is not known");
    }
    return scalar();
  }

  bool start_object(std::size_t) override {
    if (m_place == Place::outside) {
      m_place = Place::root;
      return true;
    }
    if (m_place == Place::root) {
      m_place = m_tensorName == kMetadata ? Place::metadata : Place::tensor;
      return true;
    }
    return scalar();
  }
  bool end_object() override {
    if (m_place == Place::tensor && !finishTensor()) return false;
    m_place = m_place == Place::root ? Place::outside : Place::root;
    return true;
  }
  bool start_array(std::size_t) override {
    if (m_place == Place::tensor && m_member == Member::shape) {
      m_place = Place::shape;
      return true;
    }
    if (m_place == Place::tensor && m_member == Member::offsets) {
      m_place = Place::offsets;
      return true;
    }
    if (m_place == Place::tensor && m_member == Member::unknown) return bad("it is nested too deeply");
    return scalar();
  }
  bool end_array() override {
    m_place = Place::tensor;
    return true;
  }

  bool key(string_t& name) override {
    if (m_place == Place::root) {
      if (!m_names.insert(name).second) return refuse("its header has \"" + cut(name) + "\" twice");
      if (m_names.size() > kMaximumTensors) return refuse("its header names more tensors than any network has");
      m_tensorName = std::move(name);
      m_seen = 0;
      m_dtype.reset();
      m_shape.clear();
      m_offsets.clear();
    } else if (m_place == Place::metadata) {
      m_key = std::move(name);
    } else {
      m_member = name == "dtype"          ? Member::dtype
                 : name == "shape"        ? Member::shape
                 : name == "data_offsets" ? Member::offsets
                                          : Member::unknown;
      const unsigned bit = 1U << static_cast<unsigned>(m_member);
      if (m_member != Member::unknown && (m_seen & bit) != 0) return bad("it has its " + name + " twice");
      m_seen |= bit;
    }
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("its header is not valid JSON");
  }

private:
  enum class Place { outside, root, metadata, tensor, shape, offsets };
  enum class Member { dtype, shape, offsets, unknown };
  static constexpr unsigned kAllSeen = 0b111;

  static std::string cut(const std::string& text) {
    return text.size() > kLongestName ? text.substr(0, kLongestName) + "..." : text;
  }
  bool refuse(const std::string& why) {
    if (m_problem.empty()) m_problem = why;
    return false;
  }
  bool bad(const std::string& why) { return refuse("tensor \"" + cut(m_tensorName) + "\": " + why); }

  // A value where another is wanted; what is told depends on the place. Members that the format does not know may be.
  bool scalar() {
    switch (m_place) {
      case Place::outside:
        return refuse("its header is not valid JSON of the format: it is no object");
      case Place::root:
        return m_tensorName == kMetadata ? refuse("its metadata is not an object")
                                         : bad("dtype, shape or data_offsets is missing");
      case Place::metadata:
        return refuse("its metadata \"" + cut(m_key) + "\" is not a text");
      case Place::shape:
        return bad("its shape is malformed");
      case Place::offsets:
        return bad("its data_offsets are malformed");
      case Place::tensor:
        break;
    }
    if (m_member == Member::dtype) return bad("its dtype is not a text");
    if (m_member == Member::shape) return bad("its shape is malformed");
    if (m_member == Member::offsets) return bad("its data_offsets are malformed");
    return true;
  }

  bool finishTensor() {
    if ((m_seen & kAllSeen) != kAllSeen) return bad("dtype, shape or data_offsets is missing");
    SafetensorsEntry entry;
    entry.name = m_tensorName;
    entry.tensor.dtype = *m_dtype;
    std::uint64_t bytes = byteSize(*m_dtype);
    for (const std::uint64_t extent : m_shape) {
      if (extent > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
          __builtin_mul_overflow(bytes, extent, &bytes))
        return bad("its shape is too large");
      entry.tensor.shape.push_back(static_cast<std::int64_t>(extent));
    }
    if (m_offsets.size() != 2) return bad("its data_offsets are malformed");
    entry.begin = m_offsets[0];
    entry.end = m_offsets[1];
    if (entry.end < entry.begin || entry.end - entry.begin != bytes)
      return bad("its data_offsets do not fit " + entry.tensor.describe());
    m_header.entries.push_back(std::move(entry));
    return true;
  }

  SafetensorsHeader m_header;
  std::string m_problem;
  Place m_place = Place::outside;
  std::unordered_set<std::string> m_names;
  std::string m_tensorName;
  std::string m_key;  // of the metadata
  Member m_member = Member::unknown;
  unsigned m_seen = 0;  // bits of Member
  std::optional<DType> m_dtype;
  std::vector<std::uint64_t> m_shape;
  std::vector<std::uint64_t> m_offsets;
};

}  // namespace

tl::expected<SafetensorsHeader, std::string> parseSafetensorsHeader(std::string_view text) {
  HeaderReader reader;
  (void)json::sax_parse(text, &reader);
  return reader.result();
}

}  // namespace pinwheel::formats
