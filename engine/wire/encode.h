// Values to bytes, one message each.
#pragma once

#include "engine/wire/message.h"

namespace pinwheel::wire {

// Any thread. Error: more than the limits of message.h let travel (a text, the number of tables, the whole). What is
// encoded is to the bit what decode() gives back, but for maps at MapPrecision::half16, spikes above 1 (they become 1),
// and NaN's payload in such maps.
Expected<Bytes> encode(const session::NetworkFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::MapsFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::ActivityFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::TuningFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::LesionFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::TrainingFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::JobFrame& frame, const FrameHead& head = {});
Expected<Bytes> encode(const session::Notice& notice, const FrameHead& head = {});
Expected<Bytes> encode(const Published& published);
Expected<Bytes> encode(const Request& request);
Expected<Bytes> encode(const Answer& answer);

}  // namespace pinwheel::wire
