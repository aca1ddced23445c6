#include "engine/training/time_measures.h"

#include <torch/torch.h>

#include <algorithm>
#include <optional>

#include "engine/data/selection.h"
#include "engine/training/responses.h"

namespace pinwheel::training {
namespace {

constexpr std::int64_t kImages = 1000;
constexpr int kPairUnits = 300;
// The readout's information grows with its inputs: sheets can be compared because all have as many.
constexpr std::int64_t kReadoutUnits = 128;
constexpr std::int64_t kImagesPerReadoutUnit = 4;

// Every n-th image, so that a data set sorted by class loses none of them.
std::vector<std::int64_t> spreadImages(std::int64_t size) {
  const std::int64_t count = std::min(size, kImages);
  std::vector<std::int64_t> images(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) images[static_cast<std::size_t>(i)] = i * size / count;
  return images;
}

// What is gathered of one sheet.
class SheetTrains {
public:
  SheetTrains(std::int64_t units, int timeSteps, int classes, std::int64_t images, std::uint64_t seed)
      : m_total(static_cast<std::size_t>(units)),
        m_timeSteps(static_cast<std::size_t>(timeSteps)),
        m_trainUnits(drawn(units, analysis::SpikeTrains::unitsThatFit(units, timeSteps), seed)),
        m_pairUnits(drawn(units, kPairUnits, seed)),
        m_rateUnits(drawn(units, kCorrelationUnits, seed)),
        m_readoutUnits(drawn(units, std::clamp<std::int64_t>(images / kImagesPerReadoutUnit, 1, kReadoutUnits), seed)),
        m_trains(count(m_trainUnits), timeSteps),
        m_pairs(count(m_pairUnits), timeSteps),
        m_responses(count(m_rateUnits)),
        m_readout(count(m_readoutUnits), classes, timeSteps),
        m_target(static_cast<std::size_t>(classes), 0.0) {}

  // spikes [T, images, U] of one batch.
  void add(std::span<const std::int64_t> labels, std::size_t images, std::span<const float> spikes) {
    // A damped spike is one; the twin's rates are none.
    if (m_timeSteps == 1)
      m_rates = m_rates || std::any_of(spikes.begin(), spikes.end(), [](float v) { return v != 0 && v != 1; });
    for (const float spike : spikes) m_spikes += static_cast<double>(spike);
    m_shown += images;
    for (std::size_t i = 0; i < images; ++i) {
      m_responses.add(ratesOf(gather(spikes, images, i, m_rateUnits)));
      m_trains.add(gather(spikes, images, i, m_trainUnits));
      m_pairs.add(gather(spikes, images, i, m_pairUnits));
      const auto label = static_cast<std::size_t>(labels[i]);
      m_target[label] = 1;
      m_readout.add(gather(spikes, images, i, m_readoutUnits), m_target);
      m_target[label] = 0;
    }
  }

  [[nodiscard]] TimeMeasures measures(const topography::Sheet& sheet, std::uint64_t seed) const {
    TimeMeasures out;
    out.firingRate = m_spikes / static_cast<double>(std::max<std::size_t>(1, m_shown * m_timeSteps * m_total));
    out.responseCorrelation = byDistance(sheet, m_rateUnits, m_responses.correlation(), seed, 0);
    out.synchronyWindow = m_pairs.window();
    out.fisher = m_readout.information();
    if (m_rates) {
      const auto noSpikes = failure("There are no spike trains", "the network answers with rates, at one time step");
      out.entropy = noSpikes;
      out.synchrony = noSpikes;
      return out;
    }
    out.entropy = m_trains.entropy();
    out.synchrony =
        byDistance(sheet, m_pairUnits, m_pairs.synchrony(), seed, analysis::CorrelationOptions{}.bootstraps);
    return out;
  }

private:
  static Expected<analysis::CorrelationByDistance> byDistance(const topography::Sheet& sheet,
                                                              const std::vector<std::int64_t>& units,
                                                              const std::vector<double>& correlation,
                                                              std::uint64_t seed, int bootstraps) {
    const std::vector<float> allX = sheet.displayXMm();
    const std::vector<float> allY = sheet.displayYMm();
    std::vector<float> x;
    std::vector<float> y;
    for (const std::int64_t unit : units) {
      x.push_back(allX[static_cast<std::size_t>(unit)]);
      y.push_back(allY[static_cast<std::size_t>(unit)]);
    }
    analysis::CorrelationOptions options;
    options.bootstraps = bootstraps;
    options.seed = seed;
    return analysis::correlationByDistance(x, y, correlation, options);
  }

