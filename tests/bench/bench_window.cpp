// From a slider to the pictures: the grating's orientation is moved in the stimulus panel of the window on the real
// engine with the demo's network; the time runs until the map and the cortex have painted the answer. Two engine
// threads. Needs a display: xvfb-run -a -s "-screen 0 1600x1000x24" build/release/bin/bench_window
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QTemporaryDir>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/runtime.h"
#include "tests/desktop/desktop.h"
#include "views/maps/map_view.h"
#include "views/vtk/cortex_view.h"
#include "views/vtk/graphics.h"
#include "views/vtk/render_widget.h"
#include "views/window/command_registry.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

constexpr int kEngineThreads = 2;
constexpr int kMoves = 100;

/// Tells when a widget has been painted: behind the painting, which an event filter comes before.
class PaintTimer final : public QApplication {
public:
  using QApplication::QApplication;
  bool notify(QObject* receiver, QEvent* event) override {
    const bool paints = event->type() == QEvent::Paint;  // asked first: an event may not outlive its delivery
    const bool result = QApplication::notify(receiver, event);
    if (paints && painted) painted(receiver);
    return result;
  }
  std::function<void(QObject*)> painted;
};

struct Spread {
  double median = 0;
  double longest = 0;
};
Spread spreadOf(std::vector<double> ms) {
  if (ms.empty()) return {};
  std::sort(ms.begin(), ms.end());
  return {ms[ms.size() / 2], ms.back()};
}

void waitFor(const std::function<bool()>& done) {
  while (!done()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

void sliderToPictures(benchmark::State& state) {
  auto& application = *static_cast<PaintTimer*>(qApp);
  const QTemporaryDir folder;
  test::Desktop desktop(test::demoOptions(folder), kEngineThreads);
  Scene& scene = desktop.window->scene();
  desktop.window->commands().refresh();
  desktop.window->commands().action("file.demo")->trigger();
  waitFor([&] { return scene.network() && scene.maps() && scene.activity(); });
  desktop.part<QDockWidget>("dock.stimulus").raise();
  desktop.window->selection().setField({Quantity::rate, 0, 0, false});
  QSlider& angle = desktop.gratingAngle();
  MapCanvas& map = desktop.part<MapView>().canvas();
  CortexView& cortex = desktop.part<CortexView>();

  QElapsedTimer clock;
  std::string wanted;
  double toMap = -1;
  double toCortex = -1;
  application.painted = [&](QObject* receiver) {
    if (wanted.empty() || !scene.activity() || scene.activity()->stimulus.rfind(wanted, 0) != 0) return;
    const double ms = static_cast<double>(clock.nsecsElapsed()) * 1e-6;
    if (receiver == &map && toMap < 0) toMap = ms;
    // Sheets that do not fit into a frame's time come in the next: the last of them counts.
    if (receiver == cortex.renderWidget() && toCortex < 0 && cortex.isSettled()) toCortex = ms;
  };
  const auto move = [&](int degrees) {
    toMap = toCortex = -1;
    wanted = "grating, " + std::to_string(degrees) + " deg";
    clock.start();
    angle.setValue(degrees);
    waitFor([&] { return toMap >= 0 && toCortex >= 0; });
  };
  move(100);  // what is made once, is made
  std::vector<double> mapMs, cortexMs, bothMs, engineMs;
  int degrees = 0;
  for (auto _ : state) {
    degrees = (degrees + 37) % 180;  // never where it stands
    move(degrees);
    mapMs.push_back(toMap);
    cortexMs.push_back(toCortex);
    bothMs.push_back(std::max(toMap, toCortex));
    engineMs.push_back(scene.activity()->milliseconds);
    state.SetIterationTime(bothMs.back() * 1e-3);
  }
  application.painted = nullptr;
  const auto tell = [&state](const std::string& name, const std::vector<double>& ms) {
    const Spread spread = spreadOf(ms);
    state.counters[name + "_median_ms"] = spread.median;
    state.counters[name + "_max_ms"] = spread.longest;
  };
  tell("both", bothMs);
  tell("map", mapMs);
  tell("cortex", cortexMs);
  tell("engine", engineMs);
}
BENCHMARK(sliderToPictures)->Iterations(kMoves)->Unit(benchmark::kMillisecond)->UseManualTime();

}  // namespace

int main(int argc, char** argv) {
  tuneMalloc();
  prepareGraphics();
  PaintTimer application(argc, argv);
  QApplication::setStyle("Fusion");
  if (!graphicsAvailable()) {
    std::fputs("The cortex needs OpenGL, and this platform has none: run the benchmark under xvfb-run.\n", stderr);
    return 3;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return EXIT_SUCCESS;
}
