#include "engine/protocol/page.h"

#include <QXmlStreamReader>
#include <cmath>
#include <numeric>

#include "engine/core/files.h"
#include "engine/formats/image_file.h"
#include "engine/protocol/page_pdf.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using test::pathOf;
using test::put;

namespace {

const double kGap = std::nan("");

void putPng(const std::filesystem::path& path, int width, int height) {
  formats::RgbImage image{width, height, {}};
  image.pixels.resize(static_cast<std::size_t>(3 * width * height));
  std::iota(image.pixels.begin(), image.pixels.end(), std::uint8_t{0});
  QVERIFY_OK(formats::writePng(path, image));
}

Chart chartOf(const std::string& file) {
  Chart chart{file, "Accuracy & noise", "Noise (s.d.)", "Accuracy (%)", {}};
  chart.series.push_back({"measured", {1, 2}, {0.5, kGap}, {0.25, kGap}, {0.75, kGap}});
  chart.series.push_back({"untrained", {1, 2}, {0.125, 0.25}, {}, {}, true});
  return chart;
}

/// Two sections: one with all there is, one that was skipped.
Page pageOf(const QTemporaryDir& folder) {
  putPng(pathOf(folder, "V1_orientation.png"), 60, 50);
  Page page;
  page.title = "Evaluation of run-7";
  page.summary = "accuracy 54 %\nV1: smooth\n";
  page.provenance = {{"Checkpoint", "run-7.safetensors"}, {"Seed", "7"}};
  Section maps{"Maps"};
  maps.text = "Measured over 1000 images.";
  maps.rows = {{"a < b & \"c\" > d", "0.71 \u00b1 0.02", "shuffled 0.01", "0.7674"}, {"Loss", "1.2"}};
  maps.charts = {chartOf("accuracy")};
  maps.pictures = {{"V1_orientation.png", "Orientation of V1"}};
  Section skipped{"Robustness"};
  skipped.skipped = "the data's classes are not the network's";
  page.sections = {maps, skipped};
  return page;
}

/// A page as a reader of XML finds it.
struct Read {
  QString error;
  QStringList elements, headCells, cells, italics, references, ids;
  QList<QByteArray> pngs, svgs;
  QStringList widths;
  QString text;
};

Read readPage(const std::string& html) {
  Read read;
  QXmlStreamReader reader(QByteArray::fromStdString(html));
  QStringList open;
  while (!reader.atEnd()) {
    reader.readNext();
    if (reader.isStartElement()) {
      const QString name = reader.name().toString();
      open << name;
      read.elements << name;
      if (name == "th") read.headCells << QString();
      if (name == "td") read.cells << QString();
      const auto attributes = reader.attributes();
      if (attributes.hasAttribute("href")) read.references << attributes.value("href").toString();
      if (attributes.hasAttribute("id")) read.ids << attributes.value("id").toString();
      if (name != "img") continue;
      read.widths << attributes.value("width").toString();
      const QString source = attributes.value("src").toString();
      const QByteArray bytes = QByteArray::fromBase64(source.mid(source.indexOf(',') + 1).toLatin1());
      if (source.startsWith("data:image/png;base64,")) read.pngs << bytes;
      if (source.startsWith("data:image/svg+xml;base64,")) read.svgs << bytes;
    } else if (reader.isEndElement()) {
      open.removeLast();
    } else if (reader.isCharacters() && !open.contains("style")) {
      const QString text = reader.text().toString();
      read.text += text;
      if (open.contains("th") && !read.headCells.isEmpty()) read.headCells.last() += text;
      if (open.contains("td") && !read.cells.isEmpty()) read.cells.last() += text;
      if (open.contains("i")) read.italics << text;
    }
  }
  if (reader.hasError()) read.error = reader.errorString();
  return read;
}

std::string bytesOf(const std::filesystem::path& path) {
  return readFile(path, 1 << 26).value_or("");
}

qsizetype pagesOf(const std::string& pdf) {
  return QByteArray::fromStdString(pdf).count("/Type /Page") - QByteArray::fromStdString(pdf).count("/Type /Pages");
}

}  // namespace

