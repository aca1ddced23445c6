#include "views/panels/lesion_effect.h"

#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QShortcut>
#include <QTableWidget>
#include <algorithm>
#include <array>
#include <cmath>

#include "views/panels/chart_view.h"
#include "views/panels/panel_parts.h"
#include "views/scene.h"
#include "views/theme.h"

namespace pinwheel::views {
namespace {

constexpr std::size_t kMostCategories = 12;  // whose names can be read side by side

std::array<const session::Accuracy*, 3> threeOf(const session::CategoryEffect& effect) {
  return {&effect.before, &effect.after, &effect.sham};
}

// The whole first, then the categories.
std::vector<session::CategoryEffect> rowsOf(const session::LesionFrame& effect) {
  std::vector<session::CategoryEffect> rows{
      {LesionEffect::tr("all").toStdString(), effect.before, effect.after, effect.sham}};
  rows.insert(rows.end(), effect.categories.begin(), effect.categories.end());
  return rows;
}

QString percent(const session::Accuracy& accuracy) {
  const QLocale locale;
  if (accuracy.images <= 0) return QStringLiteral("-");
  return LesionEffect::tr("%1\n%2\u2013%3")
      .arg(locale.toString(100 * accuracy.value(), 'f', 1), locale.toString(100 * accuracy.low, 'f', 1),
           locale.toString(100 * accuracy.high, 'f', 1));
}

}  // namespace

Chart effectChart(const session::LesionFrame& effect, const QPalette& palette) {
  Chart chart;
  chart.title = LesionEffect::tr("Effect of the lesion");
  chart.yLabel = LesionEffect::tr("Accuracy, 95 % intervals");
  chart.yLow = 0;
  chart.yHigh = 1;
  std::vector<session::CategoryEffect> rows = rowsOf(effect);
  if (rows.size() > kMostCategories) {
    chart.title = LesionEffect::tr("Effect of the lesion, categories that change most");
    const auto change = [](const session::CategoryEffect& row) {
      const double d = std::abs(row.after.value() - row.before.value());
      return std::isfinite(d) ? d : -1.0;
    };
    std::stable_sort(rows.begin() + 1, rows.end(), [&](const auto& a, const auto& b) { return change(a) > change(b); });
    rows.resize(kMostCategories);
  }
  const std::array<QString, 3> names{LesionEffect::tr("before"), LesionEffect::tr("after"), LesionEffect::tr("sham")};
  const std::array<int, 3> colours{0, 1, 2};
  for (std::size_t k = 0; k < names.size(); ++k) {
    ChartSeries series;
    series.kind = ChartSeries::Kind::points;
    series.name = names[k];
    series.colour = categoricalColour(colours[k], palette);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const session::Accuracy& accuracy = *threeOf(rows[r])[k];
      series.x.push_back(static_cast<double>(r));
      series.y.push_back(accuracy.value());
      series.low.push_back(accuracy.low);
      series.high.push_back(accuracy.high);
    }
    chart.series.push_back(std::move(series));
  }
  for (const session::CategoryEffect& row : rows) chart.categories << QString::fromStdString(row.category);
  return chart;
}

