// Whether a frame is one of the network that is shown.
#pragma once

#include "engine/wire/message.h"

namespace pinwheel::wire {

/// Views take one value of a map for every unit of the sheet that they draw: a frame from another program must be tried
/// against the newest network before they see it. Frames of another network (their stamp), of none, and networks
/// themselves fit; nobody shows the first. Error: another number of sheets, units, time steps or classes.
Status fits(const FrameVariant& frame, const session::NetworkFrame& network);

}  // namespace pinwheel::wire
