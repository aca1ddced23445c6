#include "engine/data/floc.h"

#include <algorithm>
#include <set>

#include "engine/data/image_folder.h"
#include "engine/data/world.h"

namespace pinwheel::data {

Expected<std::shared_ptr<const Dataset>> openFloc(const std::filesystem::path& folder) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(folder))
    return failure("The localiser's folder is not there", "", "give the folder that holds adult/, body/, house/ ...",
                   folder.string());
  std::vector<std::string> names;
  int left = 0;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (!entry.is_directory(code)) continue;
    const std::string name = entry.path().filename().string();
    if (domainOfCategory(name) >= 0)
      names.push_back(name);
    else
      ++left;
  }
  std::sort(names.begin(), names.end());
  std::vector<std::pair<fs::path, int>> files;
  std::vector<int> perDomain(static_cast<std::size_t>(kDomainCount), 0);
  for (std::size_t c = 0; c < names.size(); ++c)
    for (fs::path& file : imageFilesIn(folder / names[c])) {
      files.emplace_back(std::move(file), static_cast<int>(c));
      ++perDomain[static_cast<std::size_t>(domainOfCategory(names[c]))];
    }
  const auto usable = std::count_if(perDomain.begin(), perDomain.end(), [](int n) { return n >= 2; });
  if (usable < 2)
    return failure("The localiser has too few categories",
                   "two domains of at least 2 images each are needed, " + std::to_string(usable) + " are there",
                   "its folders are adult, child, body, limb, word, number, house, corridor, car, instrument",
                   folder.string());
  const std::string name = "fLoc (" + std::to_string(names.size()) + " categories" +
                           (left > 0 ? ", " + std::to_string(left) + " other folders left out" : "") + ")";
  return makeImageList(name, names, std::move(files), {});
}

}  // namespace pinwheel::data
