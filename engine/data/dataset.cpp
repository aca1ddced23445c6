#include "engine/data/dataset.h"

#include <filesystem>

#include "engine/core/options.h"
#include "engine/data/cifar.h"
#include "engine/data/image_folder.h"
#include "engine/data/world.h"

namespace pinwheel::data {

const std::vector<DatasetKind>& datasetKinds() {
  static const std::vector<DatasetKind> kinds{
      {"builtin", "builtin",
       "The built-in world: faces, bodies, characters, places and objects made by code; no files needed."},
      {"cifar10", "cifar10:DIR", "CIFAR-10, the official binary files, any number of records."},
      {"cifar100", "cifar100:DIR",
       "CIFAR-100, the official binary files; data.labels chooses 100 fine or 20 coarse classes."},
      {"folder", "folder:DIR",
       "Images in ImageNet's layout: train/<class>/* and val/<class>/*, PNG and JPEG, grey and RGB mixed."}};
  return kinds;
}

Expected<DatasetPair> openDataset(const std::string& spec, const DatasetOptions& options) {
  const auto colon = spec.find(':');
  const std::string scheme = spec.substr(0, colon);
  const std::filesystem::path folder = colon == std::string::npos ? "" : spec.substr(colon + 1);
  if (scheme == "builtin") {
    if (colon != std::string::npos)
      return failure("The built-in world takes no folder", "\"" + spec + "\" names one", "write --data builtin");
    // The validation images are a world of their own, drawn by another seed.
    return DatasetPair{makeWorld(options.builtinSide, options.builtinTrainCount, 2 * options.builtinSeed),
                       makeWorld(options.builtinSide, options.builtinValidationCount, 2 * options.builtinSeed + 1)};
  }
  std::vector<std::string> schemes;
  std::string usages;
  for (const DatasetKind& kind : datasetKinds()) {
    schemes.push_back(kind.scheme);
    usages += (usages.empty() ? "" : ", ") + kind.usage;
  }
  if (scheme != "cifar10" && scheme != "cifar100" && scheme != "folder") {
    const std::string near = nearestName(scheme, schemes);
    return failure("There is no kind of data \"" + scheme + "\"", "--data takes " + usages,
                   near.empty() ? "`pinwheel-cli datasets` describes them" : "did you mean \"" + near + "\"?");
  }
  if (folder.empty()) return failure("--data " + scheme + " needs a folder", "", "write --data " + scheme + ":DIR");
  if (!std::filesystem::is_directory(folder))
    return failure("The data's folder is not there", "", "check the path after \"" + scheme + ":\"", folder.string());
  if (scheme == "cifar10") return openCifar10(folder);
  if (scheme == "cifar100") return openCifar100(folder, options.coarseLabels);
  return openImageFolder(folder);
}

}  // namespace pinwheel::data
