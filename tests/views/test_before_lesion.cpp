// The maps before the lesion: the button that shows them, and the map that follows it.
#include <QApplication>
#include <QToolButton>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/maps/before_toggle.h"
#include "views/maps/map_canvas.h"
#include "views/scene.h"
#include "views/selection.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestBeforeLesion : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theButtonFollowsTheLesion() {
    QVERIFY(!m_button->accessibleName().isEmpty());
    QVERIFY(!m_button->isEnabled());
    lesion();
    QVERIFY(m_button->isEnabled() && !m_button->isChecked());
    m_button->click();
    QVERIFY(m_selection->field().before);
    // Another one may set it as well.
    m_selection->setField({Quantity::colour});
    QVERIFY(!m_button->isChecked());
    m_button->click();
    QCOMPARE(m_selection->field().quantity, Quantity::colour);
    // Without a lesion it can be released, not pressed.
    m_scene->setLesion({});
    QVERIFY(m_button->isEnabled());
    QVERIFY(m_canvas->content().field.note.startsWith("No lesion acts"));
    m_button->click();
    QVERIFY(!m_selection->field().before && !m_button->isEnabled());
  }

  void theMapIsAsItWas() {
    lesion();
    m_button->click();
    QCOMPARE(m_canvas->content().field.note, QString("The effect of the lesion is not measured yet"));
    const auto effect = test::makeLesionEffect(*m_network, m_scene->lesion());
    effect->mapsBefore = m_maps;
    m_engine->news.lesion = effect;
    m_scene->pump();
    QCOMPARE(m_canvas->content().field.values, m_maps->sheets[0].tuning.orientationDeg);
    // The lesion turned all preferences and left no pinwheel.
    const auto after = test::turned(*m_maps, 60);
    after->sheets[0].pinwheels.clear();
    m_engine->news.maps = after;
    m_scene->pump();
    QCOMPARE(m_canvas->content().field.values, m_maps->sheets[0].tuning.orientationDeg);
    QVERIFY(!m_maps->sheets[0].pinwheels.empty());
    QCOMPARE(m_canvas->content().pinwheels.size(), m_maps->sheets[0].pinwheels.size());
    QVERIFY2(m_canvas->content().title.contains("before the lesion"), qPrintable(m_canvas->content().title));
    m_button->click();
    QCOMPARE(m_canvas->content().field.values, after->sheets[0].tuning.orientationDeg);
    QVERIFY(m_canvas->content().pinwheels.empty());
  }

  void init() {
    m_engine = std::make_unique<test::FakeEngine>();
    m_scene = std::make_unique<Scene>(*m_engine);
    m_selection = std::make_unique<Selection>();
    m_window = std::make_unique<QWidget>();
    m_button = makeBeforeToggle(*m_scene, *m_selection, m_window.get());
    m_canvas = new MapCanvas(*m_scene, *m_selection, m_window.get());
    m_engine->news.network = m_network;
    m_engine->news.maps = m_maps;
    m_scene->pump();
  }
  void cleanup() {
    m_window.reset();
    m_selection.reset();
    m_scene.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

private:
  void lesion() { m_scene->setLesion({0, {{0, {2, 5, 9}, session::PerturbationKind::silence, 1, {}}}}); }

  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = test::makeMaps(*m_network);
  std::unique_ptr<test::FakeEngine> m_engine;
  std::unique_ptr<Scene> m_scene;
  std::unique_ptr<Selection> m_selection;
  std::unique_ptr<QWidget> m_window;
  QToolButton* m_button = nullptr;
  MapCanvas* m_canvas = nullptr;
};

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  TestBeforeLesion test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_before_lesion.moc"
