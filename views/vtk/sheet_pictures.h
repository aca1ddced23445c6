// The sheets' textures: what a field looks like on each, with the chosen units outlined. Colours are computed again
// only where the data changed, and one sheet at a time, so that the caller can stop when its time is up. Smoothed ones
// take longer than a frame: another thread makes them, one after the other.
#pragma once

#include <QImage>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "views/background.h"
#include "views/field.h"
#include "views/selection.h"
#include "views/sheet_grid.h"

namespace pinwheel::views {

/// GUI thread only.
class SheetPictures {
public:
  static constexpr int kSide = 256;  ///< px, on a screen of density 1

  struct Update {
    int sheet;
    QImage picture;
  };

  /// `ready` is called when a smoothed picture is there: next() has something.
  explicit SheetPictures(std::function<void()> ready);

  void reset(std::shared_ptr<const session::NetworkFrame> network);
  /// Device pixels of a pixel of the screen: on a dense one pictures have twice the side. Another one means that every
  /// sheet is to be looked at again.
  void setDensity(double density);
  /// Frames, field or ground changed: every sheet is looked at again.
  void markFields();
  void markSelection(const Selection& selection);

  /// All sheets have one range of colours. The next sheet that is not up to date, with its new picture; nothing when
  /// all are that can be now. Sheets whose data turn out to be the same as before are passed over. While its smoothed
  /// picture is made a sheet keeps that of the frame before, or, of another choice, has a plain one.
  [[nodiscard]] std::optional<Update> next(const FieldSource& source, const FieldChoice& choice, QRgb ground);
  /// next() gave all that was asked for, smoothed ones included.
  [[nodiscard]] bool isSettled() const;

  /// The field as last looked at; one without values before.
  [[nodiscard]] const Field& field(int sheet) const { return m_sheets[static_cast<std::size_t>(sheet)].field; }
  /// -1: none, or the sheet was never drawn.
  [[nodiscard]] int unitAt(int sheet, double xMm, double yMm) const;
  /// How often a sheet's colours were others.
  [[nodiscard]] int coloured() const { return m_coloured; }

private:
  struct Sheet {
    std::shared_ptr<const SheetGrid> grid;
    Field field;
    PictureKind kind;
    QImage plain;                ///< without outlines
    bool showsSmoothed = false;  ///< `plain` is a smoothed picture of `kind`, of this field or of one before
    bool fieldStale = true;
    bool outlineStale = true;
    bool smoothingStale = false;  ///< the smoothed picture of this field was not asked for yet
  };
  struct Smoothed {
    PictureKind kind;
    QImage picture;
  };
  /// Whether the picture is another one.
  bool colour(Sheet& sheet, std::size_t index, const FieldChoice& choice, QRgb ground);
  void takeFields(const FieldSource& source, const FieldChoice& choice);
  void smoothNext();
  void takeOver(Smoothed smoothed);
  [[nodiscard]] QImage outlined(const Sheet& sheet) const;

  std::function<void()> m_ready;
  std::shared_ptr<const session::NetworkFrame> m_network;
  int m_side = kSide;
  std::vector<Sheet> m_sheets;
  std::vector<Field> m_fresh;  ///< of all sheets, with one range; handed to each in its turn. Empty: to be taken
  int m_selectedSheet = -1;
  std::vector<std::int32_t> m_selected;
  int m_coloured = 0;
  std::size_t m_lastSmoothed = 0;
  Background<Smoothed> m_background;
};

}  // namespace pinwheel::views
