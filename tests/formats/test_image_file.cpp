#include "engine/formats/image_file.h"

#include <cstddef>
#include <cstdio>

#include <jpeglib.h>

#include <array>

#include "engine/core/files.h"
#include "engine/kernels/instruction_set.h"
#include "engine/kernels/planes_kernel.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::formats;
using test::pathOf;

namespace {

RgbImage gradient(int width, int height) {
  RgbImage image{width, height, {}};
  for (int c = 0; c < 3; ++c)
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        image.pixels.push_back(static_cast<std::uint8_t>(c == 0 ? 255 * x / width : c == 1 ? 255 * y / height : 128));
  return image;
}

std::string jpegOf(const RgbImage& image, bool grey) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &buffer, &size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = grey ? 1 : 3;
  info.in_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  jpeg_start_compress(&info, TRUE);
  const std::size_t plane = image.pixels.size() / 3;
  std::vector<unsigned char> row;
  for (int y = 0; y < image.height; ++y) {
    row.clear();
    for (int x = 0; x < image.width; ++x)
      for (std::size_t c = 0; c < (grey ? 1U : 3U); ++c)
        row.push_back(image.pixels[c * plane + static_cast<std::size_t>(y * image.width + x)]);
    unsigned char* rows[1] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  std::string bytes(reinterpret_cast<char*>(buffer), size);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return bytes;
}

int worstDifference(const RgbImage& a, const RgbImage& b) {
  int worst = a.pixels.size() == b.pixels.size() ? 0 : 999;
  for (std::size_t i = 0; i < std::min(a.pixels.size(), b.pixels.size()); ++i)
    worst = std::max(worst, std::abs(a.pixels[i] - b.pixels[i]));
  return worst;
}

}  // namespace

