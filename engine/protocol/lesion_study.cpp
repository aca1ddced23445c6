#include "engine/protocol/lesion_study.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include "engine/analysis/patches.h"
#include "engine/analysis/smoothing.h"
#include "engine/data/selection.h"
#include "engine/data/world.h"
#include "engine/perturbation/lesion.h"
#include "engine/perturbation/sham.h"
#include "engine/protocol/domain_study.h"
#include "engine/training/measured_json.h"
#include "engine/training/responses.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;
using perturbation::Lesion;
using training::number;

constexpr std::uint64_t kShamStream = 0x5AA4;

using Hits = std::vector<std::uint8_t>;           // [images] 1: right
using Values = std::vector<std::vector<double>>;  // [lesioned domains][images]

struct Size {
  std::string selection;
  double value = 0;  // a share, or t
};

// One lesion and its shams.
struct Trial {
  std::vector<std::int32_t> units;
  std::vector<Hits> hits;                // [exams]
  std::vector<std::vector<Hits>> shams;  // [exams][draws]
};

std::vector<Size> sizesOf(const LesionStudyOptions& options) {
  std::vector<Size> sizes;
  for (const char* selection : {"disc", "ranked"})
    for (const double share : options.shares) sizes.push_back({selection, share});
  for (const double t : options.thresholds) sizes.push_back({"thresholded", t});
  return sizes;
}

Status checkOptions(const LesionStudyOptions& options) {
  const bool outside = std::any_of(options.shares.begin(), options.shares.end(),
                                   [](double share) { return !(share >= 0 && share <= 1); });
  if (outside || sizesOf(options).empty() || options.images < 1 || options.shamDraws < 1 || options.bootstraps < 1)
    return failure("Lesions cannot be studied with these options",
                   "shares lie in 0..1; there is a size, an image, a sham and a bootstrap at least",
                   "take LesionStudyOptions::of");
  return {};
}

// Mean of every row over the images of each column; NaN where there are none. `columnOf` -1: of no column.
Values meansByColumn(const Values& values, const std::vector<int>& columnOf, std::size_t columns,
                     std::span<const int> weights) {
  Values means;
  for (const auto& row : values) {
    std::vector<double> sums(columns, 0.0);
    std::vector<double> counts(columns, 0.0);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (columnOf[i] < 0) continue;
      const auto c = static_cast<std::size_t>(columnOf[i]);
      sums[c] += weights[i] * row[i];
      counts[c] += weights[i];
    }
    for (std::size_t c = 0; c < columns; ++c) sums[c] = counts[c] > 0 ? sums[c] / counts[c] : std::nan("");
    means.push_back(std::move(sums));
  }
  return means;
}

// Of the rows' own columns, or of all others; what is NaN is left out.
double diagonalMean(const Values& matrix, bool own) {
  double sum = 0;
  int count = 0;
  for (std::size_t r = 0; r < matrix.size(); ++r)
    for (std::size_t c = 0; c < matrix[r].size(); ++c) {
      if ((r == c) != own || !std::isfinite(matrix[r][c])) continue;
      sum += matrix[r][c];
      ++count;
    }
  return count > 0 ? sum / count : std::nan("");
}

double overallMean(const Values& values, std::span<const int> weights) {
  double sum = 0;
  for (const auto& row : meansByColumn(values, std::vector<int>(weights.size(), 0), 1, weights)) sum += row.front();
  return sum / static_cast<double>(values.size());
}

// Mean over a trial's shams: all of them, or as many drawn with replacement.
Values shamMeans(const std::vector<Trial>& trials, std::size_t exam, Random* random) {
  Values means;
  for (const Trial& trial : trials) {
    const std::vector<Hits>& shams = trial.shams[exam];
    std::vector<double> mean(trial.hits[exam].size(), 0.0);
    for (std::size_t k = 0; k < shams.size(); ++k) {
      const Hits& sham = shams[random != nullptr ? static_cast<std::size_t>(random->below(shams.size())) : k];
      for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += sham[i] / static_cast<double>(shams.size());
    }
    means.push_back(std::move(mean));
  }
  return means;
}

// Percentage points lost by a lesion beyond its shams, image by image.
Values pointsLost(const std::vector<Trial>& trials, std::size_t exam, Values shams) {
  for (std::size_t d = 0; d < trials.size(); ++d)
    for (std::size_t i = 0; i < shams[d].size(); ++i) shams[d][i] = 100 * (shams[d][i] - trials[d].hits[exam][i]);
  return shams;
}

