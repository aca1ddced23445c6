// `pinwheel export` of a saved session: the numbers of its lesion figure are the window's, every time.
#include <QFile>
#include <QProcess>
#include <algorithm>
#include <cmath>

#include "tests/session/session_reader.h"
#include "views/window/workspace.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

constexpr const char* kDemo = PINWHEEL_SOURCE_DIR "/resources/demo/demo.safetensors";

// Every third unit of V1: enough to cost something, and a sham finds others.
Lesion thirdOfV1() {
  LesionPart part{0, {}, PerturbationKind::silence, 1, {}};
  for (std::int32_t u = 0; u < 8192; u += 3) part.units.push_back(u);
  return {1, {part}};
}

// A category and a condition of the figure's table: "all,sham,812,1000".
QByteArray rowOf(const std::string& category, const char* condition, const Accuracy& accuracy) {
  return QString("%1,%2,%3,%4,")
      .arg(QString::fromStdString(category), condition)
      .arg(accuracy.correct)
      .arg(accuracy.images)
      .toUtf8();
}

}  // namespace

class TestExportSession : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theLesionFigureIsTheWindows() {
    // As the window measures it: sham 5, and sham 6, which is another.
    Reader reader;
    QVERIFY(reader.engine.post(OpenCheckpoint{kDemo}));
    std::vector<std::shared_ptr<const LesionFrame>> effects;
    for (const std::uint64_t seed : {5U, 6U}) {
      Lesion lesion = thirdOfV1();
      lesion.version = seed;
      reader.forget();
      QVERIFY(reader.engine.post(SetLesion{lesion, seed}));
      QVERIFY_UNTIL(reader, !reader.maps.empty() && reader.maps.back()->stamp.lesion == seed);
      QVERIFY(!reader.lesions.empty());
      effects.push_back(reader.lesions.back());
    }
    QCOMPARE(effects[0]->after.correct, effects[1]->after.correct);
    const auto& first = effects[0]->categories;
    const auto& second = effects[1]->categories;
    QVERIFY(!std::equal(first.begin(), first.end(), second.begin(), second.end(),
                        [](const auto& a, const auto& b) { return a.sham.correct == b.sham.correct; }));

