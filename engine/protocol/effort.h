// How much a protocol measures. No LibTorch.
#pragma once

namespace pinwheel::protocol {

/// quick: for a look, under 2 minutes for the tiny network on two cores; full: for a paper, under 30 minutes.
enum class Effort { quick, full };

}  // namespace pinwheel::protocol
