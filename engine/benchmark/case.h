// What a case is to the runner. No LibTorch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/benchmark/benchmark.h"

namespace pinwheel::benchmark {

struct TrainedWeights;

struct Contestant {
  std::string name;
  std::string what;
  std::function<void()> run;
};

/// What a case is given to run with.
class Bench {
public:
  /// `weights` may be null; it and `stop` must outlive this.
  Bench(double seconds, int threads, const StopFlag& stop, const Roofline& roofline = {},
        const TrainedWeights* weights = nullptr)
      : m_seconds(seconds), m_threads(threads), m_stop(stop), m_roofline(roofline), m_weights(weights) {}

  enum class Memory { ignored, measured };

  /// The contestants in turn, within the case's seconds; then each once more for its memory, where that is wanted.
  struct Measured {
    std::vector<std::vector<double>> rounds;  ///< [contestants][rounds], seconds
    std::vector<Timing> timings;
  };
  [[nodiscard]] Measured time(const std::vector<Contestant>& contestants, Memory memory = Memory::ignored) const;

  /// One contestant per size, in turn, and how their costs grow.
  struct Sized {
    std::int64_t n = 0;
    std::function<void()> run;
  };
  [[nodiscard]] Growth grow(const std::string& of, const std::vector<Sized>& sizes) const;

  [[nodiscard]] int threads() const noexcept { return m_threads; }
  [[nodiscard]] bool stopped() const noexcept { return m_stop.requested(); }
  [[nodiscard]] const Roofline& roofline() const noexcept { return m_roofline; }
  /// That the networks of the case take; null: they are drawn at random.
  [[nodiscard]] const TrainedWeights* weights() const noexcept { return m_weights; }

private:
  double m_seconds;
  int m_threads;
  const StopFlag& m_stop;
  Roofline m_roofline;
  const TrainedWeights* m_weights;
};

struct Case {
  CaseInfo info;
  /// Checks that the formulations agree, then times them. May throw. Error: they do not, or it cannot run here.
  std::function<Expected<CaseResult>(const Bench&)> run;
  /// It has a use for these weights; empty: for none. Where it has, Bench::weights() are them, otherwise null.
  std::function<bool(const TrainedWeights&)> takes{};
};

[[nodiscard]] std::vector<Case> lifCases();
[[nodiscard]] std::vector<Case> layerCases();
[[nodiscard]] std::vector<Case> densityCases();
[[nodiscard]] std::vector<Case> trainingCases();
[[nodiscard]] std::vector<Case> inferenceCases();
[[nodiscard]] std::vector<Case> stcCases();
[[nodiscard]] std::vector<Case> placementCases();
[[nodiscard]] std::vector<Case> loadingCases();
[[nodiscard]] std::vector<Case> growthCases();

/// Two formulations of the same thing do not give the same.
[[nodiscard]] inline tl::unexpected<Error> disagreement(const std::string& what, const std::string& why) {
  return failure(what + " disagree", why, "nothing was timed: a faster wrong answer is none; report it");
}

}  // namespace pinwheel::benchmark
