// The selection, and the patch that the selection tools look for on another thread: what is chosen, when, and what is
// thrown away.
#include <QDoubleSpinBox>
#include <QPushButton>
#include <QSignalSpy>
#include <algorithm>
#include <iterator>
#include <memory>

#include "tests/views/panel_support.h"
#include "views/panels/selection_tools.h"
#include "views/unit_sets.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::child;

namespace {

struct World : test::PanelWorld {
  std::unique_ptr<SelectionTools> tools = std::make_unique<SelectionTools>(scene, selection);
  World() { open(); }

  [[nodiscard]] const session::SheetPlan& v1() const { return network->sheets[0]; }
  [[nodiscard]] QString told() const { return child<QLabel>(*tools, "selectionCount")->text(); }
  [[nodiscard]] QPushButton* button() const { return child<QPushButton>(*tools, "selectPatch"); }
  /// Points at the middle of a domain's patch on V1, and chooses the domain.
  void pointAt(int domain) {
    const auto [x, y] = test::patchCentre(domain);
    selection.setHover(0, unitsInDisc(v1(), 36 * x, 36 * y, 3).front());
    child<QComboBox>(*tools, "patchDomain")->setCurrentIndex(domain);
  }
  /// What must be chosen for what is pointed at.
  [[nodiscard]] std::vector<std::int32_t> patch(int domain) const {
    return unitsOfPatch(v1(), maps->sheets[0].domains[static_cast<std::size_t>(domain)].t, selection.hoverUnit());
  }
};

}  // namespace

