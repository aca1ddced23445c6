#include "engine/data/world.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <thread>
#include <vector>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;

namespace {

// Grey 16 x 16 and a constant.
std::vector<double> features(const Dataset& world, std::int64_t index) {
  const auto image = formats::resizeImage(*world.image(index), 16, 16);
  std::vector<double> out;
  for (std::size_t p = 0; p < 256; ++p)
    out.push_back((image.pixels[p] + image.pixels[256 + p] + image.pixels[512 + p]) / 765.0 - 0.5);
  out.push_back(1);
  return out;
}

// Solves A X = B in place for a symmetric positive definite A [n, n], B [n, m] (Cholesky).
void solve(std::vector<double>& a, std::vector<double>& b, std::size_t n, std::size_t m) {
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k)
      for (std::size_t i = j; i < n; ++i) a[i * n + j] -= a[i * n + k] * a[j * n + k];
    const double root = std::sqrt(a[j * n + j]);
    for (std::size_t i = j; i < n; ++i) a[i * n + j] /= root;
  }
  for (std::size_t c = 0; c < m; ++c) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t k = 0; k < i; ++k) b[i * m + c] -= a[i * n + k] * b[k * m + c];
      b[i * m + c] /= a[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
      for (std::size_t k = i + 1; k < n; ++k) b[i * m + c] -= a[k * n + i] * b[k * m + c];
      b[i * m + c] /= a[i * n + i];
    }
  }
}

}  // namespace

class TestWorld : public QObject {
  Q_OBJECT

private Q_SLOTS:
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
    std::sort(forwards.begin(), forwards.end());
    QVERIFY2(std::adjacent_find(forwards.begin(), forwards.end()) == forwards.end(), "two images are the same");
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

  // Ridge regression on pixels: above chance (there is something to see), far below what the network reaches.
  void pixelsAreNotEnough() {
    qInfo("seeds 3, 4");
    const auto train = makeWorld(32, 4000, 3);
    const auto test = makeWorld(32, 1000, 4);
    constexpr std::size_t n = 257;
    std::vector<double> a(n * n, 0.0), b(n * 10, 0.0);
    for (std::int64_t i = 0; i < train->size(); ++i) {
      const auto f = features(*train, i);
      for (std::size_t r = 0; r < n; ++r) {
        for (std::size_t c = 0; c < n; ++c) a[r * n + c] += f[r] * f[c];
        b[r * 10 + static_cast<std::size_t>(train->label(i))] += f[r];
      }
    }
    for (std::size_t r = 0; r < n; ++r) a[r * n + r] += 5;
    solve(a, b, n, 10);
    int right = 0;
    for (std::int64_t i = 0; i < test->size(); ++i) {
      const auto f = features(*test, i);
      std::array<double, 10> score{};
      for (std::size_t r = 0; r < n; ++r)
        for (std::size_t k = 0; k < 10; ++k) score[k] += f[r] * b[r * 10 + k];
      right += std::max_element(score.begin(), score.end()) - score.begin() == test->label(i) ? 1 : 0;
    }
    qInfo("linear classifier on pixels: %.1f %%", right / 10.0);
    QVERIFY(right > 105 && right < 450);
  }
};

QTEST_APPLESS_MAIN(TestWorld)
#include "test_world.moc"
