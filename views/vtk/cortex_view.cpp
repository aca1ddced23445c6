#include "views/vtk/cortex_view.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QMenu>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/theme.h"
#include "views/vtk/graphics.h"
#include "views/vtk/legend_overlay.h"
#include "views/vtk/render_widget.h"

namespace pinwheel::views {
namespace {

/// Of a frame's time, what may go into colouring sheets; the rest of them come in the next frame.
constexpr qint64 kColourMs = 8;
constexpr int kFlightKeys = 8;
constexpr int kMargin = 8;
constexpr int kScaleLabelPx = 36;

QImage imageOf(const formats::RgbImage& picture) {
  const auto plane = static_cast<std::size_t>(picture.width) * static_cast<std::size_t>(picture.height);
  if (plane == 0 || picture.pixels.size() != 3 * plane) return {};
  QImage image(picture.width, picture.height, QImage::Format_RGB32);
  std::size_t i = 0;
  for (int y = 0; y < picture.height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(y));
    for (int x = 0; x < picture.width; ++x, ++i)
      line[x] = qRgb(picture.pixels[i], picture.pixels[plane + i], picture.pixels[2 * plane + i]);
  }
  return image;
}

QString nameOf(const session::SheetPlan& plan) {
  const QString area = QString::fromStdString(plan.spec.area);
  const QString layer = QString::fromStdString(plan.spec.layer);
  return area == layer ? area : area + QLatin1Char(' ') + layer;
}

}  // namespace

CortexView::CortexView(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent), m_scene(&scene), m_selection(&selection), m_stage(std::make_unique<CortexStage>()) {
  setObjectName(QStringLiteral("cortexView"));
  setAccessibleName(tr("Cortex in space"));
  buildWidgets();
  m_flight.setDuration(kFlightMs);
  m_flight.setStartValue(0.0);
  m_flight.setEndValue(1.0);
  m_flight.setEasingCurve(QEasingCurve::InOutQuad);
  connect(&m_flight, &QVariantAnimation::valueChanged, this, [this](const QVariant& share) {
    m_stage->setCamera(between(m_from, m_target, share.toDouble()));
    redraw();
  });
  connect(&m_flight, &QVariantAnimation::finished, this, [this] { Q_EMIT cameraChanged(); });
  connectModels();
  applyColours();
  onNetwork();
}

CortexView::~CortexView() {
  m_flight.stop();
  m_surface->removeEventFilter(this);
  if (m_render) disconnect(m_render, nullptr, this, nullptr);
}

void CortexView::buildWidgets() {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  auto* bar = new QToolBar(this);
  bar->setObjectName(QStringLiteral("cortexToolbar"));
  bar->setAccessibleName(tr("Cortex tools"));
  bar->setToolButtonStyle(Qt::ToolButtonTextOnly);
  auto* row = new QHBoxLayout;
  row->addWidget(bar);
  m_readout = new QLabel(this);
  m_readout->setObjectName(QStringLiteral("cortexReadout"));
  m_readout->setAccessibleName(tr("What is pointed at and chosen"));
  m_readout->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  // Cut off rather than in the way of the window's size.
  m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  m_readout->setContentsMargins(0, 0, kMargin, 0);
  row->addWidget(m_readout, 1);
  column->addLayout(row);
  if (graphicsAvailable()) {
    m_render = new RenderWidget(this);
    m_render->addRenderer(m_stage->renderer());
    m_render->addRenderer(m_stage->overlay());
    connect(m_render, &RenderWidget::aboutToRender, this, &CortexView::bringUpToDate);
    m_surface = m_render;
  } else {
    m_surface = makeGraphicsPlaceholder(this);
  }
  if (m_render) {
    m_render->setObjectName(QStringLiteral("cortexPicture"));
    m_render->setAccessibleName(tr("Picture of the cortex"));
    m_render->setAccessibleDescription(
        tr("Drag to turn, turn the wheel to come closer, click to choose a unit; arrow keys turn, plus and minus move. "
           "Ctrl and arrow keys go from unit to unit, Page Up and Page Down to the sheet before and after, Space or "
           "Enter chooses the unit, with Shift it adds, with Alt it subtracts."));
  }
  m_surface->setMinimumSize(160, 120);
  m_surface->installEventFilter(this);
  column->addWidget(m_surface, 1);
  m_legend = new LegendOverlay(m_surface);
  m_empty = new QLabel(tr("No network is open. Open a checkpoint or start a training to see its cortex."), m_surface);
  m_empty->setObjectName(QStringLiteral("cortexEmpty"));
  m_empty->setAlignment(Qt::AlignCenter);
  m_empty->setWordWrap(true);
  m_empty->setAttribute(Qt::WA_TransparentForMouseEvents);
  buildActions(*bar);
}

