#include "engine/topography/sheet.h"

#include <algorithm>
#include <cmath>

#include "engine/core/random.h"

namespace pinwheel::topography {
namespace {

std::vector<float> scaled(const std::vector<float>& values, double factor) {
  std::vector<float> out(values.size());
  std::transform(values.begin(), values.end(), out.begin(),
                 [factor](float v) { return static_cast<float>(static_cast<double>(v) * factor); });
  return out;
}

// Receptive-field centres of n positions along one side, and the field's width: n fields of `width` that overlap by a
// share `overlap` fill `size` exactly (TDANN).
struct Fields {
  double width;
  double pitch;
  [[nodiscard]] double centre(int i) const noexcept { return width / 2 + i * pitch; }
};

Fields fieldsAlong(double size, int n, double overlap) {
  const double width = size / (n - n * overlap + overlap);
  return {width, width * (1 - overlap)};
}

// Jitter carries units over the border: the sheet is stretched back to [0, size].
void fitTo(std::vector<float>& values, const std::vector<double>& raw, double size) {
  const auto [low, high] = std::minmax_element(raw.begin(), raw.end());
  const double extent = *high - *low;
  values.resize(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i)
    values[i] = static_cast<float>(extent > 0 ? std::clamp((raw[i] - *low) / extent * size, 0.0, size) : size / 2);
}

}  // namespace

std::vector<float> Sheet::displayXMm() const {
  return scaled(xMm, displayPerTraining());
}
std::vector<float> Sheet::displayYMm() const {
  return scaled(yMm, displayPerTraining());
}

Sheet retinotopicSheet(const SheetSpec& spec, std::uint64_t seed, double jitterMm) {
  const double size = spec.trainingSideMm;
  const Fields across = fieldsAlong(size, spec.width, spec.rfOverlap);
  const Fields down = fieldsAlong(size, spec.height, spec.rfOverlap);
  Random random(seed, 0x5EE7);
  std::vector<double> x;
  std::vector<double> y;
  x.reserve(static_cast<std::size_t>(spec.unitCount()));
  y.reserve(static_cast<std::size_t>(spec.unitCount()));
  for (int c = 0; c < spec.channels; ++c)
    for (int row = 0; row < spec.height; ++row)
      for (int column = 0; column < spec.width; ++column) {
        x.push_back(across.centre(column) + random.uniform(-0.5, 0.5) * across.width + jitterMm * random.normal());
        y.push_back(down.centre(row) + random.uniform(-0.5, 0.5) * down.width + jitterMm * random.normal());
      }
  Sheet sheet{spec, {}, {}};
  if (x.empty()) return sheet;
  fitTo(sheet.xMm, x, size);
  fitTo(sheet.yMm, y, size);
  return sheet;
}

Status validateSheet(const Sheet& sheet, const SheetSpec& expected) {
  const auto units = static_cast<std::size_t>(expected.unitCount());
  const auto shapeText = [](const SheetSpec& spec) {
    return std::to_string(spec.channels) + " x " + std::to_string(spec.height) + " x " + std::to_string(spec.width);
  };
  if (sheet.spec.layer != expected.layer)
    return failure("The positions are another layer's",
                   "they are of " + sheet.spec.layer + ", wanted are those of " + expected.layer,
                   "place this network's sheets with `pinwheel-cli place`");
  if (sheet.spec.channels != expected.channels || sheet.spec.height != expected.height ||
      sheet.spec.width != expected.width)
    return failure("The positions of " + expected.layer + " do not fit its units",
                   "they are of a layer of " + shapeText(sheet.spec) + ", this one has " + shapeText(expected),
                   "place this network's sheets with `pinwheel-cli place`");
  if (sheet.xMm.size() != units || sheet.yMm.size() != units)
    return failure("The positions of " + expected.layer + " do not fit its units",
                   std::to_string(sheet.xMm.size()) + " positions for " + std::to_string(units) + " units",
                   "place this network's sheets with `pinwheel-cli place`");
  if (std::abs(sheet.spec.trainingSideMm - expected.trainingSideMm) > 1e-9)
    return failure("The positions of " + expected.layer + " are on a sheet of another size",
                   std::to_string(sheet.spec.trainingSideMm) + " mm there, " + std::to_string(expected.trainingSideMm) +
                       " mm in the configuration",
                   "use the configuration that they were placed with, or place anew");
  const double limit = expected.trainingSideMm * (1 + 1e-6);
  const auto outside = [limit](float v) { return !(v >= 0.0F && static_cast<double>(v) <= limit); };
  if (std::any_of(sheet.xMm.begin(), sheet.xMm.end(), outside) ||
      std::any_of(sheet.yMm.begin(), sheet.yMm.end(), outside))
    return failure("A position of " + expected.layer + " lies outside its sheet, or is not a number",
                   "the sheet is " + std::to_string(expected.trainingSideMm) + " mm wide", "place anew");
  return {};
}

Expected<std::vector<Sheet>> adoptSheets(std::vector<Sheet> sheets, const std::vector<SheetSpec>& expected) {
  if (sheets.size() != expected.size())
    return failure(
        "The positions are another network's",
        "they are of " + std::to_string(sheets.size()) + " sheets, this network has " + std::to_string(expected.size()),
        "place this network's sheets with `pinwheel-cli place`");
  for (std::size_t i = 0; i < sheets.size(); ++i) {
    if (const Status status = validateSheet(sheets[i], expected[i]); !status) return tl::unexpected(status.error());
    sheets[i].spec = expected[i];
  }
  return sheets;
}

}  // namespace pinwheel::topography
