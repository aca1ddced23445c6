// The losses that STC is compared with: TDANN's on activities, TopoLoss on weights.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "engine/topography/tdann_loss.h"
#include "engine/topography/topo_loss.h"
#include "tests/support.h"
#include "tests/topography/literal.h"

using namespace pinwheel;
using namespace pinwheel::test;
using namespace pinwheel::topography;

namespace {

// TDANN word for word: features [B, U] of one neighbourhood after another, their correlation, the pairs below the
// diagonal, (1 - Pearson) / 2.
double literalTdann(const torch::Tensor& activity, const torch::Tensor& units, const torch::Tensor& distance) {
  const auto features = activity.mean(0).flatten(1).contiguous();
  const auto f = features.accessor<double, 2>();
  const auto index = units.accessor<std::int64_t, 2>();
  const auto d = distance.accessor<double, 3>();
  const std::int64_t clusters = units.size(0), n = units.size(1);
  double loss = 0;
  for (std::int64_t m = 0; m < clusters; ++m) {
    const auto columnOf = [&](std::int64_t i) {
      std::vector<double> column;
      for (std::int64_t b = 0; b < features.size(0); ++b) column.push_back(f[b][index[m][i]]);
      return column;
    };
    std::vector<double> response, spatial;
    for (std::int64_t i = 1; i < n; ++i)
      for (std::int64_t j = 0; j < i; ++j) {
        response.push_back(pearson(columnOf(i), columnOf(j)));
        spatial.push_back(d[m][i][j]);
      }
    loss += (1 - pearson(response, spatial)) / 2 / static_cast<double>(clusters);
  }
  return loss;
}

// Bilinear interpolation of one row of numbers, corners not aligned.
std::vector<double> resampled(const std::vector<double>& from, std::size_t count, double step) {
  std::vector<double> to;
  for (std::size_t i = 0; i < count; ++i) {
    const double where = std::max(0.0, (static_cast<double>(i) + 0.5) * step - 0.5);
    const auto low = static_cast<std::size_t>(where);
    const std::size_t high = std::min(low + 1, from.size() - 1);
    to.push_back(from[low] + (where - static_cast<double>(low)) * (from[high] - from[low]));
  }
  return to;
}

using Grid = std::vector<std::vector<double>>;  // [row][column]

Grid transposed(const Grid& grid) {
  Grid out(grid.front().size(), std::vector<double>(grid.size()));
  for (std::size_t y = 0; y < grid.size(); ++y)
    for (std::size_t x = 0; x < grid[y].size(); ++x) out[x][y] = grid[y][x];
  return out;
}

Grid downAndUpInRows(const Grid& grid, double factor) {
  Grid out;
  for (const std::vector<double>& row : grid) {
    const double shrink = std::min(factor, static_cast<double>(row.size()));
    const auto small = static_cast<std::size_t>(std::floor(static_cast<double>(row.size()) / shrink));
    out.push_back(resampled(resampled(row, small, shrink), row.size(),
                            static_cast<double>(small) / static_cast<double>(row.size())));
  }
  return out;
}

// TopoLoss word for word: every weight is a picture on the grid of channels, shrunk and enlarged on its own.
double literalTopoLoss(const torch::Tensor& weights, std::size_t height, std::size_t width, double factor) {
  const auto rows = weights.flatten(1).contiguous();
  const auto w = rows.accessor<double, 2>();
  const std::int64_t channels = rows.size(0), inputs = rows.size(1);
  std::vector<double> product(static_cast<std::size_t>(channels)), own(product), blurred(product);
  for (std::int64_t e = 0; e < inputs; ++e) {
    Grid grid(height, std::vector<double>(width));
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) grid[y][x] = w[static_cast<std::int64_t>(y * width + x)][e];
    const Grid blur = transposed(downAndUpInRows(transposed(downAndUpInRows(grid, factor)), factor));
    for (std::size_t y = 0; y < height; ++y)
      for (std::size_t x = 0; x < width; ++x) {
        const std::size_t c = y * width + x;
        product[c] += grid[y][x] * blur[y][x];
        own[c] += grid[y][x] * grid[y][x];
        blurred[c] += blur[y][x] * blur[y][x];
      }
  }
  double cosine = 0;
  for (std::size_t c = 0; c < product.size(); ++c)
    if (own[c] > 0 && blurred[c] > 0) cosine += product[c] / std::sqrt(own[c] * blurred[c]);
  return 1 - cosine / static_cast<double>(channels);
}

