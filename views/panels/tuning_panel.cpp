#include "views/panels/tuning_panel.h"

#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <cmath>

#include "views/panels/chart_view.h"
#include "views/panels/panel_parts.h"
#include "views/panels/tuning_charts.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr int kDebounceMs = 60;
constexpr int kThumbnailSide = 80;

}  // namespace

TuningPanel::TuningPanel(Scene& scene, Selection& selection, QWidget* parent)
    : QWidget(parent), m_scene(scene), m_selection(selection) {
  setObjectName(QStringLiteral("tuningPanel"));
  QVBoxLayout* column = makeScrollingColumn(this, tr("Tuning"));
  m_empty = readableLabel("tuningEmpty", tr("What to do to see tuning"));
  m_empty->setAlignment(Qt::AlignCenter);
  m_answer = new QWidget;
  buildCharts(m_answer);
  column->addWidget(m_empty);
  column->addWidget(m_answer);
  letWheelScroll(this);

  m_debounce.setSingleShot(true);
  m_debounce.setInterval(kDebounceMs);
  connect(&m_debounce, &QTimer::timeout, this, [this] { ask(false); });
  const auto soon = [this] {
    m_debounce.start();
    refresh();
  };
  connect(&m_selection, &Selection::hoverChanged, this, soon);
  connect(&m_selection, &Selection::selectionChanged, this, soon);
  connect(&m_scene, &Scene::tuningChanged, this, &TuningPanel::refresh);
  connect(&m_scene, &Scene::networkChanged, this, [this] {
    m_asked.clear();
    refresh();
  });
  // New maps mean new responses: of another lesion, or of a network that trained on.
  connect(&m_scene, &Scene::mapsChanged, this, [this] {
    ask(true);
    refresh();
  });
  refresh();
}

void TuningPanel::buildCharts(QWidget* page) {
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  m_summary = readableLabel("tuningSummary", tr("Unit and its preferences"));
  m_orientation = named(new ChartView, "orientationTuning", tr("Orientation tuning curve"));
  m_frequency = named(new ChartView, "frequencyTuning", tr("Spatial frequency tuning curve"));
  m_colour = named(new ChartView, "colourTuning", tr("Responses to achromatic and chromatic gratings"));
  m_domains = named(new ChartView, "domainResponses", tr("Responses to the category domains"));
  column->addWidget(m_summary);
  for (ChartView* view : {m_orientation, m_frequency, m_colour, m_domains}) {
    view->setMinimumHeight(150);
    column->addWidget(view);
  }
  m_domains->setMinimumHeight(190);
  auto* heading = new QLabel(tr("Best stimuli"));
  QFont bold = heading->font();
  bold.setBold(true);
  heading->setFont(bold);
  column->addWidget(heading);
  m_best = named(new QWidget, "bestStimuli", tr("Best stimuli"));
  auto* grid = new QGridLayout(m_best);
  grid->setContentsMargins(0, 0, 0, 0);
  for (int i = 0; i < 6; ++i) {
    const auto at = static_cast<std::size_t>(i);
    m_pictures[at] = new QLabel;
    m_pictures[at]->setObjectName(QStringLiteral("bestPicture%1").arg(i + 1));
    m_pictures[at]->setAlignment(Qt::AlignHCenter | Qt::AlignBottom);
    m_names[at] = readableLabel("bestName", tr("Name and rate of a best stimulus"));
    m_names[at]->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    grid->addWidget(m_pictures[at], i / 3 * 2, i % 3);
    grid->addWidget(m_names[at], i / 3 * 2 + 1, i % 3);
  }
  for (int c = 0; c < 3; ++c) grid->setColumnStretch(c, 1);
  column->addWidget(m_best);
  column->addStretch(1);
}

void TuningPanel::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  ask(false);
}

void TuningPanel::ask(bool again) {
  if (!isVisible() || !m_scene.network() || !m_scene.maps()) return;
  // What is pointed at goes before what is selected, which comes back when the pointer leaves.
  int sheet = m_selection.selectedSheet();
  std::vector<std::int32_t> units;
  if (m_selection.hoverUnit() >= 0) {
    sheet = m_selection.hoverSheet();
    units = {m_selection.hoverUnit()};
  } else {
    units = m_selection.units();
  }
  if (units.empty()) {  // what was asked last stays in view, and stays up to date
    sheet = m_askedSheet;
    units = m_asked;
  }
  const std::uint64_t network = m_scene.network()->stamp.network;
  if (units.empty() || (!again && network == m_askedNetwork && sheet == m_askedSheet && units == m_asked)) return;
  if (sheet < 0 || static_cast<std::size_t>(sheet) >= m_scene.network()->sheets.size()) return;
  if (!m_scene.post(session::AskTuning{static_cast<std::size_t>(sheet), units})) return;
  m_askedNetwork = network;
  m_askedSheet = sheet;
  m_asked = std::move(units);
}

