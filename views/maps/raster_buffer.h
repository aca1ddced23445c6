// Spikes against time as a ring of image columns: one column per time step, one more between stimuli. Drawing a column
// costs one look at every unit and is done in portions; painting is a blit, however many spikes there are.
#pragma once

#include <QDeadlineTimer>
#include <QImage>
#include <cstdint>
#include <deque>
#include <memory>
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
  /// All units of an image row, by rank.
  [[nodiscard]] std::vector<std::int32_t> unitsOfRow(int row) const;
};

/// At most `mostRows` rows. `maps` may be null: orders that need it fall back to the position. NaN comes last.
[[nodiscard]] RasterBand makeBand(const session::SheetPlan& plan, const session::SheetMaps* maps, std::size_t sheet,
                                  RasterOrder order, int firstRow, int mostRows, QRgb colour);

/// The colour of a row of `units` units of which `firing` fire.
[[nodiscard]] QRgb rowColour(QRgb ground, QRgb full, int firing, int units);

/// A training shows the images of its probe batch in turn. Which of them are seen is chosen here, of what is held, and
/// no command to the engine: the past of every image is there at once, whoever else looks at the spikes is not
/// concerned, and a look costs the same.
class RasterBuffer {
public:
  static constexpr int kAllImages = -1;
  struct HeldFrame {
    std::int64_t column = 0;  ///< of its first time step
    std::shared_ptr<const session::ActivityFrame> activity;
    std::int64_t moment = 0;  ///< the column that it has where all images are shown: a time for every choice of images
  };

  /// Holds at most `capacity` columns of all images, and the frames of them as long as they are no more than
  /// `mostBytes`; always the newest.
  RasterBuffer(int capacity, std::int64_t mostBytes);
  /// Forgets all frames; columns are counted from 0 again, and all images are shown.
  void clear();
  /// Columns are of this image of the probe batch alone, or of everything (kAllImages). They are counted anew and are
  /// to be drawn again; nothing that is held is forgotten.
  void setProbeImage(int image);
  [[nodiscard]] int probeImage() const { return m_probeImage; }
  /// Other rows or colours: every column is to be drawn again.
  void setRows(std::vector<RasterBand> bands, std::size_t sheets, QRgb ground, QRgb separator);
  /// Adds columns for the frame's time steps and a separator, which are to be drawn; of an image that is not shown the
  /// frame is held alone. A frame without time steps adds nothing; sheets that a frame does not hold, or of another
  /// size, stay empty.
  void append(std::shared_ptr<const session::ActivityFrame> frame);
  /// Draws columns that are not drawn yet, the newest first: `most` at most, and only the first of them after the
  /// deadline. Returns how many.
  int draw(int most, QDeadlineTimer until = QDeadlineTimer::Forever);
  /// Of a column that is held.
  [[nodiscard]] bool isDrawn(std::int64_t column) const {
    return m_drawn[static_cast<std::size_t>(ringIndex(column))] != 0;
  }
  [[nodiscard]] bool isWhole() const;  ///< nothing is left to draw
  /// How many columns were drawn so far, those drawn again included.
  [[nodiscard]] std::int64_t columnsDrawn() const { return m_columnsDrawn; }

  [[nodiscard]] int capacity() const { return m_image.width(); }
  /// One past the newest column, and the oldest one still held.
  [[nodiscard]] std::int64_t end() const { return m_end; }
  [[nodiscard]] std::int64_t begin() const { return m_begin; }
  [[nodiscard]] int ringIndex(std::int64_t column) const { return static_cast<int>(column % capacity()); }
  /// [rows, capacity]: column c is at ringIndex(c), once it is drawn.
  [[nodiscard]] const QImage& image() const { return m_image; }
  [[nodiscard]] int rows() const { return m_image.height(); }
  [[nodiscard]] const std::vector<RasterBand>& bands() const { return m_bands; }
  /// Those shown of which a column is held: the first may begin before `begin()`.
  [[nodiscard]] const std::deque<HeldFrame>& frames() const { return m_frames; }
  /// The frame that a column is of, its separator included; null: no column that is held.
  [[nodiscard]] const HeldFrame* frameAt(std::int64_t column) const;
  /// The moment of the first frame that begins at `column` or later, and the column of the first one shown that came
  /// then or later: both together find a time again when other images are shown.
  [[nodiscard]] std::int64_t momentAt(std::int64_t column) const;
  [[nodiscard]] std::int64_t columnOf(std::int64_t moment) const;
  /// Spikes per unit of a sheet at a column; NaN at separators and where nothing was drawn yet.
  [[nodiscard]] float rate(std::size_t sheet, std::int64_t column) const;
  [[nodiscard]] std::size_t sheets() const { return m_rates.size(); }

private:
  void show(const HeldFrame& held);
  void findBegin();
  void drawColumn(const HeldFrame& held, std::int64_t column);
  void drawBand(const RasterBand& band, const std::uint8_t* spikes, int at);
  void fillColumn(int at, QRgb colour);

  QImage m_image;
  std::int64_t m_mostBytes;
  QRgb m_ground = 0;
  QRgb m_separator = 0;
  std::vector<RasterBand> m_bands;
  std::vector<int> m_firing;                ///< of every row, while a column is drawn
  std::vector<std::vector<float>> m_rates;  ///< [sheets, capacity]
  std::vector<std::uint8_t> m_drawn;        ///< [capacity]
  std::deque<HeldFrame> m_kept;             ///< of all images; their columns are their moments
  std::deque<HeldFrame> m_frames;           ///< those of m_kept that are shown
  std::int64_t m_bytes = 0;                 ///< of m_kept
  std::int64_t m_nextMoment = 0;            ///< one past the newest of m_kept
  int m_probeImage = kAllImages;
  std::int64_t m_begin = 0;
  std::int64_t m_end = 0;
  std::int64_t m_columnsDrawn = 0;
};

}  // namespace pinwheel::views
