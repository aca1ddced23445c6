// What is pointed at, what is chosen, and what is shown: one model for all panels, so that a hover or a selection in
// one shows in all the others in the same frame.
#pragma once

#include <QObject>
#include <cstdint>
#include <vector>

#include "views/field.h"

namespace pinwheel::views {

/// GUI thread only. One for the window; it outlives the panels.
class Selection final : public QObject {
  Q_OBJECT

public:
  enum class Mode { replace, add, subtract };
  using QObject::QObject;

  /// The unit under the pointer; -1: none.
  [[nodiscard]] int hoverSheet() const { return m_hoverSheet; }
  [[nodiscard]] int hoverUnit() const { return m_hoverUnit; }
  void setHover(int sheet, int unit);

  /// The sheet that the flat panels show.
  [[nodiscard]] int sheet() const { return m_sheet; }
  void setSheet(int sheet);  ///< keeps the selection

  /// Chosen units, ascending, of one sheet. Only `replace` goes to another sheet: nothing there is added to what is
  /// chosen here, nor taken from it.
  [[nodiscard]] int selectedSheet() const { return m_selectedSheet; }
  [[nodiscard]] const std::vector<std::int32_t>& units() const { return m_units; }
  void select(int sheet, std::vector<std::int32_t> units, Mode mode = Mode::replace);
  void clear();

  /// What colours mean in the map and in the cortex.
  [[nodiscard]] const FieldChoice& field() const { return m_field; }
  void setField(const FieldChoice& field);

  /// Forgets all that names units or sheets: another network.
  void reset(int sheets);

Q_SIGNALS:
  void hoverChanged();
  void sheetChanged();
  void selectionChanged();
  void otherSheetRefused();  ///< units of another sheet were to be added: nothing changed, and the user should know
  void fieldChanged();

private:
  int m_hoverSheet = -1;
  int m_hoverUnit = -1;
  int m_sheet = 0;
  int m_selectedSheet = -1;
  std::vector<std::int32_t> m_units;
  FieldChoice m_field;
};

}  // namespace pinwheel::views
