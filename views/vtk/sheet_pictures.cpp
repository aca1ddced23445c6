#include "views/vtk/sheet_pictures.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr double kDense = 1.25;

// Bit by bit: NaN, which is no value, equals itself here.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);
}

bool sameColours(const Field& a, const Field& b) {
  return a.map == b.map && a.cyclic == b.cyclic && a.low == b.low && a.high == b.high && same(a.values, b.values) &&
         same(a.saturation, b.saturation);
}

// [side, side]: where a pixel of the mask is not farther than `reach` along either axis.
std::vector<std::uint8_t> widened(const std::vector<std::uint8_t>& mask, int side, int reach) {
  const auto at = [side](int row, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(side) + static_cast<std::size_t>(column);
  };
  std::vector<std::uint8_t> across(mask.size(), 0);
  std::vector<std::uint8_t> both(mask.size(), 0);
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      if (mask[at(row, column)] != 0)
        for (int c = std::max(0, column - reach); c <= std::min(side - 1, column + reach); ++c) across[at(row, c)] = 1;
  for (int row = 0; row < side; ++row)
    for (int column = 0; column < side; ++column)
      if (across[at(row, column)] != 0)
        for (int r = std::max(0, row - reach); r <= std::min(side - 1, row + reach); ++r) both[at(r, column)] = 1;
  return both;
}

}  // namespace

SheetPictures::SheetPictures(std::function<void()> ready)
    : m_ready(std::move(ready)), m_background([this](Smoothed smoothed) { takeOver(std::move(smoothed)); }) {}

void SheetPictures::reset(std::shared_ptr<const session::NetworkFrame> network) {
  m_background.cancel();
  m_network = std::move(network);
  std::vector<Sheet> before = std::exchange(m_sheets, {});
  m_sheets.resize(m_network ? m_network->sheets.size() : 0);
  // What a training leaves behind has the positions that were watched.
  for (std::size_t i = 0; i < std::min(before.size(), m_sheets.size()); ++i)
    if (before[i].grid && before[i].grid->fits(m_network->sheets[i])) m_sheets[i].grid = std::move(before[i].grid);
  m_fresh.clear();
  m_selectedSheet = -1;
  m_selected.clear();
}

void SheetPictures::setDensity(double density) {
  const int side = density > kDense ? 2 * kSide : kSide;
  if (side == m_side) return;
  m_background.cancel();  // what it makes has the old side
  m_side = side;
  m_sheets.clear();
  m_sheets.resize(m_network ? m_network->sheets.size() : 0);
  m_fresh.clear();
}

void SheetPictures::markFields() {
  for (Sheet& sheet : m_sheets) sheet.fieldStale = true;
  m_fresh.clear();
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
  if (m_fresh.empty()) takeFields(source, choice);
  for (std::size_t i = 0; i < m_sheets.size(); ++i) {
    Sheet& sheet = m_sheets[i];
    if (sheet.fieldStale && colour(sheet, i, choice, ground)) sheet.outlineStale = true;
    sheet.fieldStale = false;
    if (!sheet.outlineStale) continue;
    sheet.outlineStale = false;
    return Update{static_cast<int>(i), outlined(sheet)};
  }
  smoothNext();
  return std::nullopt;
}

bool SheetPictures::isSettled() const {
  return !m_background.busy() && std::none_of(m_sheets.begin(), m_sheets.end(), [](const Sheet& sheet) {
    return sheet.fieldStale || sheet.outlineStale || sheet.smoothingStale;
  });
}

// Of all sheets at once: what one legend says of all depends on every one of them.
void SheetPictures::takeFields(const FieldSource& source, const FieldChoice& choice) {
  for (std::size_t i = 0; i < m_sheets.size(); ++i) m_fresh.push_back(fieldOf(source, i, choice));
  shareRange(m_fresh);
}

bool SheetPictures::colour(Sheet& sheet, std::size_t index, const FieldChoice& choice, QRgb ground) {
  if (!sheet.grid) sheet.grid = std::make_shared<const SheetGrid>(m_network->sheets[index], m_side);
  Field field = std::move(m_fresh[index]);
  const PictureKind kind = pictureKind(static_cast<int>(index), choice, ground);
  const bool sameKind = sheet.kind == kind;
  const bool unchanged = !sheet.plain.isNull() && sameKind && sameColours(sheet.field, field);
  sheet.field = std::move(field);
  sheet.kind = kind;
  if (unchanged) return false;
  ++m_coloured;
  const bool empty = sheet.field.values.empty();
  sheet.smoothingStale = choice.smoothed && !empty;
  if (sheet.smoothingStale && sheet.showsSmoothed && sameKind) return false;
  sheet.showsSmoothed = false;
  if (empty) {
    sheet.plain = QImage(m_side, m_side, QImage::Format_ARGB32);
    sheet.plain.fill(ground);
  } else {
    sheet.plain = sheet.grid->picture(sheet.field, false, ground);
  }
  return true;
}

// Only when none is under way: a frame that comes meanwhile replaces those before it, and the sheets take turns.
void SheetPictures::smoothNext() {
  if (m_background.busy()) return;
  for (std::size_t k = 1; k <= m_sheets.size(); ++k) {
    const std::size_t i = (m_lastSmoothed + k) % m_sheets.size();
    Sheet& sheet = m_sheets[i];
    if (!sheet.smoothingStale) continue;
    sheet.smoothingStale = false;
    m_lastSmoothed = i;
    m_background.request([grid = sheet.grid, field = sheet.field, kind = sheet.kind] {
      return Smoothed{kind, grid->picture(field, true, kind.ground)};
    });
    return;
  }
}

void SheetPictures::takeOver(Smoothed smoothed) {
  Sheet& sheet = m_sheets[static_cast<std::size_t>(smoothed.kind.sheet)];
  // Another choice, or nothing to show any more: the picture comes too late.
  if (sheet.kind == smoothed.kind && !sheet.field.values.empty()) {
    sheet.plain = std::move(smoothed.picture);
    sheet.showsSmoothed = true;
    sheet.outlineStale = true;
  }
  m_ready();
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
  std::vector<std::uint8_t> inside(nearest.size());
  for (std::size_t p = 0; p < nearest.size(); ++p)
    inside[p] = nearest[p] >= 0 ? chosen[static_cast<std::size_t>(nearest[p])] : std::uint8_t{0};
  // Around the units, not on them: a unit may be one pixel wide, and its colour is what one wants to see.
  const std::vector<std::uint8_t> around = widened(inside, m_side, m_side / kSide);
  const QRgb colour = selectionColour().rgb();
  for (int row = 0; row < m_side; ++row) {
    auto* line = reinterpret_cast<QRgb*>(picture.scanLine(row));
    const std::size_t first = static_cast<std::size_t>(row) * static_cast<std::size_t>(m_side);
    for (int column = 0; column < m_side; ++column) {
      const std::size_t p = first + static_cast<std::size_t>(column);
      if (around[p] != 0 && inside[p] == 0) line[column] = colour;
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
