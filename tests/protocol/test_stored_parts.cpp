#include <limits>
#include <nlohmann/json.hpp>

#include "engine/protocol/stored_parts.h"
#include "tests/support.h"

using namespace pinwheel;
using nlohmann::json;
using protocol::StoredParts;

class TestStoredParts : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void whatWasStoredIsFoundAgain() {
    const QTemporaryDir folder;
    const json subject = {{"checkpoint", "12ab"}};
    const json options = {{"seed", 1}, {"strengths", {0.0, 0.1, 2.0}}};
    const json measured = {{"accuracy", 0.5}, {"missing", std::numeric_limits<double>::quiet_NaN()}};
    const auto stored = StoredParts::open(test::pathOf(folder, "parts"), subject);
    QVERIFY_OK(stored);
    QVERIFY(!stored->find("robustness", options));
    QVERIFY_OK(stored->store("robustness", options, measured));
    const auto again = StoredParts::open(test::pathOf(folder, "parts"), subject);
    const auto found = again->find("robustness", options);
    QVERIFY(found.has_value());
    QCOMPARE((*found)["accuracy"].get<double>(), 0.5);
    QVERIFY((*found)["missing"].is_null());
    QVERIFY(!again->find("lesions", options));
  }

  void anotherSubjectOrOtherOptionsAreNotTaken() {
    const QTemporaryDir folder;
    const json options = {{"images", 200}};
    const auto stored = StoredParts::open(test::pathOf(folder, "parts"), {{"checkpoint", "12ab"}});
    QVERIFY_OK(stored->store("robustness", options, {{"accuracy", 0.5}}));
    QVERIFY(!stored->find("robustness", {{"images", 1000}}));
    const auto other = StoredParts::open(test::pathOf(folder, "parts"), {{"checkpoint", "34cd"}});
    QVERIFY(!other->find("robustness", options));
  }

  // Whatever a kill, a full disk or an editor left there: measured again, never an end of the program.
  void damagedFilesAreNotTaken() {
    const QTemporaryDir folder;
    const json options = {{"images", 200}};
    const auto stored = StoredParts::open(test::pathOf(folder, "parts"), {{"checkpoint", "12ab"}});
    QVERIFY_OK(stored->store("robustness", options, {{"accuracy", 0.5}}));
    const auto file = test::pathOf(folder, "parts/robustness.json");
    QFile whole(QString::fromStdString(file.string()));
    QVERIFY(whole.open(QIODevice::ReadOnly));
    const QByteArray bytes = whole.readAll().trimmed();
    for (qsizetype cut = 0; cut < bytes.size(); ++cut) {
      test::put(file, std::string_view(bytes.constData(), static_cast<std::size_t>(cut)));
      QVERIFY2(!stored->find("robustness", options), qPrintable(QString("cut to %1 bytes").arg(cut)));
    }
    for (const char* text : {"[]", "3", "null", "{\"measured\": 1}", "{\"subject\": 1, \"options\": 2}"}) {
      test::put(file, text);
      QVERIFY2(!stored->find("robustness", options), text);
    }
    test::put(file, bytes.toStdString());
    QVERIFY(stored->find("robustness", options).has_value());
  }

  void fingerprintsTellFilesApart() {
    const QTemporaryDir folder;
    const auto a = test::pathOf(folder, "a");
    const auto b = test::pathOf(folder, "b");
    // Of FNV-1a, 64 bits: the published values of the empty text and of "a".
    test::put(a, "");
    QCOMPARE(*protocol::fingerprint(a), std::string("cbf29ce484222325"));
    test::put(a, "a");
    QCOMPARE(*protocol::fingerprint(a), std::string("af63dc4c8601ec8c"));
    std::string longer(200000, 'x');
    test::put(a, longer);
    longer.back() = 'y';
    test::put(b, longer);
    QVERIFY(*protocol::fingerprint(a) != *protocol::fingerprint(b));
    QVERIFY_REFUSED(protocol::fingerprint(test::pathOf(folder, "none")), "cannot be read");
  }

  // Whatever changes an input changes its state; the way to it does not.
  void statesTellInputsApart() {
    const QTemporaryDir folder;
    const auto images = test::pathOf(folder, "images");
    QVERIFY(std::filesystem::create_directories(images / "a"));
    test::put(images / "a" / "1.png", "one");
    const json before = protocol::stateOf(images);
    QVERIFY(protocol::stateOf(images / "a" / "..") == before);
    test::put(images / "a" / "2.png", "two");
    const json more = protocol::stateOf(images);
    QVERIFY(more != before);
    test::put(images / "a" / "2.png", "three");
    QVERIFY(protocol::stateOf(images) != more);
    const auto file = test::pathOf(folder, "matrix.npy");
    QCOMPARE(protocol::stateOf(file)["state"].get<std::string>(), std::string("missing"));
    test::put(file, "x");
    const json one = protocol::stateOf(file);
    test::put(file, "y");
    QVERIFY(protocol::stateOf(file) != one);
    QVERIFY(protocol::stateOf({}) == json(""));
  }

  void aPathThatIsNoUtf8IsKeptApart() {
    const QTemporaryDir folder;
    const json options = {{"floc", "caf\xe9"}};
    const auto stored = StoredParts::open(test::pathOf(folder, "parts"), options);
    QVERIFY_OK(stored->store("lesions", options, {{"path", "caf\xe9"}}));
    QVERIFY(stored->find("lesions", options).has_value());
  }

  void aFolderThatCannotBeMadeIsTold() {
    const QTemporaryDir folder;
    test::put(test::pathOf(folder, "file"), "x");
    QVERIFY_REFUSED(StoredParts::open(test::pathOf(folder, "file/parts"), json::object()), "cannot be made");
  }
};

QTEST_APPLESS_MAIN(TestStoredParts)
#include "test_stored_parts.moc"
