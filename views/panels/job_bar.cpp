#include "views/panels/job_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>

#include "views/panels/panel_parts.h"
#include "views/scene.h"

namespace pinwheel::views {

JobBar::JobBar(Scene& scene, QWidget* parent) : QWidget(parent), m_scene(scene) {
  named(this, "jobBar", tr("Work under way"));
  m_label = named(new QLabel, "jobLabel", tr("What is being done"));
  m_progress = named(new QProgressBar, "jobProgress", tr("Progress"));
  m_progress->setFixedWidth(140);
  m_progress->setTextVisible(false);
  m_left = named(new QLabel, "jobTimeLeft", tr("Time left"));
  m_cancel = named(new QToolButton, "jobCancel", tr("Cancel the work under way"));
  m_cancel->setText(tr("Cancel"));
  m_cancel->setToolTip(tr("Give up this work; what was there before it stays"));
  m_cancel->setFocusPolicy(Qt::TabFocus);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  for (QWidget* part : {static_cast<QWidget*>(m_label), static_cast<QWidget*>(m_progress),
                        static_cast<QWidget*>(m_left), static_cast<QWidget*>(m_cancel)})
    row->addWidget(part);
  hide();
  m_patience.setSingleShot(true);
  m_patience.setInterval(500);
  connect(&m_patience, &QTimer::timeout, this, &QWidget::show);
  connect(m_cancel, &QToolButton::clicked, this, [this] {
    m_cancel->setEnabled(false);  // until other work begins
    m_scene.cancel();
  });
  connect(&m_scene, &Scene::jobChanged, this, &JobBar::refresh);
  refresh();
}

void JobBar::refresh() {
  const auto& job = m_scene.job();
  if (!job || job->label.empty()) {
    m_patience.stop();
    hide();
    m_label->clear();
    return;
  }
  const QString label = QString::fromStdString(job->label);
  if (label != m_label->text()) m_cancel->setEnabled(true);
  m_label->setText(label);
  // Counts above what an int holds are shown by their share; an unknown total as a bar that moves.
  m_progress->setRange(0, job->total > 0 ? 1000 : 0);
  if (job->total > 0)
    showProgress(m_progress,
                 static_cast<int>(1000.0 * static_cast<double>(std::clamp<std::int64_t>(job->done, 0, job->total)) /
                                  static_cast<double>(job->total)));
  const QString left = durationText(job->secondsLeft);
  m_left->setText(left.isEmpty() ? QString() : tr("%1 left").arg(left));
  if (isHidden() && !m_patience.isActive()) m_patience.start();
}

}  // namespace pinwheel::views
