#include "engine/protocol/wiring.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "engine/analysis/interval.h"
#include "engine/analysis/wiring.h"
#include "engine/core/random.h"
#include "engine/data/selection.h"
#include "engine/protocol/section_text.h"
#include "engine/training/measured_json.h"
#include "engine/training/measured_network.h"
#include "engine/training/responses.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;
using topography::Sheet;
using training::number;

constexpr double kV1SideMm = 36.75;
constexpr double kItSideMm = 70;
constexpr std::uint64_t kShuffleStream = 0x3177;
constexpr std::uint64_t kBootstrapStream = 0x3178;
constexpr std::int64_t kBatch = 5;  // small, so that a stop is heeded between batches

analysis::FibreOptions fibreOptions(const Sheet& source, const Sheet& target, const WiringOptions& options) {
  const double side = source.spec.displaySideMm;
  analysis::FibreOptions out;
  out.windows = options.windows;
  out.starts = options.starts;
  out.seed = options.seed;
  if (target.spec.area == "IT") {
    out.activePercentile = options.itPercentile;
    out.distanceMm = options.itDistanceMm * side / kItSideMm;
    return out;
  }
  const auto fewest = static_cast<double>(std::min(source.spec.unitCount(), target.spec.unitCount()));
  const double share = std::max(options.v1WindowMm / kV1SideMm,
                                std::sqrt(std::min(1.0, static_cast<double>(options.windowUnits) / fewest)));
  out.activePercentile = options.v1Percentile;
  out.windowMm = share * side;
  out.distanceMm = options.v1DistanceMm / options.v1WindowMm * out.windowMm;
  return out;
}

// The lengths of one pair of sheets, an entry per image and window, images one after the other.
struct Lengths {
  std::vector<double> lengthMm;  // NaN where too little was active
  std::vector<double> fibres;

  void add(const Expected<analysis::WiringLength>& measured, std::size_t windows) {
    const std::vector<double> none(windows, std::numeric_limits<double>::quiet_NaN());
    const std::vector<double>& lengths = measured ? measured->windowLengthMm : none;
    const std::vector<double>& counts = measured ? measured->windowFibres : none;
    lengthMm.insert(lengthMm.end(), lengths.begin(), lengths.end());
    fibres.insert(fibres.end(), counts.begin(), counts.end());
  }
  [[nodiscard]] std::int64_t measured() const {
    return std::count_if(lengthMm.begin(), lengthMm.end(), [](double value) { return std::isfinite(value); });
  }
};

// Which windows of which images have a length in the network and in its controls: a window of few active units has
// few fibres, so that whoever is left out where activity is sparse would seem to need more wire. Of them those that
// have no length at all take no part.
std::vector<bool> sharedWindows(std::initializer_list<const Lengths*> all) {
  std::vector<bool> shared((*all.begin())->lengthMm.size(), true);
  for (const Lengths* lengths : all) {
    if (lengths->measured() == 0) continue;
    for (std::size_t i = 0; i < shared.size(); ++i) shared[i] = shared[i] && std::isfinite(lengths->lengthMm[i]);
  }
  return shared;
}

