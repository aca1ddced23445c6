#include "engine/protocol/contrasts.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "engine/analysis/correlation.h"
#include "engine/analysis/interval.h"
#include "engine/analysis/rank_correlation.h"
#include "engine/analysis/selectivity.h"
#include "engine/analysis/smoothness.h"
#include "engine/core/random.h"
#include "engine/data/image_folder.h"
#include "engine/protocol/section_text.h"
#include "engine/protocol/stored_parts.h"
#include "engine/training/measured_json.h"
#include "engine/training/report_json.h"
#include "engine/training/report_tables.h"
#include "engine/training/responses.h"

namespace pinwheel::protocol {
namespace {

namespace fs = std::filesystem;
using analysis::CategoryResponses;
using nlohmann::json;
using training::number;

constexpr std::uint64_t kLabelStream = 0xC047;
// Whose t is taken under shuffled labels: every shuffle costs as much time and memory as the map itself.
constexpr int kControlUnits = 4096;
constexpr std::size_t kFewestImages = 4;  // two of each half, which then have a variance
constexpr int kA = 0;
constexpr int kB = 1;

// The images of a contrast, A's first.
struct Shown {
  Contrast contrast;
  std::int64_t countA = 0;
  std::int64_t countB = 0;
  std::shared_ptr<const data::Dataset> images;
};

Expected<Shown> openContrast(const Contrast& contrast, const data::Normalisation& normalisation) {
  Shown shown;
  shown.contrast = contrast;
  std::vector<std::pair<fs::path, int>> files;
  for (const auto& [folder, label, count] :
       {std::tuple{&contrast.folderA, kA, &shown.countA}, std::tuple{&contrast.folderB, kB, &shown.countB}}) {
    std::error_code code;
    if (!fs::is_directory(*folder, code))
      return failure("A folder of the contrast \"" + contrast.name + "\" is not there",
                     code ? code.message() : "it is no folder", "check the path", folder->string());
    const auto images = data::numberedImagesIn(*folder);
    if (!images) return tl::unexpected(images.error());
    if (images->size() < kFewestImages)
      return failure("A folder of the contrast \"" + contrast.name + "\" has too few images",
                     std::to_string(images->size()) + " .png, .jpg or .jpeg lie in the folder itself, " +
                         std::to_string(kFewestImages) + " are needed",
                     "give the folder that holds the images", folder->string());
    *count = static_cast<std::int64_t>(images->size());
    for (const fs::path& image : *images) files.emplace_back(image, label);
  }
  shown.images = data::makeImageList(contrast.name, {"A", "B"}, std::move(files), normalisation);
  return shown;
}

Expected<std::vector<Shown>> openContrasts(const Subject& subject, const ContrastsOptions& options) {
  if (options.contrasts.empty())
    return failure("There is no contrast to measure", "no folders of images were given",
                   "give them as NAME=DIR_A,DIR_B");
  if (options.permutations < 1)
    return failure("Contrasts cannot be measured with these options", "their labels must be shuffled at least once",
                   "take ContrastsOptions::of");
  std::set<std::string> names;
  std::vector<Shown> all;
  for (const Contrast& contrast : options.contrasts) {
    if (!names.insert(contrast.name).second)
      return failure("Two contrasts have the same name", contrast.name + " comes twice", "give them different names");
    auto shown = openContrast(contrast, subject.normalisation);
    if (!shown) return tl::unexpected(shown.error());
    all.push_back(std::move(*shown));
  }
  return all;
}

// What is gathered of one sheet.
struct SheetStatistics {
  SheetStatistics(std::int64_t units, int permutations, std::uint64_t seed)
      : all(units, 2),
        even(units, 2),
        odd(units, 2),
        controlUnits(analysis::drawUnits(units, kControlUnits, seed)),
        shuffled(static_cast<std::size_t>(permutations),
                 CategoryResponses(static_cast<std::int64_t>(controlUnits.size()), 2)) {}
  CategoryResponses all, even, odd;
  std::vector<std::int64_t> controlUnits;
  std::vector<CategoryResponses> shuffled;  // of labels that are another image's
};

using Labels = std::vector<int>;  // of A's images, then of B's

std::vector<Labels> shuffledLabels(const Shown& shown, const ContrastsOptions& options) {
  Labels labels(static_cast<std::size_t>(shown.countA), kA);
  labels.resize(static_cast<std::size_t>(shown.countA + shown.countB), kB);
  std::vector<Labels> all(static_cast<std::size_t>(options.permutations), labels);
  for (std::size_t p = 0; p < all.size(); ++p) {
    Random random(options.seed, kLabelStream, p);
    random.shuffle(all[p]);
  }
  return all;
}

void addControls(SheetStatistics& statistics, const std::vector<Labels>& labels, std::size_t image,
                 std::span<const float> rates) {
  std::vector<float> drawn;
  drawn.reserve(statistics.controlUnits.size());
  for (const std::int64_t unit : statistics.controlUnits) drawn.push_back(rates[static_cast<std::size_t>(unit)]);
  for (std::size_t p = 0; p < labels.size(); ++p) statistics.shuffled[p].add(labels[p][image], drawn);
}

// `told` hears of every batch.
Expected<std::vector<SheetStatistics>> record(const Subject& subject, const Shown& shown,
                                              const ContrastsOptions& options, const StopFlag& stop,
                                              const std::function<void(std::int64_t images)>& told) {
  std::vector<SheetStatistics> sheets;
  for (const topography::Sheet& sheet : subject.sheets)
    sheets.emplace_back(sheet.spec.unitCount(), options.permutations, options.seed);
  const std::vector<Labels> others = shuffledLabels(shown, options);
  std::int64_t first = 0;
  const auto response = training::recordDataset(
      *subject.network, subject.device, shown.images, subject.side, subject.normalisation, subject.batchSize,
      subject.workers, false,
      [&](std::size_t sheet, std::span<const std::int64_t> labels, std::int64_t count, std::span<const float> rates) {
        SheetStatistics& statistics = sheets[sheet];
        const std::size_t units = rates.size() / static_cast<std::size_t>(count);
        for (std::int64_t i = 0; i < count; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const auto image = rates.subspan(at * units, units);
          const auto label = static_cast<int>(labels[at]);
          const std::int64_t withinFolder = first + i - (label == kB ? shown.countA : 0);
          statistics.all.add(label, image);
          (withinFolder % 2 == 0 ? statistics.even : statistics.odd).add(label, image);
          addControls(statistics, others, static_cast<std::size_t>(first + i), image);
        }
        if (sheet + 1 < sheets.size()) return;
        first += count;
        told(count);
      },
      &stop);
  if (!response) return tl::unexpected(response.error());
  return sheets;
}

std::vector<float> negated(std::vector<float> values) {
  for (float& value : values) value = -value;
  return values;
}

double shareAbove(const std::vector<float>& t, double threshold) {
  return analysis::selectiveShare(std::vector<std::vector<float>>{t}, threshold);
}

json reliabilityJson(const SheetStatistics& statistics) {
  const std::vector<float> evenMap = statistics.even.tMap(kA);
  const std::vector<float> oddMap = statistics.odd.tMap(kA);
  const std::vector<double> even(evenMap.begin(), evenMap.end());
  const std::vector<double> odd(oddMap.begin(), oddMap.end());
  const double r = analysis::correlate(even, odd, analysis::Comparison::pearson);
  if (!std::isfinite(r)) return training::notMeasured({"every unit has the same t in one of the halves"});
  json out = {{"halves", number(r)}};
  if (r > 0)
    out["spearman_brown"] = number(2 * r / (1 + r));
  else
    out["spearman_brown"] = training::notMeasured({"the halves do not agree, and the formula is for halves that do"});
  return out;
}

// The share of selective units under every shuffle: mean, and the range of 95 % of them.
json shuffledJson(const SheetStatistics& statistics, double threshold) {
  json out = {{"units", statistics.controlUnits.size()}};
  for (const auto& [name, domain] : {std::pair{"prefer_a", kA}, std::pair{"prefer_b", kB}}) {
    std::vector<double> shares;
    for (const CategoryResponses& shuffled : statistics.shuffled)
      shares.push_back(shareAbove(shuffled.tMap(domain), threshold));
    const std::string key = name;
    out[key + "_share"] =
        number(std::accumulate(shares.begin(), shares.end(), 0.0) / static_cast<double>(shares.size()));
    const analysis::Interval range = analysis::interval95(std::move(shares));
    out[key + "_low_95"] = number(range.low);
    out[key + "_high_95"] = number(range.high);
  }
  return out;
}

Expected<json> sheetJson(const topography::Sheet& sheet, const SheetStatistics& statistics, const std::string& contrast,
                         const ContrastsOptions& options) {
  const std::vector<float> t = statistics.all.tMap(kA);
  const std::string stem = sheet.spec.layer + "_contrast_" + contrast;  // _t_ are the domains' maps
  if (!options.out.empty())
    if (const Status status = training::writeMapNumbers(options.out, stem, sheet, "t", t); !status)
      return tl::unexpected(status.error());
  const auto [smallest, largest] = std::minmax_element(t.begin(), t.end());
  return json{{"layer", sheet.spec.layer},
              {"area", sheet.spec.area},
              {"units", t.size()},
              {"file", stem},
              {"largest_t", number(static_cast<double>(*largest))},
              {"smallest_t", number(static_cast<double>(*smallest))},
              {"smoothness",
               training::orReason(training::selectivitySmoothness(sheet, t, options.seed), training::smoothnessJson)},
              {"prefer_a_share", number(shareAbove(t, options.threshold))},
              {"prefer_b_share", number(shareAbove(negated(t), options.threshold))},
              {"controls", {{"shuffled_labels", shuffledJson(statistics, options.threshold)}}},
              {"reliability", reliabilityJson(statistics)}};
}

}  // namespace

Expected<Contrast> parseContrast(const std::string& text) {
  const auto refused = [&](const std::string& why) {
    return failure("\"" + text + "\" is no contrast of two folders", why,
                   "write it as NAME=DIR_A,DIR_B, such as big-small=images/big,images/small");
  };
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return refused("it has no \"=\"");
  const std::string name = text.substr(0, equals);
  if (name.empty()) return refused("nothing stands before the \"=\"");
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), fits))
    return refused("its name may hold letters, digits, \"-\", \"_\" and \".\" alone");
  const std::string folders = text.substr(equals + 1);
  const std::size_t comma = folders.find(',');
  if (comma == std::string::npos) return refused("it has one folder, two are needed, with a comma between them");
  if (folders.find(',', comma + 1) != std::string::npos)
    return refused("it has more than one comma: a folder's name cannot hold one");
  const Contrast contrast{name, folders.substr(0, comma), folders.substr(comma + 1)};
  if (contrast.folderA.empty() || contrast.folderB.empty()) return refused("one of its folders has no name");
  return contrast;
}

