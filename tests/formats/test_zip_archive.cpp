#include "engine/formats/zip_archive.h"

#include "engine/core/files.h"
#include "engine/core/random.h"
#include "tests/formats/zip_bytes.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;
using test::ZipForm;
using test::ZipMember;
using test::zipOf;

namespace {

const std::vector<ZipMember> kTwo{{"a/data.pkl", "pickle"}, {"a/data/0", std::string("\0\1\2", 3)}};

Expected<std::map<std::string, ZipEntry>> entriesOf(const std::filesystem::path& path, const std::string& bytes) {
  test::put(path, bytes);
  const auto file = FileSource::open(path);
  if (!file) return tl::unexpected(file.error());
  return readZip(*file, path.string());
}

}  // namespace

class TestZipArchive : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void readsEveryForm_data() {
    QTest::addColumn<bool>("zip64");
    QTest::addColumn<QString>("comment");
    QTest::newRow("plain") << false << "";
    QTest::newRow("with a comment") << false << QString("PK").repeated(30000);
    QTest::newRow("zip64") << true << "";
    QTest::newRow("zip64 with a comment") << true << "a comment";
  }
  void readsEveryForm() {
    QFETCH(bool, zip64);
    QFETCH(QString, comment);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.zip");
    const auto entries = entriesOf(path, zipOf(kTwo, {zip64, comment.toStdString()}));
    QVERIFY_OK(entries);
    QCOMPARE(entries->size(), kTwo.size());
    const std::string whole = *readFile(path, 1 << 20);
    for (const ZipMember& member : kTwo) {
      const ZipEntry& entry = entries->at(member.name);
      QVERIFY(!entry.compressed);
      QCOMPARE(whole.substr(entry.offset, entry.size), member.bytes);
    }
  }

  void compressedEntriesAreTold() {
    QTemporaryDir folder;
    const auto entries = entriesOf(pathOf(folder, "a.zip"), zipOf({kTwo[0], {"a/b", "deflated", 8, 0}}));
    QVERIFY_OK(entries);
    QVERIFY(!entries->at("a/data.pkl").compressed);
    QVERIFY(entries->at("a/b").compressed);
  }

  void refuses_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::vector<ZipMember>& members, const ZipForm& form,
                        const char* says) {
      QTest::newRow(name) << QByteArray::fromStdString(zipOf(members, form)) << says;
    };
    row("encrypted", {kTwo[0], {"a/secret", "bytes", 0, 1}}, {}, "\"a/secret\" is encrypted");
    row("twice", {kTwo[0], kTwo[1], kTwo[0]}, {}, "\"a/data.pkl\" occurs twice");
    row("twice, once compressed", {kTwo[0], {"a/data.pkl", "x", 8, 0}}, {}, "\"a/data.pkl\" occurs twice");
    row("twice in zip64", {kTwo[0], kTwo[0]}, {true}, "occurs twice");
    row("several discs", kTwo, {false, "", 1}, "several discs");
    row("several discs in zip64", kTwo, {true, "", 1}, "several discs");
    row("fewer entries than claimed", kTwo, {false, "", 0, 1}, "table of contents is damaged");
    row("a million entries claimed", kTwo, {true, "", 0, 1000000}, "more than any network needs");
    row("entries elsewhere", kTwo, {false, "", 0, 0, 1}, "not where it should be");
    row("entries outside", kTwo, {true, "", 0, 0, std::int64_t{1} << 62}, "not where it should be");
    row("zip64's end elsewhere", kTwo, {true, "", 0, 0, 0, -1}, "table of contents is missing");
    row("zip64's end outside", kTwo, {true, "", 0, 0, 0, std::int64_t{1} << 62}, "table of contents is missing");
    std::string noLocator = zipOf(kTwo, {true});
    noLocator[noLocator.rfind("PK\6\7")] = 'X';
    QTest::newRow("zip64 without its locator")
        << QByteArray::fromStdString(noLocator) << "table of contents is missing";
    std::string tooLong = zipOf(kTwo);
    tooLong.replace(tooLong.find("PK\1\2") + 20, 8,
                    test::littleEndian(0x10000000, 4) + test::littleEndian(0x10000000, 4));
    QTest::newRow("an entry of 256 MB") << QByteArray::fromStdString(tooLong) << "reaches past the end";
    QTest::newRow("empty") << QByteArray() << "table of contents is missing";
    QTest::newRow("text") << QByteArray(100, 'x') << "not a zip file";
  }
  void refuses() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.zip");
    QVERIFY_REFUSED(entriesOf(path, bytes.toStdString()), says.toStdString());
    QVERIFY_REFUSED(entriesOf(path, bytes.toStdString()), path.string());
  }

  // What is cut off is refused; what is changed is refused or lies within the file.
  void nothingLiesOutsideTheFile() {
    constexpr std::uint64_t kSeed = 41;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    Random random(kSeed);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.zip");
    const std::string whole = zipOf(kTwo, {true});
    for (std::size_t n = 0; n < whole.size(); ++n) QVERIFY(!entriesOf(path, whole.substr(0, n)));
    for (int i = 0; i < 1000; ++i) {
      std::string bad = whole;
      for (int k = 0; k < 3; ++k) bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      const auto entries = entriesOf(path, bad);
      if (!entries) continue;
      for (const auto& [name, entry] : *entries)
        QVERIFY(entry.offset <= bad.size() && entry.size <= bad.size() - entry.offset);
    }
  }

  void foldersAndPipesAreNoFiles() {
    QTemporaryDir folder;
    QVERIFY_REFUSED(FileSource::open(folder.path().toStdString()), "This is a folder");
    QVERIFY_REFUSED(FileSource::open("/dev/null"), "not a file");
  }
};

QTEST_APPLESS_MAIN(TestZipArchive)
#include "test_zip_archive.moc"
