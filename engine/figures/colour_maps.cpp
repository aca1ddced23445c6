#include "engine/figures/colour_maps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <span>

namespace pinwheel::figures {
namespace {

struct Knot {
  double at;
  Rgb colour;
};

// Ten even samples of cividis (Nunez, Anderton, Renslow 2018), joined by straight lines.
constexpr std::array<Knot, 10> kCividis{{{0.0 / 9, {0x00, 0x20, 0x4D}},
                                         {1.0 / 9, {0x00, 0x33, 0x6F}},
                                         {2.0 / 9, {0x39, 0x48, 0x6B}},
                                         {3.0 / 9, {0x57, 0x5C, 0x6D}},
                                         {4.0 / 9, {0x70, 0x71, 0x73}},
                                         {5.0 / 9, {0x8A, 0x87, 0x79}},
                                         {6.0 / 9, {0xA6, 0x9D, 0x75}},
                                         {7.0 / 9, {0xC4, 0xB5, 0x6C}},
                                         {8.0 / 9, {0xE4, 0xCF, 0x5B}},
                                         {9.0 / 9, {0xFF, 0xEA, 0x46}}}};
// Ten even samples of vik (Crameri 2018) and its pale centre.
constexpr std::array<Knot, 11> kVik{{{0.0 / 9, {0x00, 0x12, 0x61}},
                                     {1.0 / 9, {0x03, 0x3E, 0x7D}},
                                     {2.0 / 9, {0x1E, 0x6F, 0x9D}},
                                     {3.0 / 9, {0x71, 0xA8, 0xC4}},
                                     {4.0 / 9, {0xC9, 0xDD, 0xE7}},
                                     {0.5, {0xEC, 0xE5, 0xE0}},
                                     {5.0 / 9, {0xEA, 0xCE, 0xBD}},
                                     {6.0 / 9, {0xD3, 0x97, 0x74}},
                                     {7.0 / 9, {0xBE, 0x65, 0x33}},
                                     {8.0 / 9, {0x8B, 0x27, 0x06}},
                                     {9.0 / 9, {0x59, 0x00, 0x08}}}};

std::uint8_t byteOf(double share) {
  return static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0, 1.0) * 255));
}

Rgb between(std::span<const Knot> knots, double position) {
  std::size_t k = 1;
  while (k + 1 < knots.size() && knots[k].at < position) ++k;
  const Knot& a = knots[k - 1];
  const Knot& b = knots[k];
  const double share = std::clamp((position - a.at) / (b.at - a.at), 0.0, 1.0);
  const auto mix = [share](std::uint8_t from, std::uint8_t to) { return byteOf((from + share * (to - from)) / 255.0); };
  return {mix(a.colour.r, b.colour.r), mix(a.colour.g, b.colour.g), mix(a.colour.b, b.colour.b)};
}

// viridis (van der Walt, Smith 2015) by M. Zucker's polynomial fit of degree 6 (CC0); off by less than 0.015 per
// channel.
Rgb viridis(double t) {
  constexpr std::array<std::array<double, 3>, 7> c{{{0.2777273272234177, 0.005407344544966578, 0.3340998053353061},
                                                    {0.1050930431085774, 1.404613529898575, 1.384590162594685},
                                                    {-0.3308618287255563, 0.214847559468213, 0.09509516302823659},
                                                    {-4.634230498983486, -5.799100973351585, -19.33244095627987},
                                                    {6.228269936347081, 14.17993336680509, 56.69055260068105},
                                                    {4.776384997670288, -13.74514537774601, -65.35303263337234},
                                                    {-5.435455855934631, 4.645852612178535, 26.3124352495832}}};
  std::array<double, 3> v{};
  for (std::size_t k = c.size(); k-- > 0;)
    for (std::size_t i = 0; i < 3; ++i) v[i] = v[i] * t + c[k][i];
  return {byteOf(v[0]), byteOf(v[1]), byteOf(v[2])};
}

// One turn of hue at constant lightness and chroma in OKLab (Ottosson 2020): even steps of angle look even, and no
// angle is brighter than another.
Rgb hueCircle(double turn) {
  constexpr double kLightness = 0.70;
  constexpr double kChroma = 0.125;
  constexpr double kStart = 25.0 / 360.0;  // red at 0
  const double angle = 2 * std::numbers::pi * (turn + kStart);
  const double a = kChroma * std::cos(angle);
  const double b = kChroma * std::sin(angle);
  const auto cube = [](double v) { return v * v * v; };
  const double l = cube(kLightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(kLightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(kLightness - 0.0894841775 * a - 1.2914855480 * b);
  const auto gamma = [](double v) { return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055; };
  return {byteOf(gamma(std::max(0.0, 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s))),
          byteOf(gamma(std::max(0.0, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s))),
          byteOf(gamma(std::max(0.0, -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)))};
}

}  // namespace

Rgb colourAt(ColourMap map, double position) {
  if (map == ColourMap::orientation) return hueCircle(position - std::floor(position));
  const double t = std::clamp(position, 0.0, 1.0);
  switch (map) {
    case ColourMap::cividis:
      return between(kCividis, t);
    case ColourMap::vik:
      return between(kVik, t);
    default:
      return viridis(t);
  }
}

}  // namespace pinwheel::figures
