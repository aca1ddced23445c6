#include "engine/figures/map_picture.h"

#include <cmath>

#include "engine/core/files.h"
#include "engine/formats/image_file.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::figures;
using test::pathOf;

namespace {

MapPicture pictureOf(const std::vector<float>& values, int side, MapKind kind) {
  MapPicture picture;
  picture.title = "V1 orientation preference";
  picture.quantity = "Preferred orientation";
  picture.kind = kind;
  picture.gridWidth = side;
  picture.gridHeight = side;
  picture.values = values;
  picture.sideMm = 36.75;
  picture.units = 8192;
  return picture;
}

double lightness(Rgb c) {
  const auto linear = [](std::uint8_t v) { return std::pow(v / 255.0, 2.2); };
  return 0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b);
}

int distance(Rgb a, Rgb b) {
  return std::abs(a.r - b.r) + std::abs(a.g - b.g) + std::abs(a.b - b.b);
}

Rgb pixel(const formats::RgbImage& image, int x, int y) {
  const std::size_t plane = image.pixels.size() / 3;
  const auto at = static_cast<std::size_t>(y * image.width + x);
  return {image.pixels[at], image.pixels[plane + at], image.pixels[2 * plane + at]};
}

}  // namespace

class TestMapPicture : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void colourMapsAreWhatTheyClaim() {
    for (const ColourMap map : {ColourMap::viridis, ColourMap::cividis})
      for (int i = 1; i <= 100; ++i)
        QVERIFY(lightness(colourAt(map, i / 100.0)) > lightness(colourAt(map, (i - 1) / 100.0)) - 0.002);
    QVERIFY(distance(colourAt(ColourMap::viridis, 0), {0x44, 0x01, 0x54}) < 12);
    QVERIFY(distance(colourAt(ColourMap::viridis, 1), {0xFD, 0xE7, 0x25}) < 12);
    // The diverging map: pale in the middle, as dark at one end as at the other.
    QVERIFY(lightness(colourAt(ColourMap::vik, 0.5)) > 0.75);
    QVERIFY(std::abs(lightness(colourAt(ColourMap::vik, 0)) - lightness(colourAt(ColourMap::vik, 1))) < 0.05);
    QVERIFY(colourAt(ColourMap::vik, 0).b > colourAt(ColourMap::vik, 0).r &&
            colourAt(ColourMap::vik, 1).r > colourAt(ColourMap::vik, 1).b);
    // The cyclic one: no seam, equal lightness, eight orientations told apart.
    QVERIFY(distance(colourAt(ColourMap::orientation, 0.0), colourAt(ColourMap::orientation, 1.0)) == 0);
    QVERIFY(distance(colourAt(ColourMap::orientation, 0.999), colourAt(ColourMap::orientation, 0.001)) < 12);
    for (int i = 0; i < 8; ++i) {
      QVERIFY(distance(colourAt(ColourMap::orientation, i / 8.0), colourAt(ColourMap::orientation, (i + 1) / 8.0)) >
              40);
      QVERIFY(std::abs(lightness(colourAt(ColourMap::orientation, i / 8.0)) - 0.37) < 0.1);
    }
  }

  void theMapIsWhereItShouldBe() {
    // Left half 0, right half 1, one missing corner.
    std::vector<float> values(100 * 100);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 100 < 50 ? 0.0F : 1.0F;
    for (std::size_t row = 0; row < 10; ++row)
      for (std::size_t column = 0; column < 10; ++column) values[row * 100 + column] = std::nanf("");
    MapPicture picture = pictureOf(values, 100, MapKind::sequential);
    picture.low = 0;
    picture.high = 1;
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.png");
    QVERIFY_OK(writeMapPng(path, picture, 900, "made by a test"));
    const auto image = formats::readImage(path);
    QVERIFY_OK(image);
    QCOMPARE(image->width, 900);
    QVERIFY(distance(pixel(*image, 34 + 165, 112 + 330), colourAt(ColourMap::viridis, 0)) < 6);
    QVERIFY(distance(pixel(*image, 34 + 495, 112 + 330), colourAt(ColourMap::viridis, 1)) < 6);
    QVERIFY(distance(pixel(*image, 34 + 30, 112 + 30), {214, 214, 214}) < 6);
    QVERIFY(distance(pixel(*image, 5, 5), {255, 255, 255}) == 0);
    const std::string bytes = *readFile(path, 1 << 24);
    QVERIFY(bytes.find("tEXtDescription") != std::string::npos);
    QVERIFY(bytes.find("made by a test") != std::string::npos);
    // Scale bar, black, below the map: 5 mm of 36.75 mm is the longest round length up to a quarter.
    QVERIFY(distance(pixel(*image, 34 + 4, 112 + 660 + 25), {0, 0, 0}) < 10);
    QVERIFY(distance(pixel(*image, 34 + static_cast<int>(660 * 5 / 36.75) - 3, 112 + 660 + 25), {0, 0, 0}) < 10);
    QVERIFY(distance(pixel(*image, 34 + static_cast<int>(660 * 5 / 36.75) + 4, 112 + 660 + 25), {255, 255, 255}) < 10);
  }

  void selectivityIsSaturation() {
    std::vector<float> values(64 * 64, 90.0F);
    std::vector<float> saturation(64 * 64);
    for (std::size_t i = 0; i < saturation.size(); ++i) saturation[i] = i % 64 < 32 ? 0.0F : 1.0F;
    MapPicture picture = pictureOf(values, 64, MapKind::orientation);
    picture.saturation = saturation;
    picture.markers = {{30, 10, 1}, {30, 20, -1}};
    QTemporaryDir folder;
    QVERIFY_OK(writeMapPng(pathOf(folder, "o.png"), picture));
    const auto image = formats::readImage(pathOf(folder, "o.png"));
    QVERIFY_OK(image);
    QVERIFY(distance(pixel(*image, 34 + 165, 112 + 330), {244, 244, 244}) < 6);
    QVERIFY(distance(pixel(*image, 34 + 495, 112 + 330), colourAt(ColourMap::orientation, 0.5)) < 6);
    const auto markerAt = [&](double x, double y) {
      return pixel(*image, 34 + static_cast<int>(x / 36.75 * 660), 112 + static_cast<int>(y / 36.75 * 660));
    };
    QVERIFY(distance(markerAt(30, 10), {255, 255, 255}) < 10);
    QVERIFY(distance(markerAt(30, 20), {0, 0, 0}) < 10);
  }

  void everyKindAndOddInputIsDrawn() {
    QTemporaryDir folder;
    const std::vector<float> constant(400, 2.5F), tiny(400, 1e-7F), missing(400, std::nanf(""));
    int n = 0;
    for (const auto* values : {&constant, &tiny, &missing})
      for (const MapKind kind : {MapKind::sequential, MapKind::diverging, MapKind::orientation}) {
        MapPicture picture = pictureOf(*values, 20, kind);
        picture.title = std::string(200, 'W');
        picture.footnotes = {std::string("a long note ") + std::string(300, 'x'), "short"};
        QVERIFY_OK(writeMapPng(pathOf(folder, std::to_string(n++) + ".png"), picture, 300));
      }
    std::vector<MapPicture> pages(5, pictureOf(constant, 20, MapKind::diverging));
    QVERIFY_OK(writeMapSheetPng(pathOf(folder, "page.png"), pages, 3, 300));
    QCOMPARE(formats::readImage(pathOf(folder, "page.png"))->width, 900);
  }

  // A silent sheet: the reason stands across the map, and no colour bar pretends that there are values.
  void theNoteTakesTheBarsPlace() {
    QTemporaryDir folder;
    const std::vector<float> missing(400, std::nanf(""));
    const auto inked = [](const formats::RgbImage& image, int left, int right, int top, int bottom) {
      int count = 0;
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) {
          const Rgb p = pixel(image, x, y);
          count += distance(p, {255, 255, 255}) > 20 && distance(p, {214, 214, 214}) > 20 ? 1 : 0;
        }
      return count;
    };
    for (const MapKind kind : {MapKind::sequential, MapKind::diverging, MapKind::orientation}) {
      MapPicture picture = pictureOf(missing, 20, kind);
      const auto path = pathOf(folder, "silent.png");
      QVERIFY_OK(writeMapPng(path, picture));
      const auto without = formats::readImage(path);
      QVERIFY_OK(without);
      picture.note = "no unit responds";
      QVERIFY_OK(writeMapPng(path, picture));
      const auto with = formats::readImage(path);
      QVERIFY_OK(with);
      // The middle of the map, and the strip to its right, where the bar or the half-wheel would be.
      QCOMPARE(inked(*without, 50, 680, 412, 472), 0);
      QVERIFY(inked(*with, 50, 680, 412, 472) > 300);
      QVERIFY(inked(*without, 700, 900, 112, 700) > 500);
      QCOMPARE(inked(*with, 700, 900, 112, 700), 0);
    }
  }

  void badInputIsRefused() {
    QTemporaryDir folder;
    const std::vector<float> values(400, 1.0F);
    const auto path = pathOf(folder, "x.png");
    QVERIFY_REFUSED(writeMapPng(path, pictureOf(values, 21, MapKind::sequential)), "400 values");
    QVERIFY_REFUSED(writeMapPng(path, pictureOf({}, 0, MapKind::sequential)), "0 x 0");
    MapPicture flat = pictureOf(values, 20, MapKind::sequential);
    flat.sideMm = 0;
    QVERIFY_REFUSED(writeMapPng(path, flat), "no side");
    QVERIFY_REFUSED(writeMapPng(pathOf(folder, "no/such/x.png"), pictureOf(values, 20, MapKind::sequential)),
                    "No such file");
    QVERIFY_REFUSED(writeMapSheetPng(path, {}, 3, 300), "needs a map");
  }
};

QTEST_APPLESS_MAIN(TestMapPicture)
#include "test_map_picture.moc"
