#include "engine/protocol/stimulation.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "engine/analysis/accuracy.h"
#include "engine/analysis/interval.h"
#include "engine/analysis/patches.h"
#include "engine/perturbation/lesion.h"
#include "engine/protocol/domain_study.h"
#include "engine/training/measured_json.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;
using perturbation::Lesion;
using training::number;

constexpr std::uint64_t kPlaceStream = 0x971ACE;
constexpr std::uint64_t kSpreadStream = 0x59EAD;
constexpr double kReach = 3;    // standard deviations
constexpr double kRing = 0.25;  // standard deviations

struct Place {
  double xMm = 0;
  double yMm = 0;
};

std::vector<Place> randomPlaces(const topography::Sheet& sheet, int count, std::uint64_t seed) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  Random random(seed, kPlaceStream);
  std::vector<Place> places;
  for (int p = 0; p < count; ++p) {
    const auto unit = static_cast<std::size_t>(random.below(x.size()));
    places.push_back({static_cast<double>(x[unit]), static_cast<double>(y[unit])});
  }
  return places;
}

// Changes of the rates of a sheet's units, gathered by their distance from the stimulated places.
class Profile {
public:
  Profile(const topography::Sheet& sheet, const StimulationOptions& options)
      : m_sheet(sheet), m_options(options), m_bins(static_cast<std::size_t>(options.bins)) {}

  // `x`, `y` of the place in sides of its sheet.
  void add(double x, double y, const std::vector<double>& changes) {
    const double side = m_sheet.spec.trainingSideMm;
    std::vector<Gathered> bins(m_bins);
    for (std::size_t u = 0; u < changes.size(); ++u) {
      m_all.add(changes[u]);
      const double away =
          std::hypot(static_cast<double>(m_sheet.xMm[u]) / side - x, static_cast<double>(m_sheet.yMm[u]) / side - y);
      if (const auto bin = static_cast<std::size_t>(away / m_options.binWidth); bin < m_bins) bins[bin].add(changes[u]);
    }
    m_places.push_back(std::move(bins));
  }

  [[nodiscard]] json toJson(const Profile& random) const {
    json out = {{"sheet", m_sheet.spec.layer},
                {"places", m_places.size()},
                // Wherever a unit sits, its change is expected to be the mean one when positions are shuffled.
                {"shuffled_positions", number(m_all.mean())}};
    for (std::size_t b = 0; b < m_bins; ++b) {
      const Gathered all = gathered(b, nullptr);
      const analysis::Interval interval = intervalOf(b);
      out["distance"].push_back((static_cast<double>(b) + 0.5) * m_options.binWidth);
      out["units"].push_back(all.count);
      out["change"].push_back(number(all.mean()));
      out["low_95"].push_back(number(interval.low));
      out["high_95"].push_back(number(interval.high));
      out["random_places"].push_back(number(random.gathered(b, nullptr).mean()));
    }
    return out;
  }

private:
  struct Gathered {
    double sum = 0;
    std::int64_t count = 0;
    void add(double change) {
      sum += change;
      ++count;
    }
    [[nodiscard]] double mean() const { return count > 0 ? sum / static_cast<double>(count) : std::nan(""); }
  };

  // Of all places, or of as many drawn with replacement.
  [[nodiscard]] Gathered gathered(std::size_t bin, Random* random) const {
    Gathered all;
    for (std::size_t p = 0; p < m_places.size(); ++p) {
      const auto place = random != nullptr ? static_cast<std::size_t>(random->below(m_places.size())) : p;
      all.sum += m_places[place][bin].sum;
      all.count += m_places[place][bin].count;
    }
    return all;
  }

  // Units near one place change together: the places are what is independent, and what is drawn.
  [[nodiscard]] analysis::Interval intervalOf(std::size_t bin) const {
    Random random(m_options.seed, kSpreadStream);
    std::vector<double> means;
    for (int b = 0; b < m_options.bootstraps; ++b) means.push_back(gathered(bin, &random).mean());
    return analysis::interval95(std::move(means));
  }

  const topography::Sheet& m_sheet;
  const StimulationOptions& m_options;
  std::size_t m_bins;
  std::vector<std::vector<Gathered>> m_places;  // [places][bins]
  Gathered m_all;
};

json intervalJson(double value, const analysis::Interval& interval) {
  return {{"value", number(value)}, {"low_95", number(interval.low)}, {"high_95", number(interval.high)}};
}

