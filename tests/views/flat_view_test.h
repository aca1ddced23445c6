// What the tests of the flat views share: a view on the screen with a scripted engine, a scene and a selection, and
// checks that hold for both.
#pragma once

#include <QApplication>
#include <QComboBox>
#include <QMouseEvent>
#include <QStringList>
#include <QToolButton>
#include <QtTest>
#include <memory>

#include "tests/views/fake_engine.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/theme.h"

namespace pinwheel::test {

/// The second base of a test class of MapView or RasterView.
template <class View>
class FlatViewTest {
protected:
  std::unique_ptr<FakeEngine> m_engine;
  std::unique_ptr<views::Scene> m_scene;
  std::unique_ptr<views::Selection> m_selection;
  std::unique_ptr<View> m_view;
  std::shared_ptr<session::NetworkFrame> m_network = makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = makeMaps(*m_network);

  /// For init(): all anew, on a light ground, and on the screen.
  void open(const QSize& size) {
    QApplication::setStyle("Fusion");
    QApplication::setPalette(views::lightPalette());
    m_engine = std::make_unique<FakeEngine>();
    m_scene = std::make_unique<views::Scene>(*m_engine);
    m_selection = std::make_unique<views::Selection>();
    m_view = std::make_unique<View>(*m_scene, *m_selection);
    m_view->resize(size);
    m_view->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
  }
  /// For cleanup(): nothing is left.
  void close() {
    m_view.reset();
    m_selection.reset();
    m_scene.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }
  void publishNetwork() {
    m_engine->news.network = m_network;
    m_engine->news.maps = m_maps;
    m_scene->pump();
  }
  /// For init(): open, with the network and all that is computed of it.
  void openSettled(const QSize& size) {
    open(size);
    publishNetwork();
    QTRY_VERIFY(canvas().isSettled());
  }
  void publish(std::shared_ptr<const session::MapsFrame> maps) {
    m_engine->news.maps = std::move(maps);
    m_scene->pump();
  }
  void publish(std::shared_ptr<const session::ActivityFrame> activity) {
    m_engine->news.activity = std::move(activity);
    m_scene->pump();
  }

  [[nodiscard]] auto& canvas() const { return m_view->canvas(); }
  template <class W>
  [[nodiscard]] W* child(const char* name) const {
    return m_view->template findChild<W*>(QLatin1String(name));
  }
  void mouse(QEvent::Type type, const QPointF& at, Qt::MouseButton button, Qt::MouseButtons held,
             Qt::KeyboardModifiers modifiers = Qt::NoModifier) const {
    QMouseEvent event(type, at, canvas().mapToGlobal(at), button, held, modifiers);
    QApplication::sendEvent(&canvas(), &event);
  }
  /// Of a grabbed widget, by its own coordinates.
  [[nodiscard]] static QColor colourAt(const QImage& image, const QPointF& at) {
    const QPointF pixel = at * image.devicePixelRatio();
    return image.pixelColor(static_cast<int>(pixel.x()), static_cast<int>(pixel.y()));
  }
  /// A picture for people, where one is asked for.
  void keep(const QString& name) const {
    const QString folder = qEnvironmentVariable("PINWHEEL_KEEP_PICTURES");
    if (!folder.isEmpty()) m_view->grab().save(folder + QLatin1Char('/') + name + QStringLiteral(".png"));
  }

  /// Rows for `checkControls`.
  static void controlRows(int wide) {
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("dark");
    QTest::newRow("dock, light") << 320 << false;
    QTest::newRow("dock, dark") << 320 << true;
    QTest::newRow("wide, dark") << wide << true;
  }
  /// At a width and in a palette of `controlRows`: every control that takes the focus has its names and is seen whole.
  void checkControls(int height) {
    QFETCH(int, width);
    QFETCH(bool, dark);
    QApplication::setPalette(dark ? views::darkPalette() : views::lightPalette());
    m_view->resize(width, height);
    QCoreApplication::processEvents();
    QCOMPARE(m_view->width(), width);
    for (QWidget* widget : m_view->template findChildren<QWidget*>()) {
      if (widget->focusPolicy() == Qt::NoFocus || !widget->isVisible() || widget->objectName().startsWith("qt_"))
        continue;
      QVERIFY2(!widget->objectName().isEmpty(), widget->metaObject()->className());
      QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
      if (qobject_cast<QComboBox*>(widget) != nullptr) QTRY_COMPARE(widget->width(), widget->sizeHint().width());
      QVERIFY2(m_view->rect().contains(QRect(widget->mapTo(m_view.get(), QPoint()), widget->size())),
               qPrintable(widget->objectName()));
      if (qobject_cast<QToolButton*>(widget) != nullptr)
        QVERIFY2(widget->width() >= widget->sizeHint().width(), qPrintable(widget->objectName()));
    }
  }
};

}  // namespace pinwheel::test
