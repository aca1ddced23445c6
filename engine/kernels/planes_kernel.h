// Pictures from rows of pixels to planes of colours.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pinwheel::kernels {

/// planes[c][x] = row[3 x + c] for `columns` pixels. The planes must not overlap the row or one another.
void spreadColours(const std::uint8_t* row, std::size_t columns, std::uint8_t* const planes[3]);

}  // namespace pinwheel::kernels
