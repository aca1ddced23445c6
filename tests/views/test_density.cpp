// Screens of densities 1, 1.5 and 2: the unit under a place of the map, the raster and the cortex is the same one, and
// the pointer moves as the X server moves it. The density of a process is settled before its QApplication: the program
// runs itself anew for each.
#include <QTextStream>
#include <cstdio>

#include "cortex_desk.h"
#include "views/maps/map_canvas.h"
#include "views/maps/raster_canvas.h"

using namespace pinwheel;

namespace {

// A place of a view in pixels of density 1, and the unit that is there.
struct Place {
  QString view;
  QPoint at;
  int unit = -1;
};

// One sheet of few units: each has a row of the raster for itself at every density.
std::shared_ptr<session::NetworkFrame> fewUnits() {
  auto network = test::makeNetwork();
  network->sheets = {test::makePlan("V1", "V1", 1, 8, 36, 11)};
  return network;
}

/// The three views, one after the other: each alone on the screen, of a size that all densities have room for.
class Views {
public:
  Views() {
    m_desk.network = fewUnits();
    m_desk.maps = test::makeMaps(*m_desk.network);
    m_desk.open();
  }

  /// Where units appear that stand alone.
  std::vector<Place> places() {
    std::vector<Place> found;
    const session::SheetPlan& plan = m_desk.network->sheets[0];
    for (const QString& name : {QStringLiteral("map"), QStringLiteral("raster"), QStringLiteral("cortex")})
      with(name, [&](QWidget& canvas) {
        for (int unit = 0; unit < static_cast<int>(plan.xMm.size()); unit += 7)
          if (name == QStringLiteral("raster") || standsAlone(unit))
            found.push_back({name, placeOf(name, canvas, unit), unit});
      });
    return found;
  }

  /// The units that are pointed at, in the order of the places, which are of one view after the other.
  std::vector<int> pointedAt(const std::vector<Place>& places) {
    std::vector<int> units;
    for (std::size_t first = 0; first < places.size();) {
      std::size_t end = first;
      while (end < places.size() && places[end].view == places[first].view) ++end;
      with(places[first].view, [&](QWidget& canvas) {
        for (std::size_t i = first; i < end; ++i) units.push_back(pointAt(canvas, places[i]));
      });
      first = end;
    }
    return units;
  }

private:
  template <class F>
  void with(const QString& name, F&& use) {
    if (name == QStringLiteral("cortex")) {
      views::CortexView& view = *m_desk.view;
      m_desk.show({420, 360});
      view.resize(view.size() + QSize(400, 300) - view.renderWidget()->size());
      (void)QTest::qWaitFor([&] { return view.renderWidget()->size() == QSize(400, 300); });
      m_desk.faceSheet(0);
      use(*view.renderWidget());
      view.hide();
      return;
    }
    std::unique_ptr<QWidget> canvas;
    const views::RasterCanvas* raster = nullptr;
    if (name == QStringLiteral("map")) {
      canvas = std::make_unique<views::MapCanvas>(*m_desk.scene, *m_desk.selection);
    } else {
      auto made = std::make_unique<views::RasterCanvas>(*m_desk.scene, *m_desk.selection);
      raster = made.get();
      canvas = std::move(made);
    }
    canvas->resize(400, 360);
    canvas->show();
    (void)QTest::qWaitForWindowExposed(canvas.get());
    // Its rows are put in order on a thread of their own.
    (void)QTest::qWaitFor([raster] { return raster == nullptr || raster->isSettled(); });
    use(*canvas);
  }

  // So far from all others that half a pixel more or less means the same unit.
  [[nodiscard]] bool standsAlone(int unit) const {
    const session::SheetPlan& plan = m_desk.network->sheets[0];
    const auto u = static_cast<std::size_t>(unit);
    for (std::size_t v = 0; v < plan.xMm.size(); ++v)
      if (v != u && std::hypot(plan.xMm[u] - plan.xMm[v], plan.yMm[u] - plan.yMm[v]) < 1.0F) return false;
    return true;
  }

