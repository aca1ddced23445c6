#include "views/maps/raster_view.h"

#include <QComboBox>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/maps/flow_layout.h"
#include "views/maps/toggle_button.h"

namespace pinwheel::views {

RasterView::RasterView(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent), m_scene(scene), m_selection(selection), m_canvas(new RasterCanvas(scene, selection, this)) {
  setObjectName(QStringLiteral("rasterView"));
  setAccessibleName(tr("Spike raster"));
  auto* controls = new QWidget(this);
  auto* row = new FlowLayout(controls);
  const auto combo = [&](const char* name, const QString& accessible, const QString& tip) {
    auto* made = new QComboBox(controls);
    made->setObjectName(QLatin1String(name));
    made->setAccessibleName(accessible);
    made->setToolTip(tip);
    made->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    row->addWidget(made);
    return made;
  };
  const auto toggle = [&](const char* name, const QString& text, const QString& tip) {
    auto* made = new ToggleButton(controls);
    made->setObjectName(QLatin1String(name));
    made->setText(text);
    made->setAccessibleName(text);
    made->setToolTip(tip);
    made->setCheckable(true);
    row->addWidget(made);
    return made;
  };
  m_sheet = combo("rasterSheet", tr("Sheets of the raster"), tr("Whose spikes are shown"));
  m_order = combo("rasterOrder", tr("Order of the rows"), tr("How the units are ordered from top to bottom"));
  m_order->addItems({tr("By x position"), tr("By y position"), tr("By preferred orientation"), tr("By firing rate")});
  m_image = combo("rasterImage", tr("Images of the raster"),
                  tr("A training is watched with these images in turn: of one alone training steps can be compared"));
  m_follow = toggle("rasterFollow", tr("Follow"), tr("The newest spikes stay in sight (F)"));
  m_pause = toggle("rasterPause", tr("Pause"), tr("Time stands still; spikes are recorded on (P)"));
  m_all = toggle("rasterAll", tr("All"), tr("Shows all that is recorded; Shift and a drag shows a range (A)"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 6, 6, 6);
  column->addWidget(controls);
  column->addWidget(m_canvas, 1);

  connect(m_sheet, &QComboBox::activated, this, [this](int index) {
    if (index == m_sheet->count() - 1) return m_canvas->setAllSheets(true);
    m_canvas->setAllSheets(false);
    m_selection.setSheet(index);
  });
  connect(m_order, &QComboBox::activated, this,
          [this](int index) { m_canvas->setOrder(static_cast<RasterOrder>(index)); });
  connect(m_image, &QComboBox::activated, this,
          [this](int index) { m_canvas->setProbeImage(index == 0 ? RasterBuffer::kAllImages : index - 1); });
  connect(m_follow, &QToolButton::clicked, this, &RasterView::follow);
  connect(m_pause, &QToolButton::clicked, this, &RasterView::pause);
  connect(m_all, &QToolButton::clicked, this, &RasterView::showAll);
  connect(m_canvas, &RasterCanvas::imagesChanged, this, &RasterView::updateImages);
  connect(m_canvas, &RasterCanvas::sheetsChanged, this, &RasterView::updateControls);
  connect(m_canvas, &RasterCanvas::timeModeChanged, this, &RasterView::updateControls);
  connect(&scene, &Scene::networkChanged, this, &RasterView::updateSheets);
  connect(&selection, &Selection::sheetChanged, this, &RasterView::updateControls);
  updateSheets();
  updateImages();
}

void RasterView::updateImages() {
  const QSignalBlocker blocker(m_image);
  const std::vector<std::string>& batch = m_canvas->probeBatch();
  if (batch != m_listed || m_image->count() == 0) {
    m_listed = batch;
    m_image->clear();
    m_image->addItem(tr("All images in turn"));
    for (std::size_t i = 0; i < batch.size(); ++i)
      m_image->addItem(tr("Image %1, %2").arg(QString::number(i + 1), QString::fromStdString(batch[i])));
  }
  m_image->setCurrentIndex(m_canvas->probeImage() == RasterBuffer::kAllImages ? 0 : m_canvas->probeImage() + 1);
  m_image->setVisible(!batch.empty());
}

void RasterView::updateSheets() {
  const QSignalBlocker blocker(m_sheet);
  m_sheet->clear();
  if (const auto& network = m_scene.network())
    for (const session::SheetPlan& plan : network->sheets) m_sheet->addItem(QString::fromStdString(plan.spec.layer));
  m_sheet->addItem(tr("All sheets"));
  updateControls();
}

void RasterView::updateControls() {
  const QSignalBlocker blocker(m_sheet);
  m_sheet->setCurrentIndex(m_canvas->allSheets() ? m_sheet->count() - 1 : m_selection.sheet());
  const RasterCanvas::TimeMode mode = m_canvas->timeMode();
  m_follow->setChecked(mode == RasterCanvas::TimeMode::follow);
  m_pause->setChecked(mode == RasterCanvas::TimeMode::paused);
  m_all->setChecked(mode == RasterCanvas::TimeMode::range);
}

void RasterView::follow() {
  m_canvas->follow();
  updateControls();
}
void RasterView::pause() {
  m_canvas->pause();
  updateControls();
}
void RasterView::showAll() {
  m_canvas->showAll();
  updateControls();
}

}  // namespace pinwheel::views
