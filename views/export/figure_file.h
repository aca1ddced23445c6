// Figures as files: SVG, PDF, PNG, with provenance inside and CSV tables beside.
#pragma once

#include <QImage>
#include <QString>
#include <QStringList>
#include <stop_token>

#include "engine/core/error.h"
#include "views/export/figure.h"

namespace pinwheel::views {

/// "svg", "pdf", "png".
[[nodiscard]] QStringList figureSuffixes();

/// Writes `path` (the suffix decides) and its tables beside it ("<stem>-<table>.csv"), each atomically: tables first,
/// so that a figure never stands without its numbers. `dpi` is a PNG's. `stop` is asked when all is drawn, before
/// anything is written. Errors: an unknown suffix, a folder that cannot be written, a figure that was given up.
[[nodiscard]] Status saveFigure(const Figure& figure, const QString& path, int dpi, const std::stop_token& stop = {});

/// As it will look, `widthPx` wide.
[[nodiscard]] QImage figureImage(const Figure& figure, int dpi);

}  // namespace pinwheel::views
