#include "engine/formats/safetensors.h"

#include <cstring>

#include "engine/core/random.h"
#include "engine/core/runtime.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;
using test::put;

namespace {

// The format by hand: the length, the header as given, the data.
std::string raw(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

SafetensorsFile example() {
  SafetensorsFile file;
  file.tensors["b.weight"] = HostTensor::fromFloats(std::vector<float>{1.5F, -2, 3, 4, 5, 6}, {2, 3});
  file.tensors["a.count"] = HostTensor::fromInts(std::vector<std::int64_t>{42}, {});
  file.tensors["empty"] = HostTensor::fromFloats({}, {0, 4});
  file.metadata["pinwheel.config"] = "[stc]\nalpha = 0.5\n\"quoted\" \\ \xC3\xA9";
  return file;
}

}  // namespace

class TestSafetensors : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void roundTripsToTheSameBytes() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    const SafetensorsFile file = example();
    QVERIFY_OK(saveSafetensors(path, file));
    const std::string bytes = *readFile(path, 1 << 20);
    const auto back = loadSafetensors(path);
    QVERIFY_OK(back);
    QCOMPARE(back->metadata, file.metadata);
    QCOMPARE(back->tensors.size(), file.tensors.size());
    for (const auto& [name, tensor] : file.tensors) {
      QCOMPARE(back->tensors.at(name).describe(), tensor.describe());
      QVERIFY(back->tensors.at(name).bytes == tensor.bytes);
    }
    QVERIFY_OK(saveSafetensors(path, *back));
    QCOMPARE(*readFile(path, 1 << 20), bytes);
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    QCOMPARE(length % 8, std::uint64_t{0});
  }

  void headerAloneHasShapes() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    QVERIFY_OK(saveSafetensors(path, example()));
    const auto info = loadSafetensorsHeader(path);
    QVERIFY_OK(info);
    QCOMPARE(info->tensors.at("b.weight").describe(), std::string("F32 [2, 3]"));
    QVERIFY(info->tensors.at("b.weight").bytes.empty());
  }

  void theBytesAreCountedAndCanBeGivenUp() {
    constexpr std::int64_t kMega = 1 << 20;
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    SafetensorsFile file;
    for (const char* name : {"a", "b"})
      file.tensors[name] = HostTensor::fromFloats(std::vector<float>(5 * kMega / 4, 1.5F), {5 * kMega / 4});
    std::vector<std::int64_t> told;
    std::size_t most = 100;
    const ByteProgress progress = [&](std::int64_t done, std::int64_t total) {
      told.push_back(done);
      return total == 10 * kMega && told.size() < most;
    };
    const std::vector<std::int64_t> all{0, 4 * kMega, 5 * kMega, 9 * kMega};
    QVERIFY_OK(saveSafetensors(path, file, Backup::none, progress));
    QCOMPARE(told, all);
    told.clear();
    const auto back = loadSafetensors(path, progress);
    QVERIFY_OK(back);
    QCOMPARE(told, all);
    QVERIFY(back->tensors.at("b").bytes == file.tensors.at("b").bytes);
    const std::string bytes = *readFile(path, 16 * kMega);
    most = 3;
    told.clear();
    QVERIFY_REFUSED(loadSafetensors(path, progress), "given up");
    QCOMPARE(told.size(), most);
    file.tensors.at("a").bytes.front() = std::byte{7};
    told.clear();
    QVERIFY_REFUSED(saveSafetensors(path, file, Backup::keepOne, progress), "given up");
    QCOMPARE(told.size(), most);
    // The old file stands, and nothing else does.
    QVERIFY(*readFile(path, 16 * kMega) == bytes);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{"a.safetensors"});
  }

  // Another implementation, in a few lines of Python's standard library, reads the same numbers.
  void pythonReadsIt() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    QVERIFY_OK(saveSafetensors(path, example()));
    const QString script =
        "import json,struct,sys\n"
        "b=open(sys.argv[1],'rb').read()\n"
        "n=struct.unpack('<Q',b[:8])[0]\n"
        "h=json.loads(b[8:8+n])\n"
        "s,e=h['b.weight']['data_offsets']\n"
        "assert h['b.weight']['dtype']=='F32' and h['b.weight']['shape']==[2,3]\n"
        "assert struct.unpack('<6f',b[8+n+s:8+n+e])==(1.5,-2,3,4,5,6)\n"
        "s,e=h['a.count']['data_offsets']\n"
        "assert struct.unpack('<q',b[8+n+s:8+n+e])==(42,) and h['a.count']['shape']==[]\n"
        "assert h['__metadata__']['pinwheel.config'].startswith('[stc]')\n"
        "assert 8+n+max(v['data_offsets'][1] for k,v in h.items() if k!='__metadata__')==len(b)\n";
    QProcess python;
    python.start("python3", {"-c", script, QString::fromStdString(path.string())});
    if (!python.waitForStarted()) QSKIP("python3 is not here");
    QVERIFY(python.waitForFinished());
    QVERIFY2(python.exitCode() == 0, python.readAllStandardError().constData());
  }

  void truncationIsRefusedAtEveryLength() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    QVERIFY_OK(saveSafetensors(path, example()));
    const std::string bytes = *readFile(path, 1 << 20);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      put(path, bytes.substr(0, n));
      QVERIFY2(!loadSafetensors(path), QByteArray::number(static_cast<qulonglong>(n)).constData());
      QVERIFY(!loadSafetensorsHeader(path));
    }
  }

  void corruptionNeverCrashes() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    QVERIFY_OK(saveSafetensors(path, example()));
    const std::string bytes = *readFile(path, 1 << 20);
    constexpr std::uint64_t kSeed = 11;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    Random random(kSeed);
    for (int i = 0; i < 2000; ++i) {
      std::string bad = bytes;
      for (int k = 0; k < 3; ++k) bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      put(path, bad);
      const auto file = loadSafetensors(path);
      if (!file) QVERIFY(!file.error().what.empty());
    }
  }

  void hostileFilesAreRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    const auto row = [](const char* name, const std::string& header, const std::string& data, const char* says) {
      const std::string bytes = raw(header, data);
      QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size())) << says;
    };
    row("not JSON", "{\"a\":", "", "not valid JSON");
    row("an array", "[]", "", "not valid JSON");
    row("no dtype", R"({"a":{"shape":[1],"data_offsets":[0,4]}})", "1234", "missing");
    row("unknown dtype", R"({"a":{"dtype":"F8","shape":[1],"data_offsets":[0,4]}})", "1234", "F8 is not known");
    row("negative shape", R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "1234", "shape");
    row("overflowing shape", R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", "",
        "too large");
    row("offsets that do not fit", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "1234", "do not fit");
    row("past the end", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234", "truncated");
    row("a hole", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "12345678", "hole");
    row("overlap",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
        "1234", "overlaps");
    row("trailing bytes", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "12345", "5 are there");
    row("a name twice",
        R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
        "1234", "twice");
    row("a member twice", R"({"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", "1234", "twice");
    row("metadata of numbers", R"({"__metadata__":{"a":1}})", "", "not a text");
    row("a member twice, apart", R"({"a":{"dtype":"F32","data_offsets":[0,4],"dtype":"F32","shape":[1]}})", "1234",
        "its dtype twice");
    row("metadata twice", R"({"__metadata__":{"a":"1","a":"2"}})", "", "twice");
    row("metadata of objects", R"({"__metadata__":{"a":{}}})", "", "not a text");
    row("metadata that are a list", R"({"__metadata__":[]})", "", "not an object");
    row("a tensor that is a number", R"({"a":1})", "", "missing");
    row("dtype as a number", R"({"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", "1234", "not a text");
    row("shape as a text", R"({"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}})", "1234", "shape is malformed");
    row("shape of 33 axes",
        R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],)"
        R"("data_offsets":[0,4]}})",
        "1234", "shape is malformed");
    row("three offsets", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}})", "1234", "data_offsets are mal");
    row("one offset", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", "1234", "data_offsets are mal");
    row("lists in the shape", R"({"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", "1234", "shape is mal");
    row("objects in the shape", R"({"a":{"dtype":"F32","shape":[{}],"data_offsets":[0,4]}})", "1234", "shape is mal");
    row("text behind the header", R"({} {})", "", "not valid JSON");
    row("deep nesting", "{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}", "", "missing");
    row("deep nesting in a member", "{\"a\":{\"b\":" + std::string(5000, '[') + std::string(5000, ']') + "}}", "",
        "nested");
    std::string claim(8, '\xFF');
    QTest::newRow("a header of 2^64 bytes") << QByteArray(claim.data(), 8) << "claims";
  }
  void hostileFilesAreRefused() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "h.safetensors");
    put(path, bytes.toStdString());
    QVERIFY_REFUSED(loadSafetensors(path), says.toStdString());
    QVERIFY_REFUSED(loadSafetensors(path), path.string());
  }

  // What the format knows is read; a member that a later version adds is passed over.
  void unknownMembersAreLeftAlone() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.safetensors");
    const std::string header = R"({"a":{"dtype":"F32","note":"new","shape":[1],"level":3,"data_offsets":[0,4]}})";
    put(path, raw(header, "1234"));
    const auto file = loadSafetensors(path);
    QVERIFY_OK(file);
    QCOMPARE(file->tensors.at("a").describe(), std::string("F32 [1]"));
  }

  // Headers of megabytes: what they would build is never built.
  void largeHeadersStaySmall_data() {
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<QString>("says");
    QTest::newRow("a shape of empty lists")
        << R"({"a":{"dtype":"F32","shape":[)" + QByteArray("[],").repeated(3500000) + "[]]}}"
        << "shape is malformed";
    QTest::newRow("a shape of ones") << R"({"a":{"dtype":"F32","shape":[)" + QByteArray("1,").repeated(5000000) + "1]}}"
                                     << "shape is malformed";
    QTest::newRow("a member of empty lists") << R"({"a":{"b":[)" + QByteArray("[],").repeated(3500000) + "[]]}}"
                                             << "nested";
    QTest::newRow("objects in objects") << QByteArray(R"({"a":)").repeated(2000000) << "not valid JSON";
    QByteArray empty = "{";
    for (int i = 0; i < 200000; ++i)
      empty += "\"" + QByteArray::number(i) + "\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},";
    empty.back() = '}';
    QTest::newRow("200,000 empty tensors") << empty << "more tensors than any network";
    QTest::newRow("more than 16 MiB") << "{" + QByteArray(17 << 20, ' ') + "}"
                                      << "at most 16777216";
  }
  void largeHeadersStaySmall() {
    QFETCH(QByteArray, header);
    QFETCH(QString, says);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "h.safetensors");
    put(path, raw(header.toStdString(), ""));
    const auto before = peakMemoryBytes();
    QVERIFY_REFUSED(loadSafetensorsHeader(path), says.toStdString());
    const auto grown = peakMemoryBytes() - before;
    QVERIFY2(grown < (64 << 20), QByteArray::number(static_cast<qlonglong>(grown)).constData());
  }

  // A sparse file may claim any size.
  void moreThanMemoryIsRefused() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "sparse.safetensors");
    constexpr std::uint64_t kData = std::uint64_t{1} << 43;
    const std::string header = R"({"a":{"dtype":"U8","shape":[8796093022208],"data_offsets":[0,8796093022208]}})";
    put(path, raw(header, ""));
    std::error_code code;
    std::filesystem::resize_file(path, 8 + header.size() + kData, code);
    if (code) QSKIP("this file system has no files of 8 TB");
    QVERIFY_OK(loadSafetensorsHeader(path));
    QVERIFY_REFUSED(loadSafetensors(path), "bytes of memory");
  }

  void missingFileIsAnError() { QVERIFY_REFUSED(loadSafetensors("/no/such/file"), "cannot be opened"); }
  void aFolderIsAnError() { QVERIFY_REFUSED(loadSafetensors("/tmp"), "This is a folder"); }
};

QTEST_APPLESS_MAIN(TestSafetensors)
#include "test_safetensors.moc"
