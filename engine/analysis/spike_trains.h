// Spike trains over many stimuli: entropy, rates and synchrony. Streamed: memory depends on units and time steps alone.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pinwheel::analysis {

/// Per unit, then the mean over units. In bits; corrected for the finite number of stimuli after Miller and Madow
/// (1955): + (words seen - 1) / (2 N ln 2), never above the number of time steps.
struct SpikeTrainEntropy {
  double bits = 0;             ///< Shannon entropy of a unit's spike train, mean over units; NaN without stimuli
  double uncorrectedBits = 0;  ///< the same without the correction
  double independentBits = 0;  ///< control: sum over t of h(p_t), time steps drawn apart with the same rates
  /// Whether whole trains were counted. False: an upper bound, the entropy of the process that remembers no more than
  /// its last `memorySteps` steps (exact for a Markov chain of that order).
  bool exact = true;
  int memorySteps = 0;
  std::int64_t units = 0;
  std::int64_t stimuli = 0;
  std::vector<double> rateByStep;  ///< [T], mean over units and stimuli
  double silentShare = 0;          ///< of the units: no spike to any stimulus
};

/// Counts the binary words of every unit: the whole train up to 16 time steps; above that every run of 9 steps, from
/// which H = sum_t H(s_t-8 .. s_t) - sum_t H(s_t-7 .. s_t) by the chain rule.
class SpikeTrains {
public:
  /// How many units' words fit into 8 MB of counters, of `total`.
  [[nodiscard]] static std::int64_t unitsThatFit(std::int64_t total, int timeSteps);

  /// timeSteps >= 1.
  SpikeTrains(std::int64_t units, int timeSteps);
  /// One stimulus: spikes [T, units], 0 or 1 (anything above 0 counts as a spike).
  void add(std::span<const float> spikes);
  [[nodiscard]] SpikeTrainEntropy entropy() const;

private:
  std::int64_t m_units;
  int m_timeSteps;
  int m_width;    ///< steps in a word
  int m_windows;  ///< words in a train
  std::int64_t m_stimuli = 0;
  std::vector<std::uint32_t> m_words;  ///< [units, windows, 2^width]
  std::vector<std::uint32_t> m_fired;  ///< [T, units]
};

/// The spike-time correlation of the fast constraint (method section 3, eq. 5), between all units and over all stimuli:
/// r_CCG = CCG(i,j) / sqrt(CCG(i,i) CCG(j,j)), CCG = (1/B) sum_b X_b K X_b^T with K[t,s] = 1 / (T - |t - s|) for
/// |t - s| <= window. 1 on the diagonal; not bounded by 1 elsewhere when the window is above 0.
class SynchronyAccumulator {
public:
  /// timeSteps >= 1; window 0 .. timeSteps - 1, -1: T / 2 - 1, at least 0.
  SynchronyAccumulator(std::int64_t units, int timeSteps, int window = -1);
  /// One stimulus: spikes [T, units].
  void add(std::span<const float> spikes);
  /// [units, units]; rows of a silent unit are NaN.
  [[nodiscard]] std::vector<double> synchrony() const;
  [[nodiscard]] int window() const noexcept { return m_window; }

private:
  std::size_t m_units;
  std::size_t m_timeSteps;
  int m_window;
  std::vector<double> m_ccg;      ///< [units, units], upper triangle, times the number of stimuli
  std::vector<double> m_blurred;  ///< [T, units], K X of one stimulus
};

}  // namespace pinwheel::analysis
