#include "views/panels/results_panel.h"

#include <QBuffer>
#include <QDesktopServices>
#include <QFile>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QImageReader>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QRegularExpression>
#include <QSvgRenderer>
#include <QUrl>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "views/panels/panel_parts.h"

namespace pinwheel::views {
namespace {

constexpr qint64 kLargestPage = qint64{256} << 20;
constexpr qsizetype kLargestText = qsizetype{4} << 20;   // is laid out on the GUI thread
constexpr qint64 kLargestPicture = qint64{64} << 20;     // decoded
constexpr qint64 kAllPictures = qint64{1} << 30;         // decoded
constexpr qint64 kPiece = qint64{4} << 20;               // of a file, between two looks at the stop token
constexpr QByteArrayView kPictureStart = "src=\"data:";  // as the page's writer puts it
// Of a drawing's pixels per unit: sharp at twice the scale and when the text is enlarged.
constexpr double kDrawingScale = 2;
constexpr int kLargestDrawing = 4096;

// QtSvg unpacks a drawing to any size, and loads the files that it names: neither is in a page of Pinwheel.
bool standsAlone(const QByteArray& svg) {
  static const QRegularExpression outside(QStringLiteral(R"re(href\s*=\s*["'](?!#|data:))re"));
  // Without a null it is no UTF-16, which would hide the names.
  return svg.startsWith('<') && !svg.contains('\0') && !QString::fromUtf8(svg).contains(outside);
}

QImage drawing(const QByteArray& svg) {
  if (!standsAlone(svg)) return {};
  QSvgRenderer renderer(svg);
  const QSize size = renderer.defaultSize();
  if (!renderer.isValid() || size.isEmpty() || size.width() > kLargestDrawing || size.height() > kLargestDrawing)
    return {};
  const double scale = std::min(kDrawingScale, double{kLargestDrawing} / std::max(size.width(), size.height()));
  QImage image((size * scale).expandedTo({1, 1}), QImage::Format_RGB32);
  if (image.isNull()) return {};
  image.fill(Qt::white);
  QPainter painter(&image);
  renderer.render(&painter);
  painter.end();
  image.setDevicePixelRatio(scale);
  return image;
}

QImage photo(QByteArray png) {
  QBuffer buffer(&png);
  buffer.open(QIODevice::ReadOnly);
  QImageReader reader(&buffer, "PNG");
  reader.setAutoDetectImageFormat(false);
  // The reader's own limit holds for the whole program; this one for a page. Shown with 32 bits a pixel at least.
  const QSize size = reader.size();
  const int bits = std::max<int>(32, QImage::toPixelFormat(reader.imageFormat()).bitsPerPixel());
  if (size.isEmpty() || qint64{size.width()} * size.height() * bits / 8 > kLargestPicture) return {};
  const QImage image = reader.read();
  // In the screen's own format, so that nothing is left to convert when it is painted.
  return image.convertToFormat(image.hasAlphaChannel() ? QImage::Format_ARGB32_Premultiplied : QImage::Format_RGB32);
}

// `url`: what follows "data:". Null: malformed, of another kind, or too large.
QImage picture(QByteArrayView url) {
  const qsizetype comma = url.indexOf(',');
  if (comma < 0) return {};
  const QByteArrayView kind = url.first(comma);
  if (!kind.endsWith(";base64")) return {};
  const auto bytes =
      QByteArray::fromBase64Encoding(url.sliced(comma + 1).toByteArray(), QByteArray::AbortOnBase64DecodingErrors);
  if (!bytes) return {};
  if (kind.startsWith("image/svg+xml;")) return drawing(*bytes);
  if (kind.startsWith("image/png;")) return photo(*bytes);
  return {};
}

tl::unexpected<Error> refused(const QString& file, const char* why, const char* hint) {
  return failure("These results cannot be opened", why, hint, file.toStdString());
}

Expected<QByteArray> readBytes(const QString& file, const std::stop_token& stop) {
  QFile in(file);
  // A pipe would be waited for.
  if (!QFileInfo(file).isFile() || !in.open(QIODevice::ReadOnly))
    return refused(file, "there is no report.html that can be read",
                   "choose the --out folder of `pinwheel-cli evaluate --protocol`, or its report.html");
  const qint64 size = in.size();
  if (size > kLargestPage) return refused(file, "the file is larger than 256 MB", "open it in a web browser");
  QByteArray bytes = in.read(4096);
  if (!bytes.contains("pinwheel-page"))
    return refused(file, "it is no page that Pinwheel wrote", "open it in a web browser");
  bytes.reserve(size);
  while (bytes.size() < size) {
    const QByteArray more = stop.stop_requested() ? QByteArray() : in.read(std::min(kPiece, size - bytes.size()));
    if (more.isEmpty()) return refused(file, "it cannot be read to its end", "open it again when it is complete");
    bytes += more;
  }
  return bytes;
}

// Without the base64, of which the document would carry megabytes in its formats.
Expected<ResultsPage> readPage(const QString& path, const std::stop_token& stop) {
  const QString file = QFileInfo(path).isDir() ? path + QStringLiteral("/report.html") : path;
  const auto bytes = readBytes(file, stop);
  if (!bytes) return tl::unexpected(bytes.error());
  ResultsPage page;
  QByteArray html;
  qsizetype done = 0;
  qint64 memory = 0;
  while (!stop.stop_requested()) {
    const qsizetype at = bytes->indexOf(kPictureStart, done);
    const qsizetype url = at + kPictureStart.size();
    const qsizetype end = at < 0 ? -1 : bytes->indexOf('"', url);
    if (end < 0) break;
    QImage image;
    if (memory < kAllPictures) image = picture(QByteArrayView(*bytes).sliced(url, end - url));
    memory += image.sizeInBytes();
    page.missing += image.isNull() ? 1 : 0;
    html += bytes->sliced(done, at - done) + "src=\"picture:" + QByteArray::number(qulonglong{page.pictures.size()});
    page.pictures.push_back(std::move(image));
    done = end;
  }
  html += bytes->sliced(done);
  if (html.size() > kLargestText)
    return refused(file, "its text without the pictures is larger than 4 MB", "open it in a web browser");
  page.file = QFileInfo(file).absoluteFilePath();
  page.html = QString::fromUtf8(html);
  return page;
}

// In place of a picture that cannot be shown. Flat, for a page gives widths and the height follows.
QImage gap() {
  QImage image(16, 1, QImage::Format_ARGB32_Premultiplied);
  image.fill(Qt::transparent);
  return image;
}

}  // namespace

void PageBrowser::showPage(const QString& html, std::vector<QImage> pictures) {
  m_pictures = std::move(pictures);
  setHtml(html);
}

QVariant PageBrowser::loadResource(int type, const QUrl& name) {
  if (type != QTextDocument::ImageResource) return QByteArray();
  bool number = false;
  const std::size_t at = name.path().toUInt(&number);
  if (name.scheme() != QLatin1String("picture") || !number || at >= m_pictures.size() || m_pictures[at].isNull())
    return gap();
  return m_pictures[at];
}

ResultsPanel::ResultsPanel(QWidget* parent)
    : QWidget(parent), m_reading([this](Expected<ResultsPage> page) { takeOver(std::move(page)); }) {
  setObjectName(QStringLiteral("resultsPanel"));
  m_browser = named(new PageBrowser, "resultsPage", tr("Results of an evaluation"));
  m_browser->setOpenLinks(true);
  m_browser->setOpenExternalLinks(false);
  m_browser->hide();
  m_empty = readableLabel("resultsEmpty", tr("What this panel shows"));
  m_empty->setText(
      tr("No results are open. The command\n\npinwheel-cli evaluate RUN --protocol quick --out FOLDER\n\nmeasures a "
         "network's maps, time, robustness and lesions with their controls; open its folder here."));
  m_name = readableLabel("resultsFile", tr("The page that is shown"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 6, 6, 6);
  buildBar();
  column->addWidget(m_empty);
  column->addWidget(m_browser, 1);
  column->addStretch(0);
}

ResultsPanel::~ResultsPanel() {
  m_stop.request_stop();
}

void ResultsPanel::buildBar() {
  auto* open = named(new QPushButton(tr("Open results...")), "openResults", tr("Open the results of an evaluation"));
  m_outside = named(new QPushButton(tr("Open in browser")), "openResultsOutside",
                    tr("Open the page in the web browser, for printing"));
  m_outside->setEnabled(false);
  auto* bar = new QHBoxLayout;
  bar->addWidget(open);
  bar->addWidget(m_outside);
  bar->addWidget(m_name, 1);
  static_cast<QVBoxLayout*>(layout())->addLayout(bar);
  connect(open, &QPushButton::clicked, this, &ResultsPanel::openRequested);
  connect(m_outside, &QPushButton::clicked, this, [this] { QDesktopServices::openUrl(QUrl::fromLocalFile(m_file)); });
}

void ResultsPanel::open(const QString& path) {
  m_stop.request_stop();
  m_stop = std::stop_source();
  m_reading.cancel();
  m_reading.request([path, stop = m_stop.get_token()] { return readPage(path, stop); });
  tellState();
}

void ResultsPanel::takeOver(Expected<ResultsPage> page) {
  if (!page) {
    tellState();
    Q_EMIT failed(page.error());
    return;
  }
  m_file = page->file;
  m_missing = page->missing;
  m_browser->showPage(page->html, std::move(page->pictures));
  m_browser->show();
  m_empty->hide();
  m_outside->setEnabled(true);
  tellState();
}

void ResultsPanel::tellState() {
  QString text = m_file.isEmpty() ? QString() : QFileInfo(QFileInfo(m_file).absolutePath()).fileName();
  if (m_missing > 0) text += tr("; pictures that can only be shown in the browser: %1").arg(m_missing);
  m_name->setText(m_reading.busy() ? tr("Opening the results...") : text);
  m_name->setToolTip(m_file);
}

}  // namespace pinwheel::views
