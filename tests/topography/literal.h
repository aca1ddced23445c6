// What the tests of the topographic losses share: a slow Pearson correlation, random clusters.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace pinwheel::test {

inline double pearson(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ma += a[i] / n;
    mb += b[i] / n;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    ab += (a[i] - ma) * (b[i] - mb);
    aa += (a[i] - ma) * (a[i] - ma);
    bb += (b[i] - mb) * (b[i] - mb);
  }
  return aa > 1e-20 && bb > 1e-20 ? ab / std::sqrt(aa * bb) : 0.0;
}

inline torch::Tensor randomDistances(std::int64_t clusters, std::int64_t n) {
  const auto where = torch::rand({clusters, n, 2}, torch::kDouble) * 5;
  return 1 / (1 + (where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt());
}

inline torch::Tensor randomUnits(std::int64_t clusters, std::int64_t n, std::int64_t total) {
  std::vector<torch::Tensor> rows;
  for (std::int64_t m = 0; m < clusters; ++m) rows.push_back(torch::randperm(total, torch::kLong).slice(0, 0, n));
  return torch::stack(rows);
}

}  // namespace pinwheel::test
