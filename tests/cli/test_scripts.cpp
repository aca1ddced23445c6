#include <QProcess>

#include "tests/support.h"

using namespace pinwheel;
using test::pathOf;

namespace {

struct Outcome {
  int code = -1;
  QString text;  // both streams
};

// The scripts in a folder of their own, on a machine with these dpkg-query, apt-cache and "apt-get install" (which
// leaves a file "installed") and without cmake: whatever they do, nothing is built, installed or trained.
class Bare {
public:
  explicit Bare(const QString& query = "#!/bin/sh\nexit 1\n", const QString& cache = "", const QString& install = "") {
    for (const char* name : {"scripts/build", "scripts/demo", "scripts/test", "CMakePresets.json"}) {
      std::filesystem::create_directories(pathOf(m_folder, name).parent_path());
      std::filesystem::copy_file(std::filesystem::path(PINWHEEL_SOURCE_DIR) / name, pathOf(m_folder, name));
    }
    put("dpkg-query", query);
    put("id", "#!/bin/sh\necho 0\n");
    put("apt-cache", "#!/bin/sh\n" + cache + "\nexit 0\n");
    put("apt-get", "#!/bin/sh\n[ \"$1\" = update ] && exit 0\ntouch '" + file("installed") + "'\n" + install + "\n");
    put("cmake", "#!/bin/sh\necho 'no cmake here'\nexit 1\n");
  }
  [[nodiscard]] QString file(const QString& name) const { return m_folder.filePath(name); }
  // `display`: DISPLAY, the only one there is.
  [[nodiscard]] Outcome run(const QString& script, const QStringList& arguments, const QString& display = "") const {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert("PATH", file("bin") + ":" + environment.value("PATH"));
    environment.insert("DISPLAY", display);
    environment.remove("WAYLAND_DISPLAY");
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start(file("scripts/" + script), arguments);
    if (!process.waitForFinished(30000)) return {};
    return {process.exitCode(), process.readAllStandardOutput()};
  }

  void putProgram(const std::string& name, const QString& text) const {
    const auto path = pathOf(m_folder, name);
    std::filesystem::create_directories(path.parent_path());
    test::put(path, text.toStdString());
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

private:
  void put(const char* name, const QString& text) const { putProgram(std::string("bin/") + name, text); }

  QTemporaryDir m_folder;
};

}  // namespace

// The scripts as far as they come without building or installing anything.
class TestScripts : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void wrongUsageIsTwo_data() {
    QTest::addColumn<QString>("script");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("build: option") << "build" << QStringList{"--fast"} << "no option --fast";
    QTest::newRow("build: preset") << "build" << QStringList{"nonesuch"}
                                   << "no preset \"nonesuch\"; there are release dev";
    QTest::newRow("build: hidden preset") << "build" << QStringList{"base"} << "no preset \"base\"";
    QTest::newRow("build: two presets") << "build" << QStringList{"dev", "release"} << "one preset at a time";
    QTest::newRow("build: target") << "build" << QStringList{"--target"} << "--target needs a name";
    QTest::newRow("build: option for a target")
        << "build" << QStringList{"--target", "--no-install"} << "--target needs a name";
    QTest::newRow("demo: option") << "demo" << QStringList{"--fast"} << "no option --fast";
    QTest::newRow("demo: option behind the folder") << "demo" << QStringList{"out", "--fast"} << "no option --fast";
    QTest::newRow("demo: two folders") << "demo" << QStringList{"a", "b"} << "one folder at a time";
    QTest::newRow("demo: no name") << "demo" << QStringList{""} << "empty";
    QTest::newRow("test: option") << "test" << QStringList{"-R", "x"} << "behind --";
    QTest::newRow("test: option behind another") << "test" << QStringList{"--no-install", "--fast"} << "--fast";
  }
  void wrongUsageIsTwo() {
    QFETCH(QString, script);
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const Bare bare;
    const Outcome outcome = bare.run(script, arguments);
    QVERIFY2(outcome.code == 2, qPrintable(outcome.text));
    QVERIFY2(outcome.text.contains(says) && outcome.text.contains("  scripts/" + script + " ["),
             qPrintable(outcome.text));
    QVERIFY(!QFile::exists(bare.file("build")));
    QVERIFY(!QFile::exists(bare.file("installed")));
  }

  // Wherever it stands, --no-install is heard: the missing packages are only named, and it is cmake that fails.
  void noInstallIsHeardAnywhere() {
    for (const auto& [script, arguments] :
         {std::pair{"build", QStringList{"dev", "--no-install"}}, std::pair{"demo", QStringList{"out", "--no-install"}},
          std::pair{"demo", QStringList{"--no-install", "out"}},
          std::pair{"test", QStringList{"--no-install", "--", "-R", "x"}}}) {
      const Bare bare;
      const Outcome outcome = bare.run(script, arguments);
      QVERIFY2(outcome.code == 1 && outcome.text.contains("not installed, as asked: build-essential") &&
                   outcome.text.contains("no cmake here"),
               qPrintable(outcome.text));
      QVERIFY(!QFile::exists(bare.file("installed")));
    }
  }

