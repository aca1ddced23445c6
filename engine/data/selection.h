// Some images of a data set, chosen by index.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/data/dataset.h"

namespace pinwheel::data {

/// `count` different indices at most, every class as often as the data allow, drawn by `seed`; in an order in which the
/// classes take turns.
[[nodiscard]] std::vector<std::int64_t> balancedIndices(const Dataset& dataset, std::int64_t count, std::uint64_t seed);

/// The images at `indices`, in that order. Decoded images are kept, up to `keepBytes` together: measuring the same
/// images again and again does not decode them again.
[[nodiscard]] std::shared_ptr<const Dataset> selectImages(std::shared_ptr<const Dataset> dataset,
                                                          std::vector<std::int64_t> indices,
                                                          std::int64_t keepBytes = 0);

}  // namespace pinwheel::data
