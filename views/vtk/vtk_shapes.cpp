#include "views/vtk/vtk_shapes.h"

#include <vtkActor.h>
#include <vtkBillboardTextActor3D.h>
#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkTextProperty.h>
#include <vtkTexture.h>

#include <cstring>

namespace pinwheel::views {
namespace {

constexpr int kLabelPoints = 13;

vtkSmartPointer<vtkActor> flatActor(vtkPolyData* data) {
  vtkNew<vtkPolyDataMapper> mapper;
  mapper->SetInputData(data);
  mapper->ScalarVisibilityOff();
  auto actor = vtkSmartPointer<vtkActor>::New();
  actor->SetMapper(mapper);
  actor->GetProperty()->LightingOff();
  actor->PickableOff();
  return actor;
}

}  // namespace

TexturedSquare::TexturedSquare()
    : m_square(vtkSmartPointer<vtkPolyData>::New()), m_pixels(vtkSmartPointer<vtkImageData>::New()) {
  vtkNew<vtkFloatArray> places;
  places->SetNumberOfComponents(2);
  places->SetName("TextureCoordinates");
  // VTK's pictures begin at the bottom.
  constexpr std::array<std::array<float, 2>, 4> kPlaces{{{0, 1}, {1, 1}, {1, 0}, {0, 0}}};
  for (const auto& place : kPlaces) places->InsertNextTypedTuple(place.data());
  m_square->GetPointData()->SetTCoords(places);
  vtkNew<vtkCellArray> cells;
  constexpr std::array<vtkIdType, 4> kCorners{0, 1, 2, 3};
  cells->InsertNextCell(4, kCorners.data());
  m_square->SetPolys(cells);
  setCorners({});

  QImage blank(1, 1, QImage::Format_RGB888);
  blank.fill(Qt::gray);
  setPicture(blank);
  vtkNew<vtkTexture> texture;
  texture->SetInputData(m_pixels);
  texture->SetColorModeToDirectScalars();
  texture->InterpolateOn();
  texture->RepeatOff();
  texture->EdgeClampOn();
  m_actor = flatActor(m_square);
  m_actor->SetTexture(texture);
}

void TexturedSquare::setCorners(const std::array<Vec3, 4>& corners) {
  vtkNew<vtkPoints> points;
  points->SetDataTypeToDouble();
  for (const Vec3& corner : corners) points->InsertNextPoint(corner.data());
  m_square->SetPoints(points);
  m_square->Modified();
}

void TexturedSquare::setPicture(const QImage& picture) {
  const QImage rgb = picture.convertToFormat(QImage::Format_RGB888);
  const int* old = m_pixels->GetDimensions();
  if (old[0] != rgb.width() || old[1] != rgb.height() || !m_pixels->GetPointData()->GetScalars()) {
    m_pixels->SetDimensions(rgb.width(), rgb.height(), 1);
    m_pixels->AllocateScalars(VTK_UNSIGNED_CHAR, 3);
  }
  const auto bytes = static_cast<std::size_t>(rgb.width()) * 3;
  for (int row = 0; row < rgb.height(); ++row)
    std::memcpy(m_pixels->GetScalarPointer(0, rgb.height() - 1 - row, 0), rgb.constScanLine(row), bytes);
  m_pixels->GetPointData()->GetScalars()->Modified();
  m_pixels->Modified();
}

vtkActor* TexturedSquare::actor() const {
  return m_actor;
}

Lines::Lines(float width) : m_width(width), m_lines(vtkSmartPointer<vtkPolyData>::New()) {
  setPolylines({});
  m_actor = flatActor(m_lines);
  applyWidth();
}

void Lines::setPolylines(std::span<const std::vector<Vec3>> lines) {
  vtkNew<vtkPoints> points;
  points->SetDataTypeToDouble();
  vtkNew<vtkCellArray> cells;
  for (const std::vector<Vec3>& line : lines) {
    cells->InsertNextCell(static_cast<int>(line.size()));
    for (const Vec3& point : line) cells->InsertCellPoint(points->InsertNextPoint(point.data()));
  }
  m_lines->SetPoints(points);
  m_lines->SetLines(cells);
  m_lines->Modified();
}

void Lines::setColour(const QColor& colour) {
  m_actor->GetProperty()->SetColor(colour.redF(), colour.greenF(), colour.blueF());
  m_actor->GetProperty()->SetOpacity(colour.alphaF());
}

void Lines::setWidth(float width) {
  m_width = width;
  applyWidth();
}

void Lines::setDensity(double density) {
  m_density = static_cast<float>(density);
  applyWidth();
}

void Lines::applyWidth() {
  m_actor->GetProperty()->SetLineWidth(m_width * m_density);
}

void Lines::setVisible(bool visible) {
  m_actor->SetVisibility(visible);
}

vtkActor* Lines::actor() const {
  return m_actor;
}

SpaceLabel::SpaceLabel(Anchor anchor) : m_actor(vtkSmartPointer<vtkBillboardTextActor3D>::New()) {
  m_actor->PickableOff();
  vtkTextProperty* text = m_actor->GetTextProperty();
  text->SetFontSize(kLabelPoints);
  if (anchor == Anchor::aboveLeft) {
    text->SetJustificationToLeft();
    text->SetVerticalJustificationToBottom();
  } else {
    text->SetJustificationToRight();
    text->SetVerticalJustificationToCentered();
  }
}

vtkBillboardTextActor3D* SpaceLabel::actor() const {
  return m_actor;
}

void SpaceLabel::setText(const QString& text) {
  m_actor->SetInput(text.toUtf8().constData());
}

void SpaceLabel::setPlace(const Vec3& place) {
  m_actor->SetPosition(place[0], place[1], place[2]);
}

void SpaceLabel::setColour(const QColor& colour) {
  m_actor->GetTextProperty()->SetColor(colour.redF(), colour.greenF(), colour.blueF());
}

void SpaceLabel::setVisible(bool visible) {
  m_actor->SetVisibility(visible);
}

}  // namespace pinwheel::views
