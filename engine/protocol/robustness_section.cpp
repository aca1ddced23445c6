// What the page shows of the measured robustness.
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/corruptions.h"
#include "engine/protocol/robustness.h"
#include "engine/protocol/section_text.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

struct Drawing {
  std::string curve, title, strength;                           // the last names the axis, with its unit
  std::vector<std::pair<std::string, std::string>> controls{};  // curve, name
  std::string published{};
};

std::vector<Drawing> drawings() {
  const std::string epsilon = "Largest change of a pixel, epsilon (pixel units)";
  std::vector<Drawing> all{
      {"gaussian_noise", "Gaussian noise", "Standard deviation (pixel units)", {}, "TDSNN 25.8 %, none 24.5 %"},
      {"fgsm",
       "FGSM",
       epsilon,
       {{"random_signs", "random signs"}, {"bounded_gaussian", "Gaussian cut at epsilon"}},
       "TDSNN 24.4 %, none 23.6 %"},
      {"pgd", "PGD", epsilon, {{"random_signs", "random signs"}, {"fgsm", "FGSM"}}, "TDSNN 10.7 %, none 9.97 %"},
      {"masking", "Masked pixels", "Share of the pixels of a time step", {}, "TDSNN 21.0 %, none 20.8 %"}};
  for (const data::CorruptionKind& kind : data::corruptionKinds())
    all.push_back({std::string("corruption_") + kind.name, std::string("Corruption: ") + kind.title, "Severity"});
  return all;
}

