#include "views/panels/lesion_panel.h"

#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>

#include "views/panels/lesion_editor.h"
#include "views/panels/lesion_effect.h"
#include "views/panels/panel_parts.h"
#include "views/panels/selection_tools.h"
#include "views/scene.h"

namespace pinwheel::views {

LesionPanel::LesionPanel(Scene& scene, Selection& selection, QUndoStack& undo, QWidget* parent)
    : QWidget(parent),
      m_scene(scene),
      m_tools(new SelectionTools(scene, selection)),
      m_editor(new LesionEditor(scene, selection, undo)) {
  setObjectName(QStringLiteral("lesionPanel"));
  QVBoxLayout* column = makeScrollingColumn(this, tr("Lesions"));
  const auto section = [column](const QString& title) {
    auto* heading = new QLabel(title);
    QFont bold = heading->font();
    bold.setBold(true);
    heading->setFont(bold);
    column->addWidget(heading);
  };
  section(tr("Selected units"));
  column->addWidget(m_tools);
  section(tr("Lesion"));
  column->addWidget(m_editor);
  section(tr("Effect"));
  column->addWidget(new LesionEffect(scene));
  section(tr("Learn again with the lesion held"));

  m_epochs = named(new QSpinBox, "retrainEpochs", tr("Epochs of the retraining"));
  m_epochs->setRange(1, 10000);
  m_epochs->setPrefix(tr("epochs "));
  m_rate = named(new QDoubleSpinBox, "retrainRate", tr("Learning rate of the retraining"));
  m_rate->setDecimals(6);
  m_rate->setRange(0, 100);
  m_rate->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
  m_rate->setPrefix(tr("rate "));
  m_rate->setSpecialValueText(tr("a tenth of its rate"));
  m_rate->setToolTip(tr("Learning rate; 0 takes a tenth of the checkpoint's"));
  m_retrain = named(new QPushButton(tr("Retrain...")), "retrain", tr("Train on with the lesion held"));
  m_retrain->setToolTip(tr("Train the open network on as a new run, with its lesion held from the first batch on"));
  auto* grid = new QGridLayout;
  grid->addWidget(m_epochs, 0, 0);
  grid->addWidget(m_rate, 0, 1);
  grid->addWidget(m_retrain, 1, 0, 1, 2);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
  column->addLayout(grid);
  column->addStretch(1);
  letWheelScroll(this);
  connect(m_retrain, &QPushButton::clicked, this,
          [this] { Q_EMIT retrainRequested(std::int64_t{m_epochs->value()}, m_rate->value()); });
  connect(&m_scene, &Scene::networkChanged, this, &LesionPanel::refresh);
  connect(&m_scene, &Scene::trainingChanged, this, &LesionPanel::refresh);
  refresh();
}

void LesionPanel::refresh() {
  const bool can = m_scene.network() && !m_scene.trainingUnderWay();
  m_epochs->setEnabled(can);
  m_rate->setEnabled(can);
  m_retrain->setEnabled(can);
}

}  // namespace pinwheel::views
