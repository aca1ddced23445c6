#include "app/scope/sheet_field.h"

#include <algorithm>
#include <cmath>

namespace pinwheel::scope {
namespace {

// The share-th value of those that are finite; NaN when none is.
double quantile(std::vector<float> values, double share) {
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  if (values.empty()) return session::kUnknown;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

std::vector<float> selectivity(const std::vector<float>& variance) {
  std::vector<float> saturation(variance.size());
  for (std::size_t u = 0; u < variance.size(); ++u)
    saturation[u] = std::isfinite(variance[u]) ? std::clamp(1 - variance[u], 0.0F, 1.0F) : 0.0F;
  const double full = quantile(saturation, 0.95);
  for (float& s : saturation)
    s = full > 0 ? static_cast<float>(std::sqrt(std::min(static_cast<double>(s) / full, 1.0))) : 0.0F;
  return saturation;
}

std::vector<float> valuesOf(const session::SheetMaps& maps, const session::NetworkFrame& network,
                            const FieldChoice& choice) {
  switch (choice.quantity) {
    case Quantity::orientation:
      return maps.tuning.orientationDeg;
    case Quantity::frequency:
      return maps.tuning.frequencyCyclesPerImage;
    case Quantity::rate:
      return maps.tuning.meanRate;
    case Quantity::category:
      for (const session::DomainMap& domain : maps.domains)
        if (choice.domain < network.domainNames.size() && domain.domain == network.domainNames[choice.domain])
          return domain.t;
  }
  return {};
}

void setRange(SheetFields& fields, const FieldChoice& choice) {
  if (choice.quantity == Quantity::orientation) {
    fields.map = figures::ColourMap::orientation;
    fields.high = 180;
    return;
  }
  std::vector<float> all;
  for (const auto& values : fields.values) all.insert(all.end(), values.begin(), values.end());
  if (choice.quantity == Quantity::category) {
    for (float& v : all) v = std::abs(v);
    const double reach = quantile(std::move(all), 0.99);
    fields.map = figures::ColourMap::vik;
    fields.high = std::isfinite(reach) ? std::max(reach, 2.0) : 2;
    fields.low = -fields.high;
    return;
  }
  const double low = choice.quantity == Quantity::rate ? 0.0 : quantile(all, 0.01);
  const double high = quantile(std::move(all), 0.99);
  if (!std::isfinite(low) || !std::isfinite(high)) return;
  fields.low = low;
  fields.high = high > low ? high : low + 1;
}

}  // namespace

std::string nameOf(const FieldChoice& choice, const session::NetworkFrame& network) {
  switch (choice.quantity) {
    case Quantity::orientation:
      return "Preferred orientation";
    case Quantity::frequency:
      return "Preferred spatial frequency";
    case Quantity::rate:
      return "Mean rate";
    case Quantity::category:
      break;
  }
  return "Category: " + (choice.domain < network.domainNames.size() ? network.domainNames[choice.domain] : "?");
}

const char* unitOf(Quantity quantity) {
  switch (quantity) {
    case Quantity::orientation:
      return "deg";
    case Quantity::frequency:
      return "cycles/image";
    case Quantity::rate:
      return "spikes/step";
    case Quantity::category:
      break;
  }
  return "t";
}

std::vector<FieldChoice> fieldChoices(const session::NetworkFrame& network) {
  std::vector<FieldChoice> choices{{Quantity::orientation, 0}, {Quantity::frequency, 0}, {Quantity::rate, 0}};
  for (std::size_t d = 0; d < network.domainNames.size(); ++d) choices.push_back({Quantity::category, d});
  return choices;
}

SheetFields fieldsOf(const session::MapsFrame& maps, const session::NetworkFrame& network, const FieldChoice& choice) {
  SheetFields fields;
  for (const session::SheetMaps& sheet : maps.sheets) {
    fields.values.push_back(valuesOf(sheet, network, choice));
    const bool graded =
        choice.quantity == Quantity::orientation && sheet.tuning.circularVariance.size() == fields.values.back().size();
    fields.saturation.push_back(graded ? selectivity(sheet.tuning.circularVariance) : std::vector<float>{});
  }
  setRange(fields, choice);
  return fields;
}

}  // namespace pinwheel::scope
