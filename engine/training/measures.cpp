#include "engine/training/measures.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "engine/core/random.h"
#include "engine/training/category_measures.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::training {
namespace {

std::vector<MeasuredSmoothness> tuningSmoothness(const topography::Sheet& sheet, const analysis::TuningMaps& maps,
                                                 int imageSide) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  const auto of = [&](const char* quantity, const std::vector<float>& preference, const std::vector<float>& peakToPeak,
                      double periodic, double range) {
    MeasuredSmoothness measured;
    measured.quantity = quantity;
    measured.value =
        analysis::smoothness(x, y, preference, peakToPeak, smoothnessOptions(sheet, periodic, range, kMeasureSeed));
    return measured;
  };
  const std::vector<double> frequencies = data::gratingFrequencies(imageSide);
  return {of("orientation", maps.orientationDeg, maps.orientationPeakToPeak, 180, 180),
          of("orientation_von_mises", maps.orientationVonMisesDeg, maps.orientationPeakToPeak, 180, 180),
          of("spatial_frequency", maps.frequencyCyclesPerImage, maps.frequencyPeakToPeak, 0,
             frequencies.back() - frequencies.front()),
          of("colour", maps.colourPreference, maps.colourPeakToPeak, 0, 2)};
}

// The units' positions of a draw, for what is measured of pairs of them.
struct Positions {
  std::vector<float> x, y;
};

Positions positionsOf(const topography::Sheet& sheet, const std::vector<std::int64_t>& units) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  Positions out;
  for (const std::int64_t unit : units) {
    out.x.push_back(x[static_cast<std::size_t>(unit)]);
    out.y.push_back(y[static_cast<std::size_t>(unit)]);
  }
  return out;
}

// The control's curve stands beside that of the trained network, whose interval is enough.
Expected<analysis::CorrelationByDistance> tuningByDistance(const topography::Sheet& sheet,
                                                           const analysis::GratingResponses& responses, bool control) {
  const std::vector<std::int64_t> units = analysis::drawUnits(sheet.spec.unitCount(), kCorrelationUnits, kMeasureSeed);
  const Positions positions = positionsOf(sheet, units);
  analysis::CorrelationOptions options;
  options.seed = kMeasureSeed;
  if (control) options.bootstraps = 0;
  return analysis::correlationByDistance(positions.x, positions.y, analysis::tuningCorrelation(responses, units),
                                         options);
}

Expected<analysis::PinwheelMap> shuffledPinwheels(const topography::Sheet& sheet, const analysis::TuningMaps& maps) {
  analysis::TuningMaps shuffled;
  shuffled.orientationDeg = maps.orientationDeg;
  Random(kMeasureSeed, 0x91).shuffle(shuffled.orientationDeg);
  return sheetPinwheels(sheet, shuffled);
}

Status measureGratings(const MeasureInputs& inputs, NetworkMeasures& out, const StopFlag& stop) {
  for (snn::Network* network : {inputs.network, inputs.untrained}) {
    if (network == nullptr) continue;
    auto tuning = measureTuning(*network, inputs.device, inputs.side, inputs.normalisation, inputs.batchSize, &stop);
    if (!tuning) return tl::unexpected(tuning.error());
    const bool control = network != inputs.network;
    for (std::size_t s = 0; s < out.sheets.size(); ++s) {
      SheetMeasures& sheet = out.sheets[s];
      analysis::TuningMaps& maps = (*tuning)[s].maps;
      std::vector<MeasuredSmoothness> smoothness = tuningSmoothness(sheet.sheet, maps, inputs.side);
      auto circularVariance = analysis::matchCircularVariance(maps.circularVariance);
      auto correlation = tuningByDistance(sheet.sheet, (*tuning)[s].responses, control);
      auto pinwheels = sheetPinwheels(sheet.sheet, maps);
      if (control) {
        for (std::size_t q = 0; q < smoothness.size(); ++q)
          sheet.tuningSmoothness[q].untrained = std::move(smoothness[q].value);
        sheet.circularVariance.untrained = std::move(circularVariance);
        sheet.tuningCorrelation.untrained = std::move(correlation);
        sheet.pinwheels.untrained = std::move(pinwheels);
      } else {
        sheet.tuningSmoothness = std::move(smoothness);
        sheet.circularVariance.value = std::move(circularVariance);
        sheet.tuningCorrelation.value = std::move(correlation);
        sheet.pinwheels.value = std::move(pinwheels);
        sheet.shuffledPinwheels = shuffledPinwheels(sheet.sheet, maps);
        sheet.tuning = std::move(maps);
      }
    }
  }
  return {};
}

