#include "views/panels/panel_parts.h"

#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QCoreApplication>
#include <QEvent>
#include <QLocale>
#include <QProgressBar>
#include <QScrollArea>
#include <QScrollBar>
#include <cmath>

namespace pinwheel::views {
namespace {

class WheelGuard final : public QObject {
public:
  using QObject::QObject;
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() != QEvent::Wheel || static_cast<QWidget*>(watched)->hasFocus()) return false;
    event->ignore();  // goes to what the control lies on
    return true;
  }
};

}  // namespace

QImage toImage(const formats::RgbImage& picture) {
  const auto plane = static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
  if (plane == 0 || picture.pixels.size() < 3 * plane) return {};
  QImage image(picture.width, picture.height, QImage::Format_RGB32);
  for (int y = 0; y < picture.height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    const std::size_t row = static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width);
    for (int x = 0; x < picture.width; ++x) {
      const std::size_t at = row + static_cast<std::size_t>(x);
      line[x] = qRgb(picture.pixels[at], picture.pixels[plane + at], picture.pixels[2 * plane + at]);
    }
  }
  return image;
}

QPixmap enlarged(const formats::RgbImage& picture, int side, double ratio) {
  const QImage image = toImage(picture);
  if (image.isNull()) return {};
  const int pixels = static_cast<int>(std::lround(side * ratio));
  // Nearest neighbour shows the pixels that the network saw; a picture larger than its place is averaged instead.
  const auto way = image.width() > pixels ? Qt::SmoothTransformation : Qt::FastTransformation;
  QPixmap pixmap = QPixmap::fromImage(image.scaled(pixels, pixels, Qt::KeepAspectRatio, way));
  pixmap.setDevicePixelRatio(ratio);
  return pixmap;
}

QString nameOf(const topography::SheetSpec& spec) {
  const QString area = QString::fromStdString(spec.area);
  const QString layer = QString::fromStdString(spec.layer);
  return area == layer || layer.isEmpty() ? area : area + QStringLiteral(" (") + layer + QLatin1Char(')');
}

QString durationText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return {};
  const QLocale locale;
  const auto whole = static_cast<qlonglong>(std::llround(seconds));
  const auto two = [](qlonglong n) { return QStringLiteral("%1").arg(n, 2, 10, QLatin1Char('0')); };
  if (whole < 60) return QCoreApplication::translate("panels", "%1 s").arg(whole);
  if (whole < 3600) return QCoreApplication::translate("panels", "%1 min %2 s").arg(whole / 60).arg(two(whole % 60));
  return QCoreApplication::translate("panels", "%1 h %2 min")
      .arg(locale.toString(whole / 3600), two(whole % 3600 / 60));
}

QString memoryText(std::int64_t bytes) {
  return bytes > 0 ? QLocale().formattedDataSize(bytes, 1, QLocale::DataSizeTraditionalFormat) : QString();
}

void showProgress(QProgressBar* bar, int value) {
  if (bar->value() == value) return;
  bar->setUpdatesEnabled(false);
  bar->setValue(value);
  bar->setUpdatesEnabled(true);  // asks for a painting
}

QLabel* readableLabel(const char* objectName, const QString& accessibleName) {
  QLabel* label = named(new QLabel, objectName, accessibleName);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  return label;
}

void letWheelScroll(QWidget* panel) {
  auto* guard = new WheelGuard(panel);
  for (QWidget* widget : panel->findChildren<QWidget*>()) {
    const bool slides = qobject_cast<QAbstractSlider*>(widget) && !qobject_cast<QScrollBar*>(widget);
    if (!slides && !qobject_cast<QAbstractSpinBox*>(widget) && !qobject_cast<QComboBox*>(widget)) continue;
    widget->setFocusPolicy(Qt::StrongFocus);  // not the wheel
    widget->installEventFilter(guard);
  }
}

QVBoxLayout* makeScrollingColumn(QWidget* panel, const QString& accessibleName) {
  panel->setAccessibleName(accessibleName);
  auto* outer = new QVBoxLayout(panel);
  outer->setContentsMargins(0, 0, 0, 0);
  QScrollArea* area = named(new QScrollArea, "scroll", accessibleName);
  area->setFrameShape(QFrame::NoFrame);
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget;
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(8, 8, 8, 8);
  column->setSpacing(6);
  area->setWidget(content);
  outer->addWidget(area);
  return column;
}

}  // namespace pinwheel::views
