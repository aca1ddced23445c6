// Figures as files: every figure in every format, with its provenance inside and its numbers beside.
#include <QApplication>
#include <QDir>
#include <QFile>
#include <QImageReader>
#include <algorithm>
#include <array>
#include <stop_token>
#include <utility>
#include <vector>

#include "tests/desktop/figure_data.h"
#include "tests/support.h"
#include "views/export/figure.h"
#include "views/export/figure_file.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::fullData;

namespace {

// Another FreeType fits glyphs to pixels in another way; a missing map, legend or series is far beyond this.
struct FigureTolerance {
  static constexpr int kChannel = 48;
  static constexpr double kShare = 0.02;
};

QByteArray contents(const QString& path) {
  QFile file(path);
  return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

}  // namespace

class TestFiguresExport : public QObject {
  Q_OBJECT

private Q_SLOTS:
  // What whoever waits for a figure is told: part by part, never back.
  void aFigureTellsItsParts_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<int>("parts");
    QTest::newRow("maps") << QString("maps") << 4;
    QTest::newRow("categories") << QString("categories") << 5;
    QTest::newRow("cortex") << QString("cortex") << 2;
    QTest::newRow("stimulus") << QString("stimulus") << 2;
    QTest::newRow("lesion") << QString("lesion") << 2;
  }
  void aFigureTellsItsParts() {
    QFETCH(QString, name);
    QFETCH(int, parts);
    FigureSpec spec;
    spec.name = name;
    std::vector<std::pair<int, int>> told;
    spec.progress = [&](int done, int total) { told.emplace_back(done, total); };
    QVERIFY_OK(makeFigure(spec, fullData()));
    std::vector<std::pair<int, int>> want{{0, 1}};
    for (int part = 1; part <= parts; ++part) want.emplace_back(part, parts);
    want.emplace_back(1, 1);
    QVERIFY(told == want);
  }

  // Smoothing is offered where it changes something, and only there.
  void whatCanBeSmoothed_data() {
    QTest::addColumn<QString>("name");
    for (const QString& name : figureNames()) QTest::newRow(qPrintable(name)) << name;
  }
  void whatCanBeSmoothed() {
    QFETCH(QString, name);
    FigureSpec spec;
    spec.name = name;
    const auto drawn = [&](bool smoothed) {
      spec.smoothed = smoothed;
      const auto figure = makeFigure(spec, fullData());
      return figure ? figureImage(*figure, 100) : QImage();
    };
    const QImage plain = drawn(false);
    QVERIFY(!plain.isNull());
    QCOMPARE(drawn(true) != plain, coloursSheets(name));
  }

  void aFigureGivenUpIsNotWritten() {
    FigureSpec spec;
    spec.name = "maps";
    const auto figure = makeFigure(spec, fullData());
    QVERIFY_OK(figure);
    QTemporaryDir folder;
    std::stop_source stop;
    stop.request_stop();
    QVERIFY_REFUSED(saveFigure(*figure, folder.filePath("maps.svg"), 150, stop.get_token()), "given up");
    QVERIFY(folder.isValid() && QDir(folder.path()).isEmpty());
  }

