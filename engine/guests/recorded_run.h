// The history of a training from its recording: what every view showed at any step.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/guests/replay.h"
#include "engine/recording/recording_reader.h"
#include "engine/session/frames.h"
#include "engine/wire/message.h"

namespace pinwheel::guests {

/// The newest frame of each kind at or before a step; null where there is none. A frame that is the same as at the last
/// step that was asked for is the same object. All are of `network` and fit it.
struct RecordedState {
  std::shared_ptr<const session::NetworkFrame> network;  ///< never null: before the first one it is that one
  std::shared_ptr<const session::MapsFrame> maps;
  std::shared_ptr<const session::ActivityFrame> activity;
  std::shared_ptr<const session::LesionFrame> lesion;
  std::shared_ptr<const session::TrainingFrame> training;
};

/// One thread at a time. Memory: one frame of each kind, and the reader's index and cache.
///
/// Frames come changed in what would be untrue of a recording: their network has a number of its own (kReplayed) and no
/// path, a training that was under way is a stopped one without a folder, and a loss share that was not measured cannot
/// be. A run that was resumed is one network, as long as its sheets are the same.
class RecordedRun {
public:
  /// Errors: as for RecordingReader; a recording that holds no network that this program can read.
  static Expected<RecordedRun> open(const std::filesystem::path& path);

  /// What cannot be read is passed over: the frame before it stands in. See damagedMessages().
  const RecordedState& at(std::int64_t step);
  /// Takes in what was written meanwhile: true when the time line is another. Error: the file became shorter; what was
  /// read of it can still be shown as far as it is there.
  Expected<bool> refresh();
  [[nodiscard]] const std::shared_ptr<const Timeline>& timeline() const noexcept { return m_timeline; }

  /// Messages that were needed and could not be read, or did not fit the network, so far; and why the last one.
  [[nodiscard]] std::size_t damagedMessages() const noexcept { return m_damaged.size(); }
  [[nodiscard]] const Error& damage() const noexcept { return m_damage; }
  /// What of the file is lost, for a person; empty: nothing.
  [[nodiscard]] std::string losses() const { return m_reader.losses().text(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return m_path; }

private:
  static constexpr std::size_t kKinds = 6;  ///< network to training, in the order of wire::FrameKind
  struct Held {
    std::optional<std::size_t> message;
    std::shared_ptr<const wire::FrameVariant> frame;
  };

  RecordedRun(recording::RecordingReader reader, std::filesystem::path path);
  void describe();
  [[nodiscard]] bool looksGrowing() const;
  [[nodiscard]] std::optional<std::size_t> candidate(wire::FrameKind kind, std::int64_t step) const;
  /// Null, and noted as damaged, where it cannot be had.
  std::shared_ptr<wire::FrameVariant> decoded(std::size_t message, wire::FrameKind kind);
  void pass(std::size_t message, Error why);
  bool showNetwork(std::int64_t step);
  bool adoptNetwork(std::size_t message);
  template <class Frame>
  void show(wire::FrameKind kind, std::int64_t step, std::shared_ptr<const Frame>& shown);
  /// Gives a frame the stamp of the network that is shown; false where it is another network's.
  bool adopt(wire::FrameVariant& frame, std::size_t message) const;
  void restamp(session::Stamp& stamp) const;

  recording::RecordingReader m_reader;
  std::filesystem::path m_path;
  std::shared_ptr<const Timeline> m_timeline;
  std::set<std::size_t> m_damaged;
  Error m_damage;
  std::array<Held, kKinds> m_held;
  session::Stamp m_recorded;    ///< of the network that is shown, as it was recorded
  std::uint32_t m_session = 0;  ///< that recorded it
  RecordedState m_state;
};

}  // namespace pinwheel::guests
