// From a tuning's frame to the series of its charts, on the screen and on paper. No widget.
#pragma once

#include <span>

#include "engine/session/frames.h"
#include "views/panels/chart.h"

namespace pinwheel::views {

/// A marked line with its standard errors.
[[nodiscard]] ChartSeries curveSeries(std::span<const session::CurvePoint> points, const QColor& colour);

/// A bar per domain with its standard error, and its t above, written as `locale` does.
[[nodiscard]] ChartSeries domainSeries(std::span<const session::DomainResponse> domains, const QColor& colour,
                                       const QLocale& locale);
/// Their names, for the chart of domainSeries().
[[nodiscard]] QStringList domainNames(std::span<const session::DomainResponse> domains);

}  // namespace pinwheel::views
