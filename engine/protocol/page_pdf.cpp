#include "engine/protocol/page_pdf.h"

#include <cairo-pdf.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "engine/core/files.h"
#include "engine/figures/cairo_text.h"

namespace pinwheel::protocol {
namespace {

namespace fs = std::filesystem;
using figures::CairoContext;
using figures::CairoSurface;
using figures::FontStyle;
using figures::setFont;
using figures::showText;
using figures::textWidth;
using figures::wrappedText;

// In points of 1/72 inch; A4 is 210 x 297 mm.
constexpr double kPageWidth = 210 / 25.4 * 72;
constexpr double kPageHeight = 297 / 25.4 * 72;
constexpr double kMargin = 48;
constexpr double kContent = kPageWidth - 2 * kMargin;
constexpr double kBottom = kPageHeight - 60;  // above the page's number
constexpr double kGap = 14;                   // between boxes
constexpr double kHalf = (kContent - kGap) / 2;
constexpr double kChartUnits = 320;  // of a chart across kHalf: its smallest text has 7.5 pt
constexpr double kCaptionLine = 10;
constexpr double kCaptionFont = 7.5;
constexpr double kTableFont = 8;
constexpr double kTableLine = 10.5;
constexpr double kCellPad = 4;

/// Something that must not be cut: a chart or a picture.
struct Box {
  double width = 0;
  double height = 0;
  std::function<Status(cairo_t*)> draw;  ///< from (0, 0)
};

using Cells = std::vector<std::string>;

// Where the columns of a table begin, as shares of the width, and what they hold.
struct Table {
  std::vector<double> begins;
  Cells heads;  // empty: it has none
  std::vector<Cells> rows;
  bool lastInItalics = false;
};

// Fills pages from top to bottom.
class Paper {
public:
  Paper(cairo_surface_t* surface, std::string title)
      : m_surface(surface), m_context(cairo_create(surface), cairo_destroy), m_title(std::move(title)) {
    figures::useLayoutFonts(c());
  }

  /// Never alone at the end of a page: `keep` follows it there.
  void heading(const std::string& text, double size, double keep = 60);
  void section(const std::string& title, double keep = 60);
  void paragraph(const std::string& text, FontStyle style = FontStyle::plain);
  void table(const Table& table);
  Status boxes(const std::vector<Box>& boxes);
  /// Ends the last page.
  void finish() { endPage(); }
  [[nodiscard]] cairo_t* c() const { return m_context.get(); }

private:
  void endPage();
  void newPage() {
    endPage();
    m_y = kMargin;
    ++m_page;
  }
  [[nodiscard]] bool fits(double height) const { return m_y + height <= kBottom || m_y <= kMargin; }
  void need(double height) {
    if (!fits(height)) newPage();
  }
  [[nodiscard]] double columnWidth(const Table& table, std::size_t column) const;
  void row(const Table& table, const Cells& cells, FontStyle style, FontStyle last);
  void rule() const;

