#include "app/scope/synthetic_feed.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace pinwheel::scope {
namespace {

constexpr std::uint64_t kSeed = 17;
constexpr double kTurn = 2 * std::numbers::pi;
constexpr int kChannels = 32;
constexpr int kSide = 16;  ///< 8192 units a sheet
constexpr std::int64_t kAnswersAPoint = 3;
constexpr std::int64_t kPointsBefore = 400;  ///< of the training, when the first frame is taken
constexpr std::int64_t kAnswersAMap = 60;
constexpr std::int64_t kMostAtOnce = 30;  ///< answers; who did not look for longer misses some
constexpr std::array<const char*, SyntheticFeed::kSheets> kNames{"Retina", "V1", "V1b", "V2", "V2b", "V4", "V4b", "IT"};

session::SheetPlan plan(std::size_t sheet) {
  session::SheetPlan made;
  made.spec = {
      kNames[sheet], kNames[sheet], kChannels, kSide, kSide, 10, 20.0 + 5.0 * static_cast<double>(sheet), 1, 0};
  Random random(kSeed, sheet);
  for (std::int64_t u = 0; u < made.spec.unitCount(); ++u) {
    made.xMm.push_back(static_cast<float>(random.uniform(0, made.spec.displaySideMm)));
    made.yMm.push_back(static_cast<float>(random.uniform(0, made.spec.displaySideMm)));
  }
  return made;
}

// Half the phase of a sum of plane waves of one wavelength and random directions: a map with pinwheels.
std::vector<float> pinwheelMap(const session::SheetPlan& plan, std::uint64_t stream) {
  constexpr int kWaves = 12;
  Random random(kSeed, 100 + stream);
  const double wave = kTurn / (plan.spec.displaySideMm / 4);
  std::array<std::array<double, 3>, kWaves> waves{};
  for (int k = 0; k < kWaves; ++k) {
    const double angle = std::numbers::pi * k / kWaves;
    const double sign = random.uniform() < 0.5 ? -1 : 1;
    waves[static_cast<std::size_t>(k)] = {sign * wave * std::cos(angle), sign * wave * std::sin(angle),
                                          random.uniform(0, kTurn)};
  }
  std::vector<float> map;
  for (std::size_t u = 0; u < plan.xMm.size(); ++u) {
    std::complex<double> sum;
    for (const auto& [x, y, phase] : waves)
      sum += std::polar(1.0, x * static_cast<double>(plan.xMm[u]) + y * static_cast<double>(plan.yMm[u]) + phase);
    const double half = std::arg(sum) / kTurn * 180;
    map.push_back(static_cast<float>(half < 0 ? std::min(half + 180, 179.99) : half));
  }
  return map;
}

}  // namespace

SyntheticFeed::SyntheticFeed() {
  auto network = std::make_shared<session::NetworkFrame>();
  network->stamp = {1, 0, 0};
  network->title = "made-up network";
  network->summary = "eight sheets of 8,192 units";
  for (std::size_t s = 0; s < kSheets; ++s) {
    network->sheets.push_back(plan(s));
    m_orientationDeg.push_back(pinwheelMap(network->sheets.back(), s));
  }
  network->domainNames = {"faces", "places"};
  network->timeSteps = kTimeSteps;
  network->imageSide = 64;
  network->frequencies = {2, 4, 8};
  network->live = true;
  m_network = std::move(network);
}

std::shared_ptr<const session::MapsFrame> SyntheticFeed::maps(std::int64_t number) const {
  auto frame = std::make_shared<session::MapsFrame>();
  frame->stamp = {1, (kPointsBefore + number / kAnswersAPoint) * 10, 0};
  frame->preview = true;
  // Selectivity grows while the training goes on.
  const double grown = 1 - std::exp(-1 - static_cast<double>(number) / 600);
  for (std::size_t s = 0; s < kSheets; ++s) {
    const session::SheetPlan& sheet = m_network->sheets[s];
    session::SheetMaps maps;
    maps.tuning.orientationDeg = m_orientationDeg[s];
    Random random(kSeed, 200 + s);
    const auto side = static_cast<float>(sheet.spec.displaySideMm);
    session::DomainMap faces{"faces", {}, {}};
    session::DomainMap places{"places", {}, {}};
    for (std::size_t u = 0; u < sheet.xMm.size(); ++u) {
      const double x = static_cast<double>(sheet.xMm[u] / side);
      const double y = static_cast<double>(sheet.yMm[u] / side);
      const double tuned = grown * (0.5 + 0.5 * std::sin(kTurn * 2 * x) * std::cos(kTurn * 1.5 * y));
      maps.tuning.circularVariance.push_back(static_cast<float>(std::clamp(1 - tuned, 0.0, 1.0)));
      maps.tuning.frequencyCyclesPerImage.push_back(static_cast<float>(2 + 6 * y + random.uniform(-0.5, 0.5)));
      maps.tuning.meanRate.push_back(static_cast<float>(0.05 + 0.05 * x * random.uniform()));
      const double face = 9 * std::exp(-20 * ((x - 0.3) * (x - 0.3) + (y - 0.6) * (y - 0.6)));
      faces.t.push_back(static_cast<float>(grown * face - 2 + random.uniform(-1, 1)));
      places.t.push_back(static_cast<float>(2 - grown * face + random.uniform(-1, 1)));
    }
    maps.domains = {std::move(faces), std::move(places)};
    frame->sheets.push_back(std::move(maps));
  }
  return frame;
}

