#include "engine/kernels/planes_kernel.h"

#include "engine/kernels/instruction_set.h"

namespace pinwheel::kernels {
namespace {

#define PINWHEEL_KERNEL_BODY "engine/kernels/planes_body.inc"
#include "engine/kernels/instruction_sets.h"

}  // namespace

void spreadColours(const std::uint8_t* row, std::size_t columns, std::uint8_t* const planes[3]) {
  PINWHEEL_BY_INSTRUCTION_SET(spreadColours)(row, columns, planes[0], planes[1], planes[2]);
}

}  // namespace pinwheel::kernels
