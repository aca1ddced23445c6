#include "views/window/shortcut_list.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QStringList>
#include <QTableWidget>
#include <QVBoxLayout>
#include <vector>

#include "views/window/command_registry.h"

namespace pinwheel::views {
namespace {

// Keys of the views that have the focus are no commands of the window: where, which, what they do.
std::vector<QStringList> viewKeys() {
  const QString cortex = ShortcutList::tr("Cortex");
  const QString map = ShortcutList::tr("Map");
  const QString raster = ShortcutList::tr("Raster");
  const QString arrows = ShortcutList::tr("Arrows");
  const QString ctrlArrows = ShortcutList::tr("Ctrl+arrows");
  const QString plusMinus = ShortcutList::tr("+ and -");
  const QString choice = ShortcutList::tr("Space, Enter");
  return {{cortex, ctrlArrows, ShortcutList::tr("Goes to the nearest unit in that direction")},
          {cortex, ShortcutList::tr("Page Up, Page Down"), ShortcutList::tr("Goes to the sheet before or after")},
          {cortex, choice, ShortcutList::tr("Selects the unit; Shift adds, Alt subtracts")},
          {cortex, arrows, ShortcutList::tr("Turns the cortex")},
          {cortex, plusMinus, ShortcutList::tr("Comes closer, goes away")},
          {cortex, ShortcutList::tr("1 to 8"), ShortcutList::tr("Faces one sheet")},
          {cortex, ShortcutList::tr("0, Home"), ShortcutList::tr("Shows all sheets again")},
          {cortex, ShortcutList::tr("R"), ShortcutList::tr("Shows where in the image the selected units look")},
          {map, ctrlArrows, ShortcutList::tr("Goes to a unit in that direction")},
          {map, choice, ShortcutList::tr("Selects there with the tool; Shift adds, Alt subtracts")},
          {map, arrows, ShortcutList::tr("Moves the map")},
          {map, plusMinus, ShortcutList::tr("Enlarges, makes smaller")},
          {map, ShortcutList::tr("0"), ShortcutList::tr("Shows the whole sheet")},
          {raster, ShortcutList::tr("Left, Right"), ShortcutList::tr("Moves through time")},
          {raster, ShortcutList::tr("Up, Down"), ShortcutList::tr("Points at the row above or below")},
          {raster, choice, ShortcutList::tr("Selects the unit; Shift adds, Alt takes the row away")},
          {raster, plusMinus, ShortcutList::tr("Enlarges or shrinks time")},
          {raster, ShortcutList::tr("F, End"), ShortcutList::tr("Follows the newest spikes")},
          {raster, ShortcutList::tr("P"), ShortcutList::tr("Pauses")},
          {raster, ShortcutList::tr("A, 0"), ShortcutList::tr("Shows all that is kept")}};
}

}  // namespace

ShortcutList::ShortcutList(CommandRegistry& registry, QWidget* parent) : QDialog(parent) {
  setObjectName("shortcutList");
  setWindowTitle(tr("Keyboard shortcuts"));
  resize(640, 480);
  const std::vector<QStringList> ofViews = viewKeys();
  registry.refresh();
  std::vector<const QAction*> commands;
  for (const QAction* action : registry.actions())
    if (action->isVisible()) commands.push_back(action);
  auto* table = new QTableWidget(static_cast<int>(commands.size() + ofViews.size()), 3, this);
  table->setObjectName("shortcutList.table");
  table->setAccessibleName(tr("Commands and their keys"));
  table->setHorizontalHeaderLabels({tr("Command"), tr("Keys"), tr("What it does")});
  table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->verticalHeader()->hide();
  int row = 0;
  for (const QAction* action : commands) {
    table->setItem(row, 0, new QTableWidgetItem(action->text().remove('&')));
    table->setItem(row, 1, new QTableWidgetItem(action->shortcut().toString(QKeySequence::NativeText)));
    table->setItem(row, 2, new QTableWidgetItem(action->statusTip()));
    ++row;
  }
  for (const QStringList& keys : ofViews) {
    for (int column = 0; column < 3; ++column) table->setItem(row, column, new QTableWidgetItem(keys[column]));
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