  cairo_surface_t* m_surface;
  CairoContext m_context;
  std::string m_title;
  double m_y = kMargin;
  int m_page = 1;
};

void Paper::endPage() {
  cairo_set_source_rgb(c(), 0.35, 0.35, 0.35);
  setFont(c(), kCaptionFont);
  const std::string number = std::to_string(m_page);
  const double wide = textWidth(c(), number);
  showText(c(), kPageWidth - kMargin - wide, kPageHeight - 36, number);
  figures::fitFont(c(), m_title, kCaptionFont, kContent - wide - kGap);
  showText(c(), kMargin, kPageHeight - 36, m_title);
  cairo_show_page(c());
}

void Paper::heading(const std::string& text, double size, double keep) {
  setFont(c(), size, FontStyle::bold);
  const std::vector<std::string> lines = wrappedText(c(), text, kContent);
  const double line = 1.25 * size;
  need(line * static_cast<double>(lines.size()) + size + keep);
  if (m_y > kMargin) m_y += size;
  for (const std::string& each : lines) {
    need(line);
    cairo_set_source_rgb(c(), 0, 0, 0);
    setFont(c(), size, FontStyle::bold);
    m_y += line;
    showText(c(), kMargin, m_y - 0.3 * size, each);
  }
  m_y += 0.3 * size;
}

void Paper::section(const std::string& title, double keep) {
  heading(title, 13, keep);
  const std::string place = "page=" + std::to_string(m_page) + " pos=[0 " + std::to_string(std::lround(m_y - 24)) + "]";
  cairo_pdf_surface_add_outline(m_surface, CAIRO_PDF_OUTLINE_ROOT, title.c_str(), place.c_str(),
                                cairo_pdf_outline_flags_t{});
}

void Paper::paragraph(const std::string& text, FontStyle style) {
  if (text.empty()) return;
  constexpr double kFont = 9;
  constexpr double kLine = 12.5;
  setFont(c(), kFont, style);
  for (const std::string& line : wrappedText(c(), text, kContent)) {
    need(kLine);
    cairo_set_source_rgb(c(), 0, 0, 0);
    setFont(c(), kFont, style);
    m_y += kLine;
    showText(c(), kMargin, m_y - 3, line);
  }
  m_y += 6;
}

double Paper::columnWidth(const Table& table, std::size_t column) const {
  const double end = column + 1 < table.begins.size() ? table.begins[column + 1] : 1;
  return (end - table.begins[column]) * kContent - 2 * kCellPad;
}

void Paper::rule() const {
  cairo_set_source_rgb(c(), 0.7, 0.7, 0.7);
  cairo_set_line_width(c(), 0.5);
  cairo_move_to(c(), kMargin, m_y);
  cairo_line_to(c(), kMargin + kContent, m_y);
  cairo_stroke(c());
}

// A row that is higher than a page goes on upon the next.
void Paper::row(const Table& table, const Cells& cells, FontStyle style, FontStyle last) {
  const auto styleOf = [&](std::size_t column) { return column + 1 == cells.size() ? last : style; };
  std::vector<std::vector<std::string>> lines;
  std::size_t most = 1;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    setFont(c(), kTableFont, styleOf(column));
    lines.push_back(wrappedText(c(), cells[column], columnWidth(table, column)));
    most = std::max(most, lines.back().size());
  }
  if (!fits(static_cast<double>(most) * kTableLine + kCellPad)) {
    newPage();
    if (!table.heads.empty() && &cells != &table.heads) row(table, table.heads, FontStyle::bold, FontStyle::bold);
  }
  for (std::size_t first = 0; first < most;) {
    const auto room = static_cast<std::size_t>(std::max(1.0, std::floor((kBottom - m_y - kCellPad) / kTableLine)));
    const std::size_t end = std::min(most, first + room);
    for (std::size_t column = 0; column < lines.size(); ++column) {
      cairo_set_source_rgb(c(), 0, 0, 0);
      setFont(c(), kTableFont, styleOf(column));
      for (std::size_t i = first; i < std::min(end, lines[column].size()); ++i)
        showText(c(), kMargin + table.begins[column] * kContent + kCellPad,
                 m_y + static_cast<double>(i - first + 1) * kTableLine - 1, lines[column][i]);
    }
    m_y += static_cast<double>(end - first) * kTableLine + kCellPad;
    rule();
    first = end;
    if (first < most) newPage();
  }
}

void Paper::table(const Table& table) {
  if (table.rows.empty()) return;
  rule();
  if (!table.heads.empty()) row(table, table.heads, FontStyle::bold, FontStyle::bold);
  const FontStyle last = table.lastInItalics ? FontStyle::italic : FontStyle::plain;
  for (const Cells& cells : table.rows) row(table, cells, FontStyle::plain, last);
  m_y += kGap;
}

// As many beside each other as the width holds.
Status Paper::boxes(const std::vector<Box>& boxes) {
  for (std::size_t first = 0; first < boxes.size();) {
    double width = 0;
    double height = 0;
    std::size_t end = first;
    while (end < boxes.size() && (end == first || width + boxes[end].width <= kContent + 0.1)) {
      width += boxes[end].width + kGap;
      height = std::max(height, boxes[end].height);
      ++end;
    }
    need(height);
    double x = kMargin;
    for (; first < end; ++first) {
      cairo_save(c());
      cairo_translate(c(), x, m_y);
      const Status status = boxes[first].draw(c());
      cairo_restore(c());
      if (!status) return status;
      x += boxes[first].width + kGap;
    }
    m_y += height + kGap;
  }
  return {};
}

Box chartBox(const Chart& chart) {
  const double scale = kHalf / kChartUnits;
  figures::ChartPicture drawing = drawingOf(chart);
  const double height = scale * figures::chartHeight(drawing, kChartUnits);
  return {kHalf, height + kCaptionLine, [=, name = chart.file + ".csv"](cairo_t* c) -> Status {
            cairo_set_source_rgb(c, 0.35, 0.35, 0.35);
            figures::fitFont(c, "Numbers: " + name, kCaptionFont, kHalf);
            showText(c, 0, height + kCaptionLine - 2, "Numbers: " + name);
            cairo_scale(c, scale, scale);
            return figures::drawChart(c, drawing, kChartUnits);
          }};
}

// Reads a PNG that lies in memory.
struct PngReader {
  const std::string* bytes;
  std::size_t at = 0;
  static cairo_status_t read(void* from, unsigned char* to, unsigned count) {
    auto* reader = static_cast<PngReader*>(from);
    if (count > reader->bytes->size() - reader->at) return CAIRO_STATUS_READ_ERROR;
    std::copy_n(reader->bytes->data() + reader->at, count, reinterpret_cast<char*>(to));
    reader->at += count;
    return CAIRO_STATUS_SUCCESS;
  }
};

Status drawPng(cairo_t* c, const PngFile& png, double scale, const fs::path& path) {
  PngReader reader{&png.bytes};
  const CairoSurface image(cairo_image_surface_create_from_png_stream(&PngReader::read, &reader),
                           cairo_surface_destroy);
  if (const cairo_status_t code = cairo_surface_status(image.get()); code != CAIRO_STATUS_SUCCESS)
    return failure("A picture cannot be put on the page", cairo_status_to_string(code), "evaluate the network again",
                   path.string());
  cairo_scale(c, scale, scale);
  cairo_set_source_surface(c, image.get(), 0, 0);
  cairo_paint(c);
  return {};
}

Expected<Box> pictureBox(cairo_t* c, const Picture& picture, const fs::path& folder) {
  auto png = readPicture(picture, folder);
  if (!png) return tl::unexpected(png.error());
  Box box;
  box.width = png->isWide() ? kContent : kHalf;
  setFont(c, kCaptionFont);
  const std::vector<std::string> caption = wrappedText(c, picture.caption, box.width);
  const double captionHeight = kCaptionLine * static_cast<double>(caption.size());
  const double room = kBottom - kMargin - captionHeight;
  const double scale = std::min(box.width / png->width, room / png->height);
  const double height = scale * png->height;
  box.height = height + captionHeight;
  box.draw = [=, png = std::move(*png), path = folder / picture.file](cairo_t* target) {
    cairo_set_source_rgb(target, 0.35, 0.35, 0.35);
    setFont(target, kCaptionFont);
    for (std::size_t i = 0; i < caption.size(); ++i)
      showText(target, 0, height + kCaptionLine * static_cast<double>(i + 1) - 2, caption[i]);
    return drawPng(target, png, scale, path);
  };
  return box;
}

Status putSection(Paper& paper, const Section& section, const fs::path& folder) {
  const bool drawingFirst = section.text.empty() && section.skipped.empty() && section.rows.empty();
  paper.section(section.title, drawingFirst ? kHalf : 60);
  paper.paragraph(section.text);
  if (!section.skipped.empty()) paper.paragraph("Not measured: " + section.skipped, FontStyle::bold);
  Table table{{0, 0.32, 0.54, 0.77}, {kTableHeads.begin(), kTableHeads.end()}, {}, true};
  for (const Row& row : section.rows) table.rows.push_back({row.name, row.value, row.control, row.published});
  paper.table(table);
  std::vector<Box> charts;
  for (const Chart& chart : section.charts) charts.push_back(chartBox(chart));
  if (Status status = paper.boxes(charts); !status) return status;
  std::vector<Box> pictures;
  for (const Picture& picture : section.pictures) {
    auto box = pictureBox(paper.c(), picture, folder);
    if (!box) return tl::unexpected(box.error());
    pictures.push_back(std::move(*box));
  }
  return paper.boxes(pictures);
}

Status putPage(Paper& paper, const Page& page, const fs::path& folder) {
  paper.heading(page.title, 18);
  paper.paragraph(page.summary);
  for (const Section& section : page.sections)
    if (Status status = putSection(paper, section, folder); !status) return status;
  if (!page.provenance.empty()) {
    paper.section("Provenance");
    Table table{{0, 0.25}, {}, {}, false};
    for (const Row& row : page.provenance) table.rows.push_back({row.name, row.value});
    paper.table(table);
  }
  paper.finish();
  return {};
}

void describe(cairo_surface_t* surface, const Page& page) {
  std::string provenance;
  for (const Row& row : page.provenance) provenance += (provenance.empty() ? "" : "; ") + row.name + ": " + row.value;
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, page.title.c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, provenance.c_str());
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Pinwheel");
}

}  // namespace

Status writePdf(const fs::path& file, const Page& page, const fs::path& folder) {
  std::string bytes;
  const auto append = [](void* to, const unsigned char* from, unsigned count) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(from), count);
    return CAIRO_STATUS_SUCCESS;
  };
  const CairoSurface surface(cairo_pdf_surface_create_for_stream(append, &bytes, kPageWidth, kPageHeight),
                             cairo_surface_destroy);
  // For readers of every age; later versions also pack the metadata away, where no text search finds it.
  cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_4);
  describe(surface.get(), page);
  cairo_status_t drawn = CAIRO_STATUS_SUCCESS;
  {
    Paper paper(surface.get(), page.title);
    if (Status status = putPage(paper, page, folder); !status) return status;
    drawn = cairo_status(paper.c());
  }
  cairo_surface_finish(surface.get());
  if (drawn == CAIRO_STATUS_SUCCESS) drawn = cairo_surface_status(surface.get());
  if (drawn != CAIRO_STATUS_SUCCESS)
    return failure("The page cannot be drawn as PDF", cairo_status_to_string(drawn), "check that its texts are UTF-8",
                   file.string());
  return writeFileAtomically(file, bytes);
}

}  // namespace pinwheel::protocol