class TestImageFile : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void pngRoundTripsExactly() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.png");
    const RgbImage image = gradient(37, 21);
    QVERIFY_OK(writePng(path, image));
    const auto back = readImage(path);
    QVERIFY_OK(back);
    QCOMPARE(back->width, 37);
    QCOMPARE(back->height, 21);
    QCOMPARE(back->pixels, image.pixels);
  }

  void jpegIsReadInColourAndGrey() {
    const RgbImage image = gradient(64, 48);
    const std::string colour = jpegOf(image, false);
    const auto back = decodeImage(std::as_bytes(std::span(colour)), "a.jpg");
    QVERIFY_OK(back);
    QVERIFY(worstDifference(*back, image) < 24);
    const std::string greyBytes = jpegOf(image, true);
    const auto grey = decodeImage(std::as_bytes(std::span(greyBytes)), "g.jpg");
    QVERIFY_OK(grey);
    const std::size_t plane = 64 * 48;
    QVERIFY(std::equal(grey->pixels.begin(), grey->pixels.begin() + plane, grey->pixels.begin() + plane));
  }

  void jpegScalesDownButNotBelowTheSide() {
    const std::string bytes = jpegOf(gradient(400, 320), false);
    const auto half = decodeImage(std::as_bytes(std::span(bytes)), "a.jpg", 100);
    QVERIFY_OK(half);
    QCOMPARE(half->height, 160);
    const auto full = decodeImage(std::as_bytes(std::span(bytes)), "a.jpg", 300);
    QCOMPARE(full->height, 320);
  }

  // Rows of every length that is left over by registers, with nothing written behind them.
  void coloursAreSpreadByEveryInstructionSet() {
    for (const auto set : kernels::kInstructionSets) {
      kernels::limitInstructionSet(set);
      for (std::size_t columns = 0; columns < 200; ++columns) {
        std::vector<std::uint8_t> row(3 * columns);
        for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<std::uint8_t>(i * 37 + 5);
        std::array<std::vector<std::uint8_t>, 3> planes;
        planes.fill(std::vector<std::uint8_t>(columns + 1, 99));
        std::uint8_t* const to[3] = {planes[0].data(), planes[1].data(), planes[2].data()};
        kernels::spreadColours(row.data(), columns, to);
        for (std::size_t c = 0; c < 3; ++c) {
          for (std::size_t x = 0; x < columns; ++x) QCOMPARE(planes[c][x], row[3 * x + c]);
          QCOMPARE(int{planes[c][columns]}, 99);
        }
      }
    }
    kernels::limitInstructionSet(kernels::InstructionSet::v4);
  }

  void truncationIsRefused() {
    const RgbImage image = gradient(64, 64);
    QTemporaryDir folder;
    QVERIFY_OK(writePng(pathOf(folder, "a.png"), image));
    const std::string png = *readFile(pathOf(folder, "a.png"), 1 << 20);
    const std::string jpeg = jpegOf(image, false);
    for (const std::string* bytes : {&png, &jpeg})
      for (const double share : {0.0, 0.01, 0.1, 0.5, 0.9}) {
        const auto cut = bytes->substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes->size())));
        QVERIFY_REFUSED(decodeImage(std::as_bytes(std::span(cut)), "cut.img"), "cut.img");
      }
  }

  void otherFilesAreRefused() {
    const std::string text = "GIF89a something";
    QVERIFY_REFUSED(decodeImage(std::as_bytes(std::span(text)), "a.gif"), "neither PNG nor JPEG");
  }

  void reducingAveragesTheArea() {
    // A checkerboard of single pixels becomes even grey; a constant stays itself at any size.
    RgbImage board{64, 64, std::vector<std::uint8_t>(3 * 64 * 64)};
    for (std::size_t i = 0; i < board.pixels.size(); ++i) board.pixels[i] = (i % 64 + i / 64) % 2 == 0 ? 255 : 0;
    for (const std::uint8_t v : resizeImage(board, 16, 16).pixels) QVERIFY(std::abs(v - 128) <= 1);
    const RgbImage constant{10, 10, std::vector<std::uint8_t>(300, 77)};
    for (const int side : {3, 10, 31})
      for (const std::uint8_t v : resizeImage(constant, side, side).pixels) QCOMPARE(int{v}, 77);
    // Enlarging a ramp stays a ramp.
    const RgbImage large = resizeImage(gradient(16, 16), 64, 64);
    for (int x = 1; x < 64; ++x)
      QVERIFY(large.pixels[static_cast<std::size_t>(x)] >= large.pixels[static_cast<std::size_t>(x - 1)]);
  }

  void aPartIsThatPartOfTheWhole_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::newRow("enlarged") << 61 << 40;
    QTest::newRow("reduced") << 11 << 9;
    QTest::newRow("as it is") << 37 << 23;
    QTest::newRow("enlarged across, reduced down") << 50 << 12;
  }
  void aPartIsThatPartOfTheWhole() {
    QFETCH(int, width);
    QFETCH(int, height);
    RgbImage image{37, 23, std::vector<std::uint8_t>(3 * 37 * 23)};
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      image.pixels[i] = static_cast<std::uint8_t>(i * i * 7 + i / 5);
    const RgbImage whole = resizeImage(image, width, height);
    for (const auto& [left, top, partWidth, partHeight] :
         {std::array{0, 0, width, height}, std::array{3, 2, 5, 4}, std::array{width - 6, height - 7, 6, 7},
          std::array{width - 1, 0, 1, height}}) {
      const RgbImage part = resizeImagePart(image, {width, height, left, top, partWidth, partHeight});
      QCOMPARE(part.width, partWidth);
      QCOMPARE(part.height, partHeight);
      QCOMPARE(part.pixels.size(), static_cast<std::size_t>(3 * partWidth * partHeight));
      for (int c = 0; c < 3; ++c)
        for (int y = 0; y < partHeight; ++y)
          for (int x = 0; x < partWidth; ++x)
            QCOMPARE(int{part.pixels[static_cast<std::size_t>((c * partHeight + y) * partWidth + x)]},
                     int{whole.pixels[static_cast<std::size_t>((c * height + top + y) * width + left + x)]});
    }
  }
};

QTEST_APPLESS_MAIN(TestImageFile)
#include "test_image_file.moc"
