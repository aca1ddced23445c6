// Attacks on a linear network, whose worst image is known in closed form.
#include "engine/protocol/attacks.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/protocol/linear_network.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using pinwheel::test::LinearNetwork;

namespace {

constexpr std::int64_t kSide = 8;
constexpr std::int64_t kImages = 6;
constexpr double kEpsilon = 0.03;
const data::Normalisation kNormalisation{{0.5F, 0.4F, 0.45F}, {0.25F, 0.2F, 0.5F}};

// Both signs, no zero; margins of some tenths.
at::Tensor weights() {
  at::Tensor w = at::empty({3, kSide, kSide});
  auto* values = w.data_ptr<float>();
  for (std::int64_t i = 0; i < w.numel(); ++i)
    values[i] = (i % 2 == 0 ? 0.01F : -0.01F) * static_cast<float>(1 + i % 5);
  return w;
}

std::vector<std::int64_t> indices(std::int64_t count) {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(i);
  return all;
}

// Pixels in [low, high].
at::Tensor images(double low, double high) {
  return drawnPerImage(indices(kImages), {3, kSide, kSide}, 11, 1,
                       [=](Random& random) { return static_cast<float>(random.uniform(low, high)); });
}

at::Tensor labels() {
  return at::arange(kImages, at::kLong).remainder(2);
}

at::Tensor start() {
  return drawnPerImage(indices(kImages), {3, kSide, kSide}, 11, 2,
                       [](Random& random) { return static_cast<float>(random.uniform(-1, 1)); });
}

double largest(const at::Tensor& difference) {
  return difference.abs().max().item<double>();
}

}  // namespace

