// The comparison with a brain, on a network of seconds and stimuli made here.
#include "engine/training/brain_likeness.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <cmath>
#include <cstring>

#include "engine/core/files.h"
#include "engine/core/natural_order.h"
#include "engine/core/random.h"
#include "engine/data/world.h"
#include "engine/formats/image_file.h"
#include "engine/formats/npy.h"
#include "engine/training/layer_products.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

constexpr std::int64_t kImages = 16;  // at least 3 a fold of the predictivity

formats::HostTensor doublesOf(const std::vector<double>& values, std::vector<std::int64_t> shape) {
  formats::HostTensor tensor{formats::DType::float64, std::move(shape), {}};
  tensor.bytes.resize(values.size() * sizeof(double));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

// Symmetric, 0 on the diagonal.
std::vector<double> randomMatrix(std::int64_t stimuli, std::uint64_t seed) {
  Random random(seed);
  const auto side = static_cast<std::size_t>(stimuli);
  std::vector<double> values(side * side, 0.0);
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = i + 1; j < side; ++j) values[i * side + j] = values[j * side + i] = random.uniform();
  return values;
}

}  // namespace

class TestBrainLikeness : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    // Enough batches for the batch norms' statistics, without which the network would be silent.
    TrainConfig config = plainConfig();
    config.data.trainCount = 320;
    Recorder recorder;
    QVERIFY_OK(train(config, runInto(pathOf(m_folder, "run")), recorder, recorder.stop));
    const auto world = data::makeWorld(40, kImages, 5);
    std::filesystem::create_directory(pathOf(m_folder, "images"));
    // By name alone, "10.png" would come before "2.png".
    for (std::int64_t i = 0; i < kImages; ++i)
      QVERIFY_OK(formats::writePng(pathOf(m_folder, "images/" + std::to_string(i) + ".png"), *world->image(i)));
    save("brain.npy", randomMatrix(kImages, 1), {kImages, kImages});
    std::vector<double> stack = randomMatrix(kImages, 2);
    const std::vector<double> second = randomMatrix(kImages, 3);
    stack.insert(stack.end(), second.begin(), second.end());
    save("subjects.npy", stack, {2, kImages, kImages});
    Random random(9);
    std::vector<double> recordings(kImages * 4);
    for (double& value : recordings) value = random.normal();
    save("recordings.npy", recordings, {kImages, 4});
  }

  void namesAreInNaturalOrder() {
    const std::vector<std::string> ordered{"0.png",     "00.png",  "1.png",   "2.png", "10.png", "a1b2.png",
                                           "a1b10.png", "a02.png", "a10.png", "b",     "b0",     "b1"};
    for (std::size_t i = 0; i < ordered.size(); ++i)
      for (std::size_t j = 0; j < ordered.size(); ++j) {
        // Of two spellings of one number, either may come first, but always the same.
        if (i + j == 1) continue;
        QVERIFY2(naturalLess(ordered[i], ordered[j]) == (i < j), (ordered[i] + " and " + ordered[j]).c_str());
      }
    QVERIFY(naturalLess("0.png", "00.png") != naturalLess("00.png", "0.png"));
  }

  void writesReportTableAndMatrices() {
    BrainLikenessOptions options = optionsFor("all");
    options.matrices = {{pathOf(m_folder, "brain.npy")}, {pathOf(m_folder, "subjects.npy")}};
    options.recordings = pathOf(m_folder, "recordings.npy");
    std::int64_t last = -1;
    bool rising = true;
    const auto result = brainLikeness(
        options,
        [&](const Progress& progress) {
          rising = rising && progress.done >= last && progress.done <= progress.total;
          last = progress.done;
        },
        m_stop);
    QVERIFY_OK(result);
    QVERIFY(rising && last > 0);
    QVERIFY(result->summary.find("brain.npy") != std::string::npos);

    const QJsonObject report = reportOf("all");
    const QJsonArray images = report["images"].toArray();
    QCOMPARE(images.size(), qsizetype{kImages});
    QCOMPARE(images[2].toString(), QString("2.png"));
    QCOMPARE(images[10].toString(), QString("10.png"));
    const QJsonArray references = report["references"].toArray();
    QCOMPARE(references.size(), 2);
    QVERIFY(references[0].toObject()["noise_ceiling"].toObject().contains("not_measured"));
    const QJsonObject ceiling = references[1].toObject()["noise_ceiling"].toObject();
    QVERIFY(ceiling["lower"].toDouble() < ceiling["upper"].toDouble());

    const QJsonArray sheets = report["sheets"].toArray();
    QCOMPARE(sheets.size(), 4);
    for (const auto& value : sheets) {
      const QJsonObject sheet = value.toObject();
      const QJsonArray steps = sheet["time_steps"].toArray();
      QCOMPARE(steps.size(), static_cast<qsizetype>(plainConfig().model.steps()) + 1);
      QCOMPARE(steps.last().toObject()["time_step"].toString(), QString("sum"));
      for (const auto& entry : steps) {
        const QJsonObject step = entry.toObject();
        const std::string name = step["time_step"].toString().toStdString();
        const auto matrix =
            formats::loadDissimilarities({pathOf(m_folder, "all/" + sheet["layer"].toString().toStdString() +
                                                               (name == "sum" ? "_sum" : "_t" + name) + "_rdm.npy")});
        QVERIFY_OK(matrix);
        QCOMPARE(matrix->stimuli, kImages);
        QCOMPARE(step["similarity"].toArray().size(), 2);
        QVERIFY(step["predictivity"].toObject()["sites"].toInt() == 4);
      }
    }
    // Whether deeper sheets answer at all, training decides.
    const QJsonObject sum = sheets[0].toObject()["time_steps"].toArray().last().toObject();
    const QJsonObject similarity = sum["similarity"].toArray()[1].toObject();
    QVERIFY2(!similarity.contains("not_measured"), qPrintable(similarity["not_measured"].toString()));
    QCOMPARE(similarity["by_subject"].toArray().size(), 2);
    QVERIFY(similarity["p"].toDouble() >= 1.0 / 20 && similarity["p"].toDouble() <= 1);
    QVERIFY(similarity["low_95"].toDouble() <= similarity["high_95"].toDouble());
    const double dimensionality = sum["effective_dimensionality"].toDouble();
    QVERIFY(dimensionality >= 1 && dimensionality <= kImages - 1);
    // A row per sheet, time step and measure: two similarities, the predictivity, the dimensionality; and the header.
    const auto rows = static_cast<std::size_t>(4 * (plainConfig().model.steps() + 1) * 4 + 1);
    QCOMPARE(linesOf(pathOf(m_folder, "all/rsa.csv")).size(), rows);
  }

  // The network's own matrix as the brain's: a similarity of 1, and the spikes of the steps add up to the sum.
  void aNetworkIsLikeItself() {
    BrainLikenessOptions options = optionsFor("self1");
    options.matrices = {{pathOf(m_folder, "brain.npy")}};
    QVERIFY_OK(brainLikeness(options, {}, m_stop));
    const std::string layer = reportOf("self1")["sheets"].toArray()[0].toObject()["layer"].toString().toStdString();
    for (const auto comparison :
         {analysis::Comparison::pearson, analysis::Comparison::spearman, analysis::Comparison::kendallB}) {
      options.out = pathOf(m_folder, "self2");
      options.similarity.comparison = comparison;
      options.matrices = {{pathOf(m_folder, "self1/" + layer + "_sum_rdm.npy")}};
      QVERIFY_OK(brainLikeness(options, {}, m_stop));
      const QJsonArray steps = reportOf("self2")["sheets"].toArray()[0].toObject()["time_steps"].toArray();
      const QJsonObject similarity = steps.last().toObject()["similarity"].toArray()[0].toObject();
      // Written in single precision.
      QVERIFY2(similarity["value"].toDouble() > 0.9999, qPrintable(QString::number(similarity["value"].toDouble())));
      QCOMPARE(similarity["p"].toDouble(), 1.0 / 20);
    }
  }

  void isDeterministic() {
    for (const char* name : {"again1", "again2"}) {
      BrainLikenessOptions options = optionsFor(name);
      options.matrices = {{pathOf(m_folder, "subjects.npy")}};
      options.recordings = pathOf(m_folder, "recordings.npy");
      options.distance = analysis::Distance::euclidean;
      QVERIFY_OK(brainLikeness(options, {}, m_stop));
    }
    for (const char* file : {"rsa.json", "rsa.csv"})
      QCOMPARE(*readFile(pathOf(m_folder, std::string("again1/") + file), 1 << 24),
               *readFile(pathOf(m_folder, std::string("again2/") + file), 1 << 24));
  }

  // A small bound makes passes of 2,048 units of one table each, and the same numbers.
  void lessMemoryTakesMorePassesAndChangesNothing() {
    for (const auto& [distance, least] : {std::pair{analysis::Distance::pearson, std::int64_t{440'000}},
                                          std::pair{analysis::Distance::spearman, std::int64_t{570'000}}}) {
      for (const char* name : {"roomy", "narrow"}) {
        BrainLikenessOptions options = optionsFor(name);
        options.matrices = {{pathOf(m_folder, "subjects.npy")}};
        options.recordings = pathOf(m_folder, "recordings.npy");
        options.distance = distance;
        if (options.out.filename() == "narrow") options.memoryBytes = least;
        QVERIFY_OK(brainLikeness(options, {}, m_stop));
      }
      for (const char* file : {"rsa.json", "rsa.csv", "V1_t1_rdm.npy", "V1_sum_rdm.npy"}) {
        const auto roomy = readFile(pathOf(m_folder, std::string("roomy/") + file), 1 << 24);
        QVERIFY_OK(roomy);
        QCOMPARE(*readFile(pathOf(m_folder, std::string("narrow/") + file), 1 << 24), *roomy);
      }
    }
  }

  void thePlanKeepsTheBound() {
    using analysis::Distance;
    constexpr std::int64_t kBound = std::int64_t{1} << 30;
    // ResNet-18's first sheet at 224 px: 1,000 images of it would be 3 GB of spikes.
    const LayerTables retina{0, 200704, 4};
    QCOMPARE(retina.count(), std::int64_t{5});
    QCOMPARE(retina.name(0), std::string("1"));
    QCOMPARE(retina.name(4), std::string("sum"));
    for (const std::int64_t images : {16, 92, 1000, 3000}) {
      const auto plan = planPasses(retina, images, 1, Distance::spearman, kBound);
      QVERIFY_OK(plan);
      const std::int64_t kept = plan->tables * images * (2 * images * 8 + plan->units * 8);
      QVERIFY2(plan->tables >= 1 && plan->units >= 64 && kept + 11 * images * images * 8 <= kBound,
               qPrintable(QString::number(images)));
      QVERIFY(plan->passes * plan->tables * plan->units >= retina.count() * retina.units);
    }
    // What fits is shown once.
    QCOMPARE(planPasses(retina, 92, 1, Distance::pearson, kBound)->passes, std::int64_t{1});
    QVERIFY(planPasses(retina, 1000, 1, Distance::pearson, kBound)->passes > 1);
    QCOMPARE((LayerTables{0, 100, 1}.name(0)), std::string("sum"));
    QVERIFY_REFUSED(planPasses(retina, 20000, 0, Distance::pearson, kBound), "20000 images need");
  }

  void whatDoesNotFitIsToldBeforeAnythingIsWritten() {
    save("small.npy", randomMatrix(kImages - 1, 1), {kImages - 1, kImages - 1});
    save("short.npy", std::vector<double>(10, 1.0), {5, 2});
    BrainLikenessOptions options = optionsFor("never");
    options.matrices = {{pathOf(m_folder, "small.npy")}};
    QVERIFY_REFUSED(brainLikeness(options, {}, m_stop), "16 images were found, the matrix has 15 rows");
    options.matrices.clear();
    options.recordings = pathOf(m_folder, "short.npy");
    QVERIFY_REFUSED(brainLikeness(options, {}, m_stop), "do not fit the images");
    options.recordings = pathOf(m_folder, "recordings.npy");
    options.reliability = pathOf(m_folder, "short.npy");
    QVERIFY_REFUSED(brainLikeness(options, {}, m_stop), "do not fit the recordings");
    options.reliability.clear();
    options.memoryBytes = 100'000;
    QVERIFY_REFUSED(brainLikeness(options, {}, m_stop), "--memory 1");
    options.images = pathOf(m_folder, "run");
    QVERIFY_REFUSED(brainLikeness(options, {}, m_stop), "There are no images");
    options.images = pathOf(m_folder, "nowhere");
    QVERIFY_REFUSED(brainLikeness(options, {}, m_stop), "is not there");
    QVERIFY(!std::filesystem::exists(pathOf(m_folder, "never")));
  }

  void aStopIsHeeded() {
    BrainLikenessOptions options = optionsFor("stopped");
    options.matrices = {{pathOf(m_folder, "brain.npy")}};
    StopFlag stop;
    const auto result = brainLikeness(
        options,
        [&](const Progress& progress) {
          if (progress.label.ends_with("comparisons")) stop.request();
        },
        stop);
    QVERIFY_REFUSED(result, "Stopped");
    QVERIFY(!std::filesystem::exists(pathOf(m_folder, "stopped/rsa.json")));
  }

private:
  BrainLikenessOptions optionsFor(const std::string& out) const {
    BrainLikenessOptions options;
    options.checkpoint = pathOf(m_folder, "run/checkpoint.safetensors");
    options.images = pathOf(m_folder, "images");
    options.similarity.permutations = 19;
    options.similarity.bootstraps = 20;
    options.out = pathOf(m_folder, out);
    options.device = "cpu";
    options.threads = 1;
    return options;
  }
  void save(const std::string& name, const std::vector<double>& values, std::vector<std::int64_t> shape) const {
    QVERIFY_OK(formats::saveNpy(pathOf(m_folder, name), doublesOf(values, std::move(shape))));
  }
  QJsonObject reportOf(const std::string& out) const {
    const auto text = readFile(pathOf(m_folder, out + "/rsa.json"), 1 << 26);
    return text ? QJsonDocument::fromJson(QByteArray::fromStdString(*text)).object() : QJsonObject{};
  }

  QTemporaryDir m_folder;
  StopFlag m_stop;
};

QTEST_GUILESS_MAIN(TestBrainLikeness)
#include "test_brain_likeness.moc"
