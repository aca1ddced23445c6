// A made-up network of eight sheets, for measuring and for looking at the program without an engine.
#pragma once

#include "app/scope/feed.h"
#include "engine/core/random.h"

namespace pinwheel::scope {

/// The same frames for the same times, whatever is between them.
class SyntheticFeed final : public Feed {
public:
  static constexpr std::size_t kSheets = 8;
  static constexpr int kTimeSteps = 4;
  static constexpr double kAnswersPerSecond = 60;
  static constexpr double kSpikesPerSecond = 1e6;  ///< of all sheets, over every five seconds

  SyntheticFeed();
  FeedUpdate take(double now) override;
  [[nodiscard]] std::string text() const override { return "Made-up frames, 1,000,000 spikes/s"; }
  [[nodiscard]] std::optional<double> nextAt() const override;

private:
  [[nodiscard]] std::shared_ptr<const session::MapsFrame> maps(std::int64_t number) const;
  [[nodiscard]] std::shared_ptr<const session::ActivityFrame> activity(std::int64_t number) const;
  [[nodiscard]] std::shared_ptr<const session::TrainingFrame> training(std::int64_t number) const;

  std::shared_ptr<const session::NetworkFrame> m_network;
  std::vector<std::vector<float>> m_orientationDeg;  ///< per sheet [U], at the end of the made-up training
  double m_begin = -1;
  std::int64_t m_answers = 0;
};

}  // namespace pinwheel::scope
