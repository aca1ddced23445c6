// A line of a dialog about the work under way in it: how far, how long still, and a way to give it up.
#pragma once

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace pinwheel::views {

/// GUI thread. Idle it shows nothing and keeps its place, so that nothing jumps.
class WorkRow final : public QWidget {
  Q_OBJECT

public:
  /// Its parts are named `name`.busy, `name`.timeLeft and `name`.cancel.
  WorkRow(const QString& name, QWidget* parent);

  /// `share` in 0..1; NaN: nobody knows, the bar moves. `secondsLeft` NaN: not known. `canCancel`: it was not given up
  /// yet.
  void setWork(double share, double secondsLeft, bool canCancel);
  void setIdle();

Q_SIGNALS:
  void cancelled();

private:
  QProgressBar* m_bar;
  QLabel* m_left;
  QToolButton* m_cancel;
};

}  // namespace pinwheel::views