double meanOf(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Over the images that have a window in `shared`, each of them the mean over its windows there.
json lengthsJson(const Lengths& lengths, const std::vector<bool>& shared, std::size_t windows,
                 const WiringOptions& options) {
  const std::int64_t measured = lengths.measured();
  std::vector<double> perImage;
  std::vector<double> fibres;
  for (std::size_t first = 0; measured > 0 && first < shared.size(); first += windows) {
    double length = 0;
    double ends = 0;
    int count = 0;
    for (std::size_t i = first; i < first + windows; ++i) {
      if (!shared[i]) continue;
      length += lengths.lengthMm[i];
      ends += lengths.fibres[i];
      ++count;
    }
    if (count == 0) continue;
    perImage.push_back(length / count);
    fibres.push_back(ends / count);
  }
  json out;
  if (measured == 0) {
    out = training::notMeasured({"no window has enough active units in both sheets"});
  } else if (perImage.empty()) {
    out = training::notMeasured({"no window has enough active units in the network and in its controls alike"});
  } else {
    const analysis::Interval interval =
        analysis::meanInterval95(perImage, options.bootstraps, options.seed, kBootstrapStream);
    out = {{"length_mm", number(meanOf(perImage))},
           {"low_95", number(interval.low)},
           {"high_95", number(interval.high)},
           {"fibres", number(meanOf(fibres))},
           {"images", perImage.size()}};
  }
  out["left_out_share"] = 1 - static_cast<double>(measured) / static_cast<double>(shared.size());
  return out;
}

// Two sheets, the target at the source's side.
struct Pair {
  std::vector<float> sourceX, sourceY, targetX, targetY;
  double sideMm = 0;
  analysis::FibreOptions options;

  Pair(const Sheet& source, const Sheet& target, const WiringOptions& wiring)
      : sourceX(source.displayXMm()),
        sourceY(source.displayYMm()),
        targetX(target.displayXMm()),
        targetY(target.displayYMm()),
        sideMm(source.spec.displaySideMm),
        options(fibreOptions(source, target, wiring)) {
    const auto scale = static_cast<float>(sideMm / target.spec.displaySideMm);
    for (std::vector<float>* axis : {&targetX, &targetY})
      for (float& value : *axis) value *= scale;
  }
  [[nodiscard]] Expected<analysis::WiringLength> length(std::span<const float> source,
                                                        std::span<const float> target) const {
    return analysis::wiringLength({sourceX, sourceY, targetX, targetY, sideMm}, source, target, options);
  }
  [[nodiscard]] std::size_t windows() const {
    return options.windowMm > 0 && options.windowMm < sideMm ? static_cast<std::size_t>(options.windows) : 1;
  }
};

// Positions shuffled among units are answers shuffled among positions.
std::vector<float> shuffledRates(std::span<const float> rates, std::uint64_t seed, std::size_t sheet,
                                 std::int64_t image) {
  std::vector<float> out(rates.begin(), rates.end());
  Random random(seed, kShuffleStream + (static_cast<std::uint64_t>(sheet) << 32), static_cast<std::uint64_t>(image));
  random.shuffle(out);
  return out;
}

class Measurement {
public:
  Measurement(const Subject& subject, const WiringOptions& options, const ProgressCallback& progress,
              const StopFlag& stop)
      : m_subject(subject),
        m_options(options),
        m_progress(progress),
        m_stop(stop),
        m_images(data::selectImages(subject.validation,
                                    data::balancedIndices(*subject.validation, options.images, options.seed))) {
    for (std::size_t s = 0; s + 1 < subject.sheets.size(); ++s)
      m_pairs.emplace_back(subject.sheets[s], subject.sheets[s + 1], options);
  }

  [[nodiscard]] std::int64_t images() const { return m_images->size(); }
  [[nodiscard]] const std::vector<Pair>& pairs() const { return m_pairs; }

  // Per pair; `shuffled`, where it is given, takes the control of the same answers.
  Expected<std::vector<Lengths>> lengthsOf(snn::Network& network, std::vector<Lengths>* shuffled) {
    std::vector<Lengths> out(m_pairs.size());
    if (shuffled != nullptr) shuffled->resize(m_pairs.size());
    std::vector<float> before;
    std::int64_t first = 0;
    const auto response = training::recordDataset(
        network, m_subject.device, m_images, m_subject.side, m_subject.normalisation,
        std::min(m_subject.batchSize, kBatch), m_subject.workers, false,
        [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t count, std::span<const float> rates) {
          for (std::int64_t i = 0; i < count && sheet > 0 && !m_stop.requested(); ++i) {
            const auto source = imageOf(before, i, count);
            const auto target = imageOf(rates, i, count);
            const Pair& pair = m_pairs[sheet - 1];
            out[sheet - 1].add(pair.length(source, target), pair.windows());
            if (shuffled != nullptr)
              (*shuffled)[sheet - 1].add(pair.length(shuffledRates(source, m_options.seed, sheet - 1, first + i),
                                                     shuffledRates(target, m_options.seed, sheet, first + i)),
                                         pair.windows());
          }
          before.assign(rates.begin(), rates.end());
          if (sheet < m_pairs.size()) return;
          first += count;
          m_done += count;
          if (m_progress) m_progress({"wiring length", m_done, 2 * images()});
        },
        &m_stop);
    if (!response) return tl::unexpected(response.error());
    return out;
  }

private:
  static std::span<const float> imageOf(std::span<const float> rates, std::int64_t image, std::int64_t count) {
    const std::size_t units = rates.size() / static_cast<std::size_t>(count);
    return rates.subspan(static_cast<std::size_t>(image) * units, units);
  }

  const Subject& m_subject;
  const WiringOptions& m_options;
  const ProgressCallback& m_progress;
  const StopFlag& m_stop;
  std::shared_ptr<const data::Dataset> m_images;
  std::vector<Pair> m_pairs;
  std::int64_t m_done = 0;
};

Status checkOptions(const Subject& subject, const WiringOptions& options) {
  if (subject.sheets.size() < 2)
    return failure("There is no wiring to measure", "the network has fewer than two sheets",
                   "give a network with two sheets or more");
  const auto isPercentile = [](double value) { return value >= 0 && value < 100; };
  if (options.images < 1 || options.windowUnits < 1 || options.windows < 1 || options.starts < 1 ||
      options.bootstraps < 1 || !(options.v1DistanceMm > 0) || !(options.v1WindowMm > 0) ||
      !(options.itDistanceMm > 0) || !isPercentile(options.v1Percentile) || !isPercentile(options.itPercentile))
    return failure("The wiring length cannot be measured with these options",
                   "counts must be at least 1, lengths above 0, percentiles in [0, 100)", "take WiringOptions::of");
  return {};
}

double lengthOf(const json& lengths) {
  return reasonOf(lengths).empty() ? realOf(lengths.at("length_mm")) : realOf({});
}

}  // namespace

