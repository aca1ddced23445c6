// Makes a lesion of selected units: kind, strength, time steps; its parts; the seed of its sham.
#pragma once

#include <QWidget>
#include <vector>

#include "engine/session/commands.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QListWidget;
class QPushButton;
class QUndoStack;

namespace pinwheel::views {

class Scene;
class Selection;

/// GUI thread only. Every gesture is one command on the undo stack, which outlives the editor.
class LesionEditor final : public QWidget {
  Q_OBJECT

public:
  LesionEditor(Scene& scene, Selection& selection, QUndoStack& undo, QWidget* parent = nullptr);

private:
  void buildTreatment(QGridLayout* grid);
  void networkChanged();
  void refresh();
  void listParts();
  void push(session::Lesion after, const QString& text);
  /// The selected units, treated as the controls say.
  [[nodiscard]] session::LesionPart part() const;
  [[nodiscard]] QString describe(const session::LesionPart& part) const;
  [[nodiscard]] session::PerturbationKind kind() const;
  void removePart();
  void drawSham();

  Scene& m_scene;
  Selection& m_selection;
  QUndoStack& m_undo;
  QComboBox* m_kind;
  QDoubleSpinBox* m_strength;
  QLabel* m_strengthLabel;
  QWidget* m_stepsRow;
  QGridLayout* m_stepsGrid;
  std::vector<QCheckBox*> m_steps;
  QPushButton* m_add;
  QPushButton* m_replace;
  QPushButton* m_clear;
  QListWidget* m_parts;
  QPushButton* m_remove;
  QLabel* m_sham;
  QPushButton* m_drawSham;
};

}  // namespace pinwheel::views
