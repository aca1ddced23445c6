// `pinwheel-cli evaluate --protocol`, as a user runs it.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include "tests/cli/program.h"
#include "tests/support.h"

using namespace pinwheel;
using test::Outcome;
using test::pathOf;
using test::run;

class TestCliProtocol : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    QStringList arguments{"train", "--recipe", "demo", "--out", at("run"), "--threads", "1"};
    for (const char* assignment :
         {"data.train_count=40", "data.validation_count=40", "model.image_side=16", "model.time_steps=2",
          "training.batch_size=20", "training.epochs=1", "training.warmup_epochs=0", "placement.enabled=false",
          "stc.clusters=1", "sheets.cluster_count=100", "sheets.cluster_min_units=5", "evaluation.smoothness_every=0"})
      arguments << "--set" << assignment;
    const Outcome trained = run(arguments);
    QVERIFY2(trained.code == 0, qPrintable(trained.error + trained.out));
    arguments.replace(arguments.indexOf(at("run")), at("twin"));
    const Outcome twin = run(arguments + QStringList{"--loss", "none"});
    QVERIFY2(twin.code == 0, qPrintable(twin.error + twin.out));
  }

  void measuresEverythingAndWritesThePage() {
    const Outcome outcome = run(protocol());
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error + outcome.out));
    for (const char* file :
         {"report.json", "report.html", "report.pdf", "parts/maps.json", "parts/robustness.json", "parts/lesions.json",
          "parts/time_sweep.json", "parts/stimulation.json", "parts/wiring.json"})
      QVERIFY2(QFile::exists(at("out/") + file), file);
    const QJsonObject parts = report()["protocol"].toObject()["parts"].toObject();
    for (const char* part : {"robustness", "lesions", "time_sweep", "stimulation", "wiring"})
      QVERIFY2(parts.contains(part) && !parts[part].toObject().contains("skipped"), part);
    QFile page(at("out/report.html"));
    QVERIFY(page.open(QIODevice::ReadOnly));
    const QByteArray html = page.readAll();
    for (const char* text : {"Robustness", "Lesions", "Published"}) QVERIFY2(html.contains(text), text);
    // The twin's measures stand in the subject's sections, not in sections of their own.
    QVERIFY(QFile::exists(at("out/parts/twin_maps.json")) && QFile::exists(at("out/parts/twin_robustness.json")));
    QVERIFY(html.contains("; twin "));
    QVERIFY(!html.contains("Robustness of the twin"));
  }

  // What is stored is not measured again: its file keeps its time; what is missing is.
  void goesOnWhereItWas() {
    const QFileInfo kept(at("out/parts/robustness.json"));
    const QDateTime before = kept.lastModified();
    QVERIFY(QFile::remove(at("out/parts/wiring.json")));
    QVERIFY(QFile::remove(at("out/report.html")));
    const QJsonObject first = report();
    const Outcome outcome = run(protocol());
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error + outcome.out));
    QCOMPARE(QFileInfo(kept.filePath()).lastModified(), before);
    QVERIFY(QFile::exists(at("out/parts/wiring.json")) && QFile::exists(at("out/report.html")));
    QCOMPARE(report(), first);  // measured again or read back: the same
  }

  void aTwinWithTopographyIsRefused() {
    QStringList arguments = protocol();
    arguments.replace(arguments.indexOf(at("twin")), at("run"));
    const Outcome outcome = run(arguments);
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.error.contains("topography of its own"), qPrintable(outcome.error));
  }

  void aMissingImageSetSkipsItsPartAndSaysSo() {
    const Outcome outcome = run(protocol() + QStringList{"--contrast", "big-small=" + at("none") + "," + at("none2")});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error + outcome.out));
    QVERIFY2(outcome.out.contains("skipped") && outcome.out.contains("none"), qPrintable(outcome.out));
    const QJsonObject parts = report()["protocol"].toObject()["parts"].toObject();
    QVERIFY(parts["contrasts"].toObject().contains("skipped"));
    QVERIFY(!parts["robustness"].toObject().contains("skipped"));
  }

  void usage_data() {
    QTest::addColumn<QStringList>("more");
    QTest::addColumn<QString>("says");
    QTest::newRow("an effort that is none") << QStringList{"--protocol", "some"} << "some";
    QTest::newRow("twin alone") << QStringList{"--twin", at("run")} << "need --protocol";
    QTest::newRow("images alone") << QStringList{"--protocol", "quick", "--images", at("x")} << "come together";
    QTest::newRow("matrices alone") << QStringList{"--protocol", "quick", "--rdm", at("x.npy")} << "come together";
    QTest::newRow("no contrast") << QStringList{"--protocol", "quick", "--contrast", "big-small"} << "big-small";
    QTest::newRow("one name twice") << QStringList{"--protocol", "quick", "--contrast", "a=x,y", "--contrast", "a=z,w"}
                                    << "same name";
  }
  void usage() {
    QFETCH(QStringList, more);
    QFETCH(QString, says);
    const Outcome outcome = run(QStringList{"evaluate", at("run"), "--out", at("never")} + more);
    QCOMPARE(outcome.code, 2);
    QVERIFY2(outcome.error.contains(says), qPrintable(outcome.error));
    QVERIFY(!QFile::exists(at("never")));
  }

private:
  [[nodiscard]] QString at(const QString& name) const { return m_folder.filePath(name); }
  [[nodiscard]] QStringList protocol() const {
    return {"evaluate", at("run"), "--protocol", "quick", "--twin", at("twin"), "--out", at("out"), "--threads", "1"};
  }
  [[nodiscard]] QJsonObject report() const {
    QFile file(at("out/report.json"));
    return file.open(QIODevice::ReadOnly) ? QJsonDocument::fromJson(file.readAll()).object() : QJsonObject{};
  }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliProtocol)
#include "test_cli_protocol.moc"
