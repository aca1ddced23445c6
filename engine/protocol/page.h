// The page of an evaluation: one HTML file that stands alone, and the numbers of its charts. No LibTorch.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/figures/chart_picture.h"
#include "engine/protocol/section.h"

namespace pinwheel::protocol {

struct Page {
  std::string title;
  std::vector<Row> provenance{};  ///< name and value: checkpoint, program, data, command
  std::string summary{};          ///< lines end with '\n'
  std::vector<Section> sections{};
};

/// Writes `page` to `file`, atomically: no script, nothing outside the file; charts are SVG and pictures PNG in data:
/// URLs. The markup is XML too, and that of Qt's text browser as far as it carries meaning. `folder`: where the
/// pictures' paths begin. Error: a picture that is missing or no PNG, a chart that cannot be drawn (drawChart), a file
/// that cannot be written.
Status writeHtml(const std::filesystem::path& file, const Page& page, const std::filesystem::path& folder);

/// <chart>.csv in `folder`, which exists: series, x, y, low, high; without a value or an interval cells are empty.
/// Error: two charts of one name, a file that cannot be written.
Status writeChartTables(const std::filesystem::path& folder, const std::vector<Section>& sections);

/// What the page's writers share.
[[nodiscard]] figures::ChartPicture drawingOf(const Chart& chart);

struct PngFile {
  std::string bytes;
  std::uint32_t width = 0;  ///< px
  std::uint32_t height = 0;
  /// Several maps beside each other: takes the place of two pictures.
  [[nodiscard]] bool isWide() const noexcept { return 2 * std::uint64_t{width} > 3 * std::uint64_t{height}; }
};
/// Error: it is missing, above 64 MB, or no PNG.
Expected<PngFile> readPicture(const Picture& picture, const std::filesystem::path& folder);

/// Heads of a section's table.
inline constexpr std::array<const char*, 4> kTableHeads{"Measure", "Value", "Control", "Published (other data)"};

}  // namespace pinwheel::protocol
