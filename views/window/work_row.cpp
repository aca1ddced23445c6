#include "views/window/work_row.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <algorithm>
#include <cmath>

#include "views/panels/panel_parts.h"

namespace pinwheel::views {
namespace {

constexpr int kWhole = 1000;

}  // namespace

WorkRow::WorkRow(const QString& name, QWidget* parent)
    : QWidget(parent), m_bar(new QProgressBar(this)), m_left(new QLabel(this)), m_cancel(new QToolButton(this)) {
  m_bar->setObjectName(name + ".busy");
  m_bar->setAccessibleName(tr("How far the work is"));
  m_bar->setTextVisible(false);
  m_left->setObjectName(name + ".timeLeft");
  m_left->setAccessibleName(tr("Time left"));
  m_cancel->setObjectName(name + ".cancel");
  m_cancel->setAccessibleName(tr("Cancel the work under way"));
  m_cancel->setText(tr("Cancel"));
  m_cancel->setToolTip(tr("Give up this work; what was there before it stays"));
  m_cancel->setFocusPolicy(Qt::TabFocus);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->addWidget(m_bar, 1);
  row->addWidget(m_left);
  row->addWidget(m_cancel);
  for (QWidget* part : {static_cast<QWidget*>(m_bar), static_cast<QWidget*>(m_cancel)}) {
    QSizePolicy place = part->sizePolicy();
    place.setRetainSizeWhenHidden(true);
    part->setSizePolicy(place);
  }
  connect(m_cancel, &QToolButton::clicked, this, &WorkRow::cancelled);
  setIdle();
}

void WorkRow::setWork(double share, double secondsLeft, bool canCancel) {
  const bool known = std::isfinite(share);
  m_bar->setRange(0, known ? kWhole : 0);
  if (known) showProgress(m_bar, static_cast<int>(std::lround(kWhole * std::clamp(share, 0.0, 1.0))));
  const QString left = durationText(secondsLeft);
  m_left->setText(left.isEmpty() ? QString() : tr("%1 left").arg(left));
  m_cancel->setEnabled(canCancel);
  m_bar->show();
  m_left->show();
  m_cancel->show();
}

void WorkRow::setIdle() {
  m_bar->hide();
  m_left->hide();
  m_cancel->hide();
}

}  // namespace pinwheel::views
