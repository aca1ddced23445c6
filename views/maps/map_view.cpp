#include "views/maps/map_view.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLocale>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>

#include "views/gestures.h"
#include "views/maps/before_toggle.h"
#include "views/maps/flow_layout.h"
#include "views/maps/toggle_button.h"
#include "views/unit_sets.h"

namespace pinwheel::views {

MapView::MapView(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent),
      m_scene(scene),
      m_selection(selection),
      m_controls(new QWidget(this)),
      m_canvas(new MapCanvas(scene, selection, this)),
      m_search([this](Patch patch) { takePatch(std::move(patch)); }) {
  setObjectName(QStringLiteral("mapView"));
  setAccessibleName(tr("Map"));
  buildControls();
  m_readout = new QLabel(this);
  m_readout->setObjectName(QStringLiteral("mapReadout"));
  m_readout->setAccessibleName(tr("Unit under the pointer"));
  m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  m_count = new QLabel(this);
  m_count->setObjectName(QStringLiteral("mapCount"));
  m_count->setAccessibleName(tr("Number of selected units"));
  m_count->setAlignment(Qt::AlignRight);
  // As wide as any count, so that nothing moves when it grows.
  m_count->setMinimumWidth(
      m_count->fontMetrics().horizontalAdvance(tr("%1 units selected").arg(QLocale().toString(888888))));
  auto* foot = new QHBoxLayout;
  foot->addWidget(m_readout, 1);
  foot->addWidget(m_count);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 6, 6, 6);
  column->addWidget(m_controls);
  column->addWidget(m_canvas, 1);
  column->addLayout(foot);

  connect(&scene, &Scene::networkChanged, this, &MapView::updateChoices);
  connect(&scene, &Scene::networkChanged, this, &MapView::updateReadout);
  connect(&scene, &Scene::mapsChanged, this, &MapView::updateControls);
  connect(&scene, &Scene::mapsChanged, this, &MapView::updateReadout);
  connect(&scene, &Scene::activityChanged, this, &MapView::updateReadout);
  connect(&selection, &Selection::sheetChanged, this, &MapView::updateControls);
  connect(&selection, &Selection::sheetChanged, this, &MapView::updateReadout);
  connect(&selection, &Selection::fieldChanged, this, &MapView::updateControls);
  connect(&selection, &Selection::fieldChanged, this, &MapView::updateReadout);
  connect(&selection, &Selection::hoverChanged, this, &MapView::updateReadout);
  connect(&selection, &Selection::selectionChanged, this, &MapView::updateReadout);
  connect(&scene, &Scene::networkChanged, this, &MapView::forgetPatch);
  connect(&scene, &Scene::mapsChanged, this, &MapView::forgetPatch);
  connect(&selection, &Selection::sheetChanged, this, &MapView::forgetPatch);
  connect(&selection, &Selection::selectionChanged, this, &MapView::forgetPatch);
  connect(m_canvas, &MapCanvas::toolChanged, this, &MapView::updateControls);
  updateChoices();
  updateReadout();
}

QToolButton* MapView::addAction(const char* name, const QString& text, const QString& tip) {
  auto* button = new ToggleButton(m_controls);
  button->setObjectName(QLatin1String(name));
  button->setText(text);
  button->setAccessibleName(text);
  button->setToolTip(tip);
  m_controls->layout()->addWidget(button);
  return button;
}

QToolButton* MapView::addToggle(const char* name, const QString& text, const QString& tip) {
  QToolButton* button = addAction(name, text, tip);
  button->setCheckable(true);
  return button;
}