  [[nodiscard]] QPoint placeOf(const QString& name, QWidget& canvas, int unit) const {
    const auto u = static_cast<std::size_t>(unit);
    const session::SheetPlan& plan = m_desk.network->sheets[0];
    if (name == QStringLiteral("map"))
      return static_cast<views::MapCanvas&>(canvas)
          .toPixel({static_cast<double>(plan.xMm[u]), static_cast<double>(plan.yMm[u])})
          .toPoint();
    if (name == QStringLiteral("raster")) {
      const auto& raster = static_cast<views::RasterCanvas&>(canvas);
      return QPointF(raster.plot().center().x(), raster.pixelOf(0, unit)).toPoint();
    }
    return m_desk.view->placeOf(0, unit)->toPoint();
  }

  // By the pointer of the X server, whose pixels are those of the screen.
  int pointAt(QWidget& canvas, const Place& place) {
    QTest::mouseMove(&canvas, canvas.rect().center() + QPoint(3, 5));
    m_desk.selection->setHover(-1, -1);
    QTest::mouseMove(&canvas, place.at);
    (void)QTest::qWaitFor([&] { return m_desk.selection->hoverUnit() == place.unit; }, 2000);
    return m_desk.selection->hoverUnit();
  }

  test::Desk m_desk;
};

// What the program does when it is run anew: reads places, tells its density and the units there.
int tellUnits(const QString& file) {
  QFile input(file);
  if (!input.open(QIODevice::ReadOnly | QIODevice::Text)) return 2;
  std::vector<Place> places;
  QTextStream text(&input);
  for (QString view; !(text >> view).atEnd() && !view.isEmpty();) {
    Place place{view, {}, -1};
    text >> place.at.rx() >> place.at.ry() >> place.unit;
    places.push_back(place);
  }
  std::printf("density %g\n", qApp->devicePixelRatio());
  for (const int unit : Views().pointedAt(places)) std::printf("unit %d\n", unit);
  return 0;
}

}  // namespace

class TestDensity : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theSamePlaceIsTheSameUnit_data() {
    QTest::addColumn<double>("density");
    for (const double density : {1.0, 1.5, 2.0}) QTest::addRow("%g", density) << density;
  }
  void theSamePlaceIsTheSameUnit() {
    QFETCH(double, density);
    if (qApp->devicePixelRatio() != 1) QSKIP("the places are those of density 1");
    // Here first: what is compared with is right.
    const std::vector<Place> places = Views().places();
    const auto of = [&](const char* view) {
      return std::count_if(places.begin(), places.end(), [&](const Place& p) { return p.view == QLatin1String(view); });
    };
    QVERIFY(of("map") >= 3 && of("raster") >= 3 && of("cortex") >= 3);
    std::vector<int> wanted;
    for (const Place& place : places) wanted.push_back(place.unit);
    QCOMPARE(Views().pointedAt(places), wanted);

    QTemporaryFile file;
    QVERIFY(file.open());
    QTextStream text(&file);
    for (const Place& place : places)
      text << place.view << ' ' << place.at.x() << ' ' << place.at.y() << ' ' << place.unit << '\n';
    text.flush();
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_SCALE_FACTOR"), QString::number(density));
    process.setProcessEnvironment(environment);
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--tell-units"), file.fileName()});
    QVERIFY(process.waitForFinished(120000));
    QVERIFY(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0);
    double there = 0;
    std::vector<int> units;
    for (const QString& line : QString::fromUtf8(process.readAllStandardOutput()).split(QLatin1Char('\n'))) {
      if (line.startsWith(QLatin1String("density "))) there = line.mid(8).toDouble();
      if (line.startsWith(QLatin1String("unit "))) units.push_back(line.mid(5).toInt());
    }
    QCOMPARE(there, density);
    QCOMPARE(units, wanted);
  }
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }
};

int main(int argc, char** argv) {
  views::prepareGraphics();
  const QApplication application(argc, argv);
  QApplication::setStyle(QStringLiteral("Fusion"));
  if (argc == 3 && qstrcmp(argv[1], "--tell-units") == 0) return tellUnits(QFile::decodeName(argv[2]));
  TestDensity test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_density.moc"
