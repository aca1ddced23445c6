// Smoothed maps and the lines of a map: computed off the GUI thread, shown when they are ready.
#include <QTimer>
#include <algorithm>

#include "tests/desktop/gui_watchdog.h"
#include "tests/support.h"
#include "tests/views/flat_view_test.h"
#include "views/maps/map_view.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

constexpr double kLongestEventMs = 50;

bool same(const MapContent& a, const MapContent& b) {
  return a.title == b.title && a.choice == b.choice && a.field.values == b.field.values && a.picture == b.picture &&
         a.isoLines == b.isoLines && a.patches == b.patches;
}

FieldChoice smoothed(Quantity quantity, int domain = 0, int timeStep = 0) {
  return {quantity, domain, timeStep, true};
}

}  // namespace

class TestMapSmoothing : public QObject, private test::FlatViewTest<MapView> {
  Q_OBJECT

  // What the canvas must show in the end, computed here and now.
  [[nodiscard]] MapContent wanted() const {
    const auto sheet = static_cast<std::size_t>(m_selection->sheet());
    const SheetGrid grid(m_scene->network()->sheets[sheet], canvas().content().picture.width());
    const FieldSource source{m_scene->network(), m_scene->maps(), m_scene->activity(), &m_scene->lesion()};
    const MapCanvas::Layers& layers = canvas().layers();
    return mapContent(source, sheet, m_selection->field(), grid, {layers.isoLines, layers.patches},
                      screenStyle(canvas().palette()).ground);
  }
  [[nodiscard]] QImage plainPicture() const {
    const auto sheet = static_cast<std::size_t>(m_selection->sheet());
    const SheetGrid grid(m_scene->network()->sheets[sheet], canvas().content().picture.width());
    return grid.picture(canvas().content().field, false, screenStyle(canvas().palette()).ground);
  }

private Q_SLOTS:
  void init() {
    open({620, 640});
    publishNetwork();
  }
  void cleanup() { close(); }

  void whatIsPlainIsThereAtOnce() {
    canvas().setLayers({true, false, false});
    for (const Quantity quantity : {Quantity::orientation, Quantity::category}) {
      m_selection->setField({quantity, 1});
      QVERIFY(same(canvas().content(), wanted()));
      QVERIFY(canvas().isSettled());
    }
  }

  void aBurstEndsWithItsLast() {
    canvas().setLayers({true, true, true});
    for (int i = 0; i < 11; ++i) {
      QApplication::setPalette(i % 4 < 2 ? lightPalette() : darkPalette());
      m_selection->setSheet(i % 2);
      m_selection->setField(smoothed(i % 3 == 0 ? Quantity::orientation : Quantity::category, i % 5));
      // Never a blank; and nothing is ready before the event loop says so.
      QVERIFY(!canvas().content().picture.isNull());
      QVERIFY(!canvas().isSettled());
      QTest::qWait(i % 3);
    }
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
    QVERIFY(!canvas().content().isoLines.empty());
    QVERIFY(!canvas().content().patches.empty());
    keep("map_smoothed");
  }

  void whatWasShownStaysUntilTheNextIsReady() {
    m_selection->setField(smoothed(Quantity::orientation));
    QTRY_VERIFY(canvas().isSettled());
    const QImage first = canvas().content().picture;
    QVERIFY(first != plainPicture());
    // The same sheet and choice: the numbers are new at once, the picture follows.
    publish(test::turned(*m_maps, 60));
    QCOMPARE(canvas().content().picture, first);
    QVERIFY(canvas().content().choice.smoothed);
    QCOMPARE(canvas().content().field.values, m_scene->maps()->sheets[0].tuning.orientationDeg);
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(canvas().content().picture != first);
    QVERIFY(same(canvas().content(), wanted()));
    // Another choice, another sheet: plain until then.
    const auto plainThenSmoothed = [this] {
      const bool plain = canvas().content().picture == plainPicture() && !canvas().content().choice.smoothed;
      return plain && QTest::qWaitFor([this] { return canvas().isSettled(); }) && same(canvas().content(), wanted());
    };
    m_selection->setField(smoothed(Quantity::circularVariance));
    QVERIFY(plainThenSmoothed());
    m_selection->setSheet(1);
    QVERIFY(plainThenSmoothed());
    // The palette reaches the canvas with the next events, and a computation may be through them too.
    QApplication::setPalette(darkPalette());
    QTRY_VERIFY(isDark(canvas().palette()));
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
    // Another time step is another moment of the same.
    publish(test::makeActivity(*m_network, *m_maps));
    m_selection->setField(smoothed(Quantity::spikes));
    QVERIFY(plainThenSmoothed());
    const QImage early = canvas().content().picture;
    m_selection->setField(smoothed(Quantity::spikes, 0, 2));
    QCOMPARE(canvas().content().picture, early);
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
  }

  void linesComeToAPlainPicture() {
    canvas().setLayers({true, false, false});
    m_selection->setField({Quantity::category, 2});
    QVERIFY(canvas().isSettled());
    canvas().setLayers({true, true, true});
    QVERIFY(!canvas().isSettled());
    QCOMPARE(canvas().content().picture, plainPicture());
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
    QVERIFY(!canvas().content().patches.empty());
    // Lines of orientation are those of the sheet, whatever is coloured.
    const auto lines = canvas().content().isoLines;
    m_selection->setField({Quantity::category, 3});
    QCOMPARE(canvas().content().isoLines, lines);
    QVERIFY(canvas().content().patches.empty());
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
  }

