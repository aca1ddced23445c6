// pinwheel-scope as a user runs it, on a display of the test's.
#include <sys/resource.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <algorithm>
#include <cmath>

#include "app/scope/synthetic_feed.h"
#include "engine/core/processor_budget.h"
#include "engine/figures/colour_maps.h"
#include "engine/formats/image_file.h"
#include "tests/processor_time.h"
#include "tests/scope/scope_samples.h"
#include "tests/transport/support.h"

using namespace pinwheel;

class TestScopeProgram : public QObject {
  Q_OBJECT

  struct Outcome {
    int code = -1;
    std::string out;
    std::string error;
  };

  static Outcome run(const QStringList& arguments, bool display = true) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (!display) {
      environment.remove("DISPLAY");
      environment.remove("WAYLAND_DISPLAY");
    }
    process.setProcessEnvironment(environment);
    process.start(PINWHEEL_SCOPE_PATH, arguments);
    if (!process.waitForFinished(120'000)) return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            process.readAllStandardOutput().toStdString(), process.readAllStandardError().toStdString()};
  }

  static QString text(const std::filesystem::path& path) { return QString::fromStdString(path.string()); }

  // Pixels near a colour.
  static int count(const formats::RgbImage& image, figures::Rgb c, int tolerance) {
    const auto size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
    int found = 0;
    for (std::size_t i = 0; i < size; ++i)
      if (std::abs(image.pixels[i] - c.r) <= tolerance && std::abs(image.pixels[size + i] - c.g) <= tolerance &&
          std::abs(image.pixels[2 * size + i] - c.b) <= tolerance)
        ++found;
    return found;
  }

private Q_SLOTS:
  void aScreenshotShowsRastersAndMaps() {
    const QTemporaryDir folder;
    const auto path = test::pathOf(folder, "scope.png");
    const Outcome done = run({"--synthetic", "--frames", "30", "--size", "1000x700", "--screenshot", text(path)});
    QVERIFY2(done.code == 0, done.error.c_str());
    const auto image = formats::readImage(path);
    QVERIFY_OK(image);
    QCOMPARE(image->width, 1000);
    QCOMPARE(image->height, 700);
    // Every hue of the orientation map stands on the sheets, where units are fully selective.
    for (int part = 0; part < 8; ++part) {
      const figures::Rgb hue = figures::colourAt(figures::ColourMap::orientation, (part + 0.5) / 8);
      QVERIFY2(count(*image, hue, 24) > 100, std::to_string(part).c_str());
    }
    // The first raster's colour, dimmed by the share of units that fired, lies between the ground and orange: of its
    // own hue, at more places than a name or a line has pixels.
    const auto size = static_cast<std::size_t>(image->width) * static_cast<std::size_t>(image->height);
    int orange = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const int r = image->pixels[i];
      const int g = image->pixels[size + i];
      const int b = image->pixels[2 * size + i];
      orange += r > 60 && r > g + 12 && g > b + 12 ? 1 : 0;
    }
    QVERIFY2(orange > 3000, std::to_string(orange).c_str());
    // The dark ground, and text on it.
    QVERIFY(count(*image, {18, 20, 24}, 2) > 50'000);
    QVERIFY(count(*image, {226, 229, 233}, 30) > 200);
  }

  void aRecordingHasOnePictureAStep() {
    const QTemporaryDir folder;
    const auto recording = test::pathOf(folder, "recording.pwrec");
    QVERIFY_OK(test::writeRecording(recording));
    std::vector<std::vector<std::uint8_t>> pictures;
    for (const char* step : {"20", "40", "20"}) {
      const auto path = test::pathOf(folder, "picture" + std::to_string(pictures.size()) + ".png");
      const Outcome done =
          run({"--replay", text(recording), "--step", step, "--screenshot", text(path), "--size", "900x600"});
      QVERIFY2(done.code == 0, done.error.c_str());
      const auto image = formats::readImage(path);
      QVERIFY_OK(image);
      QCOMPARE(image->width, 900);
      pictures.push_back(image->pixels);
    }
    QVERIFY(pictures[0] != pictures[1]);
    QVERIFY(pictures[0] == pictures[2]);
  }

  void anEngineIsWaitedFor() {
    const QTemporaryDir folder;
    const auto path = test::pathOf(folder, "waiting.png");
    const Outcome done = run({folder.path(), "--screenshot", text(path), "--frames", "2", "--size", "640x480"});
    QVERIFY2(done.code == 0, done.error.c_str());
    QVERIFY_OK(formats::readImage(path));
  }

  // Twenty pictures a second would be drawn of these frames, of some 20 ms each without a graphics card.
  void besideATrainingItDrawsSeldom() {
    const QTemporaryDir folder;
    auto server =
        transport::Server::open(test::serving(test::ipcIn(folder)), [](const wire::Request&) { return Status(); });
    QVERIFY_OK(server);
    QProcess scope;
    scope.start(PINWHEEL_SCOPE_PATH, {QString::fromStdString((*server)->endpoint().text())});
    QVERIFY(scope.waitForStarted());
    const auto pid = static_cast<pid_t>(scope.processId());
    (*server)->frames().publish(std::make_shared<const session::NetworkFrame>(test::squareNetwork()));
    std::int64_t step = 0;
    const auto publishFor = [&](double seconds) {
      for (int i = 0; i < 20 * seconds; ++i) {
        (*server)->frames().publish(std::make_shared<const session::TrainingFrame>(test::training(step += 10)));
        QTest::qWait(50);
      }
    };
    publishFor(5);  // it begins, and is taken for touched at first
    for (double spent = 0, last = -1; spent - last > 0.1 && step < 6000; publishFor(1)) {
      last = spent;
      spent = test::processorSecondsOf(pid);
    }
    QCOMPARE(scope.state(), QProcess::Running);
    const double before = test::processorSecondsOf(pid);
    publishFor(6);
    const double share = (test::processorSecondsOf(pid) - before) / 6;
    QCOMPARE(scope.state(), QProcess::Running);
    QVERIFY2(share > 0 && share < 5 * kWatcherShare, qPrintable(QString::number(share)));
    QCOMPARE(::getpriority(PRIO_PROCESS, static_cast<id_t>(pid)), std::max(10, ::getpriority(PRIO_PROCESS, 0)));
    scope.kill();
    scope.waitForFinished();

    // Elsewhere there is no training to give way to.
    scope.start(PINWHEEL_SCOPE_PATH, {"tcp://127.0.0.1:1"});
    QVERIFY(scope.waitForStarted());
    QTest::qWait(3000);
    QCOMPARE(scope.state(), QProcess::Running);
    QCOMPARE(::getpriority(PRIO_PROCESS, static_cast<id_t>(scope.processId())), ::getpriority(PRIO_PROCESS, 0));
    scope.kill();
    scope.waitForFinished();
  }

  void withoutADisplayItSaysWhatToDo() {
    const Outcome done = run({"--synthetic"}, false);
    QCOMPARE(done.code, 3);
    QVERIFY2(done.error.find("There is no display") != std::string::npos, done.error.c_str());
    QVERIFY(done.error.find("ssh -X") != std::string::npos);
    QVERIFY(done.error.find("xvfb-run") != std::string::npos);
  }

  void whatCannotBeWatchedIsRefused_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("words");
    QTest::newRow("nothing") << QStringList{} << 2 << "Say what to watch";
    QTest::newRow("unknown option") << QStringList{"--nosuch"} << 2 << "--nosuch";
    QTest::newRow("two sources") << QStringList{"ipc:///x", "--replay", "y.pwrec"} << 2 << "One source at a time";
    QTest::newRow("keys alone") << QStringList{"ipc:///x", "--keys", "a.key"} << 2 << "--server-key";
    QTest::newRow("step alone") << QStringList{"ipc:///x", "--step", "4"} << 2 << "--replay";
    QTest::newRow("size") << QStringList{"--synthetic", "--size", "10x10"} << 2 << "WIDTHxHEIGHT";
    QTest::newRow("size with more") << QStringList{"--synthetic", "--size", "800x600x3"} << 2 << "WIDTHxHEIGHT";
    QTest::newRow("frames alone") << QStringList{"--synthetic", "--frames", "3"} << 2 << "--screenshot";
    QTest::newRow("no such recording") << QStringList{"--replay", "/nowhere/a.pwrec"} << 1 << "/nowhere/a.pwrec";
    QTest::newRow("no recording") << QStringList{"--replay", PINWHEEL_SCOPE_PATH} << 1 << "pinwheel-scope";
    QTest::newRow("garbage") << QStringList{"gar\bbage"} << 1 << "neither an endpoint nor a folder";
    QTest::newRow("endpoint without a port") << QStringList{"tcp://127.0.0.1"} << 1 << "port";
    QTest::newRow("unknown transport") << QStringList{"udp://127.0.0.1:3"} << 1 << "udp";
    QTest::newRow("far without keys") << QStringList{"tcp://192.0.2.1:5000"} << 1 << "key";
    QTest::newRow("no such key") << QStringList{"ipc:///x", "--keys", "/nowhere/a.key", "--server-key",
                                                "/nowhere/s.pub"}
                                 << 1 << "/nowhere/a.key";
  }
  void whatCannotBeWatchedIsRefused() {
    QFETCH(QStringList, arguments);
    QFETCH(int, code);
    QFETCH(QString, words);
    // Told before a window is thought of.
    const Outcome done = run(arguments, false);
    QVERIFY2(done.error.find(words.toStdString()) != std::string::npos, done.error.c_str());
    QCOMPARE(done.code, code);
  }

