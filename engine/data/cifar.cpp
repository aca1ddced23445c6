#include "engine/data/cifar.h"

#include <algorithm>
#include <cstring>

#include "engine/core/files.h"

namespace pinwheel::data {
namespace {

namespace fs = std::filesystem;

constexpr int kSide = 32;
constexpr std::size_t kPixels = 3 * kSide * kSide;
constexpr std::uint64_t kMaximumBytes = 2ULL << 30;

const std::vector<std::string> kCifar10Names{"airplane", "automobile", "bird",  "cat",  "deer",
                                             "dog",      "frog",       "horse", "ship", "truck"};
const std::vector<std::string> kCoarseNames{"aquatic_mammals",
                                            "fish",
                                            "flowers",
                                            "food_containers",
                                            "fruit_and_vegetables",
                                            "household_electrical_devices",
                                            "household_furniture",
                                            "insects",
                                            "large_carnivores",
                                            "large_man-made_outdoor_things",
                                            "large_natural_outdoor_scenes",
                                            "large_omnivores_and_herbivores",
                                            "medium_mammals",
                                            "non-insect_invertebrates",
                                            "people",
                                            "reptiles",
                                            "small_mammals",
                                            "trees",
                                            "vehicles_1",
                                            "vehicles_2"};
const std::vector<std::string> kFineNames{
    "apple",      "aquarium_fish", "baby",         "bear",       "beaver",      "bed",         "bee",
    "beetle",     "bicycle",       "bottle",       "bowl",       "boy",         "bridge",      "bus",
    "butterfly",  "camel",         "can",          "castle",     "caterpillar", "cattle",      "chair",
    "chimpanzee", "clock",         "cloud",        "cockroach",  "couch",       "crab",        "crocodile",
    "cup",        "dinosaur",      "dolphin",      "elephant",   "flatfish",    "forest",      "fox",
    "girl",       "hamster",       "house",        "kangaroo",   "keyboard",    "lamp",        "lawn_mower",
    "leopard",    "lion",          "lizard",       "lobster",    "man",         "maple_tree",  "motorcycle",
    "mountain",   "mouse",         "mushroom",     "oak_tree",   "orange",      "orchid",      "otter",
    "palm_tree",  "pear",          "pickup_truck", "pine_tree",  "plain",       "plate",       "poppy",
    "porcupine",  "possum",        "rabbit",       "raccoon",    "ray",         "road",        "rocket",
    "rose",       "sea",           "seal",         "shark",      "shrew",       "skunk",       "skyscraper",
    "snail",      "snake",         "spider",       "squirrel",   "streetcar",   "sunflower",   "sweet_pepper",
    "table",      "tank",          "telephone",    "television", "tiger",       "tractor",     "train",
    "trout",      "tulip",         "turtle",       "wardrobe",   "whale",       "willow_tree", "wolf",
    "woman",      "worm"};

struct Layout {
  std::string name;
  std::size_t labelBytes = 1;  ///< before the pixels
  std::size_t labelIndex = 0;
  std::vector<std::string> classNames;
  Normalisation normalisation;
};

class Cifar final : public Dataset {
public:
  Cifar(Layout layout, std::string bytes) : m_layout(std::move(layout)), m_bytes(std::move(bytes)) {}
  std::string name() const override { return m_layout.name; }
  std::int64_t size() const override { return static_cast<std::int64_t>(m_bytes.size() / recordBytes()); }
  int label(std::int64_t index) const override {
    return static_cast<unsigned char>(record(index)[m_layout.labelIndex]);
  }
  const std::vector<std::string>& classNames() const override { return m_layout.classNames; }
  Normalisation normalisation() const override { return m_layout.normalisation; }
  Expected<formats::RgbImage> image(std::int64_t index, int) const override {
    formats::RgbImage image{kSide, kSide, std::vector<std::uint8_t>(kPixels)};
    std::memcpy(image.pixels.data(), record(index) + m_layout.labelBytes, kPixels);
    return image;
  }

private:
  [[nodiscard]] std::size_t recordBytes() const noexcept { return m_layout.labelBytes + kPixels; }
  [[nodiscard]] const char* record(std::int64_t index) const {
    return m_bytes.data() + static_cast<std::size_t>(index) * recordBytes();
  }

