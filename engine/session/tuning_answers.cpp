#include "engine/session/tuning_answers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <string>

namespace pinwheel::session {
namespace {

struct MeanAndError {
  double mean = 0;
  double sem = 0;
};

MeanAndError overUnits(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  MeanAndError out;
  for (const double v : values) out.mean += v / n;
  if (values.size() < 2) return out;
  double squares = 0;
  for (const double v : values) squares += (v - out.mean) * (v - out.mean);
  out.sem = std::sqrt(squares / (n - 1) / n);
  return out;
}

std::vector<CurvePoint> curve(const std::vector<UnitAnswers>& units, std::vector<double> UnitAnswers::*which,
                              const std::vector<double>& axis) {
  std::vector<CurvePoint> points;
  const std::size_t length = std::min(axis.size(), (units.front().*which).size());
  for (std::size_t i = 0; i < length; ++i) {
    std::vector<double> values;
    for (const UnitAnswers& unit : units) values.push_back((unit.*which)[i]);
    const MeanAndError point = overUnits(values);
    points.push_back({axis[i], point.mean, point.sem});
  }
  return points;
}

// The preference of the curve drawn: for one unit that of its map.
void preference(TuningFrame& frame) {
  double x = 0;
  double y = 0;
  double total = 0;
  for (const CurvePoint& point : frame.orientation) {
    const double angle = 2 * point.x * std::numbers::pi / 180;
    x += point.mean * std::cos(angle);
    y += point.mean * std::sin(angle);
    total += point.mean;
  }
  if (!(total > 0)) return;
  const double resultant = std::hypot(x, y) / total;
  frame.circularVariance = 1 - resultant;
  if (!(resultant > 1e-6)) return;  // as analysis::tuningMaps: a flat curve has no preference
  const double angle = 0.5 * std::atan2(y, x) * 180 / std::numbers::pi;
  frame.orientationDeg = angle < 0 ? angle + 180 : angle;
}

}  // namespace

BestImages::BestImages(std::int64_t units)
    : m_rates(static_cast<std::size_t>(units) * kKept, -1.0F), m_images(m_rates.size(), 0) {}

void BestImages::add(std::int64_t image, std::span<const float> rates) {
  for (std::size_t u = 0; u < rates.size(); ++u) {
    float* best = m_rates.data() + u * kKept;
    if (!(rates[u] > best[kKept - 1]) || !(rates[u] > 0)) continue;  // silence is no answer
    std::uint16_t* images = m_images.data() + u * kKept;
    std::size_t at = kKept - 1;
    for (; at > 0 && rates[u] > best[at - 1]; --at) {
      best[at] = best[at - 1];
      images[at] = images[at - 1];
    }
    best[at] = rates[u];
    images[at] = static_cast<std::uint16_t>(image);
  }
}

std::vector<UnitAnswers::Best> BestImages::of(std::int32_t unit) const {
  std::vector<UnitAnswers::Best> best;
  const std::size_t first = static_cast<std::size_t>(unit) * kKept;
  for (std::size_t i = first; i < first + kKept && m_rates[i] >= 0; ++i)
    best.push_back({m_images[i], static_cast<double>(m_rates[i])});
  return best;
}

std::int64_t BestImages::bytes() const noexcept {
  return static_cast<std::int64_t>(m_rates.size() * (sizeof(float) + sizeof(std::uint16_t)));
}

Status checkUnits(const AskTuning& ask, const std::vector<SheetPlan>& sheets) {
  if (ask.sheet >= sheets.size() || ask.units.empty())
    return failure(
        "There is no tuning to show",
        ask.units.empty() ? "no unit was asked for" : "the network has no sheet " + std::to_string(ask.sheet + 1),
        "select units of one sheet");
  const auto count = static_cast<std::int32_t>(sheets[ask.sheet].xMm.size());
  for (const std::int32_t unit : ask.units)
    if (unit < 0 || unit >= count)
      return failure("There is no unit " + std::to_string(unit),
                     "sheet " + sheets[ask.sheet].spec.layer + " has units 0 to " + std::to_string(count - 1),
                     "select units of that sheet");
  return {};
}

TuningFrame tuningFrame(const AskTuning& ask, const std::vector<UnitAnswers>& units, const TuningAxes& axes,
                        const SheetPlan& sheet, std::vector<std::int64_t>& bestImages) {
  TuningFrame frame;
  frame.sheet = ask.sheet;
  frame.units = ask.units;
  frame.orientation = curve(units, &UnitAnswers::orientation, axes.angleDeg);
  frame.frequency = curve(units, &UnitAnswers::frequency, axes.frequencies);
  frame.colour = curve(units, &UnitAnswers::colour, {0, 1});
  const auto n = static_cast<double>(units.size());
  for (std::size_t d = 0; d < axes.domains.size(); ++d) {
    DomainResponse response;
    response.domain = axes.domains[d];
    for (const UnitAnswers& unit : units) {
      response.mean += unit.domains[d].mean / n;
      response.sem += unit.domains[d].sem / n;
      response.t += unit.domains[d].t / n;
    }
    frame.domains.push_back(std::move(response));
  }

  struct Score {
    double sum = 0;
    double count = 0;
  };
  std::map<std::int64_t, Score> scores;
  for (const UnitAnswers& unit : units)
    for (const UnitAnswers::Best& best : unit.best) {
      scores[best.image].sum += best.rate;
      scores[best.image].count += 1;
    }
  std::vector<std::pair<std::int64_t, Score>> ranked(scores.begin(), scores.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second.sum > b.second.sum; });
  if (ranked.size() > BestImages::kKept) ranked.resize(BestImages::kKept);
  bestImages.clear();
  for (const auto& [image, score] : ranked) {
    bestImages.push_back(image);
    frame.best.push_back({"", score.sum / score.count, {}});
  }

  preference(frame);
  frame.xMm = frame.yMm = 0;
  for (const std::int32_t unit : ask.units) {
    frame.xMm += static_cast<double>(sheet.xMm[static_cast<std::size_t>(unit)]) / n;
    frame.yMm += static_cast<double>(sheet.yMm[static_cast<std::size_t>(unit)]) / n;
  }
  return frame;
}

}  // namespace pinwheel::session
