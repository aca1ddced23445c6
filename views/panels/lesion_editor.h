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

/// "silence", ... as it is called everywhere in the window.
[[nodiscard]] QString nameOf(session::PerturbationKind kind);
/// What it does to the units, one line.
[[nodiscard]] QString meaningOf(session::PerturbationKind kind);

/// GUI thread only. Every gesture is one command on the undo stack, which outlives the editor.
class LesionEditor final : public QWidget {
  Q_OBJECT

public:
  LesionEditor(Scene& scene, Selection& selection, QUndoStack& undo, QWidget* parent = nullptr);

  // What its controls do, for commands; nothing where they cannot.
  [[nodiscard]] session::PerturbationKind kind() const;
  void setKind(session::PerturbationKind kind);
  [[nodiscard]] bool canAdd() const;
  [[nodiscard]] bool canReplace() const;
  [[nodiscard]] bool hasLesion() const;
  void add();
  void replace();
  void clear();
  void drawSham();

Q_SIGNALS:
  /// What can be done, or the kind that is chosen, may be another.
  void changed();

private:
  void buildTreatment(QGridLayout* grid);
  void networkChanged();
  void refresh();
  void listParts();
  void push(session::Lesion after, const QString& text);
  /// The selected units, treated as the controls say.
  [[nodiscard]] session::LesionPart part() const;
  [[nodiscard]] QString describe(const session::LesionPart& part) const;
  /// No step at all would be read as every step.
  [[nodiscard]] bool hasTime() const;
  void removePart();

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
