// Backbones: shapes, sheets, names, the ReLU twin, gradients.
#include <torch/torch.h>

#include <QtTest>
#include <set>

#include "engine/core/runtime.h"
#include "engine/snn/backbones.h"
#include "engine/snn/resumable.h"
#include "engine/snn/selective.h"

using namespace pinwheel::snn;

namespace {

NetworkOptions options(const std::string& backbone, std::int64_t side, NeuronKind kind = NeuronKind::lif) {
  NetworkOptions out;
  out.backbone = backbone;
  out.imageSide = side;
  out.classes = 7;
  out.neuron.kind = kind;
  out.neuron.timeSteps = kind == NeuronKind::relu ? 1 : 4;
  return out;
}

}  // namespace

class TestNetwork : public QObject {
  Q_OBJECT
private Q_SLOTS:
  void sheetsOfResNet18MatchTheTable_data() {
    QTest::addColumn<int>("side");
    QTest::addColumn<QList<int>>("units");
    // method section 2: 200,704 / 100,352 / 50,176 / 50,176 / 25,088 units at 224 px
    QTest::newRow("224 px, ImageNet stem")
        << 224 << QList<int>{200704, 200704, 100352, 100352, 50176, 50176, 25088, 25088};
    QTest::newRow("32 px, CIFAR stem") << 32 << QList<int>{65536, 65536, 32768, 32768, 16384, 16384, 8192, 8192};
  }
  void sheetsOfResNet18MatchTheTable() {
    QFETCH(int, side);
    QFETCH(QList<int>, units);
    const auto network = makeNetwork(options("resnet18", side), 1);
    QVERIFY(network.has_value());
    const auto& sheets = (*network)->sheets();
    QCOMPARE(static_cast<int>(sheets.size()), 8);
    const QStringList areas{"retina", "retina", "V1", "V1", "V2", "V4", "IT", "IT"};
    for (int i = 0; i < 8; ++i) {
      const SheetShape& sheet = sheets[static_cast<std::size_t>(i)];
      QCOMPARE(sheet.channels * sheet.height * sheet.width, units[i]);
      QCOMPARE(QString::fromStdString(sheet.area), areas[i]);
    }
  }

  // The shapes are computed; these are what a forward pass gives.
  void shapesAreThoseOfAForwardPass_data() {
    QTest::addColumn<QString>("backbone");
    QTest::addColumn<int>("side");
    for (const int side : {8, 32, 33, 39, 70}) QTest::addRow("tiny, %d px", side) << QStringLiteral("tiny") << side;
    for (const int side : {9, 45, 97, 112})  // above 96 px: the ImageNet stem
      QTest::addRow("resnet18, %d px", side) << QStringLiteral("resnet18") << side;
  }
  void shapesAreThoseOfAForwardPass() {
    QFETCH(QString, backbone);
    QFETCH(int, side);
    torch::NoGradGuard guard;
    NetworkOptions shape = options(backbone.toStdString(), side);
    shape.neuron.timeSteps = 1;
    const auto network = makeNetwork(shape, 1);
    QVERIFY(network.has_value());
    (*network)->setTraining(false);
    const Activity activity = (*network)->forward(at::zeros({1, 3, side, side}));
    QCOMPARE(activity.sheets.size(), (*network)->sheets().size());
    for (std::size_t i = 0; i < activity.sheets.size(); ++i) {
      const SheetShape& sheet = (*network)->sheets()[i];
      QCOMPARE(activity.sheets[i].sizes(), (at::IntArrayRef{1, 1, sheet.channels, sheet.height, sheet.width}));
    }
  }

