#include <QBuffer>
#include <QFile>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTextDocument>
#include <memory>

#include "tests/support.h"
#include "tests/views/panel_support.h"
#include "views/panels/results_panel.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::child;

namespace {

QString dataUrl(const char* kind, const QByteArray& bytes) {
  return QStringLiteral("data:%1;base64,%2").arg(QLatin1String(kind), QString::fromLatin1(bytes.toBase64()));
}

QByteArray png(const QImage& image) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  image.save(&buffer, "PNG");
  return bytes;
}

QByteArray redPng() {
  QImage image(3, 2, QImage::Format_RGB32);
  image.fill(Qt::red);
  return png(image);
}

QByteArray svg(int width, int height, const QByteArray& more = {}) {
  const QByteArray size = "width=\"" + QByteArray::number(width) + "\" height=\"" + QByteArray::number(height) + "\"";
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" " + size + "><rect " +
         size + " fill=\"#0000ff\"/>" + more + "</svg>";
}

QString img(const QString& url) {
  return QStringLiteral("<p><img width=\"40\" src=\"%1\"/></p>").arg(url);
}

QString write(const QTemporaryDir& folder, const QByteArray& html) {
  QFile file(folder.filePath("report.html"));
  if (file.open(QIODevice::WriteOnly)) file.write(html);
  return file.fileName();
}

QByteArray page(const QString& body) {
  return QByteArray("<html><head><meta name=\"pinwheel-page\" content=\"1\"/></head><body>") + body.toUtf8() +
         "</body></html>";
}

/// How the panel took `path`, as soon as it did.
Status opened(ResultsPanel& panel, const QString& path) {
  QSignalSpy failed(&panel, &ResultsPanel::failed);
  panel.open(path);
  const auto* state = child<QLabel>(panel, "resultsFile");
  const auto working = [&] { return state->text().startsWith("Opening the results"); };
  if (!working()) return failure("the panel does not tell that it works");
  if (!QTest::qWaitFor([&] { return !working(); }, 30000)) return failure("no answer came");
  if (!failed.isEmpty()) return tl::unexpected(failed.at(0).at(0).value<Error>());
  return {};
}

QVariant resource(ResultsPanel& panel, const QString& url, int type = QTextDocument::ImageResource) {
  return child<PageBrowser>(panel, "resultsPage")->document()->resource(type, QUrl(url));
}

QImage picture(ResultsPanel& panel, const QString& url) {
  return qvariant_cast<QImage>(resource(panel, url));
}

/// What stands in place of a picture that is not shown; never null, for then the document would look for a file.
const QSize kGap{16, 1};

}  // namespace

