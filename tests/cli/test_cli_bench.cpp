#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::run;

class TestCliBench : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void oneGroupAsJson() {
    const QTemporaryDir folder;
    const QString file = QString::fromStdString(pathOf(folder, "bench.json").string());
    const Outcome outcome = run({"bench", "--seconds", "0.05", "--threads", "2", "lif", "--json", "--out", file});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
    QJsonParseError fault;
    const QJsonDocument document = QJsonDocument::fromJson(outcome.out.toUtf8(), &fault);
    QVERIFY2(fault.error == QJsonParseError::NoError, qPrintable(fault.errorString()));
    QFile written(file);
    QVERIFY(written.open(QIODevice::ReadOnly));
    QCOMPARE(QJsonDocument::fromJson(written.readAll()), document);

    const QJsonObject all = document.object();
    QCOMPARE(all["schema"].toInt(), 1);
    QCOMPARE(all["stopped"], QJsonValue(false));
    QCOMPARE(all["seconds_per_case"].toDouble(), 0.05);
    QCOMPARE(all["machine"]["threads"].toInt(), 2);
    QVERIFY(!all["machine"]["processor"].toString().isEmpty() && all["machine"]["memory_bytes"].toDouble() > 1e8);
    QVERIFY(all["machine"]["load_before"].isDouble() && all["created"].toString().endsWith('Z'));
    for (const char* name : {"pinwheel", "torch", "compiler"})
      QVERIFY2(!all["versions"][name].toString().isEmpty(), name);
    for (const char* name : {"optimised", "reference_blas"}) QVERIFY2(all["versions"][name].isBool(), name);
    for (const char* name : {"copy_bytes_per_second", "flops_per_second"})
      QVERIFY2(all["roofline"][name].toDouble() > 0, name);
    QVERIFY(!all["roofline"]["instruction_set"].toString().isEmpty());
    QVERIFY(all.contains("weights") && all["weights"].isNull());

