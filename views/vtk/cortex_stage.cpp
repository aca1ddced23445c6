#include "views/vtk/cortex_stage.h"

#include <vtkActor.h>
#include <vtkBillboardTextActor3D.h>
#include <vtkCamera.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>

#include <QCoreApplication>
#include <QLocale>
#include <algorithm>
#include <numbers>
#include <utility>

#include "views/theme.h"
#include "views/vtk/vtk_shapes.h"

namespace pinwheel::views {
namespace {

constexpr float kFrameWidth = 1;
constexpr float kCurrentWidth = 2.5F;
constexpr std::size_t kMostLines = 300;
constexpr double kRingPx = 7;
// Of the image's side: so far before and behind the image fields are outlined, or it would hide parts of the lines.
constexpr double kLift = 0.006;
constexpr int kTitlePx = 100;

QString tr(const char* text) {
  return QCoreApplication::translate("pinwheel::views::CortexView", text);
}

/// 1, 2 or 5 times a power of ten, at most `mm`.
double niceLength(double mm) {
  const double power = std::pow(10, std::floor(std::log10(mm)));
  for (const double step : {5.0, 2.0})
    if (step * power <= mm) return step * power;
  return power;
}

QImage plain(const QColor& colour) {
  QImage image(1, 1, QImage::Format_RGB888);
  image.fill(colour);
  return image;
}

std::vector<Vec3> closed(std::vector<Vec3> points) {
  points.push_back(points.front());
  return points;
}

struct SheetProps {
  TexturedSquare square;
  Lines frame{kFrameWidth};
  SpaceLabel label{SpaceLabel::Anchor::aboveLeft};
  QString area;   ///< what the label says where there is little room
  QString title;  ///< and where there is enough
};

}  // namespace

struct CortexStage::Impl {
  vtkSmartPointer<vtkRenderer> renderer = vtkSmartPointer<vtkRenderer>::New();
  vtkSmartPointer<vtkRenderer> overlay = vtkSmartPointer<vtkRenderer>::New();
  std::shared_ptr<const session::NetworkFrame> network;
  CortexLayout layout;
  std::vector<std::unique_ptr<SheetProps>> sheets;
  TexturedSquare image;
  Lines imageFrame{kFrameWidth};
  SpaceLabel imageLabel{SpaceLabel::Anchor::aboveLeft};
  Lines scaleBar{2};
  SpaceLabel scaleLabel{SpaceLabel::Anchor::before};
  Lines projection{1};
  Lines fields{2};
  Lines ring{2};
  Lines halo{5};
  QColor ground, text, quiet;
  int alone = -1;  ///< the sheet that was flown to
  int current = -1;
  int hoverSheet = -1;
  Vec3 hover{};
  int lines = 0;
  FieldsOnImage onImage;
  double fieldSidePx = 0;  ///< of a unit that is projected; 0: none is, or it is not known
  bool imageShown = false;
  bool hasImage = false;
  bool projecting = false;

  [[nodiscard]] bool shows(int sheet) const { return alone < 0 || sheet == alone; }

  void updateVisibility() {
    for (int i = 0; i < layout.count(); ++i) {
      SheetProps& sheet = *sheets[static_cast<std::size_t>(i)];
      sheet.square.actor()->SetVisibility(shows(i));
      sheet.frame.setVisible(shows(i));
      sheet.label.setVisible(shows(i));
      sheet.frame.setWidth(i == current ? kCurrentWidth : kFrameWidth);
      sheet.frame.setColour(i == current ? text : quiet);
    }
    const bool any = layout.count() > 0;
    image.actor()->SetVisibility(any && imageShown);
    imageFrame.setVisible(any && imageShown);
    imageLabel.setVisible(any && imageShown);
    scaleBar.setVisible(any);
    scaleLabel.setVisible(any);
    projection.setVisible(any && imageShown && projecting);
    fields.setVisible(any && imageShown && projecting);
    ring.setVisible(hoverSheet >= 0 && shows(hoverSheet));
    halo.setVisible(hoverSheet >= 0 && shows(hoverSheet));
  }

  template <class F>
  void forAllLines(F&& f) {
    for (Lines* drawn : {&imageFrame, &scaleBar, &projection, &fields, &ring, &halo}) f(*drawn);
    for (const auto& sheet : sheets) f(sheet->frame);
  }

  // In two lines: there is room for no more above the image.
  void labelImage() {
    QString label = hasImage ? tr("Stimulus") : tr("No stimulus");
    if (projecting && fieldSidePx > 0)
      label += QLatin1Char('\n') + tr("fields %1 px, %2 %")
                                       .arg(QLocale().toString(fieldSidePx, 'f', 0),
                                            QLocale().toString(100 * onImage.coveredShare, 'f', 0));
    imageLabel.setText(label);
  }