class TestResultsPanel : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void emptyItSaysWhatToDo() {
    ResultsPanel panel;
    QVERIFY(test::shown(panel));
    QVERIFY(child<QLabel>(panel, "resultsEmpty")->text().contains("evaluate RUN --protocol"));
    QVERIFY(!child<QPushButton>(panel, "openResultsOutside")->isEnabled());
    QSignalSpy asked(&panel, &ResultsPanel::openRequested);
    child<QPushButton>(panel, "openResults")->click();
    QCOMPARE(asked.count(), 1);
    QCOMPARE(test::unnamedControls(panel), QStringList());
  }

  void aPageShowsItsTextAndItsPictures() {
    const QTemporaryDir folder;
    write(folder, page("<h1>Maps of V1</h1>" + img(dataUrl("image/svg+xml", svg(40, 20))) +
                       img(dataUrl("image/png", redPng())) + "<p>the end</p>"));
    ResultsPanel panel;
    QVERIFY(test::shown(panel));
    QVERIFY_OK(opened(panel, folder.path()));  // the folder stands for its page
    auto* browser = child<PageBrowser>(panel, "resultsPage");
    QVERIFY(browser->isVisible());
    QVERIFY(!child<QLabel>(panel, "resultsEmpty")->isVisible());
    QVERIFY(browser->toPlainText().contains("Maps of V1"));
    QVERIFY(browser->toPlainText().contains("the end"));
    QVERIFY(child<QPushButton>(panel, "openResultsOutside")->isEnabled());
    QCOMPARE(panel.file(), QFileInfo(folder.filePath("report.html")).absoluteFilePath());
    QCOMPARE(child<QLabel>(panel, "resultsFile")->text(), QFileInfo(folder.path()).fileName());
    const QImage drawing = picture(panel, "picture:0");
    QCOMPARE(drawing.deviceIndependentSize(), QSizeF(40, 20));
    QCOMPARE(drawing.size(), QSize(80, 40));
    QCOMPARE(drawing.pixelColor(40, 20), QColor(0, 0, 255));
    const QImage photo = picture(panel, "picture:1");
    QCOMPARE(photo.size(), QSize(3, 2));
    QCOMPARE(photo.pixelColor(1, 1), QColor(Qt::red));
    QVERIFY(browser->toHtml().contains("picture:1"));
    QVERIFY(!browser->toHtml().contains("base64"));
  }

  void theNextPageBringsItsOwnPictures() {
    const QTemporaryDir first;
    const QTemporaryDir second;
    write(first, page(img(dataUrl("image/png", redPng()))));
    write(second, page(img(dataUrl("image/svg+xml", svg(40, 20)))));
    ResultsPanel panel;
    QVERIFY_OK(opened(panel, first.path()));
    QCOMPARE(picture(panel, "picture:0").pixelColor(1, 1), QColor(Qt::red));
    QVERIFY_OK(opened(panel, second.path()));
    QCOMPARE(picture(panel, "picture:0").pixelColor(1, 1), QColor(0, 0, 255));
  }

  void whatCannotBeAPictureIsLeftOutAndTold() {
    QImage large(5000, 5000, QImage::Format_Mono);  // 100 MB as it would be shown
    large.fill(0);
    const QTemporaryDir folder;
    QFile beside(folder.filePath("beside.png"));
    QVERIFY(beside.open(QIODevice::WriteOnly));
    beside.write(redPng());
    beside.close();
    const QByteArray fetching =
        svg(40, 20, "<image width=\"40\" height=\"20\" xlink:href=\"" + QFile::encodeName(beside.fileName()) + "\"/>");
    const QStringList wrong{"data:image/png;base64",
                            "data:,",
                            "data:image/png;base64,@@@@",
                            "data:image/png," + QString::fromLatin1(redPng().toBase64()),
                            dataUrl("image/png", redPng().left(20)),
                            dataUrl("image/png", svg(40, 20)),
                            dataUrl("text/html", "<p>text</p>"),
                            dataUrl("image/svg+xml", "<svg"),
                            dataUrl("image/svg+xml", svg(4097, 20)),
                            dataUrl("image/svg+xml", svg(20, 1000000)),
                            dataUrl("image/svg+xml", fetching),
                            dataUrl("image/png", png(large))};
    QString body;
    for (const QString& url : wrong) body += img(url);
    write(folder, page(body + img(dataUrl("image/svg+xml", svg(4096, 10))) + "<p>the end</p>"));
    ResultsPanel panel;
    QVERIFY_OK(opened(panel, folder.path()));
    for (int i = 0; i < wrong.size(); ++i)
      QVERIFY2(picture(panel, QStringLiteral("picture:%1").arg(i)).size() == kGap, qPrintable(wrong[i].left(60)));
    // The largest that is allowed is no longer drawn at twice its size.
    QCOMPARE(picture(panel, QStringLiteral("picture:%1").arg(wrong.size())).size(), QSize(4096, 10));
    QVERIFY(child<PageBrowser>(panel, "resultsPage")->toPlainText().contains("the end"));
    const QString told = child<QLabel>(panel, "resultsFile")->text();
    QVERIFY2(told.endsWith(QStringLiteral("browser: %1").arg(wrong.size())), qPrintable(told));
  }

  void aPictureWithoutAnEndEndsNothing() {
    const QTemporaryDir folder;
    write(folder, QByteArray("<meta name='pinwheel-page'/><p>before</p><img src=\"data:image/png;base64,AAAA"));
    ResultsPanel panel;
    QVERIFY_OK(opened(panel, folder.path()));
    QVERIFY(child<PageBrowser>(panel, "resultsPage")->toPlainText().contains("before"));
  }

  void nothingIsFetched() {
    const QTemporaryDir folder;
    const auto beside = [&](const char* name, const QByteArray& bytes) {
      QFile file(folder.filePath(QLatin1String(name)));
      if (file.open(QIODevice::WriteOnly)) file.write(bytes);
      return file.fileName();
    };
    const QString file = beside("beside.png", redPng());
    const QString url = QUrl::fromLocalFile(file).toString();
    const QString style = QUrl::fromLocalFile(beside("beside.css", "p { color: #ff0000 }")).toString();
    write(folder, page("<link rel=\"stylesheet\" href=\"" + style + "\"/>" + img(url) + img(file)));
    ResultsPanel panel;
    QVERIFY_OK(opened(panel, folder.path()));
    for (const QString& name : {url, file, QStringLiteral("beside.png"), QStringLiteral("picture:0"),
                                QStringLiteral("picture:-1"), dataUrl("image/png", redPng())})
      QVERIFY2(picture(panel, name).size() == kGap, qPrintable(name));
    QVERIFY(resource(panel, style, QTextDocument::StyleSheetResource).toByteArray().isEmpty());
  }

  void whatIsNoPageIsRefusedAndTheOldOneStays() {
    const QTemporaryDir folder;
    const QTemporaryDir other;
    write(folder, page("kept" + img(dataUrl("image/png", redPng()))));
    ResultsPanel panel;
    QVERIFY_REFUSED(opened(panel, other.path()), "no report.html");
    QVERIFY(panel.file().isEmpty());
    QVERIFY(!child<QPushButton>(panel, "openResultsOutside")->isEnabled());
    QVERIFY_OK(opened(panel, folder.path()));
    const QString shown = panel.file();
    QVERIFY_REFUSED(opened(panel, other.path()), "no report.html");
    write(other, "<html><body>some other page</body></html>");
    QVERIFY_REFUSED(opened(panel, other.path()), "no page that Pinwheel wrote");
    write(other, QByteArray(4096, ' ') + page("the mark is too far down"));
    QVERIFY_REFUSED(opened(panel, other.path()), "no page that Pinwheel wrote");
    write(other, page(QString(5 << 20, QLatin1Char('x'))));
    QVERIFY_REFUSED(opened(panel, other.path()), "larger than 4 MB");
    QCOMPARE(panel.file(), shown);
    QCOMPARE(child<QLabel>(panel, "resultsFile")->text(), QFileInfo(folder.path()).fileName());
    QVERIFY(child<PageBrowser>(panel, "resultsPage")->toPlainText().contains("kept"));
    QCOMPARE(picture(panel, "picture:0").size(), QSize(3, 2));
    QVERIFY(child<QPushButton>(panel, "openResultsOutside")->isEnabled());
  }

  void aNewerPageOvertakesOlderOnes() {
    const QTemporaryDir first;
    const QTemporaryDir nothing;
    const QTemporaryDir last;
    write(first, page("the first"));
    write(last, page("the last"));
    QStringList seen;
    ResultsPanel panel;
    const auto* browser = child<PageBrowser>(panel, "resultsPage");
    connect(browser, &QTextBrowser::textChanged, browser, [&] { seen << browser->toPlainText(); });
    QSignalSpy failed(&panel, &ResultsPanel::failed);
    panel.open(first.path());
    panel.open(nothing.path());
    QVERIFY_OK(opened(panel, last.path()));
    QVERIFY(browser->toPlainText().contains("the last"));
    QVERIFY(!seen.isEmpty());
    QCOMPARE(seen.filter("the first"), QStringList());
    QCOMPARE(failed.count(), 0);
  }

  void destroyedMidWayItTellsNothing() {
    const QTemporaryDir folder;
    const QTemporaryDir nothing;
    QString body;
    for (int i = 0; i < 50; ++i) body += img(dataUrl("image/svg+xml", svg(500, 500)));
    write(folder, page(body));
    int told = 0;
    for (const QString& path : {folder.path(), nothing.path()})
      for (const bool answered : {false, true}) {
        auto panel = std::make_unique<ResultsPanel>();
        connect(panel.get(), &ResultsPanel::failed, this, [&] { ++told; });
        panel->open(path);
        if (answered) QThread::msleep(100);  // the answer waits in the queue, or the work is in its midst
        panel.reset();
        QTest::qWait(20);
      }
    QCOMPARE(told, 0);
  }
};

QTEST_MAIN(TestResultsPanel)
#include "test_results_panel.moc"
