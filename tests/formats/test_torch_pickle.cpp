#include "engine/formats/torch_pickle.h"

#include <cmath>

#include "engine/core/files.h"
#include "engine/core/random.h"
#include "engine/core/runtime.h"
#include "tests/formats/zip_bytes.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;
using test::put;

namespace {

std::filesystem::path fixture(const char* name) {
  return std::filesystem::path(PINWHEEL_TEST_FIXTURES) / name;
}

// What make_torch_fixtures.py calls ramp.
std::vector<double> ramp(std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<double>(i) / 8 - 1);
  return values;
}

void checkState(const TensorMap& tensors) {
  QCOMPARE(tensors.size(), std::size_t{11});
  QCOMPARE(tensors.at("conv.weight").describe(), std::string("F32 [4, 3, 2, 2]"));
  QCOMPARE(tensors.at("conv.weight").toDoubles(), ramp(48));
  QCOMPARE(tensors.at("bn.running_var").toDoubles(), ramp(4));
  QCOMPARE(tensors.at("bn.num_batches_tracked").describe(), std::string("I64 []"));
  QCOMPARE(tensors.at("bn.num_batches_tracked").toDoubles(), std::vector<double>{42});
  QCOMPARE(tensors.at("half").describe(), std::string("F16 [6]"));
  QCOMPARE(tensors.at("half").toDoubles(), ramp(6));
  QCOMPARE(tensors.at("bfloat16").describe(), std::string("BF16 [6]"));
  QCOMPARE(tensors.at("bfloat16").toDoubles(), ramp(6));
  QCOMPARE(tensors.at("double").toDoubles(), ramp(3));
  QCOMPARE(tensors.at("flags").toDoubles(), (std::vector<double>{1, 0, 1}));
  QCOMPARE(tensors.at("transposed").shape, (std::vector<std::int64_t>{5, 3}));
  const auto transposed = tensors.at("transposed").toDoubles();
  for (std::size_t row = 0; row < 5; ++row)
    for (std::size_t column = 0; column < 3; ++column)
      QCOMPARE(transposed[row * 3 + column], ramp(15)[column * 5 + row]);
  QCOMPARE(tensors.at("shared.a").toDoubles(), (std::vector<double>{-0.75, -0.625, -0.5, -0.375}));
  QCOMPARE(tensors.at("shared.b").toDoubles(), (std::vector<double>{-1, -0.625, -0.25, 0.125}));
  QCOMPARE(tensors.at("empty").shape, (std::vector<std::int64_t>{0, 4}));
}

}  // namespace