class TestPage : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void thePageStandsAlone() {
    QTemporaryDir folder;
    const Page page = pageOf(folder);
    QVERIFY_OK(writeHtml(pathOf(folder, "report.html"), page, folder.path().toStdString()));
    const std::string html = bytesOf(pathOf(folder, "report.html"));
    const Read read = readPage(html);
    QVERIFY2(read.error.isEmpty(), qPrintable(read.error));
    for (const char* outside : {"http:", "https:", "file:", "<script", "<link", "@import", "url("})
      QVERIFY2(html.find(outside) == std::string::npos, outside);
    QCOMPARE(read.pngs.size(), 1);
    QCOMPARE(read.pngs[0].toStdString(), bytesOf(pathOf(folder, "V1_orientation.png")));
    QCOMPARE(read.svgs.size(), 1);
    QXmlStreamReader drawing(read.svgs[0]);
    QVERIFY(drawing.readNextStartElement());
    QCOMPARE(drawing.name().toString(), QString("svg"));
    QVERIFY(QString::fromUtf8(read.svgs[0]).contains("<title>Accuracy &amp; noise</title>"));
    QCOMPARE(read.widths, QStringList({"360", "360"}));
    QVERIFY(html.find("prefers-color-scheme:dark") != std::string::npos);
    QVERIFY(html.substr(0, 4096).find("\"pinwheel-page\"") != std::string::npos);
  }

  void everyTextIsThereAndEscaped() {
    QTemporaryDir folder;
    QVERIFY_OK(writeHtml(pathOf(folder, "report.html"), pageOf(folder), folder.path().toStdString()));
    const Read read = readPage(bytesOf(pathOf(folder, "report.html")));
    QCOMPARE(read.headCells,
             QStringList({"Measure", "Value", "Control", "Published (other data)", "Checkpoint", "Seed"}));
    QCOMPARE(read.cells, QStringList({"a < b & \"c\" > d", QString("0.71 ") + QChar(0xb1) + " 0.02", "shuffled 0.01",
                                      "0.7674", "Loss", "1.2", "", "", "run-7.safetensors", "7"}));
    QCOMPARE(read.italics, QStringList({"0.7674"}));  // published figures do not look like measured ones
    for (const char* text : {"Evaluation of run-7", "accuracy 54 %", "V1: smooth", "Measured over 1000 images.",
                             "Orientation of V1", "Numbers: accuracy.csv", "run-7.safetensors"})
      QVERIFY2(read.text.contains(text), text);
  }

  void aSkippedSectionSaysWhy() {
    QTemporaryDir folder;
    QVERIFY_OK(writeHtml(pathOf(folder, "report.html"), pageOf(folder), folder.path().toStdString()));
    const Read read = readPage(bytesOf(pathOf(folder, "report.html")));
    QVERIFY(read.text.contains("Not measured: the data's classes are not the network's"));
    QVERIFY(read.text.contains("Robustness (not measured)"));  // in the contents
    QVERIFY(!read.text.contains("Maps (not measured)"));
  }

  void theContentsLeadToTheSections() {
    QTemporaryDir folder;
    QVERIFY_OK(writeHtml(pathOf(folder, "report.html"), pageOf(folder), folder.path().toStdString()));
    const Read read = readPage(bytesOf(pathOf(folder, "report.html")));
    QCOMPARE(read.references, QStringList({"#section-1", "#section-2", "#section-3"}));
    QCOMPARE(read.ids, QStringList({"section-1", "section-2", "section-3"}));
  }

  void aWidePictureTakesTheWholeWidth() {
    QTemporaryDir folder;
    Page page = pageOf(folder);
    putPng(pathOf(folder, "overview.png"), 90, 30);
    page.sections[0].charts.clear();
    page.sections[0].pictures.push_back({"overview.png", "All maps"});
    QVERIFY_OK(writeHtml(pathOf(folder, "report.html"), page, folder.path().toStdString()));
    const Read read = readPage(bytesOf(pathOf(folder, "report.html")));
    QCOMPARE(read.widths, QStringList({"360", "720"}));
    QCOMPARE(read.pngs[1].toStdString(), bytesOf(pathOf(folder, "overview.png")));
  }

  void aBadPictureIsRefusedAndTheOldPageStays() {
    QTemporaryDir folder;
    Page page = pageOf(folder);
    const auto html = pathOf(folder, "report.html");
    const auto pdf = pathOf(folder, "report.pdf");
    put(html, "old");
    put(pdf, "old");
    const auto bothRefuse = [&](const char* part) {
      QVERIFY_REFUSED(writeHtml(html, page, folder.path().toStdString()), part);
      QVERIFY_REFUSED(writePdf(pdf, page, folder.path().toStdString()), part);
      QCOMPARE(bytesOf(html), std::string("old"));
      QCOMPARE(bytesOf(pdf), std::string("old"));
    };
    page.sections[0].pictures = {{"lost.png", "lost"}};
    bothRefuse("lost.png");
    for (const std::string& bytes : {std::string(), std::string(100, 'x'), std::string("\x89PNG\r\n\x1a\n")}) {
      put(pathOf(folder, "bad.png"), bytes);
      page.sections[0].pictures = {{"bad.png", "bad"}};
      bothRefuse("no PNG");
    }
    page.sections[0].pictures.clear();
    page.sections[0].charts[0].series[0].x.pop_back();
    bothRefuse("differ in number");
  }

  void numbersOfChartsAreTables() {
    QTemporaryDir folder;
    std::vector<Section> sections = pageOf(folder).sections;
    QVERIFY_OK(writeChartTables(folder.path().toStdString(), sections));
    QCOMPARE(bytesOf(pathOf(folder, "accuracy.csv")),
             std::string("series,x,y,low,high\r\nmeasured,1,0.5,0.25,0.75\r\nmeasured,2,,,\r\nuntrained,1,0.125,,\r\n"
                         "untrained,2,0.25,,\r\n"));
    sections[1].charts = {chartOf("accuracy")};
    QVERIFY_REFUSED(writeChartTables(folder.path().toStdString(), sections), "two charts are called accuracy");
  }

  void thePdfHoldsChartsPicturesAndItsProvenance() {
    QTemporaryDir folder;
    QVERIFY_OK(writePdf(pathOf(folder, "report.pdf"), pageOf(folder), folder.path().toStdString()));
    const std::string pdf = bytesOf(pathOf(folder, "report.pdf"));
    QVERIFY(pdf.starts_with("%PDF-1."));
    QVERIFY(pdf.find("%%EOF") != std::string::npos);
    QVERIFY(pdf.find("(Evaluation of run-7)") != std::string::npos);
    QVERIFY(pdf.find("(Checkpoint: run-7.safetensors; Seed: 7)") != std::string::npos);
    QVERIFY(pdf.find("/Subtype /Image") != std::string::npos);
    QVERIFY(pdf.find("(Robustness)") != std::string::npos);  // in the outline
  }

  // A row of one line is 14.5 pt high, a page's room 733.9 pt: 45 rows below the titles of the first, 49 below the
  // repeated heads of every other.
  void tablesGoOnUponTheNextPage() {
    QTemporaryDir folder;
    Page page;
    page.title = "Long";
    page.sections = {Section{"Rows"}};
    for (int i = 0; i < 300; ++i) page.sections[0].rows.push_back({"row " + std::to_string(i), "1"});
    QVERIFY_OK(writePdf(pathOf(folder, "long.pdf"), page, folder.path().toStdString()));
    QCOMPARE(pagesOf(bytesOf(pathOf(folder, "long.pdf"))), 7);
  }

  void whatIsHigherThanAPageEnds() {
    QTemporaryDir folder;
    Page page;
    page.title = std::string(3000, 'W');  // one word
    page.summary = std::string(20000, 'x');
    Section section{"High"};
    std::string words;
    for (int i = 0; i < 3000; ++i) words += "word ";
    section.rows = {{words, words, words, words}};
    putPng(pathOf(folder, "tall.png"), 10, 400);
    section.pictures = {{"tall.png", "A tall picture"}};
    for (int i = 0; i < 12; ++i) section.charts.push_back(chartOf("chart" + std::to_string(i)));
    page.sections = {section};
    QVERIFY_OK(writePdf(pathOf(folder, "high.pdf"), page, folder.path().toStdString()));
    const qsizetype pages = pagesOf(bytesOf(pathOf(folder, "high.pdf")));
    QVERIFY2(pages > 6 && pages < 60, qPrintable(QString::number(pages)));
  }

  void anEmptyPageIsAPage() {
    QTemporaryDir folder;
    QVERIFY_OK(writeHtml(pathOf(folder, "e.html"), {"Nothing"}, folder.path().toStdString()));
    QVERIFY(readPage(bytesOf(pathOf(folder, "e.html"))).error.isEmpty());
    QVERIFY_OK(writePdf(pathOf(folder, "e.pdf"), {"Nothing"}, folder.path().toStdString()));
    QCOMPARE(pagesOf(bytesOf(pathOf(folder, "e.pdf"))), 1);
  }
};

QTEST_APPLESS_MAIN(TestPage)
#include "test_page.moc"
