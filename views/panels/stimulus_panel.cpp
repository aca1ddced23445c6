#include "views/panels/stimulus_panel.h"

#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QMimeData>
#include <QPushButton>
#include <QSlider>
#include <algorithm>
#include <numeric>

#include "views/panels/chart_view.h"
#include "views/panels/panel_parts.h"
#include "views/panels/stimulus_chooser.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kPatienceMs = 100;
constexpr int kStepMs = 400;
constexpr int kPictureSide = 96;
constexpr std::size_t kMostClasses = 10;

QString imageFileOf(const QMimeData* data) {
  if (!data->hasUrls() || data->urls().size() != 1) return {};
  const QString path = data->urls().front().toLocalFile();
  const QString ending = QFileInfo(path).suffix().toLower();
  return ending == QLatin1String("png") || ending == QLatin1String("jpg") || ending == QLatin1String("jpeg")
             ? path
             : QString();
}

// Spikes per unit in time step `step` [T, U]; below 0: over all of them.
double rateOf(const std::vector<std::uint8_t>& spikes, int timeSteps, int step) {
  if (timeSteps <= 0 || spikes.empty()) return session::kUnknown;
  const std::size_t units = spikes.size() / static_cast<std::size_t>(timeSteps);
  const auto first =
      spikes.begin() + static_cast<std::ptrdiff_t>(step < 0 ? 0 : static_cast<std::size_t>(step) * units);
  const auto last = step < 0 ? spikes.end() : first + static_cast<std::ptrdiff_t>(units);
  return std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
}

}  // namespace

StimulusPanel::StimulusPanel(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent), m_scene(scene), m_selection(selection) {
  setObjectName(QStringLiteral("stimulusPanel"));
  setAcceptDrops(true);
  build();
  m_wait.setSingleShot(true);
  m_wait.setInterval(kPatienceMs);
  m_clock.setInterval(kStepMs);
  connect(&m_wait, &QTimer::timeout, this, &StimulusPanel::answered);
  connect(&m_clock, &QTimer::timeout, this,
          [this] { m_step->setValue(m_step->value() < m_step->maximum() ? m_step->value() + 1 : 0); });
  connect(m_chooser, &StimulusChooser::chosen, this, [this] { request(m_chooser->stimulus()); });
  connect(m_step, &QSlider::valueChanged, this, &StimulusPanel::setTimeStep);
  connect(m_play, &QPushButton::toggled, this, [this](bool on) {
    if (on) showSpikes();
    play(on);
    Q_EMIT playingChanged();
  });
  connect(&m_scene, &Scene::activityChanged, this, [this] {
    answered();
    refresh();
  });
  connect(&m_scene, &Scene::networkChanged, this, &StimulusPanel::networkChanged);
  connect(&m_selection, &Selection::fieldChanged, this, &StimulusPanel::followField);
  networkChanged();
  followField();
}

void StimulusPanel::build() {
  QVBoxLayout* column = makeScrollingColumn(this, tr("Stimulus"));
  m_chooser = new StimulusChooser;
  m_picture = named(new QLabel, "stimulusPicture", tr("Picture as the network sees it"));
  m_picture->setAlignment(Qt::AlignCenter);
  m_picture->setFixedSize(kPictureSide + 2, kPictureSide + 2);
  m_title = readableLabel("stimulusTitle", tr("Stimulus that is shown, and how long the answer took"));
  auto* shown = new QHBoxLayout;
  shown->addWidget(m_picture);
  shown->addWidget(m_title, 1);
  m_step = named(new QSlider(Qt::Horizontal), "stimulusStep", tr("Time step"));
  m_step->setPageStep(1);
  m_step->setTickPosition(QSlider::TicksBelow);
  m_step->setTickInterval(1);
  m_stepLabel = new QLabel;
  m_play = named(new QPushButton(tr("Play")), "stimulusPlay", tr("Play the time steps"));
  m_play->setCheckable(true);
  m_play->setToolTip(tr("Run through the time steps; the map and the cortex show the spikes"));
  auto* steps = new QGridLayout;
  steps->addWidget(m_stepLabel, 0, 0);
  steps->addWidget(m_play, 0, 1);
  steps->addWidget(m_step, 1, 0, 1, 2);
  steps->setColumnStretch(0, 1);
  m_rates = named(new ChartView, "sheetRates", tr("Chart of every sheet's firing rate"));
  m_classes = named(new ChartView, "classProbabilities", tr("Chart of the class probabilities"));
  m_rates->setMinimumHeight(160);
  m_classes->setMinimumHeight(190);
  column->addWidget(m_chooser);
  column->addLayout(shown);
  column->addLayout(steps);
  column->addWidget(m_rates);
  column->addWidget(m_classes);
  column->addStretch(1);
  letWheelScroll(this);
}

void StimulusPanel::showFile(const QString& path) {
  m_chooser->setFile(path);
}

bool StimulusPanel::canShow() const {
  return m_scene.network() && m_chooser->hasStimulus();
}

bool StimulusPanel::canShowNext() const {
  return m_scene.network() && m_chooser->hasNext();
}

bool StimulusPanel::canPlay() const {
  return m_scene.activity() && m_scene.activity()->timeSteps > 1;
}

bool StimulusPanel::isPlaying() const {
  return m_play->isChecked();
}

void StimulusPanel::showChosen() {
  if (canShow()) request(m_chooser->stimulus());
}

void StimulusPanel::showNext() {
  if (canShowNext()) m_chooser->next();
}

void StimulusPanel::setPlaying(bool on) {
  if (canPlay()) m_play->setChecked(on);
}

