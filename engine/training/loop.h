// The epoch loop that the main and the auxiliary network share. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/batch_loader.h"
#include "engine/data/dataset.h"
#include "engine/distributed/communicator.h"
#include "engine/snn/network.h"
#include "engine/training/checkpoint.h"
#include "engine/training/config.h"
#include "engine/training/optimizer.h"
#include "engine/training/topographic_loss.h"
#include "engine/training/trainer.h"

namespace pinwheel::distributed {
class GradientBuckets;
}

namespace pinwheel::training {

/// Full batches in one epoch. Error: there is not even one.
Expected<std::int64_t> batchesPerEpoch(const data::Dataset& dataset, const OptimizationConfig& config);

/// The losses of one batch, weights not applied to the terms.
struct BatchLoss {
  double task = std::numeric_limits<double>::quiet_NaN();
  double topographic = std::numeric_limits<double>::quiet_NaN();  ///< weighted sum over layers; NaN: there is none
  std::vector<double> slow, fast;                                 ///< L_L and L_S per sheet; empty: there is none
};

class TrainingLoop {
public:
  /// With `ranks`, which outlive it, it sees this rank's share of every batch; gradients and all numbers it tells are
  /// those of the whole batch, and so the weights stay the same on all ranks.
  TrainingLoop(snn::Network& network, at::Device device, const TrainConfig& config,
               std::shared_ptr<const data::Dataset> dataset, TopographicLoss loss,
               distributed::Communicator* ranks = nullptr);
  ~TrainingLoop();

  enum class Result { epochDone, stopped };
  /// Trains from `state().batch` to the end of the epoch or until `stop`. `onBatch` runs after every batch (for
  /// checkpoints); its error ends the epoch. On several ranks any of them may ask for the stop: all end behind the same
  /// batch. Errors: an image that cannot be read; NaN or Inf, with the layer named, see `diverged`. Throws
  /// distributed::RankLost.
  Expected<Result> runEpoch(const StopFlag& stop, const std::function<void(const StepReport&)>& report,
                            const std::function<Status()>& onBatch);

  /// The last error was NaN or Inf. `state()` and weights are those before that batch, but its forward pass has moved
  /// the running statistics of batch norm: such a network must not be saved. After any other error it may be.
  [[nodiscard]] bool diverged() const noexcept { return m_diverged; }

  [[nodiscard]] TrainingState& state() noexcept { return m_state; }
  [[nodiscard]] Optimizer& optimizer() noexcept { return m_optimizer; }
  /// The running means of the epoch in progress (or just ended), without the evaluation's fields.
  [[nodiscard]] EpochReport epochReport() const;
  /// Forgets the running sums: a new epoch begins.
  void beginEpoch();

  [[nodiscard]] const BatchLoss& lastBatch() const noexcept { return m_lastBatch; }
  [[nodiscard]] const TopographicLoss& topographicLoss() const noexcept { return m_loss; }
  /// From the next batch on: the weights and window of the topographic loss and the learning rate of `config`. `loss`,
  /// when given, replaces the present one.
  void change(const TrainConfig& config, std::optional<TopographicLoss> loss);

private:
  /// Whether a batch's loss has the term now.
  [[nodiscard]] bool hasSlow() const noexcept { return m_loss.active() && terms().slow > 0; }
  [[nodiscard]] bool hasFast() const noexcept { return m_loss.active() && terms().fast > 0; }
  [[nodiscard]] StcConfig::Terms terms() const noexcept { return m_config.stc.termsAt(m_config.model.steps()); }
  /// What a batch is told by: of this rank's share, and once shared of the whole batch.
  struct Numbers {
    double images = 0, task = 0, topographic = 0, correct = 0;
    double stop = 0;  ///< ranks that were asked to stop
    std::vector<double> rates, slow, fast, other;
  };
  /// Adds up what adds up, and takes the mean over ranks of the rest.
  void share(Numbers& numbers);
  [[nodiscard]] std::string whereBad(const at::Tensor& images);
  [[nodiscard]] std::string firstBadLayer(const at::Tensor& images) const;

  snn::Network& m_network;
  at::Device m_device;
  TrainConfig m_config;
  TopographicLoss m_loss;
  Optimizer m_optimizer;
  data::BatchLoader m_loader;
  TrainingState m_state;
  BatchLoss m_lastBatch;
  distributed::Communicator* m_ranks;
  struct Exchange;
  std::unique_ptr<Exchange> m_exchange;                     ///< of batch norms' sums; null: none
  std::unique_ptr<distributed::GradientBuckets> m_buckets;  ///< null: one process
  bool m_allStop = false;                                   ///< a rank was asked to
  bool m_diverged = false;
  double m_seconds = 0;  ///< of training in this process and epoch, for the time left alone
  std::int64_t m_timedImages = 0;
};

}  // namespace pinwheel::training