WiringOptions WiringOptions::of(Effort effort) {
  WiringOptions options;
  if (effort == Effort::quick) {
    options.images = 10;
    options.windows = 5;
    options.starts = 3;
  }
  return options;
}

json optionsJson(const WiringOptions& options) {
  return {{"images", options.images},
          {"v1_percentile", options.v1Percentile},
          {"v1_distance_mm", options.v1DistanceMm},
          {"v1_window_mm", options.v1WindowMm},
          {"window_units", options.windowUnits},
          {"windows", options.windows},
          {"it_percentile", options.itPercentile},
          {"it_distance_mm", options.itDistanceMm},
          {"starts", options.starts},
          {"bootstraps", options.bootstraps},
          {"seed", options.seed}};
}

Expected<json> measureWiring(const Subject& subject, const WiringOptions& options, const ProgressCallback& progress,
                             const StopFlag& stop) {
  if (const Status status = checkOptions(subject, options); !status) return tl::unexpected(status.error());
  Measurement measurement(subject, options, progress, stop);
  std::vector<Lengths> shuffled;
  const auto trained = measurement.lengthsOf(*subject.network, &shuffled);
  if (!trained) return tl::unexpected(trained.error());
  const auto network =
      training::untrainedControl(*subject.checkpoint, subject.device, subject.training, subject.batchSize, stop);
  if (!network) return tl::unexpected(network.error());
  const auto untrained = measurement.lengthsOf(**network, nullptr);
  if (!untrained) return tl::unexpected(untrained.error());

  json pairs = json::array();
  for (std::size_t p = 0; p < measurement.pairs().size(); ++p) {
    const Pair& sheets = measurement.pairs()[p];
    const std::vector<bool> shared = sharedWindows({&(*trained)[p], &shuffled[p], &(*untrained)[p]});
    const auto lengths = [&](const Lengths& of) { return lengthsJson(of, shared, sheets.windows(), options); };
    json pair = lengths((*trained)[p]);
    pair["source"] = subject.sheets[p].spec.layer;
    pair["target"] = subject.sheets[p + 1].spec.layer;
    pair["percentile"] = sheets.options.activePercentile;
    pair["distance_mm"] = sheets.options.distanceMm;
    pair["window_mm"] = sheets.options.windowMm;
    pair["windows"] = shared.size();
    pair["compared_windows"] = std::count(shared.begin(), shared.end(), true);
    pair["controls"] = {{"shuffled", lengths(shuffled[p])}, {"untrained", lengths((*untrained)[p])}};
    const json& control = pair["controls"]["shuffled"];
    pair["of_shuffled"] = number(lengthOf(pair) / lengthOf(control));
    pairs.push_back(std::move(pair));
  }
  return json{{"parameters", optionsJson(options)}, {"images", measurement.images()}, {"pairs", pairs}};
}

}  // namespace pinwheel::protocol
