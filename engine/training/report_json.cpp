#include "engine/training/report_json.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace pinwheel::training {
namespace {

using nlohmann::json;

json toJson(const MeasuredSmoothness& measured) {
  if (!measured.value) return notMeasured(measured.value.error());
  json out = smoothnessJson(*measured.value);
  json& controls = out["controls"];
  if (measured.untrained) {
    controls["untrained"] = number(measured.untrained->mean);
    controls["untrained_sem"] = number(measured.untrained->sem);
  } else {
    controls["untrained"] = notMeasured(measured.untrained.error());
  }
  return out;
}

json toJson(const analysis::CorrelationByDistance& curve) {
  return {
      {"distance_mm", numbers(curve.distanceMm)}, {"mean", numbers(curve.mean)},         {"low_95", numbers(curve.low)},
      {"high_95", numbers(curve.high)},           {"shuffled", numbers(curve.shuffled)}, {"pairs", curve.pairs}};
}

// The control's curve alone: its bins and pairs are those of the value.
json meansOf(const Expected<analysis::CorrelationByDistance>& curve) {
  return orReason(curve, [](const auto& c) { return numbers(c.mean); });
}

json pinwheelDensity(const Expected<analysis::PinwheelMap>& map) {
  return orReason(map, [](const analysis::PinwheelMap& m) -> json {
    return {{"count", m.pinwheels.size()},
            {"column_spacing_mm", number(m.columnSpacingMm)},
            {"density_per_column_spacing_squared", number(m.densityPerSpacing2)},
            {"density_per_3.5mm_squared", number(m.densityPer3_5mm2)}};
  });
}

json pinwheels(const SheetMeasures& sheet) {
  if (!sheet.pinwheels.value) return notMeasured(sheet.pinwheels.value.error());
  const analysis::PinwheelMap& map = *sheet.pinwheels.value;
  json list = json::array();
  for (const analysis::Pinwheel& p : map.pinwheels)
    list.push_back({{"x_mm", p.xMm}, {"y_mm", p.yMm}, {"winding", 0.5 * p.sign}});
  json out = pinwheelDensity(sheet.pinwheels.value);
  out["positive"] = map.positive;
  out["negative"] = map.negative;
  out["area_mm2"] = number(map.areaMm2);
  out["biology_density"] = std::numbers::pi;
  out["controls"] = {{"shuffled", pinwheelDensity(sheet.shuffledPinwheels)},
                     {"untrained", pinwheelDensity(sheet.pinwheels.untrained)}};
  out["pinwheels"] = list;
  return out;
}

// The untrained network's, of the sheet's plain numbers.
json sheetControls(const SheetMeasures& sheet) {
  const auto& variance = sheet.circularVariance.untrained;
  return {{"untrained_firing_rate",
           orReason(sheet.untrainedTime, [](const TimeMeasures& time) { return number(time.firingRate); })},
          {"untrained_median_circular_variance",
           orReason(variance, [](const auto& match) { return number(match.median); })},
          {"untrained_fraction_circular_variance_below_0.6",
           orReason(variance, [](const auto& match) { return number(match.selectiveFraction); })}};
}

json responseCorrelation(const SheetMeasures& sheet) {
  json out = orReason(sheet.correlation, [](const auto& curve) { return toJson(curve); });
  if (sheet.correlation)
    out["controls"] = {{"untrained", sheet.untrainedTime ? meansOf(sheet.untrainedTime->responseCorrelation)
                                                         : notMeasured(sheet.untrainedTime.error())}};
  return out;
}

json circularVariance(const Controlled<analysis::CircularVarianceMatch>& measured) {
  if (!measured.value) return notMeasured(measured.value.error());
  const auto distance = [](const analysis::CircularVarianceMatch& m) { return number(m.distanceToMacaque); };
  return {{"units", measured.value->units},
          {"histogram", measured.value->histogram},
          {"macaque_histogram", analysis::kMacaqueCircularVariance},
          {"macaque_median", analysis::kMacaqueMedianCircularVariance},
          {"distance_to_macaque", distance(*measured.value)},
          {"controls", {{"untrained", orReason(measured.untrained, distance)}}}};
}

json toJson(const Controlled<std::vector<analysis::PatchesAtThreshold>>& sweep) {
  if (!sweep.value) return notMeasured(sweep.value.error());
  json rows = json::array();
  for (std::size_t i = 0; i < sweep.value->size(); ++i) {
    const analysis::PatchesAtThreshold& row = (*sweep.value)[i];
    json controls = {{"shuffled_patches", row.shuffledPatches}, {"shuffled_area_mm2", row.shuffledAreaMm2}};
    if (sweep.untrained) {
      controls["untrained_patches"] = (*sweep.untrained)[i].patches;
      controls["untrained_area_mm2"] = (*sweep.untrained)[i].areaMm2;
      controls["untrained_unit_share"] = (*sweep.untrained)[i].unitShare;
    } else {
      controls["untrained"] = notMeasured(sweep.untrained.error());
    }
    rows.push_back({{"threshold", row.threshold},
                    {"patches", row.patches},
                    {"area_mm2", row.areaMm2},
                    {"largest_mm2", row.largestMm2},
                    {"units", row.units},
                    {"unit_share", row.unitShare},
                    {"controls", controls}});
  }
  return rows;
}

json toJson(const Controlled<analysis::DeltaSelectivity>& delta) {
  return orReason(delta.value, [&](const analysis::DeltaSelectivity& d) {
    json out = toJson(d.difference);
    out["ratio_to_chance"] = numbers(d.ratio);
    out["controls"] = {
        {"untrained_ratio_to_chance", orReason(delta.untrained, [](const auto& u) { return numbers(u.ratio); })}};
    return out;
  });
}

// Polygons of {x_mm, y_mm}; a micrometre is finer than any grid, and keeps the report short.
json outlinesJson(const std::vector<analysis::SheetLine>& outlines) {
  const auto rounded = [](double mm) { return std::round(1000 * mm) / 1000; };
  json polygons = json::array();
  for (const analysis::SheetLine& outline : outlines) {
    json x = json::array();
    json y = json::array();
    for (const analysis::SheetPoint& point : outline) {
      x.push_back(rounded(point.xMm));
      y.push_back(rounded(point.yMm));
    }
    polygons.push_back({{"x_mm", x}, {"y_mm", y}});
  }
  return polygons;
}

// The ends of a map of selectivity; nothing for one without units.
void addExtremes(json& out, const std::string& name, const std::vector<float>& values) {
  if (values.empty()) return;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  out[name + "_minimum"] = *low;
  out[name + "_maximum"] = *high;
}

json toJson(const DomainMeasure& domain) {
  json out = {{"smoothness", toJson(domain.smoothness)}};
  addExtremes(out, "t", domain.t);
  addExtremes(out, "d_prime", domain.dPrime);
  if (!domain.t.empty()) {
    const auto above =
        std::count_if(domain.t.begin(), domain.t.end(), [](float t) { return static_cast<double>(t) >= kSelectiveT; });
    out["fraction_t_above_2"] = static_cast<double>(above) / static_cast<double>(domain.t.size());
  }
  out["d_prime_share"] = {{"threshold", kSelectiveDPrime},
                          {"value", number(domain.dPrimeShare)},
                          {"controls", {{"untrained", number(domain.untrainedDPrimeShare)}}}};
  out["patches"] = orReason(domain.patches, [](const std::vector<analysis::Patch>& patches) {
    json list = json::array();
    for (const analysis::Patch& patch : patches)
      list.push_back({{"area_mm2", patch.areaMm2},
                      {"units", patch.units},
                      {"x_mm", patch.xMm},
                      {"y_mm", patch.yMm},
                      {"peak_t", patch.peak},
                      {"outlines", outlinesJson(patch.outlines)}});
    return list;
  });
  out["patches_by_threshold"] = toJson(domain.sweep);
  out["delta_selectivity"] = toJson(domain.delta);
  return out;
}

json toJson(const analysis::OverlapValue& value) {
  return {{"value", number(value.value)},
          {"chance_low_95", number(value.chanceLow)},
          {"chance_high_95", number(value.chanceHigh)}};
}

json toJson(const OverlapMeasure& measured) {
  json out = {{"first", measured.first}, {"second", measured.second}};
  if (!measured.overlap.value) {
    out.update(notMeasured(measured.overlap.value.error()));
    return out;
  }
  out["windows"] = measured.overlap.value->windows;
  out["correlation"] = toJson(measured.overlap.value->correlation);
  out["windowed"] = toJson(measured.overlap.value->windowed);
  out["controls"] = {{"untrained", orReason(measured.overlap.untrained, [](const analysis::DomainOverlap& u) -> json {
                        return {{"correlation", number(u.correlation.value)}, {"windowed", number(u.windowed.value)}};
                      })}};
  return out;
}

json toJson(const analysis::SpikeTrainEntropy& entropy) {
  return {{"bits", number(entropy.bits)},
          {"uncorrected_bits", number(entropy.uncorrectedBits)},
          {"controls", {{"independent_steps_bits", number(entropy.independentBits)}}},
          {"exact", entropy.exact},
          {"memory_steps", entropy.memorySteps},
          {"units", entropy.units},
          {"images", entropy.stimuli}};
}

json toJson(const TimeMeasures& time, const Expected<TimeMeasures>& untrained) {
  // A measure of the untrained network, or the reason why it is missing.
  const auto control = [&](auto member, auto&& write) {
    return untrained ? orReason((*untrained).*member, write) : notMeasured(untrained.error());
  };
  json out;
  out["entropy"] = orReason(time.entropy, [&](const analysis::SpikeTrainEntropy& entropy) {
    json e = toJson(entropy);
    e["controls"]["untrained_bits"] = control(&TimeMeasures::entropy, [](const auto& u) { return number(u.bits); });
    return e;
  });
  if (time.entropy) {
    out["rate_by_step"] = numbers(time.entropy->rateByStep);
    out["silent_share"] = number(time.entropy->silentShare);
    out["controls"] = {{"untrained_rate_by_step",
                        control(&TimeMeasures::entropy, [](const auto& u) { return numbers(u.rateByStep); })},
                       {"untrained_silent_share",
                        control(&TimeMeasures::entropy, [](const auto& u) { return number(u.silentShare); })}};
  }
  out["synchrony_by_distance"] = orReason(time.synchrony, [&](const analysis::CorrelationByDistance& curve) {
    json s = toJson(curve);
    s["window_steps"] = time.synchronyWindow;
    s["controls"] = {{"untrained", control(&TimeMeasures::synchrony, [](const auto& u) { return numbers(u.mean); })}};
    return s;
  });
  out["readout_fisher_information"] = orReason(time.fisher, [&](const analysis::ReadoutFisher& fisher) -> json {
    return {{"by_step", numbers(fisher.information)},
            {"explained_variance", numbers(fisher.explained)},
            {"units", fisher.units},
            {"images", fisher.stimuli},
            {"controls",
             {{"shuffled_labels", numbers(fisher.chance)},
              {"untrained", control(&TimeMeasures::fisher, [](const auto& u) { return numbers(u.information); })}}}};
  });
  return out;
}

}  // namespace

