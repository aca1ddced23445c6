// `pinwheel-cli rsa`, as a user runs it.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "engine/core/random.h"
#include "engine/data/world.h"
#include "engine/formats/image_file.h"
#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::run;

namespace {

constexpr int kImages = 15;

QString matrixText(int stimuli) {
  Random random(1);
  std::vector<std::vector<double>> rows(static_cast<std::size_t>(stimuli),
                                        std::vector<double>(static_cast<std::size_t>(stimuli), 0.0));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = i + 1; j < rows.size(); ++j) rows[i][j] = rows[j][i] = random.uniform();
  QString text;
  for (const std::vector<double>& row : rows) {
    QStringList cells;
    for (const double value : row) cells << QString::number(value, 'g', 12);
    text += cells.join(',') + '\n';
  }
  return text;
}

}  // namespace

class TestCliRsa : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QStringList arguments{"train", "--recipe", "demo", "--out", at("run"), "--threads", "1"};
    for (const char* assignment : {"data.train_count=32", "data.validation_count=20", "training.batch_size=16",
                                   "training.epochs=1", "training.warmup_epochs=0", "placement.enabled=false",
                                   "stc.clusters=1", "sheets.cluster_count=100", "evaluation.smoothness_every=0"})
      arguments << "--set" << assignment;
    const Outcome trained = run(arguments);
    QVERIFY2(trained.code == 0, qPrintable(trained.error + trained.out));
    QVERIFY(QDir().mkpath(at("images")));
    const auto world = data::makeWorld(32, kImages, 5);
    for (int i = 0; i < kImages; ++i)
      QVERIFY_OK(formats::writePng(pathOf(m_folder, "images/" + std::to_string(i) + ".png"), *world->image(i)));
    test::put(pathOf(m_folder, "brain.csv"), matrixText(kImages).toStdString());
    test::put(pathOf(m_folder, "small.csv"), matrixText(kImages - 1).toStdString());
  }

  void comparesARunWithABrain() {
    const Outcome outcome = run(rsa() + QStringList{"--rdm",          at("brain.csv"),
                                                    "--rdm",          at("brain.csv"),
                                                    "--recordings",   at("brain.csv"),
                                                    "--distance",     "cosine",
                                                    "--compare",      "kendall",
                                                    "--permutations", "19",
                                                    "--bootstraps",   "20",
                                                    "--seed",         "4",
                                                    "--out",          at("out"),
                                                    "--threads",      "1",
                                                    "--device",       "cpu"});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error + outcome.out));
    QVERIFY2(outcome.out.contains("brain.csv") && outcome.out.contains("rsa.json"), qPrintable(outcome.out));
    QFile file(at("out/rsa.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonObject report = QJsonDocument::fromJson(file.readAll()).object();
    QCOMPARE(report["distance"].toString(), QString("cosine"));
    QCOMPARE(report["comparison"].toString(), QString("kendall_tau_a"));
    QCOMPARE(report["seed"].toInt(), 4);
    QCOMPARE(report["references"].toArray().size(), 2);
    QCOMPARE(report["sheets"].toArray().size(), 4);
    QVERIFY(QFile::exists(at("out/rsa.csv")));
  }

  void failures_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    const QString out = at("never");
    QTest::newRow("nothing to compare with") << rsa() + QStringList{"--out", out} << 2 << "neither --rdm nor";
    QTest::newRow("reliability alone") << rsa() + QStringList{"--rdm",         at("brain.csv"), "--reliability",
                                                              at("brain.csv"), "--out",         out}
                                       << 2 << "needs --recordings";
    QTest::newRow("no images") << QStringList{"rsa", at("run"), "--rdm", at("brain.csv"), "--out", out} << 2
                               << "--images";
    QTest::newRow("a distance that is none")
        << rsa() + QStringList{"--rdm", at("brain.csv"), "--distance", "taxi", "--out", out} << 2 << "taxi";
    QTest::newRow("a mistyped option") << rsa() + QStringList{"--rmd", at("brain.csv"), "--out", out} << 2
                                       << "did you mean \"--rdm\"?";
    QTest::newRow("numbers differ") << rsa() + QStringList{"--rdm", at("small.csv"), "--out", out} << 1
                                    << "15 images were found, the matrix has 14 rows";
    QTest::newRow("no such matrix") << rsa() + QStringList{"--rdm", at("none.mat:RDM"), "--out", out} << 1
                                    << "none.mat";
    QTest::newRow("no such checkpoint") << QStringList{"rsa",   "/no/such.safetensors", "--images", at("images"),
                                                       "--rdm", at("brain.csv"),        "--out",    out}
                                        << 1 << "/no/such.safetensors";
  }
  void failures() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, says);
    const Outcome outcome = run(arguments);
    QCOMPARE(outcome.code, code);
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(!QFile::exists(at("never")));
  }

  void helpNamesWhatItTakes() {
    const Outcome outcome = run({"rsa", "--help"});
    QCOMPARE(outcome.code, 0);
    for (const char* option : {"--images", "--rdm", "--recordings", "--reliability", "--distance", "--compare",
                               "--permutations", "--bootstraps", "--seed", "--out"})
      QVERIFY2(outcome.out.contains(option), option);
  }

private:
  QString at(const std::string& name) const { return QString::fromStdString(pathOf(m_folder, name).string()); }
  QStringList rsa() const { return {"rsa", at("run"), "--images", at("images")}; }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliRsa)
#include "test_cli_rsa.moc"
