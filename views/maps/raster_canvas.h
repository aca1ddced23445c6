// The picture part of the raster view: spikes of the shown sheets against time, firing rates of all layers beneath.
#pragma once

#include <QTimer>
#include <QWidget>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "views/background.h"
#include "views/maps/raster_buffer.h"
#include "views/scene.h"
#include "views/selection.h"

namespace pinwheel::views {

/// GUI thread. Frames are kept as they come and drawn into the buffer when the widget is painted, a portion each time
/// until the buffer is whole; hidden it computes nothing. Units are put in order on a thread of its own: the rows that
/// are shown stay until the others are there, and whoever asks for a unit is answered by those that are shown.
class RasterCanvas final : public QWidget {
  Q_OBJECT

public:
  /// follow: the newest column stays at the right; paused: time stands; range: exactly these columns, at any width.
  enum class TimeMode { follow, paused, range };
  static constexpr int kCapacity = 4096;                       ///< columns
  static constexpr std::int64_t kMostBytes = 256LL * 1048576;  ///< of the frames that are kept
  static constexpr int kPortion = 512;                         ///< columns that a painting draws at most

  /// Both outlive it.
  RasterCanvas(Scene& scene, Selection& selection, QWidget* parent = nullptr);

  [[nodiscard]] RasterOrder order() const { return m_order; }
  void setOrder(RasterOrder order);
  [[nodiscard]] bool allSheets() const { return m_allSheets; }
  void setAllSheets(bool all);

  /// Categories of the probe batch of the training that is watched; empty: stimuli that were asked for came alone.
  [[nodiscard]] const std::vector<std::string>& probeBatch() const { return m_probeBatch; }
  [[nodiscard]] int probeImage() const { return m_buffer.probeImage(); }
  /// One image of the batch alone, so that training steps can be compared, or RasterBuffer::kAllImages in turn. The
  /// time that is looked at stays.
  void setProbeImage(int image);

  [[nodiscard]] TimeMode timeMode() const { return m_mode; }
  void follow();
  void pause();
  void setRange(std::int64_t first, std::int64_t end);
  void showAll();  ///< the range of all columns that are held
  /// Leaves follow.
  void panBy(double columns);
  /// Keeps the column under `x` (pixels); following, the newest stays where it is.
  void zoomBy(double factor, double x);

  /// Columns at the left and right edge of the plot.
  [[nodiscard]] double leftColumn() const;
  [[nodiscard]] double rightColumn() const;
  /// Rows that are out of date are asked for; until they are there it has those from before, of a new network none.
  /// Columns may still be to be drawn.
  [[nodiscard]] const RasterBuffer& buffer() const;
  /// No rows are still to come.
  [[nodiscard]] bool isSettled() const;
  [[nodiscard]] QRectF plot() const;
  /// Sheet and unit of a place; {-1, -1}: none.
  [[nodiscard]] std::pair<int, int> unitAt(const QPointF& pixel) const;
  /// The middle of a unit's row; NaN: its sheet is not shown.
  [[nodiscard]] double pixelOf(int sheet, int unit) const;
  /// What is there, in lines: the image, training and time step, and in the plot the unit. Empty: nothing is.
  [[nodiscard]] QString describe(const QPointF& pixel) const;
  [[nodiscard]] QSize sizeHint() const override { return {520, 320}; }
  [[nodiscard]] QSize minimumSizeHint() const override { return {200, 160}; }

Q_SIGNALS:
  void timeModeChanged();
  void sheetsChanged();  ///< one or all
  void imagesChanged();  ///< another probe batch, or another choice of it

protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void leaveEvent(QEvent* event) override;

private:
  /// A button that is down.
  struct Press {
    QPointF at;
    Qt::MouseButton button = Qt::NoButton;
    Selection::Mode mode = Selection::Mode::replace;  ///< of a click
    bool range = false;                               ///< a drag chooses columns; otherwise it pans
    bool dragged = false;
    double lastX = 0;
  };
  /// Rows that were put in order on the other thread, with the colours that they are drawn in.
  struct Rows {
    std::vector<RasterBand> bands;
    std::size_t sheets = 0;  ///< of the network
    QRgb ground = 0;
    QRgb separator = 0;
  };
  void networkChanged();
  void activityChanged();
  void forgetActivity();
  void rowsDirty();
  void setMode(TimeMode mode);
  [[nodiscard]] double columnWidth() const;
  [[nodiscard]] double columnAt(double x) const;
  [[nodiscard]] double xOf(double column) const;
  [[nodiscard]] std::vector<std::size_t> shownSheets() const;
  [[nodiscard]] int rowsPerSheet(std::size_t sheets) const;
  void askRows() const;
  void takeRows(Rows rows);
  void choose(int sheet, int unit, Selection::Mode mode);
  [[nodiscard]] QString layerName(std::size_t sheet) const;
  void paintSpikes(QPainter& painter) const;
  void paintSelected(QPainter& painter) const;
  void paintRates(QPainter& painter) const;
  void paintAxis(QPainter& painter) const;
  void paintTimeSteps(QPainter& painter, int steps, double left, double baseline) const;
  [[nodiscard]] QString stepText(const session::ActivityFrame& frame) const;
  void paintLabels(QPainter& painter) const;
  [[nodiscard]] QRectF rateStrip() const;

  Scene& m_scene;
  Selection& m_selection;
  RasterOrder m_order = RasterOrder::positionX;
  bool m_allSheets = false;
  TimeMode m_mode = TimeMode::follow;
  double m_columnPx = 4;
  double m_right = 0;  ///< paused: column at the right edge
  std::int64_t m_rangeFirst = 0;
  std::int64_t m_rangeEnd = 1;
  std::optional<Press> m_press;
  std::vector<std::string> m_probeBatch;
  QTimer m_goOn;  ///< to the next portion

  mutable RasterBuffer m_buffer{kCapacity, kMostBytes};
  mutable bool m_rowsDirty = true;
  mutable int m_rowsEach = 0;                   ///< rowsPerSheet() of the rows that were asked for last
  mutable std::optional<double> m_labelsWidth;  ///< what is left of the plot; found when it is asked for
  mutable Background<Rows> m_background;
};

}  // namespace pinwheel::views