double meanDomainSmoothness(const SheetMeasures& sheet) {
  double sum = 0;
  int count = 0;
  for (const DomainMeasure& domain : sheet.domains)
    if (domain.smoothness.value) {
      sum += domain.smoothness.value->mean;
      ++count;
    }
  return count > 0 ? sum / count : std::nan("");
}

json smoothnessJson(const analysis::Smoothness& smoothness) {
  return {
      {"smoothness", number(smoothness.mean)},
      {"sem", number(smoothness.sem)},
      {"controls", {{"shuffled", number(smoothness.shuffledMean)}, {"shuffled_sem", number(smoothness.shuffledSem)}}},
      {"units", smoothness.units},
      {"distance_mm", numbers(smoothness.distanceMm)},
      {"difference", numbers(smoothness.difference)},
      {"chance", numbers(smoothness.chance)}};
}

json sheetJson(const SheetMeasures& sheet) {
  const topography::SheetSpec& spec = sheet.sheet.spec;
  json smoothness = json::object();
  for (const MeasuredSmoothness& measured : sheet.tuningSmoothness) smoothness[measured.quantity] = toJson(measured);
  json domains = json::object();
  for (const DomainMeasure& domain : sheet.domains) domains[domain.domain] = toJson(domain);
  json overlaps = json::array();
  for (const OverlapMeasure& measured : sheet.overlaps) overlaps.push_back(toJson(measured));
  const auto& cv = sheet.circularVariance.value;
  json tuning = orReason(sheet.tuningCorrelation.value, [](const auto& curve) { return toJson(curve); });
  if (sheet.tuningCorrelation.value) tuning["controls"] = {{"untrained", meansOf(sheet.tuningCorrelation.untrained)}};
  return {{"layer", spec.layer},
          {"area", spec.area},
          {"units", spec.unitCount()},
          {"shape", {spec.channels, spec.height, spec.width}},
          {"training_side_mm", spec.trainingSideMm},
          {"display_side_mm", spec.displaySideMm},
          {"firing_rate", number(sheet.firingRate)},
          {"median_circular_variance", cv ? number(cv->median) : json()},
          {"fraction_circular_variance_below_0.6", cv ? number(cv->selectiveFraction) : json()},
          {"controls", sheetControls(sheet)},
          {"circular_variance", circularVariance(sheet.circularVariance)},
          {"smoothness", smoothness},
          {"pinwheels", pinwheels(sheet)},
          {"tuning_correlation_by_distance", tuning},
          {"categories", domains},
          {"mean_category_smoothness", number(meanDomainSmoothness(sheet))},
          {"selective_share",
           {{"threshold_t", kSelectiveT},
            {"value", number(sheet.selectiveShare)},
            {"controls", {{"untrained", number(sheet.untrainedSelectiveShare)}}}}},
          {"overlaps", overlaps},
          {"correlation_by_distance", responseCorrelation(sheet)},
          {"time", toJson(sheet.time, sheet.untrainedTime)}};
}

}  // namespace pinwheel::training
