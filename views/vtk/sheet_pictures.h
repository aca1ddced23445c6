// The sheets' textures: what a field looks like on each, with the chosen units outlined. Colours are computed again
// only where the data changed, and one sheet at a time, so that the caller can stop when its time is up.
#pragma once

#include <QImage>
#include <memory>
#include <optional>
#include <vector>

#include "views/field.h"
#include "views/selection.h"
#include "views/sheet_grid.h"

namespace pinwheel::views {

/// GUI thread only.
class SheetPictures {
public:
  static constexpr int kSide = 256;  ///< px

  struct Update {
    int sheet;
    QImage picture;
  };

  void reset(std::shared_ptr<const session::NetworkFrame> network);
  /// Frames, field or ground changed: every sheet is looked at again.
  void markFields();
  void markSelection(const Selection& selection);

  /// The next sheet that is not up to date, with its new picture; nothing when all are. Sheets whose data turn out to
  /// be the same as before are passed over.
  [[nodiscard]] std::optional<Update> next(const FieldSource& source, const FieldChoice& choice, QRgb ground);

  /// The field as last drawn; one without values before.
  [[nodiscard]] const Field& field(int sheet) const { return m_sheets[static_cast<std::size_t>(sheet)].field; }
  /// -1: none, or the sheet was never drawn.
  [[nodiscard]] int unitAt(int sheet, double xMm, double yMm) const;
  /// Pictures that were coloured so far.
  [[nodiscard]] int coloured() const { return m_coloured; }

private:
  struct Sheet {
    std::unique_ptr<SheetGrid> grid;
    Field field;
    bool smoothed = false;
    QRgb ground = 0;
    QImage plain;  ///< without outlines
    bool fieldStale = true;
    bool outlineStale = true;
  };
  bool colour(Sheet& sheet, std::size_t index, const FieldSource& source, const FieldChoice& choice, QRgb ground);
  [[nodiscard]] QImage outlined(const Sheet& sheet) const;

  std::shared_ptr<const session::NetworkFrame> m_network;
  std::vector<Sheet> m_sheets;
  int m_selectedSheet = -1;
  std::vector<std::int32_t> m_selected;
  int m_coloured = 0;
};

}  // namespace pinwheel::views
