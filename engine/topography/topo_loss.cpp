#include "engine/topography/topo_loss.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

namespace pinwheel::topography {
namespace {

// out[i] = sum over j of m[i][j] in[j]: bilinear interpolation of `from` positions at `to`, `step` apart.
at::Tensor resampling(std::int64_t from, std::int64_t to, double step) {
  at::Tensor matrix = at::zeros({to, from}, at::kDouble);
  auto m = matrix.accessor<double, 2>();
  for (std::int64_t i = 0; i < to; ++i) {
    const double where = std::max((static_cast<double>(i) + 0.5) * step - 0.5, 0.0);
    const auto low = std::min(static_cast<std::int64_t>(where), from - 1);
    const std::int64_t high = std::min(low + 1, from - 1);
    const double share = where - static_cast<double>(low);
    m[i][low] += 1 - share;
    m[i][high] += share;
  }
  return matrix;
}

// Positions that are left of a side.
std::int64_t shrunk(std::int64_t side, double factor) {
  return std::max(static_cast<std::int64_t>(std::floor(static_cast<double>(side) / factor)), std::int64_t{1});
}

at::Tensor downAndUp(std::int64_t side, double factor) {
  const double shrink = std::min(factor, static_cast<double>(side));
  const std::int64_t small = shrunk(side, factor);
  const at::Tensor down = resampling(side, small, shrink);
  return at::matmul(resampling(small, side, static_cast<double>(small) / static_cast<double>(side)), down);
}

// 1 / norm of every row [N, 1]; 0, without a gradient, where there is none.
at::Tensor inverseNorm(const at::Tensor& rows) {
  constexpr double kNothing = 1e-30;
  const at::Tensor squares = rows.square().sum(1, true);
  return at::where(squares > kNothing, squares.clamp_min(kNothing).rsqrt(), at::zeros_like(squares));
}

}  // namespace

ChannelGrid channelGrid(std::int64_t channels) noexcept {
  auto height = static_cast<std::int64_t>(std::sqrt(static_cast<double>(channels)));
  while (channels % height != 0) --height;
  return {height, channels / height};
}

at::Tensor channelBlur(std::int64_t channels, double factor) {
  torch::NoGradGuard guard;
  const ChannelGrid grid = channelGrid(channels);
  return at::kron(downAndUp(grid.height, factor), downAndUp(grid.width, factor));
}

bool blursToOne(std::int64_t channels, double factor) noexcept {
  const ChannelGrid grid = channelGrid(channels);
  return shrunk(grid.height, factor) == 1 && shrunk(grid.width, factor) == 1;
}

at::Tensor topoLoss(const at::Tensor& weights, const at::Tensor& blur) {
  const at::Tensor rows = weights.flatten(1);
  const at::Tensor blurred = at::matmul(blur.to(rows.options()), rows);
  const at::Tensor cosine = (rows * blurred).sum(1, true) * inverseNorm(rows) * inverseNorm(blurred);
  return 1 - cosine.mean();
}

}  // namespace pinwheel::topography