  void placeScaleBar() {
    if (layout.count() == 0) return;
    const int sheet = std::max(alone, 0);
    const double side = layout.sideMm(sheet);
    const double length = niceLength(side / 3);
    const double y = 1.04 * side;
    const double tick = 0.012 * side;
    const std::vector<std::vector<Vec3>> bar{
        {layout.point(sheet, 0, y), layout.point(sheet, length, y)},
        {layout.point(sheet, 0, y - tick), layout.point(sheet, 0, y + tick)},
        {layout.point(sheet, length, y - tick), layout.point(sheet, length, y + tick)}};
    scaleBar.setPolylines(bar);
    scaleLabel.setText(tr("%1 mm").arg(QLocale().toString(length)));
    scaleLabel.setPlace(layout.point(sheet, -2 * tick, y));
  }
};

CortexStage::CortexStage() : m(std::make_unique<Impl>()) {
  m->overlay->SetLayer(1);
  m->overlay->InteractiveOff();
  m->overlay->SetActiveCamera(m->renderer->GetActiveCamera());
  m->renderer->AddActor(m->image.actor());
  for (const Lines* lines : {&m->imageFrame, &m->scaleBar, &m->projection, &m->fields})
    m->renderer->AddActor(lines->actor());
  m->renderer->AddActor(m->imageLabel.actor());
  m->renderer->AddActor(m->scaleLabel.actor());
  m->overlay->AddActor(m->halo.actor());
  m->overlay->AddActor(m->ring.actor());

  // About the origin, of radius 1; moved and scaled as needed.
  std::vector<Vec3> circle;
  constexpr int kCorners = 24;
  for (int i = 0; i < kCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kCorners;
    circle.push_back({std::cos(angle), std::sin(angle), 0});
  }
  const std::vector<std::vector<Vec3>> circles{closed(circle)};
  m->ring.setPolylines(circles);
  m->halo.setPolylines(circles);
  m->ring.setColour(hoverColour());
  m->halo.setColour(Qt::white);
  m->fields.setColour(selectionColour());
  m->updateVisibility();
}

CortexStage::~CortexStage() = default;

vtkRenderer* CortexStage::renderer() const {
  return m->renderer;
}

vtkRenderer* CortexStage::overlay() const {
  return m->overlay;
}

const CortexLayout& CortexStage::layout() const {
  return m->layout;
}

void CortexStage::setNetwork(std::shared_ptr<const session::NetworkFrame> network) {
  for (const auto& sheet : m->sheets) {
    m->renderer->RemoveActor(sheet->square.actor());
    m->renderer->RemoveActor(sheet->frame.actor());
    m->renderer->RemoveActor(sheet->label.actor());
  }
  m->sheets.clear();
  m->network = std::move(network);
  m->layout = m->network ? CortexLayout(m->network->sheets) : CortexLayout();
  m->alone = -1;
  m->hoverSheet = -1;
  for (int i = 0; i < m->layout.count(); ++i) {
    auto props = std::make_unique<SheetProps>();
    const double side = m->layout.sideMm(i);
    const std::array<Vec3, 4> corners{m->layout.point(i, 0, 0), m->layout.point(i, side, 0),
                                      m->layout.point(i, side, side), m->layout.point(i, 0, side)};
    props->square.setCorners(corners);
    props->square.setPicture(plain(m->ground));  // until it is coloured
    const std::vector<std::vector<Vec3>> frame{closed({corners.begin(), corners.end()})};
    props->frame.setPolylines(frame);
    const topography::SheetSpec& spec = m->network->sheets[static_cast<std::size_t>(i)].spec;
    const QString area = QString::fromStdString(spec.area);
    const QString layer = QString::fromStdString(spec.layer);
    props->area = area;
    props->title = area == layer ? area : area + QLatin1Char('\n') + layer;
    props->label.setText(props->title);
    props->label.setPlace(m->layout.point(i, 0, -0.02 * side));
    props->label.setColour(m->text);
    m->renderer->AddActor(props->square.actor());
    m->renderer->AddActor(props->frame.actor());
    m->renderer->AddActor(props->label.actor());
    m->sheets.push_back(std::move(props));
  }
  if (m->layout.count() > 0) {
    const std::array<Vec3, 4> corners{m->layout.imagePoint(0, 0), m->layout.imagePoint(1, 0),
                                      m->layout.imagePoint(1, 1), m->layout.imagePoint(0, 1)};
    m->image.setCorners(corners);
    const std::vector<std::vector<Vec3>> frame{closed({corners.begin(), corners.end()})};
    m->imageFrame.setPolylines(frame);
    m->imageLabel.setPlace(m->layout.imagePoint(0, -0.02));
  }
  setImage({});
  setProjected(-1, {});
  m->placeScaleBar();
  m->updateVisibility();
}

void CortexStage::setColours(const QColor& ground, const QColor& text, const QColor& quiet) {
  m->ground = ground;
  m->text = text;
  m->quiet = quiet;
  m->renderer->SetBackground(ground.redF(), ground.greenF(), ground.blueF());
  for (SpaceLabel* label : {&m->imageLabel, &m->scaleLabel}) label->setColour(text);
  for (const auto& sheet : m->sheets) sheet->label.setColour(text);
  m->scaleBar.setColour(text);
  m->imageFrame.setColour(quiet);
  m->updateVisibility();
}

void CortexStage::setPicture(int sheet, const QImage& picture) {
  m->sheets[static_cast<std::size_t>(sheet)]->square.setPicture(picture);
}

void CortexStage::setCurrentSheet(int sheet) {
  m->current = sheet;
  m->updateVisibility();
}

void CortexStage::setHover(int sheet, int unit) {
  m->hoverSheet = -1;
  if (m->network && sheet >= 0 && sheet < m->layout.count()) {
    const session::SheetPlan& plan = m->network->sheets[static_cast<std::size_t>(sheet)];
    const auto u = static_cast<std::size_t>(unit);
    if (unit >= 0 && u < plan.xMm.size()) {
      m->hoverSheet = sheet;
      m->hover = m->layout.point(sheet, static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u]));
    }
  }
  m->updateVisibility();
}

