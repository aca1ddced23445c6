#include "engine/data/world.h"

#include <cblas.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;

namespace {

constexpr int kPixels = 3 * 32 * 32;
constexpr int kFeatures = kPixels + 1;  // and a constant
constexpr int kClasses = 10;

// [images, kFeatures]: the pixels as they are.
std::vector<float> features(const Dataset& world) {
  std::vector<float> out;
  out.reserve(static_cast<std::size_t>(world.size()) * kFeatures);
  for (std::int64_t i = 0; i < world.size(); ++i) {
    const auto image = world.image(i);
    for (const std::uint8_t value : image->pixels) out.push_back(static_cast<float>(value) / 255 - 0.5F);
    out.push_back(1);
  }
  return out;
}

// Solves (A + ridge) X = B for a symmetric A [n, n] whose lower half is given, B [n, m]: conjugate gradients, all
// columns at once.
std::vector<float> solve(const std::vector<float>& a, std::vector<float> b, int n, int m, float ridge) {
  std::vector<float> x(b.size(), 0), direction = b, product(b.size());
  const auto dot = [&](const std::vector<float>& u, const std::vector<float>& v, int column) {
    return cblas_sdot(n, u.data() + column, m, v.data() + column, m);
  };
  for (int iteration = 0; iteration < 80; ++iteration) {
    product = direction;
    cblas_ssymm(CblasRowMajor, CblasLeft, CblasLower, n, m, 1, a.data(), n, direction.data(), m, ridge, product.data(),
                m);
    for (int c = 0; c < m; ++c) {
      const float before = dot(b, b, c);
      if (before < 1e-8F) continue;
      const float step = before / dot(direction, product, c);
      cblas_saxpy(n, step, direction.data() + c, m, x.data() + c, m);
      cblas_saxpy(n, -step, product.data() + c, m, b.data() + c, m);
      cblas_sscal(n, dot(b, b, c) / before, direction.data() + c, m);
      cblas_saxpy(n, 1, b.data() + c, m, direction.data() + c, m);
    }
  }
  return x;
}

}  // namespace