// Of the control alone: the trained network's come with the pass over all validation images.
Status measureControlTimes(const MeasureInputs& inputs, NetworkMeasures& out, const StopFlag& stop) {
  if (inputs.untrained == nullptr) return {};
  TimeInputs times;
  times.network = inputs.untrained;
  times.device = inputs.device;
  times.sheets = &inputs.sheets;
  times.images = inputs.data.validation;
  times.normalisation = inputs.normalisation;
  times.side = inputs.side;
  times.batchSize = inputs.batchSize;
  times.workers = inputs.workers;
  times.seed = kMeasureSeed;
  auto measured = measureTime(times, stop);
  if (!measured) return tl::unexpected(measured.error());
  for (std::size_t s = 0; s < out.sheets.size(); ++s) out.sheets[s].untrainedTime = std::move((*measured)[s]);
  return {};
}

Status measureValidation(const MeasureInputs& inputs, NetworkMeasures& out, const StopFlag& stop) {
  std::vector<std::vector<std::int64_t>> units;
  std::vector<analysis::CorrelationAccumulator> accumulators;
  for (const topography::Sheet& sheet : inputs.sheets) {
    units.push_back(analysis::drawUnits(sheet.spec.unitCount(), kCorrelationUnits, kMeasureSeed));
    accumulators.emplace_back(static_cast<std::int64_t>(units.back().size()));
  }
  std::vector<double> sums(inputs.sheets.size(), 0.0);
  std::vector<float> drawn;
  const data::Dataset& images = *inputs.data.validation;
  TimeRecorder trains(inputs.sheets, images.size(), static_cast<int>(images.classNames().size()), kMeasureSeed);
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
      &stop, trains.request());
  if (!response) return tl::unexpected(response.error());
  out.validation = std::move(*response);
  out.validationLabelled = inputs.labelled;
  std::vector<TimeMeasures> times = trains.measures();
  for (std::size_t s = 0; s < inputs.sheets.size(); ++s) {
    SheetMeasures& measures = out.sheets[s];
    measures.time = std::move(times[s]);
    measures.firingRate = sums[s] / static_cast<double>(std::max<std::int64_t>(1, out.validation.images));
    const Positions positions = positionsOf(measures.sheet, units[s]);
    analysis::CorrelationOptions options;
    options.seed = kMeasureSeed;
    measures.correlation =
        analysis::correlationByDistance(positions.x, positions.y, accumulators[s].correlation(), options);
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
  struct Part {
    const char* label;
    Status (*measure)(const MeasureInputs&, NetworkMeasures&, const StopFlag&);
  };
  const std::array parts{Part{"gratings", measureGratings}, Part{"categories", measureCategories},
                         Part{"validation images", measureValidation}, Part{"spike trains", measureControlTimes}};
  const auto total = static_cast<std::int64_t>(parts.size());
  for (std::size_t p = 0; p < parts.size(); ++p) {
    if (progress) progress({parts[p].label, static_cast<std::int64_t>(p), total});
    if (const Status status = parts[p].measure(inputs, out, stop); !status) return tl::unexpected(status.error());
  }
  if (progress) progress({"measured", total, total});
  return out;
}

}  // namespace pinwheel::training
