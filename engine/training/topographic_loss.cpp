#include "engine/training/topographic_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "engine/core/random.h"
#include "engine/topography/tdann_loss.h"
#include "engine/topography/topo_loss.h"

namespace pinwheel::training {
namespace {

// TDANN weighs every layer alike: the factors are STC's, and its rate part's.
double areaWeight(const StcConfig& loss, const SheetConfig& config, const std::string& name) {
  if (loss.loss != "stc" && loss.loss != "rate") return 1.0;
  const AreaConfig* area = config.area(name);
  return area != nullptr ? area->stcWeight : 1.0;
}

}  // namespace

Expected<TopographicLoss> TopographicLoss::create(const StcConfig& config, const SheetConfig& sheetConfig,
                                                  const std::vector<topography::Sheet>& sheets, std::uint64_t seed,
                                                  at::Device device, const snn::Network* network) {
  TopographicLoss loss;
  loss.m_config = config;
  loss.m_seed = seed;
  if (!config.weighs()) return loss;
  if (config.loss == "topoloss") {
    if (Status status = loss.findConvolutions(network); !status) return tl::unexpected(status.error());
    return loss;
  }
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
    loss.m_layers.push_back(
        {areaWeight(config, sheetConfig, sheet.spec.area), std::move(*clusters), at::stack({x, y}, 1).to(device)});
  }
  return loss;
}

Status TopographicLoss::findConvolutions(const snn::Network* network) {
  const Error unknown{"TopoLoss has no weights to order", "the network does not say which of its weights make a sheet",
                      "choose another stc.loss or model.backbone"};
  if (network == nullptr) return tl::unexpected(unknown);
  const auto parameters = network->parameters();
  for (const snn::SheetShape& sheet : network->sheets()) {
    Convolutions found;
    for (const auto& [name, value] : parameters)
      if (std::find(sheet.convolutions.begin(), sheet.convolutions.end(), name) != sheet.convolutions.end())
        found.weights.push_back(value);
    if (found.weights.empty()) return tl::unexpected(unknown);
    const std::int64_t channels = found.weights.front().size(0);
    found.blur = topography::channelBlur(channels, m_config.topolossFactor);
    if (topography::blursToOne(channels, m_config.topolossFactor))
      m_withoutOrder += (m_withoutOrder.empty() ? "" : ", ") + sheet.layer;
    m_convolutions.push_back(std::move(found));
  }
  return {};
}

TopographicLoss::Drawn TopographicLoss::Layer::take(std::span<const std::int64_t> chosen) const {
  torch::NoGradGuard guard;
  const std::int64_t perCluster = clusters.unitsPerCluster;
  const auto count = static_cast<std::int64_t>(chosen.size());
  std::vector<std::int64_t> indices;
  indices.reserve(static_cast<std::size_t>(count * perCluster));
  for (const std::int64_t cluster : chosen) {
    const auto begin = clusters.units.begin() + cluster * perCluster;
    indices.insert(indices.end(), begin, begin + perCluster);
  }
  Drawn drawn;
  drawn.units = at::from_blob(indices.data(), {count, perCluster}, at::kLong).clone().to(positions.device());
  const at::Tensor where = positions.index_select(0, drawn.units.flatten()).view({count, perCluster, 2});
  drawn.inverseDistance = (where.unsqueeze(2) - where.unsqueeze(1)).square_().sum(-1).sqrt_().add_(1).reciprocal_();
  return drawn;
}

std::string TopographicLoss::otherTerm() const {
  if (m_config.loss == "tdann") return "L_spatial";
  if (m_config.loss == "topoloss") return "L_topo";
  return "";
}

topography::StcOptions TopographicLoss::options(const StcConfig::Terms& terms) const {
  topography::StcOptions options;
  options.slow = terms.slow > 0;
  options.fast = terms.fast > 0;
  options.window = static_cast<int>(m_config.window);
  return options;
}

std::string TopographicLoss::warning() const {
  if (m_withoutOrder.empty()) return {};
  return "TopoLoss asks for no topography in " + m_withoutOrder + ": stc.topoloss_factor shrinks their grids of " +
         "channels to one place, and all channels are drawn to one mean; choose a smaller factor";
}

