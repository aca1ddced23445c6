// Saved sessions and the autosave: round trip, truncation at every length, values that cannot be, crashes.
#include "views/window/workspace.h"

#include <QDir>
#include <QJsonDocument>
#include <QJsonObject>

#include "tests/support.h"
#include "views/window/folders.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

Workspace example() {
  Workspace w;
  w.checkpoint = "/runs/über uns/checkpoint.safetensors";
  w.lesion.parts = {{1, {3, 5, 8}, session::PerturbationKind::stimulate, 1, {0, 2}},
                    {0, {0}, session::PerturbationKind::damp, 0.25, {}}};
  w.shamSeed = 18446744073709551615U;
  w.selectedSheet = 2;
  w.units = {1, 2, 700};
  w.sheet = 3;
  w.field = {Quantity::category, 4, 2, true, true};
  w.layout = QByteArray::fromHex("00ff10");
  w.geometry = QByteArray::fromHex("0102");
  w.camera = "1 2 3";
  return w;
}

void compare(const Workspace& a, const Workspace& b) {
  QCOMPARE(a.checkpoint, b.checkpoint);
  QCOMPARE(a.lesion.parts.size(), b.lesion.parts.size());
  for (std::size_t i = 0; i < a.lesion.parts.size(); ++i) {
    QCOMPARE(a.lesion.parts[i].sheet, b.lesion.parts[i].sheet);
    QCOMPARE(a.lesion.parts[i].units, b.lesion.parts[i].units);
    QCOMPARE(a.lesion.parts[i].kind, b.lesion.parts[i].kind);
    QCOMPARE(a.lesion.parts[i].strength, b.lesion.parts[i].strength);
    QCOMPARE(a.lesion.parts[i].timeSteps, b.lesion.parts[i].timeSteps);
  }
  QCOMPARE(a.shamSeed, b.shamSeed);
  QCOMPARE(a.selectedSheet, b.selectedSheet);
  QCOMPARE(a.units, b.units);
  QCOMPARE(a.sheet, b.sheet);
  QVERIFY(a.field == b.field);
  QCOMPARE(a.layout, b.layout);
  QCOMPARE(a.geometry, b.geometry);
  QCOMPARE(a.camera, b.camera);
}

}  // namespace

