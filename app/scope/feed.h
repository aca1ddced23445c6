// Where frames come from: an engine elsewhere, a recording, or made-up ones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/session/frames.h"

namespace pinwheel::scope {

/// What is new since the last one. `news.activity` is never set: answers to stimuli are shown one behind the other, so
/// all that came are told.
struct FeedUpdate {
  session::News news;
  std::vector<std::shared_ptr<const session::ActivityFrame>> activities{};
  bool reset = false;  ///< what was taken before is void
};

/// All calls on one thread. Every frame fits the network that was given with it or before it.
class Feed {
public:
  virtual ~Feed() = default;
  Feed() = default;
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Never waits for what comes from elsewhere. `now`: seconds on a clock that only rises.
  virtual FeedUpdate take(double now) = 0;
  /// One line: how it stands with the source.
  [[nodiscard]] virtual std::string text() const = 0;
  /// Frames that were not seen, or could not be read.
  [[nodiscard]] virtual std::uint64_t dropped() const { return 0; }
  /// What is watched computes on this machine's processors.
  [[nodiscard]] virtual bool isBeside() const { return false; }
  /// When take() will have something without having been woken. Nothing: whoever made the feed is told.
  [[nodiscard]] virtual std::optional<double> nextAt() const { return std::nullopt; }
};

}  // namespace pinwheel::scope