void CortexView::buildActions(QToolBar& bar) {
  const auto add = [this](const QString& text, const QString& name, const QString& tip, QList<QKeySequence> keys) {
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    action->setShortcuts(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    action->setToolTip(keys.isEmpty() ? tip : tr("%1 (%2)").arg(tip, keys.first().toString(QKeySequence::NativeText)));
    addAction(action);
    return action;
  };
  QAction* whole = add(tr("Whole cortex"), QStringLiteral("cortexWhole"), tr("Show all sheets again"),
                       {QKeySequence(Qt::Key_0), QKeySequence(Qt::Key_Home)});
  connect(whole, &QAction::triggered, this, &CortexView::wholeCortex);
  bar.addAction(whole);

  m_flights = new QMenu(this);
  m_flights->setObjectName(QStringLiteral("cortexFlights"));
  auto* button = new QToolButton(&bar);
  button->setObjectName(QStringLiteral("cortexFlyTo"));
  button->setText(tr("Fly to"));
  button->setAccessibleName(tr("Fly to a sheet"));
  button->setToolTip(tr("Face one sheet (1 to 8)"));
  button->setFocusPolicy(Qt::TabFocus);
  button->setPopupMode(QToolButton::InstantPopup);
  button->setMenu(m_flights);
  bar.addWidget(button);
  for (int i = 0; i < kFlightKeys; ++i) {
    QAction* flight = add(tr("Fly to sheet %1").arg(i + 1), QStringLiteral("cortexFlyTo%1").arg(i + 1),
                          tr("Face this sheet"), {QKeySequence(Qt::Key_1 + i)});
    connect(flight, &QAction::triggered, this, [this, i] { flyTo(i); });
  }

  m_projectionAction = add(tr("Receptive fields"), QStringLiteral("cortexProjection"),
                           tr("Outline what of the image the chosen units see"), {QKeySequence(Qt::Key_R)});
  m_projectionAction->setCheckable(true);
  connect(m_projectionAction, &QAction::toggled, this, &CortexView::setProjectionShown);
  bar.addAction(m_projectionAction);
  for (QAction* action : {whole, m_projectionAction}) {
    QWidget* tool = bar.widgetForAction(action);
    tool->setObjectName(action->objectName() + QStringLiteral("Button"));
    tool->setAccessibleName(action->text());
    tool->setFocusPolicy(Qt::TabFocus);
  }
}

void CortexView::connectModels() {
  const auto fields = [this] {
    m_pictures.markFields();
    redraw();
  };
  connect(m_scene, &Scene::networkChanged, this, &CortexView::onNetwork);
  connect(m_scene, &Scene::mapsChanged, this, fields);
  connect(m_scene, &Scene::lesionChanged, this, fields);
  connect(m_scene, &Scene::lesionEffectChanged, this, fields);
  connect(m_scene, &Scene::activityChanged, this, &CortexView::onActivity);
  connect(m_selection, &Selection::fieldChanged, this, fields);
  connect(m_selection, &Selection::hoverChanged, this, &CortexView::onHover);
  connect(m_selection, &Selection::selectionChanged, this, &CortexView::onSelection);
  connect(m_selection, &Selection::sheetChanged, this, &CortexView::onCurrentSheet);
}

void CortexView::onNetwork() {
  m_network = m_scene ? m_scene->network() : nullptr;
  m_flight.stop();
  m_pictures.reset(m_network);
  m_stage->setNetwork(m_network);
  m_empty->setVisible(!m_network);
  m_legend->setVisible(false);
  fillFlightMenu();
  m_fitting = true;
  m_stage->setCamera(viewOf(-1));
  onCurrentSheet();
  onSelection();
  onHover();
  onActivity();
}

void CortexView::onActivity() {
  const session::ActivityFrame* activity = m_scene ? m_scene->activity().get() : nullptr;
  m_stage->setImage(activity ? imageOf(activity->picture) : QImage());
  const Quantity quantity = m_selection ? m_selection->field().quantity : Quantity::orientation;
  const bool coloursSheets = quantity == Quantity::rate || quantity == Quantity::spikes;
  if (coloursSheets) m_pictures.markFields();
  if (coloursSheets || m_stage->imageShown()) redraw();
}

void CortexView::onSelection() {
  if (!m_selection) return;
  m_pictures.markSelection(*m_selection);
  m_stage->setProjected(m_selection->selectedSheet(), m_selection->units());
  updateReadout();
  redraw();
}

void CortexView::onHover() {
  if (!m_selection) return;
  m_stage->setHover(m_selection->hoverSheet(), m_selection->hoverUnit());
  updateReadout();
  redraw();
}

void CortexView::onCurrentSheet() {
  if (!m_selection) return;
  m_stage->setCurrentSheet(m_selection->sheet());
  updateLegend();
  redraw();
}

void CortexView::applyColours() {
  m_stage->setColours(groundColour(palette()), palette().color(QPalette::WindowText), quietColour(palette()));
  m_pictures.markFields();
  redraw();
}

void CortexView::redraw() {
  if (m_render) m_render->requestRender();
}

void CortexView::bringUpToDate() {
  if (m_network && m_scene && m_selection) {
    const FieldSource source{m_network, m_scene->maps(), m_scene->activity(), &m_scene->lesion(),
                             m_scene->lesionEffect()};
    m_pictures.setDensity(m_surface->devicePixelRatioF());
    QElapsedTimer spent;
    spent.start();
    bool all = false;
    while (!all && spent.elapsed() < kColourMs) {
      const auto update = m_pictures.next(source, m_selection->field(), groundColour(palette()).rgb());
      all = !update;
      if (update) m_stage->setPicture(update->sheet, update->picture);
    }
    if (!all) redraw();
    updateLegend();
  }
  m_stage->fitToView(m_surface->size(), m_surface->devicePixelRatioF());
}

void CortexView::updateLegend() {
  const int sheet = m_selection ? m_selection->sheet() : -1;
  if (!m_network || sheet < 0 || static_cast<std::size_t>(sheet) >= m_network->sheets.size()) return;
  const session::SheetPlan& plan = m_network->sheets[static_cast<std::size_t>(sheet)];
  m_legend->show(m_pictures.field(sheet), nameOf(plan), plan.xMm.size());
}

void CortexView::updateReadout() {
  QStringList parts;
  if (m_network && m_selection) {
    const auto name = [this](int sheet) { return nameOf(m_network->sheets[static_cast<std::size_t>(sheet)]); };
    const int sheet = m_selection->hoverSheet();
    const int unit = m_selection->hoverUnit();
    if (sheet >= 0 && sheet < m_stage->layout().count()) {
      QString text = tr("%1, unit %2").arg(name(sheet)).arg(unit);
      const Field& field = m_pictures.field(sheet);
      const auto u = static_cast<std::size_t>(unit);
      if (u < field.values.size() && std::isfinite(field.values[u]))
        text +=
            QStringLiteral(": %1 %2").arg(QLocale().toString(static_cast<double>(field.values[u]), 'g', 3), field.unit);
      parts << text.trimmed();
    }
    const int chosen = m_selection->selectedSheet();
    if (chosen >= 0 && chosen < m_stage->layout().count())
      parts << tr("%1 chosen on %2")
                   .arg(QLocale().toString(static_cast<qulonglong>(m_selection->units().size())), name(chosen));
  }
  m_readout->setText(parts.join(QStringLiteral("   ")));
}

void CortexView::fillFlightMenu() {
  m_flights->clear();
  for (int i = 0; i < m_stage->layout().count(); ++i) {
    const QString key = i < kFlightKeys ? QStringLiteral("\t%1").arg(i + 1) : QString();
    QAction* flight = m_flights->addAction(nameOf(m_network->sheets[static_cast<std::size_t>(i)]) + key);
    connect(flight, &QAction::triggered, this, [this, i] { flyTo(i); });
  }
  m_flights->setEnabled(m_stage->layout().count() > 0);
}

CortexCamera CortexView::viewOf(int sheet) const {
  const double width = std::max(m_surface->width(), 1);
  const double aspect = width / std::max(m_surface->height(), 1);
  // A sheet alone fills the view: the legend stands beside it. The whole cortex leaves the legend's corner free, and
  // needs room for the scale's number only.
  const int free = sheet >= 0 ? m_legend->sizeHint().width() + kMargin : kScaleLabelPx;
  const double left = std::min(free / width, 0.4);
  return m_stage->layout().view(sheet, m_projectionShown, aspect, left);
}

void CortexView::fly(const CortexCamera& target) {
  m_flight.stop();
  m_from = camera();
  m_target = target;
  if (!m_render || !m_render->isVisible()) {
    m_stage->setCamera(target);
    Q_EMIT cameraChanged();
    return;
  }
  m_flight.start();
}

void CortexView::flyTo(int sheet) {
  if (sheet < 0 || sheet >= m_stage->layout().count()) return;
  m_fitting = true;
  if (m_selection) m_selection->setSheet(sheet);
  fly(viewOf(sheet));
}

void CortexView::wholeCortex() {
  m_fitting = true;
  fly(viewOf(-1));
}

void CortexView::setProjectionShown(bool shown) {
  if (shown == m_projectionShown) return;
  m_projectionShown = shown;
  m_projectionAction->setChecked(shown);
  m_stage->setImageShown(shown);
  if (m_fitting) fly(viewOf(m_stage->camera().sheet));
  redraw();
  Q_EMIT projectionShownChanged(shown);
}

CortexCamera CortexView::camera() const {
  return m_stage->camera();
}

void CortexView::setCamera(const CortexCamera& pose) {
  m_flight.stop();
  m_fitting = false;
  m_stage->setCamera(pose);
  redraw();
}

std::optional<QPointF> CortexView::placeOf(int sheet, int unit) const {
  if (!m_network || sheet < 0 || sheet >= m_stage->layout().count()) return std::nullopt;
  const session::SheetPlan& plan = m_network->sheets[static_cast<std::size_t>(sheet)];
  if (unit < 0 || static_cast<std::size_t>(unit) >= plan.xMm.size()) return std::nullopt;
  const auto u = static_cast<std::size_t>(unit);
  return projected(camera(),
                   m_stage->layout().point(sheet, static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u])),
                   m_surface->size());
}

void CortexView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) applyColours();
}

}  // namespace pinwheel::views
