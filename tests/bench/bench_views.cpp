// What the flat views cost: panning a map of 512 x 512 pixels, making its pictures, of smoothed ones what the GUI
// thread does and the whole, a raster fed with 200,000 spikes a second, one of a sheet of 200,704 units. Runs without a
// screen.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <QPainter>

#include "tests/views/fake_engine.h"
#include "views/maps/map_canvas.h"
#include "views/maps/raster_canvas.h"

using namespace pinwheel;
using namespace pinwheel::views;

namespace {

// One sheet of 32 x 32 x 32 = 32,768 units.
struct World {
  World() {
    network = test::makeNetwork();
    network->sheets = {test::makePlan("V1", "V1", 32, 32, 36, 5)};
    maps = test::makeMaps(*network);
    for (int i = 0; i < 16; ++i) activity.push_back(test::makeActivity(*network, *maps, i));
    engine.news.network = network;
    engine.news.maps = maps;
    engine.news.activity = activity[0];
    scene.pump();
  }
  test::FakeEngine engine;
  Scene scene{engine};
  Selection selection;
  std::shared_ptr<session::NetworkFrame> network;
  std::shared_ptr<session::MapsFrame> maps;
  std::vector<std::shared_ptr<session::ActivityFrame>> activity;
};

template <class Canvas>
void settle(const Canvas& canvas) {
  while (!canvas.isSettled()) QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
}

void mapPan(benchmark::State& state) {
  World world;
  MapCanvas canvas(world.scene, world.selection);
  canvas.resize(900, 800);
  canvas.setLayers({true, true, true});
  QImage image(canvas.size(), QImage::Format_ARGB32_Premultiplied);
  settle(canvas);
  canvas.render(&image);
  canvas.zoomBy(static_cast<double>(state.range(0)), canvas.mapCentre());
  double way = 5;
  for (auto _ : state) {
    canvas.panBy({way, 0});
    way = -way;
    canvas.render(&image);
  }
}
BENCHMARK(mapPan)->Arg(1)->Arg(4)->Unit(benchmark::kMillisecond);

void mapGrid(benchmark::State& state) {
  const World world;
  for (auto _ : state) benchmark::DoNotOptimize(SheetGrid(world.network->sheets[0], 512));
}
BENCHMARK(mapGrid)->Unit(benchmark::kMillisecond);

void mapPicture(benchmark::State& state) {
  const World world;
  const SheetGrid grid(world.network->sheets[0], 512);
  const Field field = fieldOf({world.network, world.maps, nullptr, nullptr}, 0, {Quantity::orientation});
  for (auto _ : state) benchmark::DoNotOptimize(grid.picture(field, state.range(0) != 0, 0xffffffff));
}
BENCHMARK(mapPicture)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// A smoothed category map with its lines.
constexpr FieldChoice kSmoothedMap{Quantity::category, 0, 0, true};

// What the one who asks waits for: then the map can be drawn, its lines and smoothed picture follow.
void mapSmoothedCaller(benchmark::State& state) {
  World world;
  MapCanvas canvas(world.scene, world.selection);
  canvas.setLayers({true, true, true});
  world.selection.setField(kSmoothedMap);
  settle(canvas);
  for (auto _ : state) {
    state.PauseTiming();
    world.engine.news.maps = world.maps;
    world.scene.pump();
    state.ResumeTiming();
    benchmark::DoNotOptimize(canvas.content());
    state.PauseTiming();
    settle(canvas);
    state.ResumeTiming();
  }
}
BENCHMARK(mapSmoothedCaller)->Unit(benchmark::kMillisecond);

void mapSmoothedWhole(benchmark::State& state) {
  const World world;
  const SheetGrid grid(world.network->sheets[0], 512);
  const FieldSource source{world.network, world.maps, nullptr, nullptr};
  for (auto _ : state) benchmark::DoNotOptimize(mapContent(source, 0, kSmoothedMap, grid, {true, true}, 0xffffffff));
}
BENCHMARK(mapSmoothedWhole)->Unit(benchmark::kMillisecond);

// One activity frame and one repaint; the counter says how many spikes a second that would be.
void raster(benchmark::State& state) {
  World world;
  RasterCanvas canvas(world.scene, world.selection);
  canvas.resize(900, 500);
  settle(canvas);
  QImage image(canvas.size(), QImage::Format_ARGB32_Premultiplied);
  std::int64_t spikes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const auto& frame = world.activity[next++ % world.activity.size()];
    spikes += std::count(frame->spikes[0].begin(), frame->spikes[0].end(), std::uint8_t{1});
    world.engine.news.activity = frame;
    world.scene.pump();
    canvas.render(&image);
  }
  state.counters["spikes/s"] = benchmark::Counter(static_cast<double>(spikes), benchmark::Counter::kIsRate);
}
BENCHMARK(raster)->Unit(benchmark::kMillisecond);

