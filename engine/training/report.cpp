#include "engine/training/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "engine/core/files.h"
#include "engine/core/number_text.h"
#include "engine/figures/map_picture.h"
#include "engine/training/report_json.h"
#include "engine/training/report_tables.h"

namespace pinwheel::training {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kGridSide = 160;  // cells of a picture's map along one side

// In a few words, for the terminal.
std::string reason(const Error& error) {
  return error.why.empty() ? error.what : error.why;
}

json toJson(const NetworkMeasures& measures, const ReportContext& context) {
  json perClass = json::object();
  for (std::size_t c = 0; c < context.classNames.size() && c < measures.validation.count.size(); ++c)
    if (measures.validation.count[c] > 0)
      perClass[context.classNames[c]] =
          static_cast<double>(measures.validation.correct[c]) / static_cast<double>(measures.validation.count[c]);
  json sheets = json::array();
  std::vector<topography::SheetSpec> specs;
  for (const SheetMeasures& sheet : measures.sheets) {
    sheets.push_back(sheetJson(sheet));
    specs.push_back(sheet.sheet.spec);
  }
  json out = {{"checkpoint", context.checkpoint.filename().string()},
              {"data", context.data},
              {"categories", context.categories},
              {"images", measures.validation.images},
              {"epochs", context.state.epoch},
              {"lesion", json::parse(perturbation::lesionSummaryJson(context.lesion, specs))},
              {"provenance",
               {{"program", context.provenance.program},
                {"version", context.provenance.version},
                {"torch", context.provenance.torch},
                {"created", context.provenance.created},
                {"command", context.provenance.commandLine},
                {"trained_on", context.provenance.dataName}}},
              {"sheets", sheets}};
  if (measures.validationLabelled) {
    out["accuracy"] = measures.validation.accuracy;
    out["loss"] = number(measures.validation.loss);
    out["accuracy_per_class"] = perClass;
  } else {
    out["accuracy"] = {{"not_measured", "the data's classes are not those that the network was trained on"}};
  }
  return out;
}

struct Map {
  std::string file;  // stem of the file name
  std::string title;
  std::string quantity;
  std::string unit;
  figures::MapKind kind = figures::MapKind::sequential;
  const std::vector<float>* values = nullptr;
  std::vector<std::string> notes;
  bool drawn = true;                                      // false: numbers alone
  const std::vector<analysis::Patch>* patches = nullptr;  // whose outlines are drawn
};

std::vector<std::string> smoothnessNote(const MeasuredSmoothness& measured) {
  if (!measured.value) return {};
  std::string text =
      "Smoothness " + fixedText(measured.value->mean, 2) + "; shuffled " + fixedText(measured.value->shuffledMean, 2);
  if (measured.untrained) text += "; untrained " + fixedText(measured.untrained->mean, 2);
  return {text};
}

std::vector<Map> mapsOf(const SheetMeasures& sheet) {
  const std::string& layer = sheet.sheet.spec.layer;
  const auto note = [&](const std::string& quantity) -> std::vector<std::string> {
    for (const MeasuredSmoothness& measured : sheet.tuningSmoothness)
      if (measured.quantity == quantity) return smoothnessNote(measured);
    return {};
  };
  using figures::MapKind;
  const analysis::TuningMaps& tuning = sheet.tuning;
  std::vector<Map> maps = {
      {"orientation", layer + " orientation preference", "Preferred orientation", "deg", MapKind::orientation,
       &tuning.orientationDeg, note("orientation")},
      {"orientation_von_mises", layer + " orientation preference, von Mises fit", "Preferred orientation", "deg",
       MapKind::orientation, &tuning.orientationVonMisesDeg, note("orientation_von_mises")},
      {"circular_variance",
       layer + " circular variance",
       "Circular variance",
       "",
       MapKind::sequential,
       &tuning.circularVariance,
       {}},
      {"spatial_frequency", layer + " spatial-frequency preference", "Preferred frequency", "cycles/image",
       MapKind::sequential, &tuning.frequencyCyclesPerImage, note("spatial_frequency")},
      {"colour", layer + " colour preference", "Colour preference (chromatic - achromatic) / sum", "",
       MapKind::diverging, &tuning.colourPreference, note("colour")},
      {"firing_rate",
       layer + " firing rate",
       "Mean firing rate to gratings",
       "spikes/step",
       MapKind::sequential,
       &tuning.meanRate,
       {}}};
  for (const DomainMeasure& domain : sheet.domains) {
    maps.push_back({"t_" + domain.domain, layer + " selectivity for " + domain.domain,
                    "t, " + domain.domain + " against the others", "t", MapKind::diverging, &domain.t,
                    smoothnessNote(domain.smoothness)});
    if (domain.patches) maps.back().patches = &*domain.patches;
    // A picture of d' would look like that of t.
    maps.push_back({"d_prime_" + domain.domain,
                    layer + " d' for " + domain.domain,
                    "d', " + domain.domain + " against the others",
                    "",
                    MapKind::diverging,
                    &domain.dPrime,
                    {},
                    false});
  }
  return maps;
}

// Why a map shows nothing: its preferences are all missing, its rates or t all 0. Empty where it shows something.
std::string emptyNote(const SheetMeasures& sheet, const Map& map) {
  const bool zeroIsNothing = map.file == "firing_rate" || map.kind == figures::MapKind::diverging;
  const bool empty = std::none_of(map.values->begin(), map.values->end(),
                                  [&](float v) { return std::isfinite(v) && (v != 0 || !zeroIsNothing); });
  if (!empty) return "";
  const std::vector<float>& rates = sheet.tuning.meanRate;
  const bool responds = sheet.firingRate > 0 || std::any_of(rates.begin(), rates.end(), [](float r) { return r > 0; });
  return responds ? "no unit has a preference" : "no unit responds";
}

// The grids that a picture points into.
struct Drawn {
  std::vector<float> values;
  std::vector<float> saturation;
  figures::MapPicture picture;
};

void addOutlines(figures::MapPicture& picture, const std::vector<analysis::Patch>& patches) {
  for (const analysis::Patch& patch : patches)
    for (const analysis::SheetLine& outline : patch.outlines) {
      figures::MapLine& line = picture.outlines.emplace_back();
      for (const analysis::SheetPoint& point : outline) line.push_back({point.xMm, point.yMm});
    }
  if (!patches.empty())
    picture.footnotes.push_back("Outlined: " + std::to_string(patches.size()) +
                                (patches.size() == 1 ? " patch" : " patches") + " of smoothed t \u2265 " +
                                fixedText(kSelectiveT, 0));
}

Drawn draw(const SheetMeasures& sheet, const Map& map) {
  const topography::SheetSpec& spec = sheet.sheet.spec;
  const std::vector<float> x = sheet.sheet.displayXMm();
  const std::vector<float> y = sheet.sheet.displayYMm();
  // One unit's spacing is the finest detail that the sheet can hold.
  const double sigma = spec.displaySideMm / std::sqrt(static_cast<double>(spec.unitCount()));
  Drawn drawn;
  figures::MapPicture& picture = drawn.picture;
  picture.title = map.title;
  picture.quantity = map.quantity;
  picture.unit = map.unit;
  picture.kind = map.kind;
  picture.gridWidth = kGridSide;
  picture.gridHeight = kGridSide;
  picture.sideMm = spec.displaySideMm;
  picture.units = spec.unitCount();
  picture.footnotes = map.notes;
  picture.note = emptyNote(sheet, map);
  if (map.patches != nullptr) addOutlines(picture, *map.patches);
  if (map.kind == figures::MapKind::orientation) {
    std::vector<float> weight(map.values->size());
    for (std::size_t u = 0; u < weight.size(); ++u) {
      const float variance = sheet.tuning.circularVariance[u];
      weight[u] = std::isfinite(variance) ? 1.0F - variance : 0.0F;
    }
    const auto grid =
        analysis::smoothOrientation(x, y, *map.values, weight, spec.displaySideMm, kGridSide, 1.5 * sigma);
    float largest = 0;
    for (const std::complex<float>& z : grid.values)
      if (std::isfinite(std::abs(z))) largest = std::max(largest, std::abs(z));
    for (const std::complex<float>& z : grid.values) {
      double degrees = std::arg(z) * 90.0 / 3.14159265358979;
      if (degrees < 0) degrees += 180;
      drawn.values.push_back(std::isfinite(std::abs(z)) ? static_cast<float>(degrees) : std::nanf(""));
      // The square root keeps weakly tuned regions visible beside the best tuned.
      drawn.saturation.push_back(largest > 0 ? std::sqrt(std::abs(z) / largest) : 0.0F);
    }
    if (map.file == "orientation" && sheet.pinwheels.value) {  // counted on this map, not on the von Mises fit's
      for (const analysis::Pinwheel& p : sheet.pinwheels.value->pinwheels)
        picture.markers.push_back({p.xMm, p.yMm, p.sign});
      picture.footnotes.push_back(std::to_string(sheet.pinwheels.value->positive) + " pinwheels of +1/2 (white), " +
                                  std::to_string(sheet.pinwheels.value->negative) + " of -1/2 (black)");
    }
  } else {
    drawn.values = analysis::smoothMap(x, y, *map.values, spec.displaySideMm, kGridSide, sigma).values;
  }
  return drawn;
}

void bind(Drawn& drawn) {
  drawn.picture.values = drawn.values;
  drawn.picture.saturation = drawn.saturation;
}

std::string summaryText(const NetworkMeasures& measures, const perturbation::Lesion& lesion) {
  std::string text;
  if (lesion.units() > 0)
    text += "under its lesion of " + std::to_string(lesion.units()) + " units, as it was trained\n";
  if (measures.validationLabelled)
    text += "accuracy " + fixedText(100 * measures.validation.accuracy, 2) + " % of " +
            std::to_string(measures.validation.images) + " images\n";
  for (const SheetMeasures& sheet : measures.sheets) {
    text += sheet.sheet.spec.layer + ":";
    for (const MeasuredSmoothness& measured : sheet.tuningSmoothness) {
      if (measured.quantity != "orientation") continue;
      if (measured.value)
        text += " orientation smoothness " + fixedText(measured.value->mean, 2) + " (shuffled " +
                fixedText(measured.value->shuffledMean, 2) + ", untrained " +
                (measured.untrained ? fixedText(measured.untrained->mean, 2) : std::string("-")) + "),";
      else
        text += " orientation smoothness - (" + reason(measured.value.error()) + "),";
    }
    if (sheet.pinwheels.value)
      text.append(" ")
          .append(std::to_string(sheet.pinwheels.value->pinwheels.size()))
          .append(" pinwheels (density ")
          .append(fixedText(sheet.pinwheels.value->densityPerSpacing2, 2))
          .append(", pi in biology),");
    text += " category smoothness " + fixedText(meanDomainSmoothness(sheet), 2);
    if (!std::isfinite(meanDomainSmoothness(sheet)) && !sheet.domains.empty() &&
        !sheet.domains.front().smoothness.value)
      text += " (" + reason(sheet.domains.front().smoothness.value.error()) + ")";
    text += ", rate " + fixedText(sheet.firingRate, 2);
    if (sheet.time.entropy) text += ", entropy " + fixedText(sheet.time.entropy->bits, 2) + " bits";
    text += "\n";
  }
  return text;
}

}  // namespace

