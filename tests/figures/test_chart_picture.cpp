#include "engine/figures/chart_picture.h"

#include <QXmlStreamReader>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>

#include "engine/figures/cairo_text.h"
#include "engine/figures/chart_axis.h"
#include "engine/figures/chart_png.h"
#include "engine/figures/xml_text.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::figures;

namespace {

const double kGap = std::nan("");

ChartCurve level(std::size_t points, double y) {
  ChartCurve curve{"level", {}, {}};
  for (std::size_t i = 0; i < points; ++i) {
    curve.x.push_back(static_cast<double>(i));
    curve.y.push_back(y);
  }
  return curve;
}

ChartAxis over(double low, double high, AxisEnds ends, AxisScale scale = AxisScale::linear) {
  const std::vector<double> values{low, high};
  return axisOver(values, ends, scale);
}

QStringList tickTexts(const ChartAxis& axis) {
  QStringList texts;
  for (const double tick : axis.ticks()) texts << QString::fromStdString(axis.text(tick));
  return texts;
}

/// y = x^power at 91 places from 1 to 1000: too many for markers.
ChartPicture powerLaw(double power, AxisScale scale) {
  ChartCurve curve{"", {}, {}};
  for (int i = 0; i <= 90; ++i) {
    curve.x.push_back(std::pow(10, i / 30.0));
    curve.y.push_back(std::pow(curve.x.back(), power));
  }
  return {"", "", "", {curve}, scale, scale};
}

/// A chart as pixels.
class Canvas {
public:
  explicit Canvas(const ChartPicture& chart)
      : m_surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(kChartWidth),
                                             static_cast<int>(std::ceil(chartHeight(chart)))),
                  cairo_surface_destroy) {
    const CairoContext context(cairo_create(m_surface.get()), cairo_destroy);
    status = drawChart(context.get(), chart);
    cairo_surface_flush(m_surface.get());
  }
  [[nodiscard]] int width() const { return cairo_image_surface_get_width(m_surface.get()); }
  [[nodiscard]] int height() const { return cairo_image_surface_get_height(m_surface.get()); }
  /// 0 red, 1 green, 2 blue.
  [[nodiscard]] int part(int x, int y, int channel) const {
    const unsigned char* row =
        cairo_image_surface_get_data(m_surface.get()) + y * cairo_image_surface_get_stride(m_surface.get());
    std::uint32_t pixel = 0;
    std::memcpy(&pixel, row + 4 * x, sizeof pixel);
    return static_cast<int>(pixel >> (16 - 8 * channel) & 0xffU);
  }
  [[nodiscard]] int blueness(int x, int y) const { return part(x, y, 2) - part(x, y, 0); }
  [[nodiscard]] int count(const std::function<bool(int, int)>& matches) const {
    int n = 0;
    for (int y = 0; y < height(); ++y)
      for (int x = 0; x < width(); ++x) n += matches(x, y) ? 1 : 0;
    return n;
  }

  Status status;

private:
  CairoSurface m_surface;
};

/// The middle of what is blue in every column, from the first such column to the last.
struct Traced {
  int first = 0;
  std::vector<double> y;
  /// The largest distance from the straight line between the ends.
  [[nodiscard]] double bend() const {
    double worst = 0;
    const auto last = static_cast<double>(y.size() - 1);
    for (std::size_t i = 0; i < y.size(); ++i)
      worst = std::max(worst, std::abs(y[i] - y.front() - (y.back() - y.front()) * static_cast<double>(i) / last));
    return worst;
  }
};

Traced traced(const Canvas& canvas) {
  Traced line;
  for (int x = 0; x < canvas.width(); ++x) {
    double sum = 0;
    double weight = 0;
    for (int y = 0; y < canvas.height(); ++y) {
      const int blue = canvas.blueness(x, y);
      if (blue <= 20) continue;
      sum += blue * (y + 0.5);
      weight += blue;
    }
    if (weight < 100) continue;  // the round end of a line, in part
    if (line.y.empty()) line.first = x;
    line.y.push_back(sum / weight);
  }
  return line;
}

