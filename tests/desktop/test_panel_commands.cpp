// The commands of the panels, with a scripted engine: every one is in the palette, stands still where it makes no
// sense, and does what it says.
#include <QCheckBox>
#include <QComboBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QInputDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <algorithm>
#include <utility>

#include "tests/desktop/window_test.h"
#include "views/maps/map_view.h"
#include "views/maps/raster_view.h"
#include "views/unit_sets.h"
#include "views/vtk/cortex_view.h"
#include "views/vtk/graphics.h"
#include "views/window/command_palette.h"
#include "views/window/command_registry.h"
#include "views/window/shortcut_list.h"

using namespace pinwheel;
using namespace pinwheel::views;
using session::PerturbationKind;

namespace {

// Those of a window without a network.
const QStringList& allCommands() {
  static const QStringList ids{"map.pan",          "map.point",
                               "map.brush",        "map.lasso",
                               "map.disc",         "map.fit",
                               "map.before",       "select.patch",
                               "select.above",     "select.disc",
                               "lesion.silence",   "lesion.damp",
                               "lesion.noise",     "lesion.stimulate",
                               "lesion.freeze",    "lesion.add",
                               "lesion.replace",   "lesion.clear",
                               "lesion.sham",      "stimulus.show",
                               "stimulus.next",    "stimulus.play",
                               "cortex.sheet1",    "cortex.all",
                               "raster.follow",    "raster.pause",
                               "raster.all",       "colour.orientation",
                               "colour.frequency", "colour.circularVariance",
                               "colour.colour",    "colour.category1",
                               "colour.rate",      "colour.spikes",
                               "colour.lossShare", "colour.lesion",
                               "colour.smoothed",  "cortex.receptiveFields",
                               "work.cancel"};
  return ids;
}

}  // namespace

class TestPanelCommands : public QObject, private test::WindowTest {
  Q_OBJECT

private Q_SLOTS:
  void init() { openWindow(); }
  void cleanup() { closeWindow(); }

  void everyCommandIsListedAndWaitsForANetwork() {
    const QStringList found = listed();
    for (const QString& id : allCommands()) {
      QVERIFY2(action(id) != nullptr, qPrintable(id));
      QVERIFY2(found.contains(id), qPrintable(id));
      QVERIFY2(!action(id)->isEnabled(), qPrintable(id));
    }
    // Sheets and categories go by their names, as many as there are.
    openDemo();
    const QStringList open = listed();
    for (const char* id : {"cortex.sheet2", "colour.category5"}) QVERIFY2(open.contains(id), id);
    for (const char* id : {"cortex.sheet3", "colour.category6"}) QVERIFY2(!open.contains(id), id);
    QCOMPARE(action("cortex.sheet2")->text(), QString("Fly to IT"));
    QCOMPARE(action("colour.category4")->text(), QString("Colour by places"));
    const ShortcutList list(m_window->commands(), m_window.get());
    const auto* table = list.findChild<QTableWidget*>("shortcutList.table");
    QCOMPARE(table->findItems("Fly to IT", Qt::MatchExactly).size(), 1);
    QCOMPARE(table->findItems("Fly to sheet 3", Qt::MatchExactly).size(), 0);
  }

  void thePaletteRunsOne() {
    openDemo();
    CommandPalette palette(m_window->commands(), m_window.get());
    palette.show();
    QVERIFY(QTest::qWaitForWindowExposed(&palette));
    auto* query = palette.findChild<QLineEdit*>("commandPalette.query");
    QTest::keyClicks(query, "map tool: lasso");
    QTest::keyClick(query, Qt::Key_Return);
    QVERIFY(map().canvas().tool() == MapCanvas::Tool::lasso);
  }

