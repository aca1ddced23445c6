#include "views/window/shortcut_list.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QTableWidget>
#include <QVBoxLayout>

#include "views/window/command_registry.h"

namespace pinwheel::views {

ShortcutList::ShortcutList(CommandRegistry& registry, QWidget* parent) : QDialog(parent) {
  setObjectName("shortcutList");
  setWindowTitle(tr("Keyboard shortcuts"));
  resize(640, 480);
  auto* table = new QTableWidget(static_cast<int>(registry.actions().size()), 3, this);
  table->setObjectName("shortcutList.table");
  table->setAccessibleName(tr("Commands and their keys"));
  table->setHorizontalHeaderLabels({tr("Command"), tr("Keys"), tr("What it does")});
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->verticalHeader()->hide();
  int row = 0;
  for (const QAction* action : registry.actions()) {
    table->setItem(row, 0, new QTableWidgetItem(action->text().remove('&')));
    table->setItem(row, 1, new QTableWidgetItem(action->shortcut().toString(QKeySequence::NativeText)));
    table->setItem(row, 2, new QTableWidgetItem(action->statusTip()));
    ++row;
  }
  table->resizeColumnsToContents();
  table->horizontalHeader()->setStretchLastSection(true);
  auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
  connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(table);
  layout->addWidget(buttons);
}

}  // namespace pinwheel::views
