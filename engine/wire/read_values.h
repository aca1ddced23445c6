// Tables of the schema as the session's values, their parts checked against each other. For the .cpp files of this
// room.
#pragma once

#include "engine/wire/reader.h"

namespace pinwheel::wire {

[[nodiscard]] session::Stamp read(Reader& reader, const fb::Stamp* stamp);
[[nodiscard]] analysis::Accuracy read(Reader& reader, const fb::Accuracy* accuracy);
[[nodiscard]] Error read(Reader& reader, const fb::Error* error);
[[nodiscard]] formats::RgbImage read(Reader& reader, const fb::Picture* picture);
[[nodiscard]] perturbation::Lesion read(Reader& reader, const fb::Lesion* lesion);

// Of the members of Frame and Ask, which are there.
[[nodiscard]] session::NetworkFrame read(Reader& reader, const fb::NetworkFrame& frame);
[[nodiscard]] session::MapsFrame read(Reader& reader, const fb::MapsFrame& frame);
[[nodiscard]] session::ActivityFrame read(Reader& reader, const fb::ActivityFrame& frame);
[[nodiscard]] session::TuningFrame read(Reader& reader, const fb::TuningFrame& frame);
[[nodiscard]] session::LesionFrame read(Reader& reader, const fb::LesionFrame& frame);
[[nodiscard]] session::TrainingFrame read(Reader& reader, const fb::TrainingFrame& frame);
[[nodiscard]] session::JobFrame read(Reader& reader, const fb::JobFrame& frame);
[[nodiscard]] session::Notice read(Reader& reader, const fb::Notice& notice);

[[nodiscard]] Published read(Reader& reader, const fb::Published& published);
[[nodiscard]] Request read(Reader& reader, const fb::Request& request);
[[nodiscard]] Answer read(Reader& reader, const fb::Answer& answer);

}  // namespace pinwheel::wire
