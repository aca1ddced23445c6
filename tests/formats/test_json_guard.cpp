#include "engine/formats/json_guard.h"

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;

class TestJsonGuard : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void limitsHold_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("refusal");
    const QString deep = "nested more than 3 deep";
    const QString many = "of more than 6 values";
    QTest::newRow("a number") << "1" << QString();
    QTest::newRow("three deep") << "[[[]]]" << QString();
    QTest::newRow("three deep, of both kinds") << "{\"a\":[{}]}" << QString();
    QTest::newRow("neighbours are not deeper") << "[[],[],[[]]]" << QString();
    QTest::newRow("four deep") << "[[[[]]]]" << deep;
    QTest::newRow("four deep behind a good part") << "[1,{\"a\":[[]]}]" << deep;
    QTest::newRow("six values") << "[1,null,true,\"a\",-2.5]" << QString();
    QTest::newRow("seven values") << "[1,null,true,\"a\",-2.5,0]" << many;
    QTest::newRow("six values with names") << "{\"a\":1,\"b\":[]}"
                                           << "";
    QTest::newRow("seven values with names") << "{\"a\":1,\"b\":[0,0]}" << many;
    QTest::newRow("nothing") << ""
                             << "not valid JSON";
    QTest::newRow("unfinished") << "[1,"
                                << "not valid JSON";
    QTest::newRow("something behind it") << "[1] 2"
                                         << "not valid JSON";
    QTest::newRow("a number beyond doubles") << "1e999"
                                             << "not valid JSON";
  }
  void limitsHold() {
    QFETCH(QString, text);
    QFETCH(QString, refusal);
    QCOMPARE(QString::fromStdString(jsonRefusal(text.toStdString(), {3, 6})), refusal);
  }

  // What is wrong far behind the limit is never looked at: the text may be of any length.
  void stopsAtTheLimit() {
    QCOMPARE(jsonRefusal(std::string(1 << 22, '[')), std::string("nested more than 16 deep"));
    std::string many = "[";
    for (int i = 0; i < (1 << 20); ++i) many += "0,";
    QCOMPARE(jsonRefusal(many), std::string("of more than 1000000 values"));
  }
};

QTEST_APPLESS_MAIN(TestJsonGuard)
#include "test_json_guard.moc"
