#include "views/vtk/sheet_pictures.h"

#include <map>

#include "tests/support.h"
#include "tests/views/fake_engine.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

constexpr QRgb kGround = 0xff102030;
constexpr FieldChoice kPlain{Quantity::orientation, 0, 0, false};
constexpr FieldChoice kSmoothed{Quantity::orientation, 0, 0, true};

}  // namespace

class TestSheetPictures : public QObject {
  Q_OBJECT

  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = test::makeMaps(*m_network);
  int m_ready = 0;
  std::unique_ptr<SheetPictures> m_pictures;
  std::map<int, QImage> m_shown;

  // As a frame of the view does it; how many pictures came.
  int take(const FieldChoice& choice) {
    int pictures = 0;
    while (const auto update = m_pictures->next({m_network, m_maps, nullptr, nullptr}, choice, kGround)) {
      m_shown[update->sheet] = update->picture;
      ++pictures;
    }
    return pictures;
  }
  bool settles(const FieldChoice& choice) {
    return QTest::qWaitFor([&] {
      (void)take(choice);
      return m_pictures->isSettled();
    });
  }
  [[nodiscard]] QImage wanted(int sheet, const FieldChoice& choice, int side = SheetPictures::kSide) const {
    const auto s = static_cast<std::size_t>(sheet);
    const Field field = fieldOf({m_network, m_maps, nullptr, nullptr}, s, choice);
    return SheetGrid(m_network->sheets[s], side).picture(field, choice.smoothed, kGround);
  }
  void turn(float byDeg) {
    m_maps = test::turned(*m_maps, byDeg);
    m_pictures->markFields();
  }

private Q_SLOTS:
  void init() {
    m_maps = test::makeMaps(*m_network);
    m_shown.clear();
    m_ready = 0;
    m_pictures = std::make_unique<SheetPictures>([this] { ++m_ready; });
    m_pictures->reset(m_network);
  }
  void cleanup() { m_pictures.reset(); }

  void plainOnesComeAtOnce() {
    QVERIFY(!m_pictures->isSettled());
    QCOMPARE(take(kPlain), 2);
    QVERIFY(m_pictures->isSettled());
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kPlain));
    QCOMPARE(m_ready, 0);
  }

  void smoothedOnesFollow() {
    QCOMPARE(take(kSmoothed), 2);
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kPlain));
    QVERIFY(!m_pictures->isSettled());
    QVERIFY(settles(kSmoothed));
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kSmoothed));
    QVERIFY(m_shown[0] != wanted(0, kPlain));
    QCOMPARE(m_ready, 2);
    QCOMPARE(m_pictures->coloured(), 2);
    // Other numbers: the smoothed picture stays until the next is there. The same numbers: nothing happens.
    turn(60);
    QCOMPARE(take(kSmoothed), 0);
    QCOMPARE(m_pictures->field(0).values, m_maps->sheets[0].tuning.orientationDeg);
    QVERIFY(settles(kSmoothed));
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kSmoothed));
    m_pictures->markFields();
    QCOMPARE(take(kSmoothed), 0);
    QVERIFY(m_pictures->isSettled());
    QCOMPARE(m_pictures->coloured(), 4);
  }

  void whatComesTooLateIsNotShown() {
    (void)take(kSmoothed);
    // Another choice while the first sheet is smoothed.
    m_pictures->markFields();
    QCOMPARE(take(kPlain), 2);
    QVERIFY(settles(kPlain));
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kPlain));
    // Another network.
    m_pictures->markFields();
    (void)take(kSmoothed);
    const int ready = m_ready;
    m_shown.clear();
    m_pictures->reset(nullptr);
    QVERIFY(m_pictures->isSettled());
    QTest::qWait(50);
    QCOMPARE(m_ready, ready);
    QCOMPARE(take(kSmoothed), 0);
    m_pictures->reset(m_network);
    QVERIFY(settles(kSmoothed));
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kSmoothed));
  }

  // However fast the frames come, every sheet gets its turn.
  void theSheetsTakeTurns() {
    QVERIFY(settles(kSmoothed));
    const std::map<int, QImage> before = m_shown;
    const auto both = [&] { return m_shown[0] != before.at(0) && m_shown[1] != before.at(1); };
    QVERIFY(QTest::qWaitFor([&] {
      turn(1);
      (void)take(kSmoothed);
      return both();
    }));
    QVERIFY(settles(kSmoothed));
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kSmoothed));
  }

  void outlinesLieOnSmoothedPictures() {
    QVERIFY(settles(kSmoothed));
    Selection selection;
    selection.select(1, {100, 101, 102});
    m_pictures->markSelection(selection);
    QCOMPARE(take(kSmoothed), 1);
    QVERIFY(m_shown[1] != wanted(1, kSmoothed));
    selection.clear();
    m_pictures->markSelection(selection);
    QCOMPARE(take(kSmoothed), 1);
    QCOMPARE(m_shown[1], wanted(1, kSmoothed));
  }

  // Twice the side, and outlines twice as wide: as large on the screen, and sharp.
  void denseScreensHaveFinerPictures() {
    constexpr int kFine = 2 * SheetPictures::kSide;
    Selection selection;
    selection.select(1, {100, 101, 102});
    const auto outlined = [&](int side) {
      m_pictures->markSelection(selection);
      (void)take(kPlain);
      const QImage plain = wanted(1, kPlain, side);
      int pixels = 0;
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) pixels += m_shown[1].pixel(x, y) != plain.pixel(x, y) ? 1 : 0;
      return pixels;
    };
    const int coarse = outlined(SheetPictures::kSide);
    m_pictures->setDensity(2);
    QVERIFY(!m_pictures->isSettled());
    QCOMPARE(take(kPlain), 2);
    QCOMPARE(m_shown[0], wanted(0, kPlain, kFine));
    const int fine = outlined(kFine);
    QVERIFY2(coarse > 0 && fine > 3 * coarse && fine < 5 * coarse, qPrintable(QString::number(fine)));
    m_pictures->setDensity(1.5);
    QCOMPARE(take(kPlain), 0);
    // Another density while one is smoothed: what has the old side is not shown any more.
    selection.clear();
    m_pictures->markSelection(selection);
    m_pictures->markFields();
    (void)take(kSmoothed);
    m_pictures->setDensity(1);
    QVERIFY(settles(kSmoothed));
    for (const int sheet : {0, 1}) QCOMPARE(m_shown[sheet], wanted(sheet, kSmoothed));
  }

  void mayGoWhileItComputes() {
    for (const int ms : {0, 1, 4}) {
      SheetPictures pictures([this] { ++m_ready; });
      pictures.reset(m_network);
      while (pictures.next({m_network, m_maps, nullptr, nullptr}, kSmoothed, kGround)) {
      }
      QVERIFY(!pictures.isSettled());
      QTest::qSleep(ms);
    }
    QCoreApplication::processEvents();
    QCOMPARE(m_ready, 0);
  }
};

QTEST_GUILESS_MAIN(TestSheetPictures)
#include "test_sheet_pictures.moc"
