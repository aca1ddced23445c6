#include "engine/training/sheet_maps.h"

#include <torch/torch.h>

#include <limits>

#include "engine/data/world.h"

namespace pinwheel::training {
namespace {

constexpr std::int64_t kImagesPerCategory = 144;
constexpr std::uint64_t kCategorySeed = 0xF10C'0000'0000;
static_assert(kCategorySeed > data::kLastDataSeed, "no training may have seen the categories' images");

}  // namespace

std::shared_ptr<const data::Dataset> categoryWorld(int side) {
  return data::makeWorld(side, kImagesPerCategory * 10, kCategorySeed);
}

std::shared_ptr<const data::Dataset> endlessCategoryWorld(int side) {
  return data::makeWorld(side, std::numeric_limits<std::int64_t>::max(), kCategorySeed);
}

Expected<std::vector<analysis::CategoryResponses>> recordCategories(
    snn::Network& network, at::Device device, std::shared_ptr<const data::Dataset> categories, int side,
    const data::Normalisation& normalisation, std::int64_t batchSize, int workers, const StopFlag* stop,
    const ProgressCallback& progress, const RateSink& also) {
  const auto domains = static_cast<int>(data::domainNames().size());
  std::vector<analysis::CategoryResponses> responses;
  for (const snn::SheetShape& shape : network.sheets())
    responses.emplace_back(static_cast<std::int64_t>(shape.channels) * shape.height * shape.width, domains);
  std::vector<int> domainOf;
  for (const std::string& name : categories->classNames()) domainOf.push_back(data::domainOfCategory(name));
  const std::int64_t total = categories->size();
  std::int64_t done = 0;
  const auto recorded = recordDataset(
      network, device, std::move(categories), side, normalisation, batchSize, workers, false,
      [&](std::size_t sheet, std::span<const std::int64_t> labels, std::int64_t count, std::span<const float> rates) {
        const std::size_t units = rates.size() / static_cast<std::size_t>(count);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
          const int domain = domainOf[static_cast<std::size_t>(labels[i])];
          if (domain >= 0) responses[sheet].add(domain, rates.subspan(i * units, units));
        }
        if (also) also(sheet, done, count, rates);
        if (sheet + 1 < responses.size()) return;
        done += count;
        if (progress) progress({"categories", done, total});
      },
      stop);
  if (!recorded) return tl::unexpected(recorded.error());
  return responses;
}

Expected<analysis::PinwheelMap> sheetPinwheels(const topography::Sheet& sheet, const analysis::TuningMaps& maps) {
  analysis::PinwheelOptions options;
  const double scale = sheet.spec.displaySideMm / 36.75;
  options.windowMm *= scale;
  options.strideMm *= scale;
  return analysis::findPinwheels(sheet.displayXMm(), sheet.displayYMm(), maps.orientationDeg, sheet.spec.displaySideMm,
                                 options);
}

}  // namespace pinwheel::training
