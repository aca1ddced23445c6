// Labelled images, whatever they come from.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/image_file.h"

namespace pinwheel::data {

/// Per-channel mean and standard deviation of pixel values scaled to [0, 1]; applied as (x - mean) / deviation.
struct Normalisation {
  std::array<float, 3> mean{0.5F, 0.5F, 0.5F};
  std::array<float, 3> deviation{0.25F, 0.25F, 0.25F};
};

/// Random access to labelled images. Every method is const and may be called from several threads at once.
class Dataset {
public:
  virtual ~Dataset() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual std::int64_t size() const = 0;
  /// Labels are in [0, classNames().size()).
  [[nodiscard]] virtual int label(std::int64_t index) const = 0;
  [[nodiscard]] virtual const std::vector<std::string>& classNames() const = 0;
  [[nodiscard]] virtual Normalisation normalisation() const = 0;
  /// The image at its native size. `sideHint` > 0: the side that it will be resized to (a decoder may scale down).
  [[nodiscard]] virtual Expected<formats::RgbImage> image(std::int64_t index, int sideHint = 0) const = 0;
};

struct DatasetPair {
  std::shared_ptr<const Dataset> train;
  std::shared_ptr<const Dataset> validation;
};

struct DatasetOptions {
  bool coarseLabels = false;  ///< CIFAR-100: the 20 superclasses instead of the 100 classes
  int builtinSide = 32;       ///< px, the built-in world's image side
  std::int64_t builtinTrainCount = 5000;
  std::int64_t builtinValidationCount = 1000;
  std::uint64_t builtinSeed = 1;  ///< the world itself, apart from the training seed
};

/// One kind of data that `--data` accepts.
struct DatasetKind {
  std::string scheme;   ///< "builtin", "cifar10", ...
  std::string usage;    ///< "cifar10:DIR"
  std::string summary;  ///< one sentence
};
[[nodiscard]] const std::vector<DatasetKind>& datasetKinds();

/// Whether `spec` is of a known kind and names a folder where that kind needs one: wrong usage otherwise, whatever lies
/// on the disk. An unknown kind names the nearest known one.
Status checkSpec(const std::string& spec);

/// Opens `builtin`, `cifar10:DIR`, `cifar100:DIR` or `folder:DIR`. Errors: those of checkSpec; a
/// missing folder or file, which one it looked for.
Expected<DatasetPair> openDataset(const std::string& spec, const DatasetOptions& options);

}  // namespace pinwheel::data
