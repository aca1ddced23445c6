// libjpeg-turbo with nothing around it: what reading photographs is compared with, and where they come from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/image_file.h"

namespace pinwheel::benchmark {

/// A JPEG of quality 1..100, 4:2:0, as cameras write them.
[[nodiscard]] std::string encodeJpeg(const formats::RgbImage& image, int quality);

/// Rows of RGB, decoded with the library's defaults; empty where it fails.
[[nodiscard]] std::vector<std::uint8_t> decodeJpegAlone(const std::string& bytes);

}  // namespace pinwheel::benchmark
