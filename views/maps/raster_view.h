// Spikes of the layers against time, with its controls: which sheets, in which order, which images, which time.
#pragma once

#include <QWidget>
#include <string>
#include <vector>

#include "views/maps/raster_canvas.h"

class QComboBox;
class QToolButton;

namespace pinwheel::views {

/// GUI thread.
class RasterView final : public QWidget {
  Q_OBJECT

public:
  /// Both outlive it.
  RasterView(Scene& scene, Selection& selection, QWidget* parent = nullptr);
  [[nodiscard]] RasterCanvas& canvas() { return *m_canvas; }

public Q_SLOTS:
  void follow();
  void pause();
  void showAll();

private:
  void updateSheets();
  void updateImages();
  void updateControls();

  Scene& m_scene;
  Selection& m_selection;
  RasterCanvas* m_canvas;
  QComboBox* m_sheet;
  QComboBox* m_order;
  QComboBox* m_image;                 ///< hidden while there is no probe batch
  std::vector<std::string> m_listed;  ///< the batch that it lists
  QToolButton* m_follow;
  QToolButton* m_pause;
  QToolButton* m_all;
};

}  // namespace pinwheel::views