  void mapTools() {
    openDemo();
    dock("map")->hide();
    for (const auto& [id, tool] :
         {std::pair{"map.point", MapCanvas::Tool::point}, std::pair{"map.brush", MapCanvas::Tool::brush},
          std::pair{"map.lasso", MapCanvas::Tool::lasso}, std::pair{"map.disc", MapCanvas::Tool::disc},
          std::pair{"map.pan", MapCanvas::Tool::pan}}) {
      run(id);
      QVERIFY2(map().canvas().tool() == tool, id);
      QVERIFY2(action(id)->isChecked(), id);
      QVERIFY(!dock("map")->isHidden());
    }
    QVERIFY(!action("map.disc")->isChecked());
    // The button of the panel is the same switch.
    map().setTool(MapCanvas::Tool::brush);
    QVERIFY(action("map.brush")->isChecked() && !action("map.pan")->isChecked());
    map().canvas().zoomBy(4, map().canvas().mapCentre());
    run("map.fit");
    QCOMPARE(map().canvas().zoom(), 1.0);
  }

  void unitsOfThisPatch() {
    openDemo();
    QVERIFY(!action("select.patch")->isEnabled());
    QVERIFY(!action("select.disc")->isEnabled());
    const auto& plan = network().sheets[0];
    const auto [x, y] = test::patchCentre(3);
    const std::int32_t unit = unitsInDisc(plan, 36 * x, 36 * y, 3).front();
    m_window->findChild<QComboBox*>("patchDomain")->setCurrentIndex(3);
    m_window->selection().setHover(0, unit);
    QVERIFY(action("select.patch")->isEnabled());
    const auto wanted = unitsOfPatch(plan, m_window->scene().maps()->sheets[0].domains[3].t, unit);
    QVERIFY(wanted.size() > 10);
    run("select.patch");
    QTRY_COMPARE(units(), wanted);
    m_window->findChild<QDoubleSpinBox*>("discRadius")->setValue(3);
    const auto u = static_cast<std::size_t>(unit);
    const auto disc = unitsInDisc(plan, static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u]), 3);
    run("select.disc");
    QCOMPARE(units(), disc);
    // Once pointed at, a place is kept.
    m_window->selection().setHover(-1, -1);
    m_window->selection().clear();
    QVERIFY(action("select.patch")->isEnabled());
  }

  void unitsAboveAT() {
    openDemo();
    m_window->findChild<QComboBox*>("patchDomain")->setCurrentIndex(1);
    QString asked;
    const auto answer = [&](double value, bool accept) {
      auto* timer = new QTimer(m_window.get());
      connect(timer, &QTimer::timeout, this, [timer, value, accept, &asked] {
        auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
        if (dialog == nullptr) return;
        timer->stop();
        asked = dialog->labelText();
        dialog->setDoubleValue(value);
        accept ? dialog->accept() : dialog->reject();
      });
      timer->start(10);
    };
    answer(5, false);
    run("select.above");
    QVERIFY2(asked.contains("bodies"), qPrintable(asked));
    QVERIFY(units().empty());
    answer(5, true);
    run("select.above");
    const auto wanted = unitsAbove(m_window->scene().maps()->sheets[0].domains[1].t, 5);
    QVERIFY(!wanted.empty());
    QCOMPARE(units(), wanted);
    QCOMPARE(m_window->findChild<QDoubleSpinBox*>("patchThreshold")->value(), 5.0);
  }

  void kindsOfLesion() {
    openDemo();
    for (const auto& [id, kind] :
         {std::pair{"lesion.damp", PerturbationKind::damp}, std::pair{"lesion.noise", PerturbationKind::noise},
          std::pair{"lesion.freeze", PerturbationKind::freeze}, std::pair{"lesion.silence", PerturbationKind::silence},
          std::pair{"lesion.stimulate", PerturbationKind::stimulate}}) {
      run(id);
      QCOMPARE(m_window->findChild<QComboBox*>("lesionKind")->currentData().toInt(), static_cast<int>(kind));
      QVERIFY2(action(id)->isChecked(), id);
    }
    QVERIFY(!action("lesion.damp")->isChecked());
    // Without a time step nothing would be stimulated.
    m_window->selection().select(0, {1, 2});
    QVERIFY(action("lesion.add")->isEnabled());
    for (int t = 1; t <= 4; ++t)
      m_window->findChild<QCheckBox*>(QStringLiteral("lesionStep%1").arg(t))->setChecked(false);
    QVERIFY(!action("lesion.add")->isEnabled());
  }

  void lesionsAreMadeAndTakenAway() {
    openDemo();
    for (const char* id : {"lesion.add", "lesion.replace", "lesion.clear", "lesion.sham", "map.before"})
      QVERIFY2(!action(id)->isEnabled(), id);
    m_window->selection().select(0, {1, 2});
    QVERIFY(action("lesion.add")->isEnabled());
    QVERIFY(!action("lesion.replace")->isEnabled());
    run("lesion.add");
    QCOMPARE(m_engine->last<session::SetLesion>()->lesion.units(), std::int64_t{2});
    m_window->selection().select(1, {5});
    run("lesion.add");
    QCOMPARE(m_window->scene().lesion().parts.size(), std::size_t{2});
    run("lesion.replace");
    QCOMPARE(m_window->scene().lesion().parts.size(), std::size_t{1});
    QCOMPARE(m_window->scene().lesion().parts.front().units, (std::vector<std::int32_t>{5}));
    const std::uint64_t seed = m_window->scene().shamSeed();
    run("lesion.sham");
    QCOMPARE(m_engine->last<session::SetLesion>()->shamSeed, seed + 1);
    run("map.before");
    QVERIFY(m_window->selection().field().before && action("map.before")->isChecked());
    run("map.before");
    QVERIFY(!m_window->selection().field().before);
    run("lesion.clear");
    QVERIFY(m_window->scene().lesion().parts.empty());
    QVERIFY(!action("lesion.clear")->isEnabled() && !action("lesion.sham")->isEnabled());
    // Each was one step that can be undone.
    for (int step = 0; step < 5; ++step) m_window->undoStack().undo();
    QVERIFY(!m_window->undoStack().canUndo());
    QCOMPARE(m_window->scene().shamSeed(), seed);
  }

  void stimuliAreShownAndPlayed() {
    openDemo();
    QVERIFY(!action("stimulus.play")->isEnabled());
    dock("stimulus")->hide();
    run("stimulus.show");
    QCOMPARE(m_engine->count<session::ShowStimulus>(), 1);
    QVERIFY(!dock("stimulus")->isHidden());
    answerStimulus();
    QVERIFY(action("stimulus.play")->isEnabled());
    run("stimulus.next");
    QCOMPARE(m_engine->last<session::ShowStimulus>()->stimulus.exemplar, std::int64_t{1});
    answerStimulus();
    // Behind the last image comes the first.
    auto* exemplar = m_window->findChild<QSpinBox*>("stimulusExemplar");
    exemplar->setValue(exemplar->maximum());
    answerStimulus();
    run("stimulus.next");
    QCOMPARE(m_engine->last<session::ShowStimulus>()->stimulus.exemplar, std::int64_t{0});
    answerStimulus();
    auto* kind = m_window->findChild<QComboBox*>("stimulusKind");
    kind->setCurrentIndex(1);
    answerStimulus();
    run("stimulus.next");
    QCOMPARE(m_engine->last<session::ShowStimulus>()->stimulus.angleDeg, 60.0);
    answerStimulus();
    // Of a file there is no next one, and no first one before it is chosen.
    kind->setCurrentIndex(2);
    m_window->commands().refresh();
    QVERIFY(!action("stimulus.next")->isEnabled() && !action("stimulus.show")->isEnabled());
    run("stimulus.play");
    auto* play = m_window->findChild<QPushButton*>("stimulusPlay");
    QVERIFY(play->isChecked() && action("stimulus.play")->isChecked());
    QVERIFY(m_window->selection().field().quantity == Quantity::spikes);
    run("stimulus.play");
    QVERIFY(!play->isChecked() && !action("stimulus.play")->isChecked());
    play->click();
    QVERIFY(action("stimulus.play")->isChecked());
    play->click();
  }

  void sheetsAreFlownTo() {
    openDemo();
    auto* cortex = m_window->findChild<CortexView*>();
    run("cortex.sheet2");
    QCOMPARE(m_window->selection().sheet(), 1);
    QTRY_COMPARE(cortex->camera().sheet, 1);
    run("cortex.all");
    QTRY_COMPARE(cortex->camera().sheet, -1);
    QVERIFY(!action("cortex.sheet3")->isEnabled());
    run("cortex.receptiveFields");
    QVERIFY(cortex->projectionShown() && action("cortex.receptiveFields")->isChecked());
    run("cortex.receptiveFields");
    QVERIFY(!cortex->projectionShown());
  }

  void theRasterFollowsPausesShowsAll() {
    openDemo();
    m_engine->news.activity = test::makeActivity(network(), *m_window->scene().maps());
    m_window->scene().pump();
    auto& canvas = m_window->findChild<RasterView*>()->canvas();
    dock("raster")->hide();
    run("raster.pause");
    QVERIFY(canvas.timeMode() == RasterCanvas::TimeMode::paused);
    QVERIFY(!dock("raster")->isHidden());
    run("raster.all");
    QVERIFY(canvas.timeMode() == RasterCanvas::TimeMode::range);
    run("raster.follow");
    QVERIFY(canvas.timeMode() == RasterCanvas::TimeMode::follow);
  }

  void everyQuantityColours() {
    openDemo();
    FieldChoice field;
    field.smoothed = true;
    field.timeStep = 2;
    m_window->selection().setField(field);
    QVERIFY(action("colour.orientation")->isChecked());
    for (const auto& [id, quantity] :
         {std::pair{"colour.circularVariance", Quantity::circularVariance},
          std::pair{"colour.frequency", Quantity::spatialFrequency}, std::pair{"colour.colour", Quantity::colour},
          std::pair{"colour.rate", Quantity::rate}, std::pair{"colour.spikes", Quantity::spikes},
          std::pair{"colour.lossShare", Quantity::lossShare}, std::pair{"colour.lesion", Quantity::lesion},
          std::pair{"colour.orientation", Quantity::orientation}}) {
      run(id);
      QVERIFY2(m_window->selection().field().quantity == quantity, id);
      QVERIFY2(action(id)->isChecked(), id);
      // How it is shown is another matter.
      QVERIFY(m_window->selection().field().smoothed);
      QCOMPARE(m_window->selection().field().timeStep, 2);
    }
    run("colour.category4");
    QVERIFY(m_window->selection().field().quantity == Quantity::category);
    QCOMPARE(m_window->selection().field().domain, 3);
    QVERIFY(action("colour.category4")->isChecked() && !action("colour.category1")->isChecked());
    QCOMPARE(m_window->findChild<QComboBox*>("mapQuantity")->currentText(), QString("Places"));
    run("colour.smoothed");
    QVERIFY(!m_window->selection().field().smoothed);
  }

  void workIsCancelled() {
    openDemo();
    QVERIFY(!action("work.cancel")->isEnabled());
    const auto publishJob = [this](const char* label) {
      m_engine->news.job = std::make_shared<session::JobFrame>(session::JobFrame{label, 1, 4, 75});
      m_window->scene().pump();
    };
    publishJob("Opening demo");
    run("work.cancel");
    QCOMPARE(m_engine->cancelled, 1);
    publishJob("");
    QVERIFY(!action("work.cancel")->isEnabled());
  }

