#include "engine/data/corruptions.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;

namespace {

constexpr int kSide = 64;
constexpr std::size_t kPlane = kSide * kSide;
constexpr std::size_t kValues = 3 * kPlane;

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments momentsOf(const std::vector<float>& values) {
  Moments moments;
  const auto n = static_cast<double>(values.size());
  for (const float value : values) moments.mean += static_cast<double>(value) / n;
  for (const float value : values) moments.variance += std::pow(static_cast<double>(value) - moments.mean, 2) / n;
  return moments;
}

std::vector<float> corrupted(std::vector<float> pixels, int side, Corruption corruption, double strength,
                             std::uint64_t seed = 1) {
  Random random(seed);
  corrupt(pixels, side, corruption, strength, random);
  return pixels;
}

std::vector<float> uniformImage() {
  Random random(7);
  std::vector<float> pixels(kValues);
  for (float& pixel : pixels) pixel = static_cast<float>(random.uniform());
  return pixels;
}

// The variance of a spot along x and along y, in pixels, and its sum.
struct Spot {
  double sum = 0;
  double alongX = 0;
  double alongY = 0;
};

Spot spotOf(const std::vector<float>& pixels, int side, int centre) {
  Spot spot;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const auto value = static_cast<double>(pixels[static_cast<std::size_t>(y * side + x)]);
      spot.sum += value;
      spot.alongX += value * (x - centre) * (x - centre);
      spot.alongY += value * (y - centre) * (y - centre);
    }
  return spot;
}

bool near(double value, double wanted, double tolerance) {
  return std::abs(value - wanted) <= tolerance;
}

}  // namespace

