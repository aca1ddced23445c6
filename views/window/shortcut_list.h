// Every command with its keys, from the registry.
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