  void helpIsZero() {
    for (const char* script : {"build", "demo", "test"}) {
      const Outcome outcome = Bare().run(script, {"--help"});
      QVERIFY2(outcome.code == 0 && outcome.text.contains("--no-install"), script);
    }
  }

  // Which program the demo runs, by what the one with the window says of the display.
  void theDemoNeedsADisplayThatAnswers_data() {
    QTest::addColumn<QString>("display");
    QTest::addColumn<int>("check");
    QTest::addColumn<bool>("window");
    QTest::newRow("it answers") << ":99" << 0 << true;
    QTest::newRow("it does not") << ":99" << 3 << false;
    QTest::newRow("there is none") << "" << 0 << false;
    QTest::newRow("the program is broken") << ":99" << 127 << true;  // not hidden
  }
  void theDemoNeedsADisplayThatAnswers() {
    QFETCH(QString, display);
    QFETCH(int, check);
    QFETCH(bool, window);
    const Bare bare;
    bare.putProgram("bin/cmake", "#!/bin/sh\n");
    bare.putProgram("build/release/bin/pinwheel",
                    QString("#!/bin/sh\n[ \"$1\" = --check-display ] && exit %1\necho 'a window'\n").arg(check));
    bare.putProgram("build/release/bin/pinwheel-cli", "#!/bin/sh\necho \"the command line: $1\"\n");
    const Outcome outcome = bare.run("demo", {"--no-install"}, display);
    QVERIFY2(outcome.code == 0, qPrintable(outcome.text));
    QVERIFY2(outcome.text.contains("a window") == window, qPrintable(outcome.text));
    QVERIFY2(outcome.text.contains("the command line: train") != window, qPrintable(outcome.text));
    QVERIFY2(outcome.text.contains("xvfb-run") != window, qPrintable(outcome.text));
  }

  // What an installed package provides is not missing.
  void providedPackagesAreThere() {
    const Bare bare("#!/bin/sh\n[ $# -gt 2 ] && exit 1\necho 'install ok installed libtorch-dev (= 2.6), cmake, x'\n",
                    "echo '  Candidate: 1.0'");
    const Outcome outcome = bare.run("build", {});
    QVERIFY2(outcome.text.contains("Missing Debian packages: build-essential ninja-build"), qPrintable(outcome.text));
    QVERIFY2(!outcome.text.contains("libtorch-dev"), qPrintable(outcome.text));
  }

  // A machine without any of the packages, whose apt does what the row says; cmake ends it there.
  void installing_data() {
    QTest::addColumn<QString>("policy");
    QTest::addColumn<QString>("install");
    QTest::addColumn<QString>("says");
    QTest::addColumn<bool>("installs");
    // "apt-cache policy NAME" and "apt-cache showpkg NAME"
    const QString all = "[ $1 = policy ] && echo '  Candidate: 1.0'";
    QTest::newRow("works") << all << "exit 0"
                           << " packages; this may take minutes" << true;
    QTest::newRow("fails") << all << "echo 'E: the disk is full' >&2; exit 100"
                           << "E: the disk is full" << true;
    QTest::newRow("fails on the other stream") << all << "echo 'dpkg: error'; exit 100"
                                               << "dpkg: error" << true;
    QTest::newRow("an unknown package") << "[ $2 = libtorch-dev ] || echo '  Candidate: 1.0'"
                                        << "exit 0"
                                        << "has no package named: libtorch-dev\n  The names are Debian 12's" << false;
    QTest::newRow("a package without versions")
        << "if [ $2 != ccache ]; then " + all + "; else echo '  Candidate: (none)'; fi"
        << "exit 0"
        << "has no package named: ccache\n"
        << false;
    QTest::newRow("a package that another provides") << "if [ $1 = policy ]; then echo '  Candidate: (none)'; else "
                                                        "printf 'Package: x\\nReverse Provides: \\nother 1.0\\n'; fi"
                                                     << "exit 0"
                                                     << " packages; this may take minutes" << true;
  }
  void installing() {
    QFETCH(QString, policy);
    QFETCH(QString, install);
    QFETCH(QString, says);
    QFETCH(bool, installs);
    const Bare bare("#!/bin/sh\nexit 1\n", policy, install);
    const Outcome outcome = bare.run("build", {});
    if (policy.contains("libtorch-dev"))
      QVERIFY2(outcome.text.contains("CMAKE_PREFIX_PATH") &&
                   outcome.text.contains("The others: apt-get install build-essential cmake"),
               qPrintable(outcome.text));
    QCOMPARE(outcome.code, 1);
    QVERIFY2(outcome.text.contains(says), qPrintable(outcome.text));
    QCOMPARE(QFile::exists(bare.file("installed")), installs);
  }
};

QTEST_GUILESS_MAIN(TestScripts)
#include "test_scripts.moc"
