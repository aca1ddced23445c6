#include "engine/analysis/selectivity.h"

#include <cassert>
#include <cmath>

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

std::vector<float> CategoryResponses::tMap(int domain) const {
  std::vector<float> t(static_cast<std::size_t>(m_units), 0.0F);
  for (std::int64_t u = 0; u < m_units; ++u) {
    // All other domains as one group (Chan, Golub, LeVeque 1979).
    double n = 0;
    double mean = 0;
    double squares = 0;
    for (int d = 0; d < m_domains; ++d) {
      const auto m = static_cast<double>(count(d));
      if (d == domain || m == 0) continue;
      const auto at = static_cast<std::size_t>(d * m_units + u);
      const double delta = m_means[at] - mean;
      squares += m_squares[at] + delta * delta * n * m / (n + m);
      mean += delta * m / (n + m);
      n += m;
    }
    const auto on = static_cast<double>(count(domain));
    if (on == 0 || n == 0) continue;
    const double error = variance(u, domain) / on + squares / n / n;
    if (error > 0)
      t[static_cast<std::size_t>(u)] = static_cast<float>((this->mean(u, domain) - mean) / std::sqrt(error));
  }
  return t;
}

}  // namespace pinwheel::analysis
