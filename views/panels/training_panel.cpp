#include "views/panels/training_panel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>

#include "views/panels/chart_view.h"
#include "views/panels/panel_parts.h"
#include "views/panels/training_charts.h"
#include "views/scene.h"

namespace pinwheel::views {
namespace {

QString nameOf(session::TrainingPhase phase) {
  using session::TrainingPhase;
  switch (phase) {
    case TrainingPhase::none:
      return TrainingPanel::tr("No training");
    case TrainingPhase::preparing:
      return TrainingPanel::tr("Preparing");
    case TrainingPhase::running:
      return TrainingPanel::tr("Running");
    case TrainingPhase::paused:
      return TrainingPanel::tr("Paused");
    case TrainingPhase::finished:
      return TrainingPanel::tr("Finished");
    case TrainingPhase::stopped:
      return TrainingPanel::tr("Stopped and saved");
    case TrainingPhase::failed:
      return TrainingPanel::tr("Failed");
  }
  return {};
}

QDoubleSpinBox* settingBox(const char* objectName, const QString& accessibleName, double maximum, int decimals) {
  QDoubleSpinBox* box = named(new QDoubleSpinBox, objectName, accessibleName);
  box->setDecimals(decimals);
  box->setRange(0, maximum);
  box->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
  box->setKeyboardTracking(true);
  return box;
}

}  // namespace

TrainingPanel::TrainingPanel(Scene& scene, QWidget* parent) : QWidget(parent), m_scene(scene) {
  setObjectName(QStringLiteral("trainingPanel"));
  QVBoxLayout* column = makeScrollingColumn(this, tr("Training"));
  buildControls(column);
  buildCharts(column);
  buildSettings(column);
  column->addStretch(1);
  letWheelScroll(this);
  connect(&m_scene, &Scene::trainingChanged, this, &TrainingPanel::refresh);
  connect(&m_scene, &Scene::networkChanged, this, &TrainingPanel::refresh);
  refresh();
}

void TrainingPanel::buildControls(QVBoxLayout* column) {
  m_state = readableLabel("trainingState", tr("State of the training"));
  m_progress = named(new QProgressBar, "trainingProgress", tr("Progress of the training"));
  m_progress->setRange(0, 1000);
  const auto button = [](const char* name, const QString& text, const QString& tip) {
    QPushButton* made = named(new QPushButton(text), name, tip);
    made->setToolTip(tip);
    return made;
  };
  m_start = button("trainingStart", tr("Start..."), tr("Begin a training"));
  m_pause = button("trainingPause", tr("Pause"), tr("Pause after this batch"));
  m_resume = button("trainingResume", tr("Resume"), tr("Go on training"));
  m_step = button("trainingStep", tr("Step"), tr("Train some batches, then pause again"));
  m_stop = button("trainingStop", tr("Stop"), tr("End the training after this batch and save it"));
  m_steps = named(new QSpinBox, "trainingSteps", tr("Batches in a step"));
  m_steps->setRange(1, 10000);
  m_steps->setToolTip(tr("Batches in a step"));
  auto* grid = new QGridLayout;
  grid->addWidget(m_start, 0, 0);
  grid->addWidget(m_pause, 0, 1);
  grid->addWidget(m_resume, 0, 2);
  grid->addWidget(m_step, 1, 0);
  grid->addWidget(m_steps, 1, 1);
  grid->addWidget(m_stop, 1, 2);
  column->addWidget(m_state);
  column->addWidget(m_progress);
  column->addLayout(grid);
  connect(m_start, &QPushButton::clicked, this, &TrainingPanel::startRequested);
  connect(m_pause, &QPushButton::clicked, this, [this] { m_scene.post(session::Pause{}); });
  connect(m_resume, &QPushButton::clicked, this, [this] { m_scene.post(session::Resume{}); });
  connect(m_step, &QPushButton::clicked, this, [this] { m_scene.post(session::Step{m_steps->value()}); });
  connect(m_stop, &QPushButton::clicked, this, [this] { m_scene.post(session::StopTraining{}); });
}

void TrainingPanel::buildSettings(QVBoxLayout* column) {
  m_settings = new QWidget;
  auto* inner = new QVBoxLayout(m_settings);
  inner->setContentsMargins(0, 0, 0, 0);
  auto* heading = new QLabel(tr("Learning settings in force"));
  QFont bold = heading->font();
  bold.setBold(true);
  heading->setFont(bold);
  m_alpha = settingBox("settingAlpha", tr("Alpha, weight of the slow topographic loss"), 1e6, 4);
  m_beta = settingBox("settingBeta", tr("Beta, weight of the fast topographic loss"), 1e6, 4);
  m_window = named(new QSpinBox, "settingWindow", tr("W, largest lag of the fast loss in time steps"));
  m_window->setRange(-1, 1000000);
  m_window->setSpecialValueText(tr("T/2 - 1"));
  m_rate = settingBox("settingLearningRate", tr("Learning rate, the peak of its schedule"), 100, 6);
  auto* form = new QFormLayout;
  form->addRow(tr("Alpha (slow, L_L)"), m_alpha);
  form->addRow(tr("Beta (fast, L_S)"), m_beta);
  form->addRow(tr("W, time steps"), m_window);
  form->addRow(tr("Learning rate"), m_rate);
  m_apply = named(new QPushButton(tr("Apply")), "settingsApply", tr("Apply the changed learning settings"));
  m_apply->setToolTip(tr("Train on with these settings from the next batch; the change is written to the run"));
  m_revert = named(new QPushButton(tr("Revert")), "settingsRevert", tr("Show the learning settings in force again"));
  auto* buttons = new QHBoxLayout;
  buttons->addStretch(1);
  buttons->addWidget(m_revert);
  buttons->addWidget(m_apply);
  inner->addWidget(heading);
  inner->addLayout(form);
  inner->addLayout(buttons);
  column->addWidget(m_settings);
  const auto edits = [this](auto* box, auto signal, bool& edited) {
    connect(box, signal, this, [this, &edited] {
      edited = true;
      enableApply();
    });
  };
  edits(m_alpha, &QDoubleSpinBox::valueChanged, m_alphaEdited);
  edits(m_beta, &QDoubleSpinBox::valueChanged, m_betaEdited);
  edits(m_window, &QSpinBox::valueChanged, m_windowEdited);
  edits(m_rate, &QDoubleSpinBox::valueChanged, m_rateEdited);
  connect(m_apply, &QPushButton::clicked, this, &TrainingPanel::apply);
  connect(m_revert, &QPushButton::clicked, this, [this] {
    m_alphaEdited = m_betaEdited = m_windowEdited = m_rateEdited = false;
    refreshSettings();
  });
}

void TrainingPanel::buildCharts(QVBoxLayout* column) {
  m_topographic = named(new QComboBox, "topographicTerms", tr("Terms of the topographic loss"));
  m_logarithmic = named(new QCheckBox(tr("Logarithmic losses")), "logarithmicLosses", tr("Logarithmic losses"));
  m_task = named(new ChartView, "taskLossChart", tr("Chart of the task loss"));
  m_loss = named(new ChartView, "topographicLossChart", tr("Chart of the topographic loss"));
  m_accuracy = named(new ChartView, "accuracyChart", tr("Chart of the accuracy"));
  m_smoothness = named(new ChartView, "smoothnessChart", tr("Chart of the smoothness of each area's map"));
  column->addWidget(m_logarithmic);
  column->addWidget(m_task);
  column->addWidget(m_topographic);
  for (ChartView* view : {m_loss, m_accuracy, m_smoothness}) column->addWidget(view);
  for (ChartView* view : {m_task, m_loss, m_accuracy, m_smoothness}) view->setMinimumHeight(160);
  m_topographic->addItem(tr("Total of all layers"));
  connect(m_topographic, &QComboBox::currentIndexChanged, this, &TrainingPanel::refreshCharts);
  connect(m_logarithmic, &QCheckBox::toggled, this, &TrainingPanel::refreshCharts);
}

void TrainingPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void TrainingPanel::refresh() {
  refreshState();
  refreshSettings();
  if (isVisible()) refreshCharts();
}

void TrainingPanel::refreshState() {
  using session::TrainingPhase;
  const auto* training = m_scene.training().get();
  const TrainingPhase phase = training ? training->phase : TrainingPhase::none;
  const bool underWay = m_scene.trainingUnderWay();
  m_start->setEnabled(!underWay);
  m_pause->setEnabled(phase == TrainingPhase::running);
  m_resume->setEnabled(phase == TrainingPhase::paused);
  m_step->setEnabled(phase == TrainingPhase::paused);
  m_steps->setEnabled(phase == TrainingPhase::paused);
  m_stop->setEnabled(underWay);
  m_progress->setVisible(underWay);
  if (!training || phase == TrainingPhase::none) {
    m_state->setText(tr("No training is under way. Start one to watch the maps grow."));
    return;
  }
  const QLocale locale;
  const training::StepReport& report = training->report;
  QStringList lines{nameOf(phase)};
  if (underWay && !training->activity.empty())
    lines[0] += QStringLiteral(": ") + QString::fromStdString(training->activity);
  if (report.batches > 0)
    lines << tr("Epoch %1 of %2, batch %3 of %4, step %5")
                 .arg(locale.toString(static_cast<qlonglong>(std::min(report.epoch + 1, report.epochs))),
                      locale.toString(static_cast<qlonglong>(report.epochs)),
                      locale.toString(static_cast<qlonglong>(report.batch)),
                      locale.toString(static_cast<qlonglong>(report.batches)),
                      locale.toString(static_cast<qlonglong>(report.step)));
  QStringList speed;
  if (report.imagesPerSecond > 0) speed << tr("%1 images/s").arg(locale.toString(report.imagesPerSecond, 'f', 0));
  if (const QString left = durationText(report.secondsLeft); underWay && report.secondsLeft > 0)
    speed << tr("%1 left").arg(left);
  if (const QString memory = memoryText(training->memoryBytes); !memory.isEmpty()) speed << memory;
  if (!speed.isEmpty()) lines << speed.join(QStringLiteral(", "));
  m_state->setText(lines.join(QLatin1Char('\n')));
  const double total = static_cast<double>(report.epochs) * static_cast<double>(report.batches);
  const double done =
      static_cast<double>(report.epoch) * static_cast<double>(report.batches) + static_cast<double>(report.batch);
  showProgress(m_progress, total > 0 ? static_cast<int>(1000 * std::min(1.0, done / total)) : 0);
}

void TrainingPanel::refreshSettings() {
  const bool underWay = m_scene.trainingUnderWay();
  // Without a training there are none in force.
  m_settings->setVisible(m_scene.training() && m_scene.training()->phase != session::TrainingPhase::none);
  if (!underWay) m_alphaEdited = m_betaEdited = m_windowEdited = m_rateEdited = false;
  if (const auto& training = m_scene.training()) {
    const auto show = [](auto* box, auto value, bool edited) {
      if (edited) return;
      const QSignalBlocker quiet(box);
      box->setValue(value);
    };
    show(m_alpha, training->settings.alpha, m_alphaEdited);
    show(m_beta, training->settings.beta, m_betaEdited);
    show(m_window, static_cast<int>(training->settings.window), m_windowEdited);
    show(m_rate, training->settings.learningRate, m_rateEdited);
  }
  for (QWidget* box : {static_cast<QWidget*>(m_alpha), static_cast<QWidget*>(m_beta), static_cast<QWidget*>(m_window),
                       static_cast<QWidget*>(m_rate)})
    box->setEnabled(underWay);
  enableApply();
}

void TrainingPanel::enableApply() {
  const bool edited = m_alphaEdited || m_betaEdited || m_windowEdited || m_rateEdited;
  m_apply->setEnabled(edited && m_scene.trainingUnderWay());
  m_revert->setEnabled(edited);
}

void TrainingPanel::apply() {
  const session::LiveSettings& now = m_scene.training()->settings;
  session::ChangeSettings change{session::kUnknown, session::kUnknown, now.window, session::kUnknown};
  if (m_alphaEdited) change.alpha = m_alpha->value();
  if (m_betaEdited) change.beta = m_beta->value();
  if (m_windowEdited) change.window = m_window->value();
  if (m_rateEdited) change.learningRate = m_rate->value();
  if (!m_scene.post(change)) return;
  // What the boxes show from here on comes back from the training: refused, a value is not in force.
  m_alphaEdited = m_betaEdited = m_windowEdited = m_rateEdited = false;
  enableApply();
}

void TrainingPanel::refreshCharts() {
  const auto* training = m_scene.training().get();
  QStringList terms{tr("Total of all layers")};
  if (training)
    for (const std::string& layer : training->layers)
      terms << tr("L_L and L_S of %1").arg(QString::fromStdString(layer));
  QStringList shown;
  for (int i = 0; i < m_topographic->count(); ++i) shown << m_topographic->itemText(i);
  if (terms != shown) {
    const QSignalBlocker quiet(m_topographic);
    const int at = m_topographic->currentIndex();
    m_topographic->clear();
    m_topographic->addItems(terms);
    m_topographic->setCurrentIndex(at < terms.size() ? at : 0);
  }
  const bool logarithmic = m_logarithmic->isChecked();
  m_task->setChart(taskLossChart(training, logarithmic, palette()));
  m_loss->setChart(topographicLossChart(training, {m_topographic->currentIndex() - 1}, logarithmic, palette()));
  m_accuracy->setChart(accuracyChart(training, palette()));
  m_smoothness->setChart(smoothnessChart(training, palette()));
}

}  // namespace pinwheel::views
