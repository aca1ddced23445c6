// Stimuli as a network sees them.
#pragma once

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/dataset.h"
#include "engine/formats/image_file.h"
#include "engine/session/commands.h"

namespace pinwheel::session {

struct Picture {
  std::string name;           ///< "grating, 45 deg, 5.5 cycles/image", "adult 17", a file's name
  std::vector<float> pixels;  ///< [3, side, side], normalised as the training data
  formats::RgbImage shown;    ///< the same for eyes
};

/// Any thread. Error: a grating that an image of this side cannot carry, no such category, a file that is no image.
Expected<Picture> drawStimulus(const Stimulus& stimulus, int side, const data::Normalisation& normalisation);

/// Image `index` of the categories that maps are measured with; any thread.
Expected<Picture> categoryPicture(std::int64_t index, int side, const data::Normalisation& normalisation);

/// Pixels in [0, 1] become what the network expects, in place.
void normalise(float* pixels, int side, const data::Normalisation& normalisation);

}  // namespace pinwheel::session
