#include "engine/protocol/map_sections.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/protocol/page.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using nlohmann::json;
using test::pathOf;
using test::put;

namespace {

json notMeasured(const char* why) {
  return {{"not_measured", why}};
}

json smoothness(double value) {
  return {{"smoothness", value},
          {"sem", 0.0072},
          {"controls",
           {{"shuffled", 0.034}, {"shuffled_sem", 0.0073}, {"untrained", notMeasured("no untrained network")}}}};
}

json curve() {
  return {{"distance_mm", {1.0, 3.0, 5.0}},
          {"mean", {0.3, nullptr, 0.1}},
          {"low_95", {0.2, nullptr, 0.0}},
          {"high_95", {0.4, nullptr, 0.2}},
          {"shuffled", {0.05, nullptr, 0.05}}};
}

json v1() {
  json tuning = curve();
  tuning["controls"] = {{"untrained", {0.15, nullptr, 0.05}}};
  return {
      {"layer", "layer2.0"},
      {"area", "V1"},
      {"units", 8192},
      {"display_side_mm", 36.75},
      {"firing_rate", 0.186},
      {"median_circular_variance", 0.825},
      {"fraction_circular_variance_below_0.6", 0.25},
      {"circular_variance",
       {{"histogram", {1, 1, 2, 0, 0, 0, 0, 0, 0, 0}},
        {"macaque_histogram", {10, 29, 28, 31, 28, 27, 40, 40, 49, 26}},
        {"distance_to_macaque", 0.331},
        {"controls", {{"untrained", 0.402}}}}},
      {"smoothness",
       {{"orientation", smoothness(0.7253)},
        {"orientation_von_mises", smoothness(0.7283)},
        {"spatial_frequency", smoothness(0.7542)},
        {"colour", notMeasured("too few units")}}},
      {"pinwheels",
       {{"count", 27},
        {"positive", 15},
        {"negative", 12},
        {"column_spacing_mm", 11.109},
        {"density_per_column_spacing_squared", 2.8352},
        {"density_per_3.5mm_squared", 0.2449},
        {"controls",
         {{"shuffled",
           {{"count", 3},
            {"column_spacing_mm", nullptr},
            {"density_per_column_spacing_squared", nullptr},
            {"density_per_3.5mm_squared", 0.03}}},
          {"untrained", notMeasured("too few units")}}}}},
      {"tuning_correlation_by_distance", tuning},
      {"correlation_by_distance", curve()},
      {"time",
       {{"entropy",
         {{"bits", 2.5}, {"exact", false}, {"controls", {{"independent_steps_bits", 2.75}, {"untrained_bits", 1.25}}}}},
        {"rate_by_step", {0.1, 0.2}},
        {"silent_share", 0.125},
        {"controls", {{"untrained_rate_by_step", {0.3, 0.3}}, {"untrained_silent_share", 0.5}}},
        {"synchrony_by_distance", curve()},
        {"readout_fisher_information",
         {{"by_step", {4.0, 9.0}},
          {"controls", {{"shuffled_labels", {2.0, 2.5}}, {"untrained", notMeasured("none given")}}}}}}}};
}

json it() {
  json delta = curve();
  delta["mean"] = {1.0, nullptr, 2.0};
  delta["low_95"] = {0.8, nullptr, 1.8};
  delta["high_95"] = {1.2, nullptr, 2.2};
  delta["shuffled"] = {2.0, nullptr, 2.0};
  delta["ratio_to_chance"] = {0.5, nullptr, 1.0};
  delta["controls"] = {{"untrained_ratio_to_chance", {0.9, nullptr, 1.0}}};
  const auto step = [](double threshold, int patches, double area, json controls) {
    return json{{"threshold", threshold}, {"patches", patches}, {"area_mm2", area}, {"controls", std::move(controls)}};
  };
  const json sweep = {step(2, 2, 60.5,
                           {{"shuffled_patches", 0.3},
                            {"shuffled_area_mm2", 4.0},
                            {"untrained_patches", 1},
                            {"untrained_area_mm2", 2.5}}),
                      step(4, 1, 20,
                           {{"shuffled_patches", 0.0},
                            {"shuffled_area_mm2", 0.0},
                            {"untrained_patches", 0},
                            {"untrained_area_mm2", 0.0}})};
  const auto overlap = [](double value, double untrained) {
    return json{{"first", "faces"},
                {"second", "bodies"},
                {"correlation", {{"value", value}, {"chance_low_95", -0.05}, {"chance_high_95", 0.06}}},
                {"windowed", {{"value", 0.5}, {"chance_low_95", nullptr}, {"chance_high_95", nullptr}}},
                {"controls", {{"untrained", {{"correlation", untrained}, {"windowed", 0.25}}}}}};
  };
  return {{"layer", "IT"},
          {"area", "IT"},
          {"units", 2048},
          {"display_side_mm", 70.0},
          {"firing_rate", 0.1},
          {"mean_category_smoothness", 0.4},
          {"selective_share", {{"threshold_t", 2.0}, {"value", 0.375}, {"controls", {{"untrained", nullptr}}}}},
          {"categories",
           {{"faces",
             {{"smoothness", smoothness(0.5)},
              {"patches", {{{"area_mm2", 40.5}, {"units", 90}}, {{"area_mm2", 20.0}, {"units", 30}}}},
              {"patches_by_threshold", sweep},
              {"delta_selectivity", delta}}},
            {"bodies",
             {{"smoothness", notMeasured("fewer than 50 units")},
              {"patches", notMeasured("one image")},
              {"patches_by_threshold", notMeasured("one image")},
              {"delta_selectivity", notMeasured("one image")}}}}},
          {"overlaps",
           {overlap(0.41, 0.12), {{"first", "characters"}, {"second", "places"}, {"not_measured", "one image"}}}},
          {"correlation_by_distance", curve()},
          {"time",
           {{"entropy", notMeasured("rates are not spikes")},
            {"synchrony_by_distance", notMeasured("rates are not spikes")},
            {"readout_fisher_information", notMeasured("too few images")}}}};
}

json report() {
  json v2 = v1();
  v2["layer"] = "layer3.0";
  v2["area"] = "V2";
  json second = v1();  // of the same area, later: not the one that is shown
  second["layer"] = "layer2.1";
  return {{"checkpoint", "checkpoint.safetensors"},
          {"data", "builtin"},
          {"categories", "built-in world"},
          {"images", 400},
          {"epochs", 7},
          {"lesion", json::array({{{"sheet", "IT"}, {"count", 12}}})},
          {"provenance", {{"trained_on", "built-in world (seed 1)"}}},
          {"accuracy", 0.5},
          {"loss", 1.25},
          {"accuracy_per_class", {{"adult", 0.4}, {"car", 0.6}}},
          {"sheets", {v1(), second, v2, it()}}};
}

Row rowOf(const Section& section, const std::string& name) {
  for (const Row& row : section.rows)
    if (row.name == name) return row;
  return {"no row " + name, "", "", ""};
}

Chart chartOf(const Section& section, const std::string& file) {
  for (const Chart& chart : section.charts)
    if (chart.file == file) return chart;
  return {"no chart " + file, "", "", "", {}};
}

void compare(const Row& row, const std::string& value, const std::string& control) {
  QCOMPARE(row.value, value);
  QCOMPARE(row.control, control);
}

const std::filesystem::path kNowhere = "/no/such/folder";

}  // namespace

