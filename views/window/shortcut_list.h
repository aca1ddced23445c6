// Every command with its keys, from the registry, and the keys of the cortex and the map.
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
