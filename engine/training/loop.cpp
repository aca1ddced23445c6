#include "engine/training/loop.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/distributed/gather_batch.h"
#include "engine/distributed/gradient_buckets.h"
#include "engine/snn/statistics_exchange.h"

namespace pinwheel::training {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

data::LoaderOptions loaderOptions(const TrainConfig& config, const distributed::Communicator* ranks) {
  data::LoaderOptions options;
  options.batchSize = config.training.batchSize;
  options.side = static_cast<int>(config.model.imageSide);
  options.shuffle = true;
  // A last batch of a few images would upset batch norm and the correlations over the batch.
  options.dropLast = true;
  options.flip = config.data.flip;
  options.cropPadding = static_cast<int>(config.data.cropPadding);
  options.randomResizedCrop = config.data.randomResizedCrop;
  options.seed = static_cast<std::uint64_t>(config.training.seed);
  options.workers = static_cast<int>(config.data.workers);
  if (ranks != nullptr) {
    options.share = ranks->rank();
    options.shares = ranks->size();
  }
  return options;
}

bool finite(const at::Tensor& tensor) {
  return at::isfinite(tensor).all().item<bool>();
}

double sumOf(const std::map<std::string, double>& sums, const std::string& name) {
  const auto found = sums.find(name);
  return found == sums.end() ? 0.0 : found->second;
}

// Over the images that had a topographic loss; 0 when none had.
double meanTopographic(const std::map<std::string, double>& sums) {
  const double images = sumOf(sums, "images") - sumOf(sums, "images_without_topographic");
  return images > 0 ? sumOf(sums, "topographic") / images : 0.0;
}

// "layer2.0.conv1.weight" -> "layer2.0.conv1"
std::string layerOf(const std::string& parameter) {
  return parameter.substr(0, parameter.rfind('.'));
}

}  // namespace

Expected<std::int64_t> batchesPerEpoch(const data::Dataset& dataset, const OptimizationConfig& config) {
  const std::int64_t batches = dataset.size() / config.batchSize;
  if (batches > 0) return batches;
  return failure(
      "The training set is smaller than one batch",
      "it has " + std::to_string(dataset.size()) + " images, a batch takes " + std::to_string(config.batchSize),
      "set training.batch_size lower");
}

struct TrainingLoop::Exchange final : snn::StatisticsExchange {
  explicit Exchange(distributed::Communicator& all) : ranks(all) {}
  void sum(at::Tensor& values) override { ranks.sum(values); }
  distributed::Communicator& ranks;
};

TrainingLoop::TrainingLoop(snn::Network& network, at::Device device, const TrainConfig& config,
                           std::shared_ptr<const data::Dataset> dataset, TopographicLoss loss,
                           distributed::Communicator* ranks)
    : m_network(network),
      m_device(device),
      m_config(config),
      m_loss(std::move(loss)),
      m_optimizer(network.parameters(), config.training),
      m_loader(std::move(dataset), loaderOptions(config, ranks)),
      m_ranks(ranks) {
  if (ranks == nullptr) return;
  if (config.parallel.syncBatchNorm) m_exchange = std::make_unique<Exchange>(*ranks);
  if (config.parallel.stc == "gathered")
    m_loss.setGather([ranks](const at::Tensor& activity) { return distributed::gatherBatch(activity, *ranks); });
  std::vector<at::Tensor> parameters;
  for (const auto& [name, value] : m_optimizer.parameters()) parameters.push_back(value);
  m_buckets = std::make_unique<distributed::GradientBuckets>(parameters, *ranks);
}

TrainingLoop::~TrainingLoop() = default;

void TrainingLoop::share(Numbers& numbers) {
  std::vector<double> all{numbers.images, numbers.task, numbers.topographic, numbers.correct, numbers.stop};
  const std::size_t sums = all.size();
  std::vector<double>* const means[] = {&numbers.rates, &numbers.slow, &numbers.fast, &numbers.other};
  for (const std::vector<double>* part : means) all.insert(all.end(), part->begin(), part->end());
  at::Tensor values = at::from_blob(all.data(), {static_cast<std::int64_t>(all.size())}, at::kDouble);
  m_ranks->sum(values);
  numbers.images = all[0];
  numbers.task = all[1];
  numbers.topographic = all[2];
  numbers.correct = all[3];
  numbers.stop = all[4];
  std::size_t at = sums;
  for (std::vector<double>* part : means)
    for (double& x : *part) x = all[at++] / m_ranks->size();
}

void TrainingLoop::change(const TrainConfig& config, std::optional<TopographicLoss> loss) {
  m_config.stc = config.stc;
  m_config.training.learningRate = config.training.learningRate;
  if (loss) m_loss = std::move(*loss);
  m_loss.setWeights(config.stc);
}