class Measurement {
public:
  Measurement(const Subject& subject, const StimulationOptions& options, DomainStudy study,
              const ProgressCallback& progress, const StopFlag& stop)
      : m_subject(subject),
        m_options(options),
        m_study(std::move(study)),
        m_stop(stop),
        m_work{"stimulation", 0, progress} {
    const std::int64_t sites = static_cast<std::int64_t>(m_study.domains.size()) + options.places;
    m_work.total = m_study.mapImages->size();
    for (const Exam& exam : m_study.exams)
      if (!exam.domainOfGroup.empty())
        m_work.total += exam.images->size() * (1 + static_cast<std::int64_t>(options.strengths.size()) * sites);
    if (spreadFrom()) m_work.total += m_study.exams.front().images->size() * (1 + sites);
  }

  Expected<json> run() {
    if (const Status status = recordMaps(m_subject, m_study, m_work, m_stop); !status)
      return tl::unexpected(status.error());
    json exams = json::array();
    for (const Exam& exam : m_study.exams) {
      auto measured = examined(exam);
      if (!measured) return tl::unexpected(measured.error());
      exams.push_back(std::move(*measured));
    }
    if (m_study.exams.size() < 2)
      exams.push_back({{"name", "classes"}, {"not_measured", "the data's classes are not the network's"}});
    auto spreading = spread();
    if (!spreading) return tl::unexpected(spreading.error());
    json domains = json::array();
    for (const int domain : m_study.domains) domains.push_back(domainName(domain));
    const topography::Sheet& it = m_subject.sheets[m_study.sheet];
    return json{{"parameters", optionsJson(m_options)},
                {"sheet", it.spec.layer},
                {"units", it.spec.unitCount()},
                {"sigma_mm", sigmaOn(m_study.sheet)},
                {"map_data", m_study.mapImages->name()},
                {"map_images", m_study.mapImages->size()},
                {"domains", domains},
                {"exams", std::move(exams)},
                {"spread", std::move(*spreading)}};
  }

private:
  [[nodiscard]] double sigmaOn(std::size_t sheet) const {
    return m_options.sigmaMm * m_subject.sheets[sheet].spec.displaySideMm / analysis::PatchOptions{}.referenceSideMm;
  }
  [[nodiscard]] Lesion driveAt(std::size_t sheet, const Place& place, double strength) const {
    return gaussianDrive(m_subject.sheets[sheet], sheet, place.xMm, place.yMm, sigmaOn(sheet), strength);
  }
  [[nodiscard]] Place peakPlace(std::size_t sheet, int domain) const {
    const Peak peak = peakOf(m_subject.sheets[sheet], m_study.responses[sheet].tMap(domain));
    return {peak.xMm, peak.yMm};
  }
  // The sheet to stimulate so that there is a later one to look at; none in a network of one sheet.
  [[nodiscard]] std::optional<std::size_t> spreadFrom() const {
    if (m_study.sheet + 1 < m_subject.sheets.size()) return m_study.sheet;
    if (m_study.sheet > 0) return m_study.sheet - 1;
    return std::nullopt;
  }

  // The domain that each image is read as.
  Expected<std::vector<int>> readAs(Presentation& shown, const Exam& exam, const Lesion& drive) {
    auto answers = answersUnder(shown, exam, drive, m_work, m_stop);
    if (!answers) return answers;
    for (int& answer : *answers) answer = exam.domainOfGroup[static_cast<std::size_t>(answer)];
    return answers;
  }

  Expected<json> examined(const Exam& exam) {
    json out = {{"name", exam.name}};
    if (exam.domainOfGroup.empty()) {
      out["not_measured"] = "the classes are of no domain";
      return out;
    }
    out["data"] = exam.images->name();
    out["images"] = exam.images->size();
    Presentation shown(m_subject, exam.images, m_study.sheet);
    const auto intact = readAs(shown, exam, {});
    if (!intact) return tl::unexpected(intact.error());
    const std::vector<Place> places = randomPlaces(m_subject.sheets[m_study.sheet], m_options.places, m_options.seed);
    for (const double strength : m_options.strengths) {
      std::vector<std::vector<int>> controls;
      for (const Place& place : places) {
        auto read = readAs(shown, exam, driveAt(m_study.sheet, place, strength));
        if (!read) return tl::unexpected(read.error());
        controls.push_back(std::move(*read));
      }
      for (const int domain : m_study.domains) {
        const Lesion drive = driveAt(m_study.sheet, peakPlace(m_study.sheet, domain), strength);
        const auto read = readAs(shown, exam, drive);
        if (!read) return tl::unexpected(read.error());
        json item = changeJson(exam, domain, *intact, *read, controls);
        item["strength"] = strength;
        item["driven_units"] = drive.units();
        out["stimulations"].push_back(std::move(item));
      }
    }
    return out;
  }

