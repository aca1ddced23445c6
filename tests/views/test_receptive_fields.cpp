#include "views/vtk/receptive_fields.h"

#include <QtTest>
#include <numeric>

#include "tests/views/fake_engine.h"
#include "views/vtk/cortex_stage.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

constexpr int kImage = 32;

// Two channels of side x side units.
session::SheetPlan planOf(int side, const snn::ReceptiveField& field) {
  session::SheetPlan plan = test::makePlan("V1", "V1", 2, side, 36, 11);
  plan.field = field;
  return plan;
}

double lengthOf(const FieldsOnImage& fields) {
  return std::accumulate(fields.outline.begin(), fields.outline.end(), 0.0,
                         [](double sum, const QLineF& line) { return sum + line.length(); });
}

double areaPx(const FieldsOnImage& fields) {
  return fields.coveredShare * kImage * kImage;
}

}  // namespace

class TestReceptiveFields : public QObject {
  Q_OBJECT

  // V1 of `tiny`: a 5x5/2 stem, two 3x3 convolutions.
  static constexpr snn::ReceptiveField kV1 =
      snn::ReceptiveField::ofPixels().behind(5, 2, 2).behind(3, 1, 1).behind(3, 1, 1);

private Q_SLOTS:
  void fieldsFollowFromKernels() {
    QCOMPARE(kV1.sidePx, 13.0);
    QCOMPARE(kV1.pitchPx, 2.0);
    QCOMPARE(kV1.centrePx(0), 0.5);
    QCOMPARE(kV1.centrePx(8), 16.5);
    // Without padding the first field begins at the image's border.
    constexpr snn::ReceptiveField bare = snn::ReceptiveField::ofPixels().behind(5, 2, 0);
    QCOMPARE(bare.centrePx(0) - bare.sidePx / 2, 0.0);
    QVERIFY(!snn::ReceptiveField().isKnown() && kV1.isKnown());
  }

  void aUnitSeesASquare() {
    const session::SheetPlan plan = planOf(16, kV1);
    const std::int32_t unit = 3 * 16 + 8;
    QCOMPARE(receptiveField(plan, kImage, unit), QRectF(10, 0, 13, 13));
    QCOMPARE(receptiveField(plan, kImage, 256 + unit), QRectF(10, 0, 13, 13));  // the other channel
    for (const std::vector<std::int32_t>& units : {std::vector{unit}, {unit, 256 + unit}, {unit, -1, 512}}) {
      const FieldsOnImage seen = fieldsOnImage(plan, kImage, units);
      QCOMPARE(seen.outline.size(), std::size_t{4});
      QCOMPARE(lengthOf(seen), 52.0);
      QCOMPARE(areaPx(seen), 169.0);
    }
    QVERIFY(fieldsOnImage(plan, kImage, {}).outline.empty());
  }

  void atTheBorderItIsCut() {
    const FieldsOnImage seen = fieldsOnImage(planOf(16, kV1), kImage, std::vector<std::int32_t>{0});
    QCOMPARE(lengthOf(seen), 28.0);  // 7 x 7 px of 13 x 13
    QCOMPARE(areaPx(seen), 49.0);
    for (const QLineF& line : seen.outline)
      for (const QPointF& end : {line.p1(), line.p2()}) QVERIFY(QRectF(0, 0, kImage, kImage).contains(end));
  }

  void severalHaveOneOutline() {
    const session::SheetPlan plan = planOf(16, kV1);
    // Two squares of 13 px, two pixels apart both ways: what both see is outlined once.
    const FieldsOnImage two = fieldsOnImage(plan, kImage, std::vector<std::int32_t>{4 * 16 + 6, 5 * 16 + 7});
    QCOMPARE(two.outline.size(), std::size_t{8});
    QCOMPARE(lengthOf(two), 60.0);
    QCOMPARE(areaPx(two), 2 * 169.0 - 121.0);
    // All units see the whole image.
    std::vector<std::int32_t> all(512);
    std::iota(all.begin(), all.end(), 0);
    const FieldsOnImage whole = fieldsOnImage(plan, kImage, all);
    QCOMPARE(whole.outline.size(), std::size_t{4});
    QCOMPARE(whole.coveredShare, 1.0);
  }

  // Fields that touch and do not overlap: eight around a ninth, and two far from each other.
  void holesAndIslandsAreOutlined() {
    const session::SheetPlan plan = planOf(8, {4, 4, 2});
    std::vector<std::int32_t> ring;
    for (int row = 2; row < 5; ++row)
      for (int column = 2; column < 5; ++column)
        if (row != 3 || column != 3) ring.push_back(row * 8 + column);
    const FieldsOnImage around = fieldsOnImage(plan, kImage, ring);
    QCOMPARE(around.outline.size(), std::size_t{8});
    QCOMPARE(lengthOf(around), 4 * 12.0 + 4 * 4.0);
    QCOMPARE(areaPx(around), 8 * 16.0);
    const FieldsOnImage apart = fieldsOnImage(plan, kImage, std::vector<std::int32_t>{0, 63});
    QCOMPARE(apart.outline.size(), std::size_t{8});
    QCOMPARE(areaPx(apart), 32.0);
  }

  // Fields that nobody knows are the cells of the layer's grid; thirds of pixels leave no slits between neighbours.
  void unknownFieldsAreCells() {
    const session::SheetPlan plan = planOf(7, {});
    const QRectF cell = receptiveField(plan, kImage, 2 * 7 + 3);
    QCOMPARE(cell.left(), 3 * kImage / 7.0);
    QCOMPARE(cell.top(), 2 * kImage / 7.0);
    std::vector<std::int32_t> row{14, 15, 16, 17, 18, 19, 20};
    QCOMPARE(fieldsOnImage(plan, kImage, row).outline.size(), std::size_t{4});
  }

  // The stage outlines what all units see, however few lines it draws to them.
  void theStageShowsThem() {
    auto network = std::make_shared<session::NetworkFrame>(*test::makeNetwork());
    network->sheets[0] = planOf(16, kV1);
    CortexStage stage;
    stage.setNetwork(network);
    stage.setProjected(0, {3 * 16 + 8});
    QCOMPARE(stage.projectedLines(), 1);
    QCOMPARE(stage.projectedFields().coveredShare, 169.0 / 1024);
    std::vector<std::int32_t> all(512);
    std::iota(all.begin(), all.end(), 0);
    stage.setProjected(0, all);
    QVERIFY(stage.projectedLines() <= 300);
    QCOMPARE(stage.projectedFields().coveredShare, 1.0);
    stage.setProjected(-1, {});
    QVERIFY(stage.projectedFields().outline.empty());
  }
};

QTEST_GUILESS_MAIN(TestReceptiveFields)
#include "test_receptive_fields.moc"
