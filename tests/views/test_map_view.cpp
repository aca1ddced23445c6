#include "views/maps/map_view.h"

#include <QLabel>
#include <QSlider>
#include <cmath>

#include "tests/support.h"
#include "tests/views/flat_view_test.h"

using namespace pinwheel;
using namespace pinwheel::views;
using Tool = MapCanvas::Tool;

class TestMapView : public QObject, private test::FlatViewTest<MapView> {
  Q_OBJECT

  [[nodiscard]] QPointF placeOf(std::size_t unit, std::size_t sheet = 0) const {
    const session::SheetPlan& plan = m_network->sheets[sheet];
    return {static_cast<double>(plan.xMm[unit]), static_cast<double>(plan.yMm[unit])};
  }
  [[nodiscard]] std::vector<std::int32_t> inDisc(const QPointF& centre, double radius) const {
    std::vector<std::int32_t> units;
    for (std::size_t u = 0; u < m_network->sheets[0].xMm.size(); ++u)
      if (std::hypot(placeOf(u).x() - centre.x(), placeOf(u).y() - centre.y()) <= radius)
        units.push_back(static_cast<std::int32_t>(u));
    return units;
  }
  void drag(const QPolygonF& pixels, Qt::MouseButton button = Qt::LeftButton,
            Qt::KeyboardModifiers modifiers = Qt::NoModifier) const {
    mouse(QEvent::MouseButtonPress, pixels.first(), button, button, modifiers);
    for (qsizetype i = 1; i < pixels.size(); ++i) mouse(QEvent::MouseMove, pixels[i], Qt::NoButton, button, modifiers);
    mouse(QEvent::MouseButtonRelease, pixels.last(), button, Qt::NoButton, modifiers);
  }

private Q_SLOTS:
  void init() {
    open({620, 640});
    publishNetwork();
    publish(test::makeActivity(*m_network, *m_maps));
  }
  void cleanup() { close(); }

  void pixelsAndMillimetres() {
    const QPointF mm(7.25, 21.5);
    for (const double zoom : {1.0, 4.0}) {
      canvas().fit();
      canvas().zoomBy(zoom, canvas().mapCentre());
      const QPointF back = canvas().toMm(canvas().toPixel(mm));
      QVERIFY(QLineF(back, mm).length() < 1e-9);
      QCOMPARE(canvas().zoom(), zoom);
    }
    // Zooming keeps the place under the pointer.
    canvas().fit();
    const QPointF at = canvas().toPixel({10, 12});
    canvas().zoomBy(3, at);
    QVERIFY(QLineF(canvas().toMm(at), QPointF(10, 12)).length() < 1e-9);
    m_view->zoomIn();
    QVERIFY(canvas().zoom() > 3.7);
    m_view->zoomOut();
    QVERIFY(std::abs(canvas().zoom() - 3) < 1e-9);
    m_view->fit();
    QCOMPARE(canvas().zoom(), 1.0);
  }

  void dragAndKeysPan() {
    canvas().zoomBy(4, canvas().mapCentre());
    const QPointF before = canvas().toMm({200, 200});
    drag({{200, 200}, {230, 190}, {260, 180}});
    QVERIFY(QLineF(canvas().toMm({260, 180}), before).length() < 1e-6);
    m_view->setTool(Tool::brush);
    drag({{200, 200}, {220, 220}}, Qt::MiddleButton);
    QVERIFY(m_selection->units().empty());
    const QPointF left = canvas().toMm({200, 200});
    QTest::keyClick(&canvas(), Qt::Key_Right);
    QVERIFY(canvas().toMm({200, 200}).x() > left.x());
    QTest::keyClick(&canvas(), Qt::Key_Left);
    QTest::keyClick(&canvas(), Qt::Key_Down);
    QVERIFY(canvas().toMm({200, 200}).y() > left.y());
    QTest::keyClick(&canvas(), Qt::Key_Plus);
    QCOMPARE(canvas().zoom(), 5.0);
    QTest::keyClick(&canvas(), Qt::Key_Minus);
    QTest::keyClick(&canvas(), Qt::Key_0);
    QCOMPARE(canvas().zoom(), 1.0);
    QWheelEvent wheel(canvas().toPixel({9, 9}), canvas().mapToGlobal(canvas().toPixel({9, 9})), {}, {0, 120},
                      Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&canvas(), &wheel);
    QCOMPARE(canvas().zoom(), 1.25);
  }

