// Shows a stimulus and what the network makes of it, time step by time step.
#pragma once

#include <QTimer>
#include <QWidget>
#include <optional>

#include "engine/session/commands.h"

class QLabel;
class QPushButton;
class QSlider;

namespace pinwheel::views {

class ChartView;
class Scene;
class Selection;
class StimulusChooser;

/// GUI thread only. One stimulus is under way at a time; of those chosen meanwhile the newest follows.
class StimulusPanel final : public QWidget {
  Q_OBJECT

public:
  StimulusPanel(Scene& scene, Selection& selection, QWidget* parent = nullptr);

  /// Shows an image file: one that was dropped or opened.
  void showFile(const QString& path);

  // What its controls do, for commands; nothing where they cannot.
  [[nodiscard]] bool canShow() const;
  [[nodiscard]] bool canShowNext() const;
  [[nodiscard]] bool canPlay() const;
  [[nodiscard]] bool isPlaying() const;
  /// Shows what is chosen once more.
  void showChosen();
  void showNext();
  void setPlaying(bool on);

Q_SIGNALS:
  /// It began to play, or stopped.
  void playingChanged();

protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

private:
  void build();
  void request(session::Stimulus stimulus);
  void answered();
  void networkChanged();
  void refresh();
  void refreshRates();
  void setTimeStep(int step);
  void followField();
  void showSpikes();
  void play(bool on);

  Scene& m_scene;
  Selection& m_selection;
  std::optional<session::Stimulus> m_next;
  QTimer m_wait;  ///< runs while an answer is waited for
  QTimer m_clock;
  StimulusChooser* m_chooser;
  QLabel* m_picture;
  QLabel* m_title;
  QSlider* m_step;
  QLabel* m_stepLabel;
  QPushButton* m_play;
  ChartView* m_rates;
  ChartView* m_classes;
};

}  // namespace pinwheel::views