void MapView::buildControls() {
  auto* row = new FlowLayout(m_controls);
  m_sheet = new QComboBox(m_controls);
  m_sheet->setObjectName(QStringLiteral("mapSheet"));
  m_sheet->setAccessibleName(tr("Sheet"));
  m_sheet->setToolTip(tr("The sheet that is shown"));
  m_quantity = new QComboBox(m_controls);
  m_quantity->setObjectName(QStringLiteral("mapQuantity"));
  m_quantity->setAccessibleName(tr("Quantity"));
  m_quantity->setToolTip(tr("What the colours mean"));
  for (QComboBox* combo : {m_sheet, m_quantity}) {
    combo->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    row->addWidget(combo);
  }
  m_time = new QWidget(m_controls);
  auto* time = new QHBoxLayout(m_time);
  time->setContentsMargins(0, 0, 0, 0);
  m_step = new QSlider(Qt::Horizontal, m_time);
  m_step->setObjectName(QStringLiteral("mapTimeStep"));
  m_step->setAccessibleName(tr("Time step"));
  m_step->setMinimumWidth(80);
  m_step->setPageStep(1);
  m_stepText = new QLabel(m_time);
  time->addWidget(m_step);
  time->addWidget(m_stepText);
  row->addWidget(m_time);

  m_smoothed = addToggle("mapSmoothed", tr("Smoothed"), tr("Averages over neighbours within a sixtieth of the sheet"));
  m_pinwheels =
      addToggle("mapPinwheels", tr("Pinwheels"), tr("White: orientations turn with the way around, black: against it"));
  m_isoLines =
      addToggle("mapIsoLines", tr("Iso-orientation lines"), tr("Lines of equal preference, every 22.5 degrees"));
  m_patches = addToggle("mapPatches", tr("Patches"), tr("Outlines of the regions that prefer the category, t above 2"));
  row->addWidget(makeBeforeToggle(m_scene, m_selection, m_controls));
  QToolButton* fitButton = addAction("mapFit", tr("Fit"), tr("Shows the whole sheet (0)"));

  auto* group = new QButtonGroup(this);
  const std::array<std::tuple<const char*, QString, QString>, 5> tools{
      {{"mapToolPan", tr("Pan"), tr("Drag moves the map; the middle button does so with every tool")},
       {"mapToolPoint", tr("Point"), tr("A click selects a unit; Shift adds, Alt subtracts")},
       {"mapToolBrush", tr("Brush"), tr("A stroke selects the units under it; Shift adds, Alt subtracts")},
       {"mapToolLasso", tr("Lasso"), tr("An outline selects the units inside; Shift adds, Alt subtracts")},
       {"mapToolDisc", tr("Disc"), tr("A drag from the centre selects a disc; Shift adds, Alt subtracts")}}};
  for (const auto& [name, text, tip] : tools) {
    QToolButton* button = addToggle(name, text, tip);
    const auto tool = static_cast<Tool>(m_tools.size());
    group->addButton(button);
    m_tools.push_back(button);
    connect(button, &QToolButton::clicked, this, [this, tool] { setTool(tool); });
  }
  m_radius = new QDoubleSpinBox(m_controls);
  m_radius->setObjectName(QStringLiteral("mapBrushRadius"));
  m_radius->setAccessibleName(tr("Radius of the brush in millimetres"));
  m_radius->setToolTip(tr("Radius of the brush"));
  m_radius->setRange(0.1, 50);
  m_radius->setSingleStep(0.5);
  m_radius->setDecimals(1);
  m_radius->setSuffix(tr(" mm"));
  m_radius->setValue(m_canvas->brushRadiusMm());
  row->addWidget(m_radius);
  QToolButton* patch =
      addAction("mapSelectPatch", tr("Select patch"),
                tr("Selects the patch of the hovered unit, or of the first selected one; Shift adds, Alt subtracts"));
  QToolButton* above = addAction("mapSelectAbove", tr("Select above"),
                                 tr("Selects the units whose value is above the number; Shift adds, Alt subtracts"));
  m_threshold = new QDoubleSpinBox(m_controls);
  m_threshold->setObjectName(QStringLiteral("mapThreshold"));
  m_threshold->setAccessibleName(tr("Threshold of the selection"));
  m_threshold->setToolTip(tr("Units above this value are selected"));
  m_threshold->setRange(-1000, 1000);
  m_threshold->setDecimals(2);
  m_threshold->setSingleStep(0.5);
  m_threshold->setValue(2);
  row->addWidget(m_threshold);
  QToolButton* clear = addAction("mapClear", tr("Clear selection"), tr("Selects nothing"));

  connect(m_sheet, &QComboBox::activated, &m_selection, &Selection::setSheet);
  connect(m_quantity, &QComboBox::activated, this, [this](int index) {
    FieldChoice choice = m_choices.at(static_cast<std::size_t>(index));
    choice.smoothed = m_selection.field().smoothed;
    choice.timeStep = m_selection.field().timeStep;
    choice.before = m_selection.field().before;
    m_selection.setField(choice);
  });
  connect(m_step, &QSlider::valueChanged, this, [this](int step) {
    FieldChoice choice = m_selection.field();
    choice.timeStep = step;
    m_selection.setField(choice);
  });
  connect(m_smoothed, &QToolButton::toggled, this, [this](bool on) {
    FieldChoice choice = m_selection.field();
    choice.smoothed = on;
    m_selection.setField(choice);
  });
  const MapCanvas::Layers& layers = m_canvas->layers();
  m_pinwheels->setChecked(layers.pinwheels);
  m_isoLines->setChecked(layers.isoLines);
  m_patches->setChecked(layers.patches);
  for (QToolButton* button : {m_pinwheels, m_isoLines, m_patches})
    connect(button, &QToolButton::toggled, this, [this] {
      m_canvas->setLayers({m_pinwheels->isChecked(), m_isoLines->isChecked(), m_patches->isChecked()});
    });
  connect(m_radius, &QDoubleSpinBox::valueChanged, m_canvas, &MapCanvas::setBrushRadiusMm);
  connect(fitButton, &QToolButton::clicked, this, &MapView::fit);
  const auto modeOfClick = [] { return selectionMode(QGuiApplication::keyboardModifiers()); };
  connect(patch, &QToolButton::clicked, this, [this, modeOfClick] { selectPatchHere(modeOfClick()); });
  connect(above, &QToolButton::clicked, this,
          [this, modeOfClick] { selectAbove(m_threshold->value(), modeOfClick()); });
  connect(clear, &QToolButton::clicked, this, &MapView::clearSelection);
}

