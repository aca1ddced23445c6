// Lesions: which units, what happens to them, what it does, and learning again without them.
#pragma once

#include <QWidget>
#include <cstdint>

class QDoubleSpinBox;
class QPushButton;
class QSpinBox;
class QUndoStack;

namespace pinwheel::views {

class LesionEditor;
class Scene;
class Selection;
class SelectionTools;

/// GUI thread only. `undo` outlives the panel; it is cleared when another network without this lesion is opened.
class LesionPanel final : public QWidget {
  Q_OBJECT

public:
  LesionPanel(Scene& scene, Selection& selection, QUndoStack& undo, QWidget* parent = nullptr);

  [[nodiscard]] SelectionTools& tools() { return *m_tools; }
  [[nodiscard]] LesionEditor& editor() { return *m_editor; }

Q_SIGNALS:
  /// The open network is to learn on with its lesion held; the window asks where to. `learningRate` 0: a tenth of the
  /// checkpoint's.
  void retrainRequested(std::int64_t epochs, double learningRate);

private:
  void refresh();

  Scene& m_scene;
  SelectionTools* m_tools;
  LesionEditor* m_editor;
  QSpinBox* m_epochs;
  QDoubleSpinBox* m_rate;
  QPushButton* m_retrain;
};

}  // namespace pinwheel::views
