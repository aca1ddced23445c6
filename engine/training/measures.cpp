#include "engine/training/measures.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "engine/data/world.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::training {
namespace {

constexpr std::uint64_t kSeed = 1;  // of the draws of every analysis: the same units for every network
constexpr int kCorrelationUnits = 400;
constexpr double kSelectiveBelow = 0.6;  // circular variance (Ringach et al. 2002)

std::vector<MeasuredSmoothness> tuningSmoothness(const topography::Sheet& sheet, const analysis::TuningMaps& maps,
                                                 int imageSide) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  const auto of = [&](const char* quantity, const std::vector<float>& preference, const std::vector<float>& peakToPeak,
                      double periodic, double range) {
    MeasuredSmoothness measured;
    measured.quantity = quantity;
    measured.value =
        analysis::smoothness(x, y, preference, peakToPeak, smoothnessOptions(sheet, periodic, range, kSeed));
    return measured;
  };
  const std::vector<double> frequencies = data::gratingFrequencies(imageSide);
  return {of("orientation", maps.orientationDeg, maps.orientationPeakToPeak, 180, 180),
          of("orientation_von_mises", maps.orientationVonMisesDeg, maps.orientationPeakToPeak, 180, 180),
          of("spatial_frequency", maps.frequencyCyclesPerImage, maps.frequencyPeakToPeak, 0,
             frequencies.back() - frequencies.front()),
          of("colour", maps.colourPreference, maps.colourPeakToPeak, 0, 2)};
}

// Patches are far wider than orientation columns (TDANN looks at 60 mm of a 70 mm IT): the bins reach half the sheet.
// A t has no range; one of 1 is one standard error.
MeasuredSmoothness domainSmoothness(const topography::Sheet& sheet, const std::string& domain,
                                    const std::vector<float>& t) {
  analysis::SmoothnessOptions options = smoothnessOptions(sheet, 0, 1, kSeed);
  options.maximumDistanceMm = sheet.spec.displaySideMm / 2;
  MeasuredSmoothness measured;
  measured.quantity = domain;
  measured.value = analysis::smoothness(sheet.displayXMm(), sheet.displayYMm(), t, {}, options);
  return measured;
}

void summariseTuning(SheetMeasures& sheet) {
  std::vector<float> variances;
  for (const float cv : sheet.tuning.circularVariance)
    if (std::isfinite(cv)) variances.push_back(cv);
  if (variances.empty()) return;
  const auto middle = variances.begin() + static_cast<std::ptrdiff_t>(variances.size() / 2);
  std::nth_element(variances.begin(), middle, variances.end());
  sheet.medianCircularVariance = *middle;
  const auto selective =
      std::count_if(variances.begin(), variances.end(), [](float cv) { return cv < kSelectiveBelow; });
  sheet.selectiveFraction = static_cast<double>(selective) / static_cast<double>(variances.size());
}

Status measureValidation(const MeasureInputs& inputs, NetworkMeasures& out, const StopFlag& stop) {
  std::vector<std::vector<std::int64_t>> units;
  std::vector<analysis::CorrelationAccumulator> accumulators;
  for (const topography::Sheet& sheet : inputs.sheets) {
    units.push_back(analysis::drawUnits(sheet.spec.unitCount(), kCorrelationUnits, kSeed));
    accumulators.emplace_back(static_cast<std::int64_t>(units.back().size()));
  }
  std::vector<double> sums(inputs.sheets.size(), 0.0);
  std::vector<float> drawn;
  auto response = recordDataset(
      *inputs.network, inputs.device, inputs.data.validation, inputs.side, inputs.normalisation, inputs.batchSize,
      inputs.workers, inputs.labelled,
      [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t count, std::span<const float> rates) {
        const std::size_t total = rates.size() / static_cast<std::size_t>(count);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
          drawn.clear();
          for (const std::int64_t unit : units[sheet])
            drawn.push_back(rates[i * total + static_cast<std::size_t>(unit)]);
          accumulators[sheet].add(drawn);
        }
        double sum = 0;
        for (const float rate : rates) sum += static_cast<double>(rate);
        sums[sheet] += sum / static_cast<double>(total);
      },
      &stop);
  if (!response) return tl::unexpected(response.error());
  out.validation = std::move(*response);
  out.validationLabelled = inputs.labelled;
  for (std::size_t s = 0; s < inputs.sheets.size(); ++s) {
    SheetMeasures& measures = out.sheets[s];
    measures.firingRate = sums[s] / static_cast<double>(std::max<std::int64_t>(1, out.validation.images));
    const std::vector<float> allX = measures.sheet.displayXMm();
    const std::vector<float> allY = measures.sheet.displayYMm();
    std::vector<float> x;
    std::vector<float> y;
    for (const std::int64_t unit : units[s]) {
      x.push_back(allX[static_cast<std::size_t>(unit)]);
      y.push_back(allY[static_cast<std::size_t>(unit)]);
    }
    analysis::CorrelationOptions options;
    options.seed = kSeed;
    measures.correlation = analysis::correlationByDistance(x, y, accumulators[s].correlation(), options);
  }
  return {};
}

}  // namespace