json intervalJson(double value, const analysis::Interval& interval) {
  return {{"accuracy", number(value)}, {"low_95", number(interval.low)}, {"high_95", number(interval.high)}};
}

json hitsJson(const Exam& exam, const Hits& hits) {
  std::vector<std::int64_t> byGroup(exam.groups.size(), 0);
  for (std::size_t i = 0; i < hits.size(); ++i) byGroup[static_cast<std::size_t>(exam.truth[i])] += hits[i];
  const std::int64_t correct = std::accumulate(byGroup.begin(), byGroup.end(), std::int64_t{0});
  json out = accuracyJson(correct, static_cast<std::int64_t>(hits.size()));
  out["correct"] = correct;
  out["correct_by_group"] = byGroup;
  return out;
}

class Measurement {
public:
  Measurement(const Subject& subject, const LesionStudyOptions& options, DomainStudy study,
              const ProgressCallback& progress, const StopFlag& stop)
      : m_subject(subject),
        m_options(options),
        m_study(std::move(study)),
        m_stop(stop),
        m_sizes(sizesOf(options)),
        m_work{"lesions", 0, progress},
        m_intact(m_study.exams.size()),
        m_silent(m_study.exams.size()) {
    for (const Exam& exam : m_study.exams) m_shown.emplace_back(subject, exam.images, m_study.sheet);
    for (const topography::Sheet& sheet : subject.sheets) m_unitCounts.push_back(sheet.spec.unitCount());
    const auto lesions = static_cast<std::int64_t>(m_sizes.size() * m_study.domains.size());
    m_work.total = m_study.mapImages->size();
    for (const Exam& exam : m_study.exams)
      m_work.total += exam.images->size() * (1 + lesions * (1 + options.shamDraws));
  }

  Expected<json> run() {
    if (const Status status = recordMaps(m_subject, m_study, m_work, m_stop); !status)
      return tl::unexpected(status.error());
    json exams = json::array();
    for (std::size_t e = 0; e < m_study.exams.size(); ++e) {
      const auto intact = hitsUnder(e, {});
      if (!intact) return tl::unexpected(intact.error());
      exams.push_back(examJson(m_study.exams[e]));
      exams.back()["intact"] = hitsJson(m_study.exams[e], *intact);
    }
    for (const int domain : m_study.domains) {
      m_t.push_back(m_study.responses[m_study.sheet].tMap(domain));
      m_peaks.push_back(peakOf(sheet(), m_t.back()));
    }
    for (const Size& size : m_sizes) {
      std::vector<Trial> trials;
      for (std::size_t d = 0; d < m_study.domains.size(); ++d) {
        auto trial = tried(size, d);
        if (!trial) return tl::unexpected(trial.error());
        trials.push_back(std::move(*trial));
      }
      for (std::size_t e = 0; e < m_study.exams.size(); ++e) {
        for (std::size_t d = 0; d < trials.size(); ++d)
          exams[e]["lesions"].push_back(lesionJson(e, size, d, trials[d]));
        exams[e]["by_size"].push_back(sizeJson(e, size, trials));
      }
    }
    if (m_study.exams.size() < 2)
      exams.push_back({{"name", "classes"}, {"not_measured", "the data's classes are not the network's"}});
    return result(std::move(exams));
  }

private:
  [[nodiscard]] const topography::Sheet& sheet() const { return m_subject.sheets[m_study.sheet]; }
  [[nodiscard]] std::size_t unitCount() const { return static_cast<std::size_t>(sheet().spec.unitCount()); }
  [[nodiscard]] Lesion silencing(const std::vector<std::int32_t>& units) const {
    return {1, {{m_study.sheet, units, perturbation::PerturbationKind::silence, 1, {}}}};
  }

  [[nodiscard]] std::vector<std::int32_t> chosen(const Size& size, std::size_t d) const {
    if (size.selection == "thresholded") return unitsAbove(m_t[d], size.value);
    const auto count = static_cast<std::size_t>(std::llround(size.value * static_cast<double>(unitCount())));
    if (size.selection == "ranked") return highestUnits(m_t[d], count);
    return nearestUnits(sheet(), m_peaks[d].xMm, m_peaks[d].yMm, count);
  }

  [[nodiscard]] std::vector<std::int32_t> shamUnits(const std::vector<std::int32_t>& units, std::uint64_t seed) const {
    if (const auto sham = perturbation::shamOf(silencing(units), m_unitCounts, seed)) return sham->parts.front().units;
    std::vector<std::int32_t> all(unitCount());
    std::iota(all.begin(), all.end(), 0);
    Random(seed, kShamStream).shuffle(all);
    all.resize(units.size());
    std::sort(all.begin(), all.end());
    return all;
  }

