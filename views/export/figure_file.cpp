#include "views/export/figure_file.h"

#include <QBuffer>
#include <QDir>
#include <QFileInfo>
#include <QImageWriter>
#include <QPageLayout>
#include <QPageSize>
#include <QPdfWriter>
#include <QSvgGenerator>
#include <cmath>
#include <filesystem>

#include "engine/core/files.h"

namespace pinwheel::views {
namespace {

constexpr double kMmPerInch = 25.4;
// Vector formats are laid out on a grid this fine, so that no line is off by a visible amount.
constexpr int kVectorDpi = 1200;
constexpr int kSvgDpi = 90;
constexpr int kMostPixels = 30000;

QByteArray svg(const Figure& figure) {
  QBuffer buffer;
  QSvgGenerator generator;
  generator.setOutputDevice(&buffer);
  generator.setResolution(kSvgDpi);
  generator.setTitle(figure.title);
  generator.setDescription(figure.provenance);
  const QSizeF size(figure.widthMm / kMmPerInch * kSvgDpi, figure.heightMm / kMmPerInch * kSvgDpi);
  generator.setSize(QSize(static_cast<int>(std::ceil(size.width())), static_cast<int>(std::ceil(size.height()))));
  generator.setViewBox(QRectF(QPointF(), size));
  QPainter painter(&generator);
  painter.fillRect(QRectF(QPointF(), size), Qt::white);
  figure.paint(painter, QRectF(QPointF(), size));
  painter.end();
  return buffer.data();
}

QByteArray pdf(const Figure& figure) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  QPdfWriter writer(&buffer);
  writer.setResolution(kVectorDpi);
  writer.setTitle(figure.title);
  writer.setCreator("Pinwheel");
  const QPageSize page(QSizeF(figure.widthMm, figure.heightMm), QPageSize::Millimeter, {}, QPageSize::ExactMatch);
  writer.setPageLayout(QPageLayout(page, QPageLayout::Portrait, {}, QPageLayout::Millimeter));
  writer.addFileAttachment("provenance.txt", figure.provenance.toUtf8(), "text/plain");
  const QSizeF size(figure.widthMm / kMmPerInch * kVectorDpi, figure.heightMm / kMmPerInch * kVectorDpi);
  QPainter painter(&writer);
  figure.paint(painter, QRectF(QPointF(), size));
  painter.end();
  return buffer.data();
}

QByteArray png(const Figure& figure, int dpi) {
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  QImageWriter writer(&buffer, "png");
  writer.setText("Title", figure.title);
  writer.setText("Description", figure.provenance);
  writer.setText("Software", "Pinwheel");
  writer.write(figureImage(figure, dpi));
  return buffer.data();
}

}  // namespace

QStringList figureSuffixes() {
  return {"svg", "pdf", "png"};
}

QImage figureImage(const Figure& figure, int dpi) {
  QImage image(static_cast<int>(std::lround(figure.widthMm / kMmPerInch * dpi)),
               static_cast<int>(std::lround(figure.heightMm / kMmPerInch * dpi)), QImage::Format_RGB32);
  image.setDotsPerMeterX(static_cast<int>(std::lround(dpi / kMmPerInch * 1000)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  image.fill(Qt::white);
  QPainter painter(&image);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing);
  figure.paint(painter, QRectF(image.rect()));
  painter.end();
  return image;
}

Status saveFigure(const Figure& figure, const QString& path, int dpi, const std::stop_token& stop) {
  const QFileInfo info(path);
  const QString suffix = info.suffix().toLower();
  const std::filesystem::path file = path.toStdString();
  if (!figureSuffixes().contains(suffix))
    return failure("The figure was not written", "its name ends in none of .svg, .pdf and .png",
                   "give the file one of these endings", file.string());
  if (std::max(figure.widthMm, figure.heightMm) / kMmPerInch * dpi > kMostPixels)
    return failure("The figure was not written", "it would be more than 30,000 pixels wide or high",
                   "choose a lower resolution", file.string());
  const QByteArray bytes = suffix == "svg" ? svg(figure) : suffix == "pdf" ? pdf(figure) : png(figure, dpi);
  if (stop.stop_requested())
    return failure("The figure was not written", "it was given up before it was drawn", "export it again",
                   file.string());
  for (const FigureTable& table : figure.tables) {
    const QString name = QString("%1-%2.csv").arg(info.completeBaseName(), table.name);
    if (Status status = formats::saveCsv(info.dir().filePath(name).toStdString(), table.table); !status) return status;
  }
  return writeFileAtomically(file, std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())));
}

}  // namespace pinwheel::views