class TestTorchPickle : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void readsEveryKindOfTensor() {
    const auto tensors = loadTorchStateDict(fixture("state_dict.pt"));
    QVERIFY_OK(tensors);
    checkState(*tensors);
  }

  void readsWrappedStatesWithoutModule() {
    const auto tensors = loadTorchStateDict(fixture("wrapped.pth"));
    QVERIFY_OK(tensors);
    checkState(*tensors);
  }

  void readsAModulesOwn() {
    const auto tensors = loadTorchStateDict(fixture("module.pt"));
    QVERIFY_OK(tensors);
    QCOMPARE(tensors->size(), std::size_t{8});
    for (const double v : tensors->at("0.weight").toDoubles()) QCOMPARE(v, 0.5);
    QCOMPARE(tensors->at("2.bias").toDoubles(), (std::vector<double>{4.5, 4.5}));
    QCOMPARE(tensors->at("1.running_var").toDoubles(), (std::vector<double>{1, 1, 1, 1}));
  }

  void refuses_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("says");
    QTest::newRow("a call of the shell") << "hostile.pt"
                                         << "posix.system";
    QTest::newRow("a tensor alone") << "tensor.pt"
                                    << "no dictionary";
    QTest::newRow("the form before 1.6") << "legacy.pt"
                                         << "before 1.6";
    QTest::newRow("a program") << "torchscript.pt"
                               << "TorchScript";
    QTest::newRow("a small file that would grow") << "expanded.pt"
                                                  << "far larger";
    QTest::newRow("no file") << "none.pt"
                             << "No such file";
  }
  void refuses() {
    QFETCH(QString, file);
    QFETCH(QString, says);
    const auto before = peakMemoryBytes();
    QVERIFY_REFUSED(loadTorchStateDict(fixture(file.toUtf8().constData())), says.toStdString());
    QVERIFY(peakMemoryBytes() - before < (64 << 20));
    QVERIFY(!std::filesystem::exists("/hostile-file-was-run"));
  }

  // One byte each that makes a container, a text, a value or a memo entry: a small file must not become a large heap.
  void manyValuesAreRefused_data() {
    QTest::addColumn<QByteArray>("pickle");
    QTest::newRow("dictionaries") << QByteArray(1 << 20, '}');
    QTest::newRow("lists") << QByteArray(4 << 20, ']');
    QTest::newRow("texts") << QByteArray("\x8c\0", 2).repeated(1 << 20);
    QTest::newRow("nothings") << QByteArray(8000000, 'N');
    QTest::newRow("marks") << QByteArray(8000000, '(');
    QTest::newRow("one list that grows") << "]" + ("(" + QByteArray(400000, 'N') + "e").repeated(15);
    QByteArray memo = "N";
    for (int i = 0; i < 1000000; ++i) memo += '\x94';
    QTest::newRow("memo entries") << memo;
    QTest::newRow("more than 8 MiB") << QByteArray((8 << 20) + 1, 'N');
  }
  void manyValuesAreRefused() {
    QFETCH(QByteArray, pickle);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "many.pt");
    put(path, test::zipOf({{"a/data.pkl", "\x80\x02" + pickle.toStdString() + "."}}));
    // What the test itself needs, its peak included, is behind it.
    const auto before = peakMemoryBytes();
    QVERIFY_REFUSED(loadTorchStateDict(path), pickle.size() > 8 << 20 ? "larger than 8 MiB" : "more values than");
    const auto grown = peakMemoryBytes() - before;
    QVERIFY2(grown < (64 << 20), QByteArray::number(static_cast<qlonglong>(grown)).constData());
  }

  // A file that claims 32 GB and holds none of it: what its tensors do not refer to is not read.
  void sparseFilesAreNotReadWhole() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "sparse.pt");
    const std::string zip = *readFile(fixture("state_dict.pt"), 1 << 20);
    // Offsets count from the file's beginning: the archive stays where it is, a comment cannot hold the rest.
    put(path, zip);
    std::filesystem::resize_file(path, std::uint64_t{32} << 30);
    const auto before = peakMemoryBytes();
    QVERIFY_REFUSED(loadTorchStateDict(path), "table of contents is missing");
    QVERIFY(peakMemoryBytes() - before < (64 << 20));
  }

  void compressedAndNamelessArchivesAreRefused() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pt");
    put(path, test::zipOf({{"a/data.pkl", "x", 8, 0}}));
    QVERIFY_REFUSED(loadTorchStateDict(path), "is compressed");
    put(path, test::zipOf({{"a/weights.bin", "x"}}));
    QVERIFY_REFUSED(loadTorchStateDict(path), "no data.pkl");
    put(path, test::zipOf({{"a/data.pkl", "\x80\x02}."}, {"a/byteorder", "big"}}));
    QVERIFY_REFUSED(loadTorchStateDict(path), "little endian");
    put(path, "these are no weights");
    QVERIFY_REFUSED(loadTorchStateDict(path), "not a zip file");
    QVERIFY_REFUSED(loadTorchStateDict(folder.path().toStdString()), "This is a folder");
  }

  void truncationIsRefusedAtEveryLength() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "cut.pt");
    const std::string bytes = *readFile(fixture("state_dict.pt"), 1 << 20);
    for (std::size_t n = 0; n < bytes.size(); n += n < 200 ? 1 : 7) {
      put(path, bytes.substr(0, n));
      QVERIFY2(!loadTorchStateDict(path), QByteArray::number(static_cast<qulonglong>(n)).constData());
    }
  }

  void corruptionNeverCrashes() {
    constexpr std::uint64_t kSeed = 21;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    Random random(kSeed);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "bad.pt");
    const std::string bytes = *readFile(fixture("wrapped.pth"), 1 << 20);
    int refused = 0;
    for (int i = 0; i < 4000; ++i) {
      std::string bad = bytes;
      for (int k = 0; k < 4; ++k) bad[random.below(bad.size())] = static_cast<char>(random.below(256));
      put(path, bad);
      refused += loadTorchStateDict(path) ? 0 : 1;
    }
    QVERIFY(refused > 500);
  }

  // Random programs of the unpickler's own instructions, in a valid archive.
  void randomPicklesNeverCrash() {
    constexpr std::uint64_t kSeed = 22;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    Random random(kSeed);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "bad.pt");
    const std::string bytes = *readFile(fixture("tensor.pt"), 1 << 20);
    const auto at = bytes.find("\x80\x02");
    QVERIFY(at != std::string::npos);
    const std::string opcodes =
        "N\x88\x89KMJ}](t\x85\x86\x87"
        "aesuqrhjRbQ.)";
    for (int i = 0; i < 4000; ++i) {
      std::string bad = bytes;
      for (std::size_t k = at + 2; k < at + 60; ++k)
        bad[k] = random.below(3) == 0 ? static_cast<char>(random.below(8)) : opcodes[random.below(opcodes.size())];
      put(path, bad);
      (void)loadTorchStateDict(path);
    }
  }
};

QTEST_APPLESS_MAIN(TestTorchPickle)
#include "test_torch_pickle.moc"
