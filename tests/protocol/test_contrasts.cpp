// Contrasts of two folders, shown to a network whose answers can be worked out.
#include "engine/protocol/contrasts.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/formats/image_file.h"
#include "engine/formats/npy.h"
#include "tests/stub_network.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using namespace pinwheel::test;
using nlohmann::json;

namespace {

constexpr int kSide = 8;
constexpr int kImages = 8;  // in each folder

// 100 units answer red and 100 blue: the rate is 1 at full level, 1/2 at half of it, 0 without the colour.
class ColourCells final : public StubNetwork {
public:
  ColourCells() : StubNetwork({{"IT", "IT", 2, 10, 10}}) {}
  snn::Activity forward(const at::Tensor& images) override {
    const at::Tensor levels = images.mean(std::vector<std::int64_t>{2, 3});
    const at::Tensor drive =
        at::stack({levels.select(1, 0), levels.select(1, 2)}, 1).view({-1, 2, 1, 1}).expand({-1, 2, 10, 10});
    std::vector<at::Tensor> steps;
    for (const double threshold : {0.2, 0.4, 0.6, 0.8}) steps.push_back(drive.gt(threshold).to(at::kFloat));
    snn::Activity activity;
    activity.sheets = {at::stack(steps)};
    activity.logits = at::zeros({images.size(0), 2});
    return activity;
  }
};

// The red cells on the left half, the blue ones on the right; 0.5 x 1 mm each.
topography::Sheet halves() {
  topography::Sheet sheet{{"IT", "IT", 2, 10, 10, 10, 10, 3, 0.5}, {}, {}};
  for (int u = 0; u < 200; ++u) {
    const int column = u % 10 + (u < 100 ? 0 : 10);
    sheet.xMm.push_back(0.25F + 0.5F * static_cast<float>(column));
    sheet.yMm.push_back(0.5F + static_cast<float>(u / 10 % 10));
  }
  return sheet;
}

Status writeColour(const std::filesystem::path& file, int channel, std::uint8_t level) {
  formats::RgbImage image{kSide, kSide, std::vector<std::uint8_t>(3 * kSide * kSide, 0)};
  std::fill_n(image.pixels.begin() + channel * kSide * kSide, kSide * kSide, level);
  return formats::writePng(file, image);
}

bool near(double a, double b) {
  return std::abs(a - b) < 1e-5;
}

}  // namespace