class TestCorruptions : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // A grey image of `level`: the noise's mean and variance are known. Tolerances are five standard errors.
  void noiseHasItsMoments_data() {
    QTest::addColumn<int>("corruption");
    QTest::addColumn<double>("level");
    QTest::addColumn<double>("strength");
    QTest::addColumn<double>("variance");
    const auto row = [](const char* name, Corruption corruption, double level, double strength, double variance) {
      QTest::newRow(name) << static_cast<int>(corruption) << level << strength << variance;
    };
    row("Gaussian", Corruption::gaussianNoise, 0.5, 0.1, 0.01);
    row("weak Gaussian", Corruption::gaussianNoise, 0.3, 0.04, 0.0016);
    row("shot: level / photons", Corruption::shotNoise, 0.5, 50, 0.01);
    row("shot, many photons", Corruption::shotNoise, 0.5, 500, 0.001);
    row("shot, as many as it can count", Corruption::shotNoise, 0.8, 700, 0.8 / 700);
    row("impulse: share / 4", Corruption::impulseNoise, 0.5, 0.2, 0.05);
  }
  void noiseHasItsMoments() {
    QFETCH(int, corruption);
    QFETCH(double, level);
    QFETCH(double, strength);
    QFETCH(double, variance);
    const std::vector<float> grey(kValues, static_cast<float>(level));
    const Moments found = momentsOf(corrupted(grey, kSide, static_cast<Corruption>(corruption), strength));
    QVERIFY2(near(found.mean, level, 5 * std::sqrt(variance / kValues)), QByteArray::number(found.mean).constData());
    QVERIFY2(near(found.variance, variance, 0.09 * variance), QByteArray::number(found.variance).constData());
  }

  void shotNoiseLeavesBlackBlack() {
    const std::vector<float> black(kValues, 0.0F);
    QVERIFY(corrupted(black, kSide, Corruption::shotNoise, 50) == black);
  }

  void impulsesAreBlackAndWhiteAsOften() {
    const std::vector<float> grey(kValues, 0.25F);
    const std::vector<float> noisy = corrupted(grey, kSide, Corruption::impulseNoise, 0.2);
    const auto share = [&](float level) {
      return static_cast<double>(std::count(noisy.begin(), noisy.end(), level)) / static_cast<double>(kValues);
    };
    QVERIFY(near(share(0.0F), 0.1, 0.0136));
    QVERIFY(near(share(1.0F), 0.1, 0.0136));
    QVERIFY(near(share(0.0F) + share(1.0F) + share(0.25F), 1, 1e-9));
    // Of each channel by itself: a red impulse says nothing of green.
    std::size_t together = 0;
    for (std::size_t p = 0; p < kPlane; ++p) together += noisy[p] != 0.25F && noisy[kPlane + p] != 0.25F ? 1U : 0U;
    QVERIFY(near(static_cast<double>(together) / static_cast<double>(kPlane), 0.04, 0.0154));
  }

  void theSeedRepeatsNoise_data() {
    QTest::addColumn<int>("kind");
    for (int k = 0; k < 3; ++k) QTest::newRow(corruptionKinds()[static_cast<std::size_t>(k)].name) << k;
  }
  void theSeedRepeatsNoise() {
    QFETCH(int, kind);
    const CorruptionKind& what = corruptionKinds()[static_cast<std::size_t>(kind)];
    const std::vector<float> image = uniformImage();
    const auto first = corrupted(image, kSide, what.corruption, what.severities[4], 3);
    QVERIFY(first == corrupted(image, kSide, what.corruption, what.severities[4], 3));
    QVERIFY(first != corrupted(image, kSide, what.corruption, what.severities[4], 4));
  }

  // A spot becomes a Gaussian of the same sum; its width follows the image's side.
  void blurSpreadsASpot_data() {
    QTest::addColumn<int>("side");
    QTest::addColumn<double>("strength");
    QTest::addColumn<double>("variance");
    QTest::newRow("32 px: as published") << 32 << 1.0 << 1.0;
    QTest::newRow("64 px: twice as wide") << 64 << 1.0 << 4.0;
    QTest::newRow("64 px, half the strength") << 64 << 0.5 << 1.0;
  }
  void blurSpreadsASpot() {
    QFETCH(int, side);
    QFETCH(double, strength);
    QFETCH(double, variance);
    const int centre = side / 2;
    std::vector<float> image(static_cast<std::size_t>(3 * side * side), 0.0F);
    image[static_cast<std::size_t>(centre * side + centre)] = 1;
    const std::vector<float> blurred = corrupted(image, side, Corruption::gaussianBlur, strength);
    const Spot spot = spotOf(blurred, side, centre);
    QVERIFY(near(spot.sum, 1, 1e-5));
    // The tails behind four deviations are cut: 0.1 % of the variance.
    QVERIFY2(near(spot.alongX, variance, 0.005 * variance), QByteArray::number(spot.alongX).constData());
    QVERIFY2(near(spot.alongY, variance, 0.005 * variance), QByteArray::number(spot.alongY).constData());
    const auto plane = static_cast<std::ptrdiff_t>(side) * side;
    QVERIFY(std::all_of(blurred.begin() + plane, blurred.end(), [](float value) { return value == 0; }));
  }

  void blurLeavesGreyGreyUpToTheBorder() {
    const std::vector<float> grey(kValues, 0.6F);
    for (const float pixel : corrupted(grey, kSide, Corruption::gaussianBlur, 1))
      QVERIFY(std::abs(pixel - 0.6F) < 1e-6F);
  }

  void contrastShrinksAboutTheChannelsMean() {
    std::vector<float> image(kValues, 0.3F);  // the third channel is flat
    for (std::size_t p = 0; p < kPlane; ++p) {
      image[p] = p % 2 == 0 ? 0.2F : 0.8F;
      image[kPlane + p] = p % 4 == 0 ? 1.0F : 0.0F;  // mean 0.25
    }
    const std::vector<float> flat = corrupted(image, kSide, Corruption::contrast, 0.5);
    for (std::size_t p = 0; p < kPlane; ++p) {
      QVERIFY(std::abs(flat[p] - (p % 2 == 0 ? 0.35F : 0.65F)) < 1e-6F);
      QVERIFY(std::abs(flat[kPlane + p] - (p % 4 == 0 ? 0.625F : 0.125F)) < 1e-6F);
      QVERIFY(std::abs(flat[2 * kPlane + p] - 0.3F) < 1e-6F);
    }
  }

  void everySeverityIsWorse_data() {
    QTest::addColumn<int>("kind");
    for (std::size_t k = 0; k < corruptionKinds().size(); ++k)
      QTest::newRow(corruptionKinds()[k].name) << static_cast<int>(k);
  }
  void everySeverityIsWorse() {
    QFETCH(int, kind);
    const CorruptionKind& what = corruptionKinds()[static_cast<std::size_t>(kind)];
    const std::vector<float> image = uniformImage();
    double before = 0;
    for (const double severity : what.severities) {
      const std::vector<float> changed = corrupted(image, kSide, what.corruption, severity);
      double change = 0;
      for (std::size_t i = 0; i < image.size(); ++i) {
        QVERIFY(changed[i] >= 0 && changed[i] <= 1);
        change += std::pow(static_cast<double>(changed[i] - image[i]), 2);
      }
      QVERIFY2(change > before, QByteArray::number(severity).constData());
      before = change;
    }
  }

  void nothingAtStrengthZero() {
    const std::vector<float> image = uniformImage();
    QVERIFY(corrupted(image, kSide, Corruption::gaussianNoise, 0) == image);
    QVERIFY(corrupted(image, kSide, Corruption::impulseNoise, 0) == image);
    QVERIFY(corrupted(image, kSide, Corruption::gaussianBlur, 0) == image);
  }
};

QTEST_APPLESS_MAIN(TestCorruptions)
#include "test_corruptions.moc"
