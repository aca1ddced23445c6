// Shows the maps as they were before the lesion: one button for the map and the cortex.
#pragma once

class QToolButton;
class QWidget;

namespace pinwheel::views {

class Scene;
class Selection;

/// Sets FieldChoice::before; it can be pressed while a lesion acts. GUI thread; both models outlive it.
[[nodiscard]] QToolButton* makeBeforeToggle(Scene& scene, Selection& selection, QWidget* parent);

}  // namespace pinwheel::views