  Layout m_layout;
  std::string m_bytes;
};

// The records of several files, checked: whole records, labels in range.
Expected<std::shared_ptr<const Dataset>> open(const std::vector<fs::path>& files, const Layout& layout) {
  const std::size_t recordBytes = layout.labelBytes + kPixels;
  std::string all;
  for (const fs::path& file : files) {
    auto bytes = readFile(file, kMaximumBytes);
    if (!bytes) return tl::unexpected(bytes.error());
    if (bytes->empty() || bytes->size() % recordBytes != 0)
      return failure(
          "The file is not " + layout.name + "'s binary version, or it is truncated",
          std::to_string(bytes->size()) + " bytes are not a whole number of records of " + std::to_string(recordBytes),
          "download the \"binary version (suitable for C programs)\" again", file.string());
    for (std::size_t at = layout.labelIndex; at < bytes->size(); at += recordBytes)
      if (static_cast<unsigned char>((*bytes)[at]) >= layout.classNames.size())
        return failure("The file is not " + layout.name + "'s binary version",
                       "record " + std::to_string(at / recordBytes) + " has label " +
                           std::to_string(static_cast<unsigned char>((*bytes)[at])) + ", there are " +
                           std::to_string(layout.classNames.size()) + " classes",
                       "check that --data names the right set", file.string());
    all += *bytes;
  }
  return std::make_shared<Cifar>(layout, std::move(all));
}

Expected<fs::path> findFolder(const fs::path& folder, const std::string& inner, const std::string& file,
                              const std::string& set) {
  for (const fs::path& candidate : {folder, folder / inner})
    if (fs::exists(candidate / file)) return candidate;
  return failure(set + " is not there", "neither " + file + " nor " + inner + "/" + file + " is in that folder",
                 "unpack the \"binary version (suitable for C programs)\" there", folder.string());
}

}  // namespace

Expected<DatasetPair> openCifar10(const fs::path& folder) {
  const auto found = findFolder(folder, "cifar-10-batches-bin", "test_batch.bin", "CIFAR-10");
  if (!found) return tl::unexpected(found.error());
  std::vector<fs::path> trainFiles;
  for (int i = 1; i <= 5; ++i)
    if (const fs::path file = *found / ("data_batch_" + std::to_string(i) + ".bin"); fs::exists(file))
      trainFiles.push_back(file);
  if (trainFiles.empty())
    return failure("CIFAR-10 is not there", "no data_batch_1.bin is in that folder", "unpack the whole archive there",
                   found->string());
  const Layout layout{"CIFAR-10", 1, 0, kCifar10Names, {{0.4914F, 0.4822F, 0.4465F}, {0.2470F, 0.2435F, 0.2616F}}};
  const auto train = open(trainFiles, layout);
  if (!train) return tl::unexpected(train.error());
  const auto test = open({*found / "test_batch.bin"}, layout);
  if (!test) return tl::unexpected(test.error());
  return DatasetPair{*train, *test};
}

Expected<DatasetPair> openCifar100(const fs::path& folder, bool coarseLabels) {
  const auto found = findFolder(folder, "cifar-100-binary", "train.bin", "CIFAR-100");
  if (!found) return tl::unexpected(found.error());
  const Layout layout{coarseLabels ? "CIFAR-100 (20 coarse classes)" : "CIFAR-100",
                      2,
                      coarseLabels ? 0U : 1U,
                      coarseLabels ? kCoarseNames : kFineNames,
                      {{0.5071F, 0.4865F, 0.4409F}, {0.2673F, 0.2564F, 0.2762F}}};
  const auto train = open({*found / "train.bin"}, layout);
  if (!train) return tl::unexpected(train.error());
  const auto test = open({*found / "test.bin"}, layout);
  if (!test) return tl::unexpected(test.error());
  return DatasetPair{*train, *test};
}

}  // namespace pinwheel::data