    const QJsonArray cases = all["cases"].toArray();
    QCOMPARE(cases.size(), 2);
    for (const QJsonValue& one : cases) {
      QCOMPARE(one["group"].toString(), QString("lif"));
      QVERIFY(one["error"].isNull() && one["growth"].isNull() && !one["summary"].toString().isEmpty());
      const QJsonArray timings = one["timings"].toArray();
      QCOMPARE(timings.size(), 4);
      for (int i = 0; i < timings.size(); ++i) {
        const QJsonObject timing = timings[i].toObject();
        QVERIFY(!timing["name"].toString().isEmpty() && !timing["what"].toString().isEmpty());
        QVERIFY(timing.contains("peak_bytes"));
        QVERIFY(timing["seconds"]["runs"].toInt() >= 3);
        for (const char* name : {"median", "minimum", "lower_quartile", "upper_quartile"})
          QVERIFY2(timing["seconds"][name].toDouble() > 0, name);
        QVERIFY(timing["seconds"]["interquartile_range"].toDouble() >= 0);
        QCOMPARE(timing["ratio"].isNull(), i == 0);
        if (i > 0) QVERIFY(timing["ratio"]["median"].toDouble() > 0);
      }
      QCOMPARE(one["figures"][0]["value"].toDouble(), 4.0 * 32 * 64 * 32 * 32);
    }
    QCOMPARE(cases[1]["name"].toString(), QString("lif.t16"));
  }

  // Timed and drawn, and drawn again from what was saved: the same picture.
  void growthIsDrawn() {
    const QTemporaryDir folder;
    const auto at = [&](const char* name) { return QString::fromStdString(pathOf(folder, name).string()); };
    const auto bytes = [](const QString& path) {
      QFile file(path);
      return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    };
    const QString saved = at("bench.json");
    const Outcome timed = run({"bench", "--seconds", "0.01", "--threads", "1", "growth.stc-t", "--json", "--out", saved,
                               "--plots", at("new/plots")});
    QVERIFY2(timed.code == 0, qPrintable(timed.error));
    QVERIFY(!QJsonDocument::fromJson(timed.out.toUtf8()).isNull());  // files are named elsewhere
    QVERIFY2(timed.error.contains("growth-time.png"), qPrintable(timed.error));
    QVERIFY(bytes(at("new/plots/growth-time.png")).startsWith("\x89PNG"));
    QVERIFY(bytes(at("new/plots/growth-time.svg")).contains("stc-t: time steps"));

    const Outcome drawn = run({"bench", "--from", saved, "--plots", at("again")});
    QVERIFY2(drawn.code == 0, qPrintable(drawn.error));
    QVERIFY2(drawn.out.contains(at("again/growth-time.png")), qPrintable(drawn.out));
    for (const char* name : {"growth-time.png", "growth-time.svg"})
      QCOMPARE(bytes(at("again/") + name), bytes(at("new/plots/") + name));
  }

  void whatCannotBeReadFails_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    const QString demo = PINWHEEL_SOURCE_DIR "/resources/demo/demo.safetensors";
    QTest::newRow("no document") << QStringList{"--from", "/no/such.json", "--plots", "/no/plots"} << "/no/such.json";
    QTest::newRow("another document") << QStringList{"--from", PINWHEEL_SOURCE_DIR "/README.md", "--plots", "/no/plots"}
                                      << "no result of `pinwheel-cli bench`";
    QTest::newRow("no checkpoint") << QStringList{"training.tiny", "--checkpoint", "/no/such"} << "/no/such";
    QTest::newRow("no run") << QStringList{"training.tiny", "--checkpoint", PINWHEEL_SOURCE_DIR "/resources"}
                            << "checkpoint.safetensors";
    QTest::newRow("no case for the checkpoint") << QStringList{"lif", "--checkpoint", demo} << "fit no case chosen";
  }
  void whatCannotBeReadFails() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Outcome outcome = run(QStringList{"bench"} + arguments);
    QVERIFY2(outcome.code == 1, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(outcome.out.isEmpty());
  }

  void casesAreListed() {
    const Outcome all = run({"bench", "--list"});
    QCOMPARE(all.code, 0);
    for (const char* name : {"lif.t4", "training.resnet18", "inference.tiny", "stc.resnet18", "placement.v1",
                             "loading.jpeg", "growth.stc-units", "growth.stc-sheet", "growth.placement-units",
                             "growth.maps-stimuli", "layers.64-128-16-s2", "density.weights"})
      QVERIFY2(all.out.contains(name), name);
    const Outcome some = run({"bench", "--list", "loading"});
    QCOMPARE(some.out.trimmed().split('\n').size(), 2);
  }

  void wrongUsageIsTwo_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("a mistyped case") << QStringList{"lif.t5"} << "did you mean \"lif.t4\"?";
    QTest::newRow("a mistyped group, listed") << QStringList{"--list", "growht"} << "did you mean \"growth\"?";
    QTest::newRow("no such case") << QStringList{"frobnicate"} << "bench --list";
    QTest::newRow("no time") << QStringList{"lif", "--seconds", "0"} << "--seconds";
    QTest::newRow("a folder that is not there") << QStringList{"lif", "--out", "/no/such/bench.json"} << "/no/such";
    QTest::newRow("a folder for a file") << QStringList{"lif", "--out", "/tmp"} << "names a folder";
    QTest::newRow("a file for a folder") << QStringList{"growth", "--plots", PINWHEEL_SOURCE_DIR "/README.md"}
                                         << "names a file";
    QTest::newRow("a folder that cannot be")
        << QStringList{"growth", "--plots", PINWHEEL_SOURCE_DIR "/README.md/a"} << "README.md/a";
    QTest::newRow("nothing to draw") << QStringList{"lif", "--plots", "/no/such"} << "nothing to draw";
    QTest::newRow("a document alone") << QStringList{"--from", "bench.json"} << "--plots";
    QTest::newRow("a document and cases")
        << QStringList{"lif", "--from", "bench.json", "--plots", "/no/such"} << "excludes";
    QTest::newRow("a document and a checkpoint")
        << QStringList{"--checkpoint", "a", "--from", "bench.json", "--plots", "/no/such"} << "excludes";
  }
  void wrongUsageIsTwo() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Outcome outcome = run(QStringList{"bench"} + arguments);
    QVERIFY2(outcome.code == 2, qPrintable(QString::number(outcome.code) + outcome.error));
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(outcome.out.isEmpty());
  }
};

QTEST_GUILESS_MAIN(TestCliBench)
#include "test_cli_bench.moc"
