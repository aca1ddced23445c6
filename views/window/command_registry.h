// Every action of the window, declared once: menus, the palette, the list of shortcuts and the tests read it from here.
#pragma once

#include <QAction>
#include <QIcon>
#include <QKeySequence>
#include <QObject>
#include <functional>
#include <vector>

namespace pinwheel::views {

struct CommandSpec {
  QString id;       ///< "training.pause"; unique
  QString text;     ///< "Pause training"
  QString tooltip;  ///< one sentence
  QKeySequence shortcut{};
  std::function<bool()> enabled{};   ///< empty: always
  std::function<bool()> checked{};   ///< empty: not a switch
  std::function<QString()> named{};  ///< its text now, where that depends on the network; empty: `text`, always
  std::function<bool()> shown{};     ///< false: there is nothing of the kind, no list has it; empty: always
};

/// GUI thread. Owns its actions.
class CommandRegistry final : public QObject {
  Q_OBJECT

public:
  using QObject::QObject;
  /// A second command of the same id is a bug (asserted).
  QAction* add(const CommandSpec& spec, std::function<void()> run);
  /// Null for an unknown id.
  [[nodiscard]] QAction* action(const QString& id) const;
  [[nodiscard]] const std::vector<QAction*>& actions() const { return m_actions; }
  /// Asks every rule again.
  void refresh();

private:
  struct Rule {
    QAction* action;
    std::function<bool()> enabled, checked;
    std::function<QString()> named;
    std::function<bool()> shown;
  };
  std::vector<QAction*> m_actions;
  std::vector<Rule> m_rules;
};

}  // namespace pinwheel::views
