// The session's values as tables of the schema. For the .cpp files of this room.
#pragma once

#include "engine/wire/writer.h"

namespace pinwheel::wire {

[[nodiscard]] fb::Stamp write(const session::Stamp& stamp);
[[nodiscard]] fb::Accuracy write(const analysis::Accuracy& accuracy);
Offset<fb::Error> write(Writer& writer, const Error& error);
Offset<fb::Picture> write(Writer& writer, const formats::RgbImage& picture);
Offset<fb::Lesion> write(Writer& writer, const perturbation::Lesion& lesion);

Offset<fb::NetworkFrame> write(Writer& writer, const session::NetworkFrame& frame);
Offset<fb::MapsFrame> write(Writer& writer, const session::MapsFrame& frame);
Offset<fb::ActivityFrame> write(Writer& writer, const session::ActivityFrame& frame);
Offset<fb::TuningFrame> write(Writer& writer, const session::TuningFrame& frame);
Offset<fb::LesionFrame> write(Writer& writer, const session::LesionFrame& frame);
Offset<fb::TrainingFrame> write(Writer& writer, const session::TrainingFrame& frame);
Offset<fb::JobFrame> write(Writer& writer, const session::JobFrame& frame);
Offset<fb::Notice> write(Writer& writer, const session::Notice& notice);

struct WrittenAsk {
  fb::Ask kind;
  Offset<void> table;
};
WrittenAsk write(Writer& writer, const Ask& ask);

}  // namespace pinwheel::wire
