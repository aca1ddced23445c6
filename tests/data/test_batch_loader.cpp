#include "engine/data/batch_loader.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>

#include "engine/core/random.h"
#include "engine/core/runtime.h"
#include "engine/data/augment.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;

namespace {

// Image i is constant 0.2 + i / 1000 of full scale, but for its left column, which is black; image `bad` cannot be
// read. The normalisation differs from channel to channel.
const Normalisation kNormalisation{{0.5F, 0.4F, 0.3F}, {0.25F, 0.2F, 0.5F}};

// A pixel of `value` (0 to 255) as the network sees it in channel `c`.
float normalised(int value, std::size_t c) {
  return (static_cast<float>(value) / 255.0F - kNormalisation.mean[c]) / kNormalisation.deviation[c];
}
// Black, or the padding: what is neither is lighter.
bool isBlack(float value) {
  return std::abs(value - normalised(0, 0)) < 1e-5F;
}

class Numbered final : public Dataset {
public:
  explicit Numbered(std::int64_t size, std::int64_t bad = -1) : m_size(size), m_bad(bad) {}
  std::string name() const override { return "numbered"; }
  std::int64_t size() const override { return m_size; }
  int label(std::int64_t index) const override { return static_cast<int>(index % 2); }
  const std::vector<std::string>& classNames() const override { return m_names; }
  Normalisation normalisation() const override { return kNormalisation; }
  Expected<formats::RgbImage> image(std::int64_t index, int sideHint) const override {
    lastHint = sideHint;
    if (index == m_bad) return failure("image " + std::to_string(index) + " is broken");
    formats::RgbImage image{8, 8, std::vector<std::uint8_t>(192, static_cast<std::uint8_t>(51 + index))};
    for (std::size_t row = 0; row < 24; ++row) image.pixels[row * 8] = 0;
    return image;
  }

  mutable std::atomic<int> lastHint{0};

private:
  std::int64_t m_size;
  std::int64_t m_bad;
  std::vector<std::string> m_names{"even", "odd"};
};

LoaderOptions plain() {
  LoaderOptions options;
  options.batchSize = 4;
  options.side = 8;
  return options;
}

std::vector<Batch> epochOf(BatchLoader& loader, std::int64_t epoch, std::int64_t first = 0) {
  std::vector<Batch> batches;
  loader.startEpoch(epoch, first);
  for (;;) {
    auto batch = loader.next();
    if (!batch || !batch->has_value()) return batches;
    batches.push_back(std::move(**batch));
  }
}

}  // namespace

