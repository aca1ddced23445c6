// From a slider to the pictures, on the real engine: every stimulus that is chosen arrives in the map and the cortex,
// and of those that come faster than answers the newest wins. How long it takes tells tests/bench/bench_window.cpp.
#include <QApplication>
#include <QDockWidget>
#include <algorithm>

#include "tests/desktop/desktop.h"
#include "tests/support.h"
#include "views/field.h"
#include "views/maps/map_view.h"
#include "views/vtk/cortex_view.h"
#include "views/vtk/graphics.h"
#include "views/vtk/render_widget.h"
#include "views/window/command_registry.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

constexpr int kLongMs = 120000;

// Remembers whose answer was the newest when a widget was last painted.
class PaintWatch final : public QObject {
public:
  PaintWatch(QWidget& widget, Scene& scene) : m_scene(scene) { widget.installEventFilter(this); }
  [[nodiscard]] const session::ActivityFrame* painted() const { return m_painted.get(); }

protected:
  bool eventFilter(QObject*, QEvent* event) override {
    if (event->type() == QEvent::Paint) m_painted = m_scene.activity();
    return false;
  }

private:
  Scene& m_scene;
  std::shared_ptr<const session::ActivityFrame> m_painted;
};

// Of "grating, 77 deg, 6 cycles/image"; -1: another stimulus.
int angleOf(const std::string& stimulus) {
  const std::string begin = "grating, ";
  return stimulus.rfind(begin, 0) == 0 ? std::stoi(stimulus.substr(begin.size())) : -1;
}

}  // namespace

class TestStimulusRun : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    QVERIFY(m_folder.isValid());
    m_desktop = std::make_unique<test::Desktop>(test::demoOptions(m_folder, ++m_test));
    QVERIFY(QTest::qWaitForWindowExposed(m_desktop->window.get()));
    m_desktop->window->commands().refresh();
    m_desktop->window->commands().action("file.demo")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(scene().network() && scene().maps() && scene().activity(), kLongMs);
    m_desktop->part<QDockWidget>("dock.stimulus").raise();
    selection().setField({Quantity::rate, 0, 0, false});  // of the stimulus that is shown
    m_map = std::make_unique<PaintWatch>(canvas(), scene());
    m_cortex = std::make_unique<PaintWatch>(*cortex().renderWidget(), scene());
  }
  void cleanup() {
    m_map.reset();
    m_cortex.reset();
    m_desktop.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

  void everyMoveArrives() {
    QSlider& angle = m_desktop->gratingAngle();
    std::vector<float> before;
    for (const int degrees : {10, 77, 133, 10}) {
      angle.setValue(degrees);
      QTRY_VERIFY_WITH_TIMEOUT(isSeen(degrees), kLongMs);
      QVERIFY(canvas().content().field.values != before);  // another grating, other rates
      before = canvas().content().field.values;
    }
  }

  void theNewestWins() {
    QSlider& angle = m_desktop->gratingAngle();
    angle.setValue(0);
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(0), kLongMs);
    std::vector<int> arrived;
    const QObject here;
    connect(&scene(), &Scene::activityChanged, &here,
            [&] { arrived.push_back(angleOf(scene().activity()->stimulus)); });
    for (int degrees = 1; degrees <= 160; ++degrees) {
      angle.setValue(degrees);
      QCoreApplication::processEvents();
    }
    QTRY_VERIFY_WITH_TIMEOUT(isSeen(160), kLongMs);
    QVERIFY(std::is_sorted(arrived.begin(), arrived.end()));
    QVERIFY(arrived.front() > 0);
    // Nothing was left behind it: what is asked now is answered behind all that was asked before.
    QVERIFY(scene().post(session::AskTuning{0, {100}}));
    QTRY_VERIFY_WITH_TIMEOUT(scene().tuning() && scene().tuning()->units == std::vector<std::int32_t>{100}, kLongMs);
    QCOMPARE(arrived.back(), 160);
    QVERIFY(isSeen(160));
  }

private:
  Scene& scene() { return m_desktop->window->scene(); }
  Selection& selection() { return m_desktop->window->selection(); }
  MapCanvas& canvas() { return m_desktop->part<MapView>().canvas(); }
  CortexView& cortex() { return m_desktop->part<CortexView>(); }

  // The answer to a grating of `degrees` is there, and both pictures were painted with its rates.
  bool isSeen(int degrees) {
    const auto activity = scene().activity();
    if (!activity || angleOf(activity->stimulus) != degrees) return false;
    if (m_map->painted() != activity.get() || m_cortex->painted() != activity.get() || !cortex().isSettled())
      return false;
    const FieldSource source{scene().network(), scene().maps(), activity, &scene().lesion(), scene().lesionEffect()};
    const std::vector<float> wanted = fieldOf(source, 0, selection().field()).values;
    return !wanted.empty() && canvas().content().field.values == wanted &&
           cortex().pictures().field(0).values == wanted;
  }

  QTemporaryDir m_folder;
  int m_test = 0;
  std::unique_ptr<test::Desktop> m_desktop;
  std::unique_ptr<PaintWatch> m_map, m_cortex;
};

int main(int argc, char** argv) {
  prepareGraphics();
  const QApplication application(argc, argv);
  QApplication::setStyle("Fusion");
  TestStimulusRun test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_stimulus_run.moc"
