// A tool button that shows plainly whether it is pressed: on dark palettes the style's own shade can hardly be seen.
#pragma once

#include <QStyleOptionToolButton>
#include <QStylePainter>
#include <QToolButton>

namespace pinwheel::views {

/// GUI thread.
class ToggleButton final : public QToolButton {
public:
  explicit ToggleButton(QWidget* parent = nullptr) : QToolButton(parent) { setFocusPolicy(Qt::StrongFocus); }

protected:
  void paintEvent(QPaintEvent* /*event*/) override {
    QStylePainter painter(this);
    QStyleOptionToolButton option;
    initStyleOption(&option);
    if (isChecked() && isEnabled()) {
      option.palette.setColor(QPalette::Button, option.palette.color(QPalette::Highlight));
      option.palette.setColor(QPalette::ButtonText, option.palette.color(QPalette::HighlightedText));
    }
    painter.drawComplexControl(QStyle::CC_ToolButton, option);
  }
};

}  // namespace pinwheel::views
