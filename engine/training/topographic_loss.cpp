#include "engine/training/topographic_loss.h"

#include <torch/torch.h>

#include "engine/core/random.h"

namespace pinwheel::training {

Expected<TopographicLoss> TopographicLoss::create(const StcConfig& config, const SheetConfig& sheetConfig,
                                                  const std::vector<topography::Sheet>& sheets, std::uint64_t seed,
                                                  at::Device device) {
  TopographicLoss loss;
  loss.m_config = config;
  loss.m_seed = seed;
  if (config.loss == "none" || (config.alpha == 0 && config.beta == 0)) return loss;
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    const topography::Sheet& sheet = sheets[i];
    topography::ClusterOptions options;
    options.count = sheetConfig.clusterCount;
    options.minUnits = static_cast<int>(sheetConfig.clusterMinUnits);
    options.maxUnits = static_cast<int>(sheetConfig.clusterMaxUnits);
    options.seed = mix64(seed) + i;
    auto clusters = topography::makeClusters(sheet, options);
    if (!clusters) return tl::unexpected(clusters.error());
    const auto units = static_cast<std::int64_t>(sheet.xMm.size());
    const at::Tensor x = at::from_blob(const_cast<float*>(sheet.xMm.data()), {units}, at::kFloat);
    const at::Tensor y = at::from_blob(const_cast<float*>(sheet.yMm.data()), {units}, at::kFloat);
    const AreaConfig* area = sheetConfig.area(sheet.spec.area);
    loss.m_layers.push_back(
        {area != nullptr ? area->stcWeight : 1.0, std::move(*clusters), at::stack({x, y}, 1).to(device)});
  }
  return loss;
}

TopographicLoss::Value TopographicLoss::compute(const std::vector<at::Tensor>& sheetActivity, std::int64_t step) const {
  Value value;
  if (!active()) return value;
  topography::StcOptions options;
  options.slow = m_config.alpha > 0;
  options.fast = m_config.beta > 0;
  options.window = static_cast<int>(m_config.window);
  for (std::size_t i = 0; i < m_layers.size(); ++i) {
    const Layer& layer = m_layers[i];
    const std::int64_t perCluster = layer.clusters.unitsPerCluster;
    Random random(m_seed, 0xC105 + i, static_cast<std::uint64_t>(step));
    std::vector<std::int64_t> indices;
    indices.reserve(static_cast<std::size_t>(m_config.clusters * perCluster));
    for (std::int64_t m = 0; m < m_config.clusters; ++m) {
      const auto cluster =
          static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(layer.clusters.clusterCount)));
      const auto begin = layer.clusters.units.begin() + cluster * perCluster;
      indices.insert(indices.end(), begin, begin + perCluster);
    }
    at::Tensor units;
    at::Tensor inverseDistance;
    {
      torch::NoGradGuard guard;
      units = at::from_blob(indices.data(), {m_config.clusters, perCluster}, at::kLong)
                  .clone()
                  .to(layer.positions.device());
      const at::Tensor where =
          layer.positions.index_select(0, units.flatten()).view({m_config.clusters, perCluster, 2});
      inverseDistance = (where.unsqueeze(2) - where.unsqueeze(1)).square_().sum(-1).sqrt_().add_(1).reciprocal_();
    }
    const at::Tensor terms = topography::stcLoss(sheetActivity[i], units, inverseDistance, options);
    const at::Tensor weighted = (terms[0] * m_config.alpha + terms[1] * m_config.beta) * layer.weight;
    value.total = value.total.defined() ? value.total + weighted : weighted;
    const at::Tensor host = terms.detach().to(at::kCPU, at::kDouble);
    value.slow.push_back(host[0].item<double>());
    value.fast.push_back(host[1].item<double>());
  }
  return value;
}

}  // namespace pinwheel::training
