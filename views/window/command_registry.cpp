#include "views/window/command_registry.h"

namespace pinwheel::views {

QAction* CommandRegistry::add(const CommandSpec& spec, std::function<void()> run) {
  Q_ASSERT(action(spec.id) == nullptr);
  auto* action = new QAction(spec.text, this);
  action->setObjectName(spec.id);
  action->setToolTip(spec.shortcut.isEmpty()
                         ? spec.tooltip
                         : tr("%1 (%2)").arg(spec.tooltip, spec.shortcut.toString(QKeySequence::NativeText)));
  action->setStatusTip(spec.tooltip);
  action->setShortcut(spec.shortcut);
  action->setCheckable(static_cast<bool>(spec.checked));
  connect(action, &QAction::triggered, this, [this, run = std::move(run)] {
    run();
    refresh();
  });
  m_actions.push_back(action);
  m_rules.push_back({action, spec.enabled, spec.checked, spec.named, spec.shown});
  return action;
}

QAction* CommandRegistry::action(const QString& id) const {
  for (QAction* action : m_actions)
    if (action->objectName() == id) return action;
  return nullptr;
}

void CommandRegistry::refresh() {
  for (const Rule& rule : m_rules) {
    if (rule.enabled) rule.action->setEnabled(rule.enabled());
    if (rule.checked) rule.action->setChecked(rule.checked());
    if (rule.named) rule.action->setText(rule.named());
    if (rule.shown) rule.action->setVisible(rule.shown());
  }
}

}  // namespace pinwheel::views
