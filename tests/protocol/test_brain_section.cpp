#include "engine/protocol/brain_section.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using nlohmann::json;

namespace {

json step(const char* name, double value) {
  return {{"time_step", name},
          {"effective_dimensionality", 12.5},
          {"similarity", {{{"value", value}, {"low_95", 0.1}, {"high_95", 0.5}, {"p", 0.01}, {"reference", "it.npy"}}}},
          {"predictivity", {{"median_r", 0.25}, {"sem", 0.03125}, {"sites", 4}}}};
}

json sheet(const char* layer, const char* area) {
  return {{"layer", layer}, {"area", area}, {"time_steps", {step("1", 0.2), step("2", 0.25), step("sum", 0.3)}}};
}

json measured() {
  return {{"images", {"0.png", "1.png", "2.png"}},
          {"distance", "pearson"},
          {"comparison", "spearman"},
          {"bootstraps", 100},
          {"permutations", 99},
          {"recordings", "sites.npy"},
          {"references", {{{"file", "it.npy"}, {"noise_ceiling", {{"lower", 0.5}, {"upper", 0.75}}}}}},
          {"sheets", {sheet("layer2.0", "V1"), sheet("layer4.1", "IT")}}};
}

bool throws(const json& from) {
  try {
    (void)brainSection(from);
    return false;
  } catch (const json::exception&) {
    return true;
  }
}

}  // namespace

class TestBrainSection : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void everySheetHasItsRows() {
    const Section section = brainSection(measured());
    QCOMPARE(section.rows.size(), std::size_t{6});
    QCOMPARE(section.rows[0].name, std::string("layer2.0, similarity to it.npy"));
    QCOMPARE(section.rows[0].value, std::string("0.300 [0.100, 0.500], p 0.0100"));
    QCOMPARE(section.rows[0].control, std::string("noise ceiling 0.500 to 0.750"));
    QCOMPARE(section.rows[4].value, std::string("median r 0.250 \u00b1 0.031 (4 sites)"));
    QCOMPARE(section.rows[5].value, std::string("12.5"));
    QCOMPARE(section.charts.size(), std::size_t{1});
    QCOMPARE(section.charts[0].series.size(), std::size_t{2});
    QCOMPARE(section.charts[0].series[0].x, std::vector<double>({1, 2}));
    QCOMPARE(section.charts[0].series[0].y, std::vector<double>({0.2, 0.25}));
  }

  void publishedFiguresStandInTheirArea() {
    const Section section = brainSection(measured());
    QVERIFY(section.rows[1].published.starts_with("Brain-Score V1: TDSNN 0.6845, SNN 0.6823"));
    QVERIFY(section.rows[4].published.starts_with("Brain-Score IT: TDSNN 0.7127, SNN 0.7102"));
    QCOMPARE(section.rows[2].published, std::string());  // the human figure is that of VTC
    QVERIFY(section.rows[5].published.starts_with("human VTC: 16.71"));
  }

  void whatWasNotMeasuredIsADash() {
    json without = measured();
    json& sum = without["sheets"][0]["time_steps"][2];
    sum["similarity"][0] = {{"not_measured", "silent"}, {"reference", "it.npy"}};
    sum["predictivity"] = {{"not_measured", "no recordings were given"}};
    sum["effective_dimensionality"] = {{"not_measured", "silent"}};
    without["sheets"][0]["time_steps"][0]["similarity"][0] = {{"not_measured", "silent"}};
    const Section section = brainSection(without);
    QCOMPARE(section.rows.size(), std::size_t{4});
    QCOMPARE(section.rows[0].value, std::string("- (silent)"));
    QVERIFY(std::isnan(section.charts[0].series[0].y[0]));
  }

  // A stored part that lacks anything is measured again, which the exception asks for.
  void aDamagedPartThrows() {
    for (const char* pointer : {"/images",
                                "/distance",
                                "/comparison",
                                "/bootstraps",
                                "/permutations",
                                "/recordings",
                                "/references",
                                "/references/0/file",
                                "/references/0/noise_ceiling",
                                "/references/0/noise_ceiling/lower",
                                "/sheets",
                                "/sheets/1/layer",
                                "/sheets/1/area",
                                "/sheets/1/time_steps",
                                "/sheets/1/time_steps/0/time_step",
                                "/sheets/1/time_steps/0/similarity",
                                "/sheets/1/time_steps/0/similarity/0",
                                "/sheets/1/time_steps/2/similarity/0/value",
                                "/sheets/1/time_steps/2/predictivity",
                                "/sheets/1/time_steps/2/predictivity/sites",
                                "/sheets/1/time_steps/2/effective_dimensionality"}) {
      const json::json_pointer where{std::string(pointer)};
      json damaged = measured();
      json& parent = damaged.at(where.parent_pointer());
      if (parent.is_array())
        parent.clear();
      else
        parent.erase(where.back());
      QVERIFY2(throws(damaged), pointer);
    }
    json damaged = measured();
    damaged["sheets"][0]["time_steps"] = json::array();
    QVERIFY(throws(damaged));
    damaged = measured();
    damaged["sheets"][0]["time_steps"][0]["time_step"] = "first";
    QVERIFY(throws(damaged));
    for (const json& other : {json(), json::array(), json("text")}) QVERIFY(throws(other));
  }
};

QTEST_APPLESS_MAIN(TestBrainSection)
#include "test_brain_section.moc"
