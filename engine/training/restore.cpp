#include "engine/training/restore.h"

#include <torch/torch.h>

#include "engine/snn/backbones.h"
#include "engine/training/setup.h"

namespace pinwheel::training {

Expected<RestoredNetwork> restoreNetwork(const Checkpoint& checkpoint, at::Device device,
                                         const std::filesystem::path& path) {
  const auto refused = [&](Error error) {
    if (error.path.empty()) error.path = path.string();
    return tl::unexpected<Error>(std::move(error));
  };
  const TrainConfig& config = checkpoint.config;
  const auto classes = static_cast<std::int64_t>(checkpoint.provenance.classNames.size());
  auto network =
      snn::makeNetwork(networkOptions(config.model, classes), static_cast<std::uint64_t>(config.training.seed));
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
