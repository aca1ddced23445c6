// Convolutions driven by spikes: against LibTorch's in double, gradients included.
#include <torch/torch.h>

#include <QtTest>
#include <cmath>
#include <vector>

#include "engine/kernels/instruction_set.h"
#include "engine/snn/plain_neurons.h"
#include "engine/snn/spike_convolution.h"

using namespace pinwheel::snn;
namespace kernels = pinwheel::kernels;

namespace {

constexpr std::uint64_t kSeed = 20261129;

struct Shape {
  std::int64_t images, in, height, width, out, kernel, stride, padding;
};

// Odd numbers of everything, blocks of output channels with some left over, kernels larger than the image.
const std::vector<Shape> kShapes{
    {2, 64, 6, 6, 64, 3, 1, 1}, {3, 5, 7, 4, 17, 3, 1, 1},  {1, 1, 1, 1, 1, 3, 1, 1},    {2, 24, 7, 9, 40, 3, 2, 1},
    {2, 3, 8, 8, 100, 5, 2, 2}, {2, 33, 5, 5, 65, 1, 2, 0}, {1, 16, 6, 5, 130, 1, 1, 0}, {2, 4, 9, 11, 7, 7, 3, 3},
    {2, 6, 2, 2, 9, 3, 1, 1},   {1, 3, 5, 6, 4, 3, 1, 0},   {2, 2, 3, 3, 5, 3, 2, 2},    {40, 9, 5, 5, 12, 3, 1, 1},
    {1, 2, 4, 4, 3, 2, 2, 0},
};

struct Computed {
  at::Tensor y, gradX, gradWeights;
};

Computed computed(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& upstream, const Shape& s,
                  ConvolutionWay way) {
  const at::Tensor a = x.detach().clone().requires_grad_(), w = weights.detach().clone().requires_grad_();
  const at::Tensor y = spikeConvolution(a, w, s.stride, s.padding, way);
  const auto gradients = torch::autograd::grad({y}, {a, w}, {upstream.to(y.scalar_type())});
  return {y.detach(), gradients[0], gradients[1]};
}

bool near(const at::Tensor& a, const at::Tensor& b, double tolerance) {
  const at::Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
  return x.sizes() == y.sizes() &&
         (x - y).abs().max().item<double>() <= tolerance * std::max(1.0, y.abs().max().item<double>());
}

}  // namespace

