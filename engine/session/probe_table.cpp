#include "engine/session/probe_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/data/world.h"

namespace pinwheel::session {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kFlat = 1e-5F;  // rounding of the sums below: no preference

std::size_t countOf(const std::vector<data::Grating>& gratings, int data::Grating::*axis) {
  int most = 0;
  for (const data::Grating& g : gratings) most = std::max(most, g.*axis);
  return static_cast<std::size_t>(most) + 1;
}

void addScaled(float* to, const float* from, float factor, std::size_t count) {
  for (std::size_t u = 0; u < count; ++u) to[u] += factor * from[u];
}

struct Range {
  float low = 0, high = 0;
  std::size_t highest = 0;
};

Range rangeOf(const std::vector<float>& curves, std::size_t conditions, std::size_t units, std::size_t unit) {
  Range range{curves[unit], curves[unit], 0};
  for (std::size_t i = 1; i < conditions; ++i) {
    const float value = curves[i * units + unit];
    range.low = std::min(range.low, value);
    if (value > range.high) {
      range.high = value;
      range.highest = i;
    }
  }
  return range;
}

}  // namespace

ProbeTable::ProbeTable(std::int64_t units, const std::vector<data::Grating>& gratings)
    : m_units(static_cast<std::size_t>(units)),
      m_gratings(gratings),
      m_orientations(countOf(gratings, &data::Grating::orientation)),
      m_frequencies(countOf(gratings, &data::Grating::frequency)),
      m_phases(countOf(gratings, &data::Grating::phase)),
      m_colours(countOf(gratings, &data::Grating::colour)),
      m_angleDeg(m_orientations),
      m_rates(gratings.size() * m_units, 0.0F),
      m_seen(gratings.size(), false),
      m_weight(data::domainNames().size(), 0.0F),
      m_sum(m_weight.size() * m_units, 0.0F),
      m_square(m_sum.size(), 0.0F) {
  for (const data::Grating& g : gratings) m_angleDeg[static_cast<std::size_t>(g.orientation)] = g.angleDeg;
}

void ProbeTable::setGrating(std::size_t index, std::span<const float> rates) {
  std::copy(rates.begin(), rates.end(), m_rates.begin() + static_cast<std::ptrdiff_t>(index * m_units));
  m_seen[index] = true;
}

void ProbeTable::addImage(std::size_t domain, std::span<const float> rates) {
  m_weight[domain] += 1;
  float* sum = m_sum.data() + domain * m_units;
  float* square = m_square.data() + domain * m_units;
  for (std::size_t u = 0; u < m_units; ++u) {
    sum[u] += rates[u];
    square[u] += rates[u] * rates[u];
  }
}

void ProbeTable::forget(float factor) {
  for (std::vector<float>* values : {&m_weight, &m_sum, &m_square})
    for (float& value : *values) value *= factor;
}

// Condition means first, so that a condition seen at two phases weighs no more than one seen at one.
ProbeTable::Curves ProbeTable::curvesOf(std::size_t firstUnit, std::size_t count) const {
  std::vector<std::size_t> seenPhases(m_orientations * m_frequencies * m_colours, 0);
  const auto condition = [this](const data::Grating& g) {
    return (static_cast<std::size_t>(g.orientation) * m_frequencies + static_cast<std::size_t>(g.frequency)) *
               m_colours +
           static_cast<std::size_t>(g.colour);
  };
  for (std::size_t i = 0; i < m_gratings.size(); ++i)
    if (m_seen[i]) ++seenPhases[condition(m_gratings[i])];
  // A frequency counts once every orientation and colour of it was shown.
  std::vector<std::size_t> slot(m_frequencies, m_frequencies);
  Curves curves;
  for (std::size_t f = 0; f < m_frequencies; ++f) {
    bool whole = true;
    for (std::size_t o = 0; o < m_orientations; ++o)
      for (std::size_t c = 0; c < m_colours; ++c)
        whole = whole && seenPhases[(o * m_frequencies + f) * m_colours + c] > 0;
    if (!whole) continue;
    slot[f] = curves.frequencies.size();
    for (const data::Grating& g : m_gratings)
      if (static_cast<std::size_t>(g.frequency) == f) {
        curves.frequencies.push_back(g.cyclesPerImage);
        break;
      }
  }
  const auto used = static_cast<float>(curves.frequencies.size());
  curves.orientation.assign(m_orientations * count, 0.0F);
  curves.frequency.assign(curves.frequencies.size() * count, 0.0F);
  curves.colour.assign(m_colours * count, 0.0F);
  const auto orientations = static_cast<float>(m_orientations);
  const auto colours = static_cast<float>(m_colours);
  for (std::size_t i = 0; i < m_gratings.size(); ++i) {
    const data::Grating& g = m_gratings[i];
    const std::size_t f = slot[static_cast<std::size_t>(g.frequency)];
    if (!m_seen[i] || f == m_frequencies) continue;
    const float share = 1.0F / static_cast<float>(seenPhases[condition(g)]);
    const float* rates = m_rates.data() + i * m_units + firstUnit;
    addScaled(curves.orientation.data() + static_cast<std::size_t>(g.orientation) * count, rates,
              share / (used * colours), count);
    addScaled(curves.frequency.data() + f * count, rates, share / (orientations * colours), count);
    addScaled(curves.colour.data() + static_cast<std::size_t>(g.colour) * count, rates, share / (orientations * used),
              count);
  }
  return curves;
}

