// Figures as files: SVG, PDF, PNG, with provenance inside and CSV tables beside.
#pragma once

#include <QImage>
#include <QString>
#include <QStringList>

#include "engine/core/error.h"
#include "views/export/figure.h"

namespace pinwheel::views {

/// "svg", "pdf", "png".
[[nodiscard]] QStringList figureSuffixes();

/// Writes `path` (the suffix decides) and its tables beside it ("<stem>-<table>.csv"), each atomically: tables first,
/// so that a figure never stands without its numbers. `dpi` is a PNG's. Errors: an unknown suffix, a folder that cannot
/// be written.
[[nodiscard]] Status saveFigure(const Figure& figure, const QString& path, int dpi);

/// As it will look, `widthPx` wide.
[[nodiscard]] QImage figureImage(const Figure& figure, int dpi);

}  // namespace pinwheel::views
