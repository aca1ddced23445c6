#include "engine/protocol/map_sections.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "engine/protocol/page.h"
#include "tests/protocol/map_report.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using namespace pinwheel::test;

namespace {

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
    for (const char* figure : {"73.97", "58.49", "58.53", "58.72", "58.21", "58.34", "TopoNet 3.00", "LLCNN-G 16.57"})
      QVERIFY2(rowOf(section, "Accuracy").published.find(figure) != std::string::npos, figure);
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
    for (const char* figure : {"0.6839", "0.6991", "0.755 ", "0.68"})
      QVERIFY2(orientation.published.find(figure) != std::string::npos, figure);
    compare(rowOf(section, "Smoothness of colour preference"), "- (too few units)", "");
    compare(rowOf(section, "Circular variance, median"), "0.825", "untrained 0.875");
    compare(rowOf(section, "Units of a circular variance below 0.6"), "25.0 %", "untrained 12.5 %");
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
    const Chart responses = chartOf(section, "maps_response_correlation_layer2.0");
    QCOMPARE(responses.series.size(), std::size_t{3});
    QVERIFY(responses.series[2].control);
    QCOMPARE(responses.series[2].y[0], 0.2);
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
    compare(rowOf(section, "Units of d' \u2265 1, faces"), "12.5 %", "untrained 6.2 %");
    compare(rowOf(section, "Units of d' \u2265 1, bodies"), "-", "");
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
    compare(rowOf(section, "layer2.0 (V1), Fisher information of a fitted readout at the last step"), "9.00",
            "labels shuffled 2.50; untrained - (none given)");
    compare(rowOf(section, "IT, entropy of a spike train"), "- (rates are not spikes)", "");
    compare(rowOf(section, "IT, Fisher information of a fitted readout at the last step"), "- (too few images)", "");
    compare(rowOf(section, "IT, firing rate"), "0.100 spikes per step", "");
    compare(rowOf(section, "layer2.0 (V1), firing rate"), "0.186 spikes per step", "untrained 0.250");
    QCOMPARE(chartOf(section, "maps_fisher").series.size(), std::size_t{3});
    const Chart rates = chartOf(section, "maps_rate_layer2.0");
    QCOMPARE(rates.series.size(), std::size_t{2});
    QCOMPARE(rates.series[0].x, std::vector<double>({1, 2}));
    QVERIFY(rates.series[1].control);
    QCOMPARE(chartOf(section, "maps_synchrony_layer2.0").series.size(), std::size_t{2});
    QCOMPARE(chartOf(section, "maps_synchrony_IT").file, std::string("no chart maps_synchrony_IT"));
  }

  void theTwinStandsBesideTheOtherControls() {
    json twin = report();
    json& v1 = twin["sheets"][0];
    twin["accuracy"] = 0.75;
    v1["smoothness"]["orientation"] = smoothness(0.4142);
    v1["pinwheels"]["count"] = 99;
    v1["circular_variance"]["distance_to_macaque"] = 0.5;
    v1["median_circular_variance"] = 0.75;
    v1["fraction_circular_variance_below_0.6"] = 0.5;
    v1["firing_rate"] = 0.375;
    twin["sheets"][3]["categories"]["faces"]["d_prime_share"]["value"] = 0.25;
    const auto sections = mapSections(withTwin(report(), twin), kNowhere);
    const auto alone = mapSections(report(), kNowhere);
    QCOMPARE(sections.size(), alone.size());
    compare(rowOf(sections[0], "Accuracy"), "50.0 (45.1 to 54.9) %", "guessing 50.0 %; twin 75.0 %");
    compare(rowOf(sections[1], "Smoothness of orientation (vector sum)"), "0.73 \u00b1 0.01",
            "shuffled 0.03 \u00b1 0.01; untrained - (no untrained network); twin 0.41 \u00b1 0.01");
    compare(rowOf(sections[1], "Pinwheels"), "27 (15 of +1/2, 12 of -1/2)",
            "shuffled 3; untrained - (too few units); twin 99");
    compare(rowOf(sections[1], "Circular variance, distance to the macaque's histogram"), "0.331",
            "untrained 0.402; twin 0.500");
    compare(rowOf(sections[1], "Circular variance, median"), "0.825", "untrained 0.875; twin 0.750");
    compare(rowOf(sections[1], "Units of a circular variance below 0.6"), "25.0 %", "untrained 12.5 %; twin 50.0 %");
    compare(rowOf(sections[2], "Units of d' \u2265 1, faces"), "12.5 %", "untrained 6.2 %; twin 25.0 %");
    compare(rowOf(sections[3], "layer2.0 (V1), firing rate"), "0.186 spikes per step", "untrained 0.250; twin 0.375");
    // Every curve and every value that has the untrained control has the twin beside it: here its own value again.
    for (std::size_t s = 1; s < sections.size(); ++s) {
      for (const Chart& chart : sections[s].charts) {
        const auto has = [&chart](const char* name) {
          return std::any_of(chart.series.begin(), chart.series.end(),
                             [name](const Series& series) { return series.control && series.name == name; });
        };
        QVERIFY2(has("twin") || !has("untrained"), chart.file.c_str());
        if (has("twin")) QCOMPARE(chart.series.back().y.size(), chart.series.front().y.size());
      }
      for (const Row& row : sections[s].rows)
        QVERIFY2(row.control.find("twin") != std::string::npos || row.control.find("untrained") == std::string::npos,
                 (row.name + ": " + row.control).c_str());
    }
    // What the twin lacks stays without; nothing else changes.
    for (const json& other :
         {json(), json{{"sheets", {{{"layer", "another"}}}}}, json{{"sheets", {{{"layer", "IT"}}}}}}) {
      const auto same = mapSections(withTwin(report(), other), kNowhere);
      for (std::size_t s = 0; s < alone.size(); ++s) {
        QCOMPARE(same[s].rows.size(), alone[s].rows.size());
        for (std::size_t r = 0; r < alone[s].rows.size(); ++r)
          QCOMPARE(same[s].rows[r].control, alone[s].rows[r].control);
        QCOMPARE(same[s].charts.size(), alone[s].charts.size());
      }
    }
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
    // The map of a domain that has patches shows their outlines, and says where their numbers are.
    const std::string& caption = sections[2].pictures[0].caption;
    QVERIFY2(
        caption.find("outlined") != std::string::npos && caption.find("IT_patch_outlines.csv") != std::string::npos,
        caption.c_str());
    with["sheets"][3]["categories"]["faces"]["patches"] = json::array();
    const auto without = mapSections(with, folder.path().toStdString());
    QCOMPARE(without[2].pictures.at(0).caption, std::string("Selectivity for faces"));
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
