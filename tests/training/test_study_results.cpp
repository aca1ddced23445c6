// What a study makes of its rows.
#include "engine/training/study_results.h"

#include <cmath>

#include "engine/core/files.h"
#include "engine/training/metrics.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

// A run of known measures, without a folder.
StudyRow rowOf(const std::string& condition, const std::string& twin, int seed, double accuracy, double order) {
  StudyRow row;
  row.run.condition = condition;
  row.run.twin = twin;
  row.run.name = condition + "-seed" + std::to_string(seed);
  row.run.config.training.seed = seed;
  row.measures = {{"accuracy", accuracy}, {"V1.order", order}};
  return row;
}

}  // namespace

class TestStudyResults : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void statisticsByHand() {
    const Statistic none = statisticOf({});
    QCOMPARE(none.count, std::int64_t{0});
    QVERIFY(std::isnan(none.mean) && std::isnan(none.sem));
    const Statistic one = statisticOf({std::nan(""), 2.5});
    QCOMPARE(one.count, std::int64_t{1});
    QCOMPARE(one.mean, 2.5);
    QVERIFY(std::isnan(one.sem));
    // 1, 2, 6: mean 3, squares 4 + 1 + 9 = 14, variance 7, SEM sqrt(7 / 3).
    const Statistic three = statisticOf({1, 2, 6});
    QCOMPARE(three.mean, 3.0);
    QVERIFY(std::abs(three.sem - std::sqrt(7.0 / 3)) < 1e-12);
  }

  void differencesArePairedBySeed() {
    const double unknown = std::nan("");
    // Rows of another neuron and a seed without its twin must not disturb.
    const std::vector<StudyRow> rows{
        rowOf("lif-none", "lif-none", 1, 0.5, 0.1),   rowOf("lif-stc", "lif-none", 1, 0.4, 0.5),
        rowOf("relu-none", "relu-none", 1, 0.9, 0.9), rowOf("lif-none", "lif-none", 2, 0.7, unknown),
        rowOf("lif-stc", "lif-none", 2, 0.65, 0.4),   rowOf("lif-stc", "lif-none", 3, 0.3, 0.6)};
    const std::vector<StudySummary> summaries = summarise(rows);
    QCOMPARE(summaries.size(), std::size_t{6});
    QCOMPARE(summaries[0].condition, std::string("lif-none"));
    QCOMPARE(summaries[0].over.count, std::int64_t{2});
    QCOMPARE(summaries[0].over.mean, 0.6);
    QVERIFY(std::abs(summaries[0].over.sem - 0.1) < 1e-12);  // |0.7 - 0.5| / 2
    QCOMPARE(summaries[0].difference.count, std::int64_t{0});
    const StudySummary& accuracy = summaries[2];
    QCOMPARE(accuracy.condition, std::string("lif-stc"));
    QCOMPARE(accuracy.measure, std::string("accuracy"));
    QCOMPARE(accuracy.over.count, std::int64_t{3});
    QVERIFY(std::abs(accuracy.over.mean - 0.45) < 1e-12);
    // Seeds 1 and 2 have twins: -0.1 and -0.05.
    QCOMPARE(accuracy.difference.count, std::int64_t{2});
    QVERIFY(std::abs(accuracy.difference.mean + 0.075) < 1e-12);
    QVERIFY(std::abs(accuracy.difference.sem - 0.025) < 1e-12);
    // The twin of seed 2 was not measured.
    const StudySummary& order = summaries[3];
    QCOMPARE(order.measure, std::string("V1.order"));
    QCOMPARE(order.over.count, std::int64_t{3});
    QCOMPARE(order.difference.count, std::int64_t{1});
    QVERIFY(std::abs(order.difference.mean - 0.4) < 1e-12);
    QCOMPARE(summaries[4].condition, std::string("relu-none"));

    Study study;
    study.runs.resize(9);
    std::filesystem::create_directories(pathOf(m_folder, "tables"));
    QVERIFY_OK(writeStudyTables(pathOf(m_folder, "tables"), study, rows));
    const auto lines = linesOf(pathOf(m_folder, "tables/summary.csv"));
    QCOMPARE(lines.size(), std::size_t{7});
    QCOMPARE(lines[0], std::string("condition,measure,runs,mean,sem,pairs,difference,difference_sem\r"));
    QVERIFY2(lines[1].rfind("lif-none,accuracy,2,0.6,", 0) == 0, lines[1].c_str());
    QVERIFY2(QString::fromStdString(lines[1]).trimmed().endsWith(",0,,"), lines[1].c_str());
    const auto text = readFile(pathOf(m_folder, "tables/study.md"), 1 << 20);
    QVERIFY_OK(text);
    for (const char* part : {"6 of 9 runs", "| | lif-none (2) | lif-stc (3) | relu-none (1) |",
                             "| accuracy | 0.600 +- 0.100 | 0.450 +- ", " (-0.075 +- 0.025) | 0.900 |"})
      QVERIFY2(text->find(part) != std::string::npos, (*text + " lacks " + part).c_str());
    QVERIFY2(text->find("Failed") == std::string::npos, text->c_str());
    QVERIFY_OK(writeStudyTables(pathOf(m_folder, "tables"), study, rows, {{"lif-stc-seed4", "NaN in V1"}}));
    const auto failed = readFile(pathOf(m_folder, "tables/study.md"), 1 << 20);
    QVERIFY_OK(failed);
    QVERIFY2(failed->find("\n- lif-stc-seed4: NaN in V1\n") != std::string::npos, failed->c_str());
    QCOMPARE(linesOf(pathOf(m_folder, "tables/study.csv")).size(), std::size_t{7});
  }

  // The paper's measures, each from its place in the report; what is missing or not measured is NaN.
  void measuresAreReadFromTheReport() {
    const auto folder = pathOf(m_folder, "run");
    std::filesystem::create_directories(folder / "maps");
    EpochReport epoch;
    epoch.trainAccuracy = 0.5;
    epoch.imagesPerSecond = 100;
    QVERIFY_OK(appendMetrics(folder / "metrics.jsonl", epoch));
    put(folder / "maps/report.json",
        "{\"accuracy\": 0.75, \"sheets\": [{\"layer\": \"IT\", \"pinwheels\": {\"count\": 9, "
        "\"density_per_column_spacing_squared\": 2.5}, \"time\": {\"entropy\": {\"bits\": 1.25}}, \"overlaps\": ["
        "{\"first\": \"faces\", \"second\": \"places\", \"correlation\": {\"value\": 0.9}, \"windowed\": {}}, "
        "{\"first\": \"faces\", \"second\": \"bodies\", \"correlation\": {\"value\": 0.625}}, "
        "{\"first\": \"characters\", \"second\": \"places\", \"not_measured\": \"one image\"}]}, "
        "{\"layer\": \"V1\", \"overlaps\": 3, \"pinwheels\": {\"not_measured\": \"too few units\"}}]}");
    const auto measures = readMeasures(folder);
    QVERIFY_OK(measures);
    const auto of = [&](const std::string& name) {
      for (const auto& [measure, value] : *measures)
        if (measure == name) return value;
      return -1.0;  // no such measure
    };
    QCOMPARE(of("accuracy"), 0.75);
    QCOMPARE(of("train_accuracy"), 0.5);
    QCOMPARE(of("IT.overlap_faces_bodies"), 0.625);
    QVERIFY(std::isnan(of("IT.overlap_characters_places")));
    QCOMPARE(of("IT.pinwheel_density"), 2.5);
    QCOMPARE(of("IT.entropy"), 1.25);
    for (const char* name : {"overlap_faces_bodies", "overlap_characters_places", "pinwheel_density", "entropy"})
      QVERIFY2(std::isnan(of(std::string("V1.") + name)), name);
  }

private:
  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestStudyResults)
#include "test_study_results.moc"
