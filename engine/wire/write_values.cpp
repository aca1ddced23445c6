#include "engine/wire/write_values.h"

#include "engine/wire/enums.h"

namespace pinwheel::wire {

fb::Stamp write(const session::Stamp& stamp) {
  return {stamp.network, stamp.step, stamp.lesion};
}

fb::Accuracy write(const analysis::Accuracy& accuracy) {
  return {accuracy.correct, accuracy.images, accuracy.low, accuracy.high};
}

Offset<fb::Error> write(Writer& writer, const Error& error) {
  const auto what = writer.text(error.what);
  const auto why = writer.text(error.why);
  const auto hint = writer.text(error.hint);
  const auto path = writer.text(error.path);
  return fb::CreateError(writer.builder(), what, why, hint, path);
}

Offset<fb::Picture> write(Writer& writer, const formats::RgbImage& picture) {
  if (picture.width == 0 && picture.height == 0 && picture.pixels.empty()) return 0;
  const auto pixels = writer.numbers(picture.pixels);
  return fb::CreatePicture(writer.builder(), picture.width, picture.height, pixels);
}

Offset<fb::Lesion> write(Writer& writer, const perturbation::Lesion& lesion) {
  const auto parts = writer.tables<fb::LesionPart>(lesion.parts, [&](const perturbation::LesionPart& part) {
    const auto units = writer.numbers(part.units);
    const auto timeSteps = writer.numbers(part.timeSteps);
    return fb::CreateLesionPart(writer.builder(), part.sheet, units, static_cast<fb::PerturbationKind>(part.kind),
                                part.strength, timeSteps);
  });
  return fb::CreateLesion(writer.builder(), lesion.version, parts);
}

}  // namespace pinwheel::wire
