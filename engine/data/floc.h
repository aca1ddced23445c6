// The functional localiser (fLoc): one folder per category, any number of images in each.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"

namespace pinwheel::data {

struct FlocCategory {
  std::string name;                          ///< "adult"
  std::vector<std::filesystem::path> files;  ///< sorted by name; may be none
};

struct FlocListing {
  std::vector<FlocCategory> categories;  ///< sorted by name
  int otherFolders = 0;                  ///< that are no category, and left out
};

/// Categories are the folder names that `domainOfCategory` knows; other folders (e.g. "scrambled") are left out and
/// counted. At least two domains with 2 images each are required. No image is read. Any thread. Error: the folder, or
/// one of a category, is missing or cannot be read; too few categories.
Expected<FlocListing> listFloc(const std::filesystem::path& folder);

/// The same as images: category after category, in the listing's order. Errors: those of `listFloc`.
Expected<std::shared_ptr<const Dataset>> openFloc(const std::filesystem::path& folder);

}  // namespace pinwheel::data
