// The grid, and a study that is killed, stopped and gone on with.
#include "engine/training/study.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <stdexcept>

#include "engine/core/files.h"
#include "engine/training/study_results.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

// Runs of a second: two batches, no placement.
std::string small(const std::string& study) {
  return "# A small study\n[study]\n" + study +
         "\n[data]\ntrain_count = 32\nvalidation_count = 20\n"
         "[model]\ntime_steps = 2\n"
         "[training]\nepochs = 1\nbatch_size = 16\nwarmup_epochs = 0.5\n"
         "[stc]\nclusters = 2\n"
         "[sheets]\ncluster_count = 100\ncluster_max_units = 40\n"
         "[placement]\nenabled = false\n"
         "[evaluation]\nsmoothness_every = 0\n";
}

// Dies, or asks for a stop, where it is told to.
class Watcher final : public StudyObserver {
public:
  void onRun(const StudyRun& run, std::size_t, std::size_t) override { current = run.name; }
  void onStep(const StepReport& step) override {
    ++steps;
    if (current.empty()) return;  // the placement's auxiliary network
    if (current == dieIn && step.step == 1) throw std::runtime_error("killed while training");
    if (current == stopIn && step.step == 1) stop.request();
  }
  void onEvaluation(const Progress&) override {
    ++evaluations;
    if (current == dieMeasuring) throw std::runtime_error("killed while measuring");
    if (current == stopMeasuring) stop.request();
  }
  void onRow(const StudyRow& row) override { rows.push_back(row); }
  void onPhase(const std::string& text) override { phases.push_back(text); }
  void onWarning(const std::string& text) override {
    if (text.find(" failed, the others go on: ") != std::string::npos) failures.push_back(text);
  }

  std::string dieIn, stopIn, dieMeasuring, stopMeasuring;
  std::string current;
  std::vector<std::string> phases;
  std::vector<std::string> failures;
  std::vector<StudyRow> rows;
  int steps = 0;
  int evaluations = 0;
  StopFlag stop;
};

// study.csv without the column of speeds, which differ from run to run.
std::vector<std::string> resultsOf(const std::filesystem::path& out) {
  std::vector<std::string> lines;
  QStringList head;
  for (const std::string& text : linesOf(out / "study.csv")) {
    QStringList cells = QString::fromStdString(text).trimmed().split(',');
    if (head.isEmpty()) head = cells;
    cells.removeAt(head.indexOf("images_per_second"));
    lines.push_back(cells.join(',').toStdString());
  }
  return lines;
}

}  // namespace

