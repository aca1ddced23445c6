#include "engine/analysis/tuning.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace pinwheel::analysis {
namespace {

constexpr double kDegrees = 180.0 / std::numbers::pi;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// von Mises tuning b + a exp(k (cos 2(t - m) - 1)): for every peak m and width k the best a and b follow from least
// squares, and the best of them is the one whose centred, unit-norm shape correlates most with the curve. The shapes
// are the same for all units.
class VonMisesShapes {
public:
  explicit VonMisesShapes(std::span<const double> angleDeg) : m_count(angleDeg.size()) {
    for (const double width : kWidths)
      for (int p = 0; p < kPeaks; ++p) {
        std::vector<double> shape;
        double mean = 0;
        for (const double angle : angleDeg) {
          shape.push_back(std::exp(width * (std::cos(2 * (angle - 180.0 * p / kPeaks) / kDegrees) - 1)));
          mean += shape.back() / static_cast<double>(m_count);
        }
        double squares = 0;
        for (double& v : shape) {
          v -= mean;
          squares += v * v;
        }
        for (const double v : shape) m_shapes.push_back(v / std::sqrt(squares));
      }
  }

  // Degrees in [0, 180); NaN for a flat curve.
  [[nodiscard]] float peak(const std::vector<double>& curve) const {
    const auto [low, high] = std::minmax_element(curve.begin(), curve.end());
    if (!(*high > *low)) return kNaN;
    double best = -std::numeric_limits<double>::infinity();
    std::size_t bestShape = 0;
    for (std::size_t s = 0; s < kWidths.size() * kPeaks; ++s)
      if (const double match = product(curve, s); match > best) {
        best = match;
        bestShape = s;
      }
    // A parabola through the neighbours of the same width refines the peak below the grid.
    const std::size_t row = bestShape / kPeaks * kPeaks;
    const std::size_t p = bestShape % kPeaks;
    const double left = product(curve, row + (p + kPeaks - 1) % kPeaks);
    const double right = product(curve, row + (p + 1) % kPeaks);
    const double bend = left - 2 * best + right;
    const double shift = bend < 0 ? std::clamp(0.5 * (left - right) / bend, -0.5, 0.5) : 0.0;
    double degrees = 180.0 * (static_cast<double>(p) + shift) / kPeaks;
    if (degrees < 0) degrees += 180;
    return static_cast<float>(degrees >= 180 ? degrees - 180 : degrees);
  }

private:
  static constexpr int kPeaks = 36;
  static constexpr std::array<double, 5> kWidths{0.25, 0.5, 1.0, 2.0, 4.0};

  [[nodiscard]] double product(const std::vector<double>& curve, std::size_t shape) const {
    double sum = 0;
    for (std::size_t i = 0; i < m_count; ++i) sum += curve[i] * m_shapes[shape * m_count + i];
    return sum;
  }

  std::size_t m_count;
  std::vector<double> m_shapes;
};

double peakToPeak(const std::vector<double>& curve) {
  const auto [low, high] = std::minmax_element(curve.begin(), curve.end());
  return *high - *low;
}

// A curve whose ends differ by less than single precision's rounding of its sums is flat: no preference.
constexpr double kFlat = 1e-6;

bool flat(const std::vector<double>& curve) {
  return !(peakToPeak(curve) > kFlat * *std::max_element(curve.begin(), curve.end()));
}

double refinedPeak(const std::vector<double>& curve, std::span<const double> position) {
  const auto best = static_cast<std::size_t>(std::max_element(curve.begin(), curve.end()) - curve.begin());
  if (best == 0 || best + 1 == curve.size()) return position[best];
  const double bend = curve[best - 1] - 2 * curve[best] + curve[best + 1];
  const double shift = bend < 0 ? std::clamp(0.5 * (curve[best - 1] - curve[best + 1]) / bend, -0.5, 0.5) : 0.0;
  return position[best] +
         shift * (shift < 0 ? position[best] - position[best - 1] : position[best + 1] - position[best]);
}

}  // namespace

GratingResponses::GratingResponses(std::int64_t units, int orientations, int frequencies, int colours)
    : m_units(units),
      m_orientations(orientations),
      m_frequencies(frequencies),
      m_colours(colours),
      m_sums(static_cast<std::size_t>(units) * static_cast<std::size_t>(orientations * frequencies * colours), 0.0F),
      m_counts(static_cast<std::size_t>(orientations * frequencies * colours), 0) {}

void GratingResponses::add(int orientation, int frequency, int colour, std::span<const float> rates) {
  assert(static_cast<std::int64_t>(rates.size()) == m_units);
  const auto condition = static_cast<std::size_t>((orientation * m_frequencies + frequency) * m_colours + colour);
  ++m_counts[condition];
  float* sums = m_sums.data() + condition * rates.size();
  for (std::size_t u = 0; u < rates.size(); ++u) sums[u] += rates[u];
}