  // The pixels on which a unit's gradient is not zero are those of its theoretical field, to the pixel.
  void receptiveFieldsAreThoseOfTheGradient_data() {
    QTest::addColumn<QString>("backbone");
    QTest::addColumn<int>("side");
    QTest::addColumn<int>("sheet");
    QTest::addColumn<double>("fieldPx");
    QTest::addColumn<double>("pitchPx");
    // Every 3x3 convolution or pooling adds twice the pitch of what it looks at.
    QTest::newRow("tiny V1") << "tiny" << 32 << 0 << 13.0 << 2.0;
    QTest::newRow("tiny V2") << "tiny" << 64 << 1 << 25.0 << 4.0;
    QTest::newRow("tiny V4") << "tiny" << 96 << 2 << 41.0 << 4.0;
    QTest::newRow("tiny IT") << "tiny" << 96 << 3 << 65.0 << 8.0;
    QTest::newRow("resnet18, CIFAR stem, layer1.0") << "resnet18" << 32 << 0 << 7.0 << 1.0;
    QTest::newRow("resnet18, ImageNet stem, layer1.0") << "resnet18" << 112 << 0 << 27.0 << 4.0;
    QTest::newRow("resnet18, ImageNet stem, layer1.1") << "resnet18" << 112 << 1 << 43.0 << 4.0;
  }
  void receptiveFieldsAreThoseOfTheGradient() {
    QFETCH(QString, backbone);
    QFETCH(int, side);
    QFETCH(int, sheet);
    QFETCH(double, fieldPx);
    QFETCH(double, pitchPx);
    const auto network = makeNetwork(options(backbone.toStdString(), side, NeuronKind::relu), 3);
    QVERIFY(network.has_value());
    (*network)->setTraining(false);  // the normalisation of a batch would look at the whole image
    const SheetShape& shape = (*network)->sheets()[static_cast<std::size_t>(sheet)];
    QCOMPARE(shape.field.sidePx, fieldPx);
    QCOMPARE(shape.field.pitchPx, pitchPx);
    torch::manual_seed(6);
    const at::Tensor image = at::randn({1, 3, side, side}).requires_grad_();
    const at::Tensor activity = (*network)->forward(image).sheets[static_cast<std::size_t>(sheet)];
    for (const auto& [row, column] : {std::pair{0, 0}, {shape.height / 2, shape.width / 2 - 1}, {1, shape.width - 1}}) {
      image.mutable_grad() = at::Tensor();
      // All channels of the place: a rectifier may have silenced one of them.
      activity[0][0].select(1, row).select(1, column).sum().backward({}, true);
      const at::Tensor seen = image.grad()[0].abs().sum(0).gt(0);  // [y, x]
      const auto check = [&](const at::Tensor& line, int unit) {
        const at::Tensor places = line.nonzero();
        const double first = std::max(0.0, shape.field.centrePx(unit) - fieldPx / 2);
        const double last = std::min<double>(side, shape.field.centrePx(unit) + fieldPx / 2) - 1;
        QCOMPARE(places.min().item<double>(), first);
        QCOMPARE(places.max().item<double>(), last);
      };
      check(seen.any(1), row);
      check(seen.any(0), column);
    }
  }

  // A forward pass of this one would take tens of gigabytes.
  void aLargeNetworkIsCheapToMake() {
    const std::int64_t before = pinwheel::peakMemoryBytes();
    NetworkOptions large = options("tiny", 1024);
    large.neuron.timeSteps = 256;
    const auto network = makeNetwork(large, 1);
    QVERIFY(network.has_value());
    QCOMPARE((*network)->sheets()[0].width, 512);
    QVERIFY(pinwheel::peakMemoryBytes() - before < (64 << 20));
  }

  // The same image in every step is the image itself; another in one step is seen from that step on.
  void imagesMayChangeOverTime() {
    const auto network = makeNetwork(options("tiny", 16), 4);
    torch::manual_seed(5);
    (*network)->setNormalisationAveraging(true);  // without statistics it would be silent
    (*network)->forward(at::randn({16, 3, 16, 16}));
    (*network)->setTraining(false);
    const at::Tensor still = at::randn({2, 3, 16, 16});
    at::Tensor moving = still.unsqueeze(0).repeat({4, 1, 1, 1, 1});
    const Activity once = (*network)->forward(still);
    const Activity repeated = (*network)->forward(moving);
    for (std::size_t s = 0; s < once.sheets.size(); ++s) QVERIFY(once.sheets[s].equal(repeated.sheets[s]));
    moving[2] = at::randn({2, 3, 16, 16});
    const at::Tensor first = (*network)->forward(moving).sheets.front();
    QVERIFY(first.slice(0, 0, 2).equal(once.sheets.front().slice(0, 0, 2)));
    QVERIFY(!first[2].equal(once.sheets.front()[2]));

    const at::Tensor pixels = still.unsqueeze(0).repeat({4, 1, 1, 1, 1}).requires_grad_();
    (*network)->forward(pixels).logits.sum().backward();
    for (int t = 0; t < 4; ++t) QVERIFY(pixels.grad()[t].abs().sum().item<float>() > 0);
    QVERIFY_THROWS_EXCEPTION(c10::Error, (*network)->forward(moving.slice(0, 0, 3)));
  }