  void aPictureThatCannotBeWrittenIsAnError() {
    const Outcome done = run({"--synthetic", "--frames", "1", "--screenshot", "/nowhere/a.png"});
    QCOMPARE(done.code, 1);
    QVERIFY2(done.error.find("/nowhere/a.png") != std::string::npos, done.error.c_str());
  }

  void helpAndVersionNeedNoDisplay() {
    const Outcome help = run({"--help"}, false);
    QCOMPARE(help.code, 0);
    for (const char* word : {"--replay", "--keys", "--server-key", "--step", "--screenshot", "--size"})
      QVERIFY2(help.out.find(word) != std::string::npos, word);
    QVERIFY(help.out.find("--benchmark") == std::string::npos);
    const Outcome version = run({"--version"}, false);
    QCOMPARE(version.code, 0);
    QVERIFY(version.out.starts_with("pinwheel-scope "));
  }

  void theBenchmarkTellsWhatItMeasured() {
    const Outcome done = run({"--benchmark", "0.3", "--size", "640x480"});
    QVERIFY2(done.code == 0, done.error.c_str());
    const QJsonObject told = QJsonDocument::fromJson(QByteArray::fromStdString(done.out)).object();
    for (const char* name : {"frame_ms_median", "frame_ms_95", "startup_s", "spikes_per_second", "rss_mb"})
      QVERIFY2(told.value(name).toDouble() > 0, name);
    QVERIFY(told.value("frame_ms_95").toDouble() >= told.value("frame_ms_median").toDouble());
  }
};

QTEST_GUILESS_MAIN(TestScopeProgram)
#include "test_scope_program.moc"
