#include "app/scope/axis_view.h"

#include <algorithm>

namespace pinwheel::scope {

void AxisView::setData(double oldest, double newest) {
  m_oldest = oldest;
  m_newest = newest;
}

double AxisView::begin() const noexcept {
  if (m_mode != Mode::follow) return m_begin;
  // With little data the axis fills from the left; with much the newest stands at its right end.
  return std::max(m_oldest, m_newest - m_span);
}

double AxisView::end() const noexcept {
  if (m_mode != Mode::follow) return m_end;
  return std::max(m_newest, begin() + std::min(m_span, std::max(m_newest - m_oldest, m_least)));
}

void AxisView::pause() {
  if (m_mode == Mode::paused) return;
  const double first = begin();
  const double last = end();
  m_begin = first;
  m_end = last;
  m_mode = Mode::paused;
}

void AxisView::select(double from, double to) {
  const double middle = (from + to) / 2;
  const double half = std::max(std::max(from, to) - std::min(from, to), m_least) / 2;
  m_begin = middle - half;
  m_end = middle + half;
  m_mode = Mode::range;
}

void AxisView::zoom(double at, double factor) {
  // Not beyond ten times all that there is: from there nobody finds back.
  const double most = std::max(10 * (m_newest - m_oldest), 10 * m_least);
  const double wanted = std::clamp(length() * factor, m_least, most);
  const double share = length() > 0 ? (at - begin()) / length() : 0.5;
  const double first = at - share * wanted;
  m_begin = first;
  m_end = first + wanted;
  m_mode = Mode::range;
}

void AxisView::pan(double by) {
  const double first = begin() + by;
  const double last = end() + by;
  m_begin = first;
  m_end = last;
  m_mode = Mode::range;
}

}  // namespace pinwheel::scope