class TestBatchLoader : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void everyImageOnce() {
    for (const bool shuffle : {false, true}) {
      LoaderOptions options = plain();
      options.shuffle = shuffle;
      BatchLoader loader(std::make_shared<Numbered>(10), options);
      QCOMPARE(loader.batchesPerEpoch(), std::int64_t{3});
      const auto batches = epochOf(loader, 0);
      QCOMPARE(batches.size(), std::size_t{3});
      QCOMPARE(batches.back().count, std::int64_t{2});
      std::multiset<std::int64_t> seen;
      for (const Batch& batch : batches)
        for (std::size_t i = 0; i < batch.indices.size(); ++i) {
          seen.insert(batch.indices[i]);
          QCOMPARE(batch.labels[i], batch.indices[i] % 2);
          for (std::size_t c = 0; c < 3; ++c) {
            const float* plane = batch.pixels.data() + i * 192 + c * 64;
            QVERIFY(std::abs(plane[5] - normalised(static_cast<int>(51 + batch.indices[i]), c)) < 1e-5F);
            QVERIFY(std::abs(plane[0] - normalised(0, c)) < 1e-5F);
          }
        }
      QCOMPARE(seen.size(), std::size_t{10});
      QCOMPARE((std::set<std::int64_t>(seen.begin(), seen.end()).size()), std::size_t{10});
    }
  }

  void dropLastLeavesTheRest() {
    LoaderOptions options = plain();
    options.dropLast = true;
    BatchLoader loader(std::make_shared<Numbered>(10), options);
    QCOMPARE(loader.batchesPerEpoch(), std::int64_t{2});
    QCOMPARE(epochOf(loader, 0).size(), std::size_t{2});
  }

  void workersDoNotMatterAndResumingGoesOn() {
    LoaderOptions options = plain();
    options.shuffle = true;
    options.flip = true;
    options.cropPadding = 2;
    options.seed = 3;
    BatchLoader one(std::make_shared<Numbered>(30), options);
    options.workers = 4;
    options.prefetch = 9;
    BatchLoader four(std::make_shared<Numbered>(30), options);
    const auto a = epochOf(one, 5);
    const auto b = epochOf(four, 5);
    QCOMPARE(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) QVERIFY(a[i].pixels == b[i].pixels && a[i].indices == b[i].indices);
    const auto rest = epochOf(four, 5, 3);
    QCOMPARE(rest.size(), a.size() - 3);
    for (std::size_t i = 0; i < rest.size(); ++i) QVERIFY(rest[i].pixels == a[i + 3].pixels);
    QVERIFY(epochOf(four, 6)[0].indices != a[0].indices);
  }

  void startingAgainDropsWhatWasInFlight() {
    LoaderOptions options = plain();
    options.workers = 3;
    BatchLoader loader(std::make_shared<Numbered>(100), options);
    for (int i = 0; i < 50; ++i) {
      loader.startEpoch(i);
      const auto batch = loader.next();
      QVERIFY(batch && batch->has_value());
      QCOMPARE((**batch).indices[0], std::int64_t{0});
    }
  }

  void flipsHalfTheImages() {
    LoaderOptions options = plain();
    options.flip = true;
    BatchLoader loader(std::make_shared<Numbered>(200), options);
    int flipped = 0;
    for (const Batch& batch : epochOf(loader, 0))
      for (std::int64_t i = 0; i < batch.count; ++i) {
        const float* image = batch.pixels.data() + i * 192;
        QVERIFY(isBlack(image[0]) != isBlack(image[7]));
        flipped += isBlack(image[7]) ? 1 : 0;
      }
    QVERIFY2(flipped > 70 && flipped < 130, QByteArray::number(flipped).constData());
  }

  void cropsMoveWithinThePadding() {
    LoaderOptions options = plain();
    options.cropPadding = 2;
    BatchLoader loader(std::make_shared<Numbered>(200), options);
    std::set<int> shifts;
    for (const Batch& batch : epochOf(loader, 0))
      for (std::int64_t i = 0; i < batch.count; ++i) {
        // The middle row tells how far the image moved sideways: the padding is 0 after the normalisation, whatever
        // that is; the image's left column is black before it.
        const float* row = batch.pixels.data() + i * 192 + 32;
        int zeros = 0;
        int black = 0;
        for (int x = 0; x < 8; ++x) {
          zeros += row[x] == 0.0F ? 1 : 0;
          black += isBlack(row[x]) ? 1 : 0;
        }
        shifts.insert(row[7] == 0.0F ? 100 + zeros : zeros);
        QVERIFY(zeros <= 2);
        QCOMPARE(black, row[7] == 0.0F ? 0 : 1);
      }
    QCOMPARE(shifts.size(), std::size_t{5});
  }

  void aBrokenImageIsReported() {
    BatchLoader loader(std::make_shared<Numbered>(20, 9), plain());
    loader.startEpoch(0);
    QVERIFY(loader.next().has_value());
    QVERIFY(loader.next().has_value());
    QVERIFY_REFUSED(loader.next(), "image 9 is broken");
  }

  // An exception that leaves a worker would end the program.
  void noMemoryIsReported() {
    LoaderOptions options = plain();
    options.side = 1 << 30;
    BatchLoader loader(std::make_shared<Numbered>(20), options);
    loader.startEpoch(0);
    QVERIFY_REFUSED(loader.next(), "lower training.batch_size");
  }

  // A decoder may scale down to the hint; a random crop of 8 % of the area must still be larger than the side.
  void theHintLeavesRoomForCrops() {
    LoaderOptions options = plain();
    const auto dataset = std::make_shared<Numbered>(4);
    BatchLoader whole(dataset, options);
    QCOMPARE(epochOf(whole, 0).size(), std::size_t{1});
    QCOMPARE(dataset->lastHint.load(), 8);
    options.randomResizedCrop = true;
    BatchLoader cropped(dataset, options);
    QCOMPARE(epochOf(cropped, 0).size(), std::size_t{1});
    QVERIFY(dataset->lastHint >= 8 / std::sqrt(0.08));
  }

  void resizesToTheSide() {
    LoaderOptions options = plain();
    options.side = 5;
    options.randomResizedCrop = true;
    BatchLoader loader(std::make_shared<Numbered>(20), options);
    for (const Batch& batch : epochOf(loader, 0))
      QCOMPARE(batch.pixels.size(), static_cast<std::size_t>(batch.count * 75));
  }

  // The middle of an image a thousand times as long as it is wide, at the cost of that middle: enlarged as a whole it
  // would take 672,000 x 224 pixels, half a gigabyte.
  void aThinImageCostsNoMoreThanItsMiddle() {
    constexpr int kLong = 3000;
    constexpr int kSide = 224;
    LoaderOptions options = plain();
    options.side = kSide;
    Random unused(0);
    for (const bool wide : {true, false}) {
      // Black up to the middle, white behind it.
      formats::RgbImage image{wide ? kLong : 1, wide ? 1 : kLong, std::vector<std::uint8_t>(3 * kLong, 0)};
      for (std::size_t p = 0; p < image.pixels.size(); ++p)
        if (p % kLong >= kLong / 2) image.pixels[p] = 255;
      std::vector<float> pixels(3 * kSide * kSide);
      const std::int64_t before = peakMemoryBytes();
      prepareImage(image, options, {{0, 0, 0}, {1, 1, 1}}, unused, pixels.data());
      QVERIFY2(peakMemoryBytes() - before < (100 << 20), QByteArray::number(qlonglong{peakMemoryBytes()}).constData());
      // A ramp of 224 steps from the last black pixel to the first white one, the same in every line along it.
      for (int i = 0; i < kSide; ++i)
        for (const int line : {0, 100, kSide - 1}) {
          const int at = wide ? line * kSide + i : i * kSide + line;
          QVERIFY(std::abs(pixels[static_cast<std::size_t>(at)] - (static_cast<float>(i) + 0.5F) / kSide) < 0.01F);
        }
    }
  }

  // The shorter side is resized to the side, then the middle is taken: to the byte, however it is computed.
  void theMiddleIsThatOfTheResizedImage() {
    formats::RgbImage image{50, 20, std::vector<std::uint8_t>(3 * 50 * 20)};
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      image.pixels[i] = static_cast<std::uint8_t>(i * i * 7 + i / 5);
    for (const int side : {13, 20, 33}) {
      LoaderOptions options = plain();
      options.side = side;
      Random unused(0);
      std::vector<float> pixels(static_cast<std::size_t>(3 * side * side));
      prepareImage(image, options, {{0, 0, 0}, {1, 1, 1}}, unused, pixels.data());
      const int width = static_cast<int>(std::lround(50.0 * side / 20));
      const formats::RgbImage whole = formats::resizeImage(image, width, side);
      const int left = (width - side) / 2;
      for (int row = 0; row < 3 * side; ++row)
        for (int x = 0; x < side; ++x)
          QCOMPARE(std::lround(255 * pixels[static_cast<std::size_t>(row * side + x)]),
                   long{whole.pixels[static_cast<std::size_t>(row * width + left + x)]});
    }
  }
};

QTEST_APPLESS_MAIN(TestBatchLoader)
#include "test_batch_loader.moc"
