// A frame of the cortex: four sheets of 256 x 256 pixels in a view of 1024 x 768, on whatever OpenGL there is.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QThread>
#include <QWindow>
#include <cstdio>
#include <cstdlib>

#include "tests/views/fake_engine.h"
#include "views/theme.h"
#include "views/vtk/cortex_view.h"
#include "views/vtk/graphics.h"
#include "views/vtk/render_widget.h"

namespace {

using namespace pinwheel;

struct Desk {
  test::FakeEngine engine;
  views::Scene scene{engine};
  views::Selection selection;
  views::CortexView view{scene, selection};

  Desk() {
    auto network = test::makeNetwork();
    network->sheets.push_back(test::makePlan("V2", "V2", 8, 16, 35, 13));
    network->sheets.push_back(test::makePlan("V4", "V4", 16, 8, 22, 14));
    engine.news.network = network;
    engine.news.maps = test::makeMaps(*network);
    scene.pump();
    view.resize(1024, 768);
    view.show();
    // Grids and textures are made in the first frames, and a window that is not on the screen draws nothing.
    for (int i = 0; i < 50 || !view.windowHandle()->isExposed(); ++i) {
      QCoreApplication::processEvents();
      QThread::msleep(10);
    }
  }
  /// Draws and reads the picture back: what is read is drawn, however deep the driver's queue.
  void draw() {
    view.renderWidget()->requestRender();
    benchmark::DoNotOptimize(view.renderWidget()->grabFramebuffer());
  }
};

void turningTheCortex(benchmark::State& state) {
  Desk desk;
  double step = 1;
  const auto frames = desk.view.renderWidget()->frames();
  for (auto _ : state) {
    views::CortexCamera camera = desk.view.camera();
    camera.position[0] += step;
    step = -step;
    desk.view.setCamera(camera);
    desk.draw();
  }
  state.counters["frames/iteration"] =
      static_cast<double>(desk.view.renderWidget()->frames() - frames) / static_cast<double>(state.iterations());
}
BENCHMARK(turningTheCortex)->Unit(benchmark::kMillisecond)->UseRealTime();

void recolouringTheCortex(benchmark::State& state) {
  Desk desk;
  bool turn = false;
  const int before = desk.view.pictures().coloured();
  for (auto _ : state) {
    turn = !turn;
    desk.selection.setField({turn ? views::Quantity::spatialFrequency : views::Quantity::orientation});
    desk.draw();
  }
  // Sheets that did not fit into a frame's time come in the next.
  state.counters["sheets/frame"] =
      static_cast<double>(desk.view.pictures().coloured() - before) / static_cast<double>(state.iterations());
}
BENCHMARK(recolouringTheCortex)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  views::prepareGraphics();
  const QApplication app(argc, argv);
  if (!views::graphicsAvailable()) {
    std::fputs("The cortex needs OpenGL, and this platform has none: run the benchmark under xvfb-run.\n", stderr);
    return 3;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return EXIT_SUCCESS;
}
