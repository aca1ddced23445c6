#include "views/panels/lesion_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QListWidget>
#include <QLocale>
#include <QPushButton>
#include <QShortcut>
#include <QUndoStack>
#include <algorithm>

#include "views/panels/lesion_commands.h"
#include "views/panels/panel_parts.h"
#include "views/scene.h"
#include "views/selection.h"

namespace pinwheel::views {

using session::PerturbationKind;

namespace {

bool hasStrength(PerturbationKind kind) {
  return kind == PerturbationKind::damp || kind == PerturbationKind::noise;
}

}  // namespace

QString nameOf(PerturbationKind kind) {
  switch (kind) {
    case PerturbationKind::silence:
      return LesionEditor::tr("silence");
    case PerturbationKind::damp:
      return LesionEditor::tr("damp");
    case PerturbationKind::noise:
      return LesionEditor::tr("noise");
    case PerturbationKind::stimulate:
      return LesionEditor::tr("stimulate");
    case PerturbationKind::freeze:
      return LesionEditor::tr("freeze");
  }
  return {};
}

QString meaningOf(PerturbationKind kind) {
  switch (kind) {
    case PerturbationKind::silence:
      return LesionEditor::tr("No spike leaves the units");
    case PerturbationKind::damp:
      return LesionEditor::tr("The units' output is multiplied by the strength");
    case PerturbationKind::noise:
      return LesionEditor::tr("Where a unit is silent it fires with this probability, at every time step anew");
    case PerturbationKind::stimulate:
      return LesionEditor::tr("The units fire at the checked time steps, whatever is shown");
    case PerturbationKind::freeze:
      return LesionEditor::tr("The units answer as before and take no part in learning");
  }
  return {};
}

LesionEditor::LesionEditor(Scene& scene, Selection& selection, QUndoStack& undo, QWidget* parent)
    : QWidget(parent), m_scene(scene), m_selection(selection), m_undo(undo) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  auto* grid = new QGridLayout;
  buildTreatment(grid);
  column->addLayout(grid);

  m_add = named(new QPushButton(tr("Add to lesion")), "lesionAdd", tr("Add the selected units to the lesion"));
  m_replace =
      named(new QPushButton(tr("Replace lesion")), "lesionReplace", tr("Make the selected units the whole lesion"));
  m_clear = named(new QPushButton(tr("Clear lesion")), "lesionClear", tr("Take the whole lesion away"));
  m_remove = named(new QPushButton(tr("Remove part")), "lesionRemove", tr("Take the marked part out of the lesion"));
  m_parts = named(new QListWidget, "lesionParts", tr("Parts of the lesion"));
  m_parts->setToolTip(tr("Enter selects the part's units, Delete removes it"));
  // Three parts at once: so the whole chart of the effect is seen in a window of 768 px.
  m_parts->setMaximumHeight(72);
  m_parts->setWordWrap(true);
  m_sham = readableLabel("shamSeed", tr("Seed of the sham lesion"));
  m_drawSham = named(new QPushButton(tr("Draw another sham")), "drawSham",
                     tr("Draw other units for the sham lesion and measure it again"));
  for (QPushButton* button : {m_add, m_replace, m_clear, m_remove, m_drawSham})
    button->setToolTip(button->accessibleName());
  auto* buttons = new QGridLayout;
  buttons->addWidget(m_add, 0, 0);
  buttons->addWidget(m_replace, 0, 1);
  column->addLayout(buttons);
  column->addWidget(m_parts);
  auto* below = new QGridLayout;
  below->addWidget(m_remove, 0, 0);
  below->addWidget(m_clear, 0, 1);
  below->addWidget(m_sham, 1, 0);
  below->addWidget(m_drawSham, 1, 1);
  column->addLayout(below);