Expected<EvaluateResult> writeReport(const fs::path& folder, const NetworkMeasures& measures,
                                     const ReportContext& context) {
  const std::string provenance = "Pinwheel " + context.provenance.version + "; " +
                                 context.checkpoint.filename().string() + "; trained on " +
                                 context.provenance.dataName + "; " + context.provenance.commandLine;
  // What a protocol stored of the maps in this folder is no longer true from here on.
  std::error_code code;
  fs::remove(folder / "parts" / "maps.json", code);
  std::vector<Drawn> overview;
  json written = json::array();
  for (const SheetMeasures& sheet : measures.sheets) {
    if (const Status status = writeTables(folder, sheet); !status) return tl::unexpected(status.error());
    for (const Map& map : mapsOf(sheet)) {
      if (const Status status =
              writeMapNumbers(folder, sheet.sheet.spec.layer + "_" + map.file, sheet.sheet, map.file, *map.values);
          !status)
        return tl::unexpected(status.error());
      if (!context.pictures || !map.drawn) continue;
      Drawn drawn = draw(sheet, map);
      bind(drawn);
      const fs::path path = folder / (sheet.sheet.spec.layer + "_" + map.file + ".png");
      if (const Status status = figures::writeMapPng(path, drawn.picture, 900, provenance); !status)
        return tl::unexpected(status.error());
      written.push_back(path.filename().string());
      // The overview: what each area is known for.
      const bool category = map.file.rfind("t_", 0) == 0;
      if ((category && sheet.sheet.spec.area == "IT") || (map.file == "orientation" && sheet.sheet.spec.area == "V1"))
        overview.push_back(std::move(drawn));
    }
  }
  if (!overview.empty()) {
    std::vector<figures::MapPicture> pictures;
    for (Drawn& drawn : overview) {
      bind(drawn);
      pictures.push_back(drawn.picture);
    }
    if (const Status status = figures::writeMapSheetPng(folder / "overview.png", pictures, 3, 560, provenance); !status)
      return tl::unexpected(status.error());
    written.push_back("overview.png");
  }
  json report = toJson(measures, context);
  report["pictures"] = std::move(written);
  EvaluateResult result;
  result.report = folder / "report.json";
  result.summary = summaryText(measures, context.lesion);
  if (const Status status = writeFileAtomically(result.report, report.dump(2) + "\n"); !status)
    return tl::unexpected(status.error());
  return result;
}

}  // namespace pinwheel::training
