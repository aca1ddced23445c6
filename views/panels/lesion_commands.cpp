#include "views/panels/lesion_commands.h"

#include <utility>

#include "views/scene.h"

namespace pinwheel::views {

SetLesionCommand::SetLesionCommand(Scene& scene, session::Lesion before, session::Lesion after, const QString& text)
    : QUndoCommand(text), m_scene(scene), m_before(std::move(before)), m_after(std::move(after)) {}

void SetLesionCommand::undo() {
  m_scene.setLesion(m_before);
}

void SetLesionCommand::redo() {
  m_scene.setLesion(m_after);
}

DrawShamCommand::DrawShamCommand(Scene& scene, std::uint64_t before, std::uint64_t after, const QString& text)
    : QUndoCommand(text), m_scene(scene), m_before(before), m_after(after) {}

void DrawShamCommand::undo() {
  set(m_before);
}

void DrawShamCommand::redo() {
  set(m_after);
}

void DrawShamCommand::set(std::uint64_t seed) {
  m_scene.setShamSeed(seed);
  m_scene.setLesion(m_scene.lesion());  // the sham is measured with the lesion that it stands beside
}

}  // namespace pinwheel::views
