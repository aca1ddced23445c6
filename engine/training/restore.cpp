#include "engine/training/restore.h"

#include <torch/torch.h>

#include "engine/snn/backbones.h"
#include "engine/training/setup.h"

namespace pinwheel::training {
namespace {

constexpr const char* kClassifier = "fc.weight";

// The classifier is the one part whose size the file alone decides: whoever names a million classes must have stored
// the weights for them before a network of that size is made.
Status checkClassifier(const Checkpoint& checkpoint, const snn::NetworkOptions& options) {
  const auto features = snn::classifierFeatures(options);
  if (!features) return tl::unexpected(features.error());
  const formats::HostTensor wanted{formats::DType::float32, {options.classes, *features}, {}};
  const auto found = checkpoint.model.find(kClassifier);
  if (found != checkpoint.model.end() && found->second.shape == wanted.shape) return {};
  return failure("The checkpoint's weights do not fit its classes",
                 "it names " + std::to_string(options.classes) + " classes: " + kClassifier + " is " +
                     (found == checkpoint.model.end() ? "missing" : found->second.describe()) + ", wanted is " +
                     wanted.describe(),
                 "the file was damaged or changed: use the one before (.bak)");
}

}  // namespace

Expected<RestoredNetwork> restoreNetwork(const Checkpoint& checkpoint, at::Device device,
                                         const std::filesystem::path& path) {
  const auto refused = [&](Error error) {
    if (error.path.empty()) error.path = path.string();
    return tl::unexpected<Error>(std::move(error));
  };
  const TrainConfig& config = checkpoint.config;
  const snn::NetworkOptions options =
      networkOptions(config.model, static_cast<std::int64_t>(checkpoint.provenance.classNames.size()));
  if (const Status status = checkClassifier(checkpoint, options); !status) return refused(status.error());
  auto network = snn::makeNetwork(options, static_cast<std::uint64_t>(config.training.seed));
  if (!network) return refused(network.error());
  if (const Status status = copyInto(stateDict(**network), checkpoint.model, "weights"); !status)
    return refused(status.error());
  auto sheets = topography::adoptSheets(checkpoint.sheets, sheetSpecs((*network)->sheets(), config.sheets));
  if (!sheets) return refused(sheets.error());
  (*network)->moveTo(device.is_cuda());
  (*network)->setTraining(false);
  return RestoredNetwork{std::move(*network), std::move(*sheets)};
}

}  // namespace pinwheel::training