class TestWorkspace : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void roundTrip() {
    const auto read = workspaceFromJson(toJson(example()));
    QVERIFY_OK(read);
    compare(*read, example());
  }

  // Files of before drew the sham with the seed that a new lesion has.
  void withoutASeedTheShamIsTheFirst() {
    QJsonObject root = QJsonDocument::fromJson(toJson(example())).object();
    root.remove("sham_seed");
    const auto read = workspaceFromJson(QJsonDocument(root).toJson());
    QVERIFY_OK(read);
    QCOMPARE(read->shamSeed, session::SetLesion{}.shamSeed);
  }

  // Files of before did not keep whether the maps without the lesion were shown.
  void withoutThatKeyTheMapsAreThoseOfNow() {
    QJsonObject root = QJsonDocument::fromJson(toJson(example())).object();
    QJsonObject field = root.value("field").toObject();
    QVERIFY(field.contains("before_lesion"));
    field.remove("before_lesion");
    root.insert("field", field);
    const auto read = workspaceFromJson(QJsonDocument(root).toJson());
    QVERIFY_OK(read);
    QVERIFY(!read->field.before);
    QVERIFY(read->field.smoothed);
  }

  void truncatedAtEveryLength() {
    const QByteArray whole = toJson(example());
    for (qsizetype length = 0; length < whole.size(); ++length)
      QVERIFY2(!workspaceFromJson(whole.left(length)), qPrintable(QString::number(length)));
  }

  void refusesWhatCannotBe_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("told");
    QTest::newRow("sheet") << "sheet"
                           << "-1"
                           << "sheet";
    QTest::newRow("fraction") << "sheet"
                              << "1.5"
                              << "sheet";
    QTest::newRow("text") << "selected_sheet"
                          << "\"x\""
                          << "selected_sheet";
    QTest::newRow("unit") << "units"
                          << "[1,-2]"
                          << "units";
    QTest::newRow("huge unit") << "units"
                               << "[1e300]"
                               << "units";
    QTest::newRow("quantity") << "field"
                              << "{\"quantity\":99}"
                              << "quantity";
    QTest::newRow("before") << "field"
                            << "{\"before_lesion\":1}"
                            << "before_lesion";
    QTest::newRow("before as a text") << "field"
                                      << "{\"before_lesion\":\"true\"}"
                                      << "before_lesion";
    QTest::newRow("smoothed") << "field"
                              << "{\"smoothed\":\"yes\"}"
                              << "smoothed";
    QTest::newRow("kind") << "lesion"
                          << "[{\"sheet\":0,\"kind\":7,\"strength\":1,\"units\":[1]}]"
                          << "kind";
    QTest::newRow("strength") << "lesion"
                              << "[{\"sheet\":0,\"kind\":1,\"strength\":2,\"units\":[1]}]"
                              << "strength";
    QTest::newRow("no strength") << "lesion"
                                 << "[{\"sheet\":0,\"kind\":1,\"units\":[1]}]"
                                 << "strength";
    QTest::newRow("no units") << "lesion"
                              << "[{\"sheet\":0,\"kind\":0,\"strength\":1,\"units\":[]}]"
                              << "units";
    QTest::newRow("seed") << "sham_seed"
                          << "\"-1\""
                          << "sham_seed";
    QTest::newRow("huge seed") << "sham_seed"
                               << "\"18446744073709551616\""
                               << "sham_seed";
    QTest::newRow("seed as a number") << "sham_seed"
                                      << "5"
                                      << "sham_seed";
    QTest::newRow("newer") << "pinwheel_session"
                           << "2"
                           << "newer";
  }
  void refusesWhatCannotBe() {
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(QString, told);
    QJsonObject root = QJsonDocument::fromJson(toJson(example())).object();
    const QJsonObject holder = QJsonDocument::fromJson(QString("{\"v\":%1}").arg(value).toUtf8()).object();
    root.insert(key, holder.value("v"));
    QVERIFY_REFUSED(workspaceFromJson(QJsonDocument(root).toJson()), told.toStdString());
  }

  void anotherFileIsNoSession() {
    QVERIFY_REFUSED(workspaceFromJson("{\"a\":1}"), "no session file");
    QVERIFY_REFUSED(workspaceFromJson("[]"), "no session file");
  }

  void savesToAFile() {
    QTemporaryDir folder;
    const QString path = folder.filePath("s.json");
    QVERIFY_OK(saveWorkspace(path, example()));
    const auto read = loadWorkspace(path);
    QVERIFY_OK(read);
    compare(*read, example());
    QVERIFY_REFUSED(saveWorkspace(folder.filePath("none/s.json"), example()), "not saved");
    QVERIFY_REFUSED(loadWorkspace(folder.filePath("none.json")), "cannot be opened");
  }

  void anOrderlyEndLeavesNothing() {
    QTemporaryDir folder;
    {
      Autosave autosave(folder.path());
      QVERIFY(autosave.active());
      autosave.save(example());
      autosave.finish();
    }
    QVERIFY(!Autosave(folder.path()).left());
  }

  void aCrashLeavesTheLastSave() {
    QTemporaryDir folder;
    {
      Autosave autosave(folder.path());
      Workspace earlier = example();
      earlier.sheet = 0;
      autosave.save(earlier);
      autosave.save(example());
    }  // no finish(): as a crash would leave it
    const Autosave next(folder.path());
    QVERIFY(next.left());
    compare(*next.left(), example());
  }

  void windowsAtOnceDoNotShare() {
    QTemporaryDir folder;
    Autosave first(folder.path());
    first.save(example());
    Autosave second(folder.path());
    QVERIFY(second.active());
    QVERIFY(!second.left());  // the first window lives: its work is not offered to the second
    second.finish();
    QTRY_VERIFY(QFile::exists(folder.filePath("autosave-1.json")));
  }

  void damagedAutosaveIsNoObstacle() {
    QTemporaryDir folder;
    test::put(folder.filePath("autosave-1.json").toStdString(), "{\"pinwheel_session\":1,\"sheet\":");
    Autosave autosave(folder.path());
    QVERIFY(autosave.active());
    QVERIFY(!autosave.left());
  }

  void proposedFoldersExist() {
    QTemporaryDir folder;
    const QString root = folder.path();
    QCOMPARE(existingFolder(root), root);
    QCOMPARE(existingFolder(root + "/runs/of/mine/"), root);
    QCOMPARE(existingFolder("/there is no such/folder"), QString("/"));
    test::put(root.toStdString() + "/file", "x");
    QCOMPARE(existingFolder(root + "/file"), root);  // a file is no folder
    QCOMPARE(unusedFolder(root + "/runs", "demo"), root + "/runs/demo");
    QVERIFY(QDir(root).mkpath("runs/demo"));
    QCOMPARE(unusedFolder(root + "/runs", "demo"), root + "/runs/demo");  // empty
    test::put(root.toStdString() + "/runs/demo/config.toml", "x");
    QCOMPARE(unusedFolder(root + "/runs", "demo"), root + "/runs/demo-2");
  }
};

QTEST_GUILESS_MAIN(TestWorkspace)
#include "test_workspace.moc"
