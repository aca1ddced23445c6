#include "views/export/cortex_page.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace pinwheel::views {
namespace {

// Of the narrower one's width, as neighbours of one size hide each other in the cortex view.
constexpr double kMostHidden = 0.14;
// Where a leader leaves the upper edge: right of what is hidden, so that it crosses no other sheet.
constexpr double kLeaderAt = 0.2;
// Of the page's width: few sheets do not become a poster.
constexpr double kMostHeight = 0.6;
constexpr double kLabelGapMm = 0.8;
constexpr double kLineGapMm = 0.2;
constexpr double kBarGapMm = 1.2;

// A parallelogram with two upright sides, the upper edge falling to the right.
struct Stand {
  double left = 0;
  double top = 0;  ///< of the left side
  double width = 0;
  double height = 0;
  double drop = 0;

  [[nodiscard]] double right() const { return left + width; }
  [[nodiscard]] double bottom() const { return top + drop + height; }
  [[nodiscard]] double fallTo(double x) const { return (std::clamp(x, left, right()) - left) / width * drop; }
  [[nodiscard]] bool spans(double from, double to) const { return from <= right() && to >= left; }
};

std::vector<Stand> project(const std::vector<double>& sidesMm, double azimuthDeg, double elevationDeg) {
  const double azimuth = azimuthDeg * std::numbers::pi / 180;
  const double elevation = elevationDeg * std::numbers::pi / 180;
  std::vector<Stand> stands;
  for (const double side : sidesMm) {
    Stand stand;
    stand.width = side * std::cos(azimuth);
    stand.height = side * std::cos(elevation);
    stand.drop = side * std::sin(azimuth) * std::sin(elevation);
    for (const Stand& nearer : stands)
      stand.left = std::max(stand.left, nearer.right() - kMostHidden * std::min(nearer.width, stand.width));
    // Going away moves a sheet right by depth x sin(azimuth) and up by depth x cos(azimuth) sin(elevation); the middles
    // of all stand at one height.
    const double across = stands.empty() ? 0 : stand.left + stand.width / 2 - stands.front().width / 2;
    stand.top = -across / std::tan(azimuth) * std::sin(elevation) - (stand.height + stand.drop) / 2;
    stands.push_back(stand);
  }
  return stands;
}

double highest(const std::vector<Stand>& stands, double from, double to) {
  double y = std::numeric_limits<double>::infinity();
  for (const Stand& stand : stands)
    if (stand.spans(from, to)) y = std::min(y, stand.top + stand.fallTo(from));
  return y;
}

double lowest(const std::vector<Stand>& stands, double from, double to) {
  double y = -std::numeric_limits<double>::infinity();
  for (const Stand& stand : stands)
    if (stand.spans(from, to)) y = std::max(y, stand.top + stand.height + stand.fallTo(to));
  return y;
}

double leaderX(const Stand& stand) {
  return stand.left + kLeaderAt * stand.width;
}

// Scales to the page's width, labels included, and centres.
void fitTo(std::vector<Stand>& stands, const std::vector<double>& labelWidths, double widthMm) {
  double right = 0;
  double top = std::numeric_limits<double>::infinity();
  double bottom = -top;
  for (const Stand& stand : stands) {
    right = std::max(right, stand.right());
    top = std::min(top, stand.top);
    bottom = std::max(bottom, stand.bottom());
  }
  double scale = std::min(widthMm / right, kMostHeight * widthMm / (bottom - top));
  for (std::size_t i = 0; i < stands.size(); ++i)
    scale = std::min(scale, (widthMm - labelWidths[i]) / leaderX(stands[i]));
  double used = scale * right;
  for (std::size_t i = 0; i < stands.size(); ++i) used = std::max(used, scale * leaderX(stands[i]) + labelWidths[i]);
  for (Stand& stand : stands) {
    for (double* length : {&stand.left, &stand.top, &stand.width, &stand.height, &stand.drop}) *length *= scale;
    stand.left += (widthMm - used) / 2;
  }
}

// From right to left, each above the sheets and the labels that it would touch: so no leader crosses a label.
void placeLabels(std::vector<CortexPageSheet>& sheets, const std::vector<Stand>& stands,
                 const std::vector<double>& widths, double lineMm) {
  for (std::size_t i = sheets.size(); i-- > 0;) {
    const double x = leaderX(stands[i]);
    const double edge = stands[i].top + stands[i].fallTo(x);
    double bottom = highest(stands, x, x + widths[i]) - kLabelGapMm;
    for (std::size_t j = i + 1; j < sheets.size(); ++j)
      if (sheets[j].label.box.left() < x + widths[i] + kLabelGapMm)
        bottom = std::min(bottom, sheets[j].label.box.top() - kLineGapMm);
    sheets[i].label.box = {x, bottom - lineMm, widths[i], lineMm};
    sheets[i].leader = {x, edge, x, bottom};
  }
}

}  // namespace

QPolygonF CortexPageSheet::outline() const {
  return toPage.map(QPolygonF(QRectF(0, 0, sideMm, sideMm)));
}

CortexPage layOutCortex(const std::vector<double>& sidesMm, const QStringList& labels, const TextRuler& ruler,
                        double widthMm, double azimuthDeg, double elevationDeg) {
  CortexPage page;
  std::vector<double> labelWidths;
  for (const QString& label : labels) {
    CortexPageSheet sheet;
    sheet.label.text = ruler.elided(label, widthMm / 2);
    labelWidths.push_back(std::min(widthMm / 2, ruler.widthMm(sheet.label.text)));
    page.sheets.push_back(std::move(sheet));
  }
  std::vector<Stand> stands = project(sidesMm, azimuthDeg, elevationDeg);
  fitTo(stands, labelWidths, widthMm);
  placeLabels(page.sheets, stands, labelWidths, ruler.lineMm());

  const double barMm = roundNumber(sidesMm.front() / 4);
  const Stand& first = stands.front();
  const double share = barMm / sidesMm.front();
  const QPointF from(first.left, first.top + first.height + kBarGapMm);
  page.scaleBar = {from, from + share * QPointF(first.width, first.drop)};
  page.scaleText.text = QString("%1 mm").arg(numberText(barMm, true));
  const double textWidth = ruler.widthMm(page.scaleText.text);
  const double textTop = lowest(stands, from.x(), from.x() + textWidth) + 2 * kBarGapMm;
  page.scaleText.box = {from.x(), textTop, textWidth, ruler.lineMm()};

  double top = std::numeric_limits<double>::infinity();
  double bottom = page.scaleText.box.bottom();
  for (std::size_t i = 0; i < stands.size(); ++i) {
    top = std::min({top, stands[i].top, page.sheets[i].label.box.top()});
    bottom = std::max(bottom, stands[i].bottom());
  }
  for (std::size_t i = 0; i < stands.size(); ++i) {
    CortexPageSheet& sheet = page.sheets[i];
    const Stand& stand = stands[i];
    sheet.sideMm = sidesMm[i];
    sheet.toPage = QTransform(stand.width / sheet.sideMm, stand.drop / sheet.sideMm, 0, stand.height / sheet.sideMm,
                              stand.left, stand.top - top);
    sheet.label.box.translate(0, -top);
    sheet.leader.translate(0, -top);
  }
  page.scaleBar.translate(0, -top);
  page.scaleText.box.translate(0, -top);
  page.sizeMm = {widthMm, bottom - top};
  return page;
}

}  // namespace pinwheel::views