TopographicLoss::Value TopographicLoss::compute(const std::vector<at::Tensor>& sheetActivity, std::int64_t step) const {
  Value value;
  if (!active()) return value;
  if (!m_convolutions.empty()) return computeOnWeights();
  const bool tdann = m_config.loss == "tdann";
  for (std::size_t i = 0; i < m_layers.size(); ++i) {
    const Layer& layer = m_layers[i];
    at::Tensor activity = sheetActivity[i];
    Random random(m_seed, 0xC105 + i, static_cast<std::uint64_t>(step));
    std::vector<std::int64_t> chosen(static_cast<std::size_t>(m_config.clusters));
    for (std::int64_t& cluster : chosen)
      cluster = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(layer.clusters.clusterCount)));
    Drawn drawn = layer.take(chosen);
    if (m_gather) {
      // What the clusters hold is a small part of a sheet: the rest need not travel.
      activity = m_gather(activity.flatten(2).index_select(2, drawn.units.flatten()));
      drawn.units = at::arange(drawn.units.numel(), drawn.units.options()).view_as(drawn.units);
    }
    if (tdann) {
      const at::Tensor term = topography::tdannLoss(activity, drawn.units, drawn.inverseDistance);
      const at::Tensor weighted = term * (m_config.tdannWeight * layer.weight);
      value.total = value.total.defined() ? value.total + weighted : weighted;
      value.other.push_back(term.item<double>());
      continue;
    }
    const StcConfig::Terms weights = m_config.termsAt(activity.size(0));
    const at::Tensor terms = topography::stcLoss(activity, drawn.units, drawn.inverseDistance, options(weights));
    const at::Tensor weighted = (terms[0] * weights.slow + terms[1] * weights.fast) * layer.weight;
    value.total = value.total.defined() ? value.total + weighted : weighted;
    const at::Tensor host = terms.detach().to(at::kCPU, at::kDouble);
    value.slow.push_back(host[0].item<double>());
    value.fast.push_back(host[1].item<double>());
  }
  return value;
}

TopographicLoss::Value TopographicLoss::computeOnWeights() const {
  Value value;
  const double layers = static_cast<double>(m_convolutions.size());
  for (const Convolutions& sheet : m_convolutions) {
    at::Tensor term;
    for (const at::Tensor& weights : sheet.weights) {
      const at::Tensor loss = topography::topoLoss(weights, sheet.blur);
      term = term.defined() ? term + loss : loss;
    }
    term = term / static_cast<double>(sheet.weights.size());
    const at::Tensor weighted = term * (m_config.topolossWeight / layers);
    value.total = value.total.defined() ? value.total + weighted : weighted;
    value.other.push_back(term.item<double>());
  }
  return value;
}

std::vector<std::vector<float>> TopographicLoss::unitShares(const std::vector<at::Tensor>& sheetActivity,
                                                            const StopFlag* stop,
                                                            const std::function<void()>& between) const {
  constexpr int kVisits = 3;          // clusters that a unit's share is averaged over, at the least
  constexpr std::size_t kAtOnce = 8;  // clusters whose matrices stand in memory together
  std::vector<std::vector<float>> shares;
  if (!active() || !otherTerm().empty()) return shares;
  for (std::size_t i = 0; i < m_layers.size(); ++i) {
    const Layer& layer = m_layers[i];
    const StcConfig::Terms weights = m_config.termsAt(sheetActivity[i].size(0));
    if (weights.slow == 0 && weights.fast == 0) return {};
    const topography::ClusterSet& set = layer.clusters;
    const auto units = static_cast<std::size_t>(layer.positions.size(0));
    std::vector<int> visits(units, 0);
    std::vector<std::int64_t> chosen;
    for (std::int64_t k = 0; k < set.clusterCount; ++k) {
      const auto begin = set.units.begin() + k * set.unitsPerCluster;
      const auto end = begin + set.unitsPerCluster;
      if (std::all_of(begin, end, [&](std::int32_t u) { return visits[static_cast<std::size_t>(u)] >= kVisits; }))
        continue;
      chosen.push_back(k);
      std::for_each(begin, end, [&](std::int32_t u) { ++visits[static_cast<std::size_t>(u)]; });
    }
    std::vector<double> sum(units, 0);
    for (std::size_t first = 0; first < chosen.size(); first += kAtOnce) {
      if (between) between();
      if (stop != nullptr && stop->requested()) return {};
      const Drawn drawn = layer.take(std::span(chosen).subspan(first, std::min(kAtOnce, chosen.size() - first)));
      const at::Tensor terms =
          topography::stcUnitLoss(sheetActivity[i], drawn.units, drawn.inverseDistance, options(weights));
      const at::Tensor host = ((terms[0] * weights.slow + terms[1] * weights.fast) / (weights.slow + weights.fast))
                                  .flatten()
                                  .to(at::kCPU, at::kDouble)
                                  .contiguous();
      const at::Tensor where = drawn.units.flatten().to(at::kCPU).contiguous();
      for (std::int64_t k = 0; k < where.numel(); ++k)
        sum[static_cast<std::size_t>(where.data_ptr<std::int64_t>()[k])] += host.data_ptr<double>()[k];
    }
    std::vector<float>& share = shares.emplace_back(units, std::numeric_limits<float>::quiet_NaN());
    for (std::size_t u = 0; u < units; ++u)
      if (visits[u] > 0) share[u] = static_cast<float>(sum[u] / visits[u]);
  }
  return shares;
}

}  // namespace pinwheel::training