  // From every sheet on, under what acts on it and behind it; the sheets before are not made.
  void aPassGoesOnFromASheet_data() {
    QTest::addColumn<QString>("backbone");
    QTest::newRow("tiny") << "tiny";
    QTest::newRow("resnet18") << "resnet18";
  }
  void aPassGoesOnFromASheet() {
    QFETCH(QString, backbone);
    const auto network = makeNetwork(options(backbone.toStdString(), 16), 4);
    torch::manual_seed(5);
    (*network)->setNormalisationAveraging(true);
    (*network)->forward(at::randn({16, 3, 16, 16}));
    (*network)->setTraining(false);
    torch::NoGradGuard guard;
    const at::Tensor images = at::randn({3, 3, 16, 16});
    std::vector<at::Tensor> seen((*network)->sheets().size());
    (*network)->setPerturbation([&](std::size_t sheet, const at::Tensor& activity) {
      seen[sheet] = activity;
      return activity * (1 - 0.25 * static_cast<double>(sheet % 3));
    });
    const Activity whole = (*network)->forward(images);
    const std::vector<at::Tensor> before = seen;
    QVERIFY(whole.logits.abs().sum().item<float>() > 0);
    auto* resumable = dynamic_cast<Resumable*>(network->get());
    QVERIFY(resumable != nullptr);
    for (std::size_t from = 0; from < before.size(); ++from) {
      const Activity rest = resumable->forwardFrom(from, before[from]);
      QVERIFY(rest.logits.equal(whole.logits));
      QCOMPARE(rest.sheets.size(), whole.sheets.size());
      for (std::size_t s = 0; s < rest.sheets.size(); ++s) {
        QCOMPARE(rest.sheets[s].defined(), s >= from);
        if (s >= from) QVERIFY(rest.sheets[s].equal(whole.sheets[s]));
      }
    }
    QVERIFY_THROWS_EXCEPTION(c10::Error, resumable->forwardFrom(0, before.back()));
    QVERIFY_THROWS_EXCEPTION(c10::Error, resumable->forwardFrom(0, before.front()[0]));
  }

  void normalisationIsAveragedOnRequest() {
    torch::NoGradGuard guard;
    auto network = makeNetwork(options("tiny", 16), 4);
    const auto buffer = [&](const std::string& name) {
      for (const auto& [key, value] : (*network)->buffers())
        if (key == name) return value;
      return at::Tensor();
    };
    torch::manual_seed(8);
    std::vector<at::Tensor> batches;
    std::vector<at::Tensor> means;
    (*network)->setTraining(true);
    for (int b = 0; b < 3; ++b) {
      batches.push_back(at::randn({4, 3, 16, 16}) + b);
      (*network)->setNormalisationAveraging(true);
      (*network)->forward(batches.back());
      means.push_back(buffer("bn1.running_mean").clone());
    }
    QVERIFY(!means[0].allclose(means[1]));
    (*network)->setNormalisationAveraging(true);  // forgets all of it
    QCOMPARE(buffer("bn1.running_var").sum().item<double>(), 24.0);
    (*network)->forward(batches[0]);
    (*network)->forward(batches[1]);
    QVERIFY(buffer("bn1.running_mean").allclose((means[0] + means[1]) / 2, 1e-4, 1e-5));
    QCOMPARE(buffer("layer4.0.bn2.num_batches_tracked").item<std::int64_t>(), std::int64_t{2});
    (*network)->setNormalisationAveraging(false);
    (*network)->forward(batches[2]);
    QVERIFY(buffer("bn1.running_mean").allclose(0.9 * (means[0] + means[1]) / 2 + 0.1 * means[2], 1e-4, 1e-5));
  }

  void tinyHasFourAreas() {
    const auto network = makeNetwork(options("tiny", 32), 1);
    QVERIFY(network.has_value());
    QStringList layers;
    for (const SheetShape& sheet : (*network)->sheets()) layers << QString::fromStdString(sheet.layer);
    QCOMPARE(layers, (QStringList{"V1", "V2", "V4", "IT"}));
  }

  void parameterNamesAreTorchvisions() {
    const auto network = makeNetwork(options("resnet18", 224), 1);
    std::set<std::string> names;
    std::int64_t count = 0;
    for (const auto& [name, value] : (*network)->parameters()) {
      names.insert(name);
      count += value.numel();
    }
    for (const char* name : {"conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "layer2.0.downsample.0.weight",
                             "layer2.0.downsample.1.bias", "layer4.1.bn2.bias", "fc.weight", "fc.bias"})
      QVERIFY2(names.count(name) == 1, name);
    QCOMPARE(static_cast<int>(names.size()), 62);
    // torchvision's ResNet-18 has 11,689,512 parameters with 1000 classes; ours here has 7.
    QCOMPARE(count, 11689512 - 993 * 513);
    std::set<std::string> buffers;
    for (const auto& [name, value] : (*network)->buffers()) buffers.insert(name);
    QVERIFY(buffers.count("layer3.0.downsample.1.running_var") == 1);
    QCOMPARE(static_cast<int>(buffers.size()), 60);
  }

