// PNG and JPEG files as 8-bit RGB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::formats {

/// 8-bit RGB, planar: pixels[(c * height + y) * width + x], c in R, G, B.
struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

/// PNG or JPEG, told by content, not by name. Grey is copied to all three channels, alpha is composed on mid-grey,
/// 16 bits are cut to 8, palettes expanded. Refused: above 64 megapixels, truncated, anything else. `reduceToSide` > 0
/// lets the JPEG decoder scale down by 1/2, 1/4, 1/8 while both sides stay at or above it (faster).
Expected<RgbImage> readImage(const std::filesystem::path& path, int reduceToSide = 0);
/// The same from memory; `name` is for messages.
Expected<RgbImage> decodeImage(std::span<const std::byte> bytes, const std::string& name, int reduceToSide = 0);

/// RGB or grey PNG, atomic.
Status writePng(const std::filesystem::path& path, const RgbImage& image);

/// Area-averaging down, bilinear up; planar RGB.
[[nodiscard]] RgbImage resizeImage(const RgbImage& image, int width, int height);

/// A part of a resized image: `width` x `height` pixels at (left, top) of `fullWidth` x `fullHeight`, inside of it.
struct ResizedPart {
  std::int64_t fullWidth = 0;
  std::int64_t fullHeight = 0;
  std::int64_t left = 0;
  std::int64_t top = 0;
  int width = 0;
  int height = 0;
};
/// That part of what resizeImage makes, to the byte, without the rest: a thin image enlarged may be of any size.
[[nodiscard]] RgbImage resizeImagePart(const RgbImage& image, const ResizedPart& part);

}  // namespace pinwheel::formats
