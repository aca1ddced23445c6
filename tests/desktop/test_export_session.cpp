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

private:
  // The table `table` that the program writes beside the figure.
  QByteArray exported(const QString& name, const QStringList& figure, const QString& table) {
    QProcess process;
    process.start(PINWHEEL_PROGRAM, QStringList{"export", m_folder.filePath("session.json"), "--out",
                                                m_folder.filePath(name + ".svg"), "--threads", "1"} +
                                        figure);
    const bool ended = process.waitForFinished(600000) && process.exitCode() == 0;
    if (!ended) qWarning("%s", process.readAllStandardError().constData());
    QFile file(m_folder.filePath(name + "-" + table + ".csv"));
    return ended && file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestExportSession)
#include "test_export_session.moc"