void TuningPanel::refresh() {
  const auto& network = m_scene.network();
  const auto& tuning = m_scene.tuning();
  const bool shown = network && tuning && !tuning->units.empty() && tuning->sheet < network->sheets.size();
  m_empty->setVisible(!shown);
  m_answer->setVisible(shown);
  if (!shown) {
    m_empty->setText(!network ? tr("Open a checkpoint or start a training to see how its units are tuned")
                     : !m_scene.maps()
                         ? tr("The maps are being measured. Tuning can be shown once they are there.")
                         : tr("Point at a unit in the map or in the cortex, or select some, to see how they answer"));
    return;
  }
  const QLocale locale;
  const auto number = [&](double v, int decimals) { return locale.toString(v, 'f', decimals); };
  QString place = std::isfinite(tuning->xMm) && std::isfinite(tuning->yMm)
                      ? tr("at %1, %2 mm").arg(number(tuning->xMm, 1), number(tuning->yMm, 1))
                      : QString();
  const QString sheet = nameOf(network->sheets[tuning->sheet].spec);
  QString text = tuning->units.size() == 1
                     ? tr("%1, unit %2 %3").arg(sheet, locale.toString(tuning->units.front()), place)
                     : tr("%1, mean of %2 units %3")
                           .arg(sheet, locale.toString(static_cast<qulonglong>(tuning->units.size())), place);
  text += QLatin1Char('\n');
  text += std::isfinite(tuning->orientationDeg)
              ? tr("Preferred orientation %1 deg").arg(number(tuning->orientationDeg, 1))
              : tr("No preferred orientation");
  if (std::isfinite(tuning->circularVariance))
    text += tr(", circular variance %1").arg(number(tuning->circularVariance, 2));
  m_summary->setText(text);

  const QString rate = tr("Spikes per time step");
  Chart orientation;
  orientation.title = tr("Orientation");
  orientation.xLabel = tr("Orientation, deg");
  orientation.yLabel = rate;
  orientation.xLow = 0;
  orientation.xHigh = 180;
  orientation.xTickStep = 45;
  orientation.emptyNote = tr("No gratings were shown");
  // 180 deg is 0 deg again: the curve closes.
  std::vector<session::CurvePoint> closed = tuning->orientation;
  if (!closed.empty() && closed.front().x == 0 && closed.back().x < 180) {
    closed.push_back(closed.front());
    closed.back().x = 180;
  }
  orientation.series = {curveSeries(closed, categoricalColour(0, palette()))};
  m_orientation->setChart(std::move(orientation));

  Chart frequency;
  frequency.title = tr("Spatial frequency");
  frequency.xLabel = tr("Spatial frequency, cycles per image");
  frequency.yLabel = rate;
  frequency.emptyNote = tr("No gratings were shown");
  frequency.series = {curveSeries(tuning->frequency, categoricalColour(2, palette()))};
  m_frequency->setChart(std::move(frequency));

  Chart colour;
  colour.title = tr("Colour");
  colour.yLabel = rate;
  colour.emptyNote = tr("No gratings were shown");
  colour.categories = {tr("achromatic"), tr("chromatic")};
  colour.series = {curveSeries(tuning->colour, categoricalColour(1, palette()))};
  colour.series[0].kind = ChartSeries::Kind::bars;
  colour.series[0].marked = false;
  m_colour->setChart(std::move(colour));

  Chart domains;
  domains.title = tr("Category domains");
  domains.yLabel = tr("Spikes per time step; t against the others");
  domains.emptyNote = tr("No category images were shown");
  domains.categories = domainNames(tuning->domains);
  domains.series = {domainSeries(tuning->domains, categoricalColour(5, palette()), locale)};
  m_domains->setChart(std::move(domains));
  showBest();
}

void TuningPanel::showBest() {
  const auto& best = m_scene.tuning()->best;
  const QLocale locale;
  for (std::size_t i = 0; i < m_pictures.size(); ++i) {
    const bool there = i < best.size();
    m_pictures[i]->setVisible(there);
    m_names[i]->setVisible(there);
    if (!there) continue;
    const QString name = QString::fromStdString(best[i].name);
    m_pictures[i]->setPixmap(enlarged(best[i].picture, kThumbnailSide, devicePixelRatioF()));
    m_pictures[i]->setAccessibleName(tr("Picture of %1").arg(name));
    m_names[i]->setText(name + QLatin1Char('\n') + locale.toString(best[i].rate, 'f', 2));
    m_names[i]->setToolTip(tr("Spikes per time step"));
  }
}

}  // namespace pinwheel::views
