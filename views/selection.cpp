#include "views/selection.h"

#include <algorithm>
#include <iterator>

namespace pinwheel::views {

void Selection::setHover(int sheet, int unit) {
  if (unit < 0) sheet = -1;
  if (sheet == m_hoverSheet && unit == m_hoverUnit) return;
  m_hoverSheet = sheet;
  m_hoverUnit = unit;
  Q_EMIT hoverChanged();
}

void Selection::setSheet(int sheet) {
  if (sheet == m_sheet) return;
  m_sheet = sheet;
  Q_EMIT sheetChanged();
}

void Selection::select(int sheet, std::vector<std::int32_t> units, Mode mode) {
  if (mode != Mode::replace && !m_units.empty() && sheet != m_selectedSheet) {
    if (mode == Mode::add && !units.empty()) Q_EMIT otherSheetRefused();
    return;
  }
  std::sort(units.begin(), units.end());
  units.erase(std::unique(units.begin(), units.end()), units.end());
  std::vector<std::int32_t> result;
  if (mode == Mode::replace) {
    result = std::move(units);
  } else if (mode == Mode::add) {
    std::set_union(m_units.begin(), m_units.end(), units.begin(), units.end(), std::back_inserter(result));
  } else {
    std::set_difference(m_units.begin(), m_units.end(), units.begin(), units.end(), std::back_inserter(result));
  }
  const int selected = result.empty() ? -1 : sheet;
  if (selected == m_selectedSheet && result == m_units) return;
  m_selectedSheet = selected;
  m_units = std::move(result);
  Q_EMIT selectionChanged();
}

void Selection::clear() {
  select(m_selectedSheet, {});
}

void Selection::setField(const FieldChoice& field) {
  if (field == m_field) return;
  m_field = field;
  Q_EMIT fieldChanged();
}

void Selection::reset(int sheets) {
  setHover(-1, -1);
  clear();
  if (m_sheet >= sheets) setSheet(0);
}

}  // namespace pinwheel::views