  // No lesion, and all of the sheet, come with every selection and sham: they are measured once.
  Expected<Hits> hitsUnder(std::size_t e, const std::vector<std::int32_t>& units) {
    const Exam& exam = m_study.exams[e];
    std::optional<Hits>* known = units.empty() ? &m_intact[e] : units.size() == unitCount() ? &m_silent[e] : nullptr;
    if (known != nullptr && known->has_value()) {
      m_work.add(exam.images->size());
      return **known;
    }
    const auto answers = answersUnder(m_shown[e], exam, silencing(units), m_work, m_stop);
    if (!answers) return tl::unexpected(answers.error());
    Hits hits;
    for (std::size_t i = 0; i < answers->size(); ++i) hits.push_back((*answers)[i] == exam.truth[i] ? 1 : 0);
    if (known != nullptr) *known = hits;
    return hits;
  }

  Expected<Trial> tried(const Size& size, std::size_t d) {
    Trial trial{chosen(size, d), {}, std::vector<std::vector<Hits>>(m_study.exams.size())};
    std::vector<std::vector<std::int32_t>> shams;
    for (int draw = 0; draw < m_options.shamDraws; ++draw)
      shams.push_back(shamUnits(trial.units, mix64(m_options.seed) + static_cast<std::uint64_t>(draw) * 64 + d));
    for (std::size_t e = 0; e < m_study.exams.size(); ++e) {
      auto hits = hitsUnder(e, trial.units);
      if (!hits) return tl::unexpected(hits.error());
      trial.hits.push_back(std::move(*hits));
      for (const auto& units : shams) {
        auto sham = hitsUnder(e, units);
        if (!sham) return tl::unexpected(sham.error());
        trial.shams[e].push_back(std::move(*sham));
      }
    }
    return trial;
  }

  [[nodiscard]] json examJson(const Exam& exam) const {
    json domains;
    for (const int domain : exam.domainOfGroup) domains.push_back(domainName(domain));
    std::vector<std::int64_t> images(exam.groups.size(), 0);
    for (const int group : exam.truth) ++images[static_cast<std::size_t>(group)];
    return {{"name", exam.name},        {"data", exam.images->name()}, {"images", exam.images->size()},
            {"groups", exam.groups},    {"images_by_group", images},   {"domain_of_group", domains},
            {"lesions", json::array()}, {"by_size", json::array()}};
  }

  [[nodiscard]] json lesionJson(std::size_t e, const Size& size, std::size_t d, const Trial& trial) const {
    const Exam& exam = m_study.exams[e];
    const Values mean = shamMeans({trial}, e, nullptr);
    const std::vector<int> once(exam.truth.size(), 1);
    json out = hitsJson(exam, trial.hits[e]);
    out["domain"] = domainName(m_study.domains[d]);
    out["selection"] = size.selection;
    out["size"] = size.value;
    out["units"] = trial.units.size();
    out["share"] = static_cast<double>(trial.units.size()) / static_cast<double>(unitCount());
    out["sham"] = {
        {"accuracy", number(overallMean(mean, once))},
        {"accuracy_by_group", training::numbers(meansByColumn(mean, exam.truth, exam.groups.size(), once).front())},
        {"draws", m_options.shamDraws},
        {"drawn_among", 2 * trial.units.size() <= unitCount() ? "the other units" : "all units"}};
    return out;
  }

  // Of each image, the row and column of its domain in the matrix of lesioned against tested domains.
  [[nodiscard]] std::vector<int> columnsOf(const Exam& exam) const {
    std::vector<int> columns(exam.truth.size(), -1);
    for (std::size_t i = 0; i < columns.size() && !exam.domainOfGroup.empty(); ++i) {
      const int domain = exam.domainOfGroup[static_cast<std::size_t>(exam.truth[i])];
      const auto found = std::find(m_study.domains.begin(), m_study.domains.end(), domain);
      if (found != m_study.domains.end()) columns[i] = static_cast<int>(found - m_study.domains.begin());
    }
    return columns;
  }