void MapView::updateChoices() {
  const QSignalBlocker sheetBlocker(m_sheet);
  const QSignalBlocker quantityBlocker(m_quantity);
  m_sheet->clear();
  m_quantity->clear();
  m_choices.clear();
  if (const auto& network = m_scene.network()) {
    for (const session::SheetPlan& plan : network->sheets) {
      const QString layer = QString::fromStdString(plan.spec.layer);
      const QString area = QString::fromStdString(plan.spec.area);
      m_sheet->addItem(layer == area ? layer : QStringLiteral("%1 (%2)").arg(area, layer));
    }
    m_choices = fieldChoices(*network);
    for (const FieldChoice& choice : m_choices) m_quantity->addItem(nameOf(choice, network.get()));
  }
  m_controls->setEnabled(m_scene.network() != nullptr);
  updateControls();
}

void MapView::updateControls() {
  const QSignalBlocker sheetBlocker(m_sheet);
  const QSignalBlocker quantityBlocker(m_quantity);
  const QSignalBlocker stepBlocker(m_step);
  const QSignalBlocker smoothBlocker(m_smoothed);
  const FieldChoice& field = m_selection.field();
  m_sheet->setCurrentIndex(m_selection.sheet());
  const auto found = std::find_if(m_choices.begin(), m_choices.end(), [&](const FieldChoice& choice) {
    return choice.quantity == field.quantity && (field.quantity != Quantity::category || choice.domain == field.domain);
  });
  m_quantity->setCurrentIndex(found == m_choices.end() ? -1 : static_cast<int>(found - m_choices.begin()));
  const int steps = m_scene.network() ? m_scene.network()->timeSteps : 0;
  m_time->setVisible(field.quantity == Quantity::spikes);
  m_step->setRange(0, std::max(0, steps - 1));
  m_step->setValue(field.timeStep);
  m_stepText->setText(tr("step %1 of %2").arg(m_step->value() + 1).arg(steps));
  m_smoothed->setChecked(field.smoothed);
  m_patches->setEnabled(field.quantity == Quantity::category);
  const auto& maps = m_scene.maps();
  const auto sheet = static_cast<std::size_t>(m_selection.sheet());
  const QString note =
      maps && sheet < maps->sheets.size() ? QString::fromStdString(maps->sheets[sheet].pinwheelNote) : QString();
  m_pinwheels->setToolTip(note.isEmpty() ? tr("White: orientations turn with the way around, black: against it")
                                         : tr("No pinwheels are shown: %1").arg(note));
  m_tools[static_cast<std::size_t>(m_canvas->tool())]->setChecked(true);
}

