#include <algorithm>
#include <utility>

#include "tests/support.h"
#include "tests/views/flat_view_test.h"
#include "views/maps/raster_view.h"

using namespace pinwheel;
using namespace pinwheel::views;
using Mode = RasterCanvas::TimeMode;

namespace {

class PaintCounter final : public QObject {
public:
  int paints = 0;

protected:
  bool eventFilter(QObject* /*watched*/, QEvent* event) override {
    if (event->type() == QEvent::Paint) ++paints;
    return false;
  }
};

}  // namespace

class TestRasterSelection : public QObject, private test::FlatViewTest<RasterView> {
  Q_OBJECT

  void show(int frames) {
    for (int i = 0; i < frames; ++i) publish(test::makeActivity(*m_network, *m_maps, i));
  }
  void click(const QPointF& at, Qt::KeyboardModifiers modifiers = Qt::NoModifier,
             Qt::MouseButton button = Qt::LeftButton) const {
    mouse(QEvent::MouseButtonPress, at, button, button, modifiers);
    mouse(QEvent::MouseMove, at + QPointF(1, 1), Qt::NoButton, button, modifiers);  // a hand trembles
    mouse(QEvent::MouseButtonRelease, at + QPointF(1, 1), button, Qt::NoButton, modifiers);
  }

private Q_SLOTS:
  void init() { openSettled({700, 760}); }
  void cleanup() { close(); }

  void aClickSelectsTheUnitOfARow() {
    show(3);
    const double x = canvas().plot().center().x();
    const QPointF here(x, canvas().pixelOf(0, 777));
    const RasterBand& band = canvas().buffer().bands()[0];
    const int row = band.rowOf[777];
    const int otherRow = (row + band.rows / 2) % band.rows;
    const QPointF there(x, canvas().pixelOf(0, band.unitOfRow(otherRow)));
    std::vector<std::int32_t> both{band.unitOfRow(row), band.unitOfRow(otherRow)};
    click(here);
    QCOMPARE(m_selection->selectedSheet(), 0);
    QCOMPARE(m_selection->units(), std::vector<std::int32_t>{both[0]});
    QVERIFY(canvas().timeMode() == Mode::follow);
    click(there, Qt::ShiftModifier);
    std::vector<std::int32_t> sorted = both;
    std::sort(sorted.begin(), sorted.end());
    QCOMPARE(m_selection->units(), sorted);
    QVERIFY(canvas().timeMode() == Mode::follow);  // no range
    // A row's mark goes with all of its units.
    const std::vector<std::int32_t> ofRow = band.unitsOfRow(row);
    QVERIFY(ofRow.size() > 1);
    QCOMPARE(static_cast<int>(ofRow.size()), band.unitsIn[static_cast<std::size_t>(row)]);
    for (const std::int32_t unit : ofRow) QCOMPARE(band.rowOf[static_cast<std::size_t>(unit)], row);
    m_selection->select(0, ofRow, Selection::Mode::add);
    click(here, Qt::AltModifier);
    QCOMPARE(m_selection->units(), std::vector<std::int32_t>{both[1]});
    // Neither a drag nor another button nor a place beside the plot selects.
    mouse(QEvent::MouseButtonPress, here, Qt::LeftButton, Qt::LeftButton);
    mouse(QEvent::MouseMove, here + QPointF(40, 0), Qt::NoButton, Qt::LeftButton);
    mouse(QEvent::MouseButtonRelease, here, Qt::LeftButton, Qt::NoButton);
    click(here, Qt::NoModifier, Qt::MiddleButton);
    click({2, here.y()});
    QCOMPARE(m_selection->units(), std::vector<std::int32_t>{both[1]});
    // With the keyboard, the unit that is pointed at.
    m_selection->setHover(0, 777);
    canvas().setFocus();
    QTest::keyClick(&canvas(), Qt::Key_Space);
    QCOMPARE(m_selection->units(), std::vector<std::int32_t>{777});
    QTest::keyClick(&canvas(), Qt::Key_Return, Qt::AltModifier);
    QVERIFY(m_selection->units().empty());
    canvas().setAllSheets(true);
    QTRY_VERIFY(canvas().isSettled());
    click({x, canvas().pixelOf(1, 5)});
    QCOMPARE(m_selection->selectedSheet(), 1);
    QCOMPARE(m_selection->sheet(), 1);
    QCOMPARE(m_selection->units().size(), std::size_t{1});
  }

  void rowsOfSelectedUnitsAreMarked() {
    show(3);
    QTRY_VERIFY(canvas().buffer().isWhole());
    const double left = canvas().plot().left();
    const RasterBand& band = canvas().buffer().bands()[0];
    const double y = canvas().pixelOf(0, 777);
    const double far = canvas().pixelOf(0, band.unitOfRow((band.rowOf[777] + band.rows / 2) % band.rows));
    const QImage before = canvas().grab().toImage();
    m_selection->select(0, {777});
    const QImage after = canvas().grab().toImage();
    QCOMPARE(colourAt(after, {left + 3, y}), selectionColour());
    QVERIFY(colourAt(after, {left + 30, y}) != colourAt(before, {left + 30, y}));
    for (const double x : {left + 3, left + 30}) QCOMPARE(colourAt(after, {x, far}), colourAt(before, {x, far}));
    keep("raster_selected");
    m_selection->select(1, {5});  // is not shown
    QVERIFY(canvas().grab().toImage() == before);
    // Of itself, not only when something else is painted.
    PaintCounter counter;
    canvas().installEventFilter(&counter);
    QCoreApplication::processEvents();
    counter.paints = 0;
    m_selection->select(0, {3, 4});
    QTRY_VERIFY(counter.paints > 0);
  }

  void marksAreSeenWhereRowsAreThinnerThanAPixel() {
    show(1);
    RasterCanvas small(*m_scene, *m_selection);
    small.setAllSheets(true);
    while (small.plot().height() > 6) small.resize(300, small.height() - 1);
    QTRY_VERIFY(small.isSettled());
    QCOMPARE(small.buffer().rows(), 16);
    const auto ticks = [&] {
      const QImage image = small.grab().toImage();
      int count = 0;
      for (double y = small.plot().top(); y < small.plot().bottom(); ++y)
        count += colourAt(image, {small.plot().left() + 3, y}) == selectionColour() ? 1 : 0;
      return count;
    };
    QCOMPARE(ticks(), 0);
    for (const int row : {1, 7, 14}) {
      const auto [sheet, at] = row < 8 ? std::pair{0, std::size_t{0}} : std::pair{1, std::size_t{1}};
      m_selection->select(sheet, {small.buffer().bands()[at].unitOfRow(row)});
      QVERIFY(ticks() > 0);
    }
  }
};

QTEST_MAIN(TestRasterSelection)
#include "test_raster_selection.moc"