private:
  [[nodiscard]] QAction* action(const QString& id) { return m_window->commands().action(id); }
  void run(const char* id) {
    QVERIFY2(action(id) != nullptr && action(id)->isEnabled(), id);
    action(id)->trigger();
  }
  // Ids that the palette lists.
  [[nodiscard]] QStringList listed() {
    const CommandPalette palette(m_window->commands(), m_window.get());
    const auto* list = palette.findChild<QListWidget*>("commandPalette.list");
    QStringList ids;
    for (int row = 0; row < list->count(); ++row) ids << list->item(row)->data(Qt::UserRole).toString();
    return ids;
  }
  void answerStimulus() {
    m_engine->news.activity = test::makeActivity(network(), *m_window->scene().maps());
    m_window->scene().pump();
  }
  [[nodiscard]] const session::NetworkFrame& network() { return *m_window->scene().network(); }
  [[nodiscard]] const std::vector<std::int32_t>& units() { return m_window->selection().units(); }
  [[nodiscard]] MapView& map() { return *m_window->findChild<MapView*>(); }
  [[nodiscard]] QDockWidget* dock(const char* name) {
    return m_window->findChild<QDockWidget*>(QStringLiteral("dock.") + name);
  }
};

int main(int argc, char** argv) {
  prepareGraphics();
  QApplication application(argc, argv);
  TestPanelCommands test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_panel_commands.moc"
