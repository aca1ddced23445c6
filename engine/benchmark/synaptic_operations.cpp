#include "engine/benchmark/synaptic_operations.h"

#include <numeric>

namespace pinwheel::benchmark {

std::vector<std::int64_t> outputsReached(const ConvolutionAxis& axis) {
  std::vector<std::int64_t> reached(static_cast<std::size_t>(axis.side), 0);
  const std::int64_t outputs = (axis.side + 2 * axis.padding - axis.kernel) / axis.stride + 1;
  for (std::int64_t o = 0; o < outputs; ++o)
    for (std::int64_t k = 0; k < axis.kernel; ++k)
      if (const std::int64_t i = o * axis.stride + k - axis.padding; i >= 0 && i < axis.side)
        ++reached[static_cast<std::size_t>(i)];
  return reached;
}

double denseOperations(const ConvolutionGeometry& geometry) {
  const auto total = [](const ConvolutionAxis& axis) {
    const std::vector<std::int64_t> reached = outputsReached(axis);
    return static_cast<double>(std::accumulate(reached.begin(), reached.end(), std::int64_t{0}));
  };
  return static_cast<double>(geometry.inputChannels) * static_cast<double>(geometry.outputChannels / geometry.groups) *
         total(geometry.y) * total(geometry.x);
}

double synapticOperations(std::span<const float> spikes, const ConvolutionGeometry& geometry) {
  const std::vector<std::int64_t> down = outputsReached(geometry.y);
  const std::vector<std::int64_t> across = outputsReached(geometry.x);
  double sum = 0;
  for (std::size_t row = 0; row * across.size() < spikes.size(); ++row) {
    const std::span<const float> line = spikes.subspan(row * across.size(), across.size());
    double reached = 0;
    for (std::size_t x = 0; x < line.size(); ++x)
      reached += static_cast<double>(line[x]) * static_cast<double>(across[x]);
    sum += reached * static_cast<double>(down[row % down.size()]);
  }
  return sum * static_cast<double>(geometry.outputChannels / geometry.groups);
}

}  // namespace pinwheel::benchmark