Expected<NetworkMeasures> measure(const MeasureInputs& inputs, const ProgressCallback& progress, const StopFlag& stop) {
  NetworkMeasures out;
  for (const topography::Sheet& sheet : inputs.sheets) {
    out.sheets.emplace_back();
    out.sheets.back().sheet = sheet;
  }
  const auto say = [&](const std::string& label, std::int64_t done) {
    if (progress) progress({label, done, 5});
  };

  say("gratings", 0);
  for (snn::Network* network : {inputs.network, inputs.untrained}) {
    if (network == nullptr) continue;
    auto tuning = measureTuning(*network, inputs.device, inputs.side, inputs.normalisation, inputs.batchSize, &stop);
    if (!tuning) return tl::unexpected(tuning.error());
    for (std::size_t s = 0; s < out.sheets.size(); ++s) {
      SheetMeasures& sheet = out.sheets[s];
      std::vector<MeasuredSmoothness> smoothness = tuningSmoothness(sheet.sheet, (*tuning)[s].maps, inputs.side);
      if (network == inputs.network) {
        sheet.tuning = std::move((*tuning)[s].maps);
        sheet.tuningSmoothness = std::move(smoothness);
        summariseTuning(sheet);
      } else {
        for (std::size_t q = 0; q < smoothness.size(); ++q)
          sheet.tuningSmoothness[q].untrained = std::move(smoothness[q].value);
      }
    }
  }

  say("pinwheels", 1);
  for (SheetMeasures& sheet : out.sheets) sheet.pinwheels = sheetPinwheels(sheet.sheet, sheet.tuning);

  say("categories", 2);
  for (snn::Network* network : {inputs.network, inputs.untrained}) {
    if (network == nullptr) continue;
    const auto responses = recordCategories(*network, inputs.device, inputs.categories, inputs.side,
                                            inputs.normalisation, inputs.batchSize, inputs.workers, &stop);
    if (!responses) return tl::unexpected(responses.error());
    for (std::size_t s = 0; s < out.sheets.size(); ++s) {
      SheetMeasures& sheet = out.sheets[s];
      for (int d = 0; d < (*responses)[s].domains(); ++d) {
        // A domain that the images lack has no map.
        if ((*responses)[s].count(d) < 2) continue;
        const std::string& name = data::domainNames()[static_cast<std::size_t>(d)];
        std::vector<float> t = (*responses)[s].tMap(d);
        MeasuredSmoothness smoothness = domainSmoothness(sheet.sheet, name, t);
        if (network == inputs.network) {
          DomainMeasure measured;
          measured.domain = name;
          measured.patches = analysis::findPatches(sheet.sheet.displayXMm(), sheet.sheet.displayYMm(), t,
                                                   sheet.sheet.spec.displaySideMm, {});
          measured.t = std::move(t);
          measured.smoothness = std::move(smoothness);
          sheet.domains.push_back(std::move(measured));
        } else {
          for (DomainMeasure& domain : sheet.domains)
            if (domain.domain == name) domain.smoothness.untrained = std::move(smoothness.value);
        }
      }
    }
  }

  say("validation images", 3);
  if (const Status status = measureValidation(inputs, out, stop); !status) return tl::unexpected(status.error());
  say("measured", 4);
  return out;
}

}  // namespace pinwheel::training
