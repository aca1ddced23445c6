#include "engine/perturbation/sham.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/core/random.h"

namespace pinwheel::perturbation {
namespace {

constexpr std::uint64_t kShamStream = 0x5AA3;

std::map<std::size_t, std::set<std::int32_t>> unitsBySheet(const Lesion& lesion) {
  std::map<std::size_t, std::set<std::int32_t>> units;
  for (const LesionPart& part : lesion.parts) units[part.sheet].insert(part.units.begin(), part.units.end());
  return units;
}

}  // namespace

std::int64_t distinctUnits(const Lesion& lesion) {
  std::int64_t count = 0;
  for (const auto& [sheet, units] : unitsBySheet(lesion)) count += static_cast<std::int64_t>(units.size());
  return count;
}

Expected<Lesion> shamOf(const Lesion& lesion, std::span<const std::int64_t> sheetUnits, std::uint64_t seed) {
  std::map<std::size_t, std::map<std::int32_t, std::int32_t>> standIn;
  for (const auto& [sheet, units] : unitsBySheet(lesion)) {
    std::vector<std::int32_t> others;
    for (std::int32_t u = 0; u < static_cast<std::int32_t>(sheetUnits[sheet]); ++u)
      if (units.count(u) == 0) others.push_back(u);
    if (others.size() < units.size())
      return failure("There is no sham for this lesion",
                     "it takes " + std::to_string(units.size()) + " of the " + std::to_string(sheetUnits[sheet]) +
                         " units of sheet " + std::to_string(sheet + 1) + ": " + std::to_string(others.size()) +
                         " others are too few to stand for them",
                     "lesion less than half of a sheet to compare it with a sham");
    Random random(seed, kShamStream, sheet);
    random.shuffle(others);
    auto other = others.begin();
    for (const std::int32_t unit : units) standIn[sheet][unit] = *other++;
  }
  Lesion sham = lesion;
  for (LesionPart& part : sham.parts) {
    for (std::int32_t& unit : part.units) unit = standIn[part.sheet].at(unit);
    std::sort(part.units.begin(), part.units.end());
  }
  return sham;
}

}  // namespace pinwheel::perturbation
