// Optimisers against literal arithmetic, LibTorch's own, and the learning-rate schedule.
#include <torch/torch.h>

#include <QtTest>

#include "engine/training/optimizer.h"

using namespace pinwheel::training;

class TestOptimizer : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void agreesWithLibTorch_data() {
    QTest::addColumn<QString>("kind");
    QTest::newRow("AdamW") << "adamw";
    QTest::newRow("SGD") << "sgd";
  }
  void agreesWithLibTorch() {
    QFETCH(QString, kind);
    torch::manual_seed(11);
    const at::Tensor start = at::randn({5, 4}, at::kDouble);
    at::Tensor ours = start.clone().set_requires_grad(true);
    at::Tensor theirs = start.clone().set_requires_grad(true);
    OptimizationConfig config;
    config.optimizer = kind.toStdString();
    config.weightDecay = 0.03;
    config.momentum = 0.8;
    Optimizer optimizer({{"w", ours}}, config);
    std::unique_ptr<torch::optim::Optimizer> reference;
    if (kind == "adamw")
      reference = std::make_unique<torch::optim::AdamW>(std::vector<at::Tensor>{theirs},
                                                        torch::optim::AdamWOptions(0.01).weight_decay(0.03));
    else
      reference = std::make_unique<torch::optim::SGD>(std::vector<at::Tensor>{theirs},
                                                      torch::optim::SGDOptions(0.01).momentum(0.8).weight_decay(0.03));
    for (int step = 1; step <= 25; ++step) {
      optimizer.zeroGradients();
      reference->zero_grad();
      (ours.sin() * ours).sum().backward();
      (theirs.sin() * theirs).sum().backward();
      optimizer.update(0.01, step);
      reference->step();
    }
    QVERIFY(at::allclose(ours, theirs, 1e-12, 1e-14));
    QVERIFY(!at::allclose(ours, start));
  }

  void batchNormAndBiasesDoNotDecay() {
    at::Tensor bias = at::ones({3}).set_requires_grad(true);
    at::Tensor weight = at::ones({3, 1}).set_requires_grad(true);
    OptimizationConfig config;
    config.weightDecay = 0.5;
    Optimizer optimizer({{"bias", bias}, {"weight", weight}}, config);
    (bias.sum() * 0 + weight.sum() * 0).backward();
    optimizer.update(0.1, 1);
    QCOMPARE(bias[0].item<float>(), 1.0F);
    QCOMPARE(weight[0][0].item<float>(), 0.95F);
  }

  void clippingScalesTheWholeGradient() {
    at::Tensor a = at::zeros({2}).set_requires_grad(true);
    at::Tensor b = at::zeros({1, 1}).set_requires_grad(true);
    Optimizer optimizer({{"a", a}, {"b", b}}, {});
    (a[0] * 3 + b.sum() * 4).backward();
    QVERIFY(std::abs(optimizer.gradientNorm() - 5.0) < 1e-6);
    optimizer.scaleGradients(0.2);
    QVERIFY(std::abs(optimizer.gradientNorm() - 1.0) < 1e-6);
  }

  void scheduleWarmsUpAndFalls() {
    OptimizationConfig config;
    config.learningRate = 2.0;
    config.warmupEpochs = 2;
    config.epochs = 10;
    QCOMPARE(learningRateAt(config, 0.0), 0.0);
    QCOMPARE(learningRateAt(config, 1.0), 1.0);
    QCOMPARE(learningRateAt(config, 2.0), 2.0);
    QVERIFY(std::abs(learningRateAt(config, 6.0) - 1.0) < 1e-12);
    QVERIFY(std::abs(learningRateAt(config, 10.0)) < 1e-12);
    config.schedule = "constant";
    QCOMPARE(learningRateAt(config, 9.0), 2.0);
    config.warmupEpochs = 0;
    QCOMPARE(learningRateAt(config, 0.0), 2.0);
  }
};

QTEST_APPLESS_MAIN(TestOptimizer)
#include "test_optimizer.moc"