void CortexStage::setImageShown(bool shown) {
  m->imageShown = shown;
  m->updateVisibility();
}

bool CortexStage::imageShown() const {
  return m->imageShown;
}

void CortexStage::setImage(const QImage& picture) {
  m->hasImage = !picture.isNull();
  m->image.setPicture(m->hasImage ? picture : plain(Qt::gray));
  m->labelImage();
}

void CortexStage::setProjected(int sheet, const std::vector<std::int32_t>& units) {
  std::vector<std::vector<Vec3>> lines;
  std::vector<std::vector<Vec3>> outline;
  m->onImage = {};
  m->fieldSidePx = 0;
  if (m->network && sheet >= 0 && sheet < m->layout.count()) {
    const session::SheetPlan& plan = m->network->sheets[static_cast<std::size_t>(sheet)];
    const int side = std::max(1, m->network->imageSide);
    const auto place = [&](const QPointF& px, double lift) {
      Vec3 point = m->layout.imagePoint(px.x() / side, px.y() / side);
      point[2] += lift * m->layout.imageSideMm();
      return point;
    };
    const std::size_t step = std::max<std::size_t>(1, (units.size() + kMostLines - 1) / kMostLines);
    for (std::size_t i = 0; i < units.size(); i += step) {
      const auto u = static_cast<std::size_t>(units[i]);
      if (units[i] < 0 || u >= plan.xMm.size()) continue;
      lines.push_back({m->layout.point(sheet, static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u])),
                       place(receptiveField(plan, side, units[i]).center(), 0)});
    }
    m->onImage = fieldsOnImage(plan, side, units);
    for (const QLineF& edge : m->onImage.outline)
      for (const double lift : {kLift, -kLift}) outline.push_back({place(edge.p1(), lift), place(edge.p2(), lift)});
    if (!lines.empty()) m->fieldSidePx = plan.field.sidePx;
  }
  m->lines = static_cast<int>(lines.size());
  m->projecting = !lines.empty();
  m->projection.setPolylines(lines);
  // Many lines lie upon each other: each fainter, they still show where most go.
  QColor colour = selectionColour();
  colour.setAlpha(std::clamp(40 + 3000 / std::max(m->lines, 1), 40, 200));
  m->projection.setColour(colour);
  m->fields.setPolylines(outline);
  m->labelImage();
  m->updateVisibility();
}

const FieldsOnImage& CortexStage::projectedFields() const {
  return m->onImage;
}

int CortexStage::projectedLines() const {
  return m->lines;
}

CortexCamera CortexStage::camera() const {
  vtkCamera* camera = m->renderer->GetActiveCamera();
  CortexCamera pose;
  camera->GetPosition(pose.position.data());
  camera->GetFocalPoint(pose.focalPoint.data());
  camera->GetViewUp(pose.viewUp.data());
  pose.viewAngleDeg = camera->GetViewAngle();
  pose.sheet = m->alone;
  return pose;
}

void CortexStage::setCamera(const CortexCamera& pose) {
  vtkCamera* camera = m->renderer->GetActiveCamera();
  camera->SetPosition(pose.position.data());
  camera->SetFocalPoint(pose.focalPoint.data());
  camera->SetViewUp(pose.viewUp.data());
  camera->SetViewAngle(pose.viewAngleDeg);
  const int alone = pose.sheet < m->layout.count() ? pose.sheet : -1;
  if (alone == m->alone) return;
  m->alone = alone;
  m->placeScaleBar();
  m->updateVisibility();
}

void CortexStage::fitToView(QSize size, double density) {
  m->forAllLines([density](Lines& lines) { lines.setDensity(density); });
  if (m->hoverSheet >= 0) {
    const double radius = kRingPx * mmPerPixel(camera(), m->hover, size);
    for (const Lines* lines : {&m->ring, &m->halo}) {
      lines->actor()->SetPosition(m->hover.data());
      lines->actor()->SetScale(radius);
    }
  }
  // The names of layers are long: where sheets stand close, areas must do.
  const bool room = m->alone >= 0 || size.width() >= kTitlePx * m->layout.count();
  for (const auto& sheet : m->sheets) sheet->label.setText(room ? sheet->title : sheet->area);
  m->renderer->ResetCameraClippingRange();
}

}  // namespace pinwheel::views