std::string printed(const char* format, double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string percent(const json& fraction) {
  return percentText(realOf(fraction));
}

std::string strengthText(const std::string& curve, double strength) {
  if (curve == "gaussian_noise") return "standard deviation " + printed("%g", strength);
  if (curve == "masking") return printed("%g %%", 100 * strength);
  if (curve.starts_with("corruption_")) return "severity " + printed("%g", strength);
  return "epsilon " + printed("%g/255", 255 * strength);
}

Series series(const std::string& name, const json& curve, bool control) {
  return {name,
          curve.at("strength").get<std::vector<double>>(),
          realsOf(curve.at("accuracy"), 100),
          realsOf(curve.at("low_95"), 100),
          realsOf(curve.at("high_95"), 100),
          control};
}

Chart chartOf(const Drawing& drawing, const json& curves, const json& twin, double chance) {
  Chart chart{"robustness_" + drawing.curve, drawing.title, drawing.strength, "Accuracy (%)", {}};
  chart.series.push_back(series("this network", curves.at(drawing.curve), false));
  if (!twin.is_null()) chart.series.push_back(series("twin", twin.at("curves").at(drawing.curve), false));
  for (const auto& [curve, name] : drawing.controls) chart.series.push_back(series(name, curves.at(curve), true));
  const std::vector<double>& x = chart.series.front().x;
  chart.series.push_back({"chance", x, std::vector<double>(x.size(), 100 * chance), {}, {}, true});
  return chart;
}

// The middle of the strengths stands for the curve; the chart has them all.
Row rowOf(const Drawing& drawing, const json& curves, const json& twin) {
  const json& curve = curves.at(drawing.curve);
  const std::size_t middle = curve.at("strength").size() / 2;
  Row row;
  row.name = drawing.title + ", " + strengthText(drawing.curve, curve.at("strength").at(middle).get<double>());
  row.value = percent(curve.at("accuracy").at(middle)) + " (" + percent(curve.at("low_95").at(middle)) + " to " +
              percent(curve.at("high_95").at(middle)) + ")";
  for (const auto& [control, name] : drawing.controls)
    row.control += name + " " + percent(curves.at(control).at("accuracy").at(middle)) + "; ";
  row.control += "clean " + percent(curve.at("accuracy").at(0));
  if (!twin.is_null())
    row.control += "; twin " + percent(twin.at("curves").at(drawing.curve).at("accuracy").at(middle));
  if (!drawing.published.empty()) row.published = drawing.published + " (ImageNet, alpha = beta = 10)";
  return row;
}

// P(X >= more) of X ~ Binomial(more + less, 1/2).
double signTest(std::int64_t more, std::int64_t less) {
  const auto n = static_cast<double>(more + less);
  double p = 0;
  for (auto k = static_cast<double>(more); k <= n; ++k)
    p += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
  return p;
}

// Where an attack left more right than what should be weaker: its gradients lead nowhere there (Athalye et al. 2018).
std::string weakness(const json& measured, const std::string& attack, const std::string& title,
                     const std::string& control, const std::string& controlTitle) {
  const json& strengths = measured.at("curves").at(attack).at("strength");
  const json& against = measured.at("against").at(attack).at(control);
  const auto level = measured.at("parameters").at("weakness_test").at("level").get<double>();
  const std::size_t tests = strengths.size() - 1;
  std::string where;
  for (std::size_t i = 1; i <= tests; ++i)
    if (signTest(against.at("attack_alone").at(i).get<std::int64_t>(),
                 against.at("control_alone").at(i).get<std::int64_t>()) *
            static_cast<double>(tests) <
        level)
      where += (where.empty() ? "" : ", ") + strengthText(attack, strengths.at(i).get<double>());
  if (where.empty()) return {};
  return " Warning: " + title + " was weaker than " + controlTitle + " at " + where +
         " (one-sided sign test over the images, p < " + printed("%g", level) + " corrected for " +
         std::to_string(tests) +
         " strengths): the gradients may be masked, and its curve is no measure of robustness there.";
}

std::string textOf(const json& measured) {
  const json& parameters = measured.at("parameters");
  const json& pgd = parameters.at("pgd");
  const auto steps = pgd.at("steps").get<int>();
  std::string text =
      "Accuracy on " + std::to_string(measured.at("images").get<std::int64_t>()) +
      " validation images, every class as often as the data allow, the same at every strength (seed " +
      std::to_string(parameters.at("seed").get<std::uint64_t>()) +
      "). Strengths are in pixel units, 0 to 1, before the normalisation; the images stay in that range. The attacks "
      "follow the gradient of the cross-entropy of the true labels, in evaluation mode; a spiking network's is that of "
      "its surrogate. PGD takes " +
      std::to_string(steps) + " steps of " +
      printed("%.3g", pgd.at("step_size_times_steps_over_epsilon").get<double>() / steps) +
      " epsilon from a random point within epsilon. Random signs and Gaussian noise cut at epsilon change pixels by no "
      "more than FGSM does, without its aim. Masked pixels are drawn anew at each of the " +
      std::to_string(measured.at("time_steps").get<std::int64_t>()) +
      " time steps and show, in all channels, the training data's mean (0 after the normalisation). The corruptions' "
      "severities are those of CIFAR-10-C (Hendrycks & Dietterich 2019). Intervals are Wilson's, 95 %. The published "
      "values are of other images and of their own strengths.";
  const double still = measured.at("zero_gradients").at("image_share").get<double>();
  if (still > 0)
    text += " Warning: " + percent(still) + " of the images have no gradient at all: FGSM cannot change them.";
  return text + weakness(measured, "fgsm", "FGSM", "bounded_gaussian", "Gaussian noise of its size") +
         weakness(measured, "fgsm", "FGSM", "random_signs", "random signs of its size") +
         weakness(measured, "pgd", "PGD", "fgsm", "FGSM");
}

}  // namespace

Section robustnessSection(const json& measured) {
  return robustnessSection(measured, json());
}

Section robustnessSection(const json& measured, const json& twin) {
  Section section = sectionOf("Robustness", measured);
  if (!section.skipped.empty()) return section;
  const json& curves = measured.at("curves");
  const double chance = 1 / measured.at("classes").get<double>();
  section.text = textOf(measured);
  section.rows.push_back(
      {"Accuracy, clean images", percent(curves.at("fgsm").at("accuracy").at(0)),
       "chance " + percent(chance) +
           (twin.is_null() ? "" : "; twin " + percent(twin.at("curves").at("fgsm").at("accuracy").at(0)))});
  for (const Drawing& drawing : drawings()) {
    section.rows.push_back(rowOf(drawing, curves, twin));
    section.charts.push_back(chartOf(drawing, curves, twin, chance));
  }
  const json& zero = measured.at("zero_gradients");
  section.rows.push_back({"Gradients that are exactly 0", percent(zero.at("pixel_share")) + " of the pixels",
                          percent(zero.at("image_share")) + " of the images have none"});
  return section;
}

}  // namespace pinwheel::protocol