  [[nodiscard]] json sizeJson(std::size_t e, const Size& size, const std::vector<Trial>& trials) const {
    const Exam& exam = m_study.exams[e];
    const std::vector<int> columnOf = columnsOf(exam);
    const std::size_t columns = m_study.domains.size();
    const auto statistics = [&](const Values& controls, std::span<const int> weights) -> std::vector<double> {
      const Values matrix = meansByColumn(pointsLost(trials, e, controls), columnOf, columns, weights);
      const double own = diagonalMean(meansByColumn(controls, columnOf, columns, weights), true);
      return {overallMean(controls, weights), diagonalMean(matrix, true) - diagonalMean(matrix, false), own};
    };
    const Values shams = shamMeans(trials, e, nullptr);
    const std::vector<int> once(exam.truth.size(), 1);
    const std::vector<double> value = statistics(shams, once);
    const auto interval = bootstrapOverImages(exam.truth, m_options.bootstraps, m_options.seed,
                                              [&](std::span<const int> weights, Random& random) {
                                                return statistics(shamMeans(trials, e, &random), weights);
                                              });
    json out = {{"selection", size.selection}, {"size", size.value}, {"sham", intervalJson(value[0], interval[0])}};
    if (exam.domainOfGroup.empty()) {
      out["dissociation"]["not_measured"] = "the classes are of no domain";
      return out;
    }
    const Values lost = meansByColumn(pointsLost(trials, e, shams), columnOf, columns, once);
    json matrix = json::array();
    for (const auto& row : lost) matrix.push_back(training::numbers(row));
    out["dissociation"] = {{"points_lost_beyond_sham", matrix},
                           {"diagonal", number(diagonalMean(lost, true))},
                           {"off_diagonal", number(diagonalMean(lost, false))},
                           {"difference", number(value[1])},
                           {"low_95", number(interval[1].low)},
                           {"high_95", number(interval[1].high)},
                           {"sham_own", intervalJson(value[2], interval[2])}};
    return out;
  }

  [[nodiscard]] json result(json exams) const {
    std::vector<topography::SheetSpec> specs;
    for (const topography::Sheet& each : m_subject.sheets) specs.push_back(each.spec);
    json domains = json::array();
    json peaks = json::array();
    for (std::size_t d = 0; d < m_study.domains.size(); ++d) {
      domains.push_back(domainName(m_study.domains[d]));
      peaks.push_back({{"domain", domains.back()},
                       {"x_mm", m_peaks[d].xMm},
                       {"y_mm", m_peaks[d].yMm},
                       {"t", number(m_peaks[d].t)}});
    }
    return {{"parameters", optionsJson(m_options)},
            {"sheet", sheet().spec.layer},
            {"area", sheet().spec.area},
            {"units", unitCount()},
            {"held_lesion", json::parse(perturbation::lesionSummaryJson(m_subject.checkpoint->lesion, specs))},
            {"map_data", m_study.mapImages->name()},
            {"map_images", m_study.mapImages->size()},
            {"domains", domains},
            {"peaks", peaks},
            {"exams", std::move(exams)}};
  }

  const Subject& m_subject;
  const LesionStudyOptions& m_options;
  DomainStudy m_study;
  std::vector<Presentation> m_shown;  // [exams]
  const StopFlag& m_stop;
  std::vector<Size> m_sizes;
  Work m_work;
  std::vector<std::optional<Hits>> m_intact;  // [exams]
  std::vector<std::optional<Hits>> m_silent;  // [exams]
  std::vector<std::int64_t> m_unitCounts;
  std::vector<std::vector<float>> m_t;  // [domains]
  std::vector<Peak> m_peaks;            // [domains]
};

}  // namespace

LesionStudyOptions LesionStudyOptions::of(Effort effort) {
  LesionStudyOptions options;
  if (effort == Effort::quick) {
    options.shares = {0, 0.05, 0.2, 1};
    options.images = 100;
    options.shamDraws = 2;
  } else {
    options.shares = {0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1};
    options.thresholds = {2, 4, 6, 8, 10};
  }
  return options;
}

json optionsJson(const LesionStudyOptions& options) {
  return {{"shares", options.shares},
          {"thresholds", options.thresholds},
          {"images", options.images},
          {"sham_draws", options.shamDraws},
          {"bootstraps", options.bootstraps},
          {"seed", options.seed},
          {"peak_sigma_mm_of_70", analysis::PatchOptions{}.sigmaMm}};
}

Expected<json> measureLesionStudy(const Subject& subject, const LesionStudyOptions& options,
                                  const ProgressCallback& progress, const StopFlag& stop) {
  if (const Status status = checkOptions(options); !status) return tl::unexpected(status.error());
  auto study = openStudy(subject, options.images, options.seed);
  if (!study) return tl::unexpected(study.error());
  return Measurement(subject, options, std::move(*study), progress, stop).run();
}

}  // namespace pinwheel::protocol
