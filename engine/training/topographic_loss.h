// The topographic term of a training step: clusters drawn on every sheet, the STC loss on each. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/snn/network.h"
#include "engine/topography/clusters.h"
#include "engine/topography/sheet.h"
#include "engine/topography/stc_loss.h"
#include "engine/training/config.h"

namespace pinwheel::training {

/// A further loss (TDANN's, TopoLoss) is a class beside this one with the same `compute`, chosen by stc.loss.
class TopographicLoss {
public:
  /// Draws the clusters of every sheet. Error: a sheet too sparse for its neighbourhood.
  static Expected<TopographicLoss> create(const StcConfig& config, const SheetConfig& sheetConfig,
                                          const std::vector<topography::Sheet>& sheets, std::uint64_t seed,
                                          at::Device device);

  struct Value {
    at::Tensor total;                ///< weighted sum over layers, undefined when there is no topographic loss
    std::vector<double> slow, fast;  ///< L_L and L_S per sheet, weights not applied; empty when there is none
  };
  /// The clusters of optimiser step `step` depend on (seed, step) alone.
  [[nodiscard]] Value compute(const std::vector<at::Tensor>& sheetActivity, std::int64_t step) const;
  [[nodiscard]] bool active() const noexcept {
    return !m_layers.empty() && (m_config.alpha != 0 || m_config.beta != 0);
  }

  /// Clusters are drawn: weights may be set. A loss that was created without weight has none.
  [[nodiscard]] bool hasClusters() const noexcept { return !m_layers.empty(); }
  /// Takes over alpha, beta and the window, as if created with them.
  void setWeights(const StcConfig& config) noexcept {
    m_config.alpha = config.alpha;
    m_config.beta = config.beta;
    m_config.window = config.window;
  }

private:
  struct Layer {
    double weight = 1;  ///< factor on alpha and beta, AreaConfig::stcWeight
    topography::ClusterSet clusters;
    at::Tensor positions;  ///< [U, 2], mm at training scale
  };
  StcConfig m_config;
  std::uint64_t m_seed = 0;
  std::vector<Layer> m_layers;
};

}  // namespace pinwheel::training