// The largest difference of the gradient from finite differences, relative to the gradient's largest entry.
double gradientError(const torch::Tensor& point, const std::function<torch::Tensor(const torch::Tensor&)>& loss) {
  auto leaf = point.clone().set_requires_grad(true);
  loss(leaf).backward();
  const auto gradient = leaf.grad().flatten();
  const auto flat = point.flatten();
  const double h = 1e-5;
  double worst = 0;
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    auto plus = flat.clone();
    auto minus = flat.clone();
    plus[i] += h;
    minus[i] -= h;
    const double numeric =
        (loss(plus.view_as(point)).item<double>() - loss(minus.view_as(point)).item<double>()) / (2 * h);
    worst = std::max(worst, std::abs(numeric - gradient[i].item<double>()));
  }
  return worst / gradient.abs().max().item<double>();
}

}  // namespace

class TestBaselineLosses : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    torch::manual_seed(23);
    qInfo("seed 23");
  }

  void tdannEqualsItsDefinition_data() {
    QTest::addColumn<int>("time");
    QTest::addColumn<bool>("spikes");
    QTest::addColumn<double>("rate");
    QTest::newRow("spikes") << 4 << true << 0.4;
    QTest::newRow("sparse spikes: silent units") << 4 << true << 0.04;
    QTest::newRow("the twin's activations") << 1 << false << 0.5;
  }
  void tdannEqualsItsDefinition() {
    QFETCH(int, time);
    QFETCH(bool, spikes);
    QFETCH(double, rate);
    // Rectified, as the twin's are: about half of them 0.
    const auto activity = spikes ? (torch::rand({time, 7, 5, 2, 3}, torch::kDouble) < rate).to(torch::kDouble)
                                 : torch::randn({time, 7, 5, 2, 3}, torch::kDouble).relu();
    const auto units = randomUnits(3, 9, 30);
    const auto distance = randomDistances(3, 9);
    const double expected = literalTdann(activity, units, distance);
    const double value = tdannLoss(activity, units, distance).item<double>();
    QVERIFY2(std::abs(value - expected) < 1e-12, QByteArray::number(value - expected).constData());
    const auto single = tdannLoss(activity.to(torch::kFloat), units, distance.to(torch::kFloat));
    QVERIFY(std::abs(single.item<double>() - expected) < 1e-5);
  }

  void tdannGradientEqualsFiniteDifferences_data() {
    QTest::addColumn<int>("time");
    QTest::newRow("four steps") << 4;
    QTest::newRow("one step") << 1;
  }
  void tdannGradientEqualsFiniteDifferences() {
    QFETCH(int, time);
    // Any positive numbers: the loss is smooth in them. Units shared by clusters test the summing.
    const auto activity = torch::rand({time, 5, 12}, torch::kDouble);
    const auto units = randomUnits(3, 7, 12);
    const auto distance = randomDistances(3, 7);
    const double error = gradientError(activity, [&](const auto& x) { return tdannLoss(x, units, distance); });
    QVERIFY2(error < 1e-6, QByteArray::number(error).constData());
  }

  void tdannOfConstants() {
    const auto units = randomUnits(2, 6, 10);
    const auto distance = randomDistances(2, 6);
    for (const double constant : {0.0, 1.0}) {  // all silent, all firing
      auto activity = torch::full({4, 5, 10}, constant, torch::kDouble).set_requires_grad(true);
      const auto loss = tdannLoss(activity, units, distance);
      QCOMPARE(loss.item<double>(), 0.5);
      loss.backward();
      QCOMPARE(activity.grad().abs().max().item<double>(), 0.0);
    }
    // One silent unit among active ones: TDANN's own code gives NaN here.
    auto activity = torch::rand({1, 8, 10}, torch::kDouble);
    activity.select(2, 3).zero_();
    activity.set_requires_grad(true);
    const auto loss = tdannLoss(activity, torch::arange(10, torch::kLong).unsqueeze(0), randomDistances(1, 10));
    QVERIFY(std::isfinite(loss.item<double>()));
    loss.backward();
    QVERIFY(activity.grad().isfinite().all().item<bool>());
    QCOMPARE(activity.grad().select(2, 3).abs().max().item<double>(), 0.0);
  }

  void gridsAreNearlySquare_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<int>("height");
    QTest::newRow("1") << 1 << 1;
    QTest::newRow("7, a prime") << 7 << 1;
    QTest::newRow("32") << 32 << 4;
    QTest::newRow("64") << 64 << 8;
    QTest::newRow("128") << 128 << 8;
    QTest::newRow("512") << 512 << 16;
  }
  void gridsAreNearlySquare() {
    QFETCH(int, channels);
    QFETCH(int, height);
    const ChannelGrid grid = channelGrid(channels);
    QCOMPARE(grid.height, std::int64_t{height});
    QCOMPARE(grid.height * grid.width, std::int64_t{channels});
  }

  void topoLossEqualsItsDefinition_data() {
    QTest::addColumn<int>("channels");
    QTest::addColumn<double>("factor");
    QTest::newRow("a square") << 36 << 2.0;
    QTest::newRow("an oblong") << 32 << 2.0;
    QTest::newRow("a factor that does not divide") << 30 << 2.5;
    QTest::newRow("shrunk to one row") << 32 << 8.0;
    QTest::newRow("shrunk to one channel") << 16 << 100.0;
    QTest::newRow("a prime number of channels") << 7 << 3.0;
  }
  void topoLossEqualsItsDefinition() {
    QFETCH(int, channels);
    QFETCH(double, factor);
    const ChannelGrid grid = channelGrid(channels);
    const auto weights = torch::randn({channels, 3, 2, 2}, torch::kDouble);
    const auto blur = channelBlur(channels, factor);
    QVERIFY((blur.sum(1) - 1).abs().max().item<double>() < 1e-12);
    const double value = topoLoss(weights, blur).item<double>();
    const double expected =
        literalTopoLoss(weights, static_cast<std::size_t>(grid.height), static_cast<std::size_t>(grid.width), factor);
    QVERIFY2(std::abs(value - expected) < 1e-12, QByteArray::number(value - expected).constData());
    // The same blur by LibTorch's own interpolation.
    const double shrinkY = std::min(factor, static_cast<double>(grid.height));
    const double shrinkX = std::min(factor, static_cast<double>(grid.width));
    const auto picture = weights.flatten(1).t().reshape({1, -1, grid.height, grid.width}).contiguous();
    const std::vector<std::int64_t> small{static_cast<std::int64_t>(static_cast<double>(grid.height) / shrinkY),
                                          static_cast<std::int64_t>(static_cast<double>(grid.width) / shrinkX)};
    const auto down = at::upsample_bilinear2d(picture, small, false, 1 / shrinkY, 1 / shrinkX);
    const auto up = at::upsample_bilinear2d(down, {grid.height, grid.width}, false);
    const auto ours = at::matmul(blur, weights.flatten(1)).t().reshape(picture.sizes());
    QVERIFY((ours - up).abs().max().item<double>() < 1e-9);
    QVERIFY(std::abs(topoLoss(weights.to(torch::kFloat), blur).item<double>() - expected) < 1e-5);
  }

  void topoLossGradientEqualsFiniteDifferences() {
    const auto weights = torch::randn({12, 2, 3}, torch::kDouble);
    const auto blur = channelBlur(12, 2);
    const double error = gradientError(weights, [&](const auto& w) { return topoLoss(w, blur); });
    QVERIFY2(error < 1e-6, QByteArray::number(error).constData());
  }

  void topoLossOfConstants() {
    const auto blur = channelBlur(16, 4);
    const auto alike = torch::randn({1, 9}, torch::kDouble).expand({16, 9}).clone();
    QVERIFY(std::abs(topoLoss(alike, blur).item<double>()) < 1e-12);
    auto nothing = torch::zeros({16, 9}, torch::kDouble).set_requires_grad(true);
    const auto loss = topoLoss(nothing, blur);
    QCOMPARE(loss.item<double>(), 1.0);
    loss.backward();
    QCOMPARE(nothing.grad().abs().max().item<double>(), 0.0);
    // A channel without weights among others: nothing explodes.
    for (const auto type : {torch::kDouble, torch::kFloat}) {
      auto weights = torch::randn({16, 9}, type);
      weights.select(0, 5).zero_();
      weights.set_requires_grad(true);
      topoLoss(weights, blur).backward();
      QVERIFY(weights.grad().isfinite().all().item<bool>());
      QVERIFY(weights.grad().abs().max().item<double>() < 10);
    }
  }

  void topoLossWantsSmoothGrids() {
    // Weights that change slowly over the grid against the same in a random order.
    const auto index = torch::arange(64, torch::kDouble);
    const auto y = (index / 8).floor();
    const auto x = index - 8 * y;
    const auto smooth = torch::stack({torch::cos(x / 4), torch::sin(x / 4), torch::cos(y / 4), torch::sin(y / 4)}, 1);
    const auto blur = channelBlur(64, 2);
    const double ordered = topoLoss(smooth, blur).item<double>();
    const double shuffled = topoLoss(smooth.index_select(0, torch::randperm(64, torch::kLong)), blur).item<double>();
    QVERIFY2(ordered < 0.02 && shuffled > 5 * ordered, QByteArray::number(ordered).constData());
    // Descending it orders the grid.
    auto weights = torch::randn({64, 6}, torch::kDouble).set_requires_grad(true);
    const double before = topoLoss(weights, blur).item<double>();
    torch::optim::Adam adam({weights}, torch::optim::AdamOptions(0.05));
    for (int i = 0; i < 100; ++i) {
      adam.zero_grad();
      topoLoss(weights, blur).backward();
      adam.step();
    }
    const double after = topoLoss(weights, blur).item<double>();
    QVERIFY2(after < before / 2, QByteArray::number(after).constData());
  }
};

QTEST_APPLESS_MAIN(TestBaselineLosses)
#include "test_baseline_losses.moc"
