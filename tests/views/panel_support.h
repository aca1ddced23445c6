// What the tests of panels share: a scene with a synthetic network, and checks that hold for every panel.
#pragma once

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QTest>

#include "tests/views/fake_engine.h"
#include "views/panels/chart_view.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/theme.h"

namespace pinwheel::test {

/// A scene with two sheets, their maps, and nothing posted yet.
struct PanelWorld {
  FakeEngine engine;
  views::Scene scene{engine};
  views::Selection selection;
  std::shared_ptr<session::NetworkFrame> network = makeNetwork();
  std::shared_ptr<session::MapsFrame> maps = makeMaps(*network);

  void open() {
    engine.news.network = network;
    engine.news.maps = maps;
    scene.pump();
  }
  template <class F>
  void publish(std::shared_ptr<const F> session::News::*slot, std::type_identity_t<std::shared_ptr<const F>> frame) {
    engine.news.*slot = std::move(frame);
    scene.pump();
  }
};

/// Shows a widget and returns when it is on the screen.
inline bool shown(QWidget& widget, const QSize& size = {320, 700}) {
  widget.resize(size);
  widget.show();
  widget.activateWindow();  // without a window manager nobody else gives it the keys
  return QTest::qWaitForWindowExposed(&widget) && QTest::qWaitForWindowActive(&widget);
}

template <class W>
W* child(QWidget& panel, const char* name) {
  W* found = panel.findChild<W*>(QLatin1String(name));
  if (!found) qFatal("no %s in the panel", name);
  return found;
}

/// Controls without an object name or an accessible name, and controls that no key reaches.
inline QStringList unnamedControls(QWidget& panel) {
  QStringList wrong;
  for (QWidget* widget : panel.findChildren<QWidget*>()) {
    const bool control = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget) ||
                         qobject_cast<QAbstractSpinBox*>(widget) || qobject_cast<QAbstractItemView*>(widget) ||
                         qobject_cast<views::ChartView*>(widget) ||
                         (qobject_cast<QAbstractSlider*>(widget) && !qobject_cast<QScrollBar*>(widget));
    if (!control || widget->objectName().startsWith(QLatin1String("qt_"))) continue;
    // Parts of Qt's own composite widgets: the list of a combo box, the corner of a table.
    bool inner = false;
    for (QWidget* above = widget->parentWidget(); above && above != &panel; above = above->parentWidget())
      inner = inner || qobject_cast<QComboBox*>(above) || qobject_cast<QAbstractItemView*>(above);
    if (inner) continue;
    const QString who =
        QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') + widget->objectName();
    if (widget->objectName().isEmpty()) wrong << who + QStringLiteral(": no object name");
    if (widget->accessibleName().isEmpty()) wrong << who + QStringLiteral(": no accessible name");
    if (!(widget->focusPolicy() & Qt::TabFocus)) wrong << who + QStringLiteral(": no key reaches it");
  }
  return wrong;
}

/// Visible buttons, boxes and labels that are narrower than their text, or that stick out of their panel.
inline QStringList clipped(QWidget& panel) {
  QStringList wrong;
  for (QWidget* widget : panel.findChildren<QWidget*>()) {
    if (!widget->isVisible()) continue;
    const auto* label = qobject_cast<QLabel*>(widget);
    const bool text = qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget) ||
                      qobject_cast<QAbstractSpinBox*>(widget) || (label && !label->text().isEmpty());
    if (!text) continue;
    const QString who = QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') +
                        widget->objectName() + QStringLiteral(": ");
    // A line that wraps may be narrower than its hint.
    if (widget->width() < widget->minimumSizeHint().width())
      wrong << who + QStringLiteral("%1 of %2 px").arg(widget->width()).arg(widget->minimumSizeHint().width());
    if (label && label->wordWrap() && label->height() < label->heightForWidth(label->width()))
      wrong << who + QStringLiteral("%1 of %2 px high").arg(label->height()).arg(label->heightForWidth(label->width()));
    const int right = widget->mapTo(&panel, QPoint(widget->width(), 0)).x();
    if (right > panel.width()) wrong << who + QStringLiteral("ends at %1 of %2 px").arg(right).arg(panel.width());
  }
  return wrong;
}

/// Writes a picture of the whole panel, scrolled-out parts included, where PINWHEEL_PICTURES names a folder.
inline void keepPicture(QWidget& panel, const QString& name) {
  const QString folder = qEnvironmentVariable("PINWHEEL_PICTURES");
  if (folder.isEmpty()) return;
  auto* area = panel.findChild<QScrollArea*>(QStringLiteral("scroll"));
  const QSize before = panel.size();
  if (area) panel.resize(before.width(), area->widget()->sizeHint().height() + 4);
  QCoreApplication::processEvents();
  panel.grab().save(QDir(folder).filePath(name + QStringLiteral(".png")));
  panel.resize(before);
}

/// Renders the panel in both palettes at a dock's width and says what does not fit.
inline QStringList clippedInBothPalettes(QWidget& panel, const QString& name) {
  QStringList wrong;
  const QPalette before = QApplication::palette();
  for (const bool dark : {false, true}) {
    QApplication::setPalette(dark ? views::darkPalette() : views::lightPalette());
    panel.resize(320, 700);
    QTest::qWait(30);
    for (const QString& text : clipped(panel))
      wrong << (dark ? QStringLiteral("dark ") : QStringLiteral("light ")) + text;
    keepPicture(panel, name + (dark ? QStringLiteral("-dark") : QStringLiteral("-light")));
  }
  QApplication::setPalette(before);
  return wrong;
}

}  // namespace pinwheel::test
