#include "engine/training/category_measures.h"

#include <torch/torch.h>

#include <array>
#include <map>
#include <span>

#include "engine/data/world.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::training {
namespace {

constexpr std::array<double, 8> kThresholds{1, 2, 3, 4, 5, 6, 8, 10};
// TDANN draws 500 units and looks at 60 mm of a 70 mm IT in 20 bins.
constexpr int kDeltaUnits = 500;
constexpr double kDeltaReach = 60.0 / 70;

MeasuredSmoothness domainSmoothness(const topography::Sheet& sheet, const std::string& domain,
                                    const std::vector<float>& t) {
  MeasuredSmoothness measured;
  measured.quantity = domain;
  measured.value = selectivitySmoothness(sheet, t, kMeasureSeed);
  return measured;
}

Expected<analysis::DeltaSelectivity> domainDelta(const topography::Sheet& sheet, const std::vector<float>& t,
                                                 int bootstraps) {
  analysis::CorrelationOptions options;
  options.units = kDeltaUnits;
  options.maximumDistanceMm = kDeltaReach * sheet.spec.displaySideMm;
  options.bootstraps = bootstraps;
  options.seed = kMeasureSeed;
  return analysis::deltaSelectivity(sheet.displayXMm(), sheet.displayYMm(), t, options);
}

Expected<std::vector<analysis::PatchesAtThreshold>> domainSweep(const topography::Sheet& sheet,
                                                                const std::vector<float>& t, int shuffles) {
  return analysis::sweepPatches(sheet.displayXMm(), sheet.displayYMm(), t, sheet.spec.displaySideMm, kThresholds, {},
                                shuffles, kMeasureSeed);
}

Expected<analysis::DomainOverlap> overlapOf(const topography::Sheet& sheet, const std::vector<float>& first,
                                            const std::vector<float>& second, int shuffles) {
  analysis::OverlapOptions options;
  options.shuffles = shuffles;
  options.seed = kMeasureSeed;
  return analysis::domainOverlap(sheet.displayXMm(), sheet.displayYMm(), first, second, sheet.spec.displaySideMm,
                                 options);
}

double dPrimeShare(const std::vector<float>& dPrime) {
  return analysis::selectiveShare(std::span(&dPrime, 1), kSelectiveDPrime);
}

void addTrained(const analysis::CategoryResponses& responses, SheetMeasures& sheet) {
  const topography::Sheet& where = sheet.sheet;
  std::vector<std::vector<float>> maps;
  for (int d = 0; d < responses.domains(); ++d) {
    if (responses.count(d) < 2) continue;
    DomainMeasure measured;
    measured.domain = data::domainNames()[static_cast<std::size_t>(d)];
    measured.t = responses.tMap(d);
    measured.dPrime = responses.dPrimeMap(d);
    measured.dPrimeShare = dPrimeShare(measured.dPrime);
    measured.smoothness = domainSmoothness(where, measured.domain, measured.t);
    measured.delta.value = domainDelta(where, measured.t, 100);
    measured.patches =
        analysis::findPatches(where.displayXMm(), where.displayYMm(), measured.t, where.spec.displaySideMm, {});
    measured.sweep.value = domainSweep(where, measured.t, 3);
    maps.push_back(measured.t);
    sheet.domains.push_back(std::move(measured));
  }
  sheet.selectiveShare = analysis::selectiveShare(maps, kSelectiveT);
  for (std::size_t a = 0; a < sheet.domains.size(); ++a)
    for (std::size_t b = a + 1; b < sheet.domains.size(); ++b) {
      OverlapMeasure measured{sheet.domains[a].domain, sheet.domains[b].domain, {}};
      measured.overlap.value = overlapOf(where, maps[a], maps[b], 50);
      sheet.overlaps.push_back(std::move(measured));
    }
}

// Both networks saw the same images: what the trained one has, this one has too.
void addUntrained(const analysis::CategoryResponses& responses, SheetMeasures& sheet) {
  const topography::Sheet& where = sheet.sheet;
  std::map<std::string, std::vector<float>> maps;
  std::map<std::string, double> dPrimeShares;
  for (int d = 0; d < responses.domains(); ++d) {
    if (responses.count(d) < 2) continue;
    const std::string& name = data::domainNames()[static_cast<std::size_t>(d)];
    maps[name] = responses.tMap(d);
    dPrimeShares[name] = dPrimeShare(responses.dPrimeMap(d));
  }
  std::vector<std::vector<float>> all;
  for (DomainMeasure& domain : sheet.domains) {
    const std::vector<float>& t = maps.at(domain.domain);
    domain.untrainedDPrimeShare = dPrimeShares.at(domain.domain);
    domain.smoothness.untrained = domainSmoothness(where, domain.domain, t).value;
    domain.delta.untrained = domainDelta(where, t, 0);
    domain.sweep.untrained = domainSweep(where, t, 0);
    all.push_back(t);
  }
  sheet.untrainedSelectiveShare = analysis::selectiveShare(all, kSelectiveT);
  for (OverlapMeasure& measured : sheet.overlaps)
    measured.overlap.untrained = overlapOf(where, maps.at(measured.first), maps.at(measured.second), 0);
}

}  // namespace

Status measureCategories(const MeasureInputs& inputs, NetworkMeasures& out, const StopFlag& stop) {
  for (snn::Network* network : {inputs.network, inputs.untrained}) {
    if (network == nullptr) continue;
    const auto responses = recordCategories(*network, inputs.device, inputs.categories, inputs.side,
                                            inputs.normalisation, inputs.batchSize, inputs.workers, &stop);
    if (!responses) return tl::unexpected(responses.error());
    for (std::size_t s = 0; s < out.sheets.size(); ++s) {
      if (network == inputs.network)
        addTrained((*responses)[s], out.sheets[s]);
      else
        addUntrained((*responses)[s], out.sheets[s]);
    }
  }
  return {};
}

}  // namespace pinwheel::training