class TestAttacks : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { at::set_num_threads(1); }

  void normalisedIsPerChannel() {
    const at::Tensor ready = normalised(at::ones({2, 4, 3, 1, 1}), kNormalisation);
    QCOMPARE(ready.sizes().vec(), (std::vector<std::int64_t>{2, 4, 3, 1, 1}));
    QVERIFY(largest(ready.select(2, 0) - 2) < 1e-6);    // 0.5 / 0.25
    QVERIFY(largest(ready.select(2, 1) - 3) < 1e-6);    // 0.6 / 0.2
    QVERIFY(largest(ready.select(2, 2) - 1.1) < 1e-6);  // 0.55 / 0.5
  }

  void theGradientIsThatOfTheLoss() {
    LinearNetwork network(weights());
    const at::Tensor pixels = images(0, 1);
    const torch::NoGradGuard guard;  // as while measuring
    const at::Tensor gradient = lossGradient(network, kNormalisation, pixels, labels());
    QVERIFY(!pixels.requires_grad());
    QVERIFY(!network.weights().grad().defined());
    for (std::int64_t i = 0; i < kImages; ++i) {
      const std::int64_t label = i % 2;
      // d log(1 + e^-m) / dx = -(1 - p) dm/dx, p the probability of the true class
      const double margin = network.margin(pixels[i], label, kNormalisation);
      const double factor = -(label == 1 ? 1 : -1) / (1 + std::exp(margin));
      for (std::int64_t c = 0; c < 3; ++c) {
        const auto deviation = static_cast<double>(kNormalisation.deviation[static_cast<std::size_t>(c)]);
        const at::Tensor wanted = network.weights().detach()[c] * (factor / deviation);
        QVERIFY(largest(gradient[i][c] - wanted) < 1e-5);
      }
      const at::Tensor alone = lossGradient(network, kNormalisation, pixels.narrow(0, i, 1), labels().narrow(0, i, 1));
      QVERIFY(largest(alone[0] - gradient[i]) < 1e-6);
    }
  }

  void theGradientDependsOnNoPart() {
    LinearNetwork network(weights());
    const at::Tensor pixels = images(0, 1);
    const at::Tensor whole = lossGradient(network, kNormalisation, pixels, labels());
    for (const std::int64_t graphImages : {1, 4, 6}) {
      const at::Tensor parts = lossGradient(network, kNormalisation, pixels, labels(), graphImages);
      QCOMPARE(parts.sizes().vec(), pixels.sizes().vec());
      QVERIFY(largest(parts - whole) < 1e-6);
      const auto moved = projectedGradient(network, kNormalisation, pixels, labels(), start(),
                                           {kEpsilon, 7, 2.5, graphImages}, StopFlag());
      QVERIFY_OK(moved);
      QVERIFY(largest(*moved - stepAlong(pixels, whole, kEpsilon)) < 1e-6);
    }
  }

  // No pixel comes near 0 or 1: the worst image within epsilon lowers the margin by epsilon times the reach.
  void fgsmFindsTheWorstImage() {
    LinearNetwork network(weights());
    const at::Tensor pixels = images(0.2, 0.8);
    const at::Tensor gradient = lossGradient(network, kNormalisation, pixels, labels());
    const at::Tensor moved = stepAlong(pixels, gradient, kEpsilon);
    QVERIFY(std::abs(largest(moved - pixels) - kEpsilon) < 1e-6);
    const double lost = kEpsilon * network.reach(kNormalisation);
    QVERIFY(lost > 0.3);
    for (std::int64_t i = 0; i < kImages; ++i) {
      const double before = network.margin(pixels[i], i % 2, kNormalisation);
      const double after = network.margin(moved[i], i % 2, kNormalisation);
      QVERIFY(std::abs(LinearNetwork::lossOf(after) - LinearNetwork::lossOf(before - lost)) < 1e-4);
    }
  }

  void pgdIsFgsmOfALinearNetwork_data() {
    QTest::addColumn<int>("steps");
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::newRow("one step") << 1 << 0.2 << 0.8;
    QTest::newRow("seven") << 7 << 0.2 << 0.8;
    QTest::newRow("at the border of 0 and 1") << 7 << 0.0 << 1.0;
  }
  void pgdIsFgsmOfALinearNetwork() {
    QFETCH(int, steps);
    QFETCH(double, low);
    QFETCH(double, high);
    LinearNetwork network(weights());
    const at::Tensor pixels = images(low, high);
    const at::Tensor gradient = lossGradient(network, kNormalisation, pixels, labels());
    const at::Tensor wanted = stepAlong(pixels, gradient, kEpsilon);
    // From a random point, and from the corner that is furthest away.
    for (const at::Tensor& from : {start(), -at::sign(gradient)}) {
      const auto moved =
          projectedGradient(network, kNormalisation, pixels, labels(), from, {kEpsilon, steps, 2.5}, StopFlag());
      QVERIFY_OK(moved);
      QVERIFY(largest(*moved - wanted) < 1e-6);
    }
  }

  // All steps together are one epsilon: from the opposite corner they lead back to the image.
  void pgdWalksItsStepsAndNoMore() {
    LinearNetwork network(weights());
    const at::Tensor pixels = images(0.2, 0.8);
    const at::Tensor away = -at::sign(lossGradient(network, kNormalisation, pixels, labels()));
    const auto moved = projectedGradient(network, kNormalisation, pixels, labels(), away, {kEpsilon, 5, 1}, StopFlag());
    QVERIFY_OK(moved);
    QVERIFY(largest(*moved - pixels) < 1e-6);
  }

  void nothingAtEpsilonZero() {
    LinearNetwork network(weights());
    const at::Tensor pixels = images(0, 1);
    const at::Tensor gradient = lossGradient(network, kNormalisation, pixels, labels());
    QVERIFY(at::equal(stepAlong(pixels, gradient, 0), pixels));
    const auto moved = projectedGradient(network, kNormalisation, pixels, labels(), start(), {0, 7, 2.5}, StopFlag());
    QVERIFY_OK(moved);
    QVERIFY(at::equal(*moved, pixels));
  }

  void imagesStayImages() {
    const at::Tensor pixels = at::tensor(std::vector<float>{0.0F, 0.0F, 1.0F, 1.0F, 0.5F, 0.5F}).view({1, 3, 1, 2});
    const at::Tensor direction =
        at::tensor(std::vector<float>{-3.0F, 0.2F, 5.0F, -0.1F, 0.0F, 7.0F}).view({1, 3, 1, 2});
    const at::Tensor moved = stepAlong(pixels, direction, 0.25);
    const at::Tensor wanted = at::tensor(std::vector<float>{0.0F, 0.25F, 1.0F, 0.75F, 0.5F, 0.75F}).view({1, 3, 1, 2});
    QVERIFY(at::equal(moved, wanted));

    LinearNetwork network(weights());
    const at::Tensor whole = images(0, 1);
    const auto attacked =
        projectedGradient(network, kNormalisation, whole, labels(), start(), {0.4, 3, 2.5}, StopFlag());
    QVERIFY_OK(attacked);
    QVERIFY(attacked->min().item<double>() >= 0 && attacked->max().item<double>() <= 1);
    QVERIFY(largest(*attacked - whole) <= 0.4 + 1e-6);
  }

  void pgdCanBeStopped() {
    LinearNetwork network(weights());
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(
        projectedGradient(network, kNormalisation, images(0, 1), labels(), start(), {kEpsilon, 7, 2.5}, stop),
        "Stopped");
  }

  void drawsBelongToTheImage() {
    const auto draw = [](Random& random) { return static_cast<float>(random.normal()); };
    const std::vector<std::int64_t> some{3, 5};
    const std::vector<std::int64_t> one{5};
    const at::Tensor both = drawnPerImage(some, {2, 7}, 1, 4, draw);
    QCOMPARE(both.sizes().vec(), (std::vector<std::int64_t>{2, 2, 7}));
    QVERIFY(at::equal(drawnPerImage(one, {2, 7}, 1, 4, draw)[0], both[1]));
    QVERIFY(!at::equal(both[0], both[1]));
    QVERIFY(!at::equal(drawnPerImage(one, {2, 7}, 2, 4, draw)[0], both[1]));
    QVERIFY(!at::equal(drawnPerImage(one, {2, 7}, 1, 5, draw)[0], both[1]));
  }

  void masksAreRedrawnAtEveryStep() {
    constexpr std::int64_t side = 64;
    const at::Tensor ones = at::ones({2, 3, side, side});
    const at::Tensor masked = maskedOverTime(ones, 4, 0.3, indices(2), 1, 9);
    QCOMPARE(masked.sizes().vec(), (std::vector<std::int64_t>{4, 2, 3, side, side}));
    const at::Tensor hidden = masked.eq(0);
    QVERIFY(at::equal(masked, hidden.logical_not().to(at::kFloat)));  // a pixel is as it was, or 0
    // A pixel goes in all channels; five standard errors of 0.3 over 32,768 pixels.
    QVERIFY(at::equal(hidden.select(2, 0), hidden.select(2, 1)) && at::equal(hidden.select(2, 0), hidden.select(2, 2)));
    QVERIFY(std::abs(hidden.to(at::kDouble).mean().item<double>() - 0.3) < 0.0127);
    // Of two steps, or two images, as many pixels go together as chance has it: 0.09, over 4,096.
    const auto together = [&](std::int64_t t, std::int64_t b) {
      return hidden[0][0][0].logical_and(hidden[t][b][0]).to(at::kDouble).mean().item<double>();
    };
    for (std::int64_t t = 1; t < 4; ++t) QVERIFY(std::abs(together(t, 0) - 0.09) < 0.0224);
    QVERIFY(std::abs(together(0, 1) - 0.09) < 0.0224);

    QVERIFY(at::equal(maskedOverTime(ones, 4, 0.3, indices(2), 1, 9), masked));
    QVERIFY(!at::equal(maskedOverTime(ones, 4, 0.3, indices(2), 2, 9), masked));
    // What a smaller share masks, a larger one masks too.
    const at::Tensor more = maskedOverTime(ones, 4, 0.5, indices(2), 1, 9).eq(0);
    QVERIFY(more.logical_or(hidden.logical_not()).all().item<bool>());
    QVERIFY(!at::equal(more, hidden));
  }

  void masksOfNothingAndOfAll() {
    const at::Tensor shown = images(0.2, 0.8);
    const at::Tensor none = maskedOverTime(shown, 3, 0, indices(kImages), 1, 9);
    for (std::int64_t t = 0; t < 3; ++t) QVERIFY(at::equal(none[t], shown));
    QCOMPARE(largest(maskedOverTime(shown, 3, 1, indices(kImages), 1, 9)), 0.0);
  }
};

QTEST_GUILESS_MAIN(TestAttacks)
#include "test_attacks.moc"
