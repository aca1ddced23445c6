// The cortex as a figure: no camera, no VTK, no display.
#include <QPainter>
#include <algorithm>
#include <map>

#include "views/export/cortex_page.h"
#include "views/export/figure_parts.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kGapMm = 2;
constexpr int kGridSide = 384;

struct Drawing {
  CortexPage page;
  std::vector<QImage> pictures;  ///< per sheet
  MapContent legend;
  std::vector<DrawnText> heading, caption;  ///< mm
  double pageTopMm = 0;
  double legendTopMm = 0;
  double fontPt = 0;

  void paint(QPainter& painter, const QRectF& rect) const;
};

void Drawing::paint(QPainter& painter, const QRectF& rect) const {
  painter.save();
  painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
  const double mm = painter.device()->logicalDpiX() / 25.4;
  const double pt = mm * 25.4 / 72;
  const MapStyle style = paperStyle();
  const QTransform toDevice = QTransform::fromScale(mm, mm) * QTransform::fromTranslate(rect.left(), rect.top());
  const QTransform onPage = QTransform::fromTranslate(0, pageTopMm) * toDevice;
  // The farthest first: what is nearer stands before it.
  for (std::size_t i = page.sheets.size(); i-- > 0;) {
    const CortexPageSheet& sheet = page.sheets[i];
    painter.save();
    painter.setTransform(sheet.toPage * onPage, true);
    painter.drawImage(QRectF(0, 0, sheet.sideMm, sheet.sideMm), pictures[i]);
    painter.restore();
    painter.setPen(QPen(style.line, 0.6 * pt, Qt::SolidLine, Qt::FlatCap, Qt::MiterJoin));
    painter.setBrush(Qt::NoBrush);
    painter.drawPolygon(onPage.map(sheet.outline()));
  }
  std::vector<DrawnText> texts{page.scaleText};
  for (const CortexPageSheet& sheet : page.sheets) {
    painter.setPen(QPen(style.quiet, 0.4 * pt));
    painter.drawLine(onPage.map(sheet.leader));
    texts.push_back(sheet.label);
  }
  painter.setPen(QPen(style.text, 1.6 * pt, Qt::SolidLine, Qt::FlatCap));
  painter.drawLine(onPage.map(page.scaleBar));
  QFont font = figureFont(fontPt);
  painter.setFont(font);
  painter.setPen(style.text);
  paintTexts(painter, texts, onPage);
  painter.setPen(style.quiet);
  paintTexts(painter, caption, toDevice);
  font.setBold(true);
  painter.setFont(font);
  painter.setPen(style.text);
  paintTexts(painter, heading, toDevice);
  paintLegend(painter, legend, toDevice.map(QPointF(0, legendTopMm)), rect.width(), fontPt);
  painter.restore();
}

// Below the legend: how many units, and why a sheet is grey.
QStringList captionOf(const FigureData& data, const FieldChoice& choice, const std::vector<Field>& fields) {
  QStringList units;
  std::map<QString, QStringList> grey;
  for (std::size_t s = 0; s < fields.size(); ++s) {
    const topography::SheetSpec& spec = data.network->sheets[s].spec;
    units << QString("%1 %2").arg(sheetTitle(spec), countText(spec.unitCount()));
    if (!fields[s].note.isEmpty()) grey[fields[s].note] << sheetTitle(spec);
  }
  QStringList caption{QString("Units: %1").arg(units.join(", "))};
  if (choice.quantity == Quantity::rate)
    caption << QString("Stimulus: %1").arg(QString::fromStdString(data.activity->stimulus));
  for (const auto& [note, sheets] : grey) caption << QString("Grey: %1. %2").arg(sheets.join(", "), note);
  return caption;
}

}  // namespace

Expected<Figure> cortexFigure(const FigureSpec& spec, const FigureData& data) {
  const std::vector<session::SheetPlan>& plans = data.network->sheets;
  if (plans.empty() ||
      std::any_of(plans.begin(), plans.end(), [](const auto& p) { return !(p.spec.displaySideMm > 0); }))
    return failure("There is no cortex to draw", "the network has no sheets, or one without a size",
                   "open another checkpoint");
  const auto choice = choiceNamed(spec, data);
  if (!choice) return tl::unexpected(choice.error());
  std::vector<Field> fields;
  std::vector<SheetPanel> panels;
  std::vector<double> sides;
  QStringList labels;
  for (std::size_t s = 0; s < plans.size(); ++s) {
    fields.push_back(fieldOf(sourceOf(data), s, *choice));
    panels.push_back({s, *choice});
    sides.push_back(plans[s].spec.displaySideMm);
    labels << QString("%1: %2 mm").arg(sheetTitle(plans[s].spec), numberText(sides.back(), true));
  }
  const auto shown = std::find_if(fields.begin(), fields.end(), [](const Field& f) { return !f.values.empty(); });
  if (shown == fields.end())
    return failure("There is nothing to colour the cortex by", fields.front().note.toStdString(),
                   hintFor(choice->quantity, data.maps.get()));
  shareRange(fields);  // one legend holds for all sheets

  Drawing drawing;
  drawing.fontPt = spec.fontPt;
  drawing.legend.choice = *choice;
  drawing.legend.field = *shown;
  const MapStyle style = paperStyle();
  for (std::size_t s = 0; s < plans.size() && !spec.stop.stop_requested(); ++s) {
    drawing.pictures.push_back(SheetGrid(plans[s], kGridSide).picture(fields[s], choice->smoothed, style.ground));
    tellParts(spec, s + 1, plans.size());
  }

  Figure figure;
  const QString& name = shown->name;
  figure.title = QString("Cortex: %1").arg(name.left(1).toLower() + name.mid(1));
  figure.tables = {{"units", unitTable(data, panels, spec.stop)}};
  const TextRuler ruler(spec.fontPt);
  const TextRuler bold(spec.fontPt, true);
  drawing.page = layOutCortex(sides, labels, ruler, spec.widthMm, spec.azimuthDeg, spec.elevationDeg);
  drawing.pageTopMm = bold.stack(drawing.heading, figure.title, {0, 0}, spec.widthMm) + kGapMm;
  drawing.legendTopMm = drawing.pageTopMm + drawing.page.sizeMm.height() + kGapMm;
  double y = drawing.legendTopMm + ruler.legendHeightMm(drawing.legend, spec.widthMm) + kGapMm;
  for (const QString& line : captionOf(data, *choice, fields))
    y = ruler.stack(drawing.caption, line, {0, y}, spec.widthMm);
  figure.heightMm = y;
  figure.paint = [drawing = std::move(drawing)](QPainter& painter, const QRectF& rect) {
    drawing.paint(painter, rect);
  };
  return figure;
}

}  // namespace pinwheel::views
