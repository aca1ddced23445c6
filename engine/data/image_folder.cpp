#include "engine/data/image_folder.h"

#include <algorithm>
#include <cctype>

#include "engine/core/natural_order.h"

namespace pinwheel::data {
namespace {

namespace fs = std::filesystem;

// ImageNet's statistics: what folders of photographs are customarily normalised with.
const Normalisation kImageNet{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};

class ImageList final : public Dataset {
public:
  ImageList(std::string name, std::vector<std::string> classNames, std::vector<std::pair<fs::path, int>> files,
            const Normalisation& normalisation)
      : m_name(std::move(name)),
        m_classNames(std::move(classNames)),
        m_files(std::move(files)),
        m_normalisation(normalisation) {}
  std::string name() const override { return m_name; }
  std::int64_t size() const override { return static_cast<std::int64_t>(m_files.size()); }
  int label(std::int64_t index) const override { return m_files[static_cast<std::size_t>(index)].second; }
  const std::vector<std::string>& classNames() const override { return m_classNames; }
  Normalisation normalisation() const override { return m_normalisation; }
  Expected<formats::RgbImage> image(std::int64_t index, int sideHint) const override {
    return formats::readImage(m_files[static_cast<std::size_t>(index)].first, sideHint);
  }

private:
  std::string m_name;
  std::vector<std::string> m_classNames;
  std::vector<std::pair<fs::path, int>> m_files;
  Normalisation m_normalisation;
};

tl::unexpected<Error> unreadable(const fs::path& path, const std::error_code& code) {
  return failure("A folder of images cannot be read", code.message(),
                 "give yourself the permission to read it, or move it out of the way", path.string());
}

Expected<std::vector<std::string>> foldersIn(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    const bool isFolder = entry->is_directory(code);
    if (code) return unreadable(entry->path(), code);
    if (isFolder) names.push_back(entry->path().filename().string());
  }
  if (code) return unreadable(folder, code);
  std::sort(names.begin(), names.end());
  return names;
}

// Whether every class must have images: a network cannot learn one without, but be tested without.
enum class Classes { all, some };

Expected<std::vector<std::pair<fs::path, int>>> listImages(const fs::path& folder,
                                                           const std::vector<std::string>& classes, Classes wanted) {
  const auto names = foldersIn(folder);
  if (!names) return tl::unexpected(names.error());
  std::vector<std::pair<fs::path, int>> files;
  for (const std::string& name : *names) {
    const auto found = std::lower_bound(classes.begin(), classes.end(), name);
    if (found == classes.end() || *found != name)
      return failure("A validation class is unknown", "\"" + name + "\" is not among the training classes",
                     "use the same class folders in train/ and val/", (folder / name).string());
    auto images = listImageFiles(folder / name);
    if (!images) return tl::unexpected(images.error());
    if (images->empty() && wanted == Classes::all)
      return failure("A training class has no images", "no .png, .jpg or .jpeg lies in \"" + name + "\"",
                     "put its images there, or remove the folder", (folder / name).string());
    for (fs::path& file : *images) files.emplace_back(std::move(file), static_cast<int>(found - classes.begin()));
  }
  if (files.empty())
    return failure("There are no images", "no .png, .jpg or .jpeg lies in <class>/ folders there",
                   "use the layout train/<class>/*.jpg, val/<class>/*.jpg", folder.string());
  return files;
}

}  // namespace

Expected<std::vector<fs::path>> listImageFiles(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    std::string extension = entry->path().extension().string();
    std::transform(extension.begin(), extension.end(), extension.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (extension == ".png" || extension == ".jpg" || extension == ".jpeg") files.push_back(entry->path());
  }
  if (code) return unreadable(folder, code);
  std::sort(files.begin(), files.end());
  return files;
}

Expected<std::vector<fs::path>> numberedImagesIn(const fs::path& folder) {
  auto files = listImageFiles(folder);
  if (!files) return files;
  std::sort(files->begin(), files->end(), [](const fs::path& a, const fs::path& b) {
    return naturalLess(a.filename().string(), b.filename().string());
  });
  return files;
}

std::shared_ptr<const Dataset> makeImageList(std::string name, std::vector<std::string> classNames,
                                             std::vector<std::pair<fs::path, int>> files,
                                             const Normalisation& normalisation) {
  return std::make_shared<ImageList>(std::move(name), std::move(classNames), std::move(files), normalisation);
}

Expected<DatasetPair> openImageFolder(const fs::path& folder) {
  for (const char* part : {"train", "val"}) {
    std::error_code code;
    if (!fs::is_directory(folder / part, code))
      return failure("The image folder is incomplete",
                     std::string("it has no ") + part + "/" + (code ? " (" + code.message() + ")" : std::string()),
                     "use the layout train/<class>/*.jpg, val/<class>/*.jpg", folder.string());
  }
  const auto classes = foldersIn(folder / "train");
  if (!classes) return tl::unexpected(classes.error());
  if (classes->size() < 2)
    return failure("There are too few classes", "train/ has " + std::to_string(classes->size()) + " class folders",
                   "use one folder per class, at least two", (folder / "train").string());
  auto train = listImages(folder / "train", *classes, Classes::all);
  if (!train) return tl::unexpected(train.error());
  auto validation = listImages(folder / "val", *classes, Classes::some);
  if (!validation) return tl::unexpected(validation.error());
  const std::string name =
      folder.filename().empty() ? folder.parent_path().filename().string() : folder.filename().string();
  return DatasetPair{makeImageList(name, *classes, std::move(*train), kImageNet),
                     makeImageList(name, *classes, std::move(*validation), kImageNet)};
}

}  // namespace pinwheel::data
