#include "engine/data/augment.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace pinwheel::data {
namespace {

formats::RgbImage crop(const formats::RgbImage& image, int left, int top, int width, int height) {
  formats::RgbImage out{width, height, {}};
  out.pixels.resize(3 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  std::uint8_t* to = out.pixels.data();
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < height; ++y) {
      const std::size_t row =
          (static_cast<std::size_t>(c) * static_cast<std::size_t>(image.height) + static_cast<std::size_t>(top + y)) *
          static_cast<std::size_t>(image.width);
      std::memcpy(to, image.pixels.data() + row + static_cast<std::size_t>(left), static_cast<std::size_t>(width));
      to += width;
    }
  return out;
}

// Szegedy et al. 2015, as torchvision draws it: ten tries, then the central square.
formats::RgbImage randomResizedCrop(const formats::RgbImage& image, int side, Random& random) {
  const double area = static_cast<double>(image.width) * image.height;
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(0.08, 1.0);
    const double aspect = std::exp(random.uniform(std::log(3.0 / 4.0), std::log(4.0 / 3.0)));
    const int width = static_cast<int>(std::lround(std::sqrt(target * aspect)));
    const int height = static_cast<int>(std::lround(std::sqrt(target / aspect)));
    if (width < 1 || height < 1 || width > image.width || height > image.height) continue;
    const int left = static_cast<int>(random.below(static_cast<std::uint64_t>(image.width - width + 1)));
    const int top = static_cast<int>(random.below(static_cast<std::uint64_t>(image.height - height + 1)));
    return formats::resizeImage(crop(image, left, top, width, height), side, side);
  }
  const int shorter = std::min(image.width, image.height);
  return formats::resizeImage(crop(image, (image.width - shorter) / 2, (image.height - shorter) / 2, shorter, shorter),
                              side, side);
}

formats::RgbImage centred(const formats::RgbImage& image, int side) {
  if (image.width == side && image.height == side) return image;
  const double scale = static_cast<double>(side) / std::min(image.width, image.height);
  const auto width = std::max<std::int64_t>(side, std::lround(image.width * scale));
  const auto height = std::max<std::int64_t>(side, std::lround(image.height * scale));
  return formats::resizeImagePart(image, {width, height, (width - side) / 2, (height - side) / 2, side, side});
}

}  // namespace

void prepareImage(const formats::RgbImage& image, const LoaderOptions& options, const Normalisation& normalisation,
                  Random& random, float* pixels) {
  const int side = options.side;
  const formats::RgbImage fitted =
      options.randomResizedCrop ? randomResizedCrop(image, side, random) : centred(image, side);
  int shiftX = 0;
  int shiftY = 0;
  if (options.cropPadding > 0) {
    const auto range = static_cast<std::uint64_t>(2 * options.cropPadding + 1);
    shiftX = static_cast<int>(random.below(range)) - options.cropPadding;
    shiftY = static_cast<int>(random.below(range)) - options.cropPadding;
  }
  const bool flip = options.flip && random.below(2) == 1;
  for (std::size_t c = 0; c < 3; ++c) {
    const float scale = 1.0F / (255.0F * normalisation.deviation[c]);
    const float offset = normalisation.mean[c] / normalisation.deviation[c];
    const std::uint8_t* plane =
        fitted.pixels.data() + c * static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x) {
        const int sourceX = (flip ? side - 1 - x : x) + shiftX;
        const int sourceY = y + shiftY;
        const bool inside = sourceX >= 0 && sourceX < side && sourceY >= 0 && sourceY < side;
        *pixels++ =
            inside ? static_cast<float>(plane[static_cast<std::ptrdiff_t>(sourceY) * side + sourceX]) * scale - offset
                   : 0.0F;
      }
  }
}

}  // namespace pinwheel::data
