// Counts what the convolutions and linear layers of a forward pass do, whatever network it is: LibTorch tells of every
// operation it dispatches, with its inputs.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::benchmark {

struct LayerOperations {
  std::string shape;         ///< "3x3, 64 to 128 channels, 56 x 56"
  bool convolution = false;  ///< else linear
  bool spiking = false;      ///< every input is a whole number of spikes; else all connections are multiplied
  double density = 0;        ///< share of the inputs that are not 0
  double synaptic = 0;       ///< accumulates, 0 where the input is no spikes
  double dense = 0;          ///< multiply-accumulates of all connections, over time steps and images
};

/// Runs `forward` once and returns its layers in the order in which they ran. Counts float tensors on the CPU, groups
/// and strides included. Error: a dilated or transposed convolution, or one in another type, which it cannot count.
Expected<std::vector<LayerOperations>> observeOperations(const std::function<void()>& forward);

}  // namespace pinwheel::benchmark
