#include "engine/protocol/unit_trains.h"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "engine/analysis/correlation.h"
#include "engine/analysis/spike_trains.h"
#include "engine/core/random.h"

namespace pinwheel::protocol {
namespace {

constexpr std::uint64_t kOrderStream = 0x7154;

// Of the images, for every time step.
std::vector<std::vector<std::size_t>> drawnOrders(std::size_t timeSteps, std::size_t images, std::uint64_t seed) {
  std::vector<std::vector<std::size_t>> orders(timeSteps, std::vector<std::size_t>(images));
  for (std::size_t t = 0; t < timeSteps; ++t) {
    std::iota(orders[t].begin(), orders[t].end(), std::size_t{0});
    Random random(seed, kOrderStream, t);
    random.shuffle(orders[t]);
  }
  return orders;
}

}  // namespace

UnitTrains::UnitTrains(std::int64_t units, int timeSteps, std::int64_t images, std::int64_t counted, std::uint64_t seed)
    : m_total(static_cast<std::size_t>(units)),
      m_timeSteps(static_cast<std::size_t>(timeSteps)),
      m_images(static_cast<std::size_t>(images)),
      m_seed(seed),
      m_units(analysis::drawUnits(
          units, static_cast<int>(std::min(counted, analysis::SpikeTrains::unitsThatFit(units, timeSteps))), seed)),
      m_fired(m_units.size() * m_images * m_timeSteps, false) {}

void UnitTrains::add(std::size_t images, std::span<const float> spikes) {
  assert(m_added + images <= m_images && spikes.size() == m_timeSteps * images * m_total);
  for (std::size_t i = 0; i < images; ++i)
    for (std::size_t t = 0; t < m_timeSteps; ++t) {
      const auto step = spikes.subspan((t * images + i) * m_total, m_total);
      for (std::size_t u = 0; u < m_units.size(); ++u)
        m_fired[at(u, m_added + i, t)] = step[static_cast<std::size_t>(m_units[u])] > 0;
    }
  m_added += images;
}

LayerEntropy UnitTrains::entropy() const {
  LayerEntropy out;
  const auto orders = drawnOrders(m_timeSteps, m_added, m_seed);
  const double share = 1 / static_cast<double>(m_units.size());
  std::vector<float> train(m_timeSteps);
  std::vector<float> control(m_timeSteps);
  for (std::size_t u = 0; u < m_units.size(); ++u) {
    analysis::SpikeTrains trains(1, static_cast<int>(m_timeSteps));
    analysis::SpikeTrains controls(1, static_cast<int>(m_timeSteps));
    for (std::size_t i = 0; i < m_added; ++i) {
      for (std::size_t t = 0; t < m_timeSteps; ++t) {
        train[t] = m_fired[at(u, i, t)] ? 1.0F : 0.0F;
        control[t] = m_fired[at(u, orders[t][i], t)] ? 1.0F : 0.0F;
      }
      trains.add(train);
      controls.add(control);
    }
    const analysis::SpikeTrainEntropy unit = trains.entropy();
    out.bits.push_back(unit.bits);
    out.uncorrected += share * unit.uncorrectedBits;
    out.independent += share * controls.entropy().bits;
    out.silent += share * unit.silentShare;
    out.exact = unit.exact;
    out.memorySteps = unit.memorySteps;
  }
  return out;
}

}  // namespace pinwheel::protocol