class TestSpikeConvolution : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void initTestCase() {
    torch::manual_seed(kSeed);
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
  }
  void cleanup() { kernels::limitInstructionSet(kernels::InstructionSet::v4); }

  void equalsTheDenseOneInDouble_data() {
    QTest::addColumn<double>("density");
    QTest::newRow("silent") << 0.0;
    QTest::newRow("sparse") << 0.05;
    QTest::newRow("half") << 0.5;
    QTest::newRow("all fire") << 1.0;
  }
  void equalsTheDenseOneInDouble() {
    QFETCH(double, density);
    for (const auto set : kernels::kInstructionSets) {
      kernels::limitInstructionSet(set);
      for (const Shape& s : kShapes) {
        const at::Tensor x = at::rand({s.images, s.in, s.height, s.width}, at::kDouble).lt(density).to(at::kDouble);
        const at::Tensor w = at::randn({s.out, s.in, s.kernel, s.kernel}, at::kDouble);
        const at::Tensor shape = at::conv2d(x, w, {}, s.stride, s.padding);
        const at::Tensor upstream = at::randn_like(shape);
        const Computed exact = computed(x, w, upstream, s, ConvolutionWay::dense);
        const Computed ours = computed(x, w, upstream, s, ConvolutionWay::spikes);
        QVERIFY(near(ours.y, exact.y, 1e-12));
        QVERIFY(near(ours.gradX, exact.gradX, 1e-12));
        QVERIFY(near(ours.gradWeights, exact.gradWeights, 1e-12));
        const Computed single =
            computed(x.to(at::kFloat), w.to(at::kFloat), upstream.to(at::kFloat), s, ConvolutionWay::spikes);
        QVERIFY(single.y.scalar_type() == at::kFloat);
        QVERIFY(near(single.y, exact.y, 1e-5));
        QVERIFY(near(single.gradX, exact.gradX, 1e-5));
        QVERIFY(near(single.gradWeights, exact.gradWeights, 1e-5));
      }
    }
  }

  // The weights' gradient, which no dense code of ours or LibTorch's has a part in, against finite differences. The
  // convolution is linear in them: the difference is exact but for rounding.
  void weightsByFiniteDifferences() {
    const Shape s{2, 3, 5, 4, 5, 3, 2, 1};
    const at::Tensor x = at::rand({s.images, s.in, s.height, s.width}, at::kDouble).lt(0.3).to(at::kDouble);
    const at::Tensor w = at::randn({s.out, s.in, s.kernel, s.kernel}, at::kDouble);
    const auto value = [&](const at::Tensor& weights) {
      return spikeConvolution(x, weights, s.stride, s.padding, ConvolutionWay::spikes).square().sum().item<double>();
    };
    const at::Tensor leaf = w.clone().requires_grad_();
    spikeConvolution(x, leaf, s.stride, s.padding, ConvolutionWay::spikes).square().sum().backward();
    const at::Tensor gradient = leaf.grad().flatten();
    for (std::int64_t i = 0; i < w.numel(); ++i) {
      constexpr double kStep = 1e-4;
      at::Tensor up = w.clone(), down = w.clone();
      up.view(-1)[i] += kStep;
      down.view(-1)[i] -= kStep;
      const double difference = (value(up) - value(down)) / (2 * kStep);
      QVERIFY(std::abs(difference - gradient[i].item<double>()) < 1e-6 * std::max(1.0, std::abs(difference)));
    }
  }

  // Anything but spikes goes the dense way, whatever was asked for: to the bit what LibTorch computes.
  void whatIsNoSpikeIsMultiplied() {
    const Shape s{2, 8, 6, 6, 12, 3, 1, 1};
    const at::Tensor w = at::randn({s.out, s.in, 3, 3});
    const at::Tensor spikes = at::rand({s.images, s.in, 6, 6}).lt(0.1).to(at::kFloat);
    for (const float value : {0.5F, -1.0F, 2.0F, std::nanf(""), INFINITY}) {
      at::Tensor x = spikes.clone();
      x[1][3][2][5] = value;
      const at::Tensor ours = spikeConvolution(x, w, 1, 1, ConvolutionWay::spikes);
      const at::Tensor dense = at::conv2d(x.contiguous(at::MemoryFormat::ChannelsLast), w, {}, 1, 1);
      QVERIFY(at::equal(at::isnan(ours), at::isnan(dense)));
      QVERIFY(at::nan_to_num(ours).equal(at::nan_to_num(dense)));
      QCOMPARE(ours.isfinite().all().item<bool>(), std::isfinite(value));
    }
  }
  // A NaN of the weights reaches the outputs that meet a spike there.
  void nanWeights() {
    at::Tensor w = at::randn({4, 2, 1, 1});
    w[2][1][0][0] = std::nanf("");
    at::Tensor x = at::zeros({1, 2, 3, 3});
    x[0][1][1][2] = 1;
    const at::Tensor y = spikeConvolution(x, w, 1, 0, ConvolutionWay::spikes);
    QCOMPARE(at::isnan(y).sum().item<std::int64_t>(), std::int64_t{1});
    QVERIFY(std::isnan(y[0][2][1][2].item<float>()));
  }

  // `chosen` follows the density; what is asked for holds at any.
  void theRateChooses() {
    const at::Tensor w = at::randn({64, 64, 3, 3});
    const auto driven = [&](double density, ConvolutionWay way) {
      const at::Tensor x = at::rand({4, 64, 8, 8}).lt(density).to(at::kFloat);
      const std::int64_t before = spikeDrivenCount();
      const at::Tensor y = spikeConvolution(x, w, 1, 1, way);
      return y.defined() && spikeDrivenCount() > before;
    };
    QVERIFY(driven(spikeDrivenDensity() - 0.05, ConvolutionWay::chosen));
    QVERIFY(!driven(spikeDrivenDensity() + 0.05, ConvolutionWay::chosen));
    QVERIFY(driven(0.9, ConvolutionWay::spikes));
    QVERIFY(!driven(0.02, ConvolutionWay::dense));
    const PlainNeurons plain;
    QVERIFY(!driven(0.02, ConvolutionWay::chosen));
  }

  void sameBytesAtAnyThreadCount() {
    const at::Tensor x = at::rand({9, 40, 11, 7}).lt(0.1).to(at::kFloat);
    const at::Tensor w = at::randn({70, 40, 3, 3});
    const Shape s{9, 40, 11, 7, 70, 3, 1, 1};
    const at::Tensor upstream = at::randn({9, 70, 11, 7});
    std::vector<Computed> all;
    for (const int threads : {1, 2, 3, 7}) {
      at::set_num_threads(threads);
      all.push_back(computed(x, w, upstream, s, ConvolutionWay::spikes));
    }
    for (const Computed& other : all) {
      QVERIFY(other.y.equal(all[0].y));
      QVERIFY(other.gradWeights.equal(all[0].gradWeights));
    }
  }

  // Any order in memory goes in, and what comes out is channels last.
  void orderInMemory() {
    const at::Tensor base = at::rand({3, 6, 5, 8}).lt(0.2).to(at::kFloat);
    const at::Tensor w = at::randn({7, 6, 3, 3});
    const at::Tensor plain = spikeConvolution(base, w, 1, 1, ConvolutionWay::spikes);
    QVERIFY(plain.is_contiguous(at::MemoryFormat::ChannelsLast));
    const at::Tensor odd = base.transpose(2, 3).contiguous().transpose(2, 3);
    QVERIFY(spikeConvolution(odd, w.transpose(2, 3).contiguous().transpose(2, 3), 1, 1, ConvolutionWay::spikes)
                .equal(plain));
    QVERIFY(spikeConvolution(base.contiguous(at::MemoryFormat::ChannelsLast), w, 1, 1, ConvolutionWay::spikes)
                .equal(plain));
  }

  void noImagesAndWrongShapes() {
    const at::Tensor w = at::randn({7, 6, 3, 3});
    QCOMPARE(spikeConvolution(at::empty({0, 6, 5, 5}), w, 1, 1).size(0), std::int64_t{0});
    QVERIFY_EXCEPTION_THROWN(spikeConvolution(at::zeros({1, 5, 4, 4}), w, 1, 1), c10::Error);
    QVERIFY_EXCEPTION_THROWN(spikeConvolution(at::zeros({6, 4, 4}), w, 1, 1), c10::Error);
    QVERIFY_EXCEPTION_THROWN(spikeConvolution(at::zeros({1, 6, 4, 4}), w, 0, 1), c10::Error);
  }
};

QTEST_APPLESS_MAIN(TestSpikeConvolution)
#include "test_spike_convolution.moc"