  void activityIsBinaryAndShaped() {
    for (const char* backbone : {"tiny", "resnet18"}) {
      auto network = makeNetwork(options(backbone, 32), 3);
      torch::manual_seed(5);
      const Activity activity = (*network)->forward(at::randn({3, 3, 32, 32}));
      QCOMPARE(activity.logits.sizes(), (at::IntArrayRef{3, 7}));
      QCOMPARE(activity.sheets.size(), (*network)->sheets().size());
      for (std::size_t i = 0; i < activity.sheets.size(); ++i) {
        const SheetShape& shape = (*network)->sheets()[i];
        QCOMPARE(activity.sheets[i].sizes(), (at::IntArrayRef{4, 3, shape.channels, shape.height, shape.width}));
        const at::Tensor binary = activity.sheets[i].eq(0).logical_or(activity.sheets[i].eq(1));
        QVERIFY(binary.all().item<bool>());
      }
      QVERIFY(activity.sheets[0].sum().item<double>() > 0);
    }
  }

  void reluTwinHasTheSameWeightsAndOneStep() {
    auto spiking = makeNetwork(options("tiny", 32), 9);
    auto twin = makeNetwork(options("tiny", 32, NeuronKind::relu), 9);
    QVERIFY(twin.has_value());
    const auto a = (*spiking)->parameters();
    const auto b = (*twin)->parameters();
    QCOMPARE(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      QCOMPARE(a[i].first, b[i].first);
      QVERIFY(a[i].second.equal(b[i].second));
    }
    const Activity activity = (*twin)->forward(at::randn({2, 3, 32, 32}));
    QCOMPARE(activity.sheets[0].size(0), std::int64_t{1});
    QVERIFY(!activity.sheets[0].eq(activity.sheets[0].round()).all().item<bool>());
  }

  // What is not asked for is not given, and nothing else changes: lesions meet every sheet, logits are the same.
  void onlyTheSheetsThatAreAskedFor() {
    auto network = makeNetwork({}, 3);
    QVERIFY(network.has_value());
    const at::Tensor images = at::randn({2, 3, 32, 32});
    std::vector<std::size_t> met;
    (*network)->setPerturbation([&](std::size_t sheet, const at::Tensor& activity) {
      met.push_back(sheet);
      return sheet == 1 ? activity * 0 : activity;
    });
    const Activity all = (*network)->forward(images);
    QCOMPARE(met, (std::vector<std::size_t>{0, 1, 2, 3}));
    {
      const OnlySheets one(**network, {2});
      const Activity some = (*network)->forward(images);
      QVERIFY(some.logits.equal(all.logits));
      for (std::size_t s = 0; s < 4; ++s) QCOMPARE(some.sheets[s].defined(), s == 2);
      QVERIFY(some.sheets[2].equal(all.sheets[2]));
      const OnlySheets none(**network, {});
      QVERIFY(!(*network)->forward(images).sheets[2].defined());
      QCOMPARE(met.size(), std::size_t{12});
    }
    QVERIFY((*network)->forward(images).sheets[0].defined());
  }

  void everyParameterGetsAGradient() {
    for (const NeuronKind kind : {NeuronKind::lif, NeuronKind::relu}) {
      auto network = makeNetwork(options("tiny", 32, kind), 2);
      torch::manual_seed(2);
      const Activity activity = (*network)->forward(at::randn({8, 3, 32, 32}));
      activity.logits.square().sum().backward();
      for (const auto& [name, value] : (*network)->parameters()) {
        QVERIFY2(value.grad().defined(), name.c_str());
        QVERIFY2(value.grad().abs().sum().item<double>() > 0, name.c_str());
      }
    }
  }

  void seedDecidesTheWeights() {
    const auto a = makeNetwork(options("tiny", 32), 1);
    const auto b = makeNetwork(options("tiny", 32), 1);
    const auto c = makeNetwork(options("tiny", 32), 2);
    QVERIFY((*a)->parameters()[0].second.equal((*b)->parameters()[0].second));
    QVERIFY(!(*a)->parameters()[0].second.equal((*c)->parameters()[0].second));
  }

  void badOptionsAreRefused() {
    NetworkOptions bad = options("tinny", 32);
    auto result = makeNetwork(bad, 1);
    QVERIFY(!result.has_value());
    QVERIFY(result.error().why.find("tiny") != std::string::npos);
    QVERIFY(!makeNetwork(options("resnet18", 4), 1).has_value());
    bad = options("tiny", 32);
    bad.classes = 1;
    QVERIFY(!makeNetwork(bad, 1).has_value());
    bad = options("tiny", 32, NeuronKind::relu);
    bad.neuron.timeSteps = 4;
    QVERIFY(!makeNetwork(bad, 1).has_value());
  }
};

QTEST_APPLESS_MAIN(TestNetwork)
#include "test_network.moc"
