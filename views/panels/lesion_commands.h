// What undo and redo do to a lesion: each sends a new version; the past is never edited.
#pragma once

#include <QUndoCommand>
#include <cstdint>

#include "engine/session/commands.h"

namespace pinwheel::views {

class Scene;

/// One gesture on the lesion. `scene` outlives the undo stack.
class SetLesionCommand final : public QUndoCommand {
public:
  SetLesionCommand(Scene& scene, session::Lesion before, session::Lesion after, const QString& text);
  void undo() override;
  void redo() override;

private:
  Scene& m_scene;
  session::Lesion m_before, m_after;
};

/// Another draw of the sham lesion beside the one that acts.
class DrawShamCommand final : public QUndoCommand {
public:
  DrawShamCommand(Scene& scene, std::uint64_t before, std::uint64_t after, const QString& text);
  void undo() override;
  void redo() override;

private:
  void set(std::uint64_t seed);

  Scene& m_scene;
  std::uint64_t m_before, m_after;
};

}  // namespace pinwheel::views