ContrastsOptions ContrastsOptions::of(Effort) {
  return {};
}

json optionsJson(const ContrastsOptions& options) {
  json contrasts = json::array();
  for (const Contrast& contrast : options.contrasts)
    contrasts.push_back({{"name", contrast.name},
                         {"folder_a", fs::absolute(contrast.folderA).lexically_normal().string()},
                         {"folder_b", fs::absolute(contrast.folderB).lexically_normal().string()},
                         {"fingerprint_a", stateOf(contrast.folderA).at("state")},
                         {"fingerprint_b", stateOf(contrast.folderB).at("state")}});
  return {{"contrasts", contrasts},
          {"threshold", options.threshold},
          {"permutations", options.permutations},
          {"seed", options.seed}};
}

Expected<json> measureContrasts(const Subject& subject, const ContrastsOptions& options,
                                const ProgressCallback& progress, const StopFlag& stop) {
  const auto shown = openContrasts(subject, options);
  if (!shown) return tl::unexpected(shown.error());
  std::int64_t total = 0;
  for (const Shown& contrast : *shown) total += contrast.countA + contrast.countB;
  std::int64_t done = 0;
  json contrasts = json::array();
  for (const Shown& each : *shown) {
    const auto statistics = record(subject, each, options, stop, [&](std::int64_t images) {
      done += images;
      if (progress) progress({"contrast " + each.contrast.name, done, total});
    });
    if (!statistics) return tl::unexpected(statistics.error());
    json sheets = json::array();
    for (std::size_t s = 0; s < subject.sheets.size(); ++s) {
      auto sheet = sheetJson(subject.sheets[s], (*statistics)[s], each.contrast.name, options);
      if (!sheet) return sheet;
      sheets.push_back(std::move(*sheet));
    }
    contrasts.push_back({{"name", each.contrast.name},
                         {"folder_a", each.contrast.folderA.string()},
                         {"folder_b", each.contrast.folderB.string()},
                         {"images_a", each.countA},
                         {"images_b", each.countB},
                         {"sheets", sheets}});
  }
  return json{{"parameters", optionsJson(options)}, {"contrasts", contrasts}};
}

}  // namespace pinwheel::protocol
