// The functional localiser (fLoc): one folder per category, any number of images in each.
#pragma once

#include <filesystem>
#include <memory>

#include "engine/data/dataset.h"

namespace pinwheel::data {

/// Categories are the folder names that `domainOfCategory` knows; other folders (e.g. "scrambled") are left out and
/// counted. At least two domains with 2 images each are required.
Expected<std::shared_ptr<const Dataset>> openFloc(const std::filesystem::path& folder);

}  // namespace pinwheel::data
