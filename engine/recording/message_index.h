// Finds the last message of a kind at or before a step or a time: what a network looked like there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "engine/recording/layout.h"

namespace pinwheel::recording {

/// A message in the order of steps or of times.
struct IndexedMessage {
  std::int64_t at = 0;      ///< step, or time in microseconds
  std::size_t message = 0;  ///< its number in the recording
  bool operator==(const IndexedMessage&) const = default;
};

/// Messages come in the order of the recording; their steps and times need not rise (maps are measured while the
/// training goes on; clocks are set back). Of two at the same step, or time, the one recorded later counts. Memory: 32
/// bytes a message. Looking up may be done from several threads at once, while nobody adds.
class MessageIndex {
public:
  /// A session that goes on from `fromStep`: messages that were recorded before at later steps are no longer found by
  /// step, since the training that they tell of was taken back. By time they are.
  void beginSession(std::int64_t fromStep);
  void add(std::size_t message, const MessageHeader& header);
  /// Puts in order what was added since the last call; before it, looking up is not allowed.
  void settle();

  [[nodiscard]] std::optional<std::size_t> lastAtStep(std::uint32_t kind, std::int64_t step) const;
  [[nodiscard]] std::optional<std::size_t> lastAtTime(std::uint32_t kind, std::int64_t timeUs) const;
  /// All of a kind that were not taken back, by step: the ticks of a time line.
  [[nodiscard]] const std::vector<IndexedMessage>& bySteps(std::uint32_t kind) const;
  [[nodiscard]] const std::vector<IndexedMessage>& byTimes(std::uint32_t kind) const;
  /// That occur, rising.
  [[nodiscard]] std::vector<std::uint32_t> kinds() const;

private:
  struct Order {
    std::vector<IndexedMessage> messages;
    std::size_t settled = 0;  ///< so many at the front are in order
    void settle();
    [[nodiscard]] std::optional<std::size_t> lastAt(std::int64_t at) const;
  };
  struct Kind {
    Order steps;
    Order times;
  };
  std::map<std::uint32_t, Kind> m_kinds;
};

}  // namespace pinwheel::recording