class TestStudy : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QVERIFY(m_folder.isValid());
    qputenv("PINWHEEL_RESOURCES", PINWHEEL_SOURCE_DIR "/resources");
  }

  void theGridIsExpanded() {
    const auto study = read(
        "losses = \"none, stc 0.25 0.75, stc, rate 2, tdann, topoloss 5\"\nneurons = \"lif, relu\"\nseeds = \"3, "
        "4\"\n");
    QVERIFY_OK(study);
    QCOMPARE(study->runs.size(), std::size_t{24});
    // Seed by seed; what is not given is the recipe's.
    std::vector<std::string> first;
    for (std::size_t i = 0; i < 12; ++i) first.push_back(study->runs[i].name);
    QCOMPARE(first, (std::vector<std::string>{"lif-none-seed3", "lif-stc-0.25-0.75-seed3", "lif-stc-0.25-0.25-seed3",
                                              "lif-rate-2-seed3", "lif-tdann-0.25-seed3", "lif-topoloss-5-seed3",
                                              "relu-none-seed3", "relu-stc-0.25-0.75-seed3", "relu-stc-0.25-0.25-seed3",
                                              "relu-rate-2-seed3", "relu-tdann-0.25-seed3", "relu-topoloss-5-seed3"}));
    const StudyRun& run = study->runs[13];
    QCOMPARE(run.name, std::string("lif-stc-0.25-0.75-seed4"));
    QCOMPARE(run.condition, std::string("lif-stc-0.25-0.75"));
    QCOMPARE(run.twin, std::string("lif-none"));
    QCOMPARE(run.config.stc.loss, std::string("stc"));
    QCOMPARE(run.config.stc.alpha, 0.25);
    QCOMPARE(run.config.stc.beta, 0.75);
    QCOMPARE(run.config.training.seed, std::int64_t{4});
    QCOMPARE(run.config.model.neuron, std::string("lif"));
    QCOMPARE(study->runs[17].config.stc.topolossWeight, 5.0);
    QCOMPARE(study->runs[18].twin, std::string("relu-none"));
    // The file's own options stand over the recipe's (demo: 6,000 images, image side 32).
    QCOMPARE(run.config.data.trainCount, std::int64_t{32});
    QCOMPARE(run.config.training.optimizer, std::string("adamw"));
    QCOMPARE(run.config.training.learningRate, 3e-3);
  }

  void mistakesAreNamed_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    const auto study = [](const char* lines) { return QString::fromStdString(small(lines)); };
    QTest::newRow("unknown option of the study") << study("lossse = \"none\"") << "did you mean \"study.losses\"";
    QTest::newRow("unknown option of the recipe") << study("") + "smothness_every = 1\n"
                                                  << "did you mean \"evaluation.smoothness_every\"";
    QTest::newRow("unknown recipe") << study("recipe = \"dmeo\"") << "did you mean \"demo\"";
    QTest::newRow("unknown loss") << study("losses = \"none, tadnn\"") << "did you mean \"tdann\"";
    QTest::newRow("unknown neuron") << study("neurons = \"lief\"") << "did you mean \"lif\"";
    QTest::newRow("a weight too few") << study("losses = \"stc 1\"") << "stc takes stc.alpha and stc.beta";
    QTest::newRow("a weight too many") << study("losses = \"none 1\"") << "none takes none";
    QTest::newRow("a weight that is none") << study("losses = \"rate much\"") << "stc.alpha cannot be \"much\"";
    QTest::newRow("a weight out of range") << study("losses = \"tdann -1\"") << "stc.tdann_weight cannot be -1";
    QTest::newRow("a seed that is none") << study("seeds = \"1, x\"") << "training.seed cannot be \"x\"";
    QTest::newRow("no seeds") << study("seeds = \" , \"") << "study.seeds names nothing";
    QTest::newRow("a seed twice") << study("seeds = \"1, 1\"") << "stands in the study twice";
    QTest::newRow("a loss twice, once by the recipe")
        << study("losses = \"stc, stc 0.25 0.25\"") << "Run lif-stc-0.25-0.25-seed1 stands in the study twice";
    QTest::newRow("nothing to weigh in one run")
        << study("losses = \"stc 0 1\"\nneurons = \"relu\"") << "Run relu-stc-0-1-seed1: ";
    QTest::newRow("the grid's seed") << QString::fromStdString(small("")).replace("epochs = 1", "epochs = 1\nseed = 3")
                                     << "cannot set training.seed";
    QTest::newRow("the grid's loss") << QString::fromStdString(small("")).replace("clusters = 2", "loss = \"none\"")
                                     << "cannot set stc.loss";
    QTest::newRow("the grid's neuron") << QString::fromStdString(small("")).replace("time_steps = 2",
                                                                                    "neuron = \"relu\"")
                                       << "cannot set model.neuron";
    QTest::newRow("no TOML") << "study = ["
                             << "not valid TOML";
  }
  void mistakesAreNamed() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto file = at("mistake.toml");
    put(file, text.toStdString());
    QVERIFY_REFUSED(readStudy(file), says.toStdString());
    QVERIFY_REFUSED(readStudy(at("none.toml")), "none.toml");
  }

  void theExampleCanBeRead() {
    for (const auto& entry : std::filesystem::directory_iterator(PINWHEEL_SOURCE_DIR "/resources/studies")) {
      const auto study = readStudy(entry.path());
      QVERIFY_OK(study);
      QVERIFY(study->runs.size() > 1);
      // A difference needs its twin.
      for (const StudyRun& run : study->runs)
        QVERIFY2(std::any_of(study->runs.begin(), study->runs.end(),
                             [&](const StudyRun& other) { return other.condition == run.twin; }),
                 run.name.c_str());
    }
  }

  void aStudyFromItsFileToItsTables() {
    Watcher watcher;
    const auto out = at("whole");
    QVERIFY_OK(run(grid(), out, watcher));
    QCOMPARE(watcher.rows.size(), std::size_t{2});
    QCOMPARE(watcher.steps, 4);
    for (const char* name : {"lif-none-seed1", "lif-stc-0.5-0.5-seed1"}) {
      QVERIFY2(std::filesystem::exists(out / "runs" / name / "checkpoint.safetensors"), name);
      QVERIFY2(std::filesystem::exists(out / "runs" / name / "maps/report.json"), name);
      QVERIFY2(!std::filesystem::exists(out / "runs" / name / "maps/overview.png"), name);
    }
    const auto rows = linesOf(out / "study.csv");
    QCOMPARE(rows.size(), std::size_t{3});
    QVERIFY2(rows[0].rfind("run,condition,neuron,loss,alpha,beta,weight,seed,accuracy,validation_loss,", 0) == 0,
             rows[0].c_str());
    QVERIFY2(rows[1].rfind("lif-none-seed1,lif-none,lif,none,,,,1,", 0) == 0, rows[1].c_str());
    QVERIFY2(rows[2].rfind("lif-stc-0.5-0.5-seed1,lif-stc-0.5-0.5,lif,stc,0.5,0.5,,1,", 0) == 0, rows[2].c_str());
    // The numbers are the report's.
    const auto report = readFile(out / "runs/lif-none-seed1/maps/report.json", 1 << 24);
    QVERIFY_OK(report);
    const QJsonObject json = QJsonDocument::fromJson(QByteArray::fromStdString(*report)).object();
    const Measures& measures = watcher.rows[0].measures;
    QCOMPARE(measures[0].first, std::string("accuracy"));
    QCOMPARE(measures[0].second, json["accuracy"].toDouble(-1));
    const auto found =
        std::find_if(measures.begin(), measures.end(), [](const auto& m) { return m.first == "V1.firing_rate"; });
    QVERIFY(found != measures.end());
    QCOMPARE(found->second, json["sheets"].toArray()[0].toObject()["firing_rate"].toDouble(-1));
    // All over again: nothing is left to do.
    Watcher again;
    QVERIFY_OK(run(grid(), out, again));
    QCOMPARE(again.rows.size(), std::size_t{2});
    QCOMPARE(again.steps + again.evaluations, 0);
  }

  // Wherever it dies or is stopped, the next start goes on and finds the same.
  void goesOnAfterwards_data() {
    QTest::addColumn<QString>("how");
    for (const char* how : {"killed while training", "stopped while training", "killed while measuring",
                            "stopped while measuring", "killed between training and measuring"})
      QTest::newRow(how) << QString(how);
  }
  void goesOnAfterwards() {
    QFETCH(QString, how);
    const bool stopped = how.startsWith("stopped");
    const auto out = at(how.toStdString());
    const std::string second = "lif-stc-0.5-0.5-seed1";
    Watcher watcher;
    if (how == "killed while training") watcher.dieIn = "lif-none-seed1";
    if (how == "stopped while training") watcher.stopIn = second;
    if (how == "killed while measuring") watcher.dieMeasuring = second;
    if (how == "stopped while measuring") watcher.stopMeasuring = "lif-none-seed1";
    if (how.contains("between")) watcher.dieMeasuring = second;
    const auto outcome = run(grid(), out, watcher);
    std::string name = watcher.current;  // where it was stopped
    if (stopped) {
      QVERIFY_OK(outcome);
      QVERIFY(*outcome == Outcome::stopped);
    } else {
      name = watcher.dieIn + watcher.dieMeasuring;
      QVERIFY_REFUSED(outcome, "1 of 2 runs failed");
      QVERIFY_REFUSED(outcome, name + ": ");
      QVERIFY_REFUSED(outcome, "killed while");
    }
    const bool training = how.endsWith("training");
    const auto study = read(grid());
    const StudyRun& hit = study->runs[name == second ? 1 : 0];
    QVERIFY(stateOf(out, hit) == (training ? RunState::begun : RunState::trained));
    if (how.contains("between")) std::filesystem::remove_all(out / "runs" / second / "maps");
    if (name == second) QCOMPARE(linesOf(out / "study.csv").size(), std::size_t{2});  // what is done is told
    Watcher next;
    QVERIFY_OK(run(grid(), out, next));
    if (!training) QVERIFY(next.steps < 4);  // what was trained is not trained again
    for (const StudyRun& each : study->runs) QVERIFY(stateOf(out, each) == RunState::done);
    whole();
    QCOMPARE(resultsOf(out), resultsOf(at("whole")));
    compareRuns(at("whole") / "runs" / second, out / "runs" / second);
  }

  void aRunThatFailsDoesNotKeepTheOthers() {
    const auto out = at("diverging");
    const std::string first = "lif-none-seed1";
    Watcher watcher;
    watcher.dieIn = first;
    for (int start = 0; start < 2; ++start) {  // the same command fails there again
      const auto outcome = run(grid(), out, watcher);
      QVERIFY_REFUSED(outcome, "1 of 2 runs failed");
      QVERIFY_REFUSED(outcome, first + ": ");
      QVERIFY_REFUSED(outcome, "killed while training");
      const auto study = read(grid());
      QVERIFY(stateOf(out, study->runs[0]) == RunState::begun);
      QVERIFY(stateOf(out, study->runs[1]) == RunState::done);
      const auto text = readFile(out / "study.md", 1 << 20);
      QVERIFY_OK(text);
      QVERIFY2(text->find("1 of 2 runs are done") != std::string::npos, text->c_str());
      QVERIFY2(text->find("\n- " + first + ": ") != std::string::npos, text->c_str());
      QVERIFY2(text->find("killed while training") != std::string::npos, text->c_str());
      const auto rows = linesOf(out / "study.csv");
      QCOMPARE(rows.size(), std::size_t{2});
      QVERIFY2(rows[1].rfind("lif-stc-0.5-0.5-seed1,", 0) == 0, rows[1].c_str());
    }
    QCOMPARE(watcher.failures.size(), std::size_t{2});
    QVERIFY2(watcher.failures[0].rfind("Run " + first + " failed", 0) == 0, watcher.failures[0].c_str());
    Watcher mended;
    QVERIFY_OK(run(grid(), out, mended));
    whole();
    QCOMPARE(resultsOf(out), resultsOf(at("whole")));
    const auto text = readFile(out / "study.md", 1 << 20);
    QVERIFY_OK(text);
    QVERIFY2(text->find("Failed") == std::string::npos, text->c_str());
  }

  void aGridMayGrowAndOtherOptionsMayNot() {
    whole();
    const auto out = at("grown");
    std::filesystem::copy(at("whole"), out, std::filesystem::copy_options::recursive);
    Watcher grown;
    QVERIFY_OK(run("losses = \"none, stc 0.5 0.5, rate 1\"\nseeds = \"1\"\n", out, grown));
    QCOMPARE(grown.rows.size(), std::size_t{3});
    QCOMPARE(grown.steps, 2);
    QCOMPARE(linesOf(out / "study.csv").size(), std::size_t{4});
    Watcher other;
    put(at("changed.toml"), QString::fromStdString(small(grid())).replace("epochs = 1", "epochs = 2").toStdString());
    const auto study = readStudy(at("changed.toml"));
    QVERIFY_OK(study);
    const auto outcome = runStudy(*study, {out, "cpu", 1, ""}, other, other.stop);
    QVERIFY_REFUSED(outcome, "training.epochs (1 there, 2 asked)");
    QVERIFY_REFUSED(outcome, "begun with other options");
    QCOMPARE(linesOf(out / "study.csv").size(), std::size_t{4});
    QVERIFY_REFUSED(run(grid() + "floc = \"/no/such\"\n", out, other), "study.floc");
  }

  void positionsArePlacedOnceForAll() {
    const std::string text = QString::fromStdString(small(grid()))
                                 .replace("enabled = false", "windows = 20\nattempts = 20\nauxiliary_epochs = 1")
                                 .toStdString();
    put(at("placed.toml"), text);
    const auto study = readStudy(at("placed.toml"));
    QVERIFY_OK(study);
    Watcher watcher;
    watcher.stopIn = "lif-stc-0.5-0.5-seed1";
    QVERIFY_OK(runStudy(*study, {at("placed"), "cpu", 1, "a command"}, watcher, watcher.stop));
    const auto shared = loadCheckpoint(at("placed/runs/lif-none-seed1/checkpoint.safetensors"));
    const auto positions = loadPositions(at("placed/positions/positions.safetensors"));
    QVERIFY_OK(shared);
    QVERIFY_OK(positions);
    QCOMPARE(shared->sheets[0].xMm, (*positions)[0].xMm);
    QCOMPARE(shared->provenance.commandLine, std::string("a command"));
    // The folder is moved with a run half done in it: the run has its positions, the next ones find them.
    std::filesystem::rename(at("placed"), at("moved"));
    Watcher next;
    QVERIFY_OK(runStudy(*study, {at("moved"), "cpu", 1, "a command"}, next, next.stop));
    QCOMPARE(next.rows.size(), std::size_t{2});
    QCOMPARE(loadCheckpoint(at("moved/runs/lif-stc-0.5-0.5-seed1/checkpoint.safetensors"))->sheets[0].xMm,
             (*positions)[0].xMm);
    QVERIFY(std::none_of(next.phases.begin(), next.phases.end(),
                         [](const std::string& phase) { return phase.find("placing") != std::string::npos; }));
  }

  void oneProcessWorksInIt() {
    whole();
    FileLock lock;
    const auto mine = lock.acquire(at("whole/study.lock"));
    QVERIFY_OK(mine);
    QVERIFY(*mine);
    Watcher watcher;
    QVERIFY_REFUSED(run(grid(), at("whole"), watcher), "Another study is at work");
  }

  void whatStopsARunIsTold() {
    put(at("nodata.toml"), QString::fromStdString(small(grid()))
                               .replace("train_count = 32", "source = \"cifar10:/no/such\"")
                               .toStdString());
    const auto study = readStudy(at("nodata.toml"));
    QVERIFY_OK(study);
    Watcher watcher;
    const auto outcome = runStudy(*study, {at("nodata"), "cpu", 1, ""}, watcher, watcher.stop);
    QVERIFY_REFUSED(outcome, "2 of 2 runs failed");
    QVERIFY_REFUSED(outcome, "lif-none-seed1: ");
    QVERIFY_REFUSED(outcome, "/no/such");
  }

  void aDamagedReportIsNamed() {
    whole();
    const auto out = at("damaged");
    std::filesystem::copy(at("whole"), out, std::filesystem::copy_options::recursive);
    const auto report = out / "runs/lif-none-seed1/maps/report.json";
    put(report, "{\"sheets\": 3");
    Watcher watcher;
    QVERIFY_REFUSED(run(grid(), out, watcher), report.string());
    std::filesystem::remove(report);
    QVERIFY_OK(run(grid(), out, watcher));
    QCOMPARE(resultsOf(out), resultsOf(at("whole")));
  }

private:
  static std::string grid() { return "losses = \"none, stc 0.5 0.5\"\nseeds = \"1\"\n"; }

  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  Expected<Study> read(const std::string& lines) const {
    put(at("study.toml"), small(lines));
    return readStudy(at("study.toml"));
  }

  Expected<Outcome> run(const std::string& lines, const std::filesystem::path& out, Watcher& watcher) const {
    return read(lines).and_then([&](const Study& study) {
      return runStudy(study, {out, "cpu", 1, ""}, watcher, watcher.stop);
    });
  }

  // The study that the others are compared with, once.
  void whole() const {
    Watcher watcher;
    QVERIFY_OK(run(grid(), at("whole"), watcher));
  }

  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestStudy)
#include "test_study.moc"