  void everyFigureInEveryFormat_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<double>("widthMm");
    for (const QString& name : figureNames())
      for (const double width : {85.0, 180.0}) QTest::addRow("%s %g", qPrintable(name), width) << name << width;
  }
  void everyFigureInEveryFormat() {
    QFETCH(QString, name);
    QFETCH(double, widthMm);
    FigureSpec spec;
    spec.name = name;
    spec.widthMm = widthMm;
    const auto figure = makeFigure(spec, fullData());
    QVERIFY_OK(figure);
    QVERIFY(figure->heightMm > 10 && figure->heightMm < 300);
    QVERIFY(!figure->tables.empty());
    QTemporaryDir folder;
    for (const QString& suffix : figureSuffixes()) {
      const QString path = folder.filePath(name + "." + suffix);
      QVERIFY_OK(saveFigure(*figure, path, 150));
      const QByteArray bytes = contents(path);
      QVERIFY(bytes.size() > 2000);
      if (suffix == "svg") {
        QVERIFY(bytes.contains("<svg"));
        QVERIFY(bytes.contains("made by a test"));
      } else if (suffix == "pdf") {
        QVERIFY(bytes.startsWith("%PDF"));
        QVERIFY(bytes.contains("provenance.txt"));
      } else {
        QImageReader reader(path);
        const QImage image = reader.read();
        QCOMPARE(image.width(), qRound(widthMm / 25.4 * 150));
        QCOMPARE(image.dotsPerMeterX(), qRound(150 / 0.0254));
        QVERIFY(image.text("Description").contains("made by a test"));
        // White at the edge: nothing runs out of the page.
        for (int x = 0; x < image.width(); ++x)
          for (const int y : {0, image.height() - 1}) QCOMPARE(QColor(image.pixel(x, y)), QColor(Qt::white));
        for (int y = 0; y < image.height(); ++y)
          for (const int x : {0, image.width() - 1}) QCOMPARE(QColor(image.pixel(x, y)), QColor(Qt::white));
      }
    }
    for (const FigureTable& table : figure->tables) {
      const QByteArray csv = contents(folder.filePath(QString("%1-%2.csv").arg(name, table.name)));
      QCOMPARE(csv.count('\n'), static_cast<qsizetype>(table.table.rows.size() + 1));
      for (const auto& row : table.table.rows) QCOMPARE(row.size(), table.table.columns.size());
    }
  }

  void whatNobodyWaitsForIsGivenUp() {
    std::stop_source stop;
    for (const char* name : {"maps", "cortex", "categories"}) {
      FigureSpec spec;
      spec.name = name;
      spec.stop = stop.get_token();
      QVERIFY_OK(makeFigure(spec, fullData()));
    }
    stop.request_stop();
    for (const char* name : {"maps", "cortex", "categories"}) {
      FigureSpec spec;
      spec.name = name;
      spec.stop = stop.get_token();
      QVERIFY_REFUSED(makeFigure(spec, fullData()), "given up");
    }
  }

  // How every figure looks; PINWHEEL_WRITE_BASELINES=1 writes them anew. Look at them then.
  void looksAsBefore_data() { missingFramesAreTold_data(); }
  void looksAsBefore() {
    QFETCH(QString, name);
    FigureSpec spec;
    spec.name = name;
    spec.widthMm = 120;
    const auto figure = makeFigure(spec, fullData());
    QVERIFY_OK(figure);
    const QImage got = figureImage(*figure, 80).convertToFormat(QImage::Format_RGB32);
    const QString path = QString(PINWHEEL_SOURCE_DIR "/tests/baselines/figure_%1.png").arg(name);
    if (qEnvironmentVariableIsSet("PINWHEEL_WRITE_BASELINES")) QVERIFY(got.save(path));
    const QImage want = QImage(path).convertToFormat(QImage::Format_RGB32);
    QVERIFY2(!want.isNull(), qPrintable(path));
    QCOMPARE(got.size(), want.size());
    int different = 0;
    for (int y = 0; y < got.height(); ++y)
      for (int x = 0; x < got.width(); ++x) {
        const QRgb a = got.pixel(x, y);
        const QRgb b = want.pixel(x, y);
        const int channel =
            std::max({std::abs(qRed(a) - qRed(b)), std::abs(qGreen(a) - qGreen(b)), std::abs(qBlue(a) - qBlue(b))});
        different += channel > FigureTolerance::kChannel ? 1 : 0;
      }
    if (different >= FigureTolerance::kShare * got.width() * got.height()) {
      got.save("figure_" + name + "_got.png");
      QFAIL(qPrintable(QString("%1 pixels differ; see figure_%2_got.png").arg(different).arg(name)));
    }
  }

  void sameAtAnyResolution() {
    FigureSpec spec;
    spec.name = "lesion";
    const auto figure = makeFigure(spec, fullData());
    QVERIFY_OK(figure);
    const QImage fine = figureImage(*figure, 300).scaledToWidth(160, Qt::SmoothTransformation);
    const QImage coarse = figureImage(*figure, 150).scaledToWidth(160, Qt::SmoothTransformation);
    QVERIFY(std::abs(fine.height() - coarse.height()) <= 1);
    int different = 0;  // glyphs are fitted to pixels: text is a little wider or narrower
    for (int y = 0; y < std::min(fine.height(), coarse.height()); ++y)
      for (int x = 0; x < 160; ++x)
        if (std::abs(qGray(fine.pixel(x, y)) - qGray(coarse.pixel(x, y))) > 64) ++different;
    QVERIFY2(different < 160 * fine.height() * 3 / 100, qPrintable(QString::number(different)));
  }

  void missingFramesAreTold_data() {
    QTest::addColumn<QString>("name");
    for (const QString& name : figureNames()) QTest::addRow("%s", qPrintable(name)) << name;
  }
  void missingFramesAreTold() {
    QFETCH(QString, name);
    FigureSpec spec;
    spec.name = name;
    QVERIFY_REFUSED(makeFigure(spec, {}), "no network is open");
    FigureData data;
    data.network = test::makeNetwork();
    QVERIFY_REFUSED(makeFigure(spec, data), "There ");
  }

  void unknownNames() {
    FigureSpec spec;
    spec.name = "posters";
    QVERIFY_REFUSED(makeFigure(spec, fullData()), "choose one of maps");
    spec.name = "orientation";
    spec.sheet = "V11";
    QVERIFY_REFUSED(makeFigure(spec, fullData()), "did you mean V1?");
  }

  // Two sheets of four units, two time steps; what fires is known.
  void stimulusNumbers() {
    FigureData data = test::smallActivity();
    FigureSpec spec;
    spec.name = "stimulus";
    const auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    QCOMPARE(figure->title, QString("Stimulus: face 17"));
    QCOMPARE(figure->tables.size(), std::size_t{2});
    const formats::CsvTable& spikes = figure->tables[0].table;
    QCOMPARE(spikes.rows.size(), std::size_t{4});
    const std::array<std::int64_t, 4> counts{1, 3, 0, 4};
    for (std::size_t row = 0; row < counts.size(); ++row) {
      const auto& cells = spikes.rows[row];
      QCOMPARE(std::get<std::string>(cells[0]), std::string(row < 2 ? "layer1" : "layer4"));
      QCOMPARE(std::get<std::int64_t>(cells[2]), static_cast<std::int64_t>(row % 2 + 1));
      QCOMPARE(std::get<std::int64_t>(cells[3]), counts[row]);
      QCOMPARE(std::get<std::int64_t>(cells[4]), std::int64_t{4});
      QCOMPARE(std::get<double>(cells[5]), static_cast<double>(counts[row]) / 4);
    }
    const formats::CsvTable& classes = figure->tables[1].table;
    QCOMPARE(classes.rows.size(), std::size_t{8});
    double sum = 0;
    for (const auto& cells : classes.rows) sum += std::get<double>(cells[1]);
    QCOMPARE(sum, 1.0);
    QCOMPARE(std::get<std::string>(classes.rows[1][0]), std::string("child"));
    QCOMPARE(std::get<double>(classes.rows[1][1]), 0.5);
    // An answer of other sheets is not drawn as if it were of these.
    const auto activity = std::make_shared<session::ActivityFrame>(*data.activity);
    data.activity = activity;
    activity->spikes[1].pop_back();
    QVERIFY_REFUSED(makeFigure(spec, data), "another network");
    activity->spikes.pop_back();
    QVERIFY_REFUSED(makeFigure(spec, data), "another network");
  }

  // Silent first, then all spikes: time runs down, and both rows are as large.
  void stimulusStepsRunDown() {
    FigureData data;
    auto network = test::makeNetwork();
    network->sheets.resize(1);
    network->timeSteps = 2;
    data.network = network;
    auto activity = std::make_shared<session::ActivityFrame>();
    activity->stimulus = "flash";
    activity->timeSteps = 2;
    const std::size_t units = network->sheets[0].xMm.size();
    activity->spikes = {std::vector<std::uint8_t>(2 * units, 0)};
    std::fill(activity->spikes[0].begin() + static_cast<std::ptrdiff_t>(units), activity->spikes[0].end(),
              std::uint8_t{1});
    data.activity = activity;
    FigureSpec spec;
    spec.name = "stimulus";
    spec.widthMm = 85;
    const auto figure = makeFigure(spec, data);
    QVERIFY_OK(figure);
    const QImage image = figureImage(*figure, 150);
    const auto rowsOf = [&image](double position) {
      const figures::Rgb colour = figures::colourAt(figures::ColourMap::cividis, position);
      double pixels = 0;
      double sum = 0;
      for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) {
          const QRgb p = image.pixel(x, y);
          if (std::abs(qRed(p) - colour.r) + std::abs(qGreen(p) - colour.g) + std::abs(qBlue(p) - colour.b) > 9)
            continue;
          ++pixels;
          sum += y;
        }
      return std::pair(pixels, sum / pixels);
    };
    const auto [silent, silentRow] = rowsOf(0);
    const auto [firing, firingRow] = rowsOf(1);
    QVERIFY2(silent > 5000 && std::abs(silent / firing - 1) < 0.05,
             qPrintable(QString("%1 and %2").arg(silent).arg(firing)));
    QVERIFY(firingRow > silentRow + 100);
  }

  void badTargets() {
    FigureSpec spec;
    spec.name = "lesion";
    const auto figure = makeFigure(spec, fullData());
    QVERIFY_OK(figure);
    QTemporaryDir folder;
    QVERIFY_REFUSED(saveFigure(*figure, folder.filePath("x.bmp"), 300), "none of .svg");
    QVERIFY(!saveFigure(*figure, folder.filePath("none/x.png"), 300));
    QVERIFY_REFUSED(saveFigure(*figure, folder.filePath("x.png"), 100000), "30,000 pixels");
  }
};

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  TestFiguresExport test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_figures_export.moc"