QString effectTable(const session::LesionFrame& effect) {
  QStringList lines{QStringLiteral(
      "category\tbefore_correct\tbefore_images\tbefore\tbefore_low\tbefore_high\tafter_correct\tafter_images\tafter\t"
      "after_low\tafter_high\tsham_correct\tsham_images\tsham\tsham_low\tsham_high")};
  for (const session::CategoryEffect& row : rowsOf(effect)) {
    QStringList cells{QString::fromStdString(row.category)};
    for (const session::Accuracy* a : threeOf(row))
      cells << QString::number(a->correct) << QString::number(a->images) << QString::number(a->value(), 'g', 6)
            << QString::number(a->low, 'g', 6) << QString::number(a->high, 'g', 6);
    lines << cells.join(QLatin1Char('\t'));
  }
  return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

LesionEffect::LesionEffect(Scene& scene, QWidget* parent) : QWidget(parent), m_scene(scene) {
  m_summary = readableLabel("lesionSummary", tr("Effect of the lesion"));
  m_chart = named(new ChartView, "lesionChart", tr("Chart of the accuracy before, after and with a sham"));
  m_chart->setMinimumHeight(230);
  m_table = named(new QTableWidget(0, 4), "lesionTable", tr("Accuracy per category before, after and with a sham"));
  m_table->setHorizontalHeaderLabels({tr("Category"), tr("Before, %"), tr("After, %"), tr("Sham, %")});
  m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
  m_table->setTabKeyNavigation(false);
  m_table->verticalHeader()->hide();
  m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
  m_table->setToolTip(tr("Percent right, and the 95 % interval; Ctrl+C copies the table"));
  m_table->setMinimumHeight(200);
  m_copy = named(new QPushButton(tr("Copy table")), "lesionCopy", tr("Copy the table of accuracies"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  for (QWidget* part : {static_cast<QWidget*>(m_summary), static_cast<QWidget*>(m_chart),
                        static_cast<QWidget*>(m_table), static_cast<QWidget*>(m_copy)})
    column->addWidget(part);
  connect(m_copy, &QPushButton::clicked, this, &LesionEffect::copy);
  auto* key = new QShortcut(QKeySequence::Copy, m_table, nullptr, nullptr, Qt::WidgetShortcut);
  connect(key, &QShortcut::activated, this, &LesionEffect::copy);
  connect(&m_scene, &Scene::lesionEffectChanged, this, &LesionEffect::refresh);
  connect(&m_scene, &Scene::lesionChanged, this, &LesionEffect::refresh);
  connect(&m_scene, &Scene::networkChanged, this, &LesionEffect::refresh);
  // News of a training come several times a second; here only its beginning and its end are.
  connect(&m_scene, &Scene::trainingChanged, this, [this] {
    if (m_scene.trainingUnderWay() != m_trainingUnderWay) refresh();
  });
  refresh();
}

void LesionEffect::refresh() {
  m_trainingUnderWay = m_scene.trainingUnderWay();
  const auto& effect = m_scene.lesionEffect();
  const session::Lesion& lesion = m_scene.lesion();
  const bool current = effect && !lesion.parts.empty() && effect->stamp.lesion == lesion.version;
  for (QWidget* part : {static_cast<QWidget*>(m_chart), static_cast<QWidget*>(m_table), static_cast<QWidget*>(m_copy)})
    part->setVisible(current);
  if (!current) {
    m_summary->setText(
        !m_scene.network()           ? tr("Open a checkpoint or start a training, then lesion some of its units")
        : lesion.parts.empty()       ? tr("Select units and add them to the lesion to see what it does to the accuracy")
        : m_scene.trainingUnderWay() ? tr("The lesion acts. Its effect is measured when no training is under way.")
                                     : tr("The effect of the lesion is being measured"));
    return;
  }
  const QLocale locale;
  const auto part = [&](const session::Accuracy& a) {
    return a.images > 0 ? tr("%1\u00a0%").arg(locale.toString(100 * a.value(), 'f', 1)) : tr("not measured");
  };
  m_summary->setText(tr("Accuracy on %1 images, %2 units perturbed: %3 before, %4 after, %5 with a sham")
                         .arg(locale.toString(static_cast<qlonglong>(effect->before.images)),
                              locale.toString(static_cast<qlonglong>(effect->units)), part(effect->before),
                              part(effect->after), part(effect->sham)));
  m_chart->setChart(effectChart(*effect, palette()));
  fillTable(*effect);
}

void LesionEffect::fillTable(const session::LesionFrame& effect) {
  const auto rows = rowsOf(effect);
  m_table->setRowCount(static_cast<int>(rows.size()));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const int row = static_cast<int>(r);
    m_table->setItem(row, 0, new QTableWidgetItem(QString::fromStdString(rows[r].category)));
    int column = 1;
    for (const session::Accuracy* accuracy : threeOf(rows[r])) {
      auto* item = new QTableWidgetItem(percent(*accuracy));
      item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
      m_table->setItem(row, column++, item);
    }
  }
  m_table->resizeRowsToContents();
}

void LesionEffect::copy() const {
  if (const auto& effect = m_scene.lesionEffect()) QGuiApplication::clipboard()->setText(effectTable(*effect));
}

}  // namespace pinwheel::views
