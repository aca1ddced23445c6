#include "views/vtk/sheet_pictures.h"

#include <bit>
#include <cstring>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

// Bit by bit: NaN, which is no value, equals itself here.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

bool sameColours(const Field& a, const Field& b) {
  return a.map == b.map && a.cyclic == b.cyclic && a.low == b.low && a.high == b.high && same(a.values, b.values) &&
         same(a.saturation, b.saturation);
}

}  // namespace

void SheetPictures::reset(std::shared_ptr<const session::NetworkFrame> network) {
  m_network = std::move(network);
  m_sheets.clear();
  m_sheets.resize(m_network ? m_network->sheets.size() : 0);
  m_selectedSheet = -1;
  m_selected.clear();
}

void SheetPictures::markFields() {
  for (Sheet& sheet : m_sheets) sheet.fieldStale = true;
}

void SheetPictures::markSelection(const Selection& selection) {
  for (const int sheet : {m_selectedSheet, selection.selectedSheet()})
    if (sheet >= 0 && static_cast<std::size_t>(sheet) < m_sheets.size())
      m_sheets[static_cast<std::size_t>(sheet)].outlineStale = true;
  m_selectedSheet = selection.selectedSheet();
  m_selected = selection.units();
}

std::optional<SheetPictures::Update> SheetPictures::next(const FieldSource& source, const FieldChoice& choice,
                                                         QRgb ground) {
  for (std::size_t i = 0; i < m_sheets.size(); ++i) {
    Sheet& sheet = m_sheets[i];
    if (sheet.fieldStale && colour(sheet, i, source, choice, ground)) sheet.outlineStale = true;
    sheet.fieldStale = false;
    if (!sheet.outlineStale) continue;
    sheet.outlineStale = false;
    return Update{static_cast<int>(i), outlined(sheet)};
  }
  return std::nullopt;
}

bool SheetPictures::colour(Sheet& sheet, std::size_t index, const FieldSource& source, const FieldChoice& choice,
                           QRgb ground) {
  if (!sheet.grid) sheet.grid = std::make_unique<SheetGrid>(m_network->sheets[index], kSide);
  Field field = fieldOf(source, index, choice);
  const bool unchanged = !sheet.plain.isNull() && sheet.ground == ground && sheet.smoothed == choice.smoothed &&
                         sameColours(sheet.field, field);
  sheet.field = std::move(field);
  sheet.ground = ground;
  sheet.smoothed = choice.smoothed;
  if (unchanged) return false;
  if (sheet.field.values.empty()) {
    sheet.plain = QImage(kSide, kSide, QImage::Format_ARGB32);
    sheet.plain.fill(ground);
  } else {
    sheet.plain = sheet.grid->picture(sheet.field, choice.smoothed, ground);
  }
  ++m_coloured;
  return true;
}

QImage SheetPictures::outlined(const Sheet& sheet) const {
  QImage picture = sheet.plain;
  if (m_selectedSheet < 0 || &sheet != &m_sheets[static_cast<std::size_t>(m_selectedSheet)] || m_selected.empty())
    return picture;
  const std::size_t units = m_network->sheets[static_cast<std::size_t>(m_selectedSheet)].xMm.size();
  std::vector<std::uint8_t> chosen(units, 0);
  for (const std::int32_t u : m_selected)
    if (u >= 0 && static_cast<std::size_t>(u) < units) chosen[static_cast<std::size_t>(u)] = 1;
  const std::vector<std::int32_t>& nearest = sheet.grid->nearest();
  const auto inside = [&](int row, int column) {
    if (row < 0 || row >= kSide || column < 0 || column >= kSide) return false;
    const std::int32_t u = nearest[static_cast<std::size_t>(row * kSide + column)];
    return u >= 0 && chosen[static_cast<std::size_t>(u)] != 0;
  };
  // Around the units, not on them: a unit may be one pixel wide, and its colour is what one wants to see.
  const QRgb colour = selectionColour().rgb();
  for (int row = 0; row < kSide; ++row) {
    auto* line = reinterpret_cast<QRgb*>(picture.scanLine(row));
    for (int column = 0; column < kSide; ++column) {
      if (inside(row, column)) continue;
      bool edge = false;
      for (int r = row - 1; r <= row + 1 && !edge; ++r)
        for (int c = column - 1; c <= column + 1 && !edge; ++c) edge = inside(r, c);
      if (edge) line[column] = colour;
    }
  }
  return picture;
}

int SheetPictures::unitAt(int sheet, double xMm, double yMm) const {
  if (sheet < 0 || static_cast<std::size_t>(sheet) >= m_sheets.size()) return -1;
  const auto& grid = m_sheets[static_cast<std::size_t>(sheet)].grid;
  return grid ? grid->unitAt(xMm, yMm) : -1;
}

}  // namespace pinwheel::views
