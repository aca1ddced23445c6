// Under a display of its own: what answers is told from what does not.
#include "views/vtk/display.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <QProcess>
#include <cstring>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::pathOf;

namespace {

constexpr const char* kDeadDisplay = ":4711";
constexpr const char* kNames[] = {"DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "QT_QPA_PLATFORM", "QT_PLUGIN_PATH"};

// A Unix socket that takes connections until it is destroyed; its file stays, as that of a program that crashed.
class Listener {
public:
  explicit Listener(const std::string& path) : m_socket(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    m_listens = ::bind(m_socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                ::listen(m_socket, 64) == 0;
  }
  ~Listener() { ::close(m_socket); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] bool listens() const { return m_listens; }

private:
  int m_socket;
  bool m_listens = false;
};

struct Outcome {
  int code = -1;
  QString error;
};

Outcome run(const QStringList& arguments) {
  QProcess process;
  process.start(PINWHEEL_PROGRAM, arguments);
  if (!process.waitForFinished(60000) || process.exitStatus() != QProcess::NormalExit) return {};
  return {process.exitCode(), process.readAllStandardError()};
}

}  // namespace

class TestDisplay : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    for (const char* name : kNames) m_before.insert(name, qgetenv(name));
    QVERIFY(!m_before["DISPLAY"].isEmpty());
  }
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    for (const char* name : kNames) qunsetenv(name);
    qputenv("XDG_RUNTIME_DIR", m_folder->path().toUtf8());
  }
  void cleanup() {
    for (const char* name : kNames) qputenv(name, m_before[name]);
  }

  void anXServerAnswersOrNot() {
    QVERIFY(xServerAnswers(m_before["DISPLAY"]));
    QVERIFY(!xServerAnswers(kDeadDisplay));
    QVERIFY(!xServerAnswers(""));
    qputenv("DISPLAY", m_before["DISPLAY"]);
    QVERIFY(!xServerAnswers(""));
  }

  void aSocketAnswersWhileSomeoneListens() {
    const QString path = m_folder->filePath("socket");
    QVERIFY(!someoneListensAt(path));
    {
      const Listener listener(path.toStdString());
      QVERIFY(listener.listens());
      QVERIFY(someoneListensAt(path));
    }
    QVERIFY(QFile::exists(path));
    QVERIFY(!someoneListensAt(path));
    test::put(pathOf(*m_folder, "file"), "no socket");
    QVERIFY(!someoneListensAt(m_folder->filePath("file")));
    QVERIFY(!someoneListensAt(""));
    QVERIFY(!someoneListensAt(m_folder->filePath(QString(200, 'x'))));
  }

  void theEnvironmentIsTakenWhereItLeadsSomewhere_data() {
    QTest::addColumn<QByteArray>("asked");
    QTest::addColumn<bool>("x");
    QTest::addColumn<QByteArray>("chosen");  // empty: refused
    QTest::newRow("X") << QByteArray() << true << QByteArray("xcb");
    QTest::newRow("X is dead") << QByteArray() << false << QByteArray();
    QTest::newRow("xcb") << QByteArray("xcb") << true << QByteArray("xcb");
    QTest::newRow("xcb is dead") << QByteArray("xcb") << false << QByteArray();
    QTest::newRow("offscreen") << QByteArray("offscreen") << false << QByteArray("offscreen");
    QTest::newRow("with options") << QByteArray("vnc:size=800x600") << false << QByteArray("vnc:size=800x600");
    QTest::newRow("a list") << QByteArray("xcb;minimal") << false << QByteArray("xcb;minimal");
    QTest::newRow("no compositor") << QByteArray("wayland") << true << QByteArray();
  }
  void theEnvironmentIsTakenWhereItLeadsSomewhere() {
    QFETCH(QByteArray, asked);
    QFETCH(bool, x);
    QFETCH(QByteArray, chosen);
    qputenv("DISPLAY", x ? m_before["DISPLAY"] : QByteArray(kDeadDisplay));
    if (!asked.isEmpty()) qputenv("QT_QPA_PLATFORM", asked);
    const auto platform = choosePlatform();
    if (chosen.isEmpty()) {
      QVERIFY_REFUSED(platform, "no display");
      QVERIFY_REFUSED(platform, "xvfb-run");
    } else {
      QVERIFY_OK(platform);
      QCOMPARE(*platform, chosen);
    }
  }

  void whatIsMissingIsSaid() {
    QVERIFY_REFUSED(choosePlatform(), "DISPLAY is not set; WAYLAND_DISPLAY is not set");
    qputenv("DISPLAY", kDeadDisplay);
    QVERIFY_REFUSED(choosePlatform(), "no X server answers at DISPLAY=:4711");
    qputenv("WAYLAND_DISPLAY", "wayland-7");
    QVERIFY_REFUSED(choosePlatform(), "listens at " + m_folder->filePath("wayland-7").toStdString());
  }

  // Qt's platform as a file of its name: nothing is loaded from it here.
  void waylandAloneNeedsQtsPlatformForIt() {
    const Listener listener(pathOf(*m_folder, "wayland-7").string());
    QVERIFY(listener.listens());
    qputenv("WAYLAND_DISPLAY", "wayland-7");
    if (const auto platform = choosePlatform(); !platform) QVERIFY_REFUSED(platform, "qt6-wayland");
    std::filesystem::create_directories(pathOf(*m_folder, "plugins/platforms"));
    test::put(pathOf(*m_folder, "plugins/platforms/libqwayland-generic.so"), "");
    qputenv("QT_PLUGIN_PATH", m_folder->filePath("plugins").toUtf8());
    for (const char* display : {"", kDeadDisplay}) {
      qputenv("DISPLAY", display);
      const auto platform = choosePlatform();
      QVERIFY_OK(platform);
      QCOMPARE(*platform, QByteArray("wayland"));
    }
    // An absolute path is one, and X goes first: the cortex is drawn there.
    qputenv("WAYLAND_DISPLAY", m_folder->filePath("wayland-7").toUtf8());
    QVERIFY_OK(choosePlatform());
    qputenv("DISPLAY", m_before["DISPLAY"]);
    QCOMPARE(choosePlatform().value_or(QByteArray()), QByteArray("xcb"));
  }

  void theProgramSaysHowToGetOne() {
    qputenv("DISPLAY", kDeadDisplay);
    for (const QStringList& arguments : {QStringList(), QStringList{"--check-display"}}) {
      const Outcome outcome = run(arguments);
      QVERIFY2(outcome.code == 3 && outcome.error.contains("DISPLAY=:4711") && outcome.error.contains("xvfb-run"),
               qPrintable(outcome.error));
    }
    qputenv("DISPLAY", m_before["DISPLAY"]);
    const Outcome outcome = run({"--check-display"});
    QVERIFY2(outcome.code == 0, qPrintable(outcome.error));
  }

  // Before a window is opened, or a display looked for.
  void whatCannotBeAttachedToIsRefused() {
    qputenv("DISPLAY", kDeadDisplay);
    const Outcome keyless = run({"--attach", "tcp://10.0.0.1:7310"});
    QVERIFY2(keyless.code == 2 && keyless.error.contains("with keys only"), qPrintable(keyless.error));
    const Outcome nowhere = run({"--attach", m_folder->filePath("no-run")});
    QVERIFY2(nowhere.code == 2 && nowhere.error.contains("There is no such run here"), qPrintable(nowhere.error));
    for (const QStringList& arguments : {QStringList{"--watch-only"}, QStringList{"--attach", "a", "--keys", "b.key"},
                                         QStringList{"--attach", "a", "b.safetensors"}}) {
      const Outcome outcome = run(arguments);
      QVERIFY2(outcome.code == 2, qPrintable(arguments.join(' ') + outcome.error));
    }
    const Outcome attached = run({"--attach", m_folder->path()});
    QVERIFY2(attached.code == 3, qPrintable(attached.error));  // the display alone is missing
  }

private:
  QHash<QByteArray, QByteArray> m_before;
  std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestDisplay)
#include "test_display.moc"