void MapView::updateReadout() {
  const QLocale locale;
  const auto selected = static_cast<qlonglong>(m_selection.units().size());
  m_count->setText(selected == 1 ? tr("1 unit selected") : tr("%1 units selected").arg(locale.toString(selected)));
  const int unit = m_selection.hoverUnit();
  const auto& network = m_scene.network();
  const auto sheet = static_cast<std::size_t>(m_selection.sheet());
  const auto u = static_cast<std::size_t>(unit);
  QString text;
  if (isVisible() && unit >= 0 && m_selection.hoverSheet() == m_selection.sheet() && network &&
      sheet < network->sheets.size() && u < network->sheets[sheet].xMm.size()) {
    const session::SheetPlan& plan = network->sheets[sheet];
    const Field& field = m_canvas->content().field;
    text = tr("Unit %1 at %2, %3 mm")
               .arg(locale.toString(unit), locale.toString(static_cast<double>(plan.xMm[u]), 'f', 1),
                    locale.toString(static_cast<double>(plan.yMm[u]), 'f', 1));
    if (u < field.values.size()) {
      const auto value = static_cast<double>(field.values[u]);
      text += std::isfinite(value) ? QStringLiteral(": %1 %2").arg(locale.toString(value, 'g', 3), field.unit).trimmed()
                                   : tr(": no value");
    }
  }
  m_readout->setText(text);
}

void MapView::fit() {
  m_canvas->fit();
}
void MapView::zoomIn() {
  m_canvas->zoomBy(1.25, m_canvas->mapCentre());
}
void MapView::zoomOut() {
  m_canvas->zoomBy(0.8, m_canvas->mapCentre());
}
void MapView::setTool(MapCanvas::Tool tool) {
  m_canvas->setTool(tool);
}
void MapView::clearSelection() {
  m_selection.clear();
}

void MapView::selectPatch(int unit, Selection::Mode mode) {
  const auto& network = m_scene.network();
  const auto& maps = m_scene.maps();
  const auto sheet = static_cast<std::size_t>(m_selection.sheet());
  if (!network || !maps || sheet >= network->sheets.size() || sheet >= maps->sheets.size() || unit < 0) return;
  const FieldSource source{network, maps, nullptr, &m_scene.lesion(), m_scene.lesionEffect()};
  FieldChoice choice{Quantity::category, m_selection.field().domain};
  choice.before = m_selection.field().before;
  if (m_selection.field().quantity != Quantity::category) {
    float best = -std::numeric_limits<float>::infinity();
    for (std::size_t d = 0; d < network->domainNames.size(); ++d) {
      FieldChoice other = choice;
      other.domain = static_cast<int>(d);
      const Field field = fieldOf(source, sheet, other);
      const auto u = static_cast<std::size_t>(unit);
      if (u >= field.values.size() || !(field.values[u] > best)) continue;
      best = field.values[u];
      choice.domain = static_cast<int>(d);
    }
  }
  m_search.cancel();
  m_search.request([network, sheet, t = fieldOf(source, sheet, choice).values, unit, mode] {
    return Patch{static_cast<int>(sheet), unitsOfPatch(network->sheets[sheet], t, unit), mode};
  });
  m_readout->setText(tr("Looking for the patch"));
}

void MapView::takePatch(Patch patch) {
  updateReadout();
  if (patch.units.empty())
    m_readout->setText(tr("This unit lies in no patch"));
  else
    m_selection.select(patch.sheet, std::move(patch.units), patch.mode);
}

// What it was to be chosen with is not as it was when it was asked for.
void MapView::forgetPatch() {
  if (!m_search.busy()) return;
  m_search.cancel();
  updateReadout();
}

void MapView::selectPatchHere(Selection::Mode mode) {
  int unit = m_selection.hoverSheet() == m_selection.sheet() ? m_selection.hoverUnit() : -1;
  if (unit < 0 && m_selection.selectedSheet() == m_selection.sheet() && !m_selection.units().empty())
    unit = m_selection.units().front();
  if (unit < 0)
    m_readout->setText(tr("Point at a unit or select one, then ask for its patch"));
  else
    selectPatch(unit, mode);
}

void MapView::selectAbove(double threshold, Selection::Mode mode) {
  m_selection.select(m_selection.sheet(), unitsAbove(m_canvas->content().field.values, threshold), mode);
}

}  // namespace pinwheel::views