class TestMapSections : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void sectionsFollowTheAreas() {
    const auto sections = mapSections(report(), kNowhere);
    QStringList titles;
    for (const Section& section : sections) titles << QString::fromStdString(section.title);
    QCOMPARE(titles, QStringList({"The network", "V1", "IT", "Time", "Other sheets"}));
    for (const Section& section : sections) QCOMPARE(section.skipped, std::string());
    QVERIFY(sections[1].text.find("layer2.0 (V1): 8192 units on 36.75 mm") == 0);
  }

  // Wilson's interval of 200 of 400: 0.5 +- 0.0488.
  void theNetworkHasItsAccuracy() {
    const Section section = mapSections(report(), kNowhere)[0];
    compare(rowOf(section, "Accuracy"), "50.0 (45.1 to 54.9) %", "guessing 50.0 %");
    QVERIFY(rowOf(section, "Accuracy").published.find("73.97") != std::string::npos);
    compare(rowOf(section, "Cross-entropy"), "1.250", "");
    compare(rowOf(section, "Accuracy, adult"), "40.0 %", "");
    QVERIFY(section.text.find("12 units") != std::string::npos);  // the lesion
  }

  void ofManyClassesTheEndsAreListed() {
    json with = report();
    for (int i = 0; i < 30; ++i) with["accuracy_per_class"]["class " + std::to_string(i)] = 0.01 * i;
    const Section section = mapSections(with, kNowhere)[0];
    QCOMPARE(section.rows.size(), std::size_t{2 + 10});
    compare(rowOf(section, "Accuracy, class 0"), "0.0 %", "");
    compare(rowOf(section, "Accuracy, car"), "60.0 %", "");
    QCOMPARE(rowOf(section, "Accuracy, class 15").name, std::string("no row Accuracy, class 15"));
    QVERIFY(section.text.find("Of 32 classes") != std::string::npos);
  }

  void unlabelledDataHaveNoAccuracy() {
    json without = report();
    without["accuracy"] = notMeasured("other classes");
    without.erase("accuracy_per_class");
    without.erase("loss");
    const Section section = mapSections(without, kNowhere)[0];
    compare(rowOf(section, "Accuracy"), "- (other classes)", "");
    compare(rowOf(section, "Cross-entropy"), "-", "");
  }

  void v1StandsBesideItsControls() {
    const Section section = mapSections(report(), kNowhere)[1];
    const Row orientation = rowOf(section, "Smoothness of orientation (vector sum)");
    compare(orientation, "0.73 \u00b1 0.01", "shuffled 0.03 \u00b1 0.01; untrained - (no untrained network)");
    QVERIFY(orientation.published.find("0.5555") != std::string::npos);
    QVERIFY(orientation.published.find("0.7674") != std::string::npos);
    compare(rowOf(section, "Smoothness of colour preference"), "- (too few units)", "");
    compare(rowOf(section, "Circular variance, median"), "0.825", "");
    compare(rowOf(section, "Units of a circular variance below 0.6"), "25.0 %", "");
    compare(rowOf(section, "Circular variance, distance to the macaque's histogram"), "0.331", "untrained 0.402");
    compare(rowOf(section, "Pinwheels"), "27 (15 of +1/2, 12 of -1/2)", "shuffled 3; untrained - (too few units)");
    const Row density = rowOf(section, "Pinwheels per column spacing squared");
    compare(density, "2.84", "untrained - (too few units)");  // shuffled, no spacing stands out
    QVERIFY(density.published.find("3.14") != std::string::npos);
    compare(rowOf(section, "Column spacing"), "11.11 mm", "untrained - (too few units)");
  }

  void curvesHaveIntervalsAndControls() {
    const Section section = mapSections(report(), kNowhere)[1];
    QCOMPARE(section.charts.size(), std::size_t{3});
    const Chart tuning = chartOf(section, "maps_tuning_correlation_layer2.0");
    QCOMPARE(tuning.series.size(), std::size_t{3});
    QCOMPARE(tuning.series[0].x, std::vector<double>({1, 3, 5}));
    QCOMPARE(tuning.series[0].y[0], 0.3);
    QVERIFY(std::isnan(tuning.series[0].y[1]));  // a bin without pairs is a gap
    QCOMPARE(tuning.series[0].low[2], 0.0);
    QCOMPARE(tuning.series[0].high[2], 0.2);
    QVERIFY(!tuning.series[0].control && tuning.series[1].control && tuning.series[2].control);
    QCOMPARE(tuning.series[2].y[0], 0.15);
    QCOMPARE(chartOf(section, "maps_response_correlation_layer2.0").series.size(), std::size_t{2});
    const Chart variance = chartOf(section, "maps_circular_variance");
    QCOMPARE(variance.series.size(), std::size_t{2});
    QCOMPARE(variance.series[0].x[0], 0.05);
    QCOMPARE(variance.series[0].y[2], 50.0);  // 2 of 4 units
    QCOMPARE(variance.series[1].y[0], 1000.0 / 308);
  }

  void itHasPatchesOverThresholds() {
    const Section section = mapSections(report(), kNowhere)[2];
    compare(rowOf(section, "Patches of t \u2265 2, faces"), "2, 60.5 mm\u00b2",
            "shuffled 0.3, 4.0 mm\u00b2; untrained 1, 2.5 mm\u00b2");
    compare(rowOf(section, "Patches of t \u2265 2, bodies"), "- (one image)", "");
    compare(rowOf(section, "Smoothness of t, bodies"), "- (fewer than 50 units)", "");
    compare(rowOf(section, "Units of t \u2265 2 for a domain"), "37.5 %", "");
    const Chart number = chartOf(section, "maps_patches_faces");
    QCOMPARE(number.series.size(), std::size_t{3});
    QCOMPARE(number.series[0].x, std::vector<double>({2, 4}));
    QCOMPARE(number.series[0].y, std::vector<double>({2, 1}));
    QCOMPARE(number.series[1].y, std::vector<double>({0.3, 0}));
    QCOMPARE(number.series[2].y, std::vector<double>({1, 0}));
    QCOMPARE(chartOf(section, "maps_area_mm2_faces").series[0].y, std::vector<double>({60.5, 20}));
    for (const Chart& chart : section.charts) QVERIFY(chart.file.find("bodies") == std::string::npos);
  }

  void theMeanSmoothnessHasTheMeanControls() {
    const char* name = "Smoothness of t, mean over domains";
    compare(rowOf(mapSections(report(), kNowhere)[2], name), "0.40",
            "shuffled 0.03; untrained - (no untrained network)");
    json with = report();
    json& sheet = with["sheets"][3];
    sheet["categories"]["bodies"]["smoothness"] = smoothness(0.3);
    sheet["categories"]["faces"]["smoothness"]["controls"] = {{"shuffled", 0.1}, {"untrained", 0.1}};
    sheet["categories"]["bodies"]["smoothness"]["controls"] = {{"shuffled", 0.2}, {"untrained", 0.3}};
    sheet["categories"]["places"]["smoothness"] = notMeasured("one image");
    compare(rowOf(mapSections(with, kNowhere)[2], name), "0.40", "shuffled 0.15; untrained 0.20");
    sheet["area"] = "V4";  // now one of the others
    compare(rowOf(mapSections(with, kNowhere).back(), "IT (V4), smoothness of the domains' t, mean"), "0.40",
            "shuffled 0.15; untrained 0.20");
  }

  void deltaSelectivityIsOverChance() {
    const Chart chart = chartOf(mapSections(report(), kNowhere)[2], "maps_delta_selectivity_faces");
    QCOMPARE(chart.series.size(), std::size_t{3});
    QCOMPARE(chart.series[0].y[0], 0.5);
    QCOMPARE(chart.series[0].low[0], 0.4);
    QCOMPARE(chart.series[0].high[2], 1.1);
    QCOMPARE(chart.series[1].y, std::vector<double>({1, 1, 1}));
    QCOMPARE(chart.series[2].y[0], 0.9);
  }

  void overlapsAreKnownByTheirPair() {
    const Section section = mapSections(report(), kNowhere)[2];
    const Row plain = rowOf(section, "Overlap of faces and bodies, unit by unit");
    compare(plain, "0.41", "chance -0.05 to 0.06; untrained 0.12");
    QVERIFY(plain.published.find("0.63") != std::string::npos);
    compare(rowOf(section, "Overlap of faces and bodies, in windows"), "0.50", "untrained 0.25");
    const Row missing = rowOf(section, "Overlap of characters and places");
    compare(missing, "- (one image)", "");
    QVERIFY(missing.published.find("0.47") != std::string::npos);
  }

  void timeHasEveryArea() {
    const Section section = mapSections(report(), kNowhere)[3];
    compare(rowOf(section, "layer2.0 (V1), entropy of a spike train (upper bound)"), "2.500 bits",
            "independent steps 2.750; untrained 1.250");
    compare(rowOf(section, "layer2.0 (V1), silent units"), "12.5 %", "untrained 50.0 %");
    compare(rowOf(section, "layer2.0 (V1), Fisher information at the last step"), "9.00",
            "labels shuffled 2.50; untrained - (none given)");
    compare(rowOf(section, "IT, entropy of a spike train"), "- (rates are not spikes)", "");
    compare(rowOf(section, "IT, Fisher information at the last step"), "- (too few images)", "");
    compare(rowOf(section, "IT, firing rate"), "0.100 spikes per step", "");
    QCOMPARE(chartOf(section, "maps_fisher").series.size(), std::size_t{3});
    const Chart rates = chartOf(section, "maps_rate_layer2.0");
    QCOMPARE(rates.series.size(), std::size_t{2});
    QCOMPARE(rates.series[0].x, std::vector<double>({1, 2}));
    QVERIFY(rates.series[1].control);
    QCOMPARE(chartOf(section, "maps_synchrony_layer2.0").series.size(), std::size_t{2});
    QCOMPARE(chartOf(section, "maps_synchrony_IT").file, std::string("no chart maps_synchrony_IT"));
  }

  void everyChartCanBeWritten() {
    QTemporaryDir folder;
    const auto sections = mapSections(report(), kNowhere);
    QVERIFY_OK(writeChartTables(folder.path().toStdString(), sections));  // refuses two of one name
    QVERIFY_OK(writeHtml(pathOf(folder, "report.html"), {"Maps", {}, {}, sections}, folder.path().toStdString()));
  }

  void onlyPicturesOfTheReportAreShown() {
    QTemporaryDir folder;
    put(pathOf(folder, "layer2.0_orientation.png"), "png");
    put(pathOf(folder, "IT_t_faces.png"), "png");
    put(pathOf(folder, "layer2.0_colour.png"), "of an earlier measurement");
    json with = report();
    for (const auto& section : mapSections(with, folder.path().toStdString())) QVERIFY(section.pictures.empty());
    with["pictures"] = "layer2.0_orientation.png";  // no list
    for (const auto& section : mapSections(with, folder.path().toStdString())) QVERIFY(section.pictures.empty());
    with["pictures"] = {"layer2.0_orientation.png", "layer2.0_spatial_frequency.png", "IT_t_faces.png"};
    const auto sections = mapSections(with, folder.path().toStdString());
    QCOMPARE(sections[1].pictures.size(), std::size_t{1});  // the second of the list is not there
    QCOMPARE(sections[1].pictures[0].file.string(), std::string("layer2.0_orientation.png"));
    QCOMPARE(sections[2].pictures.size(), std::size_t{1});
    QCOMPARE(sections[2].pictures[0].file.string(), std::string("IT_t_faces.png"));
  }

  void whatIsMissingIsSaid() {
    for (const json& empty : {json::object(), json(), json{{"sheets", "none"}}}) {
      const auto sections = mapSections(empty, kNowhere);
      QCOMPARE(sections.size(), std::size_t{4});
      QVERIFY(sections[1].skipped.find("no sheet of area V1") != std::string::npos);
      QVERIFY(sections[2].skipped.find("no sheet of area IT") != std::string::npos);
      QVERIFY(!sections[3].skipped.empty());
    }
    // A report of an earlier version: values are missing, the sheets are not.
    const json old = {{"sheets", {{{"layer", "V1"}, {"area", "V1"}}, {{"layer", "IT"}, {"area", "IT"}}}}};
    const auto sections = mapSections(old, kNowhere);
    compare(rowOf(sections[1], "Smoothness of orientation (vector sum)"), "-", "");
    QVERIFY(sections[1].charts.empty() && sections[2].charts.empty());
  }
};

QTEST_APPLESS_MAIN(TestMapSections)
#include "test_map_sections.moc"
