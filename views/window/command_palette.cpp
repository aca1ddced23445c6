#include "views/window/command_palette.h"

#include <QCoreApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>
#include <vector>

#include "views/window/command_registry.h"

namespace pinwheel::views {

int matchCommand(const QString& query, const QString& text) {
  int score = 0;
  qsizetype at = 0;
  for (const QChar letter : query) {
    if (letter.isSpace()) continue;
    const qsizetype found = text.indexOf(letter, at, Qt::CaseInsensitive);
    if (found < 0) return -1;
    const bool wordStart = found == 0 || !text.at(found - 1).isLetterOrNumber();
    if (found != at) score += wordStart ? 1 : 2 + static_cast<int>(found - at);
    at = found + 1;
  }
  return score;
}

CommandPalette::CommandPalette(CommandRegistry& registry, QWidget* parent)
    : QDialog(parent), m_registry(registry), m_query(new QLineEdit(this)), m_list(new QListWidget(this)) {
  setObjectName("commandPalette");
  setWindowTitle(tr("Commands"));
  resize(520, 380);
  m_query->setObjectName("commandPalette.query");
  m_query->setAccessibleName(tr("Search commands"));
  m_query->setPlaceholderText(tr("Type a command"));
  m_query->installEventFilter(this);
  m_list->setObjectName("commandPalette.list");
  m_list->setAccessibleName(tr("Commands found"));
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(m_query);
  layout->addWidget(m_list);
  connect(m_query, &QLineEdit::textChanged, this, &CommandPalette::filter);
  connect(m_query, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
  connect(m_list, &QListWidget::itemActivated, this, &CommandPalette::runCurrent);
  m_registry.refresh();
  filter({});
}

void CommandPalette::filter(const QString& query) {
  std::vector<std::pair<int, QAction*>> found;
  for (QAction* action : m_registry.actions()) {
    if (!action->isVisible()) continue;
    if (const int score = matchCommand(query, action->text()); score >= 0) found.emplace_back(score, action);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  m_list->clear();
  for (const auto& [score, action] : found) {
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    auto* item = new QListWidgetItem(
        keys.isEmpty() ? action->text().remove('&') : tr("%1   (%2)").arg(action->text().remove('&'), keys), m_list);
    item->setData(Qt::UserRole, action->objectName());
    item->setToolTip(action->statusTip());
    if (!action->isEnabled()) item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
  }
  for (int row = 0; row < m_list->count(); ++row)
    if ((m_list->item(row)->flags() & Qt::ItemIsEnabled) != 0) {
      m_list->setCurrentRow(row);
      break;
    }
}

void CommandPalette::runCurrent() {
  const QListWidgetItem* item = m_list->currentItem();
  if (item == nullptr || (item->flags() & Qt::ItemIsEnabled) == 0) return;
  QAction* action = m_registry.action(item->data(Qt::UserRole).toString());
  accept();  // first, so that a dialog that the command opens is not behind this one
  if (action != nullptr) action->trigger();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (watched == m_query && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    // The list is steered from the line, so that hands stay on the keyboard.
    if (key->key() == Qt::Key_Down || key->key() == Qt::Key_Up || key->key() == Qt::Key_PageDown ||
        key->key() == Qt::Key_PageUp) {
      QKeyEvent copy(key->type(), key->key(), key->modifiers());
      QCoreApplication::sendEvent(m_list, &copy);
      return true;
    }
  }
  return QDialog::eventFilter(watched, event);
}

}  // namespace pinwheel::views
