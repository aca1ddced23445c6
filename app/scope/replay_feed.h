// A recording, at any step of it.
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "app/scope/feed.h"
#include "engine/recording/recording_reader.h"
#include "engine/wire/message.h"

namespace pinwheel::scope {

class ReplayFeed final : public Feed {
public:
  /// So many answers before the step at which it begins; more are added when it goes on from there.
  static constexpr std::size_t kActivities = 256;
  static constexpr std::size_t kActivityBytes = std::size_t{64} << 20;  ///< in memory, of these
  static constexpr double kPlayed = 12;                                 ///< recorded steps a second
  static constexpr double kLook = 1;                                    ///< seconds, for what was recorded meanwhile

  /// Stands at the last step. Error: not a recording, or one without frames.
  static Expected<std::unique_ptr<ReplayFeed>> open(const std::filesystem::path& path);

  /// Goes to the last recorded step at or before it (the first one when there is none).
  void setStep(std::int64_t step);
  void setPlaying(bool playing);
  [[nodiscard]] bool isPlaying() const noexcept { return m_playing; }
  [[nodiscard]] std::int64_t step() const noexcept { return m_steps[m_at]; }
  /// Where anything was recorded, rising; at least one.
  [[nodiscard]] const std::vector<std::int64_t>& steps() const noexcept { return m_steps; }

  FeedUpdate take(double now) override;
  [[nodiscard]] std::string text() const override;
  [[nodiscard]] std::uint64_t dropped() const override { return m_damaged + m_misfits; }
  [[nodiscard]] std::optional<double> nextAt() const override;

private:
  ReplayFeed(recording::RecordingReader reader, std::string name);
  void listSteps();
  void lookForMore();
  std::shared_ptr<const wire::FrameVariant> read(std::size_t message);
  /// The last of its kind at the step, of the network that is shown; null where there is none but what was told.
  template <class Frame>
  std::shared_ptr<const Frame> last(wire::FrameKind kind);
  template <class Frame>
  std::shared_ptr<const Frame> fitting(std::size_t message);
  void takeActivities(FeedUpdate& update);

  recording::RecordingReader m_reader;
  std::string m_name;
  std::vector<std::int64_t> m_steps;
  std::size_t m_at = 0;
  std::optional<std::int64_t> m_shown;      ///< the step that was taken last
  bool m_grown = false;                     ///< since then
  std::optional<std::size_t> m_lastAnswer;  ///< the message of the newest activity that was taken
  std::optional<std::size_t> m_networkMessage;
  std::shared_ptr<const session::NetworkFrame> m_network;
  std::array<std::optional<std::size_t>, std::variant_size_v<wire::FrameVariant>> m_told;  ///< messages, by kind
  std::uint64_t m_damaged = 0;
  std::uint64_t m_misfits = 0;
  bool m_playing = false;
  double m_now = 0;
  double m_nextAt = 0;
  double m_lookAt = 0;
};

}  // namespace pinwheel::scope
