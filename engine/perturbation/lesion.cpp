#include "engine/perturbation/lesion.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "engine/core/random.h"

namespace pinwheel::perturbation {
namespace {

constexpr std::uint64_t kNoiseSeed = 0x9015E;

std::int64_t unitCount(const snn::SheetShape& shape) {
  return static_cast<std::int64_t>(shape.channels) * shape.height * shape.width;
}

// A part with its tensors made once.
struct Part {
  LesionPart what;
  std::uint64_t index = 0;  ///< in the lesion: names the noise
  at::Tensor units;         ///< [n] int64
  at::Tensor mask;          ///< [C, H, W] bool
};

at::Tensor stimulated(const Part& part, const at::Tensor& activity) {
  if (part.what.timeSteps.empty()) return activity.masked_fill(part.mask, 1);
  at::Tensor when = at::zeros({activity.size(0), 1, 1, 1, 1}, at::TensorOptions().dtype(at::kBool));
  for (const int t : part.what.timeSteps) when[t].fill_(true);
  return activity.masked_fill(part.mask.logical_and(when.to(activity.device())), 1);
}

at::Tensor noisy(const Part& part, const at::Tensor& activity, std::uint64_t tick) {
  const std::int64_t steps = activity.size(0);
  const std::int64_t images = activity.size(1);
  const std::int64_t n = part.units.numel();
  at::Tensor draws = at::empty({steps, images, n}, at::kFloat);
  Random random(kNoiseSeed, part.index, tick);
  float* values = draws.data_ptr<float>();
  for (std::int64_t i = 0; i < draws.numel(); ++i) values[i] = random.uniform() < part.what.strength ? 1.0F : 0.0F;
  const at::Tensor flat = activity.flatten(2);
  const at::Tensor silent = flat.detach().index_select(2, part.units).eq(0);
  const at::Tensor added = draws.to(activity.device()).to(activity.scalar_type()).mul(silent);
  return flat.index_add(2, part.units, added).view(activity.sizes());
}

at::Tensor applied(const Part& part, const at::Tensor& activity, std::uint64_t tick) {
  switch (part.what.kind) {
    case PerturbationKind::silence:
      return activity.masked_fill(part.mask, 0);
    case PerturbationKind::damp:
      return at::where(part.mask, activity * part.what.strength, activity);
    case PerturbationKind::noise:
      return noisy(part, activity, tick);
    case PerturbationKind::stimulate:
      return stimulated(part, activity);
    case PerturbationKind::freeze:
      return at::where(part.mask, activity.detach(), activity);
  }
  return activity;
}

}  // namespace

Status checkLesion(const Lesion& lesion, const std::vector<snn::SheetShape>& sheets, std::int64_t timeSteps) {
  std::vector<topography::SheetSpec> specs(sheets.size());
  for (std::size_t s = 0; s < sheets.size(); ++s) {
    specs[s].layer = sheets[s].layer;
    specs[s].channels = sheets[s].channels;
    specs[s].height = sheets[s].height;
    specs[s].width = sheets[s].width;
  }
  return checkLesion(lesion, specs, timeSteps);
}

snn::Perturbation makePerturbation(const Lesion& lesion, const std::vector<snn::SheetShape>& sheets, at::Device device,
                                   std::shared_ptr<const std::int64_t> tick) {
  auto bySheet = std::make_shared<std::vector<std::vector<Part>>>(sheets.size());
  for (std::size_t p = 0; p < lesion.parts.size(); ++p) {
    const LesionPart& what = lesion.parts[p];
    if (what.units.empty()) continue;
    const snn::SheetShape& shape = sheets[what.sheet];
    const std::vector<std::int64_t> units(what.units.begin(), what.units.end());
    Part part{what, p, at::tensor(units), at::zeros({unitCount(shape)}, at::TensorOptions().dtype(at::kBool))};
    part.mask.index_fill_(0, part.units, true);
    part.mask = part.mask.view({shape.channels, shape.height, shape.width}).to(device);
    part.units = part.units.to(device);
    (*bySheet)[what.sheet].push_back(std::move(part));
  }
  if (std::all_of(bySheet->begin(), bySheet->end(), [](const auto& parts) { return parts.empty(); })) return {};
  struct Passes {
    std::int64_t index = -1;
    std::size_t lastSheet = std::numeric_limits<std::size_t>::max();
  };
  return [bySheet, tick = std::move(tick), passes = std::make_shared<Passes>()](std::size_t sheet,
                                                                                const at::Tensor& activity) {
    // Sheets come in order, from the first one of the pass on: one that is not behind the last begins another pass.
    if (sheet <= passes->lastSheet) ++passes->index;
    passes->lastSheet = sheet;
    at::Tensor changed = activity;
    for (const Part& part : (*bySheet)[sheet])
      changed = applied(part, changed, static_cast<std::uint64_t>(tick ? *tick : passes->index));
    return changed;
  };
}

}  // namespace pinwheel::perturbation
