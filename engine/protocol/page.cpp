#include "engine/protocol/page.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>

#include "engine/core/files.h"
#include "engine/figures/xml_text.h"
#include "engine/formats/csv.h"

namespace pinwheel::protocol {
namespace {

namespace fs = std::filesystem;
using figures::xmlText;

constexpr std::uint64_t kLargestPicture = std::uint64_t{64} << 20;
constexpr int kPictureWidth = 360;  // px on the page
constexpr int kWidePictureWidth = 720;

// Colours come from the reader's own light or dark scheme. Those of the last two rules are extras: Qt's text browser
// stops reading where it meets a rule that it does not know, and keeps what stands before.
constexpr const char* kStyle = R"(
html{color-scheme:light dark}
body{font-family:"DejaVu Sans",sans-serif;line-height:1.45;max-width:62em;margin:1em auto;padding:0 1em}
h1{font-size:1.7em}
h2{font-size:1.3em;margin-top:1.8em}
table{border-collapse:collapse;width:100%;margin:0.8em 0}
th,td{border:1px solid #888;padding:0.3em 0.6em;text-align:left;vertical-align:top}
.published{font-style:italic}
.skipped{border:1px solid #888;padding:0.4em 0.6em}
.picture{display:inline-block;vertical-align:top;width:360px;max-width:100%;margin:0 1em 1em 0}
.wide{width:720px}
img{max-width:100%;height:auto;background:#fff}
@media print{html{color-scheme:light} body{max-width:none} h2,h3{break-after:avoid} tr,.picture{break-inside:avoid}}
@media (prefers-color-scheme:light){body{background:#fff;color:#1c1f23} th{background:#eef0f3}
 .published{background:#fbf4dd}}
@media screen and (prefers-color-scheme:dark){body{background:#1b1d21;color:#e6e8eb} a{color:#6cb4ee}
 th{background:#2c3036} .published{background:#3a3523}}
)";

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t group = 0;
    for (std::size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= count ? kDigits[group >> (18 - 6 * i) & 63U] : '=';
  }
  return out;
}

// A text of several lines.
std::string paragraph(const std::string& text) {
  if (text.empty()) return "";
  std::string out = "<p>";
  for (const char ch : xmlText(text)) {
    if (ch == '\n') out += "<br/>";
    out += ch;
  }
  return out + "</p>\n";
}

std::string tableOpen() {
  return "<table border=\"1\" cellspacing=\"0\" cellpadding=\"4\" width=\"100%\">\n";
}

std::string tableHtml(const std::vector<Row>& rows) {
  if (rows.empty()) return "";
  std::string out = tableOpen() + "<thead><tr>";
  for (const char* head : kTableHeads) out += std::string("<th>") + head + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const Row& row : rows) {
    out += "<tr>";
    for (const std::string& cell : {row.name, row.value, row.control}) out += "<td>" + xmlText(cell) + "</td>";
    // In italics as a tag: not every reader knows the class.
    out += "<td class=\"published\">" + (row.published.empty() ? "" : "<i>" + xmlText(row.published) + "</i>") +
           "</td></tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string provenanceHtml(const std::vector<Row>& rows) {
  std::string out = tableOpen();
  for (const Row& row : rows) out += "<tr><th>" + xmlText(row.name) + "</th><td>" + xmlText(row.value) + "</td></tr>\n";
  return out + "</table>\n";
}

std::string pictureHtml(const char* type, std::string_view bytes, bool wide, const std::string& words,
                        const std::string& caption) {
  return std::string("<div class=\"picture") + (wide ? " wide" : "") + "\"><img width=\"" +
         std::to_string(wide ? kWidePictureWidth : kPictureWidth) + "\" alt=\"" + xmlText(words) +
         "\" src=\"data:" + type + ";base64," + base64(bytes) + "\"/><br/><small>" + xmlText(caption) +
         "</small></div>\n";
}

Expected<std::string> chartHtml(const Chart& chart) {
  const auto svg = figures::chartSvg(drawingOf(chart), kPictureWidth);
  if (!svg) return tl::unexpected(svg.error());
  // Not inline: the names inside one drawing would be those inside the next.
  return pictureHtml("image/svg+xml", *svg, false, chart.title, "Numbers: " + chart.file + ".csv");
}

Expected<std::string> sectionHtml(const Section& section, const fs::path& folder) {
  std::string out = paragraph(section.text);
  if (!section.skipped.empty())
    out += "<p class=\"skipped\"><b>Not measured:</b> " + xmlText(section.skipped) + "</p>\n";
  out += tableHtml(section.rows);
  for (const Chart& chart : section.charts) {
    const auto html = chartHtml(chart);
    if (!html) return html;
    out += *html;
  }
  for (const Picture& picture : section.pictures) {
    const auto png = readPicture(picture, folder);
    if (!png) return tl::unexpected(png.error());
    out += pictureHtml("image/png", png->bytes, png->isWide(), picture.caption, picture.caption);
  }
  return out;
}

// An anchor as every reader knows it, Qt's text browser too.
std::string heading(std::size_t number, const std::string& title) {
  const std::string name = "section-" + std::to_string(number);
  return "<h2><a name=\"" + name + "\" id=\"" + name + "\">" + xmlText(title) + "</a></h2>\n";
}

std::string contents(const Page& page) {
  std::string out = "<ul>\n";
  const auto entry = [&out](std::size_t number, const std::string& title, bool skipped) {
    out += "<li><a href=\"#section-" + std::to_string(number) + "\">" + xmlText(title) + "</a>" +
           (skipped ? " (not measured)" : "") + "</li>\n";
  };
  for (std::size_t i = 0; i < page.sections.size(); ++i)
    entry(i + 1, page.sections[i].title, !page.sections[i].skipped.empty());
  if (!page.provenance.empty()) entry(page.sections.size() + 1, "Provenance", false);
  return out + "</ul>\n";
}

}  // namespace

Status writeHtml(const fs::path& file, const Page& page, const fs::path& folder) {
  // The mark comes first: the window knows the program's own pages by it.
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"pinwheel-page\" content=\"1\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>" +
      xmlText(page.title) + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<h1>" + xmlText(page.title) +
      "</h1>\n" + paragraph(page.summary) + contents(page);
  for (std::size_t i = 0; i < page.sections.size(); ++i) {
    const auto html = sectionHtml(page.sections[i], folder);
    if (!html) return tl::unexpected(html.error());
    out += heading(i + 1, page.sections[i].title) + *html;
  }
  if (!page.provenance.empty())
    out += heading(page.sections.size() + 1, "Provenance") + provenanceHtml(page.provenance);
  return writeFileAtomically(file, out + "</body>\n</html>\n");
}

Status writeChartTables(const fs::path& folder, const std::vector<Section>& sections) {
  std::set<std::string> names;
  for (const Section& section : sections)
    for (const Chart& chart : section.charts) {
      const fs::path path = folder / (chart.file + ".csv");
      if (!names.insert(chart.file).second)
        return failure("The numbers of a chart cannot be written", "two charts are called " + chart.file,
                       "report this: every chart needs a name of its own", path.string());
      formats::CsvTable table;
      table.columns = {"series", "x", "y", "low", "high"};
      for (const Series& series : chart.series)
        for (std::size_t i = 0; i < series.y.size(); ++i) {
          const auto at = [i](const std::vector<double>& values) {
            return i < values.size() ? values[i] : std::numeric_limits<double>::quiet_NaN();
          };
          table.rows.push_back({series.name, at(series.x), series.y[i], at(series.low), at(series.high)});
        }
      if (const Status status = formats::saveCsv(path, table); !status) return status;
    }
  return {};
}

figures::ChartPicture drawingOf(const Chart& chart) {
  figures::ChartPicture picture{chart.title, chart.xLabel, chart.yLabel, {}};
  for (const Series& s : chart.series) picture.curves.push_back({s.name, s.x, s.y, s.low, s.high, s.control});
  return picture;
}

Expected<PngFile> readPicture(const Picture& picture, const fs::path& folder) {
  const fs::path path = folder / picture.file;
  auto bytes = readFile(path, kLargestPicture);
  if (!bytes) return tl::unexpected(bytes.error());
  // Width and height stand in the header that every PNG begins with (PNG specification, sections 5.2 and 11.2.2).
  constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
  constexpr std::size_t kWidthAt = 16;
  PngFile png{std::move(*bytes)};
  const auto numberAt = [&png](std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(png.bytes[at + i]);
    return value;
  };
  const bool isPng = png.bytes.size() >= kWidthAt + 8 && png.bytes.compare(0, kSignature.size(), kSignature) == 0;
  if (isPng) {
    png.width = numberAt(kWidthAt);
    png.height = numberAt(kWidthAt + 4);
  }
  if (png.width == 0 || png.height == 0)
    return failure("A picture cannot be shown on the page", "the file is no PNG", "evaluate the network again",
                   path.string());
  return png;
}

}  // namespace pinwheel::protocol
