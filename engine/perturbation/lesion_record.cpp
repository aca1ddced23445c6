#include "engine/perturbation/lesion_record.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/formats/json_guard.h"

namespace pinwheel::perturbation {
namespace {

using nlohmann::json;
using topography::SheetSpec;

// A safetensors header holds 16 MiB; a unit takes 11 characters of it at most.
constexpr std::size_t kMostParts = 4096;
constexpr std::int64_t kMostUnits = 1'000'000;
// In JSON: the units, and of every part its members and 256 time steps, the most that a network has.
constexpr std::size_t kMostValues = std::size_t{kMostUnits} + 300 * kMostParts;

constexpr std::array<std::pair<PerturbationKind, const char*>, 5> kKinds{{{PerturbationKind::silence, "silence"},
                                                                          {PerturbationKind::damp, "damp"},
                                                                          {PerturbationKind::noise, "noise"},
                                                                          {PerturbationKind::stimulate, "stimulate"},
                                                                          {PerturbationKind::freeze, "freeze"}}};

const char* nameOfKind(PerturbationKind kind) {
  return std::find_if(kKinds.begin(), kKinds.end(), [kind](const auto& known) { return known.first == kind; })->second;
}

json toJson(const Lesion& lesion, std::span<const SheetSpec> sheets, bool everyUnit) {
  json parts = json::array();
  for (const LesionPart& part : lesion.parts) {
    json item{{"sheet", sheets[part.sheet].layer}, {"kind", nameOfKind(part.kind)}, {"strength", part.strength}};
    if (everyUnit)
      item["units"] = part.units;
    else
      item["count"] = part.units.size();
    if (!part.timeSteps.empty()) item["time_steps"] = part.timeSteps;
    parts.push_back(std::move(item));
  }
  return parts;
}

// JSON's own conversions would take 1.5 for 1 and true for 1.
bool takeNumbers(const json& list, std::vector<std::int32_t>& numbers) {
  if (!list.is_array()) return false;
  for (const json& value : list) {
    if (!value.is_number_integer()) return false;
    const auto number = value.get<std::int64_t>();
    if (number < 0 || number > std::numeric_limits<std::int32_t>::max()) return false;
    numbers.push_back(static_cast<std::int32_t>(number));
  }
  return true;
}

const json& memberOf(const json& item, const char* key) {
  static const json nothing;
  const auto found = item.find(key);
  return found == item.end() ? nothing : *found;
}

// Anything but a text may be a million values long.
std::string quoted(const json& value) {
  return value.is_string() ? value.dump() : "not a text";
}

// What is wrong with a part; empty: nothing.
std::string readPart(const json& item, std::span<const SheetSpec> sheets, LesionPart& part) {
  if (!item.is_object()) return "it is no object";
  const json& layer = memberOf(item, "sheet");
  const auto sheet =
      std::find_if(sheets.begin(), sheets.end(), [&layer](const SheetSpec& spec) { return layer == json(spec.layer); });
  if (sheet == sheets.end()) return "its sheet is " + quoted(layer) + ", no sheet of this network";
  part.sheet = static_cast<std::size_t>(sheet - sheets.begin());
  const json& name = memberOf(item, "kind");
  const auto kind =
      std::find_if(kKinds.begin(), kKinds.end(), [&name](const auto& known) { return name == json(known.second); });
  if (kind == kKinds.end()) return "its kind is " + quoted(name) + ", which this version does not know";
  part.kind = kind->first;
  const json& strength = memberOf(item, "strength");
  if (!strength.is_number()) return "its strength is no number";
  part.strength = strength.get<double>();
  if (!takeNumbers(memberOf(item, "units"), part.units)) return "its units are no list of unit numbers";
  if (item.contains("time_steps") && !takeNumbers(item["time_steps"], part.timeSteps))
    return "its time steps are no list of their numbers";
  return {};
}

}  // namespace

Status checkLesion(const Lesion& lesion, std::span<const SheetSpec> sheets, std::int64_t timeSteps) {
  if (lesion.parts.size() > kMostParts || lesion.units() > kMostUnits)
    return failure("The lesion is too large",
                   "it has " + std::to_string(lesion.parts.size()) + " parts and names " +
                       std::to_string(lesion.units()) + " units; at most " + std::to_string(kMostParts) + " and " +
                       std::to_string(kMostUnits) + " can be kept with a network",
                   "lesion fewer units, or put those that are treated alike into one part");
  for (std::size_t p = 0; p < lesion.parts.size(); ++p) {
    const LesionPart& part = lesion.parts[p];
    const auto refused = [p](const std::string& why, const std::string& hint) {
      return failure("Part " + std::to_string(p + 1) + " of the lesion does not fit this network", why, hint);
    };
    if (part.sheet >= sheets.size())
      return refused(
          "it names sheet " + std::to_string(part.sheet + 1) + ", the network has " + std::to_string(sheets.size()),
          "select units of one of its sheets");
    const std::int64_t units = sheets[part.sheet].unitCount();
    for (std::size_t i = 0; i < part.units.size(); ++i) {
      if (part.units[i] < 0 || part.units[i] >= units)
        return refused("it names unit " + std::to_string(part.units[i]) + " of sheet " + sheets[part.sheet].layer +
                           ", which has units 0 to " + std::to_string(units - 1),
                       "select units of that sheet");
      if (i > 0 && part.units[i] <= part.units[i - 1])
        return refused("its units are not in ascending order, each once", "sort them and leave out those named twice");
    }
    if (!(part.strength >= 0 && part.strength <= 1))
      return refused("its strength is " + std::to_string(part.strength), "choose one between 0 and 1");
    for (const int t : part.timeSteps)
      if (t < 0 || t >= timeSteps)
        return refused(
            "it names time step " + std::to_string(t) + ", the network has steps 0 to " + std::to_string(timeSteps - 1),
            "choose some of those");
    if (static_cast<std::int64_t>(part.timeSteps.size()) > timeSteps)
      return refused("it names " + std::to_string(part.timeSteps.size()) + " time steps, the network has " +
                         std::to_string(timeSteps),
                     "name every step once");
  }
  return {};
}

std::string lesionText(const Lesion& lesion, std::span<const SheetSpec> sheets) {
  std::string text;
  for (const LesionPart& part : lesion.parts) {
    if (!text.empty()) text += "; ";
    text += sheets[part.sheet].layer + ", " + std::to_string(part.units.size()) +
            (part.units.size() == 1 ? " unit, " : " units, ") + nameOfKind(part.kind);
    if (part.kind == PerturbationKind::damp || part.kind == PerturbationKind::noise) {
      char strength[32];
      std::snprintf(strength, sizeof strength, " %g", part.strength);
      text += strength;
    }
  }
  return text;
}

std::string lesionJson(const Lesion& lesion, std::span<const SheetSpec> sheets) {
  return toJson(lesion, sheets, true).dump();
}

std::string lesionSummaryJson(const Lesion& lesion, std::span<const SheetSpec> sheets) {
  return toJson(lesion, sheets, false).dump();
}

Expected<Lesion> lesionFromJson(const std::string& text, std::span<const SheetSpec> sheets, std::int64_t timeSteps) {
  const char* const hint = "the file was damaged or written by another program";
  formats::JsonLimits limits;
  limits.values = kMostValues;
  if (const std::string why = formats::jsonRefusal(text, limits); !why.empty())
    return failure("The lesion cannot be read", "it is " + why, hint);
  const json list = json::parse(text);
  if (!list.is_array()) return failure("The lesion cannot be read", "it is no JSON array", hint);
  Lesion lesion;
  for (const json& item : list) {
    LesionPart part;
    if (const std::string wrong = readPart(item, sheets, part); !wrong.empty())
      return failure("Part " + std::to_string(lesion.parts.size() + 1) + " of the lesion cannot be read", wrong, hint);
    lesion.parts.push_back(std::move(part));
  }
  if (Status status = checkLesion(lesion, sheets, timeSteps); !status) {
    status.error().hint = hint;
    return tl::unexpected(std::move(status.error()));
  }
  return lesion;
}

}  // namespace pinwheel::perturbation