std::shared_ptr<const session::ActivityFrame> SyntheticFeed::activity(std::int64_t number) const {
  auto frame = std::make_shared<session::ActivityFrame>();
  frame->stamp = {1, (kPointsBefore + number / kAnswersAPoint) * 10, 0};
  frame->stimulus = "made-up image " + std::to_string(number % 10);
  frame->timeSteps = kTimeSteps;
  constexpr double kSpikesAColumn = kSpikesPerSecond / kAnswersPerSecond / kTimeSteps / kSheets;
  for (std::size_t s = 0; s < kSheets; ++s) {
    const std::size_t units = m_network->sheets[s].xMm.size();
    std::vector<std::uint8_t> spikes(units * kTimeSteps, 0);
    Random random(kSeed, 300 + s, static_cast<std::uint64_t>(number));
    for (int t = 0; t < kTimeSteps; ++t) {
      const double time = static_cast<double>(number * kTimeSteps + t) / (kAnswersPerSecond * kTimeSteps);
      // Its mean over 5 s is 1: the sheets swell one behind the other.
      const double swell = 1 + 0.7 * std::sin(kTurn * (time / 5 * 4 - static_cast<double>(s) / kSheets));
      // Half of the spikes in a band that wanders over the channels.
      const double middle = 0.5 + 0.35 * std::sin(kTurn * (time / 5 + 0.1 * static_cast<double>(s)));
      const auto count = static_cast<std::size_t>(kSpikesAColumn * swell + random.uniform());
      std::uint8_t* column = spikes.data() + static_cast<std::size_t>(t) * units;
      for (std::size_t i = 0; i < count;) {
        const double place = i % 2 == 0 ? random.uniform() : middle + 0.12 * (random.uniform() + random.uniform() - 1);
        std::uint8_t& spike = column[static_cast<std::size_t>(place * static_cast<double>(units))];
        i += spike == 0 ? 1 : 0;
        spike = 1;
      }
    }
    frame->spikes.push_back(std::move(spikes));
  }
  return frame;
}

std::shared_ptr<const session::TrainingFrame> SyntheticFeed::training(std::int64_t number) const {
  auto frame = std::make_shared<session::TrainingFrame>();
  frame->phase = session::TrainingPhase::running;
  frame->activity = "training";
  frame->memoryBytes = std::int64_t{1500} << 20;
  for (const session::SheetPlan& sheet : m_network->sheets) frame->layers.push_back(sheet.spec.layer);
  constexpr std::int64_t kMost = 2000;
  const std::int64_t last = kPointsBefore + number / kAnswersAPoint;
  for (std::int64_t p = std::max<std::int64_t>(0, last - kMost + 1); p <= last; ++p) {
    Random random(kSeed, 400, static_cast<std::uint64_t>(p));
    const double done = static_cast<double>(p) / 600;
    session::TrainingPoint point;
    point.step = p * 10;
    point.taskLoss = 0.6 + 3.9 * std::exp(-done) + 0.15 * random.normal();
    point.topographicLoss = 0.2 + 0.5 * std::exp(-2 * done) + 0.01 * random.normal();
    for (std::size_t s = 0; s < kSheets; ++s) {
      const double depth = static_cast<double>(s) / kSheets;
      point.slow.push_back(static_cast<float>(0.3 + 0.4 * depth + 0.3 * std::exp(-done) + 0.01 * random.normal()));
      point.fast.push_back(static_cast<float>(0.5 - 0.3 * depth + 0.4 * std::exp(-3 * done) + 0.01 * random.normal()));
    }
    point.accuracy = 0.85 * (1 - std::exp(-done)) + 0.01 * random.normal();
    point.imagesPerSecond = 410 + 15 * random.normal();
    frame->points.push_back(std::move(point));
  }
  frame->stamp = {1, frame->points.back().step, 0};
  frame->report.step = frame->points.back().step;
  frame->report.imagesPerSecond = frame->points.back().imagesPerSecond;
  return frame;
}

std::optional<double> SyntheticFeed::nextAt() const {
  return m_begin + static_cast<double>(m_answers) / kAnswersPerSecond;
}

FeedUpdate SyntheticFeed::take(double now) {
  FeedUpdate update;
  if (m_begin < 0) {
    m_begin = now;
    update.news.network = m_network;
  }
  const auto due = static_cast<std::int64_t>((now - m_begin) * kAnswersPerSecond + 1e-6) + 1;
  const std::int64_t before = m_answers;
  if (due <= before) return update;
  for (std::int64_t n = std::max(before, due - kMostAtOnce); n < due; ++n) update.activities.push_back(activity(n));
  m_answers = due;
  if (before == 0 || (due - 1) / kAnswersAMap != (before - 1) / kAnswersAMap) update.news.maps = maps(due - 1);
  if (before == 0 || (due - 1) / kAnswersAPoint != (before - 1) / kAnswersAPoint)
    update.news.training = training(due - 1);
  return update;
}

}  // namespace pinwheel::scope
