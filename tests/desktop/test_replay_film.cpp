// `pinwheel replay`: pictures and videos of a recording, and which steps they show.
#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QStandardPaths>
#include <set>

#include "tests/guests/recorded_training.h"
#include "tests/views/fake_engine.h"
#include "views/export/film.h"
#include "views/export/film_file.h"

using namespace pinwheel;
using test::TrainingRecorder;

namespace {

// The maps of a synthetic network, turned by a degree a step, and colours that grow stronger: three maps, at 10,
// 20, 30.
void record(const std::filesystem::path& path) {
  TrainingRecorder recorder(path);
  const auto network = test::makeNetwork();
  recorder.add(*network);
  const auto maps = test::makeMaps(*network);
  for (const int step : {10, 20, 30}) {
    session::MapsFrame frame = *test::turned(*maps, static_cast<float>(step));
    frame.stamp.step = step;
    for (session::SheetMaps& sheet : frame.sheets)
      for (float& preference : sheet.tuning.colourPreference) preference *= static_cast<float>(step) / 30;
    recorder.add(frame);
    auto training = test::makeTraining(session::TrainingPhase::running, 4);
    training->stamp.step = step;
    training->report.epoch = step / 10 - 1;
    training->epochs = {{10, 0.25, {}}};
    recorder.add(*training);
  }
  recorder.close();
}

guests::Timeline line() {
  guests::Timeline line;
  line.firstStep = 0;
  line.lastStep = 100;
  line.maps = {10, 30, 90};
  return line;
}

using Steps = std::vector<std::int64_t>;
Steps chosen(const views::FilmSteps& wanted) {
  const auto steps = views::chooseSteps(line(), wanted);
  return steps ? *steps : Steps{-1};
}

}  // namespace

class TestReplayFilm : public QObject {
  Q_OBJECT

  QTemporaryDir m_folder;

