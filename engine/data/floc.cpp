#include "engine/data/floc.h"

#include <algorithm>

#include "engine/data/image_folder.h"
#include "engine/data/world.h"

namespace pinwheel::data {
namespace {

namespace fs = std::filesystem;

Expected<FlocListing> categoriesIn(const fs::path& folder) {
  FlocListing listing;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    std::error_code noFolder;  // a link that leads nowhere is none
    if (!entry->is_directory(noFolder)) continue;
    const std::string name = entry->path().filename().string();
    if (domainOfCategory(name) < 0) {
      ++listing.otherFolders;
      continue;
    }
    auto files = listImageFiles(entry->path());
    if (!files) return tl::unexpected(files.error());
    listing.categories.push_back({name, std::move(*files)});
  }
  if (code)
    return failure("The localiser's folder cannot be read", code.message(), "check who may read it, and the disk",
                   folder.string());
  std::sort(listing.categories.begin(), listing.categories.end(),
            [](const FlocCategory& a, const FlocCategory& b) { return a.name < b.name; });
  return listing;
}

}  // namespace

Expected<FlocListing> listFloc(const fs::path& folder) {
  std::error_code code;
  if (!fs::is_directory(folder, code))
    return failure("The localiser's folder is not there", code ? code.message() : "it is no folder",
                   "give the folder that holds adult/, body/, house/ ...", folder.string());
  auto listing = categoriesIn(folder);
  if (!listing) return listing;
  std::vector<std::size_t> perDomain(static_cast<std::size_t>(kDomainCount), 0);
  for (const FlocCategory& category : listing->categories)
    perDomain[static_cast<std::size_t>(domainOfCategory(category.name))] += category.files.size();
  const auto usable = std::count_if(perDomain.begin(), perDomain.end(), [](std::size_t n) { return n >= 2; });
  if (usable < 2)
    return failure("The localiser has too few categories",
                   "two domains of at least 2 images each are needed, " + std::to_string(usable) + " are there",
                   "its folders are adult, child, body, limb, word, number, house, corridor, car, instrument",
                   folder.string());
  return listing;
}

Expected<std::shared_ptr<const Dataset>> openFloc(const fs::path& folder) {
  auto listing = listFloc(folder);
  if (!listing) return tl::unexpected(listing.error());
  std::vector<std::string> names;
  std::vector<std::pair<fs::path, int>> files;
  for (FlocCategory& category : listing->categories) {
    for (fs::path& file : category.files) files.emplace_back(std::move(file), static_cast<int>(names.size()));
    names.push_back(std::move(category.name));
  }
  const int left = listing->otherFolders;
  const std::string name = "fLoc (" + std::to_string(names.size()) + " categories" +
                           (left > 0 ? ", " + std::to_string(left) + " other folders left out" : "") + ")";
  return makeImageList(name, std::move(names), std::move(files), {});
}

}  // namespace pinwheel::data
