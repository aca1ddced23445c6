#include "engine/analysis/spike_trains.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace pinwheel::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int kLongestWord = 16;
constexpr int kRun = 9;                                    // steps of a word of a longer train
constexpr std::int64_t kCounters = std::int64_t{1} << 21;  // of 4 bytes

int wordSteps(int timeSteps) {
  return timeSteps <= kLongestWord ? timeSteps : kRun;
}

int wordsInTrain(int timeSteps) {
  return timeSteps - wordSteps(timeSteps) + 1;
}

struct Entropy {
  double plain = 0;
  double corrected = 0;

  void add(const Entropy& other, double sign = 1) {
    plain += sign * other.plain;
    corrected += sign * other.corrected;
  }
};

// Of one distribution, from its counts, which sum to n.
template <class Counts>
Entropy entropyOf(const Counts& counts, double n) {
  Entropy out;
  double seen = 0;
  for (const auto count : counts) {
    if (count == 0) continue;
    const double p = static_cast<double>(count) / n;
    out.plain -= p * std::log2(p);
    ++seen;
  }
  out.corrected = std::min(out.plain + std::max(0.0, seen - 1) / (2 * n * std::numbers::ln2),
                           std::log2(static_cast<double>(counts.size())));
  return out;
}

}  // namespace

std::int64_t SpikeTrains::unitsThatFit(std::int64_t total, int timeSteps) {
  const std::int64_t perUnit = static_cast<std::int64_t>(wordsInTrain(timeSteps)) << wordSteps(timeSteps);
  return std::min(total, std::max<std::int64_t>(1, kCounters / perUnit));
}

SpikeTrains::SpikeTrains(std::int64_t units, int timeSteps)
    : m_units(units),
      m_timeSteps(timeSteps),
      m_width(wordSteps(timeSteps)),
      m_windows(wordsInTrain(timeSteps)),
      m_words(static_cast<std::size_t>(units * m_windows) << m_width, 0),
      m_fired(static_cast<std::size_t>(units * timeSteps), 0) {}

void SpikeTrains::add(std::span<const float> spikes) {
  assert(static_cast<std::int64_t>(spikes.size()) == m_units * m_timeSteps);
  ++m_stimuli;
  const auto units = static_cast<std::size_t>(m_units);
  const std::size_t words = std::size_t{1} << m_width;
  const auto steps = static_cast<std::size_t>(m_timeSteps);
  const auto width = static_cast<std::size_t>(m_width);
  for (std::size_t u = 0; u < units; ++u) {
    std::uint32_t* counts = m_words.data() + u * static_cast<std::size_t>(m_windows) * words;
    std::size_t word = 0;  // the newest step is the lowest bit
    for (std::size_t t = 0; t < steps; ++t) {
      const bool fired = spikes[t * units + u] > 0;
      m_fired[t * units + u] += fired ? 1 : 0;
      word = ((word << 1) | (fired ? 1 : 0)) & (words - 1);
      if (t + 1 >= width) ++counts[(t + 1 - width) * words + word];
    }
  }
}

SpikeTrainEntropy SpikeTrains::entropy() const {
  SpikeTrainEntropy out;
  out.exact = m_windows == 1;
  out.memorySteps = m_width - 1;
  out.units = m_units;
  out.stimuli = m_stimuli;
  const auto units = static_cast<std::size_t>(m_units);
  const auto n = static_cast<double>(m_stimuli);
  if (m_stimuli == 0 || m_units == 0) {
    out.bits = out.uncorrectedBits = out.independentBits = out.silentShare = kNaN;
    out.rateByStep.assign(static_cast<std::size_t>(m_timeSteps), kNaN);
    return out;
  }
  out.rateByStep.assign(static_cast<std::size_t>(m_timeSteps), 0.0);
  const std::size_t words = std::size_t{1} << m_width;
  const auto windows = static_cast<std::size_t>(m_windows);
  std::vector<std::uint32_t> overlap(words / 2);
  const double share = 1 / static_cast<double>(units);
  for (std::size_t u = 0; u < units; ++u) {
    Entropy train;
    for (std::size_t w = 0; w < windows; ++w) {
      const std::span counts(m_words.data() + (u * windows + w) * words, words);
      train.add(entropyOf(counts, n));
      if (w + 1 == windows) break;
      // What the next word shares with this one: all steps but the oldest, which is the highest bit.
      for (std::size_t i = 0; i < overlap.size(); ++i) overlap[i] = counts[i] + counts[i + overlap.size()];
      train.add(entropyOf(overlap, n), -1);
    }
    Entropy apart;
    std::uint32_t spikes = 0;
    for (std::size_t t = 0; t < out.rateByStep.size(); ++t) {
      const std::uint32_t fired = m_fired[t * units + u];
      apart.add(entropyOf(std::array<std::uint32_t, 2>{fired, static_cast<std::uint32_t>(m_stimuli) - fired}, n));
      out.rateByStep[t] += share * static_cast<double>(fired) / n;
      spikes += fired;
    }
    out.bits += share * std::min(train.corrected, static_cast<double>(m_timeSteps));
    out.uncorrectedBits += share * train.plain;
    out.independentBits += share * apart.corrected;
    if (spikes == 0) out.silentShare += share;
  }
  return out;
}

SynchronyAccumulator::SynchronyAccumulator(std::int64_t units, int timeSteps, int window)
    : m_units(static_cast<std::size_t>(units)),
      m_timeSteps(static_cast<std::size_t>(timeSteps)),
      m_window(window < 0 ? std::max(0, timeSteps / 2 - 1) : std::min(window, timeSteps - 1)),
      m_ccg(m_units * m_units, 0.0),
      m_blurred(m_timeSteps * m_units, 0.0) {}

void SynchronyAccumulator::add(std::span<const float> spikes) {
  assert(spikes.size() == m_units * m_timeSteps);
  std::fill(m_blurred.begin(), m_blurred.end(), 0.0);
  const auto steps = static_cast<int>(m_timeSteps);
  for (int t = 0; t < steps; ++t)
    for (int s = std::max(0, t - m_window); s <= std::min(steps - 1, t + m_window); ++s) {
      const double weight = 1.0 / (steps - std::abs(t - s));
      double* row = m_blurred.data() + static_cast<std::size_t>(t) * m_units;
      const float* fired = spikes.data() + static_cast<std::size_t>(s) * m_units;
      for (std::size_t u = 0; u < m_units; ++u) row[u] += weight * static_cast<double>(fired[u]);
    }
  // Most units are silent at most times: a row is added where its unit fires.
  for (std::size_t t = 0; t < m_timeSteps; ++t) {
    const double* row = m_blurred.data() + t * m_units;
    for (std::size_t i = 0; i < m_units; ++i) {
      const auto fired = static_cast<double>(spikes[t * m_units + i]);
      if (fired == 0) continue;
      double* ccg = m_ccg.data() + i * m_units;
      for (std::size_t j = i; j < m_units; ++j) ccg[j] += fired * row[j];
    }
  }
}

std::vector<double> SynchronyAccumulator::synchrony() const {
  std::vector<double> out(m_units * m_units, kNaN);
  for (std::size_t i = 0; i < m_units; ++i)
    for (std::size_t j = i; j < m_units; ++j) {
      const double spread = m_ccg[i * m_units + i] * m_ccg[j * m_units + j];
      if (spread > 0) out[i * m_units + j] = out[j * m_units + i] = m_ccg[i * m_units + j] / std::sqrt(spread);
    }
  return out;
}

}  // namespace pinwheel::analysis
