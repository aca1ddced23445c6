// The latest frames of the engine, as every panel sees them, and the way back: commands. Data live here, view state in
// Selection; neither knows a panel.
#pragma once

#include <QObject>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/session.h"

namespace pinwheel::views {

/// GUI thread only. One for the window; it outlives the panels.
class Scene final : public QObject {
  Q_OBJECT

public:
  /// `engine` must outlive the scene.
  explicit Scene(session::Engine& engine, QObject* parent = nullptr);

  /// Takes what is new and tells the panels; call it on the GUI thread when the engine woke.
  void pump();
  /// False, and a notice, when the engine's queue is full.
  bool post(session::Command command);
  /// Gives up the long work under way.
  void cancel();
  /// Another engine answers from now on: nothing of the one before is shown any more, and no lesion of this window's
  /// has a version that somebody else gave.
  void forget();
  /// For whoever shows the loss share, as often as it likes: has it measured where the newest maps lack it, once for
  /// them. Not for previews, nor while the network that was measured is being changed: by a lesion whose maps are still
  /// to come, by a training that is not paused.
  void askLossShare();

  // Null while there is none. `maps` may be of another lesion or step than `lesion` asks for: compare the stamps.
  [[nodiscard]] const std::shared_ptr<const session::NetworkFrame>& network() const { return m_network; }
  [[nodiscard]] const std::shared_ptr<const session::MapsFrame>& maps() const { return m_maps; }
  [[nodiscard]] const std::shared_ptr<const session::ActivityFrame>& activity() const { return m_activity; }
  [[nodiscard]] const std::shared_ptr<const session::TuningFrame>& tuning() const { return m_tuning; }
  [[nodiscard]] const std::shared_ptr<const session::LesionFrame>& lesionEffect() const { return m_lesionEffect; }
  [[nodiscard]] const std::shared_ptr<const session::TrainingFrame>& training() const { return m_training; }
  [[nodiscard]] const std::shared_ptr<const session::JobFrame>& job() const { return m_job; }

  /// The lesion that acts: as the user made it, or as the network's checkpoint holds it. Setting it sends it to the
  /// engine under a new version, whatever `lesion.version` says; an empty one is no lesion.
  [[nodiscard]] const session::Lesion& lesion() const { return m_lesion; }
  void setLesion(session::Lesion lesion);
  /// The engine may not have taken the lesion of that version: from now on, until another is set, its frames decide
  /// which one acts, the newest that came first. Nothing where that is not the newest lesion.
  void doubtLesion(std::uint64_t version);
  /// Whether that version was given here, to the engine that answers now.
  [[nodiscard]] bool isOwnLesion(std::uint64_t version) const {
    return version > m_firstLesionVersion && version <= m_lesionVersion;
  }
  /// Of the sham that is measured with the lesion; a new one counts from the next setLesion on.
  [[nodiscard]] std::uint64_t shamSeed() const { return m_shamSeed; }
  void setShamSeed(std::uint64_t seed) { m_shamSeed = seed; }

  [[nodiscard]] bool trainingUnderWay() const;  ///< preparing, running or paused
  /// As the engine names it: of the open network its checkpoint, or that of the run which trains it.
  [[nodiscard]] std::filesystem::path namedCheckpoint() const;
  /// From where the open network can be opened again, absolute: its checkpoint, or that of the run which trains it,
  /// even where none is written yet. Empty: no network is open.
  [[nodiscard]] std::filesystem::path checkpoint() const;

Q_SIGNALS:
  /// Another network, or none: every other frame of the old one is gone.
  void networkChanged();
  // These also when there is none any more, which is told with the same network again.
  void mapsChanged();
  void activityChanged();
  void tuningChanged();
  void lesionChanged();
  void lesionEffectChanged();
  void trainingChanged();
  void jobChanged();
  void noticed(const pinwheel::session::Notice& notice);

private:
  void forgetMeasured();
  void keepLesion();
  /// `acts`: the version of a lesion under which the engine computed.
  void settleDoubt(std::uint64_t acts);

  session::Engine& m_engine;
  std::shared_ptr<const session::NetworkFrame> m_network;
  std::shared_ptr<const session::MapsFrame> m_maps;
  std::shared_ptr<const session::ActivityFrame> m_activity;
  std::shared_ptr<const session::TuningFrame> m_tuning;
  std::shared_ptr<const session::LesionFrame> m_lesionEffect;
  std::shared_ptr<const session::TrainingFrame> m_training;
  std::shared_ptr<const session::JobFrame> m_job;
  session::Lesion m_lesion;
  std::vector<session::Lesion> m_lesionsBefore;  ///< of this network, made here; the newest last
  bool m_lesionDoubted = false;
  std::uint64_t m_lesionVersion = 0;
  std::uint64_t m_shamSeed = session::SetLesion{}.shamSeed;
  bool m_lossShareAsked = false;           ///< for the newest maps
  std::uint64_t m_firstLesionVersion = 0;  ///< versions of lesions made here lie above
};

}  // namespace pinwheel::views