void StimulusPanel::request(session::Stimulus stimulus) {
  if (!m_scene.network()) return;
  if (m_wait.isActive()) {
    m_next = std::move(stimulus);
    return;
  }
  m_next.reset();
  if (m_scene.post(session::ShowStimulus{std::move(stimulus)})) m_wait.start();
}

void StimulusPanel::answered() {
  m_wait.stop();
  if (m_next) request(*std::exchange(m_next, std::nullopt));
}

void StimulusPanel::networkChanged() {
  const auto& network = m_scene.network();
  m_next.reset();
  m_wait.stop();
  m_chooser->setEnabled(network != nullptr);
  if (network) m_chooser->setImageSide(network->imageSide);
  refresh();
}

void StimulusPanel::refresh() {
  const auto& activity = m_scene.activity();
  const int steps = activity ? activity->timeSteps : 0;
  m_step->setEnabled(steps > 1);
  m_play->setEnabled(steps > 1);
  m_step->setMaximum(std::max(0, steps - 1));
  if (!activity) {
    m_play->setChecked(false);
    m_picture->setPixmap({});
    m_title->setText(m_scene.network() ? tr("Choose a stimulus to see what the network makes of it")
                                       : tr("Open a checkpoint or start a training to show it something"));
  } else {
    m_picture->setPixmap(enlarged(activity->picture, kPictureSide, devicePixelRatioF()));
    QString shown = QString::fromStdString(activity->stimulus);
    if (activity->probeImage >= 0)
      shown = tr("%1, image %2 of %3 by which the training is watched")
                  .arg(shown, QString::number(activity->probeImage + 1), QString::number(activity->probeBatch.size()));
    m_title->setText(
        tr("%1\nAnswered in %2 ms")
            .arg(shown, QLocale().toString(activity->milliseconds, 'f', activity->milliseconds < 10 ? 1 : 0)));
  }
  Chart classes;
  classes.title = tr("Class probabilities");
  classes.yLabel = tr("Softmax of the logits");
  classes.emptyNote = tr("Nothing is shown yet");
  classes.yLow = 0;
  classes.yHigh = 1;
  if (activity) {
    std::vector<std::size_t> order(activity->probability.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Few classes keep their places while the stimulus changes; of many the likeliest are shown.
    if (order.size() > kMostClasses) {
      std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return activity->probability[a] > activity->probability[b];
      });
      order.resize(kMostClasses);
      classes.title = tr("Class probabilities, the ten likeliest");
    }
    ChartSeries bars;
    bars.kind = ChartSeries::Kind::bars;
    bars.colour = categoricalColour(0, palette());
    for (const std::size_t c : order) {
      bars.x.push_back(static_cast<double>(classes.categories.size()));
      bars.y.push_back(static_cast<double>(activity->probability[c]));
      classes.categories << (c < m_scene.network()->classNames.size()
                                 ? QString::fromStdString(m_scene.network()->classNames[c])
                                 : QString::number(c));
    }
    classes.series = {std::move(bars)};
  }
  m_classes->setChart(std::move(classes));
  refreshRates();
}

void StimulusPanel::refreshRates() {
  const auto& activity = m_scene.activity();
  const int step = m_step->value();
  m_stepLabel->setText(activity ? tr("Time step %1 of %2").arg(step + 1).arg(activity->timeSteps) : tr("Time step"));
  Chart rates;
  rates.title = tr("Firing rate per sheet");
  rates.yLabel = tr("Spikes per unit and time step");
  rates.emptyNote = tr("Nothing is shown yet");
  if (activity) {
    ChartSeries all, now;
    all.name = tr("all time steps");
    now.name = tr("time step %1").arg(step + 1);
    all.kind = now.kind = ChartSeries::Kind::bars;
    all.colour = categoricalColour(5, palette());
    now.colour = categoricalColour(1, palette());
    for (std::size_t s = 0; s < activity->spikes.size() && s < m_scene.network()->sheets.size(); ++s) {
      all.x.push_back(static_cast<double>(s));
      all.y.push_back(rateOf(activity->spikes[s], activity->timeSteps, -1));
      now.x.push_back(static_cast<double>(s));
      now.y.push_back(rateOf(activity->spikes[s], activity->timeSteps, step));
      rates.categories << nameOf(m_scene.network()->sheets[s].spec);
    }
    rates.series = {std::move(all), std::move(now)};
  }
  m_rates->setChart(std::move(rates));
}

void StimulusPanel::setTimeStep(int step) {
  refreshRates();
  FieldChoice field = m_selection.field();
  if (field.quantity != Quantity::spikes) return;
  field.timeStep = step;
  m_selection.setField(field);
}

void StimulusPanel::followField() {
  if (m_selection.field().quantity == Quantity::spikes) m_step->setValue(m_selection.field().timeStep);
}

// The other quantities have no time: the sheets would stand still while it plays.
void StimulusPanel::showSpikes() {
  FieldChoice field = m_selection.field();
  field.quantity = Quantity::spikes;
  field.timeStep = m_step->value();
  m_selection.setField(field);
}

void StimulusPanel::play(bool on) {
  m_play->setText(on ? tr("Stop") : tr("Play"));
  if (on && isVisible())
    m_clock.start();
  else
    m_clock.stop();
}

void StimulusPanel::dragEnterEvent(QDragEnterEvent* event) {
  if (m_scene.network() && !imageFileOf(event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void StimulusPanel::dropEvent(QDropEvent* event) {
  const QString path = imageFileOf(event->mimeData());
  if (path.isEmpty()) return;
  showFile(path);
  event->acceptProposedAction();
}

void StimulusPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  play(m_play->isChecked());
}

void StimulusPanel::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  m_clock.stop();  // nobody sees it play
}

}  // namespace pinwheel::views
