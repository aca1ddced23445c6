// A cortex view with all it needs: a scripted engine, a scene, a selection.
#pragma once

#include <memory>

#include "fake_engine.h"
#include "graphics_test.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/vtk/cortex_view.h"

namespace pinwheel::test {

/// A window's worth: engine, scene, selection, view.
struct Desk {
  FakeEngine engine;
  std::unique_ptr<views::Scene> scene = std::make_unique<views::Scene>(engine);
  std::unique_ptr<views::Selection> selection = std::make_unique<views::Selection>();
  std::unique_ptr<views::CortexView> view = std::make_unique<views::CortexView>(*scene, *selection);
  std::shared_ptr<session::NetworkFrame> network = makeNetwork();
  std::shared_ptr<session::MapsFrame> maps = makeMaps(*network);

  void open() {
    engine.news.network = network;
    engine.news.maps = maps;
    scene->pump();
  }
  void showActivity() {
    engine.news.activity = makeActivity(*network, *maps);
    scene->pump();
  }
  void show(QSize size = {500, 460}) {
    view->resize(size);
    view->show();
    view->activateWindow();
    QVERIFY(QTest::qWaitForWindowExposed(view.get()));
    settle();
  }
  /// All that was asked for is drawn.
  void settle() {
    QTRY_VERIFY(view->isSettled());
    quint64 frames = 0;
    do {
      frames = view->renderWidget()->frames();
      QTest::qWait(60);
    } while (view->renderWidget()->frames() != frames);
  }
  [[nodiscard]] QImage picture() {
    settle();
    return view->renderWidget()->grabFramebuffer();
  }
  void faceSheet(int sheet) {
    view->flyTo(sheet);
    QTRY_COMPARE(view->camera(), view->viewOf(sheet));
    settle();
  }
  /// The unit that is farthest from all others, so that a pixel more or less means the same unit.
  [[nodiscard]] int loneliestUnit(std::size_t sheet) const {
    const session::SheetPlan& plan = network->sheets[sheet];
    int best = -1;
    float farthest = 0;
    for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
      float nearest = 1e9F;
      for (std::size_t v = 0; v < plan.xMm.size(); ++v)
        if (v != u) nearest = std::min(nearest, std::hypot(plan.xMm[u] - plan.xMm[v], plan.yMm[u] - plan.yMm[v]));
      if (nearest > farthest) {
        farthest = nearest;
        best = static_cast<int>(u);
      }
    }
    return best;
  }
};

inline QPoint pixelOf(const Desk& desk, int sheet, int unit) {
  return desk.view->placeOf(sheet, unit)->toPoint();
}

}  // namespace pinwheel::test
