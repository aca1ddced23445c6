// A LibTorch whose convolutions are wrong: found, switched off, told. Each case has shapes of its own, that no network
// has, as a process tries every shape once; the order matters, as oneDNN stays off.
#include <torch/torch.h>

#include <QtTest>

#include "engine/snn/backbones.h"
#include "engine/snn/convolution_check.h"

using namespace pinwheel::snn;

namespace {

torch::nn::Sequential networkOf(const std::vector<ConvolutionShape>& shapes) {
  torch::nn::Sequential network;
  for (const ConvolutionShape& shape : shapes)
    network->push_back(torch::nn::Conv2d(
        torch::nn::Conv2dOptions(shape.in, shape.out, shape.kernel).stride(shape.stride).padding(shape.kernel / 2)));
  return network;
}

bool oneDnnEnabled() {
  return at::globalContext().userEnabledMkldnn();
}

// With every LibTorch: by way of double, which does not go through oneDNN.
at::Tensor right(const at::Tensor& images, const at::Tensor& weights, const ConvolutionShape& shape) {
  return convolve(images.to(at::kDouble), weights.to(at::kDouble), shape).to(images.scalar_type());
}

// As Debian 13's: single precision, some widths, through oneDNN alone.
at::Tensor wrongThroughOneDnn(const at::Tensor& images, const at::Tensor& weights, const ConvolutionShape& shape) {
  const at::Tensor y = right(images, weights, shape);
  return images.scalar_type() == at::kFloat && shape.in == 23 && oneDnnEnabled() ? y.roll(1, 1) : y;
}

// The result is right, its gradient is not.
struct WrongGradient : torch::autograd::Function<WrongGradient> {
  static at::Tensor forward(torch::autograd::AutogradContext*, const at::Tensor& y) { return y.clone(); }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext*,
                                                 torch::autograd::variable_list gradient) {
    return {gradient[0] * 1.01};
  }
};

at::Tensor wrongGradient(const at::Tensor& images, const at::Tensor& weights, const ConvolutionShape& shape) {
  const at::Tensor y = right(images, weights, shape);
  return images.scalar_type() == at::kFloat ? WrongGradient::apply(y) : y;
}

}  // namespace

class TestConvolutionCheck : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void errorOfARightOneIsRounding_data() {
    QTest::addColumn<int>("in");
    QTest::addColumn<int>("out");
    QTest::addColumn<int>("kernel");
    QTest::addColumn<int>("stride");
    QTest::newRow("the tiny network's stem") << 3 << 24 << 5 << 2;
    QTest::newRow("ImageNet's stem") << 3 << 64 << 7 << 2;
    QTest::newRow("a shortcut") << 64 << 128 << 1 << 2;
    QTest::newRow("64 channels") << 64 << 64 << 3 << 1;
    QTest::newRow("the widest") << 512 << 512 << 3 << 1;
  }
  // By the fallback where this LibTorch's oneDNN is one of those that are wrong.
  void errorOfARightOneIsRounding() {
    QFETCH(int, in);
    QFETCH(int, out);
    QFETCH(int, kernel);
    QFETCH(int, stride);
    at::globalContext().setUserEnabledMkldnn(false);
    const double error = convolutionError(convolve, {in, out, kernel, stride});
    at::globalContext().setUserEnabledMkldnn(true);
    QVERIFY2(error > 0, "float and double cannot agree to the last bit");
    QVERIFY2(error < 1e-5, qPrintable(QString::number(error)));
  }

  void errorOfAWrongOneIsSeen() {
    QVERIFY(convolutionError(wrongThroughOneDnn, {23, 32, 3, 1}) > 0.1);
    const double error = convolutionError(wrongGradient, {8, 8, 3, 1});
    QVERIFY2(std::abs(error - 0.01) < 1e-3, qPrintable(QString::number(error)));
  }

  void aRightOneChangesNothing() {
    checkConvolutions(*networkOf({{5, 7, 3, 1}}), right);
    QVERIFY(oneDnnEnabled());
    QVERIFY(convolutionFault().empty());
  }

  void everyShapeIsTriedOnce() {
    std::vector<ConvolutionShape> tried;
    const auto noting = [&tried](const at::Tensor& images, const at::Tensor& weights, const ConvolutionShape& shape) {
      tried.push_back(shape);
      return right(images, weights, shape);
    };
    const torch::nn::Sequential network = networkOf({{6, 10, 5, 2}, {10, 10, 3, 1}, {10, 10, 3, 1}});
    checkConvolutions(*network, noting);
    const std::vector<ConvolutionShape> expected{{6, 10, 5, 2}, {10, 10, 3, 1}};
    QVERIFY(tried == expected);
    checkConvolutions(*network, noting);
    QVERIFY(tried == expected);
  }

  void oneDnnThatIsWrongIsSwitchedOffAndTold() {
    checkConvolutions(*networkOf({{23, 32, 3, 1}}), wrongThroughOneDnn);
    QVERIFY(!oneDnnEnabled());
    const QString fault = QString::fromStdString(convolutionFault());
    QVERIFY2(fault.contains(QLatin1String("3x3, 23 to 32 channels, stride 1")), qPrintable(fault));
    QVERIFY2(fault.contains(QLatin1String("switched off")), qPrintable(fault));
  }

  void whatCannotBeMendedIsTold() {
    checkConvolutions(*networkOf({{9, 11, 3, 1}}), wrongGradient);
    const QString fault = QString::fromStdString(convolutionFault());
    QVERIFY2(fault.contains(QLatin1String("9 to 11 channels")), qPrintable(fault));
    QVERIFY2(fault.contains(QLatin1String("do not trust")), qPrintable(fault));
  }

  // The door that all programs go through.
  void aNetworkComputesWhatDoubleDoes() {
    NetworkOptions options;
    options.backbone = "tiny";
    options.imageSide = 32;
    options.classes = 5;
    options.neuron.kind = NeuronKind::relu;  // spikes would turn rounding into whole units
    options.neuron.timeSteps = 1;
    at::globalContext().setUserEnabledMkldnn(true);
    const auto network = makeNetwork(options, 1);
    QVERIFY(network.has_value());
    torch::NoGradGuard guard;
    torch::manual_seed(3);
    const at::Tensor images = at::randn({4, 3, 32, 32});
    const at::Tensor single = (*network)->forward(images).sheets.back();
    for (auto& [name, value] : (*network)->parameters()) value.set_data(value.to(at::kDouble));
    for (auto& [name, value] : (*network)->buffers()) value.set_data(value.to(at::kDouble));
    const at::Tensor exact = (*network)->forward(images.to(at::kDouble)).sheets.back();
    const double error = (single.to(at::kDouble) - exact).abs().max().item<double>() / exact.abs().max().item<double>();
    QVERIFY2(error < 1e-4, qPrintable(QString::number(error)));
  }
};

QTEST_APPLESS_MAIN(TestConvolutionCheck)
#include "test_convolution_check.moc"