class TestContrasts : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    at::set_num_threads(1);
    // Levels 1, 1, 1/2, 1/2, 1 ...: of odd images as of even ones, half are dark.
    for (const auto& [folder, channel] : {std::pair{"red", 0}, std::pair{"blue", 2}}) {
      std::filesystem::create_directory(pathOf(m_folder, folder));
      for (int i = 0; i < kImages; ++i)
        QVERIFY_OK(
            writeColour(pathOf(m_folder, folder) / (std::to_string(i) + ".png"), channel, i / 2 % 2 == 0 ? 255 : 128));
    }
    m_subject.network = &m_network;
    m_subject.sheets = {halves()};
    m_subject.normalisation = {{0, 0, 0}, {1, 1, 1}};
    m_subject.side = kSide;
    m_subject.batchSize = 5;  // not a divisor of the images
  }

  // Red cells: mean 3/4 and variance 1/16 over 8 red images, silent to the blue: t = 0.75 / sqrt(1 / 16 / 8).
  void knownCellsHaveTheirT() {
    ContrastsOptions options = redBlue();
    options.out = pathOf(m_folder, "maps");
    std::filesystem::create_directory(options.out);
    std::int64_t done = 0;
    const auto measured = measureContrasts(
        m_subject, options,
        [&](const Progress& progress) {
          QCOMPARE(progress.total, std::int64_t{2 * kImages});
          done = progress.done;
        },
        m_stop);
    QVERIFY_OK(measured);
    QCOMPARE(done, std::int64_t{2 * kImages});
    const json& contrast = measured->at("contrasts").at(0);
    QVERIFY(contrast.at("images_a") == json(kImages) && contrast.at("images_b") == json(kImages));
    const json& sheet = contrast.at("sheets").at(0);
    const double t = 0.75 / std::sqrt(0.0625 / 8);
    QVERIFY(near(sheet.at("largest_t").get<double>(), t));
    QVERIFY(near(sheet.at("smallest_t").get<double>(), -t));
    QCOMPARE(sheet.at("prefer_a_share").get<double>(), 0.5);
    QCOMPARE(sheet.at("prefer_b_share").get<double>(), 0.5);
    // Labels that say nothing of the colour: t passes 2 where 6 of 8 images of a side have the same, in 13 % of
    // shuffles.
    const json& shuffled = sheet.at("controls").at("shuffled_labels");
    QVERIFY(shuffled.at("units") == json(200));
    for (const char* side : {"prefer_a", "prefer_b"}) {
      const std::string key = side;
      const double share = shuffled.at(key + "_share").get<double>();
      QVERIFY(share <= 0.25);
      QVERIFY(shuffled.at(key + "_low_95").get<double>() <= share);
      QVERIFY(share <= shuffled.at(key + "_high_95").get<double>() + 0.05);
    }
    // Both halves of the images give +6 and -6.
    QVERIFY(near(sheet.at("reliability").at("halves").get<double>(), 1));
    QVERIFY(near(sheet.at("reliability").at("spearman_brown").get<double>(), 1));
    const json& smoothness = sheet.at("smoothness");
    QVERIFY2(smoothness.contains("smoothness"), smoothness.dump().c_str());
    QVERIFY(smoothness.at("smoothness").get<double>() > 0.7);
    QVERIFY(smoothness.at("controls").at("shuffled").get<double>() < 0.3);

    const auto map = formats::loadNpy(options.out / "IT_contrast_red-blue.npy");
    QVERIFY_OK(map);
    const std::vector<float> values = map->toFloats();
    QCOMPARE(values.size(), std::size_t{200});
    QVERIFY(near(static_cast<double>(values.front()), t) && near(static_cast<double>(values.back()), -t));
    std::ifstream csv(options.out / "IT_contrast_red-blue.csv");
    std::string header;
    QVERIFY(std::getline(csv, header) && header.starts_with("unit,x_mm,y_mm,t"));
    int rows = 0;
    for (std::string line; std::getline(csv, line);) ++rows;
    QCOMPARE(rows, 200);

    const Section section = contrastsSection(json::parse(measured->dump()));
    QCOMPARE(section.rows.size(), std::size_t{3});
    QVERIFY(section.rows[1].value.find("A 50.0 %, B 50.0 %") != std::string::npos);
    QCOMPARE(section.charts.size(), std::size_t{1});
    QCOMPARE(section.charts[0].file, std::string("contrast_red-blue_IT"));
    QVERIFY(section.rows[1].control.find(" to ") != std::string::npos);
    QCOMPARE(section.charts[0].series.size(), std::size_t{2});
    QVERIFY(!section.charts[0].series[0].control && section.charts[0].series[1].control);
    for (const double x : section.charts[0].series[0].x) QVERIFY(x > 0 && x < 5);  // mm, half the sheet
  }

  // The other way round every t changes its sign.
  void theOrderOfTheFoldersIsTheSign() {
    ContrastsOptions options = redBlue();
    std::swap(options.contrasts[0].folderA, options.contrasts[0].folderB);
    options.contrasts.push_back({"again", pathOf(m_folder, "red"), pathOf(m_folder, "blue")});
    const auto measured = measureContrasts(m_subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    QCOMPARE(measured->at("contrasts").size(), std::size_t{2});
    QVERIFY(!std::filesystem::exists(pathOf(m_folder, "IT_contrast_again.npy")));
    QCOMPARE(contrastsSection(*measured).charts.size(), std::size_t{2});
  }

  // The same images on both sides: no unit prefers one, and nothing correlates.
  void thereIsNothingBetweenTheSameImages() {
    ContrastsOptions options;
    options.contrasts = {{"none", pathOf(m_folder, "red"), pathOf(m_folder, "red")}};
    const auto measured = measureContrasts(m_subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    const json& sheet = measured->at("contrasts").at(0).at("sheets").at(0);
    QCOMPARE(sheet.at("largest_t").get<double>(), 0.0);
    QCOMPARE(sheet.at("prefer_a_share").get<double>(), 0.0);
    QVERIFY(sheet.at("reliability").contains("not_measured"));
    QVERIFY(sheet.at("smoothness").contains("not_measured"));
    const Section section = contrastsSection(json::parse(measured->dump()));
    QVERIFY(section.rows.at(0).value.find("too alike") != std::string::npos);
    QVERIFY(section.charts.empty());
  }

  // Even images are red, odd ones blue: the halves' maps are each other's opposite.
  void halvesThatDisagreeAreNotSteppedUp() {
    for (const char* folder : {"turns", "black"}) std::filesystem::create_directory(pathOf(m_folder, folder));
    for (int i = 0; i < kImages; ++i) {
      const std::string name = std::to_string(i) + ".png";
      QVERIFY_OK(writeColour(pathOf(m_folder, "turns") / name, i % 2 == 0 ? 0 : 2, i / 2 % 2 == 0 ? 255 : 128));
      QVERIFY_OK(writeColour(pathOf(m_folder, "black") / name, 0, 0));
    }
    ContrastsOptions options;
    options.contrasts = {{"turns", pathOf(m_folder, "turns"), pathOf(m_folder, "black")}};
    const auto measured = measureContrasts(m_subject, options, {}, m_stop);
    QVERIFY_OK(measured);
    const json& reliability = measured->at("contrasts").at(0).at("sheets").at(0).at("reliability");
    QVERIFY(near(reliability.at("halves").get<double>(), -1));
    QVERIFY(reliability.at("spearman_brown").contains("not_measured"));
    const Section section = contrastsSection(json::parse(measured->dump()));
    QVERIFY(section.rows.at(2).value.find("do not agree") != std::string::npos);
    QVERIFY(section.rows.at(2).value.find("-1.00") != std::string::npos);
  }

  // A result that is stored holds as long as the images are the same.
  void theKeyChangesWithTheImages() {
    namespace fs = std::filesystem;
    ContrastsOptions options = redBlue();
    const json before = optionsJson(options);
    QVERIFY(optionsJson(options) == before);
    options.contrasts[0].folderA = pathOf(m_folder, "red") / ".." / "red";
    QVERIFY(optionsJson(options) == before);
    options = redBlue();
    const fs::path image = pathOf(m_folder, "red") / "0.png";
    const auto written = fs::last_write_time(image);
    fs::last_write_time(image, written - std::chrono::hours(1));
    const json touched = optionsJson(options);
    QVERIFY(touched.at("contrasts").at(0).at("fingerprint_a") != before.at("contrasts").at(0).at("fingerprint_a"));
    QVERIFY(touched.at("contrasts").at(0).at("fingerprint_b") == before.at("contrasts").at(0).at("fingerprint_b"));
    fs::last_write_time(image, written);
    QVERIFY(optionsJson(options) == before);
    fs::rename(image, pathOf(m_folder, "red") / "00.png");
    QVERIFY(optionsJson(options) != before);
    fs::rename(pathOf(m_folder, "red") / "00.png", image);
  }

  void textsBecomeContrasts() {
    const auto contrast = parseContrast("big-small=images/big objects,/images/small");
    QVERIFY_OK(contrast);
    QCOMPARE(contrast->name, std::string("big-small"));
    QCOMPARE(contrast->folderA.string(), std::string("images/big objects"));
    QCOMPARE(contrast->folderB.string(), std::string("/images/small"));
  }
  void textsThatAreNone_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("why");
    QTest::newRow("empty") << ""
                           << "has no \"=\"";
    QTest::newRow("no name") << "=a,b"
                             << "nothing stands before";
    QTest::newRow("a name of a path") << "../x=a,b"
                                      << "its name may hold";
    QTest::newRow("one folder") << "x=a"
                                << "two are needed";
    QTest::newRow("three folders") << "x=a,b,c"
                                   << "more than one comma";
    QTest::newRow("no first folder") << "x=,b"
                                     << "no name";
    QTest::newRow("no second folder") << "x=a,"
                                      << "no name";
  }
  void textsThatAreNone() {
    QFETCH(QString, text);
    QFETCH(QString, why);
    QVERIFY_REFUSED(parseContrast(text.toStdString()), why.toStdString());
  }

  void mistakesAreNamed() {
    ContrastsOptions options;
    QVERIFY_REFUSED(measureContrasts(m_subject, options, {}, m_stop), "no contrast");
    options = redBlue();
    options.contrasts[0].folderB = pathOf(m_folder, "green");
    QVERIFY_REFUSED(measureContrasts(m_subject, options, {}, m_stop), pathOf(m_folder, "green").string());
    std::filesystem::create_directory(pathOf(m_folder, "empty"));
    options.contrasts[0].folderB = pathOf(m_folder, "empty");
    QVERIFY_REFUSED(measureContrasts(m_subject, options, {}, m_stop), "too few images");
    options = redBlue();
    options.permutations = 0;
    QVERIFY_REFUSED(measureContrasts(m_subject, options, {}, m_stop), "at least once");
    options = redBlue();
    options.contrasts.push_back(options.contrasts[0]);
    QVERIFY_REFUSED(measureContrasts(m_subject, options, {}, m_stop), "comes twice");
    options = redBlue();
    options.out = pathOf(m_folder, "no such folder");
    QVERIFY(!measureContrasts(m_subject, options, {}, m_stop));
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(measureContrasts(m_subject, redBlue(), {}, stop), "Stopped");
  }

private:
  ContrastsOptions redBlue() const {
    ContrastsOptions options = ContrastsOptions::of(Effort::quick);
    options.contrasts = {{"red-blue", pathOf(m_folder, "red"), pathOf(m_folder, "blue")}};
    return options;
  }

  QTemporaryDir m_folder;
  ColourCells m_network;
  Subject m_subject;
  StopFlag m_stop;
};

QTEST_APPLESS_MAIN(TestContrasts)
#include "test_contrasts.moc"
