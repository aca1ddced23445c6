// Folders of images in ImageNet's layout.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/dataset.h"

namespace pinwheel::data {

/// `folder`/train/<class>/* and `folder`/val/<class>/*; PNG and JPEG, grey and RGB mixed. Classes are the sorted folder
/// names of train; val may lack some, or images of some, but has none of its own. Errors: a folder is missing or cannot
/// be read, fewer than two classes, a training class without images.
Expected<DatasetPair> openImageFolder(const std::filesystem::path& folder);

/// A list of image files with labels, decoded on demand.
[[nodiscard]] std::shared_ptr<const Dataset> makeImageList(std::string name, std::vector<std::string> classNames,
                                                           std::vector<std::pair<std::filesystem::path, int>> files,
                                                           const Normalisation& normalisation);

/// The image files (.png, .jpg, .jpeg, any case) of one folder, sorted by name. Error: the folder cannot be read.
Expected<std::vector<std::filesystem::path>> listImageFiles(const std::filesystem::path& folder);
/// The same in the order that people count in: "2.png" before "10.png". Error: as listImageFiles.
Expected<std::vector<std::filesystem::path>> numberedImagesIn(const std::filesystem::path& folder);

}  // namespace pinwheel::data
