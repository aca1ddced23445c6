#include "engine/core/options.h"

#include "tests/support.h"

using namespace pinwheel;

namespace {

struct Values {
  bool flip = true;
  std::int64_t epochs = 10;
  double alpha = 0.5;
  double beta = 0.5;
  std::string neuron = "lif";
  std::string path;
};

OptionTable tableOf(Values& v) {
  OptionTable table;
  table.add({"data.flip", "Mirror.", "", &v.flip});
  table.add({"training.epochs", "Passes.", "", &v.epochs, 1, 1000});
  table.add({"stc.alpha", "Weight.", "", &v.alpha, 0, 100});
  table.add({"stc.beta", "Weight.", "", &v.beta, 1e-4, 1e9});
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
    QTest::newRow("far from every key") << "frobnication=1"
                                        << "the nearest is \"";
    QTest::newRow("a wrong value is shown") << "stc.alpha=big"
                                            << "cannot be \"big\"";
    QTest::newRow("what to write instead") << "training.epochs=x"
                                           << "like its default, 10";
    QTest::newRow("where in the range") << "stc.alpha=-1"
                                        << "the default is 0.5";
    QTest::newRow("which choice") << "model.neuron=zzzzzz"
                                  << "the default is lif";
    QTest::newRow("large ranges without exponents") << "stc.beta=-1"
                                                    << "0.0001 to 1000000000\n";
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
                           << "cannot be [ 1.0 ]";
    QTest::newRow("a wrong value is shown") << "[stc]\nalpha = \"that\""
                                            << "cannot be \"that\"";
    QTest::newRow("a number for a text") << "placement.positions = 5"
                                         << "cannot be 5";
    QTest::newRow("a table for a value") << "[stc.alpha]\nx = 1"
                                         << "stc.alpha.x";
    QTest::newRow("an unknown table") << "stcc.alpha = 1"
                                      << "did you mean \"stc.alpha\"";
    QTest::newRow("an unknown table without values") << "[frobnication]"
                                                     << "frobnication";
    // Every dot is a table in a table: a parser that recurses would leave its stack.
    const auto dots = [](int count) { return QString("a.").repeated(count); };
    QTest::newRow("a key of 200,000 dots") << dots(200000) + "a = 1"
                                           << "line 1: a key of more than 16";
    QTest::newRow("dots between quotes") << "\n" + QString("\"a\" . ").repeated(2000) + "a = 1"
                                         << "line 2: a key of";
    QTest::newRow("a header of dots") << "[" + dots(2000) + "a]"
                                      << "a key of more than 16";
    QTest::newRow("dots behind a text that ends in four quotes")
        << "x = { y = \"\"\"z\"\"\"\", " + dots(2000) + "a = 1}"
        << "a key of more than 16";
    QTest::newRow("dots in inline tables") << "x = " + QString("{a.a.a.a.a.a.a.a = ").repeated(200) + "1"
                                           << "nested more than 16";
    QTest::newRow("brackets") << "x = " + QString("[").repeated(200000) << "nested more than 16";
    QTest::newRow("2 MB") << "x = \"" + QString("a").repeated(2000000) + "\""
                          << "at most 1 MiB";
    QTest::newRow("a long key is cut") << QString("a").repeated(500000) + " = 1"
                                       << "aaa...\"";
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

  // Quotes, comments and numbers with points are no keys.
  void pointsElsewhereAreNoDots() {
    Values v;
    OptionTable table = tableOf(v);
    const std::string points(40, '.');
    QVERIFY_OK(table.readToml("# " + points + "\n'placement' . \"positions\" = \"" + points + "\\\"" + points +
                                  "\" # " + points + "\n[stc]\nalpha = 1.5\nbeta = 2.5\n",
                              "test"));
    QCOMPARE(v.path, points + "\"" + points);
    const std::string three(3, '"');
    QVERIFY_OK(table.readToml("placement.positions = " + three + points + "\"" + points + "\"\"" + three, "test"));
    QCOMPARE(v.path, points + "\"" + points + "\"\"");
    QVERIFY_OK(table.readToml("placement.positions = '" + points + "\\'", "test"));
    QCOMPARE(v.path, points + "\\");
  }

  void textMustBeUtf8_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    QTest::newRow("ASCII") << QByteArray("runs/a") << true;
    QTest::newRow("two, three and four bytes") << QByteArray("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") << true;
    QTest::newRow("the last of each") << QByteArray("\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF") << true;
    QTest::newRow("Latin-1") << QByteArray("caf\xE9") << false;
    QTest::newRow("cut off") << QByteArray("a\xE2\x82") << false;
    QTest::newRow("a continuation alone") << QByteArray("\x80") << false;
    QTest::newRow("overlong") << QByteArray("\xC0\xAF") << false;
    QTest::newRow("overlong, three bytes") << QByteArray("\xE0\x80\xAF") << false;
    QTest::newRow("a surrogate") << QByteArray("\xED\xA0\x80") << false;
    QTest::newRow("above U+10FFFF") << QByteArray("\xF4\x90\x80\x80") << false;
  }
  void textMustBeUtf8() {
    QFETCH(QByteArray, text);
    QFETCH(bool, valid);
    Values v;
    OptionTable table = tableOf(v);
    const std::string value = text.toStdString();
    if (valid) {
      QVERIFY_OK(table.set("placement.positions", value));
      QVERIFY_OK(table.readToml(table.toToml(), "test"));
      QCOMPARE(v.path, value);
      return;
    }
    QVERIFY_REFUSED(table.set("placement.positions", value), "Option placement.positions cannot be");
    QVERIFY_REFUSED(table.set("placement.positions", value), "not UTF-8");
    QVERIFY_REFUSED(table.readToml("[placement]\npositions = \"" + value + "\"", "test"),
                    "line 2, option positions: the text is not UTF-8");
    QVERIFY(v.path.empty());
  }

  void helpNamesEverything() {
    Values v;
    const std::string help = tableOf(v).helpText();
    for (const char* part : {"stc.alpha = 0.5", "0 to 100", "One of lif, relu", "training.epochs = 10"})
      QVERIFY2(help.find(part) != std::string::npos, part);
    // A range is a number's; a choice or a text has none.
    for (const char* part : {"0 to 0", "1e+"}) QVERIFY2(help.find(part) == std::string::npos, part);
  }
};

QTEST_APPLESS_MAIN(TestOptions)
#include "test_options.moc"
