// How costs grow, as pictures: one log-log chart of all growth cases for time, one for memory. No LibTorch.
#pragma once

#include <filesystem>
#include <vector>

#include "engine/benchmark/benchmark.h"
#include "engine/figures/chart_picture.h"

namespace pinwheel::benchmark {

enum class GrowthCost { time, memory };

/// Median seconds or megabytes (1e6 bytes) against the size, a curve for every case that has a row of them, and in grey
/// a line of slope 1 through the middle of the data: linear growth.
[[nodiscard]] figures::ChartPicture growthChart(const std::vector<CaseResult>& results, GrowthCost cost);

/// `growth-time` and `growth-memory` in `folder`, each as .png (1600 px wide, to be shown at half that) and .svg; a
/// cost that was not measured has no files. The PNG files tell machine, versions and time. Returns their paths. Error:
/// nothing in the report tells how costs grow; a file that cannot be written.
Expected<std::vector<std::filesystem::path>> writeGrowthCharts(const Report& report,
                                                               const std::filesystem::path& folder);

}  // namespace pinwheel::benchmark