// The largest sheet of ResNet-18 at 224 px, of which a tenth of the units fires at each of four time steps.
struct LargeSheet {
  LargeSheet() {
    network = test::makeNetwork();
    network->sheets = {test::makePlan("V1", "V1", 64, 56, 36, 5)};
    const std::size_t units = network->sheets[0].xMm.size();
    activity = std::make_shared<session::ActivityFrame>();
    activity->stamp = network->stamp;
    activity->timeSteps = 4;
    activity->spikes.emplace_back(4 * units);
    Random random(1);
    for (std::uint8_t& spike : activity->spikes[0]) spike = random.uniform() < 0.1 ? 1 : 0;
    engine.news.network = network;
    scene.pump();
  }
  test::FakeEngine engine;
  Scene scene{engine};
  Selection selection;
  std::shared_ptr<session::NetworkFrame> network;
  std::shared_ptr<session::ActivityFrame> activity;
};

RasterOrder otherThan(RasterOrder order) {
  return order == RasterOrder::positionX ? RasterOrder::positionY : RasterOrder::positionX;
}

// What the one who asks for another order waits for: the former rows are shown on.
void rasterOrderCaller(benchmark::State& state) {
  LargeSheet large;
  RasterCanvas canvas(large.scene, large.selection);
  canvas.resize(900, 500);
  settle(canvas);
  for (auto _ : state) {
    canvas.setOrder(otherThan(canvas.order()));
    benchmark::DoNotOptimize(canvas.buffer());
    state.PauseTiming();
    settle(canvas);
    state.ResumeTiming();
  }
}
// Counted: each sets off work of tens of milliseconds beside it.
BENCHMARK(rasterOrderCaller)->Unit(benchmark::kMillisecond)->Iterations(50);

// What is done beside the window meanwhile.
void rasterOrderWhole(benchmark::State& state) {
  const LargeSheet large;
  RasterOrder order = RasterOrder::positionX;
  for (auto _ : state) {
    order = otherThan(order);
    benchmark::DoNotOptimize(makeBand(large.network->sheets[0], nullptr, 0, order, 0, 512, qRgb(1, 2, 3)));
  }
}
BENCHMARK(rasterOrderWhole)->Unit(benchmark::kMillisecond);

// The longest painting: the first one with rows that have just come, of as many frames as are kept. A portion of their
// columns is drawn, then all that is there is painted, columns thinner than a pixel.
void rasterFirstPainting(benchmark::State& state) {
  LargeSheet large;
  RasterCanvas canvas(large.scene, large.selection);
  canvas.resize(900, 500);
  for (int i = 0; i < 400; ++i) {
    large.engine.news.activity = large.activity;
    large.scene.pump();
  }
  canvas.showAll();
  QImage image(canvas.size(), QImage::Format_ARGB32_Premultiplied);
  for (auto _ : state) {
    state.PauseTiming();
    canvas.setOrder(otherThan(canvas.order()));
    settle(canvas);
    state.ResumeTiming();
    canvas.render(&image);
  }
}
BENCHMARK(rasterFirstPainting)->Unit(benchmark::kMillisecond)->Iterations(50);

}  // namespace

int main(int argc, char** argv) {
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
  const QApplication app(argc, argv);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
