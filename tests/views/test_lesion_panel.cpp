#include <QCheckBox>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableWidget>
#include <QUndoStack>

#include "tests/views/panel_support.h"
#include "views/panels/lesion_effect.h"
#include "views/panels/lesion_panel.h"
#include "views/unit_sets.h"

using namespace pinwheel;
using namespace pinwheel::views;
using session::PerturbationKind;
using test::child;

namespace {

// Compares what acts, not its version.
QString textOf(const session::Lesion& lesion) {
  QStringList parts;
  for (const session::LesionPart& part : lesion.parts) {
    QStringList numbers;
    for (const auto u : part.units) numbers << QString::number(u);
    numbers << QStringLiteral("at");
    for (const auto t : part.timeSteps) numbers << QString::number(t);
    parts << QStringLiteral("%1/%2/%3/%4")
                 .arg(part.sheet)
                 .arg(static_cast<int>(part.kind))
                 .arg(part.strength)
                 .arg(numbers.join(QLatin1Char(' ')));
  }
  return parts.join(QLatin1Char(';'));
}

}  // namespace

class TestLesionPanel : public QObject {
  Q_OBJECT

  static void choose(QWidget& panel, PerturbationKind kind) {
    auto* box = child<QComboBox>(panel, "lesionKind");
    box->setCurrentIndex(box->findData(static_cast<int>(kind)));
  }
  static void click(QWidget& panel, const char* name) {
    auto* button = child<QPushButton>(panel, name);
    QVERIFY2(button->isEnabled(), name);
    button->click();
  }

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void nothingIsOfferedWithoutUnits() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    const auto enabled = [&](const char* name) { return child<QPushButton>(panel, name)->isEnabled(); };
    for (const char* name : {"lesionAdd", "lesionReplace", "lesionClear", "lesionRemove", "drawSham", "selectDisc",
                             "selectPatch", "selectAbove", "selectNone", "retrain"})
      QVERIFY2(!enabled(name), name);
    QVERIFY(child<QLabel>(panel, "lesionSummary")->text().contains(QStringLiteral("Open a checkpoint")));
    world.open();
    QVERIFY(!enabled("lesionAdd") && enabled("selectAbove") && !enabled("selectDisc") && enabled("retrain"));
    QVERIFY(child<QLabel>(panel, "lesionSummary")->text().contains(QStringLiteral("Select units")));
    world.selection.select(0, {1, 2});
    QVERIFY(enabled("lesionAdd") && !enabled("lesionReplace") && enabled("selectDisc") && enabled("selectNone"));
    QVERIFY(child<QLabel>(panel, "selectionCount")->text().startsWith(QStringLiteral("2 of ")));
    // Only what the kind uses can be set.
    QVERIFY(!child<QDoubleSpinBox>(panel, "lesionStrength")->isEnabled());
    choose(panel, PerturbationKind::noise);
    QVERIFY(child<QDoubleSpinBox>(panel, "lesionStrength")->isEnabled());
    choose(panel, PerturbationKind::stimulate);
    for (int t = 1; t <= 4; ++t)
      child<QCheckBox>(panel, qPrintable(QStringLiteral("lesionStep%1").arg(t)))->setChecked(false);
    QVERIFY(!enabled("lesionAdd"));
    world.publish(&session::News::training, test::makeTraining(session::TrainingPhase::running));
    QVERIFY(!enabled("retrain"));
  }

  // Every gesture posts exactly its lesion and is one step back.
  void gesturesPostAndUndo() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    QStringList states{textOf(world.scene.lesion())};
    const auto last = [&] { return world.engine.last<session::SetLesion>(); };
    const auto step = [&](const QString& expected) {
      QCOMPARE(textOf(last()->lesion), expected);
      QCOMPARE(textOf(world.scene.lesion()), expected);
      states << expected;
      QCOMPARE(undo.count(), states.size() - 1);
    };
    world.selection.select(0, {4, 2});
    click(panel, "lesionAdd");
    step(QStringLiteral("0/0/1/2 4 at"));
    world.selection.select(1, {9});
    choose(panel, PerturbationKind::damp);
    child<QDoubleSpinBox>(panel, "lesionStrength")->setValue(0.25);
    click(panel, "lesionAdd");
    step(QStringLiteral("0/0/1/2 4 at;1/1/0.25/9 at"));
    choose(panel, PerturbationKind::noise);
    click(panel, "lesionAdd");
    step(QStringLiteral("0/0/1/2 4 at;1/1/0.25/9 at;1/2/0.25/9 at"));
    choose(panel, PerturbationKind::stimulate);
    child<QCheckBox>(panel, "lesionStep1")->setChecked(false);
    child<QCheckBox>(panel, "lesionStep3")->setChecked(false);
    click(panel, "lesionAdd");
    step(QStringLiteral("0/0/1/2 4 at;1/1/0.25/9 at;1/2/0.25/9 at;1/3/1/9 at 1 3"));
    auto* parts = child<QListWidget>(panel, "lesionParts");
    QCOMPARE(parts->count(), 4);
    QVERIFY2(parts->item(3)->text().contains(QStringLiteral("stimulate at steps 2, 4")),
             qPrintable(parts->item(3)->text()));
    QVERIFY(parts->item(1)->text().contains(QStringLiteral("IT, unit 9, damp")));
    parts->setCurrentRow(1);
    click(panel, "lesionRemove");
    step(QStringLiteral("0/0/1/2 4 at;1/2/0.25/9 at;1/3/1/9 at 1 3"));
    choose(panel, PerturbationKind::freeze);
    click(panel, "lesionReplace");
    step(QStringLiteral("1/4/1/9 at"));
    click(panel, "lesionClear");
    step(QString());
    QCOMPARE(last()->lesion.version, std::uint64_t{0});

    std::uint64_t version = 0;
    for (qsizetype i = states.size() - 2; i >= 0; --i) {
      undo.undo();
      QCOMPARE(textOf(last()->lesion), states[i]);
      if (!states[i].isEmpty()) {
        QVERIFY(last()->lesion.version > version);  // a new version, never an old one
        version = last()->lesion.version;
      }
      QCOMPARE(parts->count(), static_cast<int>(world.scene.lesion().parts.size()));
    }
    for (qsizetype i = 1; i < states.size(); ++i) {
      undo.redo();
      QCOMPARE(textOf(last()->lesion), states[i]);
    }
  }

  void shamIsDrawnAgainAndBack() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    world.selection.select(0, {1});
    click(panel, "lesionAdd");
    QCOMPARE(world.engine.last<session::SetLesion>()->shamSeed, std::uint64_t{1});
    click(panel, "drawSham");
    QCOMPARE(world.engine.last<session::SetLesion>()->shamSeed, std::uint64_t{2});
    QCOMPARE(textOf(world.engine.last<session::SetLesion>()->lesion), QStringLiteral("0/0/1/1 at"));
    QVERIFY(child<QLabel>(panel, "shamSeed")->text().contains(QLatin1Char('2')));
    undo.undo();
    QCOMPARE(world.engine.last<session::SetLesion>()->shamSeed, std::uint64_t{1});
    QVERIFY(child<QLabel>(panel, "shamSeed")->text().contains(QLatin1Char('1')));
    undo.redo();
    QCOMPARE(world.engine.last<session::SetLesion>()->shamSeed, std::uint64_t{2});
    // Another network knows nothing of these units.
    world.publish(&session::News::network, test::makeNetwork(2));
    QCOMPARE(undo.count(), 0);
    QCOMPARE(child<QListWidget>(panel, "lesionParts")->count(), 0);
  }

  void aNetworkMayComeWithALesion() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    world.selection.select(0, {1});
    click(panel, "lesionAdd");
    click(panel, "drawSham");
    auto other = test::makeNetwork(2);
    other->lesion = {session::kStoredLesion | 2, {{1, {4, 7}, PerturbationKind::noise, 0.5, {}}}};
    other->stamp.lesion = other->lesion.version;
    const int posted = world.engine.count<session::SetLesion>();
    world.publish(&session::News::network, other);
    // It acts already: nothing is sent, and nothing of the old network can come back.
    QCOMPARE(world.engine.count<session::SetLesion>(), posted);
    QCOMPARE(undo.count(), 0);
    QCOMPARE(world.scene.lesion().version, other->stamp.lesion);
    QCOMPARE(child<QListWidget>(panel, "lesionParts")->count(), 1);
    QVERIFY(child<QLabel>(panel, "shamSeed")->text().contains(QLatin1Char('1')));
    // A gesture goes on from it.
    world.selection.select(0, {3});
    click(panel, "lesionAdd");
    QCOMPARE(textOf(world.engine.last<session::SetLesion>()->lesion), QStringLiteral("1/2/0.5/4 7 at;0/0/1/3 at"));
    QCOMPARE(world.engine.last<session::SetLesion>()->shamSeed, std::uint64_t{1});
    // Retrained it keeps the lesion that acts, whose version the engine tells.
    auto retrained = test::makeNetwork(3);
    retrained->lesion = world.engine.last<session::SetLesion>()->lesion;
    retrained->stamp.lesion = retrained->lesion.version;
    world.publish(&session::News::network, retrained);
    QCOMPARE(undo.count(), 1);
    undo.undo();
    QCOMPARE(textOf(world.engine.last<session::SetLesion>()->lesion), QStringLiteral("1/2/0.5/4 7 at"));
  }

  void toolsSelectWhatTheySay() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    const session::SheetPlan& it = world.network->sheets[1];
    world.selection.setHover(1, 40);
    world.selection.setHover(-1, -1);  // the pointer leaves for the button
    child<QDoubleSpinBox>(panel, "discRadius")->setValue(4);
    click(panel, "selectDisc");
    QCOMPARE(world.selection.selectedSheet(), 1);
    QCOMPARE(world.selection.units(), unitsInDisc(it, double(it.xMm[40]), double(it.yMm[40]), 4));
    // The patch about the selection's centre.
    const double side = it.spec.displaySideMm;
    world.selection.select(1, unitsInDisc(it, 0.75 * side, 0.25 * side, 3));
    const auto centre = centreOf(it, world.selection.units());
    child<QComboBox>(panel, "patchDomain")->setCurrentIndex(1);
    click(panel, "selectPatch");
    QTRY_COMPARE(world.selection.units(),
                 unitsOfPatch(it, world.maps->sheets[1].domains[1].t, centre->first, centre->second));
    QVERIFY(world.selection.units().size() > 10);
    const auto before = world.selection.units();
    child<QComboBox>(panel, "patchDomain")->setCurrentIndex(2);
    click(panel, "selectPatch");
    QTRY_VERIFY(child<QLabel>(panel, "selectionCount")->text().contains(QStringLiteral("No patch")));
    QCOMPARE(world.selection.units(), before);  // none there: told, and nothing is lost
    world.selection.setSheet(0);
    child<QDoubleSpinBox>(panel, "patchThreshold")->setValue(5);
    click(panel, "selectAbove");
    QCOMPARE(world.selection.selectedSheet(), 0);
    QCOMPARE(world.selection.units(), unitsAbove(world.maps->sheets[0].domains[2].t, 5));
    click(panel, "selectNone");
    QVERIFY(world.selection.units().empty());
  }

  void effectIsShownForItsLesionOnly() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    QVERIFY(test::shown(panel));
    auto* summary = child<QLabel>(panel, "lesionSummary");
    world.selection.select(0, {1, 2, 3});
    click(panel, "lesionAdd");
    QVERIFY(summary->text().contains(QStringLiteral("being measured")));
    QVERIFY(!child<QTableWidget>(panel, "lesionTable")->isVisible());
    const auto effect = test::makeLesionEffect(*world.network, world.scene.lesion());
    world.publish(&session::News::lesion, effect);
    QVERIFY(child<QTableWidget>(panel, "lesionTable")->isVisible());
    QVERIFY2(summary->text().contains(QStringLiteral("3 units")), qPrintable(summary->text()));
    QVERIFY(summary->text().contains(QLocale().toString(80.0, 'f', 1)));
    const Chart& chart = child<ChartView>(panel, "lesionChart")->chart();
    QCOMPARE(chart.series.size(), std::size_t{3});
    QCOMPARE(chart.categories.size(), 9);
    QCOMPARE(chart.series[1].y[0], 0.7);
    QCOMPARE(chart.series[1].y[1], 0.2);
    QCOMPARE(chart.series[1].low[1], effect->categories[0].after.low);
    auto* table = child<QTableWidget>(panel, "lesionTable");
    QCOMPARE(table->rowCount(), 9);
    QCOMPARE(table->item(1, 2)->text().count(QLatin1Char('\n')), 1);
    QVERIFY(table->item(1, 2)->text().startsWith(QLocale().toString(20.0, 'f', 1)));
    table->setFocus();
    QTRY_VERIFY(table->hasFocus());
    QTest::keyClick(table, Qt::Key_C, Qt::ControlModifier);
    QTRY_COMPARE(QApplication::clipboard()->text(), effectTable(*effect));
    const QStringList lines = QApplication::clipboard()->text().split(QLatin1Char('\n'), Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 10);
    QVERIFY(lines[2].startsWith(QStringLiteral("face\t80\t100\t0.8\t")));
    for (const QString& line : lines) QCOMPARE(line.count(QLatin1Char('\t')), 15);
    // The next lesion has an effect of its own.
    click(panel, "lesionAdd");
    QVERIFY(summary->text().contains(QStringLiteral("being measured")) && !table->isVisible());
  }

  void manyCategoriesAreCutToThoseThatChange() {
    auto network = test::makeNetwork();
    network->classNames.clear();
    for (int c = 0; c < 100; ++c) network->classNames.push_back("class " + std::to_string(c));
    auto effect = test::makeLesionEffect(*network, {});
    effect->categories[77].after = session::accuracyOf(1, 100);
    const Chart chart = effectChart(*effect, lightPalette());
    QCOMPARE(chart.categories.size(), 12);
    QCOMPARE(chart.categories[0], QStringLiteral("all"));
    QCOMPARE(chart.categories[1], QStringLiteral("class 77"));
    QCOMPARE(chart.categories[2], QStringLiteral("class 0"));
    QCOMPARE(effectTable(*effect).count(QLatin1Char('\n')), 102);
  }

  void retrainingIsAskedFor() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    QSignalSpy spy(&panel, &LesionPanel::retrainRequested);
    click(panel, "retrain");
    child<QSpinBox>(panel, "retrainEpochs")->setValue(5);
    child<QDoubleSpinBox>(panel, "retrainRate")->setValue(0.0003);
    click(panel, "retrain");
    QCOMPARE(spy.count(), 2);
    QCOMPARE(spy[0][0].value<std::int64_t>(), std::int64_t{1});
    QCOMPARE(spy[0][1].toDouble(), 0.0);
    QCOMPARE(spy[1][0].value<std::int64_t>(), std::int64_t{5});
    QCOMPARE(spy[1][1].toDouble(), 0.0003);
    QVERIFY(world.engine.commands.empty());
  }

  void keysReachTheList() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    world.open();
    QVERIFY(test::shown(panel));
    world.selection.select(1, {5, 6});
    click(panel, "lesionAdd");
    world.selection.clear();
    auto* parts = child<QListWidget>(panel, "lesionParts");
    parts->setFocus();
    QTRY_VERIFY(parts->hasFocus());
    parts->setCurrentRow(0);
    QTest::keyClick(parts, Qt::Key_Return);
    QCOMPARE(world.selection.units(), (std::vector<std::int32_t>{5, 6}));
    QTest::keyClick(parts, Qt::Key_Delete);
    QTRY_VERIFY(world.scene.lesion().parts.empty());
    QCOMPARE(undo.count(), 2);
  }

  void controlsAreNamedAndNothingIsCut() {
    test::PanelWorld world;
    QUndoStack undo;
    LesionPanel panel(world.scene, world.selection, undo);
    QVERIFY(test::shown(panel));
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("lesion-empty")), QStringList());
    world.open();
    world.selection.select(0, {1, 2, 3});
    choose(panel, PerturbationKind::stimulate);
    click(panel, "lesionAdd");
    world.publish(&session::News::lesion, test::makeLesionEffect(*world.network, world.scene.lesion()));
    QCOMPARE(test::unnamedControls(panel), QStringList());
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("lesion")), QStringList());
  }
};

QTEST_MAIN(TestLesionPanel)
#include "test_lesion_panel.moc"
