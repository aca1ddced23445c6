// The time line of a recording: scrub it, play it, follow its end.
#pragma once

#include <QElapsedTimer>
#include <QTimer>
#include <QWidget>
#include <memory>

#include "engine/guests/replay.h"

class QComboBox;
class QLabel;
class QToolButton;

namespace pinwheel::views {

class ReplaySlider;

/// GUI thread only. Knows the recording through guests::Replay alone; null: none is open, and the bar is disabled.
class ReplayBar final : public QWidget {
  Q_OBJECT

public:
  explicit ReplayBar(QWidget* parent = nullptr);

  /// Shows `replay` from now on, which the bar keeps; at its end where it grows, and where it does not.
  void setReplay(std::shared_ptr<guests::Replay> replay, const QString& name = {});

  [[nodiscard]] std::int64_t step() const { return m_step; }
  [[nodiscard]] bool isPlaying() const { return m_playing; }
  /// The end is shown, and what is recorded next will be.
  [[nodiscard]] bool followsEnd() const;
  /// Within the time line.
  void goTo(std::int64_t step);
  /// To the next (1) or the one before (-1) of the steps that have maps.
  void goToTick(int direction);
  void setPlaying(bool playing);
  /// So much time of playing: the timer's, and tests'.
  void advance(double seconds);

Q_SIGNALS:
  void stepChanged(qint64 step);
  void playingChanged(bool playing);

protected:
  void keyPressEvent(QKeyEvent* event) override;

private:
  void look();
  void showStep();
  [[nodiscard]] double pace() const;

  std::shared_ptr<guests::Replay> m_replay;
  std::shared_ptr<const guests::Timeline> m_line;
  std::int64_t m_step = 0;
  bool m_playing = false;
  double m_head = 0;  ///< while playing: between steps, or in seconds of the recording, as the speed counts
  QLabel* m_name;
  QToolButton *m_first, *m_play, *m_last;
  ReplaySlider* m_slider;
  QLabel* m_where;
  QComboBox* m_speed;
  QTimer m_poll;
  QTimer m_frames{this};
  QElapsedTimer m_clock;
};

}  // namespace pinwheel::views