  void everyToolSelects_data() {
    QTest::addColumn<int>("tool");
    QTest::newRow("point") << static_cast<int>(Tool::point);
    QTest::newRow("brush") << static_cast<int>(Tool::brush);
    QTest::newRow("lasso") << static_cast<int>(Tool::lasso);
    QTest::newRow("disc") << static_cast<int>(Tool::disc);
  }
  void everyToolSelects() {
    QFETCH(int, tool);
    m_view->setTool(static_cast<Tool>(tool));
    canvas().setBrushRadiusMm(3);
    // What a gesture around a place must select.
    const auto gesture = [&](const QPointF& mm) {
      QPolygonF pixels;
      std::vector<std::int32_t> want;
      const auto square = [&](double half) {
        for (std::size_t u = 0; u < m_network->sheets[0].xMm.size(); ++u)
          if (std::abs(placeOf(u).x() - mm.x()) < half && std::abs(placeOf(u).y() - mm.y()) < half)
            want.push_back(static_cast<std::int32_t>(u));
      };
      switch (static_cast<Tool>(tool)) {
        case Tool::brush:
          pixels = {canvas().toPixel(mm)};
          want = inDisc(mm, 3);
          break;
        case Tool::lasso:
          for (const auto& [dx, dy] : {std::pair{-4, -4}, {4, -4}, {4, 4}, {-4, 4}})
            pixels.append(canvas().toPixel(mm + QPointF(dx, dy)));
          square(4);
          break;
        case Tool::disc:
          pixels = {canvas().toPixel(mm), canvas().toPixel(mm + QPointF(2, 0)), canvas().toPixel(mm + QPointF(3, 4))};
          want = inDisc(mm, 5);
          break;
        default: {
          pixels = {canvas().toPixel(mm)};
          std::int32_t best = 0;
          for (std::size_t u = 0; u < m_network->sheets[0].xMm.size(); ++u)
            if (QLineF(placeOf(u), mm).length() < QLineF(placeOf(static_cast<std::size_t>(best)), mm).length())
              best = static_cast<std::int32_t>(u);
          want = {best};
        }
      }
      return std::pair{pixels, want};
    };
    const auto [here, units] = gesture({12, 14});
    const auto [there, others] = gesture({15, 15});
    QVERIFY(!units.empty() && units != others);
    drag(here);
    QCOMPARE(m_selection->selectedSheet(), 0);
    QCOMPARE(m_selection->units(), units);
    drag(there, Qt::LeftButton, Qt::ShiftModifier);
    std::vector<std::int32_t> both;
    std::set_union(units.begin(), units.end(), others.begin(), others.end(), std::back_inserter(both));
    QCOMPARE(m_selection->units(), both);
    const qsizetype count = static_cast<qsizetype>(both.size());
    QCOMPARE(child<QLabel>("mapCount")->text(), QStringLiteral("%1 units selected").arg(QLocale().toString(count)));
    keep(QStringLiteral("map_tool_%1").arg(QTest::currentDataTag()));
    drag(here, Qt::LeftButton, Qt::AltModifier);
    std::vector<std::int32_t> left;
    std::set_difference(both.begin(), both.end(), units.begin(), units.end(), std::back_inserter(left));
    QCOMPARE(m_selection->units(), left);
    drag(here);
    QCOMPARE(m_selection->units(), units);
    m_view->clearSelection();
    QVERIFY(m_selection->units().empty());
  }

  void aStrokeSelectsAllUnderIt() {
    m_view->setTool(Tool::brush);
    canvas().setBrushRadiusMm(2);
    drag({canvas().toPixel({8, 10}), canvas().toPixel({28, 10})});
    for (std::size_t u = 0; u < m_network->sheets[0].xMm.size(); ++u) {
      const QPointF at = placeOf(u);
      const double off = std::hypot(at.x() - std::clamp(at.x(), 8.0, 28.0), at.y() - 10);
      const bool chosen =
          std::binary_search(m_selection->units().begin(), m_selection->units().end(), static_cast<std::int32_t>(u));
      if (off < 1.95) QVERIFY(chosen);
      if (off > 2.0) QVERIFY(!chosen);
    }
  }

