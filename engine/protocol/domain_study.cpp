#include "engine/protocol/domain_study.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "engine/analysis/accuracy.h"
#include "engine/analysis/patches.h"
#include "engine/analysis/smoothing.h"
#include "engine/data/selection.h"
#include "engine/data/world.h"
#include "engine/training/measured_json.h"
#include "engine/training/responses.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;
using perturbation::Lesion;
using training::number;

constexpr std::uint64_t kBootstrapStream = 0xB007;
constexpr std::int64_t kKeepBytes = std::int64_t{128} << 20;

std::vector<int> asInts(const at::Tensor& numbers) {
  const at::Tensor flat = numbers.to(at::kCPU, at::kInt).contiguous();
  const int* first = flat.data_ptr<int>();
  return {first, first + flat.numel()};
}

// The first `count` of the units as `before` orders them, ascending.
template <class Before>
std::vector<std::int32_t> firstUnits(std::size_t total, std::size_t count, Before before) {
  std::vector<std::int32_t> units(total);
  std::iota(units.begin(), units.end(), 0);
  std::stable_sort(units.begin(), units.end(), before);
  units.resize(std::min(count, total));
  std::sort(units.begin(), units.end());
  return units;
}

// Nearest mean: |r - m|^2 is smallest where r m - |m|^2 / 2 is largest.
std::function<std::vector<int>(const snn::Activity&)> nearestMean(const analysis::CategoryResponses& last,
                                                                  const std::vector<int>& domains, at::Device device) {
  at::Tensor means = at::empty({static_cast<std::int64_t>(domains.size()), last.units()}, at::kDouble);
  auto* value = means.data_ptr<double>();
  for (const int domain : domains)
    for (std::int64_t u = 0; u < last.units(); ++u) *value++ = last.mean(u, domain);
  means = means.to(device);
  const at::Tensor halfSquares = means.square().sum(1) / 2;
  return [means, halfSquares](const snn::Activity& activity) {
    const at::Tensor rates = activity.sheets.back().mean(0).flatten(1).to(at::kDouble);
    return asInts((at::matmul(rates, means.t()) - halfSquares).argmax(1));
  };
}

Exam classesExam(const Subject& subject, std::int64_t images, std::uint64_t seed) {
  Exam exam{"classes", nullptr, subject.validation->classNames(), {}, {}};
  std::vector<std::int64_t> chosen = data::balancedIndices(*subject.validation, images, seed);
  for (const std::int64_t index : chosen) exam.truth.push_back(subject.validation->label(index));
  exam.images = data::selectImages(subject.validation, std::move(chosen), kKeepBytes);
  for (const std::string& name : exam.groups) exam.domainOfGroup.push_back(data::domainOfCategory(name));
  // One name that happens to be known (CIFAR has a house) makes no world of domains.
  if (std::count(exam.domainOfGroup.begin(), exam.domainOfGroup.end(), -1) > 0) exam.domainOfGroup.clear();
  exam.answer = [](const snn::Activity& activity) { return asInts(activity.logits.argmax(1)); };
  return exam;
}

}  // namespace

std::string domainName(int domain) {
  return data::domainNames()[static_cast<std::size_t>(domain)];
}

json accuracyJson(std::int64_t correct, std::int64_t images) {
  const analysis::Accuracy accuracy = analysis::accuracyOf(correct, images);
  return {{"accuracy", number(accuracy.value())}, {"low_95", number(accuracy.low)}, {"high_95", number(accuracy.high)}};
}

std::size_t inferotemporalSheet(const std::vector<topography::Sheet>& sheets) {
  for (std::size_t s = sheets.size(); s > 0; --s)
    if (sheets[s - 1].spec.area == "IT") return s - 1;
  return sheets.size() - 1;
}

Peak peakOf(const topography::Sheet& sheet, const std::vector<float>& t) {
  const analysis::PatchOptions options;
  const double side = sheet.spec.displaySideMm;
  const analysis::Grid<float> grid =
      analysis::smoothMap(sheet.displayXMm(), sheet.displayYMm(), t, side, options.gridSide,
                          options.sigmaMm * side / options.referenceSideMm);
  Peak peak{side / 2, side / 2, -std::numeric_limits<double>::infinity()};
  for (std::size_t cell = 0; cell < grid.values.size(); ++cell) {
    const auto value = static_cast<double>(grid.values[cell]);
    if (!(value > peak.t)) continue;
    const std::size_t width = static_cast<std::size_t>(grid.width);
    const double pitch = side / grid.width;
    peak = {(static_cast<double>(cell % width) + 0.5) * pitch, (static_cast<double>(cell / width) + 0.5) * pitch,
            value};
  }
  return peak;
}

std::vector<std::int32_t> nearestUnits(const topography::Sheet& sheet, double xMm, double yMm, std::size_t count) {
  const std::vector<float> x = sheet.displayXMm();
  const std::vector<float> y = sheet.displayYMm();
  std::vector<double> away;
  for (std::size_t u = 0; u < x.size(); ++u)
    away.push_back(std::hypot(static_cast<double>(x[u]) - xMm, static_cast<double>(y[u]) - yMm));
  return firstUnits(away.size(), count, [&](std::int32_t a, std::int32_t b) {
    return away[static_cast<std::size_t>(a)] < away[static_cast<std::size_t>(b)];
  });
}