  void intermediatePicturesComeInOrder() {
    constexpr int kFrames = 12;
    m_selection->setField(smoothed(Quantity::orientation));
    QTRY_VERIFY(canvas().isSettled());
    std::vector<std::shared_ptr<session::MapsFrame>> frames;
    std::vector<QImage> pictures;
    const SheetGrid grid(m_network->sheets[0], canvas().content().picture.width());
    for (int k = 0; k < kFrames; ++k) {
      frames.push_back(test::turned(*m_maps, static_cast<float>(10 * k)));
      const Field field = fieldOf({m_network, frames.back(), nullptr, nullptr}, 0, m_selection->field());
      pictures.push_back(grid.picture(field, true, screenStyle(canvas().palette()).ground));
    }
    const auto shown = [&] {
      return std::find(pictures.begin(), pictures.end(), canvas().content().picture) - pictures.begin();
    };
    std::ptrdiff_t last = shown();
    QCOMPARE(last, std::ptrdiff_t{0});
    for (int k = 1; k < kFrames; ++k) {
      publish(frames[static_cast<std::size_t>(k)]);
      for (int look = 0; look < 3; ++look) {
        const std::ptrdiff_t now = shown();
        QVERIFY2(now >= last && now <= k, qPrintable(QStringLiteral("%1 after %2").arg(now).arg(last)));
        last = now;
        QTest::qWait(k % 4);
      }
    }
    QTRY_VERIFY(canvas().isSettled());
    QCOMPARE(shown(), std::ptrdiff_t{kFrames - 1});
  }

  void resultsOfAnotherNetworkAreThrownAway() {
    canvas().setLayers({true, true, true});
    m_selection->setField(smoothed(Quantity::category));
    QVERIFY(!canvas().isSettled());
    const auto other = test::makeNetwork(2);
    m_engine->news.network = other;
    m_scene->pump();
    QVERIFY(canvas().content().picture.isNull());
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(canvas().content().picture.isNull());
    QVERIFY(canvas().content().isoLines.empty() && canvas().content().patches.empty());
    QCOMPARE(canvas().content().field.note, QStringLiteral("The maps of this network are not measured yet"));
    publish(test::makeMaps(*other));
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
  }

  void nothingToShowIsNotFilledByWhatComesLate() {
    m_selection->setField(smoothed(Quantity::lesion));
    session::Lesion lesion;
    lesion.parts = {{0, {1, 2, 3}, session::PerturbationKind::silence, 1, {}}};
    m_scene->setLesion(lesion);
    QVERIFY(!canvas().content().picture.isNull());
    QVERIFY(!canvas().isSettled());
    m_scene->setLesion({});
    QVERIFY(canvas().content().picture.isNull());
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(canvas().content().picture.isNull());
    QCOMPARE(canvas().content().field.note, QStringLiteral("No unit of this sheet is perturbed"));
  }

  void aViewMayGoWhileItComputes() {
    m_selection->setField(smoothed(Quantity::category));
    for (const int ms : {0, 1, 4, 16}) {
      auto view = std::make_unique<MapView>(*m_scene, *m_selection);
      view->canvas().setLayers({true, true, true});
      QVERIFY(!view->canvas().isSettled());
      QTest::qWait(ms);
      view.reset();
      QCoreApplication::processEvents();
    }
    QTRY_VERIFY(canvas().isSettled());
    QVERIFY(same(canvas().content(), wanted()));
  }

  // A sheet of 32 x 32 x 32 = 32,768 units, smoothed, with all its lines, ten times in a row.
  void theGuiThreadIsNotHeld() {
    m_network = test::makeNetwork(3);
    m_network->sheets = {test::makePlan("V1", "V1", 32, 32, 36, 5)};
    m_maps = test::makeMaps(*m_network);
    canvas().setLayers({true, true, true});
    m_selection->setField(smoothed(Quantity::orientation));
    publishNetwork();
    QTRY_VERIFY_WITH_TIMEOUT(canvas().isSettled(), 30000);
    auto* watched = static_cast<test::WatchedApplication*>(qApp);
    watched->reset();
    for (int i = 0; i < 10; ++i) {
      const int made = canvas().picturesMade();
      const FieldChoice choice = smoothed(i % 2 == 0 ? Quantity::category : Quantity::orientation, i % 5);
      // From within an event, as a click would: only events are measured.
      QTimer::singleShot(0, this, [this, choice] { m_selection->setField(choice); });
      QTRY_COMPARE(canvas().picturesMade(), made + 1);
    }
    QTRY_VERIFY_WITH_TIMEOUT(canvas().isSettled(), 30000);
    QCoreApplication::processEvents();
    qInfo("longest event: %s", qPrintable(watched->longest()));
    QVERIFY2(watched->longestMs() < kLongestEventMs, qPrintable(watched->longest()));
    QVERIFY(same(canvas().content(), wanted()));
  }
};

int main(int argc, char** argv) {
  test::WatchedApplication application(argc, argv);
  TestMapSmoothing test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_map_smoothing.moc"
