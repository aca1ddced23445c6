#include "engine/formats/csv.h"

#include <cmath>

#include "engine/core/files.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;

class TestCsv : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void writesByTheStandard() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.csv");
    CsvTable table{{"unit", "name, long", "value"},
                   {{std::int64_t{0}, std::string("plain"), 0.1},
                    {std::int64_t{1}, std::string("with \"quotes\""), static_cast<double>(0.1F)},
                    {std::int64_t{2}, std::string("line\nbreak"), std::nan("")}}};
    QVERIFY_OK(saveCsv(path, table));
    QCOMPARE(
        *readFile(path, 1000),
        std::string(
            "unit,\"name, long\",value\r\n0,plain,0.1\r\n1,\"with \"\"quotes\"\"\",0.1\r\n2,\"line\nbreak\",\r\n"));
  }

  void raggedRowsAreRefused() {
    QTemporaryDir folder;
    QVERIFY_REFUSED(saveCsv(pathOf(folder, "a.csv"), {{"a", "b"}, {{1.0}}}), "not rectangular");
    QVERIFY(!std::filesystem::exists(pathOf(folder, "a.csv")));
  }
};

QTEST_APPLESS_MAIN(TestCsv)
#include "test_csv.moc"
