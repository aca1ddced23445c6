// The open network while nothing trains: shows, measures, lesions, saves it. Includes LibTorch.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "engine/session/job.h"
#include "engine/session/lesion_cache.h"
#include "engine/session/lesion_effect.h"
#include "engine/session/maps.h"
#include "engine/session/subject.h"
#include "engine/training/checkpoint.h"
#include "engine/training/restore.h"

namespace pinwheel::session {

/// The engine's thread. Whatever goes wrong becomes a Notice; LibTorch's exceptions pass through, the network stays as
/// it was.
class Explorer {
public:
  Explorer(Desk& desk, std::uint64_t& networks) : m_desk(desk), m_networks(networks) {}

  [[nodiscard]] bool isOpen() const noexcept { return m_checkpoint.has_value(); }
  [[nodiscard]] bool hasAnswers() const noexcept { return m_measured != nullptr; }
  [[nodiscard]] const training::Checkpoint& checkpoint() const { return *m_checkpoint; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return m_path; }
  [[nodiscard]] const Lesion& lesion() const noexcept { return m_lesion; }
  [[nodiscard]] std::uint64_t shamSeed() const noexcept { return m_shamSeed; }
  [[nodiscard]] const std::string& title() const noexcept { return m_title; }

  /// Publishes the network, its answer to a stimulus, its maps. `held`: what acts on it, even if that is nothing;
  /// otherwise the lesion that the file holds.
  void open(const std::filesystem::path& path, const std::optional<SetLesion>& held = std::nullopt);
  /// The same for a file from the disk: also publishes how it was trained, from the metrics.jsonl beside it (no curves
  /// where there is none).
  void openStored(const std::filesystem::path& path);
  void close();
  /// `measure` false: the lesion acts, nothing is published.
  void setLesion(const SetLesion& command, bool measure);
  void show(const Stimulus& stimulus, std::chrono::steady_clock::time_point since);
  void answer(const AskTuning& ask);
  void measureMaps(bool lossShare);
  void measureLossShare();
  void save(const std::filesystem::path& path);

private:
  /// Takes the file's network in and publishes it; false: it could not be, or was cancelled: told, and what was open
  /// before still is.
  bool load(const std::filesystem::path& path, const std::optional<SetLesion>& held);
  void publishHistory();
  /// Its answer to a stimulus, its maps.
  void present();
  [[nodiscard]] Stamp stamp() const;
  [[nodiscard]] bool needNetwork(const char* what);
  void measureLesion(const SetLesion& command);
  void publishLesion(const LesionCache::Entry& entry);
  /// Without figures where they cannot be had (told); nothing when it was stopped.
  std::optional<LesionFrame> effectOf(const SetLesion& command);
  Expected<std::shared_ptr<const Measured>> mapsNow(bool lossShare = false);
  /// As what is measured now; under the lesion's version of now, where they were measured under another.
  void publishMaps(std::shared_ptr<const Measured> measured);
  void tell(const Error& error, bool wasStopped);

  Desk& m_desk;
  std::uint64_t& m_networks;  ///< counts every network that is opened or begun
  std::optional<training::Checkpoint> m_checkpoint;
  training::RestoredNetwork m_restored;
  std::filesystem::path m_path;
  std::string m_title;
  Subject m_subject;
  NetworkFrame m_frame;
  TuningAxes m_axes;
  std::shared_ptr<const data::Dataset> m_categories;
  Lesion m_lesion;
  std::uint64_t m_shamSeed = 1;
  std::shared_ptr<const Measured> m_measured;  ///< the newest
  std::shared_ptr<const Measured> m_intact;    ///< without a lesion
  std::optional<LesionEffect> m_effect;
  LesionCache m_cache;
  std::optional<Stimulus> m_shown;
  std::optional<AskTuning> m_asked;  ///< before there was an answer
};

/// Writes a checkpoint as a piece of long work and tells how that went: saved, cancelled (the file there is as it was),
/// or why it could not be.
void saveTold(const std::filesystem::path& path, const training::Checkpoint& checkpoint, Desk& desk);

/// "demo" of demo.safetensors, the run's folder of <folder>/checkpoint.safetensors.
[[nodiscard]] std::string titleOf(const std::filesystem::path& checkpoint);

}  // namespace pinwheel::session