  void keysSelect() {
    canvas().setFocus();
    m_view->setTool(Tool::point);
    QTest::keyClick(&canvas(), Qt::Key_Right, Qt::ControlModifier);
    const int first = m_selection->hoverUnit();
    QVERIFY(first >= 0);
    QTest::keyClick(&canvas(), Qt::Key_Space);
    QCOMPARE(m_selection->units(), std::vector<std::int32_t>{first});
    for (int i = 0; i < 4; ++i) QTest::keyClick(&canvas(), Qt::Key_Down, Qt::ControlModifier);
    const int second = m_selection->hoverUnit();
    QVERIFY(second != first);
    QTest::keyClick(&canvas(), Qt::Key_Space, Qt::ShiftModifier);
    QCOMPARE(m_selection->units().size(), std::size_t{2});
    QTest::keyClick(&canvas(), Qt::Key_Space, Qt::AltModifier);
    QCOMPARE(m_selection->units(), std::vector<std::int32_t>{first});
    m_view->setTool(Tool::brush);
    QTest::keyClick(&canvas(), Qt::Key_Return);
    QCOMPARE(m_selection->units(), inDisc(placeOf(static_cast<std::size_t>(second)), canvas().brushRadiusMm()));
  }

  // Units 9 mm apart: a step of a fiftieth of the sheet ends nearest to where it began.
  void keysReachUnitsThatStandFarApart() {
    const auto network = test::makeNetwork(4);
    network->sheets.resize(1);
    session::SheetPlan& plan = network->sheets[0];
    plan.spec.channels = 1;
    plan.spec.height = plan.spec.width = 4;
    plan.xMm.clear();
    plan.yMm.clear();
    for (int u = 0; u < 16; ++u) {
      plan.xMm.push_back(4.5F + 9.0F * static_cast<float>(u % 4));
      plan.yMm.push_back(4.5F + 9.0F * static_cast<float>(u / 4));
    }
    test::FakeEngine engine;
    Scene scene(engine);
    Selection selection;
    MapView view(scene, selection);
    engine.news.network = network;
    scene.pump();
    view.resize(500, 500);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    selection.setHover(0, 5);
    for (const auto& [key, unit] : {std::pair{Qt::Key_Right, 6},
                                    {Qt::Key_Down, 10},
                                    {Qt::Key_Left, 9},
                                    {Qt::Key_Up, 5},
                                    {Qt::Key_Up, 1},
                                    {Qt::Key_Up, 1}}) {
      QTest::keyClick(&view.canvas(), key, Qt::ControlModifier);
      QCOMPARE(selection.hoverUnit(), unit);
    }
  }

  void hoverGoesBothWays() {
    mouse(QEvent::MouseMove, canvas().toPixel(placeOf(321)), Qt::NoButton, Qt::NoButton);
    QCOMPARE(m_selection->hoverSheet(), 0);
    QCOMPARE(m_selection->hoverUnit(), 321);
    QVERIFY(child<QLabel>("mapReadout")->text().startsWith("Unit 321 at "));
    QVERIFY(child<QLabel>("mapReadout")->text().endsWith(" deg"));
    // Another panel points: a ring is drawn around the unit.
    const QPointF at = canvas().toPixel(placeOf(900));
    m_selection->setHover(-1, -1);
    const QImage before = canvas().grab().toImage();
    m_selection->setHover(0, 900);
    const QImage after = canvas().grab().toImage();
    QVERIFY(colourAt(before, at + QPointF(6, 0)) != colourAt(after, at + QPointF(6, 0)));
    QVERIFY(qGray(colourAt(after, at + QPointF(6, 0)).rgb()) < 100);
    QCOMPARE(colourAt(before, at + QPointF(14, 0)), colourAt(after, at + QPointF(14, 0)));
    QEvent leave(QEvent::Leave);
    QApplication::sendEvent(&canvas(), &leave);
    QCOMPARE(m_selection->hoverUnit(), -1);
    QVERIFY(child<QLabel>("mapReadout")->text().isEmpty());
  }

  void selectionOfOthersIsTinted() {
    const QPointF at = canvas().toPixel({18, 18});
    const QImage before = canvas().grab().toImage();
    m_selection->select(0, inDisc({18, 18}, 4));
    const QImage after = canvas().grab().toImage();
    QVERIFY(colourAt(before, at) != colourAt(after, at));
    const QPointF outside = canvas().toPixel({18, 26});
    QCOMPARE(colourAt(before, outside), colourAt(after, outside));
    m_selection->select(1, {1, 2, 3});
    QCOMPARE(colourAt(canvas().grab().toImage(), at), colourAt(before, at));
  }

