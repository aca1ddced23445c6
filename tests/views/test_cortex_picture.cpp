#include <QAction>
#include <set>

#include "cortex_desk.h"

using namespace pinwheel;
using test::Desk;
using views::Quantity;

namespace {

/// How far a picture may be from its baseline: drivers round differently, and a line may fall on the next pixel.
struct SmallCortexTolerance {
  static constexpr int kChannel = 16;
  static constexpr double kShare = 0.01;
};

}  // namespace

class TestCortexPicture final : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() { test::failOnVtkMessages(); }
  void cleanup() { QCOMPARE(QApplication::topLevelWidgets().size(), 0); }

  void showsTheFieldInItsColours_data() {
    QTest::addColumn<int>("quantity");
    QTest::addColumn<int>("sheet");
    QTest::newRow("frequency, V1") << int(Quantity::spatialFrequency) << 0;
    QTest::newRow("orientation, V1") << int(Quantity::orientation) << 0;
    QTest::newRow("faces, IT") << int(Quantity::category) << 1;
    QTest::newRow("spikes, IT") << int(Quantity::spikes) << 1;
  }
  void showsTheFieldInItsColours() {
    QFETCH(int, quantity);
    QFETCH(int, sheet);
    Desk desk;
    desk.open();
    desk.showActivity();
    desk.selection->setField({static_cast<Quantity>(quantity)});
    desk.show();
    desk.faceSheet(sheet);
    const QImage picture = desk.picture();
    const double ratio = desk.view->renderWidget()->devicePixelRatioF();
    const views::FieldSource source{desk.network, desk.maps, desk.scene->activity(), &desk.scene->lesion()};
    const views::Field field = views::fieldOf(source, static_cast<std::size_t>(sheet), desk.selection->field());
    const QRgb ground = views::groundColour(desk.view->palette()).rgb();
    int right = 0;
    std::set<QRgb> colours;
    for (std::size_t u = 0; u < field.values.size(); ++u) {
      const QRgb want =
          views::colourOf(field, field.values[u], field.saturation.empty() ? 1.0F : field.saturation[u], ground);
      const QPointF place = *desk.view->placeOf(sheet, static_cast<int>(u)) * ratio;
      const QRgb got = picture.pixel(static_cast<int>(place.x()), static_cast<int>(place.y()));
      colours.insert(got);
      right += test::near(got, want, 40) ? 1 : 0;
    }
    // Units that lie closer together than a pixel of the texture hide each other.
    const double share = right / static_cast<double>(field.values.size());
    QVERIFY2(share > 0.8, qPrintable(QString::number(share)));
    QVERIFY(colours.size() > 1);
    QCOMPARE(test::glErrorOf(*desk.view->renderWidget()), GLenum{GL_NO_ERROR});
  }

  void theWholeCortexIsInView() {
    Desk desk;
    desk.open();
    desk.show();
    const QImage picture = desk.picture();
    const QRgb ground = views::groundColour(desk.view->palette()).rgb();
    for (const QPoint corner : {QPoint(1, 1), QPoint(picture.width() - 2, 1)}) QCOMPARE(picture.pixel(corner), ground);
    const QRectF view(QPointF(0, 0), QSizeF(desk.view->renderWidget()->size()));
    for (int sheet = 0; sheet < 2; ++sheet)
      for (const int unit : {0, 15, 500, 1023}) QVERIFY(view.contains(*desk.view->placeOf(sheet, unit)));
    // Side by side: the last unit of V1 is left of the first of IT.
    QVERIFY(desk.view->placeOf(0, 15)->x() < desk.view->placeOf(1, 0)->x());
  }

  void marksWhatIsChosenAndPointedAt() {
    Desk desk;
    desk.open();
    desk.show();
    desk.faceSheet(1);
    const auto count = [&desk](QRgb colour) {
      const QImage picture = desk.picture();
      int n = 0;
      for (int y = 0; y < picture.height(); ++y)
        for (int x = 0; x < picture.width(); ++x) n += test::near(picture.pixel(x, y), colour, 24) ? 1 : 0;
      return n;
    };
    const QRgb chosen = views::selectionColour().rgb();
    QVERIFY(count(chosen) < 10);
    desk.selection->select(1, {100, 101, 102, 400});
    QVERIFY(count(chosen) > 60);
    desk.selection->clear();
    QVERIFY(count(chosen) < 10);

    const int unit = desk.loneliestUnit(1);
    const QImage before = desk.picture();
    desk.selection->setHover(1, unit);
    const QImage after = desk.picture();
    const QPointF place = *desk.view->placeOf(1, unit) * desk.view->renderWidget()->devicePixelRatioF();
    QRect changed;
    for (int y = 0; y < after.height(); ++y)
      for (int x = 0; x < after.width(); ++x)
        if (after.pixel(x, y) != before.pixel(x, y)) changed |= QRect(x, y, 1, 1);
    QVERIFY2(changed.contains(place.toPoint()), "the ring is not about the unit");
    QVERIFY(changed.width() < 50 && changed.width() > 8);
    desk.selection->setHover(-1, -1);
    QCOMPARE(desk.picture(), before);
  }

  void coloursOnlyWhatChanged() {
    Desk desk;
    desk.open();
    desk.show();
    const int coloured = desk.view->pictures().coloured();
    QCOMPARE(coloured, 2);
    desk.selection->setHover(0, 3);
    desk.selection->select(1, {1, 2, 3});
    desk.view->wholeCortex();
    desk.showActivity();
    // New frames with the same numbers.
    desk.engine.news.maps = test::makeMaps(*desk.network);
    desk.scene->pump();
    desk.settle();
    QCOMPARE(desk.view->pictures().coloured(), coloured);
    // One sheet's numbers are others.
    auto changed = test::makeMaps(*desk.network);
    changed->sheets[1].tuning.orientationDeg[7] += 20;
    desk.engine.news.maps = changed;
    desk.scene->pump();
    desk.settle();
    QCOMPARE(desk.view->pictures().coloured(), coloured + 1);
    desk.selection->setField({Quantity::rate});
    desk.settle();
    QCOMPARE(desk.view->pictures().coloured(), coloured + 3);
  }

  void projectsReceptiveFields() {
    Desk desk;
    desk.open();
    desk.showActivity();
    desk.show();
    QVERIFY(!desk.view->projectionShown());
    desk.view->setProjectionShown(true);
    QVERIFY(desk.view->findChild<QAction*>(QStringLiteral("cortexProjection"))->isChecked());
    desk.selection->select(0, {0, 17, 255});
    QCOMPARE(desk.view->stage().projectedLines(), 3);
    desk.settle();
    // The picture that the network sees stands before V1.
    const QImage picture = desk.picture();
    const session::ActivityFrame& activity = *desk.scene->activity();
    const QSize size = desk.view->renderWidget()->size();
    int right = 0;
    for (int y = 4; y < 32; y += 3)
      for (int x = 4; x < 32; x += 3) {
        const auto place =
            *views::projected(desk.view->camera(),
                              desk.view->stage().layout().imagePoint((x + 0.5) / 32, (y + 0.5) / 32), size) *
            desk.view->renderWidget()->devicePixelRatioF();
        const int want = activity.picture.pixels[static_cast<std::size_t>(y * 32 + x)];
        right += std::abs(qRed(picture.pixel(place.toPoint())) - want) < 60 ? 1 : 0;
      }
    QVERIFY2(right > 75, qPrintable(QString::number(right)));
    std::vector<std::int32_t> all(1024);
    for (std::size_t u = 0; u < all.size(); ++u) all[u] = static_cast<std::int32_t>(u);
    desk.selection->select(1, all);
    QVERIFY(desk.view->stage().projectedLines() <= 300);
    QVERIFY(desk.view->stage().projectedLines() > 200);
    desk.selection->clear();
    QCOMPARE(desk.view->stage().projectedLines(), 0);
  }

  // Along the border of the field that the unit is known to have, and nowhere else.
  void outlinesReceptiveFields() {
    Desk desk;
    desk.network->sheets[0].field = {13, 2, 0.5};
    desk.open();
    desk.showActivity();
    desk.show();
    desk.view->setProjectionShown(true);
    desk.selection->select(0, {5 * 16 + 8});  // sees 10 to 23 px across, 4 to 17 px down
    const QImage picture = desk.picture();
    const QRgb colour = views::selectionColour().rgb();
    const double ratio = desk.view->renderWidget()->devicePixelRatioF();
    const int reach = qCeil(2 * ratio);
    const auto marked = [&](double x, double y) {
      const views::Vec3 place = desk.view->stage().layout().imagePoint(x / 32, y / 32);
      const QPoint at =
          (*views::projected(desk.view->camera(), place, desk.view->renderWidget()->size()) * ratio).toPoint();
      for (int dy = -reach; dy <= reach; ++dy)
        for (int dx = -reach; dx <= reach; ++dx)
          if (picture.rect().contains(at + QPoint(dx, dy)) &&
              test::near(picture.pixel(at + QPoint(dx, dy)), colour, 40))
            return true;
      return false;
    };
    int on = 0;
    int off = 0;
    for (int i = 1; i < 13; ++i) {
      on += marked(10 + i, 4) + marked(10 + i, 17) + marked(10, 4 + i) + marked(23, 4 + i);
      off += marked(10 + i, 24) + marked(3, 4 + i) + marked(30, 4 + i);
    }
    QVERIFY2(on >= 44, qPrintable(QString::number(on)));  // of 48
    // The line from the unit to the middle of its field crosses one of the three.
    QVERIFY2(off <= 4, qPrintable(QString::number(off)));
  }

  void followsThePalette() {
    Desk desk;
    desk.open();
    desk.show();
    for (const QPalette& palette : {views::darkPalette(), views::lightPalette()}) {
      desk.view->setPalette(palette);
      QCOMPARE(desk.picture().pixel(3, 3), views::groundColour(palette).rgb());
    }
  }

  void screensOfOtherDensities_data() {
    QTest::addColumn<QString>("function");
    QTest::newRow("colours") << "showsTheFieldInItsColours";
    QTest::newRow("marks") << "marksWhatIsChosenAndPointedAt";
    QTest::newRow("receptive fields") << "outlinesReceptiveFields";
  }
  void screensOfOtherDensities() {
    QFETCH(QString, function);
    const QString failure = test::failureAtScale(function, QStringLiteral("2"));
    QVERIFY2(failure.isEmpty(), qPrintable(failure));
  }

  void looksAsItDid() {
    Desk desk;
    desk.open();
    desk.view->setPalette(views::lightPalette());
    desk.show();
    if (desk.view->renderWidget()->devicePixelRatioF() != 1) QSKIP("the baseline is of density 1");
    // The picture alone: the toolbar and the legend are of the desktop's font.
    desk.view->resize(desk.view->size() + QSize(400, 300) - desk.view->renderWidget()->size());
    desk.selection->select(0, {700, 701, 716, 717});
    desk.selection->setHover(1, 300);
    QTRY_COMPARE(desk.view->renderWidget()->size(), QSize(400, 300));
    const QImage got = desk.picture().convertToFormat(QImage::Format_RGB32);
    const QString path = QStringLiteral(PINWHEEL_SOURCE_DIR "/tests/baselines/cortex_small.png");
    if (qEnvironmentVariableIsSet("PINWHEEL_WRITE_BASELINES")) QVERIFY(got.save(path));
    const QImage want = QImage(path).convertToFormat(QImage::Format_RGB32);
    QCOMPARE(got.size(), want.size());
    QImage diff(got.size(), QImage::Format_RGB32);
    diff.fill(Qt::white);
    int wrong = 0;
    for (int y = 0; y < got.height(); ++y)
      for (int x = 0; x < got.width(); ++x)
        if (!test::near(got.pixel(x, y), want.pixel(x, y), SmallCortexTolerance::kChannel)) {
          ++wrong;
          diff.setPixel(x, y, 0xffff0000);
        }
    const double share = wrong / (400.0 * 300.0);
    if (share > SmallCortexTolerance::kShare) {
      got.save(QStringLiteral("cortex_small_got.png"));
      want.save(QStringLiteral("cortex_small_want.png"));
      diff.save(QStringLiteral("cortex_small_diff.png"));
    }
    QVERIFY2(share <= SmallCortexTolerance::kShare,
             qPrintable(QStringLiteral("%1 of the pixels differ; see cortex_small_*.png").arg(share)));
  }
};

int main(int argc, char** argv) {
  return test::runWithGraphics<TestCortexPicture>(argc, argv);
}
#include "test_cortex_picture.moc"