  struct Ran {
    int code = -1;
    QByteArray out, error;
  };
  Ran run(const QStringList& arguments,
          const QProcessEnvironment& environment = QProcessEnvironment::systemEnvironment()) {
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(PINWHEEL_PROGRAM, QStringList{"replay"} + arguments);
    if (!process.waitForFinished(240'000)) qFatal("pinwheel replay did not end");
    return {process.exitCode(), process.readAllStandardOutput(), process.readAllStandardError()};
  }
  QString recording() const { return m_folder.filePath("recording.pwrec"); }
  static QStringList files(const QString& folder) { return QDir(folder).entryList({"frame-*.png"}, QDir::Files); }

private Q_SLOTS:
  void initTestCase() { record(recording().toStdString()); }

  void stepsThatAreChosen() {
    QCOMPARE(chosen({}), (Steps{10, 30, 90}));
    QCOMPARE(chosen({20, 90}), (Steps{30, 90}));
    QCOMPARE(chosen({.every = 40}), (Steps{10, 50, 90}));
    QCOMPARE(chosen({0, 100, 50, 0}), (Steps{0, 50, 100}));
    QCOMPARE(chosen({0, 30, 1000, 0}), (Steps{0}));
    QCOMPARE(chosen({0, 100, 0, 5}), (Steps{0, 25, 50, 75, 100}));
    QCOMPARE(chosen({.count = 1}), (Steps{100}));
    QCOMPARE(chosen({4, 6, 0, 50}), (Steps{4, 5, 6}));
    QCOMPARE(chosen({-50, 500, 0, 2}), (Steps{0, 100}));
    QVERIFY_REFUSED(views::chooseSteps(line(), {95, 100, 0, 0}), "no maps");
    QVERIFY_REFUSED(views::chooseSteps(line(), {90, 20, 0, 0}), "no steps");
    guests::Timeline longOne = line();
    longOne.lastStep = std::int64_t{1} << 60;
    QVERIFY_REFUSED(views::chooseSteps(longOne, {.every = 1}), "more than 100,000");
  }

  void picturesOfEveryMap() {
    const QString folder = m_folder.filePath("maps/inside");
    const Ran ran = run({recording(), "--frames", folder, "--figure", "map", "--width", "640"});
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(files(folder), (QStringList{"frame-00001.png", "frame-00002.png", "frame-00003.png"}));
    QList<QImage> pictures;
    for (const QString& file : files(folder)) pictures << QImage(QDir(folder).filePath(file));
    for (const QImage& picture : pictures) {
      QCOMPARE(picture.width(), 640);
      QCOMPARE(picture.size(), pictures[0].size());
      QCOMPARE(picture.height() % 2, 0);
    }
    QVERIFY(pictures[0] != pictures[1] && pictures[1] != pictures[2]);
    QFile steps(QDir(folder).filePath("steps.csv"));
    QVERIFY(steps.open(QIODevice::ReadOnly));
    const QList<QByteArray> rows = steps.readAll().trimmed().split('\n');
    QCOMPARE(rows.size(), 4);
    QCOMPARE(rows[2].trimmed(), QByteArray("frame-00002.png,20,2,0.7,0.25"));

    const Ran again = run({recording(), "--frames", folder});
    QCOMPARE(again.code, 1);
    QVERIFY2(again.error.contains("another film"), again.error.constData());
    QCOMPARE(files(folder).size(), 3);
  }

  // Before there are maps the picture says so, in the size of the others.
  void aStepWithoutMapsIsAPage() {
    auto opened = guests::RecordedRun::open(recording().toStdString());
    QVERIFY_OK(opened);
    views::FilmSpec spec;
    spec.figure.name = "cortex";
    spec.steps = {0, 20};
    spec.widthPx = 400;
    std::vector<QImage> pictures;
    std::vector<views::FilmFrame> frames;
    const auto keep = [&](const QImage& picture, const views::FilmFrame& frame) -> Status {
      pictures.push_back(picture);
      frames.push_back(frame);
      return {};
    };
    QVERIFY_OK(views::makeFilm(*opened, spec, keep));
    QCOMPARE(pictures.size(), std::size_t{2});
    QCOMPARE(pictures[0].size(), pictures[1].size());
    QVERIFY(pictures[0] != pictures[1]);
    QCOMPARE(frames[0].epoch, 0);
    QVERIFY(std::isnan(frames[0].validation));
    QCOMPARE(frames[1].epoch, 2);
    QCOMPARE(frames[1].validation, 0.25);

    spec.figure.quantity = "faces";
    spec.figure.sheet = "nowhere";
    spec.figure.name = "map";
    QVERIFY_REFUSED(views::makeFilm(*opened, spec, keep), "nowhere");
    spec.figure.sheet.clear();
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_REFUSED(views::makeFilm(*opened, spec, keep, {}, stop.get_token()), "given up");
    QVERIFY_REFUSED(
        views::makeFilm(*opened, spec, [](const auto&, const auto&) -> Status { return failure("The disk is full"); }),
        "disk is full");
  }

  // The widest scale of all steps holds at each.
  void colourScalesAreTheRecordings() {
    auto opened = guests::RecordedRun::open(recording().toStdString());
    QVERIFY_OK(opened);
    views::FieldScales scales;
    for (const std::int64_t step : {30, 10}) {
      const guests::RecordedState& state = opened->at(step);
      scales.widen(state.network, state.maps);
    }
    const guests::RecordedState& state = opened->at(10);
    views::FieldSource source{state.network, state.maps, nullptr, nullptr};
    const views::FieldChoice colour{views::Quantity::colour};
    const views::Field own = views::fieldOf(source, 0, colour);
    source.scales = std::make_shared<const views::FieldScales>(scales);
    const views::Field shared = views::fieldOf(source, 0, colour);
    QCOMPARE(shared.values, own.values);
    QVERIFY(own.high < 0.25);
    QVERIFY(shared.high > 0.55 && shared.low == -shared.high);
    QVERIFY(scales.find(0, {views::Quantity::orientation})->selectivity > 0);
    QVERIFY(scales.find(7, colour) == nullptr);
    // Orientation stays a circle.
    QCOMPARE(views::fieldOf(source, 0, {views::Quantity::orientation}).high, 180.0);
  }

  void wrongUsage() {
    QCOMPARE(run({recording()}).code, 2);
    QCOMPARE(run({recording(), "--frames", "a", "--video", "b.mp4"}).code, 2);
    QCOMPARE(run({recording(), "--frames", m_folder.filePath("x"), "--figure", "portrait"}).code, 2);
    const Ran missing = run({m_folder.filePath("missing.pwrec"), "--frames", m_folder.filePath("x")});
    QCOMPARE(missing.code, 1);
    QVERIFY2(missing.error.contains("missing.pwrec"), missing.error.constData());
    QVERIFY(!QDir(m_folder.filePath("x")).exists());
    const Ran ending = run({recording(), "--video", m_folder.filePath("film.gif")});
    QCOMPARE(ending.code, 1);
    QVERIFY2(ending.error.contains(".mp4"), ending.error.constData());
  }

  void withoutFfmpegItSaysWhatToDo() {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("PATH", m_folder.path());
    const Ran ran = run({recording(), "--video", m_folder.filePath("film.mp4")}, environment);
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.error.contains("install") && ran.error.contains("--frames"), ran.error.constData());
    QVERIFY(!QFile::exists(m_folder.filePath("film.mp4")));
  }

  void aVideo_data() {
    QTest::addColumn<QString>("name");
    QTest::newRow("mp4") << "film.mp4";
    QTest::newRow("mkv") << "film.mkv";
    QTest::newRow("webm") << "film.webm";
  }
  void aVideo() {
    if (QStandardPaths::findExecutable("ffmpeg").isEmpty() || QStandardPaths::findExecutable("ffprobe").isEmpty())
      QSKIP("ffmpeg is not installed");
    QFETCH(QString, name);
    const QString path = m_folder.filePath("videos-" + name);
    QVERIFY(QDir().mkpath(path));
    const QString video = QDir(path).filePath(name);
    const Ran ran = run({recording(), "--video", video, "--figure", "map", "--width", "322", "--from", "10", "--count",
                         "12", "--fps", "10"});
    QVERIFY2(ran.code == 0, ran.error.constData());
    QCOMPARE(QDir(path).entryList(QDir::Files | QDir::Hidden), QStringList{name});  // nothing half done beside it
    QProcess probe;
    probe.start("ffprobe", {"-v", "error", "-count_frames", "-select_streams", "v:0", "-show_entries",
                            "stream=width,nb_read_frames,r_frame_rate", "-of", "csv=p=0", video});
    QVERIFY(probe.waitForFinished(60'000));
    QCOMPARE(probe.readAllStandardOutput().trimmed(), QByteArray("322,10/1,12"));
  }

  // What ffmpeg says is told, and what was there stays.
  void whatFfmpegSaysIsTold() {
    const QString bin = m_folder.filePath("bin");
    QVERIFY(QDir().mkpath(bin));
    QFile script(QDir(bin).filePath("ffmpeg"));
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("#!/bin/sh\necho 'no such encoder' >&2\nexit 3\n");
    script.close();
    QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner));
    const QString video = m_folder.filePath("kept.mp4");
    test::put(video.toStdString(), "kept");
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("PATH", bin + ":" + environment.value("PATH"));
    const Ran ran = run({recording(), "--video", video}, environment);
    QCOMPARE(ran.code, 1);
    QVERIFY2(ran.error.contains("no such encoder"), ran.error.constData());
    QFile kept(video);
    QVERIFY(kept.open(QIODevice::ReadOnly));
    QCOMPARE(kept.readAll(), QByteArray("kept"));
  }
};

QTEST_MAIN(TestReplayFilm)
#include "test_replay_film.moc"