  void controlsAndModelAgree() {
    auto* sheet = child<QComboBox>("mapSheet");
    auto* quantity = child<QComboBox>("mapQuantity");
    auto* step = child<QSlider>("mapTimeStep");
    QCOMPARE(sheet->count(), 2);
    QCOMPARE(quantity->count(), 13);
    QVERIFY(!step->isVisible());
    sheet->setFocus();
    QTest::keyClick(sheet, Qt::Key_Down);
    QCOMPARE(m_selection->sheet(), 1);
    QCOMPARE(canvas().content().units, std::int64_t{1024});
    m_selection->setField({Quantity::spikes, 0, 2});
    QCOMPARE(quantity->currentText(), QStringLiteral("Spikes"));
    QTRY_VERIFY(step->isVisible());
    QCOMPARE(step->value(), 2);
    step->setValue(1);
    QCOMPARE(m_selection->field().timeStep, 1);
    keep("map_spikes");
    child<QToolButton>("mapSmoothed")->click();
    QVERIFY(m_selection->field().smoothed);
    QVERIFY(!child<QToolButton>("mapPatches")->isEnabled());
    m_selection->setField({Quantity::category, 2});
    QVERIFY(child<QToolButton>("mapPatches")->isEnabled());
    QCOMPARE(quantity->currentText(), QStringLiteral("Characters"));
    QVERIFY(!child<QToolButton>("mapSmoothed")->isChecked());
    child<QToolButton>("mapToolLasso")->click();
    QVERIFY(canvas().tool() == Tool::lasso);
    m_view->setTool(Tool::disc);
    QVERIFY(child<QToolButton>("mapToolDisc")->isChecked());
    QVERIFY(!child<QToolButton>("mapToolLasso")->isChecked());
    m_selection->setSheet(0);
    QCOMPARE(sheet->currentIndex(), 0);
    QVERIFY(canvas().content().isoLines.empty());
    child<QToolButton>("mapIsoLines")->click();
    QTRY_VERIFY(!canvas().content().isoLines.empty());
  }

  void onlyWhatChangedIsMadeAgain() {
    (void)canvas().grab();
    const int made = canvas().picturesMade();
    m_selection->setHover(0, 5);
    m_selection->select(0, {1, 2, 3});
    canvas().zoomBy(2, canvas().mapCentre());
    canvas().panBy({10, 10});
    publish(test::makeActivity(*m_network, *m_maps, 3));
    (void)canvas().grab();
    QCOMPARE(canvas().picturesMade(), made);
    // Hidden, nothing is computed; shown again, once.
    m_view->hide();
    for (int i = 0; i < 5; ++i) {
      publish(m_maps);
      QCoreApplication::processEvents();
    }
    m_selection->setHover(0, 7);
    QCOMPARE(canvas().picturesMade(), made);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    QTRY_COMPARE(canvas().picturesMade(), made + 1);
  }

  void emptyStatesSaySo() {
    Selection selection;
    test::FakeEngine engine;
    Scene scene(engine);
    MapView view(scene, selection);
    view.resize(500, 500);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    QCOMPARE(view.canvas().content().field.note, QStringLiteral("No network is open"));
    QTest::keyClick(&view.canvas(), Qt::Key_Plus);
    QTest::keyClick(&view.canvas(), Qt::Key_Right, Qt::ControlModifier);
    QTest::mouseClick(&view.canvas(), Qt::LeftButton);
    view.selectPatchHere();
    view.selectAbove(1);
    view.selectPatch(3);
    QCOMPARE(selection.hoverUnit(), -1);
    engine.news.network = m_network;
    scene.pump();
    QCOMPARE(view.canvas().content().field.note, QStringLiteral("The maps of this network are not measured yet"));
    (void)view.grab();
  }

  void everyControlHasANameAndFits_data() { controlRows(900); }
  void everyControlHasANameAndFits() {
    m_selection->select(0, inDisc({12, 12}, 3));
    checkControls(640);
    keep(QStringLiteral("map_%1").arg(QTest::currentDataTag()).replace(", ", "_"));
  }

  void doubleResolutionIsSharp() {
    QImage image(2 * canvas().size(), QImage::Format_ARGB32);
    image.setDevicePixelRatio(2);
    canvas().render(&image);
    const QPointF at = canvas().toPixel(placeOf(700));
    const Field& field = canvas().content().field;
    const QRgb want = colourOf(field, field.values[700], field.saturation[700], 0xffffffff);
    const QRgb got = image.pixel((2 * at).toPoint());
    QVERIFY(std::abs(qRed(got) - qRed(want)) + std::abs(qGreen(got) - qGreen(want)) < 12);
  }
};

QTEST_MAIN(TestMapView)
#include "test_map_view.moc"
