#include "engine/session/stimuli.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "engine/core/random.h"
#include "engine/data/augment.h"
#include "engine/data/gratings.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::session {
namespace {

std::size_t planeOf(int side) {
  return static_cast<std::size_t>(side) * static_cast<std::size_t>(side);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

// What the network was shown, as bytes: also where a file was resized and cropped.
formats::RgbImage pictureOf(const std::vector<float>& pixels, int side, const data::Normalisation& normalisation) {
  formats::RgbImage image{side, side, std::vector<std::uint8_t>(pixels.size())};
  const std::size_t plane = planeOf(side);
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    const std::size_t c = i / plane;
    const float value = pixels[i] * normalisation.deviation[c] + normalisation.mean[c];
    image.pixels[i] = static_cast<std::uint8_t>(std::lround(255.0F * std::clamp(value, 0.0F, 1.0F)));
  }
  return image;
}

Picture prepared(std::string name, const formats::RgbImage& image, int side, const data::Normalisation& normalisation) {
  Picture picture;
  picture.name = std::move(name);
  picture.pixels.resize(3 * planeOf(side));
  data::LoaderOptions options;
  options.side = side;
  Random unused(0);  // nothing is augmented
  data::prepareImage(image, options, normalisation, unused, picture.pixels.data());
  picture.shown = pictureOf(picture.pixels, side, normalisation);
  return picture;
}

Expected<Picture> grating(const Stimulus& stimulus, int side, const data::Normalisation& normalisation) {
  if (!std::isfinite(stimulus.angleDeg) || !std::isfinite(stimulus.phaseDeg))
    return failure("This grating cannot be shown", "its angle or phase is not a number", "give degrees");
  if (!(stimulus.cyclesPerImage > 0 && stimulus.cyclesPerImage <= side / 2.0))
    return failure("This grating cannot be shown",
                   number(stimulus.cyclesPerImage) + " cycles do not fit an image of " + std::to_string(side) + " px",
                   "choose more than 0 and at most " + number(side / 2.0) + " cycles per image");
  data::Grating g;
  g.angleDeg = stimulus.angleDeg;
  g.cyclesPerImage = stimulus.cyclesPerImage;
  g.phaseRad = stimulus.phaseDeg * std::numbers::pi / 180;
  g.colour = stimulus.chromatic ? 1 : 0;
  Picture picture;
  picture.name = std::string(stimulus.chromatic ? "red and cyan grating, " : "grating, ") + number(stimulus.angleDeg) +
                 " deg, " + number(stimulus.cyclesPerImage) + " cycles/image";
  picture.pixels.resize(3 * planeOf(side));
  data::renderGrating(g, side, picture.pixels.data());
  normalise(picture.pixels.data(), side, normalisation);
  picture.shown = pictureOf(picture.pixels, side, normalisation);
  return picture;
}

}  // namespace

void normalise(float* pixels, int side, const data::Normalisation& normalisation) {
  const std::size_t plane = planeOf(side);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t p = 0; p < plane; ++p) {
      float& value = pixels[c * plane + p];
      value = (value - normalisation.mean[c]) / normalisation.deviation[c];
    }
}

Expected<Picture> categoryPicture(std::int64_t index, int side, const data::Normalisation& normalisation) {
  const auto world = training::endlessCategoryWorld(side);
  const auto image = world->image(index);
  if (!image) return tl::unexpected(image.error());
  const auto classes = static_cast<std::int64_t>(world->classNames().size());
  const std::string name =
      world->classNames()[static_cast<std::size_t>(index % classes)] + " " + std::to_string(index / classes);
  return prepared(name, *image, side, normalisation);
}

Expected<Picture> drawStimulus(const Stimulus& stimulus, int side, const data::Normalisation& normalisation) {
  switch (stimulus.kind) {
    case Stimulus::Kind::grating:
      return grating(stimulus, side, normalisation);
    case Stimulus::Kind::category: {
      const auto classes = static_cast<std::int64_t>(training::endlessCategoryWorld(side)->classNames().size());
      constexpr std::int64_t kLastExemplar = 1'000'000'000'000;
      if (stimulus.category < 0 || stimulus.category >= classes || stimulus.exemplar < 0 ||
          stimulus.exemplar > kLastExemplar)
        return failure("There is no such image",
                       "category " + std::to_string(stimulus.category) + ", image " + std::to_string(stimulus.exemplar),
                       "categories run from 0 to " + std::to_string(classes - 1) + ", images from 0");
      return categoryPicture(stimulus.exemplar * classes + stimulus.category, side, normalisation);
    }
    case Stimulus::Kind::file: {
      const auto image = formats::readImage(stimulus.file, side);
      if (!image) return tl::unexpected(image.error());
      return prepared(stimulus.file.filename().string(), *image, side, normalisation);
    }
  }
  return failure("This stimulus is of no known kind");
}

}  // namespace pinwheel::session