double GratingResponses::mean(std::int64_t unit, int orientation, int frequency, int colour) const {
  const auto condition = static_cast<std::size_t>((orientation * m_frequencies + frequency) * m_colours + colour);
  if (m_counts[condition] == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(m_sums[condition * static_cast<std::size_t>(m_units) + static_cast<std::size_t>(unit)]) /
         static_cast<double>(m_counts[condition]);
}

std::vector<double> GratingResponses::orientationCurve(std::int64_t unit) const {
  std::vector<double> curve(static_cast<std::size_t>(m_orientations), 0.0);
  for (int o = 0; o < m_orientations; ++o)
    for (int f = 0; f < m_frequencies; ++f)
      for (int c = 0; c < m_colours; ++c)
        curve[static_cast<std::size_t>(o)] += mean(unit, o, f, c) / (m_frequencies * m_colours);
  return curve;
}

std::vector<double> GratingResponses::frequencyCurve(std::int64_t unit) const {
  std::vector<double> curve(static_cast<std::size_t>(m_frequencies), 0.0);
  for (int f = 0; f < m_frequencies; ++f)
    for (int o = 0; o < m_orientations; ++o)
      for (int c = 0; c < m_colours; ++c)
        curve[static_cast<std::size_t>(f)] += mean(unit, o, f, c) / (m_orientations * m_colours);
  return curve;
}

std::vector<double> GratingResponses::colourCurve(std::int64_t unit) const {
  std::vector<double> curve(static_cast<std::size_t>(m_colours), 0.0);
  for (int c = 0; c < m_colours; ++c)
    for (int o = 0; o < m_orientations; ++o)
      for (int f = 0; f < m_frequencies; ++f)
        curve[static_cast<std::size_t>(c)] += mean(unit, o, f, c) / (m_orientations * m_frequencies);
  return curve;
}

TuningMaps tuningMaps(const GratingResponses& responses, std::span<const double> angleDeg,
                      std::span<const double> cyclesPerImage) {
  const auto units = static_cast<std::size_t>(responses.units());
  TuningMaps maps;
  for (auto* map : {&maps.orientationDeg, &maps.orientationVonMisesDeg, &maps.circularVariance,
                    &maps.orientationPeakToPeak, &maps.frequencyCyclesPerImage, &maps.frequencyPeakToPeak,
                    &maps.colourPreference, &maps.colourPeakToPeak, &maps.meanRate})
    map->assign(units, kNaN);
  const VonMisesShapes vonMises(angleDeg);
  for (std::size_t u = 0; u < units; ++u) {
    const auto unit = static_cast<std::int64_t>(u);
    const std::vector<double> orientation = responses.orientationCurve(unit);
    double total = 0;
    double x = 0;
    double y = 0;
    for (std::size_t i = 0; i < orientation.size(); ++i) {
      total += orientation[i];
      x += orientation[i] * std::cos(2 * angleDeg[i] / kDegrees);
      y += orientation[i] * std::sin(2 * angleDeg[i] / kDegrees);
    }
    maps.meanRate[u] = static_cast<float>(total / static_cast<double>(orientation.size()));
    if (!(total > 0)) continue;
    const double resultant = std::hypot(x, y) / total;
    maps.circularVariance[u] = static_cast<float>(1 - resultant);
    // A unit that answers every orientation alike has no preference.
    if (resultant > kFlat) {
      double theta = 0.5 * std::atan2(y, x) * kDegrees;
      if (theta < 0) theta += 180;
      maps.orientationDeg[u] = static_cast<float>(theta >= 180 ? 0 : theta);
      maps.orientationVonMisesDeg[u] = vonMises.peak(orientation);
    }
    maps.orientationPeakToPeak[u] = static_cast<float>(peakToPeak(orientation));
    const std::vector<double> frequency = responses.frequencyCurve(unit);
    if (!flat(frequency)) maps.frequencyCyclesPerImage[u] = static_cast<float>(refinedPeak(frequency, cyclesPerImage));
    maps.frequencyPeakToPeak[u] = static_cast<float>(peakToPeak(frequency));
    const std::vector<double> colour = responses.colourCurve(unit);
    if (colour.size() == 2)
      maps.colourPreference[u] = static_cast<float>((colour[1] - colour[0]) / (colour[1] + colour[0]));
    maps.colourPeakToPeak[u] = static_cast<float>(peakToPeak(colour));
  }
  return maps;
}

}  // namespace pinwheel::analysis
