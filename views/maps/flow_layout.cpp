#include "views/maps/flow_layout.h"

#include <QWidget>
#include <algorithm>

namespace pinwheel::views {
namespace {

// Asked of the widget itself: layout items keep the hint of a combo box from before a change of palette or style.
QSize hintOf(const QLayoutItem* item) {
  auto* widget = const_cast<QLayoutItem*>(item)->widget();
  return widget != nullptr ? widget->sizeHint().expandedTo(widget->minimumSize()) : item->sizeHint();
}

}  // namespace

FlowLayout::FlowLayout(QWidget* parent) : QLayout(parent) {
  setContentsMargins(0, 0, 0, 0);
  setSpacing(4);
}

FlowLayout::~FlowLayout() {
  while (!m_items.isEmpty()) delete m_items.takeFirst();
}

void FlowLayout::addItem(QLayoutItem* item) {
  m_items.append(item);
}

int FlowLayout::count() const {
  return static_cast<int>(m_items.size());
}

QLayoutItem* FlowLayout::itemAt(int index) const {
  return m_items.value(index);
}

QLayoutItem* FlowLayout::takeAt(int index) {
  return index >= 0 && index < m_items.size() ? m_items.takeAt(index) : nullptr;
}

int FlowLayout::heightForWidth(int width) const {
  return arrange({0, 0, width, 0}, false);
}

QSize FlowLayout::minimumSize() const {
  QSize size;
  for (const QLayoutItem* item : m_items)
    if (!item->isEmpty()) size = size.expandedTo(item->minimumSize());
  return size;
}

QSize FlowLayout::sizeHint() const {
  return minimumSize();
}

void FlowLayout::setGeometry(const QRect& rect) {
  QLayout::setGeometry(rect);
  arrange(rect, true);
}

int FlowLayout::arrange(const QRect& rect, bool place) const {
  int x = rect.x();
  int y = rect.y();
  QList<std::pair<QLayoutItem*, int>> row;  // with its left end
  int rowHeight = 0;
  const auto endRow = [&] {
    if (place)
      for (const auto& [item, left] : row) {
        const QSize hint = hintOf(item);
        const QSize size(std::min(hint.width(), rect.width()), hint.height());
        item->setGeometry({QPoint(left, y + (rowHeight - size.height()) / 2), size});
      }
    row.clear();
  };
  for (QLayoutItem* item : m_items) {
    if (item->isEmpty()) continue;
    const QSize size = hintOf(item);
    if (!row.isEmpty() && x + size.width() > rect.right() + 1) {
      endRow();
      x = rect.x();
      y += rowHeight + spacing();
      rowHeight = 0;
    }
    row.append({item, x});
    x += size.width() + spacing();
    rowHeight = std::max(rowHeight, size.height());
  }
  endRow();
  return y + rowHeight - rect.y();
}

}  // namespace pinwheel::views
