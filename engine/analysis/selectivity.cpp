#include "engine/analysis/selectivity.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

namespace pinwheel::analysis {

CategoryResponses::CategoryResponses(std::int64_t units, int domains)
    : m_units(units),
      m_domains(domains),
      m_counts(static_cast<std::size_t>(domains), 0),
      m_means(static_cast<std::size_t>(units) * static_cast<std::size_t>(domains), 0.0),
      m_squares(m_means.size(), 0.0) {}

void CategoryResponses::add(int domain, std::span<const float> rates) {
  assert(domain >= 0 && domain < m_domains && static_cast<std::int64_t>(rates.size()) == m_units);
  const auto d = static_cast<std::size_t>(domain);
  const double n = static_cast<double>(++m_counts[d]);
  double* means = m_means.data() + d * rates.size();
  double* squares = m_squares.data() + d * rates.size();
  for (std::size_t u = 0; u < rates.size(); ++u) {
    const auto rate = static_cast<double>(rates[u]);
    assert(!std::isnan(rate));
    const double delta = rate - means[u];
    means[u] += delta / n;
    squares[u] += delta * (rate - means[u]);
  }
}

std::int64_t CategoryResponses::count(int domain) const {
  return m_counts[static_cast<std::size_t>(domain)];
}

double CategoryResponses::mean(std::int64_t unit, int domain) const {
  return m_means[static_cast<std::size_t>(domain * m_units + unit)];
}

double CategoryResponses::variance(std::int64_t unit, int domain) const {
  const std::int64_t n = count(domain);
  return n > 0 ? m_squares[static_cast<std::size_t>(domain * m_units + unit)] / static_cast<double>(n) : 0.0;
}

CategoryResponses::Others CategoryResponses::others(std::int64_t unit, int domain) const {
  // Chan, Golub, LeVeque 1979.
  Others out;
  double squares = 0;
  for (int d = 0; d < m_domains; ++d) {
    const auto m = static_cast<double>(count(d));
    if (d == domain || m == 0) continue;
    const auto at = static_cast<std::size_t>(d * m_units + unit);
    const double delta = m_means[at] - out.mean;
    squares += m_squares[at] + delta * delta * out.count * m / (out.count + m);
    out.mean += delta * m / (out.count + m);
    out.count += m;
  }
  if (out.count > 0) out.variance = squares / out.count;
  return out;
}

std::vector<float> CategoryResponses::tMap(int domain) const {
  std::vector<float> t(static_cast<std::size_t>(m_units), 0.0F);
  const auto on = static_cast<double>(count(domain));
  for (std::int64_t u = 0; u < m_units; ++u) {
    const Others off = others(u, domain);
    if (on == 0 || off.count == 0) continue;
    const double error = variance(u, domain) / on + off.variance / off.count;
    if (error > 0) t[static_cast<std::size_t>(u)] = static_cast<float>((mean(u, domain) - off.mean) / std::sqrt(error));
  }
  return t;
}

std::vector<float> CategoryResponses::dPrimeMap(int domain) const {
  std::vector<float> d(static_cast<std::size_t>(m_units), 0.0F);
  for (std::int64_t u = 0; u < m_units; ++u) {
    const Others off = others(u, domain);
    if (count(domain) == 0 || off.count == 0) continue;
    const double spread = std::sqrt((variance(u, domain) + off.variance) / 2);
    if (spread > 0) d[static_cast<std::size_t>(u)] = static_cast<float>((mean(u, domain) - off.mean) / spread);
  }
  return d;
}

double selectiveShare(std::span<const std::vector<float>> tMaps, double threshold) {
  if (tMaps.empty() || tMaps.front().empty()) return std::numeric_limits<double>::quiet_NaN();
  const std::size_t units = tMaps.front().size();
  std::size_t selective = 0;
  for (std::size_t u = 0; u < units; ++u)
    selective += std::any_of(tMaps.begin(), tMaps.end(),
                             [&](const std::vector<float>& t) { return static_cast<double>(t[u]) >= threshold; })
                     ? 1
                     : 0;
  return static_cast<double>(selective) / static_cast<double>(units);
}

}  // namespace pinwheel::analysis
