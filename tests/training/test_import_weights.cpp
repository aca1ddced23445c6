#include <sys/stat.h>
#include <torch/torch.h>

#include <cstring>
#include <limits>

#include "engine/formats/safetensors.h"
#include "engine/snn/backbones.h"
#include "engine/training/import_weights.h"
#include "engine/training/setup.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::training;
using test::pathOf;

namespace {

std::unique_ptr<snn::Network> networkOf(std::uint64_t seed) {
  return std::move(*snn::makeNetwork({}, seed));
}

}  // namespace

class TestImportWeights : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theReportIsStrict() {
    const auto model = toHost(stateDict(*networkOf(1)));
    QVERIFY(compareStateDict(model, model).exact());
    auto imported = model;
    const std::string first = model.begin()->first;
    imported.erase(first);
    imported["head.weight"] = model.begin()->second;
    std::string reshaped;
    for (auto& [name, tensor] : imported)
      if (tensor.shape.size() == 4 && reshaped.empty()) {
        reshaped = name;
        tensor.shape.push_back(1);
      }
    const ImportReport report = compareStateDict(model, imported);
    QVERIFY(!report.exact());
    QCOMPARE(report.missing, std::vector<std::string>{first});
    QCOMPARE(report.unexpected, std::vector<std::string>{"head.weight"});
    QCOMPARE(report.mismatched.size(), std::size_t{1});
    QVERIFY(report.mismatched[0].find(reshaped) == 0);
    for (const char* part : {"1 missing", "1 unexpected", "1 of another shape"})
      QVERIFY2(report.text().find(part) != std::string::npos, part);
  }

  void whatFitsIsCounted() {
    auto model = toHost(stateDict(*networkOf(1)));
    std::int64_t parameters = 0;
    for (const auto& [name, value] : networkOf(1)->parameters()) parameters += value.numel();
    const ImportReport report = compareStateDict(model, model);
    QCOMPARE(report.fitting, static_cast<std::int64_t>(model.size()));
    QCOMPARE(report.parameters, parameters);
    QCOMPARE(report.text(), std::to_string(model.size()) + " tensors fit (" + std::to_string(parameters) +
                                " parameters), 0 missing, 0 unexpected");
  }

  void theHintKnowsWhatIsWrong_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("says");
    QTest::newRow("a prefix") << "prefix"
                              << "remove the prefix \"backbone.\"";
    QTest::newRow("other classes") << "classes"
                                   << "as many classes";
    QTest::newRow("another network") << "foreign"
                                     << "torchvision's";
  }
  void theHintKnowsWhatIsWrong() {
    QFETCH(QString, kind);
    QFETCH(QString, says);
    const auto model = toHost(stateDict(*networkOf(1)));
    formats::TensorMap imported;
    if (kind == "foreign") imported["0.weight"] = model.begin()->second;
    for (const auto& [name, tensor] : model) {
      if (kind == "prefix") imported["backbone." + name] = tensor;
      if (kind == "classes") imported[name] = tensor;
      if (kind == "classes" && name.rfind("fc.", 0) == 0) imported[name].shape[0] = 1000;
    }
    const std::string hint = compareStateDict(model, imported).hint();
    QVERIFY2(hint.find(says.toStdString()) != std::string::npos, hint.c_str());
  }

  void batchCountersMayBeMissing() {
    const auto model = toHost(stateDict(*networkOf(1)));
    auto imported = model;
    const auto erased = std::erase_if(
        imported, [](const auto& item) { return item.first.find("num_batches_tracked") != std::string::npos; });
    QVERIFY(erased > 0);
    QVERIFY(compareStateDict(model, imported).exact());
    QCOMPARE(compareStateDict(model, imported).countersLeftOut, static_cast<std::int64_t>(erased));
  }

  void weightsArriveAndNothingChangesOnFailure() {
    const auto source = networkOf(1);
    const auto target = networkOf(2);
    auto weights = toHost(stateDict(*source));
    QVERIFY_OK(copyInto(stateDict(*target), weights, "weights"));
    for (const auto& [name, tensor] : toHost(stateDict(*target)))
      QVERIFY2(tensor.bytes == weights.at(name).bytes, name.c_str());
    const auto other = networkOf(3);
    const auto before = toHost(stateDict(*other));
    weights.erase(weights.begin()->first);
    QVERIFY_REFUSED(copyInto(stateDict(*other), weights, "weights"), "1 missing");
    for (const auto& [name, tensor] : toHost(stateDict(*other))) QVERIFY(tensor.bytes == before.at(name).bytes);
  }

  void filesAreToldByContent() {
    QTemporaryDir folder;
    const auto weights = toHost(stateDict(*networkOf(1)));
    QVERIFY_OK(formats::saveSafetensors(pathOf(folder, "named.pt"), {weights, {}}));
    const auto plain = loadWeights(pathOf(folder, "named.pt"));
    QVERIFY_OK(plain);
    QCOMPARE(plain->size(), weights.size());
    const auto torchFile = loadWeights(std::filesystem::path(PINWHEEL_TEST_FIXTURES) / "module.pt");
    QVERIFY_OK(torchFile);
    QVERIFY(torchFile->count("0.weight") == 1);
    QVERIFY_REFUSED(loadWeights(std::filesystem::path(PINWHEEL_TEST_FIXTURES) / "hostile.pt"), "posix.system");
    QVERIFY_REFUSED(loadWeights(pathOf(folder, "none")), "cannot be opened");
    test::put(pathOf(folder, "text.pt"), "these are no weights");
    QVERIFY_REFUSED(loadWeights(pathOf(folder, "text.pt")), "PyTorch archive");
    QVERIFY_REFUSED(loadWeights(folder.path().toStdString()), "This is a folder");
    test::put(pathOf(folder, "short.safetensors"), "{}");
    QVERIFY_REFUSED(loadWeights(pathOf(folder, "short.safetensors")), "fewer than 8 bytes");
    // Nobody writes into it: whoever waits for that waits for ever.
    for (const char* name : {"pipe.pt", "pipe.safetensors"}) {
      QCOMPARE(::mkfifo(pathOf(folder, name).c_str(), 0600), 0);
      QVERIFY_REFUSED(loadWeights(pathOf(folder, name)), "This is not a file");
    }
  }

  void theFirstTensorThatIsNotFiniteIsNamed_data() {
    QTest::addColumn<double>("value");
    QTest::addColumn<bool>("finite");
    QTest::newRow("NaN") << std::numeric_limits<double>::quiet_NaN() << false;
    QTest::newRow("Inf") << std::numeric_limits<double>::infinity() << false;
    QTest::newRow("-Inf") << -std::numeric_limits<double>::infinity() << false;
    QTest::newRow("the largest that a network can hold") << double{std::numeric_limits<float>::max()} << true;
    QTest::newRow("the smallest") << double{std::numeric_limits<float>::denorm_min()} << true;
  }
  void theFirstTensorThatIsNotFiniteIsNamed() {
    QFETCH(double, value);
    QFETCH(bool, finite);
    const auto bad = static_cast<float>(value);
    formats::TensorMap weights;
    weights["a"] = formats::HostTensor::fromFloats(std::vector<float>{0, -1}, {2});
    weights["b"] = formats::HostTensor::fromFloats(std::vector<float>{0, 1, bad}, {3});
    weights["c"] = formats::HostTensor::fromFloats(std::vector<float>{bad}, {});
    weights["count"] = formats::HostTensor::fromInts(std::vector<std::int64_t>{-1}, {});
    QCOMPARE(firstNotFinite(weights), std::string(finite ? "" : "b"));
    weights.erase("b");
    QCOMPARE(firstNotFinite(weights), std::string(finite ? "" : "c"));
    weights.erase("c");
    QCOMPARE(firstNotFinite(weights), std::string());
  }

  // Bytes of another type: a half's infinity, and a double that single precision cannot hold.
  void otherTypesAreLookedAtAsTheyArrive() {
    formats::HostTensor half{formats::DType::float16, {1}, std::vector<std::byte>(2)};
    const std::uint16_t infinity = 0x7C00;
    std::memcpy(half.bytes.data(), &infinity, 2);
    QCOMPARE(firstNotFinite({{"half", half}}), std::string("half"));
    formats::HostTensor wide{formats::DType::float64, {1}, std::vector<std::byte>(8)};
    const double large = 1e300;
    std::memcpy(wide.bytes.data(), &large, 8);
    QCOMPARE(firstNotFinite({{"wide", wide}}), std::string("wide"));
  }

  // Another floating-point type is converted.
  void halfPrecisionIsWidened() {
    const auto network = networkOf(4);
    auto weights = toHost(stateDict(*network));
    for (auto& [name, tensor] : weights) {
      if (tensor.dtype != formats::DType::float32) continue;
      formats::HostTensor narrow{formats::DType::bfloat16, tensor.shape,
                                 std::vector<std::byte>(tensor.bytes.size() / 2)};
      for (std::size_t i = 0; i < narrow.bytes.size() / 2; ++i) {
        narrow.bytes[2 * i] = tensor.bytes[4 * i + 2];
        narrow.bytes[2 * i + 1] = tensor.bytes[4 * i + 3];
      }
      tensor = narrow;
    }
    const auto target = networkOf(5);
    QVERIFY_OK(copyInto(stateDict(*target), weights, "weights"));
    for (const auto& [name, value] : target->parameters()) {
      const auto expected = weights.at(name).toFloats();
      const auto flat = value.flatten();
      for (std::int64_t i = 0; i < std::min<std::int64_t>(10, flat.numel()); ++i)
        QCOMPARE(flat[i].item<float>(), expected[static_cast<std::size_t>(i)]);
    }
  }
};

QTEST_APPLESS_MAIN(TestImportWeights)
#include "test_import_weights.moc"
