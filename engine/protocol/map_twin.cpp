#include "engine/protocol/map_section_parts.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/protocol/map_sections.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

// Controls of `own` by name, each the value of `twin` at a pointer.
using Controls = std::initializer_list<std::pair<const char*, const char*>>;

void add(json& own, const json& twin, const Controls& controls) {
  if (!own.is_object() || own.contains("not_measured")) return;
  for (const auto& [name, pointer] : controls)
    if (const json& value = at(twin, pointer); !value.is_null()) own["controls"][name] = value;
}

void addSmoothness(json& own, const json& twin) {
  add(own, twin, {{"twin", "/smoothness"}, {"twin_sem", "/sem"}});
}

void addPatches(json& own, const json& twin) {
  if (!own.is_array() || !twin.is_array()) return;
  for (json& row : own)
    for (const json& other : twin)
      if (at(row, "/threshold") == at(other, "/threshold"))
        add(row, other,
            {{"twin_patches", "/patches"}, {"twin_area_mm2", "/area_mm2"}, {"twin_unit_share", "/unit_share"}});
}

void addDomains(json& own, const json& twin) {
  if (!own.is_object()) return;
  for (auto& [name, domain] : own.items()) {
    if (!domain.is_object() || !twin.is_object() || !twin.contains(name)) continue;
    const json& other = twin.at(name);
    addSmoothness(domain["smoothness"], at(other, "/smoothness"));
    add(domain["d_prime_share"], at(other, "/d_prime_share"), {{"twin", "/value"}});
    addPatches(domain["patches_by_threshold"], at(other, "/patches_by_threshold"));
    add(domain["delta_selectivity"], at(other, "/delta_selectivity"), {{"twin_ratio_to_chance", "/ratio_to_chance"}});
  }
}

void addOverlaps(json& own, const json& twin) {
  if (!own.is_array() || !twin.is_array()) return;
  for (json& overlap : own)
    for (const json& other : twin)
      if (at(overlap, "/first") == at(other, "/first") && at(overlap, "/second") == at(other, "/second") &&
          !other.contains("not_measured"))
        overlap["controls"]["twin"] = {{"correlation", at(other, "/correlation/value")},
                                       {"windowed", at(other, "/windowed/value")}};
}

void addTime(json& own, const json& twin) {
  if (!own.is_object()) return;
  add(own, twin, {{"twin_rate_by_step", "/rate_by_step"}, {"twin_silent_share", "/silent_share"}});
  add(own["entropy"], at(twin, "/entropy"), {{"twin_bits", "/bits"}});
  add(own["readout_fisher_information"], at(twin, "/readout_fisher_information"), {{"twin", "/by_step"}});
  add(own["synchrony_by_distance"], at(twin, "/synchrony_by_distance"), {{"twin", "/mean"}});
}

void addSheet(json& own, const json& twin) {
  if (own.contains("smoothness"))
    for (auto& [quantity, smoothness] : own["smoothness"].items())
      addSmoothness(smoothness, at(twin, "/smoothness/" + quantity));
  json& pinwheels = own["pinwheels"];
  if (pinwheels.is_object() && !pinwheels.contains("not_measured") && at(twin, "/pinwheels").is_object())
    pinwheels["controls"]["twin"] = at(twin, "/pinwheels");
  add(own, twin,
      {{"twin_firing_rate", "/firing_rate"},
       {"twin_median_circular_variance", "/median_circular_variance"},
       {"twin_fraction_circular_variance_below_0.6", "/fraction_circular_variance_below_0.6"}});
  add(own["circular_variance"], at(twin, "/circular_variance"), {{"twin", "/distance_to_macaque"}});
  add(own["selective_share"], at(twin, "/selective_share"), {{"twin", "/value"}});
  for (const char* curve : {"correlation_by_distance", "tuning_correlation_by_distance"})
    add(own[curve], at(twin, std::string("/") + curve), {{"twin", "/mean"}});
  addDomains(own["categories"], at(twin, "/categories"));
  addOverlaps(own["overlaps"], at(twin, "/overlaps"));
  addTime(own["time"], at(twin, "/time"));
}

}  // namespace

json withTwin(json report, const json& twin) {
  report["twin"] = {{"accuracy", at(twin, "/accuracy")}, {"loss", at(twin, "/loss")}};
  if (!report.contains("sheets")) return report;
  for (json& sheet : report["sheets"])
    for (const json& other : at(twin, "/sheets"))
      if (sheet.is_object() && textAt(sheet, "/layer") == textAt(other, "/layer")) addSheet(sheet, other);
  return report;
}

}  // namespace pinwheel::protocol