class TestSelectionTools : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void aPatchComesThroughTheEventLoop() {
    World world;
    world.pointAt(3);
    const auto wanted = world.patch(3);
    QVERIFY(wanted.size() > 10);
    world.button()->click();
    // Not within the click.
    QVERIFY(world.selection.units().empty());
    QCOMPARE(world.told(), QStringLiteral("Looking for the patch"));
    QTRY_COMPARE(world.selection.units(), wanted);
    QCOMPARE(world.selection.selectedSheet(), 0);
    QVERIFY2(world.told().startsWith(QLocale().toString(static_cast<qulonglong>(wanted.size()))),
             qPrintable(world.told()));
  }

  void thresholdAndPlaceAreThoseOfTheClick() {
    World world;
    world.pointAt(3);
    auto* threshold = child<QDoubleSpinBox>(*world.tools, "patchThreshold");
    threshold->setValue(5);
    analysis::PatchOptions options;
    options.threshold = 5;
    const auto u = static_cast<std::size_t>(world.selection.hoverUnit());
    const auto wanted =
        unitsOfPatch(world.v1(), world.maps->sheets[0].domains[3].t, static_cast<double>(world.v1().xMm[u]),
                     static_cast<double>(world.v1().yMm[u]), options);
    QVERIFY(!wanted.empty() && wanted != world.patch(3));
    world.button()->click();
    threshold->setValue(1);
    world.selection.setHover(0, 0);
    QTRY_COMPARE(world.selection.units(), wanted);
  }

  void modifiersAreThoseOfTheClick() {
    World world;
    QVERIFY(test::shown(*world.tools));
    world.pointAt(3);
    const auto patch = world.patch(3);
    const std::vector<std::int32_t> chosen = unitsInDisc(world.v1(), 6, 6, 4);
    QVERIFY(!chosen.empty());
    world.selection.select(0, chosen);
    std::vector<std::int32_t> both;
    std::set_union(chosen.begin(), chosen.end(), patch.begin(), patch.end(), std::back_inserter(both));
    QTest::mouseClick(world.button(), Qt::LeftButton, Qt::ShiftModifier);
    // Shift is let go before the patch is found.
    QTest::keyClick(world.tools.get(), Qt::Key_F12);
    QVERIFY(!QGuiApplication::keyboardModifiers());
    QCOMPARE(world.selection.units(), chosen);
    QTRY_COMPARE(world.selection.units(), both);
    QTest::mouseClick(world.button(), Qt::LeftButton, Qt::AltModifier);
    QTest::keyClick(world.tools.get(), Qt::Key_F12);
    QTRY_COMPARE(world.selection.units(), chosen);
  }

  void theNewestOfTwoClicksCounts() {
    World world;
    QSignalSpy spy(&world.selection, &Selection::selectionChanged);
    world.pointAt(3);
    world.button()->click();
    world.pointAt(0);
    const auto wanted = world.patch(0);
    world.button()->click();
    QTRY_COMPARE(world.selection.units(), wanted);
    // Answers come in the order of their requests: the first one never came.
    QCOMPARE(spy.count(), 1);
  }

  void whatChangesMeanwhileDropsIt_data() {
    QTest::addColumn<QString>("what");
    for (const char* what : {"maps", "network", "sheet", "selection"}) QTest::newRow(what) << QString(what);
  }
  void whatChangesMeanwhileDropsIt() {
    QFETCH(QString, what);
    World world;
    world.pointAt(3);
    world.button()->click();
    std::vector<std::int32_t> after;
    if (what == "maps") {
      world.publish(&session::News::maps, test::turned(*world.maps, 30));
    } else if (what == "network") {
      world.publish(&session::News::network, test::makeNetwork(2));
    } else if (what == "sheet") {
      world.selection.setSheet(1);
    } else {
      after = {5};
      world.selection.select(0, after);
    }
    QVERIFY2(!world.told().startsWith(QStringLiteral("Looking")), qPrintable(world.told()));
    QSignalSpy spy(&world.selection, &Selection::selectionChanged);
    QTest::qWait(250);
    QCOMPARE(spy.count(), 0);
    QCOMPARE(world.selection.units(), after);
  }

  // What is chosen is of one sheet, and a gesture that adds or takes away never gives it up.
  void anotherSheetNeitherAddsNorTakes() {
    Selection selection;
    QSignalSpy changed(&selection, &Selection::selectionChanged);
    QSignalSpy refused(&selection, &Selection::otherSheetRefused);
    using Mode = Selection::Mode;
    const std::vector<std::int32_t> chosen{3, 5};
    selection.select(0, chosen);
    selection.select(1, {3}, Mode::subtract);
    selection.select(1, {}, Mode::add);
    QCOMPARE(refused.count(), 0);  // nothing that anybody wanted
    selection.select(1, {3}, Mode::add);
    QCOMPARE(refused.count(), 1);
    QCOMPARE(changed.count(), 1);
    QCOMPARE(selection.selectedSheet(), 0);
    QCOMPARE(selection.units(), chosen);
    selection.select(1, {7});
    QCOMPARE(selection.selectedSheet(), 1);
    QCOMPARE(selection.units(), std::vector<std::int32_t>{7});
    // Where nothing is chosen, any sheet is added to.
    selection.clear();
    selection.select(0, {2}, Mode::add);
    QCOMPARE(selection.selectedSheet(), 0);
    QCOMPARE(selection.units(), std::vector<std::int32_t>{2});
    selection.select(0, {2}, Mode::subtract);
    QCOMPARE(selection.selectedSheet(), -1);
    QCOMPARE(refused.count(), 1);
  }

  void whereNoPatchIsNothingIsLost() {
    World world;
    world.selection.select(0, {5, 6});
    world.pointAt(3);
    child<QComboBox>(*world.tools, "patchDomain")->setCurrentIndex(0);
    world.button()->click();
    QVERIFY(!world.told().contains(QStringLiteral("No patch")));
    QTRY_VERIFY(world.told().contains(QStringLiteral("No patch")));
    QCOMPARE(world.selection.units(), (std::vector<std::int32_t>{5, 6}));
  }

  void theToolsMayGoWhileTheyLook() {
    for (const int ms : {0, 1, 4, 16}) {
      World world;
      world.pointAt(3);
      world.button()->click();
      QTest::qWait(ms);
      world.tools.reset();
      const auto units = world.selection.units();
      QTest::qWait(50);
      QCOMPARE(world.selection.units(), units);
    }
  }
};

QTEST_MAIN(TestSelectionTools)
#include "test_selection_tools.moc"
