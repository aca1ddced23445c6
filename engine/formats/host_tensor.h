// A tensor in host memory without LibTorch: what files hold, and what crosses between the parts of the engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pinwheel::formats {

enum class DType { boolean, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64 };

/// Bytes per element.
[[nodiscard]] std::size_t byteSize(DType dtype) noexcept;
/// The name safetensors gives it: "F32", "I64", "BOOL" ...
[[nodiscard]] const char* safetensorsName(DType dtype) noexcept;

/// Row-major (C order), little endian. Invariant: bytes.size() == byteSize(dtype) * product(shape).
struct HostTensor {
  DType dtype = DType::float32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  [[nodiscard]] std::int64_t elementCount() const noexcept;
  /// "F32 [64, 3, 7, 7]", for messages.
  [[nodiscard]] std::string describe() const;

  static HostTensor fromFloats(std::span<const float> values, std::vector<std::int64_t> shape);
  static HostTensor fromInts(std::span<const std::int64_t> values, std::vector<std::int64_t> shape);
  /// Values converted to float, whatever the dtype (float16 and bfloat16 included).
  [[nodiscard]] std::vector<float> toFloats() const;
  [[nodiscard]] std::vector<double> toDoubles() const;
};

using TensorMap = std::map<std::string, HostTensor>;

}  // namespace pinwheel::formats
