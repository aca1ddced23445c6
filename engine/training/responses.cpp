#include "engine/training/responses.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/snn/selective.h"

namespace pinwheel::training {
namespace {

// Presents a data set with the statistics of another one (what the network was trained on).
class Renormalised final : public data::Dataset {
public:
  Renormalised(std::shared_ptr<const data::Dataset> inner, const data::Normalisation& normalisation)
      : m_inner(std::move(inner)), m_normalisation(normalisation) {}
  std::string name() const override { return m_inner->name(); }
  std::int64_t size() const override { return m_inner->size(); }
  int label(std::int64_t index) const override { return m_inner->label(index); }
  const std::vector<std::string>& classNames() const override { return m_inner->classNames(); }
  data::Normalisation normalisation() const override { return m_normalisation; }
  Expected<formats::RgbImage> image(std::int64_t index, int sideHint) const override {
    return m_inner->image(index, sideHint);
  }

private:
  std::shared_ptr<const data::Dataset> m_inner;
  data::Normalisation m_normalisation;
};

std::vector<at::Tensor> ratesOf(const snn::Activity& activity) {
  std::vector<at::Tensor> rates;
  for (const at::Tensor& sheet : activity.sheets)
    rates.push_back(sheet.mean(0).flatten(1).to(at::kCPU, at::kFloat).contiguous());
  return rates;
}

std::span<const float> values(const at::Tensor& tensor) {
  return {tensor.data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

constexpr int kCalibrationBatches = 10;
// A training has an option for it, the commands that measure a stored network have none.
constexpr const char* kMemoryHint =
    "close other programs, or use a machine with more memory; of a training, set evaluation.batch_size lower";

// Averaging ends whatever way the calibration ends.
class AveragedNormalisation {
public:
  explicit AveragedNormalisation(snn::Network& network) : m_network(network) {
    m_network.setNormalisationAveraging(true);
    m_network.setTraining(true);
  }
  ~AveragedNormalisation() {
    m_network.setNormalisationAveraging(false);
    m_network.setTraining(false);
  }
  AveragedNormalisation(const AveragedNormalisation&) = delete;
  AveragedNormalisation& operator=(const AveragedNormalisation&) = delete;

private:
  snn::Network& m_network;
};

Error stopped() {
  return Error{"Stopped", "", "", ""};
}

}  // namespace

std::shared_ptr<const data::Dataset> renormalised(std::shared_ptr<const data::Dataset> dataset,
                                                  const data::Normalisation& normalisation) {
  return std::make_shared<Renormalised>(std::move(dataset), normalisation);
}

Status calibrateNormalisation(snn::Network& network, at::Device device, std::shared_ptr<const data::Dataset> dataset,
                              int side, std::int64_t batchSize, const StopFlag* stop) {
  torch::NoGradGuard guard;
  // In training mode a layer is normalised by its own batch, so that what the next layer sees is right from the first
  // batch on: one pass serves all layers.
  const AveragedNormalisation averaged(network);
  data::LoaderOptions options;
  options.batchSize = batchSize;
  options.side = side;
  options.shuffle = true;
  options.memoryHint = kMemoryHint;
  options.dropLast = dataset->size() >= batchSize;  // a small last batch would count as much as a full one
  data::BatchLoader loader(std::move(dataset), options);
  loader.startEpoch(0);
  for (int i = 0; i < kCalibrationBatches; ++i) {
    if (stop != nullptr && stop->requested()) return tl::unexpected(stopped());
    auto batch = loader.next();
    if (!batch) return tl::unexpected(batch.error());
    if (!batch->has_value()) break;
    data::Batch& b = **batch;
    network.forward(at::from_blob(b.pixels.data(), {b.count, 3, side, side}, at::kFloat).to(device));
  }
  return {};
}

Status recordGratings(snn::Network& network, at::Device device, const std::vector<data::Grating>& gratings, int side,
                      const data::Normalisation& normalisation, std::int64_t batchSize, const RateSink& sink,
                      const StopFlag* stop) {
  torch::NoGradGuard guard;
  network.setTraining(false);
  const auto total = static_cast<std::int64_t>(gratings.size());
  const std::int64_t plane = static_cast<std::int64_t>(side) * side;
  for (std::int64_t first = 0; first < total; first += batchSize) {
    if (stop != nullptr && stop->requested()) return tl::unexpected(stopped());
    const std::int64_t count = std::min(batchSize, total - first);
    at::Tensor images = at::empty({count, 3, side, side});
    auto* pixels = images.data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) {
      float* image = pixels + i * 3 * plane;
      data::renderGrating(gratings[static_cast<std::size_t>(first + i)], side, image);
      for (std::size_t c = 0; c < 3; ++c)
        for (std::int64_t p = 0; p < plane; ++p) {
          float& value = image[static_cast<std::int64_t>(c) * plane + p];
          value = (value - normalisation.mean[c]) / normalisation.deviation[c];
        }
    }
    const std::vector<at::Tensor> rates = ratesOf(network.forward(images.to(device)));
    for (std::size_t s = 0; s < rates.size(); ++s) sink(s, first, count, values(rates[s]));
  }
  return {};
}

Expected<std::vector<float>> recordGratingMatrix(snn::Network& network, at::Device device,
                                                 const std::vector<data::Grating>& gratings, int side,
                                                 const data::Normalisation& normalisation, std::int64_t batchSize,
                                                 std::size_t sheet, const StopFlag* stop) {
  const snn::SheetShape& shape = network.sheets()[sheet];
  const auto units = static_cast<std::size_t>(shape.channels) * static_cast<std::size_t>(shape.height) *
                     static_cast<std::size_t>(shape.width);
  std::vector<float> values(units * gratings.size());
  const Status status = recordGratings(
      network, device, gratings, side, normalisation, batchSize,
      [&](std::size_t index, std::int64_t first, std::int64_t count, std::span<const float> rates) {
        if (index != sheet) return;
        for (std::size_t u = 0; u < units; ++u)
          for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
            values[u * gratings.size() + static_cast<std::size_t>(first) + i] = rates[i * units + u];
      },
      stop);
  if (!status) return tl::unexpected(status.error());
  return values;
}

Status forEachBatch(std::shared_ptr<const data::Dataset> dataset, int side, std::int64_t batchSize, int workers,
                    const StopFlag* stop, const std::function<Status(data::Batch&)>& each) {
  data::LoaderOptions options;
  options.batchSize = batchSize;
  options.side = side;
  options.workers = workers;
  options.memoryHint = kMemoryHint;
  data::BatchLoader loader(std::move(dataset), options);
  loader.startEpoch(0);
  for (;;) {
    if (stop != nullptr && stop->requested()) return tl::unexpected(stopped());
    auto batch = loader.next();
    if (!batch) return tl::unexpected(batch.error());
    if (!batch->has_value()) return {};
    if (const Status status = each(**batch); !status) return status;
  }
}

namespace {

// What of a batch, whose first image is number `first` of the set, was asked for.
void handSpikes(const SpikeRequest& request, const snn::Activity& activity, const data::Batch& batch,
                std::int64_t first) {
  std::vector<std::int64_t> rows(static_cast<std::size_t>(batch.count));
  std::iota(rows.begin(), rows.end(), std::int64_t{0});
  if (!request.images.empty()) {
    const auto from = std::lower_bound(request.images.begin(), request.images.end(), first);
    const auto to = std::lower_bound(from, request.images.end(), first + batch.count);
    rows.assign(from, to);
    for (std::int64_t& row : rows) row -= first;
  }
  if (rows.empty()) return;
  std::vector<std::int64_t> labels;
  for (const std::int64_t row : rows) labels.push_back(batch.labels[static_cast<std::size_t>(row)]);
  const auto count = static_cast<std::int64_t>(rows.size());
  for (std::size_t s = 0; s < activity.sheets.size(); ++s) {
    at::Tensor sheet = activity.sheets[s];
    if (count < batch.count) sheet = sheet.index_select(1, at::tensor(rows).to(sheet.device()));
    request.sink(s, labels, count, values(sheet.flatten(2).to(at::kCPU, at::kFloat).contiguous()));
  }
}

}  // namespace

Expected<DatasetResponse> recordDataset(snn::Network& network, at::Device device,
                                        std::shared_ptr<const data::Dataset> dataset, int side,
                                        const data::Normalisation& normalisation, std::int64_t batchSize, int workers,
                                        bool labelled, const LabelledRateSink& sink, const StopFlag* stop,
                                        const SpikeRequest& spikes) {
  torch::NoGradGuard guard;
  network.setTraining(false);
  std::optional<snn::OnlySheets> logitsAlone;
  if (!sink && !spikes.sink) logitsAlone.emplace(network, std::initializer_list<std::size_t>{});
  const std::size_t classes = dataset->classNames().size();
  DatasetResponse response;
  response.correct.assign(classes, 0);
  response.count.assign(classes, 0);
  const auto take = [&](data::Batch& b) -> Status {
    const at::Tensor images = at::from_blob(b.pixels.data(), {b.count, 3, side, side}, at::kFloat).to(device);
    const snn::Activity activity = network.forward(images);
    const std::int64_t first = std::exchange(response.images, response.images + b.count);
    if (labelled) {
      const at::Tensor labels = at::from_blob(b.labels.data(), {b.count}, at::kLong).to(device);
      response.loss +=
          torch::nn::functional::cross_entropy(activity.logits, labels).item<double>() * static_cast<double>(b.count);
      const at::Tensor hit = activity.logits.argmax(1).eq(labels).to(at::kCPU).contiguous();
      const bool* hits = hit.data_ptr<bool>();
      for (std::int64_t i = 0; i < b.count; ++i) {
        const auto label = static_cast<std::size_t>(b.labels[static_cast<std::size_t>(i)]);
        ++response.count[label];
        response.correct[label] += hits[i] ? 1 : 0;
      }
    }
    if (sink) {
      const std::vector<at::Tensor> rates = ratesOf(activity);
      for (std::size_t s = 0; s < rates.size(); ++s) sink(s, b.labels, b.count, values(rates[s]));
    }
    if (spikes.sink) handSpikes(spikes, activity, b, first);
    return {};
  };
  if (const Status status =
          forEachBatch(renormalised(std::move(dataset), normalisation), side, batchSize, workers, stop, take);
      !status)
    return tl::unexpected(status.error());
  if (response.images > 0) {
    const auto images = static_cast<double>(response.images);
    response.loss /= images;
    std::int64_t correct = 0;
    for (const std::int64_t n : response.correct) correct += n;
    response.accuracy = static_cast<double>(correct) / images;
  }
  return response;
}

Expected<std::vector<SheetTuning>> measureTuning(snn::Network& network, at::Device device, int side,
                                                 const data::Normalisation& normalisation, std::int64_t batchSize,
                                                 const StopFlag* stop, const ProgressCallback& progress) {
  const data::GratingOptions options;
  const std::vector<data::Grating> gratings = data::makeGratings(side, options);
  std::vector<SheetTuning> tuning;
  for (const snn::SheetShape& shape : network.sheets())
    tuning.push_back({analysis::GratingResponses(static_cast<std::int64_t>(shape.channels) * shape.height * shape.width,
                                                 options.orientations, options.frequencies, options.colours),
                      {}});
  const Status status = recordGratings(
      network, device, gratings, side, normalisation, batchSize,
      [&](std::size_t sheet, std::int64_t first, std::int64_t count, std::span<const float> rates) {
        const std::size_t units = rates.size() / static_cast<std::size_t>(count);
        for (std::int64_t i = 0; i < count; ++i) {
          const data::Grating& g = gratings[static_cast<std::size_t>(first + i)];
          tuning[sheet].responses.add(g.orientation, g.frequency, g.colour,
                                      rates.subspan(static_cast<std::size_t>(i) * units, units));
        }
        if (progress && sheet + 1 == tuning.size())
          progress({"gratings", first + count, static_cast<std::int64_t>(gratings.size())});
      },
      stop);
  if (!status) return tl::unexpected(status.error());
  std::vector<double> angles(static_cast<std::size_t>(options.orientations));
  for (const data::Grating& g : gratings) angles[static_cast<std::size_t>(g.orientation)] = g.angleDeg;
  const std::vector<double> frequencies = data::gratingFrequencies(side, options.frequencies);
  for (SheetTuning& sheet : tuning) sheet.maps = analysis::tuningMaps(sheet.responses, angles, frequencies);
  return tuning;
}

analysis::SmoothnessOptions smoothnessOptions(const topography::Sheet& sheet, double periodic, double range,
                                              std::uint64_t seed) {
  analysis::SmoothnessOptions options;
  options.periodic = periodic;
  options.range = range;
  options.seed = seed;
  options.maximumDistanceMm = 3.30 * sheet.spec.displaySideMm / 36.75;
  return options;
}

Expected<analysis::Smoothness> orientationSmoothness(const topography::Sheet& sheet, const analysis::TuningMaps& maps,
                                                     std::uint64_t seed) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  return analysis::smoothness(x, y, maps.orientationDeg, maps.orientationPeakToPeak,
                              smoothnessOptions(sheet, 180, 180, seed));
}

Expected<analysis::Smoothness> selectivitySmoothness(const topography::Sheet& sheet, const std::vector<float>& t,
                                                     std::uint64_t seed) {
  analysis::SmoothnessOptions options = smoothnessOptions(sheet, 0, 1, seed);  // a t of 1 is one standard error
  options.maximumDistanceMm = sheet.spec.displaySideMm / 2;
  return analysis::smoothness(sheet.displayXMm(), sheet.displayYMm(), t, {}, options);
}

}  // namespace pinwheel::training
