// A training between two batches: what may be looked at and changed. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/dataset.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/checkpoint.h"
#include "engine/training/held_lesion.h"
#include "engine/training/loop.h"
#include "engine/training/run_folder.h"

namespace pinwheel::training {

/// Lives inside TrainObserver::onLive, on the thread that trains. Forward passes go without gradients, in evaluation
/// mode (batch norm must not learn from them), under no perturbation that counts calls, and without LibTorch's global
/// random numbers; afterwards the network is in training mode again.
class LiveTraining {
public:
  virtual ~LiveTraining() = default;
  [[nodiscard]] virtual snn::Network& network() = 0;
  [[nodiscard]] virtual at::Device device() const = 0;
  [[nodiscard]] virtual const std::vector<topography::Sheet>& sheets() const = 0;
  [[nodiscard]] virtual const data::DatasetPair& data() const = 0;
  [[nodiscard]] virtual data::Normalisation normalisation() const = 0;
  [[nodiscard]] virtual const TrainConfig& config() const = 0;
  [[nodiscard]] virtual const TrainingState& state() const = 0;
  [[nodiscard]] virtual std::filesystem::path folder() const = 0;
  /// Of the batch just done; NaN before the first one.
  [[nodiscard]] virtual const BatchLoss& lastBatch() const = 0;
  /// The run as it stands, as a checkpoint would hold it.
  [[nodiscard]] virtual Checkpoint snapshot() const = 0;
  /// The lesion that is held; its version is that of whoever gave it, 0 when it was read from a file.
  [[nodiscard]] virtual const perturbation::Lesion& lesion() const = 0;
  /// See HeldLesion::acting.
  [[nodiscard]] virtual const snn::Perturbation& acting() const = 0;

  /// From the next batch on; NaN leaves alpha, beta, learning rate as they are. config.toml holds the new values at
  /// once, checkpoints from the next one on, and events.jsonl tells of it. Error: out of the option's range, weights
  /// for a run without a topographic loss, no clusters to be had, the files cannot be written; nothing has changed
  /// then.
  virtual Status change(double alpha, double beta, std::int64_t window, double learningRate) = 0;
  /// From the next forward pass on `lesion` is held in place of the one before, an empty one: none. Checkpoints hold it
  /// from the next one on, and events.jsonl tells of it. Error: it does not fit this network, the file cannot be
  /// written; nothing has changed then.
  virtual Status hold(const perturbation::Lesion& lesion) = 0;
  /// A line in events.jsonl; `what` is a JSON value.
  virtual Status logEvent(const std::string& what) = 0;
};

/// A LiveTraining over the parts of a run, all of which outlive it.
class RunLive final : public LiveTraining {
public:
  struct Parts {
    snn::Network& network;
    at::Device device;
    const std::vector<topography::Sheet>& sheets;
    const data::DatasetPair& data;
    TrainConfig& config;
    TrainingLoop& loop;
    HeldLesion& held;
    const RunFolder& folder;
    std::function<Checkpoint()> snapshot;
    std::function<void()> changed;  ///< the last checkpoint no longer holds the run's configuration or lesion
    bool several = false;           ///< other ranks train the same network: it may be looked at, but not changed
  };
  explicit RunLive(Parts parts) : m_parts(std::move(parts)) {}

  snn::Network& network() override { return m_parts.network; }
  at::Device device() const override { return m_parts.device; }
  const std::vector<topography::Sheet>& sheets() const override { return m_parts.sheets; }
  const data::DatasetPair& data() const override { return m_parts.data; }
  data::Normalisation normalisation() const override { return m_parts.data.train->normalisation(); }
  const TrainConfig& config() const override { return m_parts.config; }
  const TrainingState& state() const override { return m_parts.loop.state(); }
  std::filesystem::path folder() const override { return m_parts.folder.path(); }
  const BatchLoss& lastBatch() const override { return m_parts.loop.lastBatch(); }
  Checkpoint snapshot() const override { return m_parts.snapshot(); }
  const perturbation::Lesion& lesion() const override { return m_parts.held.lesion(); }
  const snn::Perturbation& acting() const override { return m_parts.held.acting(); }
  Status change(double alpha, double beta, std::int64_t window, double learningRate) override;
  Status hold(const perturbation::Lesion& lesion) override;
  Status logEvent(const std::string& what) override { return m_parts.folder.appendEvent(state().step, what); }

private:
  Parts m_parts;
};

}  // namespace pinwheel::training