void TrainingLoop::beginEpoch() {
  m_state.batch = 0;
  m_state.sums.clear();
}

Expected<TrainingLoop::Result> TrainingLoop::runEpoch(const StopFlag& stop,
                                                      const std::function<void(const StepReport&)>& report,
                                                      const std::function<Status()>& onBatch) {
  const OptimizationConfig& config = m_config.training;
  const std::int64_t batches = m_loader.batchesPerEpoch();
  m_network.setTraining(true);
  m_loader.startEpoch(m_state.epoch, m_state.batch);
  m_seconds = 0;
  m_timedImages = 0;
  while (m_state.batch < batches) {
    if (m_ranks == nullptr ? stop.requested() : m_allStop) return Result::stopped;
    const auto start = std::chrono::steady_clock::now();
    auto next = m_loader.next();
    if (!next) return tl::unexpected(next.error());
    if (!next->has_value()) break;
    data::Batch& batch = **next;
    const std::int64_t side = batch.side;
    const at::Tensor images = at::from_blob(batch.pixels.data(), {batch.count, 3, side, side}, at::kFloat).to(m_device);
    const at::Tensor labels = at::from_blob(batch.labels.data(), {batch.count}, at::kLong).to(m_device);

    m_optimizer.zeroGradients();
    const snn::Activity activity = [&] {
      const snn::ExchangedStatistics exchanged(m_exchange.get());
      return m_network.forward(images);
    }();
    const at::Tensor task = torch::nn::functional::cross_entropy(
        activity.logits, labels,
        torch::nn::functional::CrossEntropyFuncOptions().label_smoothing(config.labelSmoothing));
    const TopographicLoss::Value topographic = m_loss.compute(activity.sheets, m_state.step);
    const at::Tensor total = topographic.total.defined() ? task + topographic.total : task;
    if (m_buckets) m_buckets->begin();
    total.backward();
    if (m_buckets) m_buckets->finish();

    const double norm = m_optimizer.gradientNorm();
    const auto count = static_cast<double>(batch.count);
    double taskLoss = task.item<double>();
    double topographicLoss = topographic.total.defined() ? topographic.total.item<double>() : 0.0;
    Numbers numbers;
    numbers.images = count;
    numbers.task = taskLoss * count;
    numbers.topographic = topographicLoss * count;
    numbers.correct = activity.logits.argmax(1).eq(labels).sum().item<double>();
    for (const at::Tensor& sheet : activity.sheets) numbers.rates.push_back(sheet.mean().item<double>());
    numbers.slow = topographic.slow;
    numbers.fast = topographic.fast;
    numbers.other = topographic.other;
    if (m_ranks != nullptr) {
      numbers.stop = stop.requested() ? 1 : 0;
      share(numbers);
      taskLoss = numbers.task / numbers.images;
      topographicLoss = numbers.topographic / numbers.images;
      m_allStop = numbers.stop > 0;
    }
    if (!std::isfinite(norm) || !std::isfinite(taskLoss) || !std::isfinite(topographicLoss)) {
      m_diverged = true;
      const std::string layer = whereBad(images);
      return failure("Training stopped: NaN or Inf in layer " + layer + " at step " + std::to_string(m_state.step + 1) +
                         " (epoch " + std::to_string(m_state.epoch + 1) + ")",
                     "the loss is " + std::to_string(taskLoss) + " (task) and " + std::to_string(topographicLoss) +
                         " (topographic), the gradient's norm " + std::to_string(norm),
                     "lower training.learning_rate, or set training.clip_norm; the last good checkpoint is kept");
    }
    if (config.clipNorm > 0 && norm > config.clipNorm) m_optimizer.scaleGradients(config.clipNorm / norm);
    const double progress =
        static_cast<double>(m_state.epoch) + static_cast<double>(m_state.batch + 1) / static_cast<double>(batches);
    const double rate = learningRateAt(config, progress);
    m_optimizer.update(rate, m_state.step + 1);

    ++m_state.step;
    ++m_state.batch;
    auto& sums = m_state.sums;
    sums["images"] += numbers.images;
    sums["steps"] += 1;
    sums["task"] += numbers.task;
    sums["topographic"] += numbers.topographic;
    // Terms that were switched on or off inside the epoch: their means are over the batches that had them.
    if (!topographic.total.defined()) sums["images_without_topographic"] += numbers.images;
    if (!hasSlow()) sums["steps_without_slow"] += 1;
    if (!hasFast()) sums["steps_without_fast"] += 1;
    sums["correct"] += numbers.correct;
    sums["learning_rate"] = rate;
    for (std::size_t i = 0; i < activity.sheets.size(); ++i) {
      const std::string& layer = m_network.sheets()[i].layer;
      sums["rate." + layer] += numbers.rates[i];
      if (!numbers.other.empty()) sums["other." + layer] += numbers.other[i];
      if (numbers.slow.empty()) continue;
      sums["slow." + layer] += numbers.slow[i];
      sums["fast." + layer] += numbers.fast[i];
    }

    m_lastBatch = {taskLoss, topographic.total.defined() ? topographicLoss : std::nan(""), numbers.slow, numbers.fast};

    const double seconds = secondsSince(start);
    sums["seconds"] += seconds;  // kept with the checkpoint: the epoch's speed counts what was done before a resumption
    m_seconds += seconds;
    m_timedImages += static_cast<std::int64_t>(numbers.images);
    StepReport step;
    step.epoch = m_state.epoch;
    step.step = m_state.step;
    step.batch = m_state.batch;
    step.batches = batches;
    step.epochs = config.epochs;
    step.taskLoss = sums["task"] / sums["images"];
    step.topographicLoss = meanTopographic(sums);
    step.trainAccuracy = sums["correct"] / sums["images"];
    step.imagesPerSecond = static_cast<double>(m_timedImages) / m_seconds;
    const std::int64_t left = (config.epochs - m_state.epoch) * batches - m_state.batch;
    step.secondsLeft = static_cast<double>(left * config.batchSize) / step.imagesPerSecond;
    report(step);
    if (const Status status = onBatch(); !status) return tl::unexpected(status.error());
  }
  return Result::epochDone;
}

