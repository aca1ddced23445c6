#include "engine/core/options.h"

#include "tests/support.h"

using namespace pinwheel;

namespace {

struct Values {
  bool flip = true;
  std::int64_t epochs = 10;
  double alpha = 0.5;
  std::string neuron = "lif";
  std::string path;
};

OptionTable tableOf(Values& v) {
  OptionTable table;
  table.add({"data.flip", "Mirror.", "", &v.flip});
  table.add({"training.epochs", "Passes.", "", &v.epochs, 1, 1000});
  table.add({"stc.alpha", "Weight.", "", &v.alpha, 0, 100});
  table.add({"model.neuron", "Kind.", "", &v.neuron, 0, 0, {"lif", "relu"}});
  table.add({"placement.positions", "File.", "", &v.path});
  return table;
}

}  // namespace

class TestOptions : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void setsEveryKind() {
    Values v;
    OptionTable table = tableOf(v);
    QVERIFY_OK(table.setAssignment("data.flip=false"));
    QVERIFY_OK(table.setAssignment("training.epochs=3"));
    QVERIFY_OK(table.setAssignment("stc.alpha=1e-2"));
    QVERIFY_OK(table.setAssignment("model.neuron=relu"));
    QVERIFY_OK(table.setAssignment("placement.positions=/a/b=c.safetensors"));
    QCOMPARE(v.flip, false);
    QCOMPARE(v.epochs, std::int64_t{3});
    QCOMPARE(v.alpha, 1e-2);
    QCOMPARE(v.neuron, std::string("relu"));
    QCOMPARE(v.path, std::string("/a/b=c.safetensors"));
  }

  void refuses_data() {
    QTest::addColumn<QString>("assignment");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown names the nearest") << "stc.alhpa=1"
                                               << "stc.alpha";
    QTest::newRow("last part alone names the key") << "alpha=1"
                                                   << "stc.alpha";
    QTest::newRow("no value") << "stc.alpha"
                              << "key=value";
    QTest::newRow("no key") << "=1"
                            << "key=value";
    QTest::newRow("text for a number") << "stc.alpha=big"
                                       << "a number";
    QTest::newRow("empty number") << "stc.alpha="
                                  << "a number";
    QTest::newRow("trailing letters") << "training.epochs=3x"
                                      << "whole number";
    QTest::newRow("fraction for an integer") << "training.epochs=3.5"
                                             << "whole number";
    QTest::newRow("integer beyond 64 bits") << "training.epochs=99999999999999999999"
                                            << "whole number";
    QTest::newRow("below the range") << "training.epochs=0"
                                     << "1 to 1000";
    QTest::newRow("above the range") << "stc.alpha=100.5"
                                     << "0 to 100";
    QTest::newRow("not a number") << "stc.alpha=nan"
                                  << "finite";
    QTest::newRow("infinite") << "stc.alpha=inf"
                              << "finite";
    QTest::newRow("not a choice") << "model.neuron=relux"
                                  << "did you mean \"relu\"";
    QTest::newRow("not a truth value") << "data.flip=maybe"
                                       << "true or false";
  }
  void refuses() {
    QFETCH(QString, assignment);
    QFETCH(QString, says);
    Values v;
    OptionTable table = tableOf(v);
    const std::string before = table.toToml();
    QVERIFY_REFUSED(table.setAssignment(assignment.toStdString()), says.toStdString());
    QCOMPARE(table.toToml(), before);
  }

  void tomlRoundTripIsExact() {
    Values v;
    v.alpha = 0.1 + 0.2;
    v.path = "with \"quotes\", a \\ and a tab\t";
    v.flip = false;
    const std::string text = tableOf(v).toToml();
    Values back;
    OptionTable table = tableOf(back);
    QVERIFY_OK(table.readToml(text, "test"));
    QCOMPARE(back.alpha, v.alpha);
    QCOMPARE(back.path, v.path);
    QCOMPARE(table.toToml(), text);
    // A whole number is a valid value of a real option.
    QVERIFY_OK(table.readToml("[stc]\nalpha = 2", "test"));
    QCOMPARE(back.alpha, 2.0);
  }

  void tomlIsAllOrNothing_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("says");
    QTest::newRow("unknown key, with its line") << "[stc]\nalpha = 1.0\nbeat = 1.0"
                                                << "line 3";
    QTest::newRow("out of range") << "[stc]\nalpha = 1.0\n[training]\nepochs = -1"
                                  << "line 4";
    QTest::newRow("wrong type") << "[stc]\nalpha = \"1\""
                                << "a number";
    QTest::newRow("not TOML") << "[stc]\nalpha = 1.0\n[[["
                              << "line 3";
    QTest::newRow("array") << "[stc]\nalpha = [1.0]"
                           << "a number";
  }
  void tomlIsAllOrNothing() {
    QFETCH(QString, text);
    QFETCH(QString, says);
    Values v;
    OptionTable table = tableOf(v);
    QVERIFY_REFUSED(table.readToml(text.toStdString(), "my.toml"), says.toStdString());
    QVERIFY_REFUSED(table.readToml(text.toStdString(), "my.toml"), "my.toml");
    QCOMPARE(v.alpha, 0.5);
  }

  void helpNamesEverything() {
    Values v;
    const std::string help = tableOf(v).helpText();
    for (const char* part : {"stc.alpha = 0.5", "0 to 100", "One of lif, relu", "training.epochs = 10"})
      QVERIFY2(help.find(part) != std::string::npos, part);
  }
};

QTEST_APPLESS_MAIN(TestOptions)
#include "test_options.moc"