  connect(m_add, &QPushButton::clicked, this, &LesionEditor::add);
  connect(m_replace, &QPushButton::clicked, this, &LesionEditor::replace);
  connect(m_clear, &QPushButton::clicked, this, &LesionEditor::clear);
  connect(m_remove, &QPushButton::clicked, this, &LesionEditor::removePart);
  auto* key = new QShortcut(QKeySequence::Delete, m_parts, nullptr, nullptr, Qt::WidgetShortcut);
  connect(key, &QShortcut::activated, this, &LesionEditor::removePart);
  connect(m_parts, &QListWidget::currentRowChanged, this, &LesionEditor::refresh);
  connect(m_parts, &QListWidget::itemActivated, this, [this] {
    const auto row = static_cast<std::size_t>(m_parts->currentRow());
    if (row < m_scene.lesion().parts.size())
      m_selection.select(static_cast<int>(m_scene.lesion().parts[row].sheet), m_scene.lesion().parts[row].units);
  });
  connect(m_drawSham, &QPushButton::clicked, this, &LesionEditor::drawSham);
  connect(m_kind, &QComboBox::currentIndexChanged, this, &LesionEditor::refresh);
  connect(&m_selection, &Selection::selectionChanged, this, &LesionEditor::refresh);
  connect(&m_scene, &Scene::lesionChanged, this, &LesionEditor::listParts);
  connect(&m_scene, &Scene::networkChanged, this, &LesionEditor::networkChanged);
  networkChanged();
}

void LesionEditor::buildTreatment(QGridLayout* grid) {
  m_kind = named(new QComboBox, "lesionKind", tr("What happens to the units"));
  for (const auto k : {PerturbationKind::silence, PerturbationKind::damp, PerturbationKind::noise,
                       PerturbationKind::stimulate, PerturbationKind::freeze}) {
    m_kind->addItem(nameOf(k), static_cast<int>(k));
    m_kind->setItemData(m_kind->count() - 1, meaningOf(k), Qt::ToolTipRole);
  }
  m_strength = named(new QDoubleSpinBox, "lesionStrength", tr("Strength, from 0 to 1"));
  m_strength->setRange(0, 1);
  m_strength->setDecimals(2);
  m_strength->setSingleStep(0.1);
  m_strength->setValue(0.5);
  m_strengthLabel = readableLabel("lesionMeaning", tr("What the kind of lesion means"));
  m_stepsRow = named(new QWidget, "lesionSteps", tr("Time steps at which the units fire"));
  m_stepsGrid = new QGridLayout(m_stepsRow);
  m_stepsGrid->setContentsMargins(0, 0, 0, 0);
  grid->addWidget(m_kind, 0, 0);
  grid->addWidget(m_strength, 0, 1);
  grid->addWidget(m_strengthLabel, 1, 0, 1, 2);
  grid->addWidget(m_stepsRow, 2, 0, 1, 2);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
}

void LesionEditor::networkChanged() {
  // Units of another network are other units: there is no way back to a lesion of the old one.
  const std::uint64_t version = m_scene.network() ? m_scene.network()->stamp.lesion : 0;
  if (m_scene.network() && !m_scene.isOwnLesion(version)) m_undo.clear();
  const int steps = m_scene.network() ? m_scene.network()->timeSteps : 0;
  if (steps != static_cast<int>(m_steps.size())) {
    qDeleteAll(m_steps);
    m_steps.clear();
    for (int t = 0; t < steps; ++t) {
      auto* box = new QCheckBox(QString::number(t + 1));
      box->setObjectName(QStringLiteral("lesionStep%1").arg(t + 1));
      box->setAccessibleName(tr("Fire at time step %1").arg(t + 1));
      box->setChecked(true);
      connect(box, &QCheckBox::toggled, this, &LesionEditor::refresh);
      m_stepsGrid->addWidget(box, t / 6, t % 6);
      m_steps.push_back(box);
    }
  }
  listParts();
}

session::PerturbationKind LesionEditor::kind() const {
  return static_cast<PerturbationKind>(m_kind->currentData().toInt());
}

void LesionEditor::setKind(PerturbationKind kind) {
  m_kind->setCurrentIndex(m_kind->findData(static_cast<int>(kind)));
}

bool LesionEditor::hasTime() const {
  return kind() != PerturbationKind::stimulate ||
         std::any_of(m_steps.begin(), m_steps.end(), [](const QCheckBox* box) { return box->isChecked(); });
}

bool LesionEditor::canAdd() const {
  return m_scene.network() && !m_selection.units().empty() && hasTime();
}

