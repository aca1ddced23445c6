// Spikes against time as a ring of image columns: one column per time step, one more between stimuli. Appending costs
// one look at every unit; painting is a blit, however many spikes there are.
#pragma once

#include <QImage>
#include <cstdint>
#include <deque>
#include <vector>

#include "engine/session/frames.h"

namespace pinwheel::views {

enum class RasterOrder { positionX, positionY, orientation, rate };

/// Rows of one sheet: units in an order, several to a row where there are more units than rows. One spike lights a row;
/// the more of its units fire, the fuller its colour.
struct RasterBand {
  std::size_t sheet = 0;
  int firstRow = 0;
  int rows = 0;
  QRgb colour = 0;
  std::vector<std::int32_t> units;  ///< [U] by rank
  std::vector<std::int32_t> rowOf;  ///< [U] image row of a unit
  std::vector<int> unitsIn;         ///< [rows]

  /// The first unit of an image row.
  [[nodiscard]] std::int32_t unitOfRow(int row) const;
};

/// At most `mostRows` rows. `maps` may be null: orders that need it fall back to the position. NaN comes last.
[[nodiscard]] RasterBand makeBand(const session::SheetPlan& plan, const session::SheetMaps* maps, std::size_t sheet,
                                  RasterOrder order, int firstRow, int mostRows, QRgb colour);

/// The colour of a row of `units` units of which `firing` fire.
[[nodiscard]] QRgb rowColour(QRgb ground, QRgb full, int firing, int units);

class RasterBuffer {
public:
  struct FrameStart {
    std::int64_t column = 0;
    std::int64_t step = 0;  ///< the optimiser's
  };

  explicit RasterBuffer(int capacity);
  /// Empties it; columns are counted on from `column`.
  void reset(std::vector<RasterBand> bands, std::size_t sheets, QRgb ground, QRgb separator, std::int64_t column);
  /// Adds the frame's time steps and a separator. Sheets that it does not hold, or of another size, stay empty.
  void append(const session::ActivityFrame& frame);

  [[nodiscard]] int capacity() const { return m_image.width(); }
  /// One past the newest column, and the oldest one still held.
  [[nodiscard]] std::int64_t end() const { return m_end; }
  [[nodiscard]] std::int64_t begin() const { return m_begin; }
  [[nodiscard]] int ringIndex(std::int64_t column) const { return static_cast<int>(column % capacity()); }
  /// [rows, capacity]: column c is at ringIndex(c).
  [[nodiscard]] const QImage& image() const { return m_image; }
  [[nodiscard]] int rows() const { return m_image.height(); }
  [[nodiscard]] const std::vector<RasterBand>& bands() const { return m_bands; }
  [[nodiscard]] const std::deque<FrameStart>& frames() const { return m_frames; }
  /// Spikes per unit of a sheet at a column; NaN at separators.
  [[nodiscard]] float rate(std::size_t sheet, std::int64_t column) const;
  [[nodiscard]] std::size_t sheets() const { return m_rates.size(); }

private:
  void drawBand(const RasterBand& band, const std::uint8_t* spikes, int at);
  /// Clears the next column and returns its place in the ring.
  int nextColumn(QRgb colour);

  QImage m_image;
  QRgb m_ground = 0;
  QRgb m_separator = 0;
  std::vector<RasterBand> m_bands;
  std::vector<int> m_firing;                ///< of every row, while a column is drawn
  std::vector<std::vector<float>> m_rates;  ///< [sheets, capacity]
  std::deque<FrameStart> m_frames;
  std::int64_t m_begin = 0;
  std::int64_t m_end = 0;
};

}  // namespace pinwheel::views
