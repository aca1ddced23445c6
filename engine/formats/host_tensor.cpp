#include "engine/formats/host_tensor.h"

#include <array>
#include <bit>
#include <cstring>

namespace pinwheel::formats {
namespace {

struct DTypeInfo {
  std::size_t bytes;
  const char* name;
};

constexpr std::array<DTypeInfo, 10> kInfo{{{1, "BOOL"},
                                           {1, "U8"},
                                           {1, "I8"},
                                           {2, "I16"},
                                           {4, "I32"},
                                           {8, "I64"},
                                           {2, "F16"},
                                           {2, "BF16"},
                                           {4, "F32"},
                                           {8, "F64"}}};

const DTypeInfo& info(DType dtype) noexcept {
  return kInfo[static_cast<std::size_t>(dtype)];
}

// IEEE 754 binary16.
float fromHalf(std::uint16_t half) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1FU;
  const std::uint32_t mantissa = half & 0x3FFU;
  if (exponent == 0) {
    const float value = static_cast<float>(mantissa) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  const std::uint32_t bits =
      exponent == 31 ? 0x7F800000U | (mantissa << 13) : ((exponent + 112) << 23) | (mantissa << 13);
  return std::bit_cast<float>(sign | bits);
}

float fromBfloat(std::uint16_t value) noexcept {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

template <class Stored, class Out, class Convert>
std::vector<Out> convert(const std::vector<std::byte>& bytes, Convert&& each) {
  std::vector<Out> out(bytes.size() / sizeof(Stored));
  for (std::size_t i = 0; i < out.size(); ++i) {
    Stored value;
    std::memcpy(&value, bytes.data() + i * sizeof(Stored), sizeof(Stored));
    out[i] = static_cast<Out>(each(value));
  }
  return out;
}

template <class Out>
std::vector<Out> toNumbers(const HostTensor& tensor) {
  const auto same = [](auto value) { return value; };
  switch (tensor.dtype) {
    case DType::boolean:
      return convert<std::uint8_t, Out>(tensor.bytes, [](std::uint8_t v) { return v != 0 ? 1 : 0; });
    case DType::uint8:
      return convert<std::uint8_t, Out>(tensor.bytes, same);
    case DType::int8:
      return convert<std::int8_t, Out>(tensor.bytes, same);
    case DType::int16:
      return convert<std::int16_t, Out>(tensor.bytes, same);
    case DType::int32:
      return convert<std::int32_t, Out>(tensor.bytes, same);
    case DType::int64:
      return convert<std::int64_t, Out>(tensor.bytes, same);
    case DType::float16:
      return convert<std::uint16_t, Out>(tensor.bytes, fromHalf);
    case DType::bfloat16:
      return convert<std::uint16_t, Out>(tensor.bytes, fromBfloat);
    case DType::float32:
      return convert<float, Out>(tensor.bytes, same);
    case DType::float64:
      return convert<double, Out>(tensor.bytes, same);
  }
  return {};
}

template <class T>
HostTensor fromValues(DType dtype, std::span<const T> values, std::vector<std::int64_t> shape) {
  HostTensor tensor{dtype, std::move(shape), {}};
  tensor.bytes.resize(values.size_bytes());
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), values.size_bytes());
  return tensor;
}

}  // namespace

std::size_t byteSize(DType dtype) noexcept {
  return info(dtype).bytes;
}
const char* safetensorsName(DType dtype) noexcept {
  return info(dtype).name;
}

std::int64_t HostTensor::elementCount() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) count *= extent;
  return count;
}

std::string HostTensor::describe() const {
  std::string text = std::string(safetensorsName(dtype)) + " [";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + "]";
}

HostTensor HostTensor::fromFloats(std::span<const float> values, std::vector<std::int64_t> shape) {
  return fromValues(DType::float32, values, std::move(shape));
}

HostTensor HostTensor::fromInts(std::span<const std::int64_t> values, std::vector<std::int64_t> shape) {
  return fromValues(DType::int64, values, std::move(shape));
}

std::vector<float> HostTensor::toFloats() const {
  return toNumbers<float>(*this);
}
std::vector<double> HostTensor::toDoubles() const {
  return toNumbers<double>(*this);
}

}  // namespace pinwheel::formats
