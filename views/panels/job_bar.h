// Long work in the status bar: what, how far, how long still, and a way to give it up. Work that is done within half a
// second is not shown at all.
#pragma once

#include <QTimer>
#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace pinwheel::views {

class Scene;

/// GUI thread only.
class JobBar final : public QWidget {
  Q_OBJECT

public:
  explicit JobBar(Scene& scene, QWidget* parent = nullptr);

private:
  void refresh();

  Scene& m_scene;
  QLabel* m_label;
  QProgressBar* m_progress;
  QLabel* m_left;
  QToolButton* m_cancel;
  QTimer m_patience;
};

}  // namespace pinwheel::views
