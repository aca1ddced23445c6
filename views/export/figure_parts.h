// The figures one by one; private to this folder.
#pragma once

#include "views/export/figure.h"

namespace pinwheel::views {

// Of maps: map_figures.cpp.
[[nodiscard]] Expected<Figure> mapsFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> orientationFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> categoriesFigure(const FigureSpec& spec, const FigureData& data);
// Of charts: chart_figures.cpp.
[[nodiscard]] Expected<Figure> rasterFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> tuningFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> trainingFigure(const FigureSpec& spec, const FigureData& data);
[[nodiscard]] Expected<Figure> lesionFigure(const FigureSpec& spec, const FigureData& data);

/// The sheet that `wanted` names by layer or area (the first of an area), or `fallback`'s, or the first one.
[[nodiscard]] Expected<std::size_t> sheetNamed(const session::NetworkFrame& network, const QString& wanted,
                                               const QString& fallback);
/// "V1", or "V1 (layer2.0)" where layers and areas differ.
[[nodiscard]] QString sheetTitle(const topography::SheetSpec& spec);

/// Cells of `columns` columns that fill a rectangle, row by row, with a gap of `gap` device units.
[[nodiscard]] std::vector<QRectF> cells(const QRectF& rect, int count, int columns, double gap);

}  // namespace pinwheel::views
