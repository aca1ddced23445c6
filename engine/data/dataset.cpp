#include "engine/data/dataset.h"

#include <algorithm>
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

namespace {

struct Spec {
  std::string scheme;
  bool hasFolder = false;  ///< a colon, and whatever stands behind it
  std::filesystem::path folder;
};

Spec split(const std::string& spec) {
  const auto colon = spec.find(':');
  if (colon == std::string::npos) return {spec, false, {}};
  return {spec.substr(0, colon), true, spec.substr(colon + 1)};
}

}  // namespace

Status checkSpec(const std::string& spec) {
  const Spec given = split(spec);
  std::vector<std::string> schemes;
  std::string usages;
  for (const DatasetKind& kind : datasetKinds()) {
    schemes.push_back(kind.scheme);
    usages += (usages.empty() ? "" : ", ") + kind.usage;
  }
  if (std::find(schemes.begin(), schemes.end(), given.scheme) == schemes.end()) {
    const std::string near = nearestName(given.scheme, schemes);
    return failure("There is no kind of data \"" + given.scheme + "\"", "--data takes " + usages,
                   near.empty() ? "`pinwheel-cli datasets` describes them" : "did you mean \"" + near + "\"?");
  }
  if (given.scheme == "builtin") {
    if (!given.hasFolder) return {};
    return failure("The built-in world takes no folder", "\"" + spec + "\" names one", "write --data builtin");
  }
  if (given.folder.empty())
    return failure("--data " + given.scheme + " needs a folder", "", "write --data " + given.scheme + ":DIR");
  return {};
}

Expected<DatasetPair> openDataset(const std::string& spec, const DatasetOptions& options) {
  if (const Status status = checkSpec(spec); !status) return tl::unexpected(status.error());
  const auto& [scheme, hasFolder, folder] = split(spec);
  if (scheme == "builtin") {
    // The validation images are a world of their own, drawn by another seed.
    const std::string name = "built-in world (seed " + std::to_string(options.builtinSeed) + ")";
    return DatasetPair{
        makeWorld(options.builtinSide, options.builtinTrainCount, 2 * options.builtinSeed, name),
        makeWorld(options.builtinSide, options.builtinValidationCount, 2 * options.builtinSeed + 1, name)};
  }
  if (!std::filesystem::is_directory(folder))
    return failure("The data's folder is not there", "", "check the path after \"" + scheme + ":\"", folder.string());
  if (scheme == "cifar10") return openCifar10(folder);
  if (scheme == "cifar100") return openCifar100(folder, options.coarseLabels);
  return openImageFolder(folder);
}

}  // namespace pinwheel::data
