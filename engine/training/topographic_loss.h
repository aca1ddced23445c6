// The topographic term of a training step, by the loss that stc.loss chooses: STC, its rate part or TDANN's on clusters
// drawn on every sheet, or TopoLoss on the weights that make it. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/snn/network.h"
#include "engine/topography/clusters.h"
#include "engine/topography/sheet.h"
#include "engine/topography/stc_loss.h"
#include "engine/training/config.h"

namespace pinwheel::training {

class TopographicLoss {
public:
  /// Draws the clusters of every sheet. TopoLoss draws none: it keeps handles to the weights of `network`, which no
  /// other loss needs. Error: a sheet too sparse for its neighbourhood; TopoLoss and no network, or one that does not
  /// say which of its weights make a sheet.
  static Expected<TopographicLoss> create(const StcConfig& config, const SheetConfig& sheetConfig,
                                          const std::vector<topography::Sheet>& sheets, std::uint64_t seed,
                                          at::Device device, const snn::Network* network = nullptr);

  /// Weights are not applied to the terms, which stand per sheet and are empty where the loss has none of the kind.
  struct Value {
    at::Tensor total;                ///< weighted sum over layers, undefined when there is no topographic loss
    std::vector<double> slow, fast;  ///< L_L and L_S of STC and its rate part; 0: not computed
    std::vector<double> other;       ///< the one term of the loss that otherTerm() names
  };
  /// The clusters of optimiser step `step` depend on (seed, step) alone.
  [[nodiscard]] Value compute(const std::vector<at::Tensor>& sheetActivity, std::int64_t step) const;
  /// "L_spatial" of TDANN's loss, "L_topo" of TopoLoss; empty for the others.
  [[nodiscard]] std::string otherTerm() const;
  /// Of STC and its rate part. Per sheet [U]: the unit's own (alpha L_L + beta L_S) / (alpha + beta),
  /// topography::stcUnitLoss, averaged over at least three of the sheet's clusters where it lies in so many; NaN in
  /// none. sheetActivity [T, B, ...] as in `compute`; a few dozen images settle it. `between` is called every few
  /// milliseconds. Empty when the loss is not active or another one, or `stop` was raised.
  [[nodiscard]] std::vector<std::vector<float>> unitShares(const std::vector<at::Tensor>& sheetActivity,
                                                           const StopFlag* stop = nullptr,
                                                           const std::function<void()>& between = {}) const;
  [[nodiscard]] bool active() const noexcept {
    return (!m_layers.empty() || !m_convolutions.empty()) && m_config.weighs();
  }

  /// What a user should know of the loss as it is set; empty: nothing.
  [[nodiscard]] std::string warning() const;

  /// Clusters are drawn: weights may be set. A loss that was created without weight has none.
  [[nodiscard]] bool hasClusters() const noexcept { return !m_layers.empty(); }
  /// Of activity [T, B, K], the chosen units of this replica's part of a batch, the whole batch's.
  using Gather = std::function<at::Tensor(const at::Tensor&)>;
  /// From now on the losses of activity are taken over the whole batch of several replicas; empty: over what is given.
  void setGather(Gather gather) { m_gather = std::move(gather); }
  /// Takes over alpha, beta and the window, as if created with them.
  void setWeights(const StcConfig& config) noexcept {
    m_config.alpha = config.alpha;
    m_config.beta = config.beta;
    m_config.window = config.window;
  }

private:
  /// Some clusters as the loss takes them.
  struct Drawn {
    at::Tensor units;            ///< [M, N]
    at::Tensor inverseDistance;  ///< [M, N, N]
  };
  struct Layer {
    double weight = 1;  ///< factor on alpha and beta, AreaConfig::stcWeight
    topography::ClusterSet clusters;
    at::Tensor positions;  ///< [U, 2], mm at training scale
    [[nodiscard]] Drawn take(std::span<const std::int64_t> chosen) const;
  };
  /// The convolutions that make a sheet, as TopoLoss takes them.
  struct Convolutions {
    std::vector<at::Tensor> weights;  ///< [N, in, k, k] each, the network's own
    at::Tensor blur;                  ///< [N, N]
  };
  Status findConvolutions(const snn::Network* network);
  [[nodiscard]] Value computeOnWeights() const;
  [[nodiscard]] topography::StcOptions options(const StcConfig::Terms& terms) const;
  StcConfig m_config;
  Gather m_gather;
  std::uint64_t m_seed = 0;
  std::vector<Layer> m_layers;
  std::vector<Convolutions> m_convolutions;  ///< per sheet, of TopoLoss alone
  std::string m_withoutOrder;                ///< sheets that TopoLoss does not order
};

}  // namespace pinwheel::training