bool LesionEditor::canReplace() const {
  return canAdd() && hasLesion();
}

bool LesionEditor::hasLesion() const {
  return !m_scene.lesion().parts.empty();
}

void LesionEditor::add() {
  if (!canAdd()) return;
  session::Lesion after = m_scene.lesion();
  after.parts.push_back(part());
  push(after, tr("Add to lesion: %1").arg(describe(after.parts.back())));
}

void LesionEditor::replace() {
  if (!canReplace()) return;
  session::Lesion after;
  after.parts.push_back(part());
  push(after, tr("Replace lesion: %1").arg(describe(after.parts.back())));
}

void LesionEditor::clear() {
  if (hasLesion()) push({}, tr("Clear lesion"));
}

session::LesionPart LesionEditor::part() const {
  session::LesionPart part;
  part.sheet = static_cast<std::size_t>(m_selection.selectedSheet());
  part.units = m_selection.units();
  part.kind = kind();
  part.strength = hasStrength(part.kind) ? m_strength->value() : 1;
  if (part.kind == PerturbationKind::stimulate)
    for (std::size_t t = 0; t < m_steps.size(); ++t)
      if (m_steps[t]->isChecked()) part.timeSteps.push_back(static_cast<int>(t));
  return part;
}

QString LesionEditor::describe(const session::LesionPart& part) const {
  const QLocale locale;
  const auto& network = m_scene.network();
  const QString sheet =
      network && part.sheet < network->sheets.size() ? views::nameOf(network->sheets[part.sheet].spec) : QString();
  QString text = part.units.size() == 1
                     ? tr("%1, unit %2, %3").arg(sheet, locale.toString(part.units.front()), nameOf(part.kind))
                     : tr("%1, %2 units, %3")
                           .arg(sheet, locale.toString(static_cast<qulonglong>(part.units.size())), nameOf(part.kind));
  if (hasStrength(part.kind)) text += QLatin1Char(' ') + locale.toString(part.strength, 'g', 3);
  if (!part.timeSteps.empty()) {
    QStringList steps;
    for (const int t : part.timeSteps) steps << QString::number(t + 1);
    text += tr(" at steps %1").arg(steps.join(QStringLiteral(", ")));
  }
  return text;
}

void LesionEditor::push(session::Lesion after, const QString& text) {
  m_undo.push(new SetLesionCommand(m_scene, m_scene.lesion(), std::move(after), text));
}

void LesionEditor::removePart() {
  const int row = m_parts->currentRow();
  session::Lesion after = m_scene.lesion();
  if (row < 0 || static_cast<std::size_t>(row) >= after.parts.size()) return;
  const QString what = describe(after.parts[static_cast<std::size_t>(row)]);
  after.parts.erase(after.parts.begin() + row);
  push(std::move(after), tr("Remove from lesion: %1").arg(what));
}

void LesionEditor::drawSham() {
  if (!hasLesion()) return;
  const std::uint64_t seed = m_scene.shamSeed();
  m_undo.push(new DrawShamCommand(m_scene, seed, seed + 1, tr("Draw another sham")));
}

void LesionEditor::listParts() {
  const int row = m_parts->currentRow();
  m_parts->clear();
  for (const session::LesionPart& part : m_scene.lesion().parts) m_parts->addItem(describe(part));
  m_parts->setCurrentRow(std::min(std::max(0, row), m_parts->count() - 1));
  refresh();
}

void LesionEditor::refresh() {
  m_kind->setEnabled(m_scene.network() != nullptr);
  m_strength->setEnabled(m_scene.network() && hasStrength(kind()));
  m_strengthLabel->setText(meaningOf(kind()));
  m_stepsRow->setVisible(kind() == PerturbationKind::stimulate && !m_steps.empty());
  m_add->setEnabled(canAdd());
  m_replace->setEnabled(canReplace());
  m_clear->setEnabled(hasLesion());
  m_remove->setEnabled(m_parts->currentRow() >= 0);
  m_drawSham->setEnabled(hasLesion());
  m_sham->setText(tr("Sham seed %1").arg(m_scene.shamSeed()));
  Q_EMIT changed();
}

}  // namespace pinwheel::views