  static std::vector<std::int64_t> drawn(std::int64_t total, std::int64_t wanted, std::uint64_t seed) {
    return analysis::drawUnits(total, static_cast<int>(wanted), seed);
  }
  static std::int64_t count(const std::vector<std::int64_t>& units) { return static_cast<std::int64_t>(units.size()); }

  // [T, units] of one image; valid until the next call.
  std::span<const float> gather(std::span<const float> spikes, std::size_t images, std::size_t image,
                                const std::vector<std::int64_t>& units) {
    m_gathered.resize(m_timeSteps * units.size());
    for (std::size_t t = 0; t < m_timeSteps; ++t) {
      const float* step = spikes.data() + (t * images + image) * m_total;
      float* out = m_gathered.data() + t * units.size();
      for (std::size_t u = 0; u < units.size(); ++u) out[u] = step[units[u]];
    }
    return m_gathered;
  }

  // The mean over time of [T, units]; valid until the next call.
  std::span<const float> ratesOf(std::span<const float> trains) {
    const std::size_t units = trains.size() / m_timeSteps;
    m_imageRates.assign(units, 0.0F);
    for (std::size_t i = 0; i < trains.size(); ++i)
      m_imageRates[i % units] += trains[i] / static_cast<float>(m_timeSteps);
    return m_imageRates;
  }

  std::size_t m_total;
  std::size_t m_timeSteps;
  std::vector<std::int64_t> m_trainUnits;
  std::vector<std::int64_t> m_pairUnits;
  std::vector<std::int64_t> m_rateUnits;
  std::vector<std::int64_t> m_readoutUnits;
  analysis::SpikeTrains m_trains;
  analysis::SynchronyAccumulator m_pairs;
  analysis::CorrelationAccumulator m_responses;
  analysis::ReadoutFisherAccumulator m_readout;
  std::vector<double> m_target;
  std::vector<float> m_gathered;
  std::vector<float> m_imageRates;
  double m_spikes = 0;      // of all units
  std::size_t m_shown = 0;  // images
  bool m_rates = false;
};

}  // namespace

struct TimeRecorder::Parts {
  std::vector<topography::Sheet> sheets;
  std::vector<std::int64_t> images;
  int classes = 0;
  std::uint64_t seed = 0;
  std::vector<std::optional<SheetTrains>> trains{};  ///< the number of time steps shows with the first batch
};

TimeRecorder::TimeRecorder(const std::vector<topography::Sheet>& sheets, std::int64_t images, int classes,
                           std::uint64_t seed)
    : m_parts(new Parts{sheets, spreadImages(images), classes, seed}) {
  m_parts->trains.resize(sheets.size());
}

TimeRecorder::~TimeRecorder() = default;

SpikeRequest TimeRecorder::request() {
  const auto take = [parts = m_parts.get()](std::size_t sheet, std::span<const std::int64_t> labels, std::int64_t count,
                                            std::span<const float> spikes) {
    std::optional<SheetTrains>& trains = parts->trains[sheet];
    if (!trains) {
      const std::int64_t units = parts->sheets[sheet].spec.unitCount();
      const auto timeSteps = static_cast<int>(static_cast<std::int64_t>(spikes.size()) / (count * units));
      trains.emplace(units, timeSteps, parts->classes, static_cast<std::int64_t>(parts->images.size()), parts->seed);
    }
    trains->add(labels, static_cast<std::size_t>(count), spikes);
  };
  return {take, m_parts->images};
}

std::vector<TimeMeasures> TimeRecorder::measures() const {
  std::vector<TimeMeasures> out(m_parts->trains.size());
  for (std::size_t s = 0; s < out.size(); ++s)
    if (m_parts->trains[s]) out[s] = m_parts->trains[s]->measures(m_parts->sheets[s], m_parts->seed);
  return out;
}

Expected<std::vector<TimeMeasures>> measureTime(const TimeInputs& inputs, const StopFlag& stop) {
  const auto images = data::selectImages(inputs.images, spreadImages(inputs.images->size()));
  TimeRecorder recorder(*inputs.sheets, images->size(), static_cast<int>(images->classNames().size()), inputs.seed);
  const auto recorded = recordDataset(*inputs.network, inputs.device, images, inputs.side, inputs.normalisation,
                                      inputs.batchSize, inputs.workers, false, {}, &stop, recorder.request());
  if (!recorded) return tl::unexpected(recorded.error());
  return recorder.measures();
}

}  // namespace pinwheel::training
