#include "engine/wire/fit.h"

#include "engine/session/overloaded.h"

namespace pinwheel::wire {
namespace {

using session::NetworkFrame;

const char* misfit(const session::MapsFrame& frame, const NetworkFrame& network) {
  if (frame.sheets.size() != network.sheets.size()) return "its maps are of another number of sheets";
  for (std::size_t s = 0; s < frame.sheets.size(); ++s) {
    const session::SheetMaps& maps = frame.sheets[s];
    const analysis::TuningMaps& t = maps.tuning;
    const std::size_t units = network.sheets[s].xMm.size();
    const auto wrong = [units](const std::vector<float>& map) { return !map.empty() && map.size() != units; };
    bool any = wrong(maps.lossShare);
    for (const auto* map :
         {&t.orientationDeg, &t.orientationVonMisesDeg, &t.circularVariance, &t.orientationPeakToPeak,
          &t.frequencyCyclesPerImage, &t.frequencyPeakToPeak, &t.colourPreference, &t.colourPeakToPeak, &t.meanRate})
      any = any || wrong(*map);
    for (const session::DomainMap& domain : maps.domains) any = any || wrong(domain.t);
    if (any) return "its maps are of another number of units";
  }
  return nullptr;
}

const char* misfit(const session::ActivityFrame& frame, const NetworkFrame& network) {
  if (frame.timeSteps != network.timeSteps) return "its spikes are at another number of time steps";
  if (frame.spikes.size() != network.sheets.size()) return "its spikes are of another number of sheets";
  for (std::size_t s = 0; s < frame.spikes.size(); ++s)
    if (frame.spikes[s].size() != static_cast<std::size_t>(frame.timeSteps) * network.sheets[s].xMm.size())
      return "its spikes are of another number of units";
  if (!network.classNames.empty() && !frame.probability.empty() &&
      frame.probability.size() != network.classNames.size())
    return "its probabilities are of another number of classes";
  return nullptr;
}

const char* misfit(const session::TuningFrame& frame, const NetworkFrame& network) {
  if (frame.sheet >= network.sheets.size()) return "it is the tuning of a sheet that there is not";
  const std::size_t units = network.sheets[frame.sheet].xMm.size();
  for (const std::int32_t unit : frame.units)
    if (unit < 0 || static_cast<std::size_t>(unit) >= units) return "it is the tuning of units that there are not";
  return nullptr;
}

const char* misfit(const session::LesionFrame& frame, const NetworkFrame& network) {
  return frame.mapsBefore ? misfit(*frame.mapsBefore, network) : nullptr;
}

}  // namespace

Status fits(const FrameVariant& frame, const session::NetworkFrame& network) {
  const auto compare = [&](const auto& f) -> const char* {
    return f.stamp.network == network.stamp.network ? misfit(f, network) : nullptr;
  };
  const char* why = std::visit(session::Overloaded{[&](const session::MapsFrame& f) { return compare(f); },
                                                   [&](const session::ActivityFrame& f) { return compare(f); },
                                                   [&](const session::TuningFrame& f) { return compare(f); },
                                                   [&](const session::LesionFrame& f) { return compare(f); },
                                                   [](const auto&) -> const char* { return nullptr; }},
                               frame);
  if (why == nullptr) return {};
  return failure("A frame that came in does not fit the network that is shown", why,
                 "it was left out; where this comes again, open the network anew");
}

}  // namespace pinwheel::wire