    views::Workspace stored;
    stored.checkpoint = kDemo;
    stored.lesion = thirdOfV1();
    stored.shamSeed = 5;
    QVERIFY_OK(views::saveWorkspace(m_folder.filePath("session.json"), stored));
    const QByteArray once = exported("once", {"--figure", "lesion"}, "accuracy");
    QCOMPARE(exported("again", {"--figure", "lesion"}, "accuracy"), once);
    QVERIFY2(once.contains(rowOf("all", "sham", effects[0]->sham)), once.constData());
    for (const CategoryEffect& effect : first) {
      QVERIFY2(once.contains(rowOf(effect.category, "before", effect.before)), once.constData());
      QVERIFY2(once.contains(rowOf(effect.category, "lesion", effect.after)), once.constData());
      QVERIFY2(once.contains(rowOf(effect.category, "sham", effect.sham)), once.constData());
    }
  }

  // Nobody else asks for it: the exporter has it measured, with the session's lesion.
  void theLossShareIsMeasuredForItsFigure() {
    Reader reader;
    QVERIFY(reader.engine.post(OpenCheckpoint{kDemo}));
    QVERIFY_UNTIL(reader, !reader.networks.empty());
    QVERIFY(reader.engine.post(SetLesion{thirdOfV1(), 5}));
    QVERIFY_UNTIL(reader, reader.mapped(1));
    QVERIFY(reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(reader, reader.maps.back()->lossShareState == LossShareState::there);
    std::vector<float> want;
    for (const SheetMaps& sheet : reader.maps.back()->sheets)
      want.insert(want.end(), sheet.lossShare.begin(), sheet.lossShare.end());
    QVERIFY(std::count_if(want.begin(), want.end(), [](float v) { return std::isfinite(v); }) > 1000);

    views::Workspace stored;
    stored.checkpoint = kDemo;
    stored.lesion = thirdOfV1();
    stored.shamSeed = 5;
    QVERIFY_OK(views::saveWorkspace(m_folder.filePath("session.json"), stored));
    const QByteArray table = exported("share", {"--figure", "cortex", "--quantity", "loss-share"}, "units");
    const QList<QByteArray> lines = table.trimmed().split('\n');
    const int column = static_cast<int>(lines.at(0).split(',').indexOf("value"));
    QVERIFY(column > 0);
    QCOMPARE(static_cast<std::size_t>(lines.size()), want.size() + 1);
    for (std::size_t u = 0; u < want.size(); ++u) {
      const QByteArray value = lines.at(static_cast<int>(u) + 1).split(',').at(column);
      QCOMPARE(value.isEmpty(), std::isnan(want[u]));
      if (!value.isEmpty()) QVERIFY(std::abs(value.toFloat() - want[u]) < 1e-4F);
    }
  }

  // Unit 9 is silenced, unit 10 is not: the answers are those under the session's lesion.
  void theTuningOfTheSelectedUnits() {
    Reader reader;
    QVERIFY(reader.engine.post(OpenCheckpoint{kDemo}));
    QVERIFY_UNTIL(reader, reader.mapped());
    QVERIFY(reader.engine.post(AskTuning{0, {10}}));
    QVERIFY_UNTIL(reader, !reader.tunings.empty());
    const auto intact = reader.tunings.back();
    QVERIFY(reader.engine.post(SetLesion{thirdOfV1(), 5}));
    QVERIFY_UNTIL(reader, reader.mapped(1));
    reader.tunings.clear();
    QVERIFY(reader.engine.post(AskTuning{0, {9, 10}}));
    QVERIFY_UNTIL(reader, !reader.tunings.empty());
    const auto lesioned = reader.tunings.back();
    QVERIFY(std::any_of(lesioned->orientation.begin(), lesioned->orientation.end(),
                        [](const CurvePoint& point) { return point.mean > 0; }));

    views::Workspace stored;
    stored.checkpoint = kDemo;
    stored.lesion = thirdOfV1();
    stored.shamSeed = 5;
    stored.selectedSheet = 0;
    stored.units = {9, 10};
    QVERIFY_OK(views::saveWorkspace(m_folder.filePath("session.json"), stored));
    compareCurve(exported("tuning", {"--figure", "tuning"}, "orientation"), lesioned->orientation);
    compareCurve(tableOf("tuning", "frequency"), lesioned->frequency);
    compareCurve(tableOf("tuning", "colour"), lesioned->colour);
    // Of a checkpoint by name; and a name is stronger than what a session selected.
    const QStringList named{"--figure", "tuning", "--units", "V1:10"};
    const Ended ended = run(kDemo, "named", named);
    QVERIFY2(ended.code == 0, ended.told.constData());
    compareCurve(tableOf("named", "orientation"), intact->orientation);
    QCOMPARE(tableOf("named", "units"), QByteArray("unit\r\n10\r\n"));
    QVERIFY(!exported("both", named, "units").isEmpty());
    QCOMPARE(tableOf("both", "units"), QByteArray("unit\r\n10\r\n"));
  }

  void withoutUnitsItIsToldHowToNameThem() {
    views::Workspace stored;
    stored.checkpoint = kDemo;
    const QString session = m_folder.filePath("nobody.json");
    QVERIFY_OK(views::saveWorkspace(session, stored));
    for (const QString& input : {QString(kDemo), session}) {
      const Ended ended = run(input, "none", {"--figure", "tuning"});
      QCOMPARE(ended.code, 1);
      QVERIFY2(ended.told.contains("--units SHEET:N[,N...]"), ended.told.constData());
    }
    const Ended beyond = run(kDemo, "beyond", {"--figure", "tuning", "--units", "V1:99999"});
    QCOMPARE(beyond.code, 1);
    QVERIFY2(beyond.told.contains("has units 0 to 8191"), beyond.told.constData());
    const Ended help = run(kDemo, "help", {"--help"});
    QVERIFY2(help.output.contains("--units"), help.output.constData());
  }

  // What the options of colours say reaches the figure.
  void plainAndSmoothedMaps() {
    const QStringList map{"--figure", "map", "--quantity", "circular-variance"};
    for (const char* way : {"--plain", "--smoothed"}) {
      const Ended ended = run(kDemo, QString("map%1").arg(way), map + QStringList{way});
      QVERIFY2(ended.code == 0, ended.told.constData());
    }
    QCOMPARE(tableOf("map--plain", "units"), tableOf("map--smoothed", "units"));
    QVERIFY(contentsOf("map--plain.svg") != contentsOf("map--smoothed.svg"));
    QCOMPARE(run(kDemo, "both", map + QStringList{"--plain", "--smoothed"}).code, 2);
  }

private:
  struct Ended {
    int code = -1;
    QByteArray told, output;
  };
  Ended run(const QString& input, const QString& name, const QStringList& options) {
    QProcess process;
    process.start(PINWHEEL_PROGRAM,
                  QStringList{"export", input, "--out", m_folder.filePath(name + ".svg"), "--threads", "1"} + options);
    if (!process.waitForFinished(600000) || process.exitStatus() != QProcess::NormalExit) return {};
    return {process.exitCode(), process.readAllStandardError(), process.readAllStandardOutput()};
  }
  QByteArray contentsOf(const QString& name) {
    QFile file(m_folder.filePath(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }
  QByteArray tableOf(const QString& name, const QString& table) { return contentsOf(name + "-" + table + ".csv"); }
  static void compareCurve(const QByteArray& csv, const std::vector<CurvePoint>& want) {
    const QList<QByteArray> lines = csv.trimmed().split('\n');
    QCOMPARE(static_cast<std::size_t>(lines.size()), want.size() + 1);
    for (std::size_t i = 0; i < want.size(); ++i) {
      const QList<QByteArray> cells = lines.at(static_cast<int>(i) + 1).split(',');
      QVERIFY(std::abs(cells.at(0).toDouble() - want[i].x) < 1e-9);
      QVERIFY2(std::abs(cells.at(1).toDouble() - want[i].mean) < 1e-9, csv.constData());
    }
  }

  // The table `table` that the program writes beside the figure of the session.
  QByteArray exported(const QString& name, const QStringList& figure, const QString& table) {
    const Ended ended = run(m_folder.filePath("session.json"), name, figure);
    if (ended.code != 0) qWarning("%s", ended.told.constData());
    return ended.code == 0 ? tableOf(name, table) : QByteArray();
  }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestExportSession)
#include "test_export_session.moc"