std::vector<std::int32_t> highestUnits(const std::vector<float>& t, std::size_t count) {
  return firstUnits(t.size(), count, [&](std::int32_t a, std::int32_t b) {
    return t[static_cast<std::size_t>(a)] > t[static_cast<std::size_t>(b)];
  });
}

std::vector<std::int32_t> unitsAbove(const std::vector<float>& t, double threshold) {
  std::vector<std::int32_t> units;
  for (std::size_t u = 0; u < t.size(); ++u)
    if (static_cast<double>(t[u]) >= threshold) units.push_back(static_cast<std::int32_t>(u));
  return units;
}

Expected<std::vector<int>> answersUnder(Presentation& shown, const Exam& exam, const Lesion& added, Work& work,
                                        const StopFlag& stop) {
  std::vector<int> answers;
  const Status status = shown.show(added, work, stop, [&](const snn::Activity& activity) {
    const std::vector<int> batch = exam.answer(activity);
    answers.insert(answers.end(), batch.begin(), batch.end());
  });
  if (!status) return tl::unexpected(status.error());
  return answers;
}

Expected<DomainStudy> openStudy(const Subject& subject, std::int64_t images, std::uint64_t seed) {
  const std::vector<std::string>& names = subject.categories->classNames();
  const auto domainOf = [&](std::int64_t index) {
    return data::domainOfCategory(names[static_cast<std::size_t>(subject.categories->label(index))]);
  };
  // Every other image of a category: halves that are alike.
  std::vector<std::size_t> seen(names.size(), 0);
  std::array<std::vector<std::int64_t>, 2> half;
  std::array<std::array<int, data::kDomainCount>, 2> count{};
  for (const std::int64_t index : data::balancedIndices(*subject.categories, 2 * images, seed)) {
    const int domain = domainOf(index);
    if (domain < 0) continue;
    const std::size_t which = seen[static_cast<std::size_t>(subject.categories->label(index))]++ % 2;
    half[which].push_back(index);
    ++count[which][static_cast<std::size_t>(domain)];
  }
  DomainStudy study;
  study.sheet = inferotemporalSheet(subject.sheets);
  Exam readout{"readout", nullptr, {}, {}, {}};
  for (int domain = 0; domain < data::kDomainCount; ++domain) {
    if (count[0][static_cast<std::size_t>(domain)] < 2 || count[1][static_cast<std::size_t>(domain)] < 1) continue;
    study.domains.push_back(domain);
    readout.groups.push_back(domainName(domain));
  }
  if (study.domains.size() < 2)
    return failure("The domains cannot be told apart",
                   "of the categories of " + subject.categories->name() + " " + std::to_string(study.domains.size()) +
                       " domain has two images for its map and one for the test; two domains are needed",
                   "give a localiser with more categories or images (--floc)");
  readout.domainOfGroup = study.domains;
  std::vector<std::int64_t> tested;
  for (const std::int64_t index : half[1]) {
    const auto group = std::find(study.domains.begin(), study.domains.end(), domainOf(index));
    if (group == study.domains.end()) continue;
    tested.push_back(index);
    readout.truth.push_back(static_cast<int>(group - study.domains.begin()));
  }
  readout.images = data::selectImages(subject.categories, std::move(tested), kKeepBytes);
  study.mapImages = data::selectImages(subject.categories, std::move(half[0]));
  study.exams.push_back(std::move(readout));
  if (subject.labelled && subject.validation->size() > 0) study.exams.push_back(classesExam(subject, images, seed));
  return study;
}

Status recordMaps(const Subject& subject, DomainStudy& study, Work& work, const StopFlag& stop) {
  const UnderLesion acting(subject, {});
  std::int64_t shown = 0;
  auto responses =
      training::recordCategories(*subject.network, subject.device, study.mapImages, subject.side, subject.normalisation,
                                 subject.batchSize, subject.workers, &stop, [&](const Progress& step) {
                                   work.add(step.done - shown);
                                   shown = step.done;
                                 });
  if (!responses) return tl::unexpected(responses.error());
  study.responses = std::move(*responses);
  study.exams.front().answer = nearestMean(study.responses.back(), study.domains, subject.device);
  return {};
}

std::vector<analysis::Interval> bootstrapOverImages(
    const std::vector<int>& truth, int draws, std::uint64_t seed,
    const std::function<std::vector<double>(std::span<const int> weights, Random& random)>& statistics) {
  std::vector<std::vector<std::size_t>> imagesOf;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const auto group = static_cast<std::size_t>(truth[i]);
    if (group >= imagesOf.size()) imagesOf.resize(group + 1);
    imagesOf[group].push_back(i);
  }
  std::vector<std::vector<double>> drawn;  // [statistics][draws]
  std::vector<int> weights(truth.size());
  for (int draw = 0; draw < draws; ++draw) {
    Random random(seed, kBootstrapStream, static_cast<std::uint64_t>(draw));
    std::fill(weights.begin(), weights.end(), 0);
    for (const auto& images : imagesOf)
      for (std::size_t n = 0; n < images.size(); ++n)
        ++weights[images[static_cast<std::size_t>(random.below(images.size()))]];
    const std::vector<double> values = statistics(weights, random);
    drawn.resize(values.size());
    for (std::size_t s = 0; s < values.size(); ++s) drawn[s].push_back(values[s]);
  }
  std::vector<analysis::Interval> intervals;
  for (std::vector<double>& values : drawn) intervals.push_back(analysis::interval95(std::move(values)));
  return intervals;
}

}  // namespace pinwheel::protocol
