#include "engine/training/evaluation.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <new>

#include "engine/core/files.h"
#include "engine/core/runtime.h"
#include "engine/formats/image_file.h"
#include "engine/formats/npy.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

class TestEvaluation : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    TrainConfig config = smallConfig();
    config.placement.enabled = false;
    config.data.trainCount = 640;
    config.training.batchSize = 32;
    config.training.learningRate = 2e-3;
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(pathOf(m_folder, "run")), recorder, recorder.stop));
    m_accuracy = recorder.epochs.back().validationAccuracy;
  }

  void writesReportTablesArraysAndPictures() {
    EvaluateOptions options = optionsFor("maps");
    const auto result = evaluate(options, {}, m_stop);
    QVERIFY_OK(result);
    const QJsonObject report = reportOf("maps");
    QCOMPARE(report["accuracy"].toDouble(), m_accuracy);
    QVERIFY(report["lesion"].isArray() && report["lesion"].toArray().isEmpty());
    QVERIFY2(result->summary.find("lesion") == std::string::npos, result->summary.c_str());
    const QJsonArray sheets = report["sheets"].toArray();
    QCOMPARE(sheets.size(), 4);
    for (const auto& value : sheets) {
      const QJsonObject sheet = value.toObject();
      const std::string layer = sheet["layer"].toString().toStdString();
      QCOMPARE(sheet["categories"].toObject().keys(),
               (QStringList{"bodies", "characters", "faces", "objects", "places"}));
      for (const char* map : {"orientation", "orientation_von_mises", "circular_variance", "spatial_frequency",
                              "colour", "firing_rate", "t_faces", "t_places"}) {
        const std::string stem = layer + "_" + map;
        const auto array = formats::loadNpy(pathOf(m_folder, "maps/" + stem + ".npy"));
        QVERIFY_OK(array);
        QCOMPARE(array->elementCount(), static_cast<std::int64_t>(sheet["units"].toDouble()));
        QCOMPARE(linesOf(pathOf(m_folder, "maps/" + stem + ".csv")).size(),
                 static_cast<std::size_t>(array->elementCount() + 1));
        QCOMPARE(formats::readImage(pathOf(m_folder, "maps/" + stem + ".png"))->width, 900);
      }
      QVERIFY(formats::loadNpy(pathOf(m_folder, "maps/" + layer + "_d_prime_bodies.npy")).has_value());
      // A head; eight thresholds of five domains; ten pairs of domains; T steps.
      QCOMPARE(linesOf(pathOf(m_folder, "maps/" + layer + "_patches.csv")).size(), std::size_t{41});
      QCOMPARE(linesOf(pathOf(m_folder, "maps/" + layer + "_overlap.csv")).size(), std::size_t{11});
      QCOMPARE(linesOf(pathOf(m_folder, "maps/" + layer + "_time.csv")).size(), std::size_t{5});
      const QJsonObject time = sheet["time"].toObject();
      const QJsonObject entropy = time["entropy"].toObject();
      QVERIFY2(entropy["bits"].toDouble() <= 4 && entropy["controls"].toObject()["untrained_bits"].isDouble(),
               layer.c_str());
      QCOMPARE(time["rate_by_step"].toArray().size(), 4);
      QVERIFY(sheet["selective_share"].toObject()["controls"].toObject()["untrained"].isDouble());
      const QJsonObject delta = sheet["categories"].toObject()["faces"].toObject()["delta_selectivity"].toObject();
      QVERIFY(delta.contains("not_measured") || delta["ratio_to_chance"].toArray().size() == 20);
      // A smoothness never stands without its controls, or the reason why it is not there.
      const QJsonObject smoothness = sheet["smoothness"].toObject();
      QVERIFY(smoothness.contains("orientation_von_mises"));
      for (const auto& measured : smoothness) {
        const QJsonObject object = measured.toObject();
        if (object.contains("not_measured")) continue;
        const QJsonObject controls = object["controls"].toObject();
        QVERIFY(object["sem"].toDouble() > 0 && controls["shuffled_sem"].toDouble() > 0);
        QVERIFY(controls["untrained"].toObject().contains("not_measured") ||
                (controls["untrained"].isDouble() && controls["untrained_sem"].toDouble() > 0));
      }
      // The untrained network answers in every sheet.
      if (!smoothness["orientation"].toObject().contains("not_measured"))
        QVERIFY2(smoothness["orientation"].toObject()["controls"].toObject()["untrained"].isDouble(), layer.c_str());
    }
    QVERIFY(std::filesystem::exists(pathOf(m_folder, "maps/overview.png")));
  }

  // A network that was trained with a lesion held is measured under it.
  void aHeldLesionActsAndIsNamed() {
    auto checkpoint = loadCheckpoint(pathOf(m_folder, "run/checkpoint.safetensors"));
    QVERIFY_OK(checkpoint);
    constexpr std::int32_t kHalf = 4096;
    perturbation::LesionPart part{0, {}, perturbation::PerturbationKind::silence, 1, {}};
    for (std::int32_t u = 0; u < kHalf; ++u) part.units.push_back(u);
    checkpoint->lesion.parts = {part};
    QVERIFY_OK(saveCheckpoint(pathOf(m_folder, "lesioned.safetensors"), *checkpoint));
    EvaluateOptions options = optionsFor("lesioned");
    options.checkpoint = pathOf(m_folder, "lesioned.safetensors");
    options.pictures = false;
    const auto result = evaluate(options, {}, m_stop);
    QVERIFY_OK(result);
    QVERIFY2(result->summary.find("under its lesion of 4096 units") != std::string::npos, result->summary.c_str());
    const QJsonArray lesion = reportOf("lesioned")["lesion"].toArray();
    QCOMPARE(lesion.size(), 1);
    const QJsonObject told = lesion[0].toObject();
    QCOMPARE(told["sheet"].toString(), QString("V1"));
    QCOMPARE(told["kind"].toString(), QString("silence"));
    QCOMPARE(told["count"].toInt(), kHalf);
    const auto rates = formats::loadNpy(pathOf(m_folder, "lesioned/V1_firing_rate.npy"));
    QVERIFY_OK(rates);
    const std::vector<float> values = rates->toFloats();
    QVERIFY(values.size() > std::size_t{kHalf});
    QVERIFY(std::all_of(values.begin(), values.begin() + kHalf, [](float rate) { return rate == 0; }));
    QVERIFY(std::any_of(values.begin() + kHalf, values.end(), [](float rate) { return rate > 0; }));
  }

  void isDeterministicAndReadsFloc() {
    const std::filesystem::path floc = std::filesystem::path(PINWHEEL_SHARED_DATA) / "floc";
    if (!std::filesystem::exists(floc)) QSKIP("needs the shared data");
    for (const char* name : {"floc1", "floc2"}) {
      EvaluateOptions options = optionsFor(name);
      options.floc = floc;
      options.pictures = false;
      QVERIFY_OK(evaluate(options, {}, m_stop));
    }
    QCOMPARE(*readFile(pathOf(m_folder, "floc1/report.json"), 1 << 24),
             *readFile(pathOf(m_folder, "floc2/report.json"), 1 << 24));
    QVERIFY(reportOf("floc1")["categories"].toString().contains("fLoc"));
    QVERIFY(!std::filesystem::exists(pathOf(m_folder, "floc1/overview.png")));
  }

  void otherClassesHaveNoAccuracy() {
    const std::filesystem::path cifar = std::filesystem::path(PINWHEEL_SHARED_DATA) / "cifar100";
    if (!std::filesystem::exists(cifar)) QSKIP("needs the shared data");
    EvaluateOptions options = optionsFor("other");
    options.data = "cifar100:" + cifar.string();
    options.pictures = false;
    QVERIFY_OK(evaluate(options, {}, m_stop));
    QVERIFY(reportOf("other")["accuracy"].isObject());
  }

  void mistakesAreNamed() {
    EvaluateOptions options = optionsFor("bad");
    options.checkpoint = pathOf(m_folder, "none.safetensors");
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), "cannot be opened");
    options = optionsFor("bad");
    options.floc = "/no/such";
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), "not there");
    options = optionsFor("bad");
    options.data = "cifar10:/no/such";
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), "not there");
    options = optionsFor("bad");
    options.device = "abacus";
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), "abacus");
  }

  // A few bytes of the file must not make the machine build a network of gigabytes: it is refused by what it stores.
  void namesWithoutWeightsAreRefused() {
    auto checkpoint = loadCheckpoint(pathOf(m_folder, "run/checkpoint.safetensors"));
    QVERIFY_OK(checkpoint);
    checkpoint->provenance.classNames.assign(50000, "c");
    EvaluateOptions options = optionsFor("bad");
    options.checkpoint = pathOf(m_folder, "named.safetensors");
    QVERIFY_OK(saveCheckpoint(options.checkpoint, *checkpoint));
    const std::string wanted = "it names 50000 classes: fc.weight is ";
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), wanted + "F32 [10, 128], wanted is F32 [50000, 128]");
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), options.checkpoint.string());
    // Of the right number of rows, but of nothing.
    checkpoint->model["fc.weight"] = formats::HostTensor::fromFloats({}, {50000, 0});
    QVERIFY_OK(saveCheckpoint(options.checkpoint, *checkpoint));
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), wanted + "F32 [50000, 0], wanted is");
    checkpoint->model.erase("fc.weight");
    QVERIFY_OK(saveCheckpoint(options.checkpoint, *checkpoint));
    QVERIFY_REFUSED(evaluate(options, {}, m_stop), wanted + "missing, wanted is");
  }

  // What `evaluate` has no option for is not advised.
  void noMemoryIsAnsweredWithWhatCanBeDone() {
    EvaluateOptions options = optionsFor("full");
    options.pictures = false;
    const auto result = evaluate(
        options, [](const Progress&) { throw std::bad_alloc(); }, m_stop);
    QVERIFY_REFUSED(result, "close other programs");
    QVERIFY(result.error().text().find("batch_size") == std::string::npos);
  }

private:
  EvaluateOptions optionsFor(const std::string& name) const {
    EvaluateOptions options;
    options.checkpoint = pathOf(m_folder, "run/checkpoint.safetensors");
    options.out = pathOf(m_folder, name);
    options.threads = 1;
    return options;
  }
  QJsonObject reportOf(const std::string& name) const {
    return QJsonDocument::fromJson(
               QByteArray::fromStdString(*readFile(pathOf(m_folder, name + "/report.json"), 1 << 24)))
        .object();
  }

  QTemporaryDir m_folder;
  StopFlag m_stop;
  double m_accuracy = 0;
};

QTEST_APPLESS_MAIN(TestEvaluation)
#include "test_evaluation.moc"
