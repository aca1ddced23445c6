#include "views/panels/selection_tools.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QGuiApplication>
#include <QInputDialog>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <algorithm>

#include "views/gestures.h"
#include "views/panels/panel_parts.h"
#include "views/scene.h"
#include "views/unit_sets.h"

namespace pinwheel::views {
namespace {

// Of the click that is handled now.
Selection::Mode modeOfClick() {
  return selectionMode(QGuiApplication::keyboardModifiers());
}

}  // namespace

SelectionTools::SelectionTools(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent), m_scene(scene), m_selection(selection), m_patches([this](Patch patch) {
        choose(patch.sheet, std::move(patch.units), patch.mode,
               tr("No patch of this domain lies here. Point at one, or lower the threshold."));
      }) {
  m_count = readableLabel("selectionCount", tr("Number of selected units"));
  m_radius = named(new QDoubleSpinBox, "discRadius", tr("Radius of the disc in millimetres"));
  m_radius->setRange(0.1, 100);
  m_radius->setDecimals(1);
  m_radius->setSingleStep(0.5);
  m_radius->setValue(2);
  m_radius->setPrefix(tr("radius "));
  m_radius->setSuffix(tr(" mm"));
  m_disc = named(new QPushButton(tr("Select disc")), "selectDisc",
                 tr("Select the disc about the unit that is pointed at or selected"));
  m_domain = named(new QComboBox, "patchDomain", tr("Category domain"));
  m_threshold = named(new QDoubleSpinBox, "patchThreshold", tr("Threshold of t"));
  m_threshold->setRange(-50, 50);
  m_threshold->setDecimals(1);
  m_threshold->setSingleStep(0.5);
  m_threshold->setValue(analysis::PatchOptions{}.threshold);
  m_threshold->setPrefix(tr("t above "));
  m_patch = named(new QPushButton(tr("Select this patch")), "selectPatch",
                  tr("Select the units of the patch about the unit that is pointed at or selected"));
  m_above = named(new QPushButton(tr("Select all above")), "selectAbove",
                  tr("Select all units of the shown sheet whose t is above the threshold"));
  m_clear = named(new QPushButton(tr("Clear")), "selectNone", tr("Clear the selection"));
  for (QPushButton* button : {m_disc, m_patch, m_above})
    button->setToolTip(button->accessibleName() + tr("; Shift adds, Alt takes away"));
  m_clear->setToolTip(m_clear->accessibleName());
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->addWidget(m_count, 0, 0);
  grid->addWidget(m_clear, 0, 1);
  grid->addWidget(m_radius, 1, 0);
  grid->addWidget(m_disc, 1, 1);
  grid->addWidget(m_domain, 2, 0);
  grid->addWidget(m_threshold, 2, 1);
  grid->addWidget(m_patch, 3, 0);
  grid->addWidget(m_above, 3, 1);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
  connect(m_disc, &QPushButton::clicked, this, [this] { selectDisc(modeOfClick()); });
  connect(m_patch, &QPushButton::clicked, this, [this] { selectPatch(modeOfClick()); });
  connect(m_above, &QPushButton::clicked, this, [this] { selectAbove(modeOfClick()); });
  connect(m_clear, &QPushButton::clicked, &m_selection, &Selection::clear);
  connect(&m_selection, &Selection::selectionChanged, this, &SelectionTools::forgetPatch);
  connect(&m_selection, &Selection::sheetChanged, this, &SelectionTools::forgetPatch);
  connect(&m_selection, &Selection::hoverChanged, this, [this] {
    if (m_selection.hoverUnit() < 0) return;  // the pointer is on its way to a button here
    const bool first = m_lastHover.second < 0;
    m_lastHover = {m_selection.hoverSheet(), m_selection.hoverUnit()};
    if (first) refresh();
  });
  connect(&m_scene, &Scene::networkChanged, this, &SelectionTools::networkChanged);
  connect(&m_scene, &Scene::mapsChanged, this, &SelectionTools::forgetPatch);
  networkChanged();
}

std::optional<SelectionTools::Place> SelectionTools::place() const {
  if (!m_scene.network()) return std::nullopt;
  const auto at = [this](int sheet, const std::vector<std::int32_t>& units) -> std::optional<Place> {
    const auto& sheets = m_scene.network()->sheets;
    if (sheet < 0 || static_cast<std::size_t>(sheet) >= sheets.size()) return std::nullopt;
    const auto centre = centreOf(sheets[static_cast<std::size_t>(sheet)], units);
    if (!centre) return std::nullopt;
    return Place{sheet, centre->first, centre->second};
  };
  if (m_selection.hoverUnit() >= 0) return at(m_selection.hoverSheet(), {m_selection.hoverUnit()});
  if (!m_selection.units().empty()) return at(m_selection.selectedSheet(), m_selection.units());
  if (m_lastHover.second >= 0) return at(m_lastHover.first, {m_lastHover.second});
  return std::nullopt;
}

void SelectionTools::choose(int sheet, std::vector<std::int32_t> units, Selection::Mode mode, const QString& none) {
  m_patches.cancel();  // of all that was asked for the newest counts
  if (units.empty()) {
    m_count->setText(none);
    return;
  }
  m_selection.select(sheet, std::move(units), mode);
  refresh();
}

void SelectionTools::selectDisc(Selection::Mode mode) {
  const auto at = place();
  if (!at) return;
  const auto& plan = m_scene.network()->sheets[static_cast<std::size_t>(at->sheet)];
  choose(at->sheet, unitsInDisc(plan, at->xMm, at->yMm, m_radius->value()), mode, tr("No unit lies in this disc"));
}

bool SelectionTools::canSelectAbove() const {
  return m_scene.network() && m_scene.maps() && m_domain->count() > 0;
}

void SelectionTools::selectPatch(Selection::Mode mode) {
  const auto at = place();
  if (!at || !canSelectPatch() || m_domain->currentIndex() < 0) return;
  const auto sheet = static_cast<std::size_t>(at->sheet);
  const auto domain = static_cast<std::size_t>(m_domain->currentIndex());
  if (sheet >= m_scene.maps()->sheets.size() || domain >= m_scene.maps()->sheets[sheet].domains.size()) return;
  analysis::PatchOptions options;
  options.threshold = m_threshold->value();
  m_patches.cancel();
  m_patches.request([network = m_scene.network(), maps = m_scene.maps(), at = *at, sheet, domain, options, mode] {
    const session::SheetPlan& plan = network->sheets[sheet];
    return Patch{at.sheet, unitsOfPatch(plan, maps->sheets[sheet].domains[domain].t, at.xMm, at.yMm, options), mode};
  });
  refresh();
}

// What it was to be chosen with is not as it was when it was asked for.
void SelectionTools::forgetPatch() {
  m_patches.cancel();
  refresh();
}

void SelectionTools::askAbove() {
  if (!canSelectAbove()) return;
  QInputDialog ask(window());
  ask.setObjectName(QStringLiteral("askThreshold"));
  ask.setWindowTitle(tr("Select units by their t"));
  ask.setInputMode(QInputDialog::DoubleInput);
  ask.setLabelText(tr("Select the units of the shown sheet whose t for %1 is above:").arg(m_domain->currentText()));
  ask.setDoubleRange(m_threshold->minimum(), m_threshold->maximum());
  ask.setDoubleDecimals(m_threshold->decimals());
  ask.setDoubleStep(m_threshold->singleStep());
  ask.setDoubleValue(m_threshold->value());
  if (ask.exec() != QDialog::Accepted) return;
  m_threshold->setValue(ask.doubleValue());
  selectAbove(Selection::Mode::replace);
}

void SelectionTools::selectAbove(Selection::Mode mode) {
  if (!canSelectAbove()) return;
  const auto sheet = static_cast<std::size_t>(m_selection.sheet());
  const auto domain = static_cast<std::size_t>(std::max(0, m_domain->currentIndex()));
  if (sheet >= m_scene.maps()->sheets.size() || domain >= m_scene.maps()->sheets[sheet].domains.size()) return;
  choose(m_selection.sheet(), unitsAbove(m_scene.maps()->sheets[sheet].domains[domain].t, m_threshold->value()), mode,
         tr("No unit of this sheet is above the threshold"));
}

void SelectionTools::networkChanged() {
  m_patches.cancel();
  m_lastHover = {-1, -1};
  const int before = m_domain->currentIndex();
  m_domain->clear();
  if (m_scene.network())
    for (const std::string& domain : m_scene.network()->domainNames) m_domain->addItem(QString::fromStdString(domain));
  m_domain->setCurrentIndex(std::min(std::max(0, before), m_domain->count() - 1));
  refresh();
}

void SelectionTools::refresh() {
  const bool network = m_scene.network() != nullptr;
  const bool maps = canSelectAbove();
  const bool placed = place().has_value();
  m_radius->setEnabled(network);
  m_disc->setEnabled(placed);
  m_domain->setEnabled(maps);
  m_threshold->setEnabled(maps);
  m_patch->setEnabled(maps && placed);
  m_above->setEnabled(maps);
  m_clear->setEnabled(!m_selection.units().empty());
  const int sheet = m_selection.selectedSheet();
  if (!network) {
    m_count->setText(tr("No network is open"));
  } else if (m_patches.busy()) {
    m_count->setText(tr("Looking for the patch"));
  } else if (m_selection.units().empty() || static_cast<std::size_t>(sheet) >= m_scene.network()->sheets.size()) {
    m_count->setText(tr("No unit is selected"));
  } else {
    m_count->setText(tr("%1 of %2 units of %3")
                         .arg(QLocale().toString(static_cast<qulonglong>(m_selection.units().size())),
                              QLocale().toString(static_cast<qulonglong>(
                                  m_scene.network()->sheets[static_cast<std::size_t>(sheet)].xMm.size())),
                              nameOf(m_scene.network()->sheets[static_cast<std::size_t>(sheet)].spec)));
  }
  Q_EMIT changed();
}

}  // namespace pinwheel::views
