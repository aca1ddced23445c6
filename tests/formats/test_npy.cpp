#include "engine/formats/npy.h"

#include <cstring>

#include "engine/core/files.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;

namespace {

std::string header(const std::string& dictionary, char version = 1) {
  std::string text = "\x93NUMPY";
  text += version;
  text += '\0';
  const auto length = static_cast<std::uint32_t>(dictionary.size());
  text += static_cast<char>(length & 0xFF);
  text += static_cast<char>(length >> 8);
  if (version > 1) text += std::string(2, '\0');
  return text + dictionary;
}

std::string floats(std::initializer_list<float> values) {
  std::string bytes(values.size() * 4, '\0');
  std::memcpy(bytes.data(), values.begin(), bytes.size());
  return bytes;
}

}  // namespace

class TestNpy : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void roundTrips_data() {
    QTest::addColumn<QList<qint64>>("shape");
    QTest::newRow("vector") << QList<qint64>{7};
    QTest::newRow("matrix") << QList<qint64>{3, 4};
    QTest::newRow("four axes") << QList<qint64>{2, 3, 1, 2};
    QTest::newRow("scalar") << QList<qint64>{};
    QTest::newRow("empty") << QList<qint64>{0, 5};
  }
  void roundTrips() {
    QFETCH(QList<qint64>, shape);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.npy");
    const std::vector<std::int64_t> extents(shape.begin(), shape.end());
    std::int64_t count = 1;
    for (const auto e : extents) count *= e;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i) values.push_back(0.1F * static_cast<float>(i));
    QVERIFY_OK(saveNpy(path, HostTensor::fromFloats(values, extents)));
    const auto back = loadNpy(path);
    QVERIFY_OK(back);
    QCOMPARE(back->shape, extents);
    QCOMPARE(back->toFloats(), values);
    const auto bytes = readFile(path, 1 << 20);
    QCOMPARE((bytes->size() - values.size() * 4) % 64, std::size_t{0});
  }

  void readsFortranOrderAndLaterVersions() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "f.npy");
    for (const char version : {char{1}, char{2}, char{3}}) {
      const std::string bytes =
          header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", version) + floats({1, 4, 2, 5, 3, 6});
      QVERIFY_OK(writeFileAtomically(path, bytes));
      const auto tensor = loadNpy(path);
      QVERIFY_OK(tensor);
      QCOMPARE(tensor->toFloats(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
    }
  }

  void truncationIsRefusedAtEveryLength() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.npy");
    QVERIFY_OK(saveNpy(path, HostTensor::fromFloats(std::vector<float>{1, 2, 3, 4, 5}, {5})));
    const std::string bytes = *readFile(path, 1 << 20);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      QVERIFY_OK(writeFileAtomically(path, bytes.substr(0, n)));
      QVERIFY2(!loadNpy(path), QByteArray::number(static_cast<qulonglong>(n)).constData());
    }
    QVERIFY_OK(writeFileAtomically(path, bytes + "x"));
    QVERIFY_REFUSED(loadNpy(path), "its shape needs 20 bytes");
  }

  void hostileHeadersAreRefused_data() {
    QTest::addColumn<QString>("dictionary");
    QTest::newRow("big endian") << "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }";
    QTest::newRow("objects") << "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    QTest::newRow("overflowing shape")
        << "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }";
    QTest::newRow("negative shape") << "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }";
    QTest::newRow("no shape") << "{'descr': '<f4', 'fortran_order': False, }";
    QTest::newRow("code for a shape") << "{'descr': '<f4', 'fortran_order': False, 'shape': (exit(),), }";
  }
  void hostileHeadersAreRefused() {
    QFETCH(QString, dictionary);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "h.npy");
    QVERIFY_OK(writeFileAtomically(path, header(dictionary.toStdString()) + floats({1})));
    QVERIFY(!loadNpy(path));
  }
};

QTEST_APPLESS_MAIN(TestNpy)
#include "test_npy.moc"