class TestWorld : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // More threads than free processors would wait for each other.
  void initTestCase() { openblas_set_num_threads(1); }

  void imagesDependOnSeedAndIndexAlone() {
    const auto a = makeWorld(32, 100, 5);
    const auto b = makeWorld(32, 100000, 5);
    const auto c = makeWorld(32, 100, 6);
    for (const std::int64_t i : {99, 0, 42, 7}) {
      QCOMPARE(a->image(i)->pixels, b->image(i)->pixels);
      QVERIFY(a->image(i)->pixels != c->image(i)->pixels);
      QCOMPARE(a->label(i), static_cast<int>(i % 10));
    }
    QVERIFY(a->image(0)->pixels != a->image(10)->pixels);
    QCOMPARE(b->size(), std::int64_t{100000});
  }

  // Drawn forwards, backwards and by four threads at once: the same bytes.
  void orderAndThreadsDoNotMatter() {
    qInfo("seed 7");
    constexpr std::size_t kCount = 60;
    constexpr std::size_t kThreads = 4;
    const auto world = makeWorld(32, kCount, 7);
    std::vector<std::vector<std::uint8_t>> forwards(kCount), backwards(kCount), threaded(kCount);
    for (std::size_t i = 0; i < kCount; ++i) forwards[i] = world->image(static_cast<std::int64_t>(i))->pixels;
    for (std::size_t i = kCount; i-- > 0;) backwards[i] = world->image(static_cast<std::int64_t>(i))->pixels;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = t; i < kCount; i += kThreads)
          threaded[i] = world->image(static_cast<std::int64_t>(i))->pixels;
      });
    for (auto& thread : threads) thread.join();
    QCOMPARE(backwards, forwards);
    QCOMPARE(threaded, forwards);
    std::set<std::string> different;
    for (const auto& pixels : forwards) different.emplace(pixels.begin(), pixels.end());
    QCOMPARE(different.size(), kCount);
  }

  void classesAreBalanced() {
    const auto world = makeWorld(32, 1005, 1);
    QCOMPARE(world->classNames().size(), std::size_t{10});
    std::array<int, 10> counts{};
    for (std::int64_t i = 0; i < world->size(); ++i) ++counts.at(static_cast<std::size_t>(world->label(i)));
    for (std::size_t c = 0; c < 10; ++c) QCOMPARE(counts[c], c < 5 ? 101 : 100);
  }

  void anySize() {
    for (const int side : {16, 32, 96, 224}) {
      const auto image = makeWorld(side, 20, 1)->image(13);
      QVERIFY_OK(image);
      QCOMPARE(image->width, side);
      QCOMPARE(image->pixels.size(), static_cast<std::size_t>(3 * side * side));
    }
  }

  // Two worlds of one data set, told apart by the seed that their user gave.
  void theNameTellsTheSeedThatWasGiven() {
    DatasetOptions options;
    options.builtinSeed = 7;
    const auto pair = openDataset("builtin", options);
    QVERIFY_OK(pair);
    QCOMPARE(pair->train->name(), std::string("built-in world (seed 7)"));
    QCOMPARE(pair->validation->name(), pair->train->name());
    QVERIFY(pair->train->image(0)->pixels != pair->validation->image(0)->pixels);
    options.builtinSeed = 1000000000;
    const auto last = openDataset("builtin", options);
    QVERIFY_OK(last);
    QCOMPARE(last->validation->image(0)->pixels,
             makeWorld(options.builtinSide, options.builtinValidationCount, kLastDataSeed)->image(0)->pixels);
  }

  void domainsByName() {
    QCOMPARE(domainNames().size(), std::size_t{5});
    const auto names = makeWorld(32, 10, 1)->classNames();
    for (std::size_t c = 0; c < names.size(); ++c) QCOMPARE(domainOfCategory(names[c]), static_cast<int>(c / 2));
    QCOMPARE(domainOfCategory("scrambled"), -1);
    QCOMPARE(domainOfCategory(""), -1);
  }

  void meanColourSaysLittle() {
    qInfo("seed 2");
    const auto world = makeWorld(32, 2000, 2);
    std::vector<std::array<double, 3>> colours;
    std::vector<std::array<double, 3>> means(10);
    for (std::int64_t i = 0; i < 2000; ++i) {
      const auto image = world->image(i);
      std::array<double, 3> mean{};
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t p = 0; p < 1024; ++p) mean[c] += image->pixels[c * 1024 + p] / 1024.0;
      colours.push_back(mean);
      if (i < 1000)
        for (std::size_t c = 0; c < 3; ++c) means[static_cast<std::size_t>(i % 10)][c] += mean[c] / 100;
    }
    int right = 0;
    for (std::size_t i = 1000; i < 2000; ++i) {
      double best = 1e18;
      std::size_t label = 0;
      for (std::size_t k = 0; k < 10; ++k) {
        double d = 0;
        for (std::size_t c = 0; c < 3; ++c) d += (colours[i][c] - means[k][c]) * (colours[i][c] - means[k][c]);
        if (d < best) {
          best = d;
          label = k;
        }
      }
      right += label == i % 10 ? 1 : 0;
    }
    QVERIFY2(right < 250, QByteArray::number(right).constData());
  }

  // Ridge regression on all pixels: above chance (there is something to see), far below what the network reaches.
  void pixelsAreNotEnough() {
    qInfo("seeds 3, 4");
    const auto train = makeWorld(32, 4000, 3);
    const auto test = makeWorld(32, 1000, 4);
    const std::vector<float> x = features(*train);
    std::vector<float> targets(static_cast<std::size_t>(train->size()) * kClasses, 0);
    for (std::int64_t i = 0; i < train->size(); ++i)
      targets[static_cast<std::size_t>(i * kClasses + train->label(i))] = 1;
    const int count = static_cast<int>(train->size());
    std::vector<float> a(static_cast<std::size_t>(kFeatures) * kFeatures);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, kFeatures, count, 1, x.data(), kFeatures, 0, a.data(),
                kFeatures);
    std::vector<float> b(static_cast<std::size_t>(kFeatures) * kClasses);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, kFeatures, kClasses, count, 1, x.data(), kFeatures,
                targets.data(), kClasses, 0, b.data(), kClasses);
    const std::vector<float> weights = solve(a, b, kFeatures, kClasses, 500);
    const std::vector<float> shown = features(*test);
    int right = 0;
    for (std::int64_t i = 0; i < test->size(); ++i) {
      std::array<float, kClasses> score{};
      cblas_sgemv(CblasRowMajor, CblasTrans, kFeatures, kClasses, 1, weights.data(), kClasses,
                  shown.data() + i * kFeatures, 1, 0, score.data(), 1);
      right += std::max_element(score.begin(), score.end()) - score.begin() == test->label(i) ? 1 : 0;
    }
    qInfo("linear classifier on pixels: %.1f %%", right / 10.0);
    QVERIFY2(right > 105 && right < 250, QByteArray::number(right).constData());
  }
};

QTEST_APPLESS_MAIN(TestWorld)
#include "test_world.moc"
