// A report.json by hand, for tests of its page.
#pragma once

#include <nlohmann/json.hpp>
#include <utility>

namespace pinwheel::test {

using nlohmann::json;

inline json notMeasured(const char* why) {
  return {{"not_measured", why}};
}

inline json smoothness(double value) {
  return {{"smoothness", value},
          {"sem", 0.0072},
          {"controls",
           {{"shuffled", 0.034}, {"shuffled_sem", 0.0073}, {"untrained", notMeasured("no untrained network")}}}};
}

inline json curve() {
  return {{"distance_mm", {1.0, 3.0, 5.0}},
          {"mean", {0.3, nullptr, 0.1}},
          {"low_95", {0.2, nullptr, 0.0}},
          {"high_95", {0.4, nullptr, 0.2}},
          {"shuffled", {0.05, nullptr, 0.05}}};
}

inline json v1() {
  json tuning = curve();
  tuning["controls"] = {{"untrained", {0.15, nullptr, 0.05}}};
  json responses = curve();
  responses["controls"] = {{"untrained", {0.2, nullptr, 0.1}}};
  return {
      {"layer", "layer2.0"},
      {"area", "V1"},
      {"units", 8192},
      {"display_side_mm", 36.75},
      {"firing_rate", 0.186},
      {"median_circular_variance", 0.825},
      {"fraction_circular_variance_below_0.6", 0.25},
      {"controls",
       {{"untrained_firing_rate", 0.25},
        {"untrained_median_circular_variance", 0.875},
        {"untrained_fraction_circular_variance_below_0.6", 0.125}}},
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
      {"correlation_by_distance", responses},
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

inline json it() {
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
              {"d_prime_share", {{"threshold", 1.0}, {"value", 0.125}, {"controls", {{"untrained", 0.0625}}}}},
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

inline json report() {
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

}  // namespace pinwheel::test
