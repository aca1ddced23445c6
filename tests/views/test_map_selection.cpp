// Patches and thresholds chosen in the map: which units, when, and what Shift and Alt make of them.
#include <QDoubleSpinBox>
#include <QLabel>
#include <algorithm>
#include <iterator>

#include "tests/support.h"
#include "tests/views/flat_view_test.h"
#include "views/maps/map_view.h"
#include "views/unit_sets.h"

using namespace pinwheel;
using namespace pinwheel::views;
using Units = std::vector<std::int32_t>;

class TestMapSelection : public QObject, private test::FlatViewTest<MapView> {
  Q_OBJECT

  // Clicks, and lets the modifier go at once.
  void click(const char* button, Qt::KeyboardModifiers modifiers) const {
    QTest::mouseClick(child<QToolButton>(button), Qt::LeftButton, modifiers);
    QTest::keyClick(m_view.get(), Qt::Key_F12);
    QVERIFY(!QGuiApplication::keyboardModifiers());
  }
  [[nodiscard]] static Units sum(const Units& a, const Units& b) {
    Units both;
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
    return both;
  }
  [[nodiscard]] static Units difference(const Units& a, const Units& b) {
    Units left;
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
    return left;
  }

private Q_SLOTS:
  void init() {
    open({620, 640});
    publishNetwork();
  }
  void cleanup() { close(); }

  void unitsOfAPatchAndAbove() {
    m_selection->setField({Quantity::category, 3});
    const auto [cx, cy] = test::patchCentre(3);
    const std::int32_t unit = canvas().unitAt(canvas().toPixel({36 * cx, 36 * cy}));
    const std::vector<std::int32_t> patch = unitsOfPatch(m_network->sheets[0], m_maps->sheets[0].domains[3].t, unit);
    QVERIFY(patch.size() > 50);
    m_view->selectPatch(unit);
    QVERIFY(m_selection->units().empty());  // not within the call
    QCOMPARE(child<QLabel>("mapReadout")->text(), QStringLiteral("Looking for the patch"));
    QTRY_COMPARE(m_selection->units(), patch);
    QTRY_VERIFY(canvas().isSettled());
    keep("map_patch");
    // Of the domain that the unit prefers, where none is shown.
    m_selection->setField({Quantity::orientation});
    m_selection->clear();
    m_selection->setHover(0, unit);
    m_view->selectPatchHere();
    QTRY_COMPARE(m_selection->units(), patch);
    const std::int32_t outside = canvas().unitAt(canvas().toPixel({1, 18}));
    m_view->selectPatch(outside);
    QTRY_COMPARE(child<QLabel>("mapReadout")->text(), QStringLiteral("This unit lies in no patch"));
    QCOMPARE(m_selection->units(), patch);
    // A choice that is made meanwhile counts.
    m_view->selectPatch(unit);
    m_selection->clear();
    QTest::qWait(250);
    QVERIFY(m_selection->units().empty());
    m_selection->setField({Quantity::category, 0});
    m_view->selectAbove(3.5);
    QCOMPARE(m_selection->units(), unitsAbove(m_maps->sheets[0].domains[0].t, 3.5));
    QVERIFY(!m_selection->units().empty());
  }

  void modifiersOfThePatchAreThoseOfTheClick() {
    m_selection->setField({Quantity::category, 3});
    const auto [cx, cy] = test::patchCentre(3);
    const std::int32_t unit = canvas().unitAt(canvas().toPixel({36 * cx, 36 * cy}));
    const Units patch = unitsOfPatch(m_network->sheets[0], m_maps->sheets[0].domains[3].t, unit);
    const Units chosen = unitsInDisc(m_network->sheets[0], 6, 6, 4);
    QVERIFY(!chosen.empty() && !patch.empty());
    m_selection->select(0, chosen);
    m_selection->setHover(0, unit);
    click("mapSelectPatch", Qt::ShiftModifier);
    QTRY_COMPARE(m_selection->units(), sum(chosen, patch));
    m_selection->setHover(0, unit);
    click("mapSelectPatch", Qt::AltModifier);
    QTRY_COMPARE(m_selection->units(), difference(chosen, patch));
    m_selection->setHover(0, unit);
    click("mapSelectPatch", Qt::NoModifier);
    QTRY_COMPARE(m_selection->units(), patch);
  }

  void modifiersOfTheThreshold() {
    m_selection->setField({Quantity::category, 0});
    child<QDoubleSpinBox>("mapThreshold")->setValue(3.5);
    const Units above = unitsAbove(m_maps->sheets[0].domains[0].t, 3.5);
    const Units chosen = unitsInDisc(m_network->sheets[0], 27, 27, 4);
    QVERIFY(!chosen.empty() && !above.empty());
    m_selection->select(0, chosen);
    click("mapSelectAbove", Qt::ShiftModifier);
    QCOMPARE(m_selection->units(), sum(chosen, above));
    click("mapSelectAbove", Qt::AltModifier);
    QCOMPARE(m_selection->units(), difference(chosen, above));
    click("mapSelectAbove", Qt::NoModifier);
    QCOMPARE(m_selection->units(), above);
  }
};

QTEST_MAIN(TestMapSelection)
#include "test_map_selection.moc"
