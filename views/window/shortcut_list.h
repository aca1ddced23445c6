// Every command with its keys, from the registry, and those of the cortex, the map and the raster.
#pragma once

#include <QDialog>

namespace pinwheel::views {

class CommandRegistry;

class ShortcutList final : public QDialog {
  Q_OBJECT

public:
  ShortcutList(CommandRegistry& registry, QWidget* parent);
};

}  // namespace pinwheel::views
