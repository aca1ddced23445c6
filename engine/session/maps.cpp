#include "engine/session/maps.h"

#include <torch/torch.h>

#include <cmath>

#include "engine/data/world.h"
#include "engine/session/loss_share.h"
#include "engine/training/responses.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::session {
namespace {

double meanOf(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += static_cast<double>(v);
  return values.empty() ? kUnknown : sum / static_cast<double>(values.size());
}

void addPinwheels(const topography::Sheet& sheet, SheetMaps& maps) {
  auto found = training::sheetPinwheels(sheet, maps.tuning);
  if (!found) {
    maps.pinwheelNote = found.error().what + (found.error().why.empty() ? "" : ": " + found.error().why);
    return;
  }
  maps.pinwheels = std::move(found->pinwheels);
  maps.pinwheelDensity = found->densityPerSpacing2;
  maps.columnSpacingMm = found->columnSpacingMm;
  if (!std::isfinite(maps.columnSpacingMm)) maps.pinwheelDensity = kUnknown;
}

void addSmoothness(const topography::Sheet& sheet, SheetMaps& maps) {
  const auto smoothness = training::orientationSmoothness(sheet, maps.tuning, 1);
  if (!smoothness) return;
  maps.orientationSmoothness = smoothness->mean;
  maps.shuffledSmoothness = smoothness->shuffledMean;
}

Error stopped() {
  return {"Measuring was stopped", "", "measure the maps again"};
}

}  // namespace

UnitAnswers Measured::answers(std::size_t sheet, std::int32_t unit) const {
  const SheetAnswers& s = (*sheets)[sheet];
  UnitAnswers out;
  out.orientation = s.gratings.orientationCurve(unit);
  out.frequency = s.gratings.frequencyCurve(unit);
  out.colour = s.gratings.colourCurve(unit);
  for (int d = 0; d < s.categories.domains(); ++d) {
    const auto n = static_cast<double>(s.categories.count(d));
    UnitAnswers::Domain domain;
    domain.mean = s.categories.mean(unit, d);
    domain.sem = n > 0 ? std::sqrt(s.categories.variance(unit, d) / n) : 0;
    domain.t = static_cast<double>(s.t[static_cast<std::size_t>(d)][static_cast<std::size_t>(unit)]);
    out.domains.push_back(domain);
  }
  out.best = s.best.of(unit);
  return out;
}

std::int64_t Measured::bytes() const {
  std::int64_t bytes = 0;
  for (const SheetAnswers& s : *sheets) {
    const std::int64_t conditions =
        static_cast<std::int64_t>(s.gratings.orientations()) * s.gratings.frequencies() * s.gratings.colours();
    const auto floats = static_cast<std::int64_t>(sizeof(float));
    bytes += s.gratings.units() * (conditions * floats + s.categories.domains() * (6 * floats) + 9 * floats) +
             s.best.bytes();
  }
  return bytes;
}

Expected<std::shared_ptr<const Measured>> measureMaps(Subject& subject, const Stamp& stamp,
                                                      const std::shared_ptr<const data::Dataset>& categories,
                                                      bool lossShare, Job& job) {
  const std::int64_t batch = imagesAtOnce(*subject.network, subject.timeSteps);
  auto tuning =
      training::measureTuning(*subject.network, subject.device, subject.side, subject.normalisation, batch, &job.stop(),
                              [&](const Progress& p) { job.progress("Measuring maps: gratings", p.done); });
  if (!tuning) return tl::unexpected(tuning.error());
  job.finishPart(640);

  std::vector<BestImages> best;
  for (const std::int64_t units : unitCounts(*subject.network)) best.emplace_back(units);
  auto responses = training::recordCategories(
      *subject.network, subject.device, categories, subject.side, subject.normalisation, batch, 1, &job.stop(),
      [&](const Progress& p) { job.progress("Measuring maps: categories", p.done); },
      [&](std::size_t sheet, std::int64_t first, std::int64_t count, std::span<const float> rates) {
        const std::size_t units = rates.size() / static_cast<std::size_t>(count);
        for (std::int64_t i = 0; i < count; ++i)
          best[sheet].add(first + i, rates.subspan(static_cast<std::size_t>(i) * units, units));
      });
  if (!responses) return tl::unexpected(responses.error());
  job.finishPart(1440);

  MapsFrame frame;
  frame.stamp = stamp;
  std::vector<SheetAnswers> sheets;
  for (std::size_t s = 0; s < subject.sheets->size(); ++s) {
    const topography::Sheet& sheet = (*subject.sheets)[s];
    SheetMaps maps;
    maps.tuning = std::move((*tuning)[s].maps);
    maps.meanRate = meanOf(maps.tuning.meanRate);
    job.progress("Measuring maps: pinwheels of " + sheet.spec.layer, 0);
    if (job.stopped()) return tl::unexpected(stopped());
    addPinwheels(sheet, maps);
    if (job.stopped()) return tl::unexpected(stopped());
    addSmoothness(sheet, maps);
    SheetAnswers answers{std::move((*tuning)[s].responses), std::move((*responses)[s]), std::move(best[s]), {}};
    const std::vector<float> x = sheet.displayXMm();
    const std::vector<float> y = sheet.displayYMm();
    for (int d = 0; d < answers.categories.domains(); ++d) {
      job.progress("Measuring maps: patches of " + sheet.spec.layer, 0);
      if (job.stopped()) return tl::unexpected(stopped());
      answers.t.push_back(answers.categories.tMap(d));
      DomainMap domain{data::domainNames()[static_cast<std::size_t>(d)], answers.t.back(), {}};
      auto patches = analysis::findPatches(x, y, domain.t, sheet.spec.displaySideMm, {});
      if (!patches) return tl::unexpected(patches.error());
      domain.patches = std::move(*patches);
      maps.domains.push_back(std::move(domain));
    }
    frame.sheets.push_back(std::move(maps));
    sheets.push_back(std::move(answers));
  }
  if (lossShare)
    if (const Status status = addLossShare(subject, frame, job); !status) return tl::unexpected(status.error());
  auto measured = std::make_shared<Measured>();
  measured->sheets = std::make_shared<const std::vector<SheetAnswers>>(std::move(sheets));
  measured->maps = std::make_shared<const MapsFrame>(std::move(frame));
  return std::shared_ptr<const Measured>(std::move(measured));
}

}  // namespace pinwheel::session
