// What whoever scrubs a recording knows of it: where its steps are in time, and the way to one of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pinwheel::guests {

/// In the network numbers of replayed frames, which no session reaches by counting.
inline constexpr std::uint64_t kReplayed = std::uint64_t{1} << 62;

/// A step and when it was recorded.
struct Moment {
  std::int64_t step = 0;
  double seconds = 0;  ///< since the recording began, the time between a killed run and its resumption left out
};

/// Of one history: what a resumed run took back is not in it. Never changed once it is given out.
struct Timeline {
  std::int64_t firstStep = 0;
  std::int64_t lastStep = 0;
  std::vector<std::int64_t> maps;    ///< steps that have maps, rising
  std::vector<std::int64_t> epochs;  ///< steps at which epochs ended, rising
  std::vector<Moment> moments;       ///< steps rise, seconds do not fall
  bool growing = false;              ///< a writer is at work, as far as can be told from the file

  /// Between moments as the crow flies; 0 without any.
  [[nodiscard]] double secondsAt(std::int64_t step) const;
  /// The last step that was reached by then; the first one where there is none.
  [[nodiscard]] std::int64_t stepAt(double seconds) const;
};

/// Any thread; nothing here waits for the disk.
class Replay {
public:
  virtual ~Replay() = default;
  /// Never null. Another object than before where something changed.
  [[nodiscard]] virtual std::shared_ptr<const Timeline> timeline() const = 0;
  /// Asks for the state at a step. The newest request wins; frames come when they are read.
  virtual void seek(std::int64_t step) = 0;
  /// The step whose frames were given out last, or wait to be taken; before any the least number there is.
  [[nodiscard]] virtual std::int64_t shownStep() const = 0;
};

}  // namespace pinwheel::guests