SheetMaps ProbeTable::maps() const {
  const Curves curves = curvesOf(0, m_units);
  SheetMaps out;
  analysis::TuningMaps& maps = out.tuning;
  for (auto* map : {&maps.orientationDeg, &maps.orientationVonMisesDeg, &maps.circularVariance,
                    &maps.orientationPeakToPeak, &maps.frequencyCyclesPerImage, &maps.frequencyPeakToPeak,
                    &maps.colourPreference, &maps.colourPeakToPeak, &maps.meanRate})
    map->assign(m_units, kNaN);
  std::vector<float> cosine;
  std::vector<float> sine;
  for (const double angle : m_angleDeg) {
    cosine.push_back(static_cast<float>(std::cos(2 * angle * std::numbers::pi / 180)));
    sine.push_back(static_cast<float>(std::sin(2 * angle * std::numbers::pi / 180)));
  }
  double rates = 0;
  for (std::size_t u = 0; u < m_units && !curves.frequencies.empty(); ++u) {
    float total = 0;
    float x = 0;
    float y = 0;
    for (std::size_t o = 0; o < m_orientations; ++o) {
      const float r = curves.orientation[o * m_units + u];
      total += r;
      x += r * cosine[o];
      y += r * sine[o];
    }
    maps.meanRate[u] = total / static_cast<float>(m_orientations);
    rates += static_cast<double>(maps.meanRate[u]);
    if (!(total > 0)) continue;
    const float resultant = std::sqrt(x * x + y * y) / total;
    maps.circularVariance[u] = 1 - resultant;
    if (resultant > kFlat) {
      const float theta = 0.5F * std::atan2(y, x) * static_cast<float>(180 / std::numbers::pi);
      maps.orientationDeg[u] = theta < 0 ? theta + 180 : theta;
      if (maps.orientationDeg[u] >= 180) maps.orientationDeg[u] = 0;
    }
    const Range orientation = rangeOf(curves.orientation, m_orientations, m_units, u);
    maps.orientationPeakToPeak[u] = orientation.high - orientation.low;
    const Range frequency = rangeOf(curves.frequency, curves.frequencies.size(), m_units, u);
    maps.frequencyPeakToPeak[u] = frequency.high - frequency.low;
    if (frequency.high - frequency.low > kFlat * frequency.high)
      maps.frequencyCyclesPerImage[u] = static_cast<float>(curves.frequencies[frequency.highest]);
    if (m_colours != 2) continue;
    const float grey = curves.colour[u];
    const float chromatic = curves.colour[m_units + u];
    maps.colourPreference[u] = (chromatic - grey) / (chromatic + grey);
    maps.colourPeakToPeak[u] = std::abs(chromatic - grey);
  }
  out.meanRate = curves.frequencies.empty() ? kUnknown : rates / static_cast<double>(m_units);
  for (std::size_t d = 0; d < m_weight.size(); ++d) out.domains.push_back({data::domainNames()[d], tMap(d), {}});
  return out;
}

std::vector<float> ProbeTable::tMap(std::size_t domain) const {
  std::vector<float> t(m_units, 0.0F);
  float others = 0;
  for (std::size_t d = 0; d < m_weight.size(); ++d) others += d == domain ? 0 : m_weight[d];
  const float on = m_weight[domain];
  if (!(on > 0) || !(others > 0)) return t;
  std::vector<float> sums(m_units, 0.0F);
  std::vector<float> squares(m_units, 0.0F);
  for (std::size_t d = 0; d < m_weight.size(); ++d) {
    if (d == domain) continue;
    addScaled(sums.data(), m_sum.data() + d * m_units, 1, m_units);
    addScaled(squares.data(), m_square.data() + d * m_units, 1, m_units);
  }
  constexpr float kNoVariance = 1e-10F;  // below single precision's rounding of rates up to 1
  for (std::size_t u = 0; u < m_units; ++u) {
    const float mean = m_sum[domain * m_units + u] / on;
    const float meanOff = sums[u] / others;
    const float variance = std::max(0.0F, m_square[domain * m_units + u] / on - mean * mean);
    const float varianceOff = std::max(0.0F, squares[u] / others - meanOff * meanOff);
    const float error = variance / on + varianceOff / others;
    if (error > kNoVariance) t[u] = (mean - meanOff) / std::sqrt(error);
  }
  return t;
}

UnitAnswers ProbeTable::answers(std::int32_t unit) const {
  const auto u = static_cast<std::size_t>(unit);
  const Curves curves = curvesOf(u, 1);
  UnitAnswers out;
  out.orientation.assign(curves.orientation.begin(), curves.orientation.end());
  // Over the frequencies of the whole set, so that the axis does not grow while the first chunks are shown.
  out.frequency.assign(m_frequencies, kUnknown);
  std::size_t next = 0;
  for (const data::Grating& g : m_gratings) {
    const auto found = std::find(curves.frequencies.begin(), curves.frequencies.end(), g.cyclesPerImage);
    if (found == curves.frequencies.end()) continue;
    next = static_cast<std::size_t>(found - curves.frequencies.begin());
    out.frequency[static_cast<std::size_t>(g.frequency)] = static_cast<double>(curves.frequency[next]);
  }
  out.colour.assign(curves.colour.begin(), curves.colour.end());
  for (std::size_t d = 0; d < m_weight.size(); ++d) {
    UnitAnswers::Domain domain;
    const auto n = static_cast<double>(m_weight[d]);
    if (n > 0) {
      domain.mean = static_cast<double>(m_sum[d * m_units + u]) / n;
      const double variance = static_cast<double>(m_square[d * m_units + u]) / n - domain.mean * domain.mean;
      domain.sem = std::sqrt(std::max(0.0, variance) / n);
    }
    out.domains.push_back(domain);
  }
  return out;
}

}  // namespace pinwheel::session
