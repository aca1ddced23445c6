#include "engine/wire/read_values.h"

#include "engine/wire/enums.h"

namespace pinwheel::wire {

session::Stamp read(Reader& reader, const fb::Stamp* stamp) {
  reader.check(stamp != nullptr, "a frame does not say of which network it is");
  if (stamp == nullptr) return {};
  return {stamp->network(), stamp->step(), stamp->lesion()};
}

analysis::Accuracy read(Reader& reader, const fb::Accuracy* accuracy) {
  if (accuracy == nullptr) return {};
  reader.check(accuracy->correct() >= 0 && accuracy->correct() <= accuracy->images(),
               "more images were told right than were shown");
  return {accuracy->correct(), accuracy->images(), accuracy->low(), accuracy->high()};
}

Error read(Reader& reader, const fb::Error* error) {
  if (error == nullptr) return {};
  return {reader.text(error->what()), reader.text(error->why()), reader.text(error->hint()),
          reader.text(error->path())};
}

formats::RgbImage read(Reader& reader, const fb::Picture* picture) {
  if (picture == nullptr) return {};
  const auto within = [](int side) { return side >= 0 && side <= kMaxSide; };
  reader.check(within(picture->width()) && within(picture->height()), "a picture has an impossible size");
  if (reader.refused()) return {};
  const std::uint64_t bytes =
      3 * static_cast<std::uint64_t>(picture->width()) * static_cast<std::uint64_t>(picture->height());
  const std::uint64_t there = picture->pixels() == nullptr ? 0 : picture->pixels()->size();
  reader.check(bytes == there, "a picture has not as many pixels as its size tells");
  if (reader.refused()) return {};
  return {picture->width(), picture->height(), reader.numbers(picture->pixels())};
}

perturbation::Lesion read(Reader& reader, const fb::Lesion* lesion) {
  if (lesion == nullptr) return {};
  perturbation::Lesion out;
  out.version = lesion->version();
  // Whether it fits a network, perturbation::checkLesion tells whoever lets it act.
  out.parts = reader.tables<perturbation::LesionPart>(lesion->parts(), [&](const fb::LesionPart& part) {
    perturbation::LesionPart p;
    p.sheet = part.sheet();
    p.units = reader.numbers(part.units());
    p.kind = reader.enumerator<perturbation::PerturbationKind>(part.kind());
    p.strength = part.strength();
    p.timeSteps = reader.numbers(part.time_steps());
    return p;
  });
  return out;
}

}  // namespace pinwheel::wire
