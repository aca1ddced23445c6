#include "engine/formats/matrix_file.h"

#include <matio.h>

#include <cmath>
#include <cstring>

#include "engine/core/files.h"
#include "engine/formats/mat_file.h"
#include "engine/formats/npy.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;
using test::put;

namespace {

using Values = std::vector<double>;

HostTensor tensorOf(const Values& values, std::vector<std::int64_t> shape) {
  HostTensor tensor{DType::float64, std::move(shape), {}};
  tensor.bytes.resize(values.size() * sizeof(double));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

// d(i, j) = subject + 1 + the number of the pair; symmetric, in C order.
Values square(std::size_t n, double subject) {
  Values out(n * n, 0.0);
  double pair = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = i + 1; j < n; ++j) out[i * n + j] = out[j * n + i] = subject + ++pair;
  return out;
}

Values triangle(std::size_t n, double subject) {
  Values out;
  for (std::size_t k = 1; k <= n * (n - 1) / 2; ++k) out.push_back(subject + static_cast<double>(k));
  return out;
}

matvar_t* doubles(const char* name, Values values, std::vector<std::size_t> dims) {
  return Mat_VarCreate(name, MAT_C_DOUBLE, MAT_T_DOUBLE, static_cast<int>(dims.size()), dims.data(), values.data(), 0);
}

// Writes and frees them.
void writeMat(const std::filesystem::path& path, const std::vector<matvar_t*>& variables, mat_ft version = MAT_FT_MAT5,
              matio_compression compression = MAT_COMPRESSION_NONE) {
  mat_t* file = Mat_CreateVer(path.c_str(), nullptr, version);
  QVERIFY(file != nullptr);
  for (matvar_t* variable : variables) {
    QCOMPARE(Mat_VarWrite(file, variable, compression), 0);
    Mat_VarFree(variable);
  }
  Mat_Close(file);
}

// Kriegeskorte's RDM structs: one element per subject, with a name beside the matrix.
matvar_t* structOf(const char* name, std::size_t subjects) {
  const char* fields[] = {"RDM", "name"};
  std::size_t dims[] = {1, subjects};
  matvar_t* out = Mat_VarCreateStruct(name, 2, dims, fields, 2);
  for (std::size_t s = 0; s < subjects; ++s) {
    Mat_VarSetStructFieldByName(out, "RDM", s, doubles(nullptr, square(4, 10 * static_cast<double>(s)), {4, 4}));
    std::string text = "subject";
    std::size_t length[] = {1, text.size()};
    Mat_VarSetStructFieldByName(out, "name", s,
                                Mat_VarCreate(nullptr, MAT_C_CHAR, MAT_T_UTF8, 2, length, text.data(), 0));
  }
  return out;
}

void compareStack(const Expected<DissimilarityStack>& stack, std::size_t n, std::size_t subjects) {
  QVERIFY_OK(stack);
  QCOMPARE(stack->stimuli, static_cast<std::int64_t>(n));
  QCOMPARE(stack->matrices.size(), subjects);
  for (std::size_t s = 0; s < subjects; ++s) QCOMPARE(stack->matrices[s], square(n, 10 * static_cast<double>(s)));
}

}  // namespace