  [[nodiscard]] json changeJson(const Exam& exam, int domain, const std::vector<int>& intact,
                                const std::vector<int>& read, const std::vector<std::vector<int>>& controls) const {
    const auto percentRead = [domain](const std::vector<int>& answers, std::span<const int> weights) {
      double sum = 0;
      double total = 0;
      for (std::size_t i = 0; i < answers.size(); ++i) {
        sum += answers[i] == domain ? weights[i] : 0;
        total += weights[i];
      }
      return 100 * sum / total;
    };
    // All places, or as many drawn with replacement.
    const auto statistics = [&](std::span<const int> weights, Random* random) -> std::vector<double> {
      const double before = percentRead(intact, weights);
      double elsewhere = 0;
      for (std::size_t p = 0; p < controls.size(); ++p) {
        const auto& control =
            controls[random != nullptr ? static_cast<std::size_t>(random->below(controls.size())) : p];
        elsewhere += (percentRead(control, weights) - before) / static_cast<double>(controls.size());
      }
      const double change = percentRead(read, weights) - before;
      return {change, elsewhere, change - elsewhere};
    };
    const std::vector<int> once(read.size(), 1);
    const std::vector<double> value = statistics(once, nullptr);
    const auto interval =
        bootstrapOverImages(exam.truth, m_options.bootstraps, m_options.seed,
                            [&](std::span<const int> weights, Random& random) { return statistics(weights, &random); });
    const std::int64_t count = std::count(read.begin(), read.end(), domain);
    const analysis::Accuracy share = analysis::accuracyOf(count, static_cast<std::int64_t>(read.size()));
    return {{"domain", domainName(domain)},
            {"intact_share", number(percentRead(intact, once) / 100)},
            {"read", count},
            {"share", number(share.value())},
            {"low_95", number(share.low)},
            {"high_95", number(share.high)},
            {"change", intervalJson(value[0], interval[0])},
            {"random_places", intervalJson(value[1], interval[1])},
            {"beyond_random", intervalJson(value[2], interval[2])}};
  }

  // Mean rates of the units of the sheets behind `from`, [sheets][U].
  Expected<std::vector<std::vector<double>>> meanRates(Presentation& shown, std::size_t from, const Lesion& drive) {
    std::vector<at::Tensor> sums(m_subject.sheets.size());
    const Status status = shown.show(drive, m_work, m_stop, [&](const snn::Activity& activity) {
      for (std::size_t s = from + 1; s < sums.size(); ++s) {
        const at::Tensor sum = activity.sheets[s].mean(0).flatten(1).to(at::kDouble).sum(0);
        sums[s] = sums[s].defined() ? sums[s] + sum : sum;
      }
    });
    if (!status) return tl::unexpected(status.error());
    std::vector<std::vector<double>> rates;
    for (std::size_t s = from + 1; s < sums.size(); ++s) {
      const at::Tensor mean = (sums[s] / m_study.exams.front().images->size()).to(at::kCPU).contiguous();
      const auto* first = mean.data_ptr<double>();
      rates.emplace_back(first, first + mean.numel());
    }
    return rates;
  }

  // Adds what the stimulation of every place changes to the profiles of the sheets behind.
  Status addChanges(Presentation& shown, std::size_t from, const std::vector<Place>& places,
                    const std::vector<std::vector<double>>& intact, std::vector<Profile>& profiles) {
    const double side = m_subject.sheets[from].spec.displaySideMm;
    for (const Place& place : places) {
      auto rates = meanRates(shown, from, driveAt(from, place, m_options.strengths.back()));
      if (!rates) return tl::unexpected(rates.error());
      for (std::size_t s = 0; s < profiles.size(); ++s) {
        for (std::size_t u = 0; u < intact[s].size(); ++u) (*rates)[s][u] -= intact[s][u];
        profiles[s].add(place.xMm / side, place.yMm / side, (*rates)[s]);
      }
    }
    return {};
  }

