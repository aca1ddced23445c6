// From an image as stored to the network's input.
#pragma once

#include "engine/core/random.h"
#include "engine/data/batch_loader.h"
#include "engine/data/dataset.h"
#include "engine/formats/image_file.h"

namespace pinwheel::data {

/// Resizes the shorter side to `options.side` (a random resized crop instead when asked), crops, flips and normalises
/// into pixels [3, side, side]. `random` is read only when an augmentation is on.
void prepareImage(const formats::RgbImage& image, const LoaderOptions& options, const Normalisation& normalisation,
                  Random& random, float* pixels);

}  // namespace pinwheel::data
