// What stands in the cortex's space, as VTK draws it: sheets, labels, a scale bar, the image before V1, the lines from
// chosen units to their receptive fields, the ring about the unit under the pointer.
#pragma once

#include <vtkSmartPointer.h>

#include <QColor>
#include <QImage>
#include <QSize>
#include <memory>
#include <vector>

#include "engine/session/frames.h"
#include "views/vtk/cortex_camera.h"
#include "views/vtk/cortex_layout.h"
#include "views/vtk/receptive_fields.h"

class vtkRenderer;

namespace pinwheel::views {

/// GUI thread only; the context need not be current. Works without a window, too.
class CortexStage {
public:
  CortexStage();
  ~CortexStage();
  CortexStage(const CortexStage&) = delete;
  CortexStage& operator=(const CortexStage&) = delete;

  /// Of layer 0, and of layer 1: what is seen through everything.
  [[nodiscard]] vtkRenderer* renderer() const;
  [[nodiscard]] vtkRenderer* overlay() const;

  /// Null: an empty space.
  void setNetwork(std::shared_ptr<const session::NetworkFrame> network);
  [[nodiscard]] const CortexLayout& layout() const;
  void setColours(const QColor& ground, const QColor& text, const QColor& quiet);
  void setPicture(int sheet, const QImage& picture);
  /// The sheet that the flat panels show; its frame is stronger.
  void setCurrentSheet(int sheet);
  /// -1: none.
  void setHover(int sheet, int unit);

  void setImageShown(bool shown);
  [[nodiscard]] bool imageShown() const;
  /// Null picture: none is shown to the network.
  void setImage(const QImage& picture);
  /// The outline of the receptive fields of units of a sheet on the image, of all together, and lines from the units to
  /// the centres of theirs; lines of evenly chosen ones where there are many.
  void setProjected(int sheet, const std::vector<std::int32_t>& units);
  [[nodiscard]] int projectedLines() const;
  [[nodiscard]] const FieldsOnImage& projectedFields() const;

  [[nodiscard]] CortexCamera camera() const;
  void setCamera(const CortexCamera& pose);
  /// Call before drawing: what keeps its size on the screen, and the depth range. `density`: device pixels of a pixel
  /// of `size`.
  void fitToView(QSize size, double density);

private:
  struct Impl;
  std::unique_ptr<Impl> m;
};

}  // namespace pinwheel::views