class TestMatrixFile : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void sourcesNameVariables() {
    const auto source = ArraySource::parse("/some/file.mat:RDMs.RDM");
    QCOMPARE(source.path, std::filesystem::path("/some/file.mat"));
    QCOMPARE(source.variable, std::string("RDMs.RDM"));
    QCOMPARE(source.name(), std::string("file.mat:RDMs.RDM"));
    QCOMPARE(ArraySource::parse("a.npy").path, std::filesystem::path("a.npy"));
    const auto odd = pathOf(m_folder, "a:b.csv");
    put(odd, "1,2\n");
    QCOMPARE(ArraySource::parse(odd.string()).path, odd);
    QVERIFY(ArraySource::parse(odd.string()).variable.empty());
  }

  void npyStacks_data() {
    QTest::addColumn<QList<qint64>>("shape");
    QTest::addColumn<int>("subjects");
    QTest::newRow("one square") << QList<qint64>{4, 4} << 1;
    QTest::newRow("subjects first") << QList<qint64>{2, 4, 4} << 2;
    QTest::newRow("subjects last") << QList<qint64>{4, 4, 2} << 2;
    QTest::newRow("one triangle") << QList<qint64>{6} << 1;
    QTest::newRow("a row") << QList<qint64>{1, 6} << 1;
    QTest::newRow("a column") << QList<qint64>{6, 1} << 1;
    QTest::newRow("triangles in rows") << QList<qint64>{3, 6} << 3;
    QTest::newRow("triangles in columns") << QList<qint64>{6, 3} << 3;
    QTest::newRow("MATLAB's triangles") << QList<qint64>{1, 6, 2} << 2;
  }
  void npyStacks() {
    QFETCH(QList<qint64>, shape);
    QFETCH(int, subjects);
    const auto count = static_cast<std::size_t>(subjects);
    const bool squares = shape.size() >= 2 && (shape[0] == 4 || shape[1] == 4);
    const std::size_t length = squares ? 16 : 6;
    const bool last = shape.back() == subjects;
    Values values(length * count);
    for (std::size_t s = 0; s < count; ++s) {
      const Values own = squares ? square(4, 10 * static_cast<double>(s)) : triangle(4, 10 * static_cast<double>(s));
      for (std::size_t k = 0; k < length; ++k) values[last ? k * count + s : s * length + k] = own[k];
    }
    const auto path = pathOf(m_folder, "stack.npy");
    QVERIFY_OK(saveNpy(path, tensorOf(values, std::vector<std::int64_t>(shape.begin(), shape.end()))));
    compareStack(loadDissimilarities({path}), 4, count);
  }

  void csvTables() {
    const auto path = pathOf(m_folder, "table.csv");
    const Values wanted{0, 1.5, -2e3, 4, 5, 6};
    for (const char* text : {"0,1.5,-2e3\n4,5,6\n", "a,b,c\r\n0,1.5,-2e3\r\n4,5,6\r\n", "0;1.5;-2e3\n\n4;5;6",
                             " 0  1.5 -2e3\n4 5 6 \n", "0\t1.5\t-2e3\n4\t +5\t6\n"}) {
      put(path, text);
      const auto table = loadArray({path});
      QVERIFY_OK(table);
      QCOMPARE(table->shape, (std::vector<std::int64_t>{2, 3}));
      QCOMPARE(table->toDoubles(), wanted);
    }
    put(path, "1,,3\n");
    QVERIFY(std::isnan(loadArray({path})->toDoubles()[1]));
    put(path, ",1,2\n1,nan,3\n2,3,0\n");
    const auto stack = loadDissimilarities({path});
    QVERIFY_OK(stack);
    QCOMPARE(stack->matrices[0], (Values{0, 1, 2, 1, 0, 3, 2, 3, 0}));
  }

  void csvThatCannotBe_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    QTest::newRow("empty") << ""
                           << "holds no row";
    QTest::newRow("a header alone") << "a,b\n"
                                    << "holds no row";
    QTest::newRow("two headers") << "a,b\nc,d\n1,2\n"
                                 << "line 2: \"c\" in column 1";
    QTest::newRow("text among numbers") << "1,2\n3,x\n"
                                        << "line 2: \"x\" in column 2";
    QTest::newRow("half a number") << "1,2\n3,4e\n"
                                   << "is not a number";
    QTest::newRow("a short line") << "1,2\n3\n"
                                  << "line 2: 1 cells, where 2";
    QTest::newRow("a header of another length") << "a,b,c\n1,2\n"
                                                << "2 cells, where 3";
  }
  void csvThatCannotBe() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto path = pathOf(m_folder, "bad.csv");
    put(path, text.toStdString());
    QVERIFY_REFUSED(loadArray({path}), says.toStdString());
  }

  void matricesThatAreNone_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    QTest::newRow("neither square nor triangles") << "1,2,3,4\n1,2,3,4\n"
                                                  << "neither square";
    QTest::newRow("two stimuli") << "0,1\n1,0\n"
                                 << "neither square";
    QTest::newRow("similarities") << "1,2,3\n2,1,4\n3,4,1\n"
                                  << "give 1 - r";
    QTest::newRow("not symmetric") << "0,2,3\n2,0,4\n3,5,0\n"
                                   << "not symmetric: row 2, column 3";
    QTest::newRow("a hole") << "0,2,3\n2,0,\n3,4,0\n"
                            << "row 2, column 3 is not a number";
    QTest::newRow("infinite") << "0,2,inf\n2,0,4\ninf,4,0\n"
                              << "row 1, column 3 is not a number";
  }
  void matricesThatAreNone() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    const auto path = pathOf(m_folder, "none.csv");
    put(path, text.toStdString());
    QVERIFY_REFUSED(loadDissimilarities({path}), says.toStdString());
  }

  void filesThatCannotBe() {
    QVERIFY_REFUSED(loadArray({pathOf(m_folder, "absent.npy")}), "absent.npy");
    QVERIFY_REFUSED(loadArray({pathOf(m_folder, "absent.csv")}), "absent.csv");
    QVERIFY_REFUSED(loadArray({pathOf(m_folder, "absent.mat")}), "absent.mat");
    QVERIFY_REFUSED(loadArray({"matrix.txt"}), "does not end in");
    QVERIFY_REFUSED(loadArray({"matrix.npy", "RDM"}), "has no variables");
  }

  void matVariables_data() {
    QTest::addColumn<int>("version");
    QTest::addColumn<bool>("compressed");
    QTest::newRow("5") << static_cast<int>(MAT_FT_MAT5) << false;
    QTest::newRow("5, compressed") << static_cast<int>(MAT_FT_MAT5) << true;
    QTest::newRow("7.3") << static_cast<int>(MAT_FT_MAT73) << false;
  }
  void matVariables() {
    QFETCH(int, version);
    QFETCH(bool, compressed);
    const auto path = pathOf(m_folder, "variables.mat");
    std::filesystem::remove(path);
    // 2 x 3, in MATLAB's order: columns first.
    writeMat(path,
             {doubles("table", {1, 4, 2, 5, 3, 6}, {2, 3}), doubles("scalar", {7}, {1, 1}),
              doubles("rdm", square(4, 0), {4, 4}), structOf("RDMs", 3)},
             static_cast<mat_ft>(version), compressed ? MAT_COMPRESSION_ZLIB : MAT_COMPRESSION_NONE);
    const auto table = loadArray({path, "table"});
    QVERIFY_OK(table);
    QCOMPARE(table->shape, (std::vector<std::int64_t>{2, 3}));
    QCOMPARE(table->toDoubles(), (Values{1, 2, 3, 4, 5, 6}));
    compareStack(loadDissimilarities({path, "rdm"}), 4, 1);
    compareStack(loadDissimilarities({path, "RDMs"}), 4, 3);
    compareStack(loadDissimilarities({path, "RDMs.RDM"}), 4, 3);
    QVERIFY_REFUSED(loadDissimilarities({path}), "Several variables could be meant");
    QVERIFY_REFUSED(loadDissimilarities({path, "nonesuch"}), "table (2x3)");
    QVERIFY_REFUSED(loadDissimilarities({path, "RDMs.nonesuch"}), "There is no field nonesuch");
    QVERIFY_REFUSED(loadDissimilarities({path, "RDMs.name"}), "not an array of numbers");
    QVERIFY_REFUSED(loadDissimilarities({path, "rdm.RDM"}), "is not a struct");
    QVERIFY_REFUSED(loadArray({path, "RDMs"}), "the struct holds 3");
  }

  void matStacksAndTypes() {
    const auto path = pathOf(m_folder, "types.mat");
    Values stack = square(4, 0);
    const Values second = square(4, 10);
    stack.insert(stack.end(), second.begin(), second.end());
    std::vector<float> singles(6);
    std::vector<std::uint8_t> bytes(6);
    for (std::size_t k = 0; k < 6; ++k) {
      singles[k] = static_cast<float>(k + 1);
      bytes[k] = static_cast<std::uint8_t>(k + 1);
    }
    std::size_t row[] = {1, 6};
    writeMat(path, {doubles("stack", stack, {4, 4, 2}),
                    Mat_VarCreate("singles", MAT_C_SINGLE, MAT_T_SINGLE, 2, row, singles.data(), 0),
                    Mat_VarCreate("bytes", MAT_C_UINT8, MAT_T_UINT8, 2, row, bytes.data(), 0),
                    doubles("four", Values(16, 0.0), {2, 2, 2, 2})});
    compareStack(loadDissimilarities({path, "stack"}), 4, 2);
    compareStack(loadDissimilarities({path, "singles"}), 4, 1);
    compareStack(loadDissimilarities({path, "bytes"}), 4, 1);
    QVERIFY_REFUSED(loadArray({path, "four"}), "more than 3 axes");
  }

  void truncatedMatFiles_data() {
    QTest::addColumn<int>("version");
    QTest::addColumn<bool>("compressed");
    QTest::newRow("5") << static_cast<int>(MAT_FT_MAT5) << false;
    QTest::newRow("5, compressed") << static_cast<int>(MAT_FT_MAT5) << true;
    QTest::newRow("7.3") << static_cast<int>(MAT_FT_MAT73) << false;
  }
  void truncatedMatFiles() {
    QFETCH(int, version);
    QFETCH(bool, compressed);
    const auto path = pathOf(m_folder, "whole.mat");
    std::filesystem::remove(path);
    writeMat(path, {doubles("rdm", square(4, 0), {4, 4})}, static_cast<mat_ft>(version),
             compressed ? MAT_COMPRESSION_ZLIB : MAT_COMPRESSION_NONE);
    compareStack(loadDissimilarities({path}), 4, 1);
    const auto whole = readFile(path, 1 << 20);
    QVERIFY_OK(whole);
    const auto cut = pathOf(m_folder, "cut.mat");
    // Every length of the small files; of HDF5, whose end is told in its header, some of each part.
    const std::size_t stride = version == MAT_FT_MAT73 ? 61 : 1;
    for (std::size_t length = 0; length < whole->size(); length += stride) {
      put(cut, std::string_view(*whole).substr(0, length));
      QVERIFY2(!loadDissimilarities({cut}).has_value(), qPrintable(QStringLiteral("%1 bytes").arg(length)));
    }
  }

  // Any byte may be anything: an array or an error, never a crash or memory without end.
  void damagedMatFiles() {
    const auto path = pathOf(m_folder, "sound.mat");
    writeMat(path, {structOf("RDMs", 2)});
    const auto sound = readFile(path, 1 << 20);
    QVERIFY_OK(sound);
    const auto damaged = pathOf(m_folder, "damaged.mat");
    int refused = 0;
    for (std::size_t at = 128; at < sound->size(); at += 4)
      for (const char value : {'\x00', '\x7f', '\xff'}) {
        std::string bytes = *sound;
        bytes[at] = value;
        put(damaged, bytes);
        refused += loadDissimilarities({damaged}).has_value() ? 0 : 1;
      }
    QVERIFY(refused > 20);
  }

private:
  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestMatrixFile)
#include "test_matrix_file.moc"
