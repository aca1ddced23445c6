// Small pieces of the cortex's scene: a textured square, lines, a label. Unlit, so that colours are what they mean.
#pragma once

#include <vtkSmartPointer.h>

#include <QColor>
#include <QImage>
#include <QString>
#include <array>
#include <span>
#include <vector>

#include "views/vtk/vec3.h"

class vtkActor;
class vtkBillboardTextActor3D;
class vtkImageData;
class vtkPolyData;

namespace pinwheel::views {

/// A square that shows a picture.
class TexturedSquare {
public:
  TexturedSquare();
  /// Upper left, upper right, lower right, lower left, as the picture has them.
  void setCorners(const std::array<Vec3, 4>& corners);
  void setPicture(const QImage& picture);
  [[nodiscard]] vtkActor* actor() const;

private:
  vtkSmartPointer<vtkPolyData> m_square;
  vtkSmartPointer<vtkImageData> m_pixels;
  vtkSmartPointer<vtkActor> m_actor;
};

/// Lines of one colour and width. Widths are in pixels of density 1; a denser screen has more pixels for them.
class Lines {
public:
  explicit Lines(float width);
  void setPolylines(std::span<const std::vector<Vec3>> lines);
  void setColour(const QColor& colour);
  void setWidth(float width);
  /// Of the screen: device pixels of one pixel.
  void setDensity(double density);
  void setVisible(bool visible);
  [[nodiscard]] vtkActor* actor() const;

private:
  void applyWidth();

  float m_width;
  float m_density = 1;
  vtkSmartPointer<vtkPolyData> m_lines;
  vtkSmartPointer<vtkActor> m_actor;
};

/// Text that faces the one who looks, the same size at any distance.
class SpaceLabel {
public:
  enum class Anchor {
    aboveLeft,  ///< begins at its place and stands on it: a title
    before      ///< ends before its place, on its height: what a bar measures
  };
  explicit SpaceLabel(Anchor anchor);
  void setText(const QString& text);
  void setPlace(const Vec3& place);
  void setColour(const QColor& colour);
  void setVisible(bool visible);
  [[nodiscard]] vtkBillboardTextActor3D* actor() const;

private:
  vtkSmartPointer<vtkBillboardTextActor3D> m_actor;
};

}  // namespace pinwheel::views