EpochReport TrainingLoop::epochReport() const {
  const auto sum = [this](const std::string& name) { return sumOf(m_state.sums, name); };
  const double images = std::max(1.0, sum("images"));
  const double steps = std::max(1.0, sum("steps"));
  const double slowSteps = sum("steps") - sum("steps_without_slow");
  const double fastSteps = sum("steps") - sum("steps_without_fast");
  EpochReport report;
  report.epoch = m_state.epoch;
  report.step = m_state.step;
  report.learningRate = sum("learning_rate");
  report.taskLoss = sum("task") / images;
  report.topographicLoss = meanTopographic(m_state.sums);
  report.trainAccuracy = sum("correct") / images;
  if (m_loss.active()) report.otherTerm = m_loss.otherTerm();
  for (const snn::SheetShape& sheet : m_network.sheets()) {
    report.firingRates.push_back(sum("rate." + sheet.layer) / steps);
    if (!report.otherTerm.empty())
      report.layers.push_back({sheet.layer, std::nan(""), std::nan(""), sum("other." + sheet.layer) / steps});
    if (slowSteps <= 0 && fastSteps <= 0) continue;
    // A term without weight is not computed: it has no value, least of all 0.
    report.layers.push_back({sheet.layer, slowSteps > 0 ? sum("slow." + sheet.layer) / slowSteps : std::nan(""),
                             fastSteps > 0 ? sum("fast." + sheet.layer) / fastSteps : std::nan("")});
  }
  report.seconds = sum("seconds");
  report.imagesPerSecond = report.seconds > 0 ? sum("images") / report.seconds : std::nan("");
  return report;
}

// Gradients are the same everywhere; images, and running statistics of every rank's own, are not.
std::string TrainingLoop::whereBad(const at::Tensor& images) {
  const std::string mine = firstBadLayer(images);
  if (m_ranks == nullptr) return mine;
  const std::vector<std::string> all = m_ranks->texts(mine);
  for (std::size_t r = 0; r < all.size(); ++r)
    if (all[r].rfind("loss (", 0) != 0)
      return std::count(all.begin(), all.end(), all[r]) == m_ranks->size() ? all[r]
                                                                           : all[r] + " on rank " + std::to_string(r);
  return mine;
}

std::string TrainingLoop::firstBadLayer(const at::Tensor& images) const {
  torch::NoGradGuard guard;
  // Weights or running statistics that are bad already explain everything behind them: the first one in forward order.
  // Spikes hide a NaN from what follows (a comparison with NaN is false), so sheets alone would not tell.
  if (!finite(images)) return "input (the images)";
  for (const auto& [name, value] : m_network.parameters())
    if (!finite(value)) return layerOf(name);
  for (const auto& [name, value] : m_network.buffers())
    if (value.is_floating_point() && !finite(value)) return layerOf(name);
  // Otherwise it arose in backward, which runs from the last layer to the first: the last one in forward order.
  std::string last;
  for (const auto& [name, value] : m_network.parameters())
    if (value.grad().defined() && !finite(value.grad())) last = layerOf(name);
  return last.empty() ? "loss (every weight and gradient is finite)" : last;
}

}  // namespace pinwheel::training