  Expected<json> spread() {
    const auto from = spreadFrom();
    if (!from) return training::notMeasured({"the network has one sheet: there is none behind it"});
    Presentation shown(m_subject, m_study.exams.front().images, *from);
    const auto intact = meanRates(shown, *from, {});
    if (!intact) return tl::unexpected(intact.error());
    std::vector<Place> peaks;
    for (const int domain : m_study.domains) peaks.push_back(peakPlace(*from, domain));
    std::vector<Profile> profiles;
    for (std::size_t s = *from + 1; s < m_subject.sheets.size(); ++s)
      profiles.emplace_back(m_subject.sheets[s], m_options);
    std::vector<Profile> control = profiles;
    const std::vector<Place> random = randomPlaces(m_subject.sheets[*from], m_options.places, m_options.seed);
    Status status = addChanges(shown, *from, peaks, *intact, profiles);
    if (status) status = addChanges(shown, *from, random, *intact, control);
    if (!status) return tl::unexpected(status.error());
    json sheets = json::array();
    for (std::size_t s = 0; s < profiles.size(); ++s) sheets.push_back(profiles[s].toJson(control[s]));
    return json{{"stimulated", m_subject.sheets[*from].spec.layer}, {"sigma_mm", sigmaOn(*from)},
                {"strength", m_options.strengths.back()},           {"data", m_study.exams.front().images->name()},
                {"images", m_study.exams.front().images->size()},   {"sheets", sheets}};
  }

  const Subject& m_subject;
  const StimulationOptions& m_options;
  DomainStudy m_study;
  const StopFlag& m_stop;
  Work m_work;
};

Status checkOptions(const StimulationOptions& options) {
  const bool outside = std::any_of(options.strengths.begin(), options.strengths.end(),
                                   [](double strength) { return !(strength >= 0 && strength <= 1); });
  if (outside || options.strengths.empty() || !(options.sigmaMm > 0) || options.places < 1 || options.images < 1 ||
      !(options.binWidth > 0) || options.bins < 1 || options.bootstraps < 1)
    return failure("Stimulation cannot be measured with these options",
                   "strengths lie in 0..1; there is a strength, a place, an image, a bin and a bootstrap at least, and "
                   "the Gaussian and the bins have a width",
                   "take StimulationOptions::of");
  return {};
}

}  // namespace

StimulationOptions StimulationOptions::of(Effort effort) {
  StimulationOptions options;
  if (effort == Effort::quick) {
    options.strengths = {0.25, 1};
    options.places = 4;
    options.images = 100;
  }
  return options;
}

json optionsJson(const StimulationOptions& options) {
  return {{"sigma_mm_of_70", options.sigmaMm},
          {"strengths", options.strengths},
          {"places", options.places},
          {"images", options.images},
          {"bin_width", options.binWidth},
          {"bins", options.bins},
          {"bootstraps", options.bootstraps},
          {"reach_sigmas", kReach},
          {"ring_sigmas", kRing},
          {"seed", options.seed},
          {"peak_sigma_mm_of_70", analysis::PatchOptions{}.sigmaMm}};
}

Expected<json> measureStimulation(const Subject& subject, const StimulationOptions& options,
                                  const ProgressCallback& progress, const StopFlag& stop) {
  if (const Status status = checkOptions(options); !status) return tl::unexpected(status.error());
  auto study = openStudy(subject, options.images, options.seed);
  if (!study) return tl::unexpected(study.error());
  return Measurement(subject, options, std::move(*study), progress, stop).run();
}

Lesion gaussianDrive(const topography::Sheet& sheet, std::size_t index, double xMm, double yMm, double sigmaMm,
                     double strength) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  std::map<int, perturbation::LesionPart> rings;
  for (std::size_t u = 0; u < x.size(); ++u) {
    const double away = std::hypot(static_cast<double>(x[u]) - xMm, static_cast<double>(y[u]) - yMm) / sigmaMm;
    if (away >= kReach) continue;
    perturbation::LesionPart& ring = rings[static_cast<int>(away / kRing)];
    if (ring.units.empty()) ring = {index, {}, perturbation::PerturbationKind::noise, 0, {}};
    ring.units.push_back(static_cast<std::int32_t>(u));
    ring.strength += strength * std::exp(-0.5 * away * away);
  }
  Lesion drive{1, {}};
  for (auto& [ringNumber, ring] : rings) {
    ring.strength /= static_cast<double>(ring.units.size());
    drive.parts.push_back(std::move(ring));
  }
  return drive;
}

}  // namespace pinwheel::protocol
