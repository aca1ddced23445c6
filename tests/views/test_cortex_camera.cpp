#include <QtTest>

#include "fake_engine.h"
#include "views/vtk/cortex_camera.h"
#include "views/vtk/cortex_layout.h"

using namespace pinwheel;
using views::CortexCamera;
using views::Vec3;

class TestCortexCamera final : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void camerasAreTextAndBack() {
    CortexCamera camera;
    camera.position = {1.0 / 3, -2e-7, 1e5};
    camera.focalPoint = {0.1, 0.2, 0.3};
    camera.viewUp = {0, 0.6, 0.8};
    camera.viewAngleDeg = 29.999999999999996;
    camera.sheet = 3;
    const auto back = CortexCamera::fromString(camera.toString());
    QVERIFY(back);
    QCOMPARE(*back, camera);
  }

  void textThatIsNoCameraIsRefused_data() {
    QTest::addColumn<QString>("text");
    QTest::newRow("empty") << "";
    QTest::newRow("words") << "a b c d e f g h i j k";
    QTest::newRow("cut off") << "0 0 100 0 0 0 0 1 0 30";
    QTest::newRow("too long") << "0 0 100 0 0 0 0 1 0 30 -1 4";
    QTest::newRow("not finite") << "0 0 inf 0 0 0 0 1 0 30 -1";
    QTest::newRow("no number") << "0 0 nan 0 0 0 0 1 0 30 -1";
    QTest::newRow("nowhere to look") << "0 0 0 0 0 0 0 1 0 30 -1";
    QTest::newRow("up along the view") << "0 0 100 0 0 0 0 0 1 30 -1";
    QTest::newRow("angle") << "0 0 100 0 0 0 0 1 0 0 -1";
    QTest::newRow("sheet") << "0 0 100 0 0 0 0 1 0 30 -2";
  }
  void textThatIsNoCameraIsRefused() {
    QFETCH(QString, text);
    QVERIFY(!CortexCamera::fromString(text));
  }

  void whatIsFittedIsInView_data() {
    QTest::addColumn<double>("aspect");
    QTest::addColumn<double>("left");
    QTest::newRow("wide") << 1.8 << 0.0;
    QTest::newRow("tall") << 0.6 << 0.0;
    QTest::newRow("wide, left free") << 1.8 << 0.2;
    QTest::newRow("tall, left free") << 0.6 << 0.4;
  }
  void whatIsFittedIsInView() {
    QFETCH(double, aspect);
    QFETCH(double, left);
    constexpr double kMargin = 0.05;
    const std::vector<Vec3> points{{0, 0, 0}, {30, 4, -9}, {-7, 20, 11}, {5, -13, 40}};
    for (const Vec3& direction : {Vec3{0, 0, 1}, {1, 0.3, 0.5}, {-0.4, -0.9, 0.2}}) {
      const CortexCamera camera = views::fitted(points, direction, {0, 1, 0}, aspect, kMargin, left);
      const Vec3 looks = views::unit(views::minus(camera.position, camera.focalPoint));
      QVERIFY(views::length(views::cross(looks, views::unit(direction))) < 1e-9);
      double x0 = 1, x1 = 0, y0 = 1, y1 = 0;
      for (const Vec3& p : points) {
        // In shares of the view.
        const auto place = views::projected(camera, p, QSizeF(aspect, 1));
        QVERIFY(place);
        x0 = std::min(x0, place->x() / aspect);
        x1 = std::max(x1, place->x() / aspect);
        y0 = std::min(y0, place->y());
        y1 = std::max(y1, place->y());
      }
      constexpr double kRounding = 1e-9;
      QVERIFY(x0 >= kMargin + left - kRounding && x1 <= 1 - kMargin + kRounding);
      QVERIFY(y0 >= kMargin - kRounding && y1 <= 1 - kMargin + kRounding);
      // The nearest such camera: the points reach both margins of one axis.
      const bool fills = (std::abs(x0 - kMargin - left) < 1e-6 && std::abs(x1 - 1 + kMargin) < 1e-6) ||
                         (std::abs(y0 - kMargin) < 1e-6 && std::abs(y1 - 1 + kMargin) < 1e-6);
      QVERIFY(fills);
    }
  }

  void aRayGoesThroughWhatIsSeenThere() {
    CortexCamera camera;
    camera.position = {10, 20, 70};
    camera.focalPoint = {-3, 4, 5};
    const QSizeF size(400, 300);
    for (const Vec3& point : {Vec3{0, 0, 0}, {5, -3, 8}, {-9, 6, -20}}) {
      const views::Ray ray = views::rayThrough(camera, *views::projected(camera, point, size), size);
      const Vec3 to = views::minus(point, ray.origin);
      QVERIFY(views::length(views::cross(ray.direction, to)) < 1e-9 * views::length(to) + 1e-9);
      // A step of a pixel's length at this depth is a pixel.
      const Vec3 forward = views::unit(views::minus(camera.focalPoint, camera.position));
      const Vec3 right = views::unit(views::cross(forward, camera.viewUp));
      const Vec3 beside = views::plus(point, views::times(right, views::mmPerPixel(camera, point, size)));
      const QPointF step = *views::projected(camera, beside, size) - *views::projected(camera, point, size);
      QVERIFY(std::abs(step.x() - 1) < 1e-6 && std::abs(step.y()) < 1e-6);
    }
    QVERIFY(!views::projected(camera, {30, 60, 200}, size));
  }

  void sheetsStandInARow() {
    const auto network = test::makeNetwork();
    const views::CortexLayout layout(network->sheets);
    QCOMPARE(layout.count(), 2);
    QVERIFY(layout.imageZMm() > layout.zMm(0) && layout.zMm(0) > layout.zMm(1));
    QCOMPARE(layout.sideMm(1), 60.0);
    // Straight from the front V1 is met first, beside it IT, beyond both nothing; alone, IT through V1.
    const auto fromFront = [&layout](double x, double y, int only) {
      return layout.met({{x, y, 500}, {0, 0, -1}}, only);
    };
    const auto first = fromFront(3, 4, -1);
    QVERIFY(first && first->sheet == 0 && std::abs(first->xMm - 21) < 1e-9 && std::abs(first->yMm - 14) < 1e-9);
    const auto beside = fromFront(25, 0, -1);
    QVERIFY(beside && beside->sheet == 1 && std::abs(beside->xMm - 55) < 1e-9);
    QVERIFY(!fromFront(31, 0, -1));
    QCOMPARE(fromFront(3, 4, 1)->sheet, 1);
    QCOMPARE(layout.met({{3, 4, -500}, {0, 0, 1}}, -1)->sheet, 1);
    QVERIFY(!layout.met({{3, 4, 500}, {0, 0, 1}}, -1));
    QVERIFY(!layout.met({{3, 4, 500}, {1, 0, 0}}, -1));
  }

  void flightsBeginAndEnd() {
    CortexCamera a, b;
    b.position = {50, 0, 0};
    b.viewUp = {0, -1, 0};
    b.sheet = 2;
    QCOMPARE(views::between(a, b, 1), b);
    const CortexCamera start = views::between(a, b, 0);
    QCOMPARE(start.position, a.position);
    QCOMPARE(start.sheet, 2);
    // Up turns over: half way there is none, and the camera is still one.
    QVERIFY(CortexCamera::fromString(views::between(a, b, 0.5).toString()));
  }
};

QTEST_APPLESS_MAIN(TestCortexCamera)
#include "test_cortex_camera.moc"
