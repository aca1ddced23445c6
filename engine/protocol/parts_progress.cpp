#include "engine/protocol/parts_progress.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pinwheel::protocol {

PartsProgress::PartsProgress(std::vector<double> costs) : m_costs(std::move(costs)) {}

void PartsProgress::expect(std::size_t part, double cost) {
  m_costs[part] = cost;
}

double PartsProgress::at(std::size_t part, double share) {
  const double all = std::accumulate(m_costs.begin(), m_costs.end(), 0.0);
  const double before = std::accumulate(m_costs.begin(), m_costs.begin() + static_cast<std::ptrdiff_t>(part), 0.0);
  const double done = before + std::clamp(share, 0.0, 1.0) * m_costs[part];
  if (all > 0) m_largest = std::max(m_largest, done / all);
  return m_largest;
}

}  // namespace pinwheel::protocol
