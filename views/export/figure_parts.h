// The figures one by one; private to this folder. One that is stopped is cut off, and makeFigure() throws it away.
#pragma once

#include "views/export/figure.h"
#include "views/maps/map_content.h"
#include "views/maps/map_painter.h"
#include "views/panels/chart.h"

namespace pinwheel::views {

// Of maps: map_figures.cpp.
[[nodiscard]] Expected<Figure> mapsFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> oneMapFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> orientationFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> categoriesFigure(const FigureSpec& spec, const FigureData& data);
// cortex_figure.cpp, stimulus_figure.cpp.
[[nodiscard]] Expected<Figure> cortexFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> stimulusFigure(const FigureSpec& spec, const FigureData& data);
// Of charts: chart_figures.cpp.
[[nodiscard]] Expected<Figure> rasterFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> trainingFigure(const FigureSpec& spec, const FigureData& data);
// tuning_figure.cpp, lesion_figure.cpp.
[[nodiscard]] Expected<Figure> tuningFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> lesionFigure(const FigureSpec& spec, const FigureData& data);

/// Tells whoever waits for the figure that `done` of its `total` parts are ready.
inline void tellParts(const FigureSpec& spec, std::size_t done, std::size_t total) {
  if (spec.progress) spec.progress(static_cast<int>(done), static_cast<int>(total));
}

/// The sheet that `wanted` names by layer or area (the first of an area), or `fallback`'s, or the first one.
[[nodiscard]] Expected<std::size_t> sheetNamed(const session::NetworkFrame& network, const QString& wanted,
                                               const QString& fallback);
/// "V1", or "V1 (layer2.0)" where layers and areas differ.
[[nodiscard]] QString sheetTitle(const topography::SheetSpec& spec);

/// A quantity as figures show it: what is measured is smoothed, what is counted is not. figure_quantity.cpp.
[[nodiscard]] FieldChoice paperChoice(Quantity quantity, int domain = 0);
/// The one that spec.quantity names, case aside, smoothed as spec says; none named: the first.
[[nodiscard]] Expected<FieldChoice> choiceNamed(const FigureSpec& spec, const FigureData& data);

/// A sheet in a figure, and what it is coloured by.
struct SheetPanel {
  std::size_t sheet = 0;
  FieldChoice choice;
};
/// How to get what a note says is not there.
[[nodiscard]] std::string hintFor(Quantity quantity, const session::MapsFrame* maps);

/// Points into `data`. map_figures.cpp.
[[nodiscard]] FieldSource sourceOf(const FigureData& data);
/// Plain numbers of panels, a row per unit and panel: not smoothed, whatever the panel is. Cut off when it is stopped.
[[nodiscard]] formats::CsvTable unitTable(const FigureData& data, const std::vector<SheetPanel>& panels,
                                          const std::stop_token& stop);

/// Maps side by side, one like the other. map_figures.cpp.
struct MapCells {
  std::vector<MapContent> contents;
  MapOptions options;
  int columns = 1;
  double heightMm = 0;
  void paint(QPainter& painter, const QRectF& rect) const;
};
/// `options` says what is drawn over them; `heightMm` follows from the rest.
[[nodiscard]] MapCells mapCells(std::vector<MapContent> contents, MapOptions options, int columns,
                                const FigureSpec& spec);
/// Pixels of a sheet's picture.
inline constexpr int kMapGridSide = 384;

/// Charts in cells, each `heightMm` high; title and tables are the caller's. chart_figures.cpp.
[[nodiscard]] Figure chartsFigure(const QString& title, std::vector<Chart> charts, int columns, double heightMm,
                                  double fontPt);
[[nodiscard]] ChartSeries paperSeries(const QString& name, int colour);
[[nodiscard]] int chartColumns(const FigureSpec& spec);
[[nodiscard]] double devicePerMm(const QPainter& painter);

/// Cells of `columns` columns that fill a rectangle, row by row, with a gap of `gap` device units.
[[nodiscard]] std::vector<QRectF> cells(const QRectF& rect, int count, int columns, double gap);

}  // namespace pinwheel::views