/// Rows with a long broken line: much ink, and many beginnings of it.
int dashedRows(const Canvas& canvas) {
  int rows = 0;
  for (int y = 0; y < canvas.height(); ++y) {
    int dark = 0;
    int beginnings = 0;
    for (int x = 1; x < canvas.width(); ++x) {
      const bool here = canvas.part(x, y, 0) < 170;
      dark += here ? 1 : 0;
      beginnings += here && canvas.part(x - 1, y, 0) >= 170 ? 1 : 0;
    }
    rows += dark > 100 && beginnings > 20 ? 1 : 0;
  }
  return rows;
}

}  // namespace

class TestChartPicture : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void ticksAreRound() {
    const ChartAxis shares = over(0.03, 0.97, AxisEnds::atTicks);
    QCOMPARE(shares.low, 0.0);
    QCOMPARE(shares.high, 1.0);
    QStringList texts;
    for (const double tick : shares.ticks()) texts << QString::fromStdString(shares.text(tick));
    QCOMPARE(texts, QStringList({"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}));

    const ChartAxis signs = over(-7, 12, AxisEnds::atTicks);
    QCOMPARE(signs.ticks(), std::vector<double>({-10, -5, 0, 5, 10, 15}));
    QCOMPARE(QString::fromStdString(signs.text(-10)), QString(QChar(0x2212)) + "10");
    QCOMPARE(signs.text(0), std::string("0"));
    QVERIFY(!std::signbit(signs.ticks()[2]));

    const ChartAxis beyond = over(1, 4, AxisEnds::beyondData);
    QVERIFY(qFuzzyCompare(beyond.low, 0.94));
    QVERIFY(qFuzzyCompare(beyond.high, 4.06));
    QCOMPARE(beyond.ticks(), std::vector<double>({1, 2, 3, 4}));
  }

  void anAxisHoldsEveryRange_data() {
    QTest::addColumn<double>("low");
    QTest::addColumn<double>("high");
    QTest::newRow("constant") << 2.5 << 2.5;
    QTest::newRow("zero") << 0.0 << 0.0;
    QTest::newRow("negative constant") << -3.0 << -3.0;
    QTest::newRow("tiny") << 3e-7 << 9e-7;
    QTest::newRow("almost alike") << 1e16 << 1e16 + 4;
    QTest::newRow("huge") << -1e150 << 1e150;
    QTest::newRow("nearly nothing") << 0.0 << 1e-305;
  }
  void anAxisHoldsEveryRange() {
    QFETCH(const double, low);
    QFETCH(const double, high);
    for (const AxisEnds ends : {AxisEnds::atTicks, AxisEnds::beyondData}) {
      const ChartAxis axis = over(low, high, ends);
      QVERIFY(axis.low < axis.high);
      QVERIFY(axis.low <= low && high <= axis.high);
      const std::vector<double> ticks = axis.ticks();
      QVERIFY(ticks.size() >= 2 && ticks.size() <= 7);
      for (const double tick : ticks) QVERIFY(axis.share(tick) > -1e-6 && axis.share(tick) < 1 + 1e-6);
    }
  }

  void wholeNumbersHaveWholeTicks() {
    const std::vector<double> pairs{1, 2, 3};
    QCOMPARE(axisOver(pairs, AxisEnds::beyondData).ticks(), pairs);
    QCOMPARE(axisOver(pairs, AxisEnds::beyondData).text(2), std::string("2"));
    const std::vector<double> one{1};
    QCOMPARE(axisOver(one, AxisEnds::beyondData).ticks(), one);
    QCOMPARE(axisOver(one, AxisEnds::atTicks).ticks(), std::vector<double>({0, 1, 2}));
    const std::vector<double> half{1, 1.5, 3};
    QCOMPARE(axisOver(half, AxisEnds::beyondData).ticks(), std::vector<double>({1, 1.5, 2, 2.5, 3}));
    const std::vector<double> many{0, 40, 100};
    QCOMPARE(axisOver(many, AxisEnds::atTicks).ticks(), std::vector<double>({0, 20, 40, 60, 80, 100}));
  }

  void ticksOfLogarithms() {
    const auto log = [](double low, double high, AxisEnds ends) {
      return over(low, high, ends, AxisScale::logarithmic);
    };
    // Decades where there are enough of them, 1, 2 and 5 times otherwise, every other decade and more where there are
    // many.
    const ChartAxis decades = log(0.0013, 41, AxisEnds::atTicks);
    QCOMPARE(tickTexts(decades), QStringList({"0.001", "0.01", "0.1", "1", "10", "100"}));
    QVERIFY(std::abs(decades.low - 0.001) < 1e-12 && std::abs(decades.high - 100) < 1e-9);
    QCOMPARE(tickTexts(log(3, 41, AxisEnds::atTicks)), QStringList({"2", "5", "10", "20", "50"}));
    QCOMPARE(tickTexts(log(1, 32, AxisEnds::beyondData)), QStringList({"1", "2", "5", "10", "20"}));
    QCOMPARE(tickTexts(log(1e-6, 1e6, AxisEnds::atTicks)),
             QStringList({"1e-06", "0.0001", "0.01", "1", "100", "10000", "1e+06"}));
    // Data between two ticks have both of them.
    QCOMPARE(tickTexts(log(3, 4, AxisEnds::beyondData)), QStringList({"2", "5"}));
    QCOMPARE(tickTexts(log(0.1, 0.1, AxisEnds::atTicks)), QStringList({"0.05", "0.1", "0.2"}));
    // Equal factors are equal distances.
    QVERIFY(std::abs(decades.share(0.001)) < 1e-9 && std::abs(decades.share(100) - 1) < 1e-9);
    QVERIFY(std::abs(decades.share(0.1) - 0.4) < 1e-9);
    const ChartAxis beyond = log(1, 1e4, AxisEnds::beyondData);
    QVERIFY(std::abs(beyond.share(1) - 0.02 / 1.04) < 1e-9 && std::abs(beyond.share(100) - 0.5) < 1e-9);
  }

  void aLogarithmicAxisHoldsEveryRange() {
    for (const AxisEnds ends : {AxisEnds::atTicks, AxisEnds::beyondData})
      for (const auto& [low, high] : {std::pair{1e-190, 1e190}, std::pair{7.0, 7.0}, std::pair{1.0, 1.0},
                                      std::pair{999.0, 1001.0}, std::pair{3e-5, 4e-4}, std::pair{1.0, 65536.0}}) {
        const ChartAxis axis = over(low, high, ends, AxisScale::logarithmic);
        QVERIFY(axis.low > 0 && axis.low < axis.high);
        QVERIFY(axis.low <= low && high <= axis.high);
        const std::vector<double> ticks = axis.ticks();
        QVERIFY2(ticks.size() >= 2 && ticks.size() <= 7, QByteArray::number(low).constData());
        for (const double tick : ticks) QVERIFY(axis.share(tick) > -1e-6 && axis.share(tick) < 1 + 1e-6);
      }
  }

  // A power is a straight line there, twice as steep when it is a square; on other axes it is bent.
  void aPowerIsStraightOnLogarithms() {
    const Canvas square(powerLaw(2, AxisScale::logarithmic));
    QVERIFY_OK(square.status);
    const Traced line = traced(square);
    QVERIFY2(line.y.size() > 250, QByteArray::number(static_cast<qulonglong>(line.y.size())).constData());
    QVERIFY2(line.bend() < 1.5, QByteArray::number(line.bend()).constData());
    // From 1 to 1e6, the ends of the axis: over the whole height, 0.52 of the width.
    const double rise = line.y.front() - line.y.back();
    QVERIFY2(std::abs(rise - 0.52 * kChartWidth) < 4, QByteArray::number(rise).constData());
    // And from x = 1 to 1000, which leave a fiftieth of the axis free on either side.
    const Canvas linear(powerLaw(1, AxisScale::logarithmic));
    QVERIFY(traced(linear).bend() < 1.5);
    const Traced bent = traced(Canvas(powerLaw(2, AxisScale::linear)));
    QVERIFY2(bent.bend() > 30, QByteArray::number(bent.bend()).constData());
  }

  // Beside a square, the line of slope 1 rises by half as many decades over the same width.
  void slopesCompareOnLogarithms() {
    ChartPicture chart = powerLaw(2, AxisScale::logarithmic);
    chart.curves.push_back(powerLaw(1, AxisScale::logarithmic).curves[0]);
    for (double& y : chart.curves[0].y) y = kGap;  // in the other colour
    chart.curves[0].y.front() = 1;                 // but its ends, for the axis
    chart.curves[0].y.back() = 1e6;
    std::swap(chart.curves[0], chart.curves[1]);
    const Traced line = traced(Canvas(chart));
    const double rise = line.y.front() - line.y.back();
    QVERIFY2(std::abs(rise - 0.26 * kChartWidth) < 4, QByteArray::number(rise).constData());
  }

  void whatHasNoLogarithmIsAGap() {
    ChartPicture chart = powerLaw(1, AxisScale::logarithmic);
    for (std::size_t i = 40; i < 50; ++i) chart.curves[0].y[i] = i % 2 == 0 ? 0 : -3;
    const Canvas canvas(chart);
    QVERIFY_OK(canvas.status);
    int columns = 0;
    int first = -1;
    int last = -1;
    for (int x = 0; x < canvas.width(); ++x) {
      bool blue = false;
      for (int y = 0; y < canvas.height(); ++y) blue = blue || canvas.blueness(x, y) > 60;
      if (!blue) continue;
      if (first < 0) first = x;
      last = x;
      ++columns;
    }
    const double share = static_cast<double>(columns) / (last - first + 1);
    QVERIFY2(share > 0.84 && share < 0.92, QByteArray::number(share).constData());  // 79 of 90 steps
    for (double& y : chart.curves[0].y) y = 0;
    QVERIFY(chartSvg(chart)->find("Nothing was measured") != std::string::npos);
  }

  void aChartIsAPngOfItsOwn() {
    const QTemporaryDir folder;
    const std::filesystem::path path = test::pathOf(folder, "chart.png");
    const ChartPicture chart = powerLaw(2, AxisScale::logarithmic);
    QVERIFY_OK(writeChartPng(path, chart, 900, 450, "where it comes from"));
    const CairoSurface read(cairo_image_surface_create_from_png(path.c_str()), cairo_surface_destroy);
    QCOMPARE(cairo_surface_status(read.get()), CAIRO_STATUS_SUCCESS);
    QCOMPARE(cairo_image_surface_get_width(read.get()), 900);
    QCOMPARE(cairo_image_surface_get_height(read.get()), static_cast<int>(std::ceil(2 * chartHeight(chart, 450))));
    std::ifstream file(path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    QVERIFY(bytes.find("where it comes from") != std::string::npos);
    QVERIFY_REFUSED(writeChartPng(path, chart, 50), "its width");
    QVERIFY_REFUSED(writeChartPng(path, chart, 900, kGap), "its width");
    QVERIFY_REFUSED(writeChartPng("/no/such/folder/chart.png", chart, 900), "/no/such/folder");
  }

  void aLongTextIsCutBeforeItIsTooSmall() {
    const CairoSurface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 8, 8), cairo_surface_destroy);
    const CairoContext context(cairo_create(surface.get()), cairo_destroy);
    cairo_t* c = context.get();
    useLayoutFonts(c);
    const auto fontSize = [c] {
      cairo_matrix_t matrix;
      cairo_get_font_matrix(c, &matrix);
      return matrix.yy;
    };
    setFont(c, 10);
    const std::string text = "Spike-time correlation \u00fc";  // an umlaut, of two bytes
    const double whole = textWidth(c, text);
    QCOMPARE(fittedText(c, text, 10, whole + 1), text);
    QCOMPARE(fontSize(), 10.0);
    QCOMPARE(fittedText(c, text, 10, 0.8 * whole), text);
    QVERIFY(std::abs(fontSize() - 8) < 1e-6);
    for (const double share : {0.65, 0.5, 0.3, 0.1}) {
      const std::string cut = fittedText(c, text, 10, share * whole);
      QCOMPARE(fontSize(), kSmallestFont);
      QVERIFY(cut.ends_with("\u2026") && cut.size() > 3);
      QVERIFY(text.starts_with(cut.substr(0, cut.size() - 3)));
      QVERIFY(textWidth(c, cut) <= share * whole);
      QVERIFY(QString::fromStdString(cut).toStdString() == cut);  // no half of a character
    }
  }

  void longTextsStayInTheirPlace() {
    const std::string words = std::string(60, 'W') + " " + std::string(60, 'W');
    ChartPicture chart{words, words, words, {level(5, 1)}};
    chart.curves[0].name = words;
    const Canvas canvas(chart);
    QVERIFY_OK(canvas.status);
    const auto dark = [&](int x, int y) { return canvas.part(x, y, 0) < 160; };
    // The last row is covered in part.
    QCOMPARE(canvas.count([&](int x, int y) {
      return (x < 3 || x >= canvas.width() - 3) && y < canvas.height() - 1 && dark(x, y);
    }),
             0);
    // A capital of 7 px is 5 px high; a title that fits as a whole would have 2.
    int rows = 0;
    for (int y = 5; y < 22; ++y) {
      bool ink = false;
      for (int x = 0; x < canvas.width(); ++x) ink = ink || dark(x, y);
      rows += ink ? 1 : 0;
    }
    QVERIFY2(rows >= 4, QByteArray::number(rows).constData());
  }

  void verySmallAndLargeTicksAreScientific() {
    QCOMPARE(over(3e-7, 9e-7, AxisEnds::atTicks).text(4e-7), std::string("4e-07"));
    QCOMPARE(over(0, 5e6, AxisEnds::atTicks).text(5e6), std::string("5e+06"));
  }

  void theSvgIsXmlAndHoldsItsTexts() {
    ChartPicture chart{"Accuracy <under> noise & more", "Noise (s.d.)", "Accuracy (%)", {level(5, 2), level(5, 1)}};
    chart.curves[0].name = "trained \"STC\"";
    chart.curves[1].name = "untrained";
    chart.curves[1].control = true;
    const auto svg = chartSvg(chart);
    QVERIFY_OK(svg);
    QXmlStreamReader reader(QByteArray::fromStdString(*svg));
    QVERIFY(reader.readNextStartElement());
    QCOMPARE(reader.name().toString(), QString("svg"));
    QVERIFY(reader.attributes().value("width").startsWith(QLatin1String("360")));
    QString title;
    QString description;
    while (!reader.atEnd()) {
      reader.readNext();
      if (!reader.isStartElement()) continue;
      QVERIFY(reader.name() != QLatin1String("symbol"));  // Qt would not draw its texts
      if (reader.name() == QLatin1String("title")) title = reader.readElementText();
      if (reader.name() == QLatin1String("desc")) description = reader.readElementText();
    }
    QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
    QCOMPARE(title, QString("Accuracy <under> noise & more"));
    QCOMPARE(description, QString("Accuracy (%) against Noise (s.d.): trained \"STC\", untrained"));
    // Nothing is fetched: addresses are names of namespaces alone.
    const QString text = QString::fromStdString(*svg);
    QCOMPARE(text.count("http"), text.count("xmlns"));
  }

  void theLegendMakesItsRoom() {
    ChartPicture chart{"", "x", "y", {level(3, 1)}};
    const double one = chartHeight(chart);
    for (int i = 0; i < 9; ++i) {
      chart.curves.push_back(level(3, i));
      chart.curves.back().name = "a curve of a long name " + std::to_string(i);
    }
    QVERIFY(chartHeight(chart) > one + 40);
    for (ChartCurve& curve : chart.curves) curve.name.clear();
    QVERIFY(chartHeight(chart) < one);
    QVERIFY(chartHeight(chart, 720) > chartHeight(chart, 360));
  }

  void aGapIsNotBridged() {
    ChartPicture chart{"", "", "", {level(100, 1)}};
    chart.curves[0].name.clear();
    const auto covered = [](const Canvas& canvas) {  // the share of the line that is there
      double best = 0;
      int most = 0;
      for (int y = 0; y < canvas.height(); ++y) {
        int first = -1;
        int last = -1;
        int blue = 0;
        for (int x = 0; x < canvas.width(); ++x) {
          if (canvas.blueness(x, y) <= 60) continue;
          if (first < 0) first = x;
          last = x;
          ++blue;
        }
        if (blue > most) best = static_cast<double>(blue) / (last - first + 1);
        most = std::max(most, blue);
      }
      return best;
    };
    const Canvas whole(chart);
    QVERIFY_OK(whole.status);
    QVERIFY(covered(whole) > 0.99);
    for (std::size_t i = 40; i < 60; ++i) chart.curves[0].y[i] = kGap;
    const Canvas broken(chart);
    QVERIFY(covered(broken) > 0.76 && covered(broken) < 0.82);  // 78 of 99 steps
  }

  void aPointBetweenGapsIsSeen() {
    ChartPicture chart{"", "", "", {level(100, 1)}};
    for (std::size_t i = 0; i < 100; ++i)
      if (i != 50) chart.curves[0].y[i] = kGap;
    chart.curves[0].name.clear();
    const Canvas canvas(chart);
    const int blue = canvas.count([&](int x, int y) { return canvas.blueness(x, y) > 60; });
    QVERIFY(blue > 10 && blue < 60);  // a disc of 2.6 px radius
  }

  void anIntervalIsABand() {
    ChartPicture chart{"", "", "", {level(50, 1)}};
    chart.curves[0].name.clear();
    const auto pale = [](const Canvas& canvas) {
      return canvas.count([&](int x, int y) { return canvas.blueness(x, y) >= 20 && canvas.blueness(x, y) <= 60; });
    };
    const Canvas without(chart);
    chart.curves[0].low.assign(50, 0.5);
    chart.curves[0].high.assign(50, 1.5);
    const Canvas with(chart);
    QVERIFY(pale(without) < 2000);
    QVERIFY(pale(with) > 20000);
    for (std::size_t i = 0; i < 25; ++i) chart.curves[0].low[i] = kGap;  // no interval in one half
    const Canvas half(chart);
    QVERIFY(pale(half) > 5000 && pale(half) < 0.65 * pale(with));
  }

  void controlsAreDashedAndGrey() {
    ChartPicture chart{"", "", "", {level(50, 1)}};
    chart.curves[0].name.clear();
    const Canvas measured(chart);
    chart.curves[0].control = true;
    const Canvas control(chart);
    const auto coloured = [](const Canvas& canvas) {
      return canvas.count([&](int x, int y) { return std::abs(canvas.blueness(x, y)) > 20; });
    };
    QVERIFY(coloured(measured) > 300);
    QCOMPARE(coloured(control), 0);
    QCOMPARE(dashedRows(measured), 0);
    QVERIFY(dashedRows(control) > 0);
  }

  void anEmptyChartSaysSo() {
    ChartPicture nothing{"Entropy", "", "", {}};
    ChartPicture gaps{"Entropy", "", "", {level(5, kGap)}};
    gaps.curves[0].name.clear();
    for (const ChartPicture& chart : {nothing, gaps}) {
      const auto svg = chartSvg(chart);
      QVERIFY_OK(svg);
      QVERIFY(svg->find("Nothing was measured") != std::string::npos);
      const Canvas canvas(chart);
      QVERIFY_OK(canvas.status);
      const int ink = canvas.count(
          [&](int x, int y) { return x > 60 && x < 320 && y > 90 && y < 160 && canvas.part(x, y, 0) < 128; });
      QVERIFY(ink > 60);
    }
    ChartPicture full{"Entropy", "", "", {level(5, 1)}};
    QVERIFY(chartSvg(full)->find("Nothing was measured") == std::string::npos);
  }

  void badInputIsRefused() {
    ChartPicture chart{"Broken", "x", "y", {level(5, 1)}};
    chart.curves[0].x.pop_back();
    QVERIFY_REFUSED(chartSvg(chart), "\"level\" differ in number");
    chart.curves[0] = level(5, 1);
    chart.curves[0].low.assign(5, 0);
    QVERIFY_REFUSED(chartSvg(chart), "\"level\" differ in number");
    chart.curves[0] = level(5, 1);
    QVERIFY_OK(chartSvg(chart));
    QVERIFY_REFUSED(chartSvg(chart, 50), "its width");
    QVERIFY_REFUSED(chartSvg(chart, kGap), "its width");
    chart.title = "\xff\xfe";
    QVERIFY_REFUSED(chartSvg(chart), "UTF-8");
  }

  void textBecomesXml() {
    QCOMPARE(xmlText("a < b & \"c\" > d"), std::string("a &lt; b &amp; &quot;c&quot; &gt; d"));
    QCOMPARE(xmlText(std::string_view("a\x01z\n\0q", 6)), std::string("a z\n q"));
  }
};

QTEST_APPLESS_MAIN(TestChartPicture)
#include "test_chart_picture.moc"
