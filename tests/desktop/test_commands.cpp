// The command registry and the palette that finds commands in it.
#include <QLineEdit>
#include <QListWidget>
#include <QTableWidget>
#include <utility>

#include "tests/support.h"
#include "views/window/command_palette.h"
#include "views/window/command_registry.h"
#include "views/window/shortcut_list.h"

using namespace pinwheel::views;

class TestCommands : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void matching_data() {
    QTest::addColumn<QString>("query");
    QTest::addColumn<QString>("better");
    QTest::addColumn<QString>("worse");
    QTest::newRow("prefix") << "pau"
                            << "Pause training"
                            << "Open a pale button";
    QTest::newRow("word starts") << "tos"
                                 << "Train one step"
                                 << "Motor siege";
  }
  void matching() {
    QFETCH(QString, query);
    QFETCH(QString, better);
    QFETCH(QString, worse);
    QVERIFY(matchCommand(query, better) >= 0);
    const int other = matchCommand(query, worse);
    QVERIFY(other < 0 || matchCommand(query, better) < other);
  }
  void noMatch() {
    QCOMPARE(matchCommand("xyz", "Pause training"), -1);
    QCOMPARE(matchCommand("", "Pause training"), 0);
    QVERIFY(matchCommand("PAUSE", "pause") >= 0);
  }

  void rulesAreAsked() {
    CommandRegistry registry;
    bool enabled = false;
    bool on = false;
    int runs = 0;
    registry.add({"a", "A", "Does a", {}, [&] { return enabled; }, [&] { return on; }}, [&] {
      ++runs;
      on = !on;
    });
    registry.refresh();
    QVERIFY(!registry.action("a")->isEnabled());
    enabled = true;
    registry.refresh();
    QVERIFY(registry.action("a")->isEnabled());
    QVERIFY(!registry.action("a")->isChecked());
    registry.action("a")->trigger();
    QCOMPARE(runs, 1);
    QVERIFY(registry.action("a")->isChecked());
    QCOMPARE(registry.action("b"), nullptr);
  }

  // What is called after the network, and what not every network has.
  void namesAndPlacesInListsAreAsked() {
    CommandRegistry registry;
    QString name = "Fly to V1";
    bool there = true;
    CommandSpec spec{"fly", "Fly to sheet 1", "Faces it"};
    spec.named = [&] { return name; };
    spec.shown = [&] { return there; };
    registry.add(spec, [] {});
    const auto listed = [&] {
      const CommandPalette palette(registry, nullptr);
      const ShortcutList keys(registry, nullptr);
      const auto* list = palette.findChild<QListWidget*>("commandPalette.list");
      const auto* table = keys.findChild<QTableWidget*>("shortcutList.table");
      return std::pair(list->count() > 0 ? list->item(0)->text() : QString(),
                       table->findItems(registry.action("fly")->text(), Qt::MatchExactly).size());
    };
    QCOMPARE(listed(), std::pair(QString("Fly to V1"), qsizetype{1}));
    name = "Fly to IT";
    QCOMPARE(listed(), std::pair(QString("Fly to IT"), qsizetype{1}));
    there = false;
    QCOMPARE(listed(), std::pair(QString(), qsizetype{0}));
  }

  void paletteRunsWithTheKeyboardAlone() {
    CommandRegistry registry;
    QString ran;
    registry.add({"one", "Open a checkpoint", "x"}, [&] { ran = "one"; });
    registry.add({"two", "Pause training", "x"}, [&] { ran = "two"; });
    registry.add({"three", "Pause for ever", "x", {}, [] { return false; }}, [&] { ran = "three"; });
    CommandPalette palette(registry, nullptr);
    palette.show();
    QVERIFY(QTest::qWaitForWindowExposed(&palette));
    auto* query = palette.findChild<QLineEdit*>("commandPalette.query");
    auto* list = palette.findChild<QListWidget*>("commandPalette.list");
    QCOMPARE(list->count(), 3);
    QTest::keyClicks(query, "pause");
    QCOMPARE(list->count(), 2);
    QTest::keyClick(query, Qt::Key_Return);
    QCOMPARE(ran, QString("two"));
    QVERIFY(!palette.isVisible());
  }

  void paletteMovesWithArrows() {
    CommandRegistry registry;
    QString ran;
    registry.add({"one", "Alpha", "x"}, [&] { ran = "one"; });
    registry.add({"two", "Beta", "x"}, [&] { ran = "two"; });
    CommandPalette palette(registry, nullptr);
    palette.show();
    QVERIFY(QTest::qWaitForWindowExposed(&palette));
    auto* query = palette.findChild<QLineEdit*>("commandPalette.query");
    QTest::keyClick(query, Qt::Key_Down);
    QTest::keyClick(query, Qt::Key_Return);
    QCOMPARE(ran, QString("two"));
  }

  void disabledCommandsDoNotRun() {
    CommandRegistry registry;
    bool ran = false;
    registry.add({"one", "Alpha", "x", {}, [] { return false; }}, [&] { ran = true; });
    CommandPalette palette(registry, nullptr);
    palette.show();
    QVERIFY(QTest::qWaitForWindowExposed(&palette));
    QTest::keyClick(palette.findChild<QLineEdit*>("commandPalette.query"), Qt::Key_Return);
    QVERIFY(!ran);
    QVERIFY(palette.isVisible());
  }

  void shortcutsOfCommandsAndViewsAreListed() {
    CommandRegistry registry;
    registry.add({"one", "&Alpha", "Does it", QKeySequence("F9")}, [] {});
    const ShortcutList list(registry, nullptr);
    const auto* table = list.findChild<QTableWidget*>("shortcutList.table");
    QStringList rows;
    for (int row = 0; row < table->rowCount(); ++row) {
      for (int column = 0; column < 3; ++column) QVERIFY(table->item(row, column));
      rows << table->item(row, 0)->text() + "/" + table->item(row, 1)->text();
      QVERIFY2(!table->item(row, 2)->text().isEmpty(), qPrintable(rows.last()));
    }
    for (const char* row :
         {"Alpha/F9", "Cortex/Ctrl+arrows", "Cortex/Page Up, Page Down", "Cortex/Space, Enter", "Map/Ctrl+arrows"})
      QVERIFY2(rows.count(QString(row)) == 1, row);
  }
};

QTEST_MAIN(TestCommands)
#include "test_commands.moc"
