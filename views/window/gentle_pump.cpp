#include "views/window/gentle_pump.h"

#include <QCoreApplication>
#include <QEvent>
#include <algorithm>
#include <cmath>

#include "engine/core/runtime.h"

namespace pinwheel::views {
namespace {

constexpr double kLongest = 15;  ///< seconds; notices wait too

bool isTouch(QEvent::Type type) {
  switch (type) {
    case QEvent::MouseMove:
    case QEvent::MouseButtonPress:
    case QEvent::MouseButtonRelease:
    case QEvent::Wheel:
    case QEvent::KeyPress:
    case QEvent::ShortcutOverride:  // what is left of a key that is a shortcut
    case QEvent::Drop:
    case QEvent::TouchBegin:
    case QEvent::TouchUpdate:
      return true;
    default:
      return false;
  }
}

}  // namespace

GentlePump::GentlePump(std::function<void()> take, QObject* parent) : QObject(parent), m_take(std::move(take)) {
  m_clock.start();
  m_later.setSingleShot(true);
  connect(&m_later, &QTimer::timeout, this, &GentlePump::takeNow);
}

void GentlePump::setGentle(bool on) {
  m_budget.touch(now(), processorSeconds());
  if (on == m_gentle) return;
  m_gentle = on;
  if (on) {
    QCoreApplication::instance()->installEventFilter(this);
    return;
  }
  QCoreApplication::instance()->removeEventFilter(this);
  if (m_later.isActive()) takeNow();
}

void GentlePump::news() {
  const double wait = std::min(kLongest, m_budget.wait(now(), processorSeconds()));
  if (!m_gentle || wait <= 0) return takeNow();
  if (!m_later.isActive()) m_later.start(static_cast<int>(std::ceil(1e3 * wait)));
}

void GentlePump::takeNow() {
  m_later.stop();
  m_budget.begin(now(), processorSeconds());
  m_take();
}

bool GentlePump::eventFilter(QObject* /*watched*/, QEvent* event) {
  if (isTouch(event->type())) {
    m_budget.touch(now(), processorSeconds());
    if (m_later.isActive()) takeNow();
  }
  return false;
}

}  // namespace pinwheel::views
