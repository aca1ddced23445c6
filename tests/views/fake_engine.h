// A scripted engine and a synthetic network for the tests of views: two sheets whose orientation maps are sums of plane
// waves (pinwheels at places that are known), five category maps with one patch each, spikes to one stimulus.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <memory>
#include <numbers>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/analysis/patches.h"
#include "engine/analysis/pinwheels.h"
#include "engine/core/random.h"
#include "engine/session.h"

namespace pinwheel::test {

/// Keeps the commands, gives out what was published. `onPost` may publish an answer at once.
class FakeEngine final : public session::Engine {
public:
  bool post(session::Command command) override {
    if (full) return false;
    commands.push_back(std::move(command));
    if (onPost) onPost(commands.back());
    return true;
  }
  session::News take() override { return std::exchange(news, {}); }
  void cancel() override { ++cancelled; }

  /// How many commands of this kind were posted.
  template <class T>
  [[nodiscard]] int count() const {
    return static_cast<int>(std::count_if(commands.begin(), commands.end(),
                                          [](const session::Command& c) { return std::holds_alternative<T>(c); }));
  }
  /// The newest command of this kind; null: none.
  template <class T>
  [[nodiscard]] const T* last() const {
    for (auto it = commands.rbegin(); it != commands.rend(); ++it)
      if (const T* found = std::get_if<T>(&*it)) return found;
    return nullptr;
  }

  bool full = false;
  int cancelled = 0;
  std::vector<session::Command> commands;
  session::News news;  ///< what the next take() gives
  std::function<void(const session::Command&)> onPost;
};

/// A plan with units on a jittered lattice: unit u = (c * H + y) * W + x, as the engine places them before training.
inline session::SheetPlan makePlan(const std::string& layer, const std::string& area, int channels, int side,
                                   double sideMm, std::uint64_t seed) {
  topography::SheetSpec spec;
  spec.layer = layer;
  spec.area = area;
  spec.channels = channels;
  spec.height = side;
  spec.width = side;
  spec.trainingSideMm = sideMm;
  spec.displaySideMm = sideMm;
  spec.neighbourhoodMm = sideMm / 10;
  spec.rfOverlap = 0.5;
  const topography::Sheet sheet = topography::retinotopicSheet(spec, seed);
  return {spec, sheet.displayXMm(), sheet.displayYMm()};
}

/// V1 of 36 mm with 8 x 16 x 16 units, IT of 60 mm with 16 x 8 x 8; five domains, eight classes, four time steps.
inline std::shared_ptr<session::NetworkFrame> makeNetwork(std::uint64_t number = 1) {
  auto frame = std::make_shared<session::NetworkFrame>();
  frame->stamp.network = number;
  frame->title = "synthetic";
  frame->summary = "plane waves on two sheets, seed 1";
  frame->provenance = "made by a test";
  frame->sheets = {makePlan("V1", "V1", 8, 16, 36, 11), makePlan("IT", "IT", 16, 8, 60, 12)};
  frame->classNames = {"face", "child", "hand", "limb", "letter", "word", "house", "corridor"};
  frame->domainNames = {"faces", "bodies", "characters", "places", "objects"};
  frame->timeSteps = 4;
  frame->imageSide = 32;
  for (int k = 0; k < 8; ++k) frame->angleDeg.push_back(22.5 * k);
  frame->frequencies = {2, 4, 6, 8};
  return frame;
}

/// Orientation vector at a place, longest 1: plane waves of one wave length in eight directions (Kaschube et al. 2010).
inline std::complex<double> planeWaves(double xMm, double yMm, double waveLengthMm, std::uint64_t seed) {
  constexpr int kWaves = 8;
  std::complex<double> sum;
  for (int j = 0; j < kWaves; ++j) {
    Random random(seed, 7, static_cast<std::uint64_t>(j));
    const double sign = random.uniform() < 0.5 ? -1 : 1;
    const double phase = random.uniform(0, 2 * std::numbers::pi);
    const double angle = std::numbers::pi * j / kWaves;
    const double k = 2 * std::numbers::pi / waveLengthMm;
    sum += std::polar(1.0, sign * k * (xMm * std::cos(angle) + yMm * std::sin(angle)) + phase);
  }
  return sum / double{kWaves};
}

/// Centre of a domain's patch, as a share of the sheet's side.
inline std::pair<double, double> patchCentre(int domain) {
  constexpr std::array<std::pair<double, double>, 5> kCentres{
      {{0.25, 0.25}, {0.75, 0.25}, {0.25, 0.75}, {0.75, 0.75}, {0.5, 0.5}}};
  return kCentres.at(static_cast<std::size_t>(domain));
}

inline session::SheetMaps makeSheetMaps(const session::SheetPlan& plan, const session::NetworkFrame& network,
                                        std::uint64_t seed) {
  const double side = plan.spec.displaySideMm;
  const double wave = side / 4;
  session::SheetMaps maps;
  const std::size_t units = plan.xMm.size();
  analysis::TuningMaps& tuning = maps.tuning;
  for (std::size_t u = 0; u < units; ++u) {
    const auto x = static_cast<double>(plan.xMm[u]);
    const auto y = static_cast<double>(plan.yMm[u]);
    Random random(seed, 3, u);
    const std::complex<double> z = planeWaves(x, y, wave, seed);
    double degrees = std::arg(z) * 90 / std::numbers::pi + 4 * random.normal();
    degrees -= 180 * std::floor(degrees / 180);
    const double selectivity = 0.15 + 0.75 * std::min(1.0, 1.5 * std::abs(z));
    tuning.orientationDeg.push_back(static_cast<float>(degrees));
    tuning.orientationVonMisesDeg.push_back(static_cast<float>(degrees));
    tuning.circularVariance.push_back(static_cast<float>(1 - selectivity));
    tuning.orientationPeakToPeak.push_back(static_cast<float>(selectivity));
    tuning.frequencyCyclesPerImage.push_back(static_cast<float>(2 + 6 * x / side));
    tuning.frequencyPeakToPeak.push_back(0.5F);
    tuning.colourPreference.push_back(static_cast<float>(0.6 * std::cos(2 * std::numbers::pi * y / side)));
    tuning.colourPeakToPeak.push_back(0.3F);
    tuning.meanRate.push_back(static_cast<float>(0.1 + 0.2 * random.uniform()));
  }
  for (std::size_t d = 0; d < network.domainNames.size(); ++d) {
    session::DomainMap domain;
    domain.domain = network.domainNames[d];
    const auto [cx, cy] = patchCentre(static_cast<int>(d));
    for (std::size_t u = 0; u < units; ++u) {
      const double dx = static_cast<double>(plan.xMm[u]) / side - cx;
      const double dy = static_cast<double>(plan.yMm[u]) / side - cy;
      Random random(seed, 5 + d, u);
      domain.t.push_back(
          static_cast<float>(9 * std::exp(-(dx * dx + dy * dy) / (2 * 0.1 * 0.1)) - 1 + 0.3 * random.normal()));
    }
    if (auto patches = analysis::findPatches(plan.xMm, plan.yMm, domain.t, side)) domain.patches = *patches;
    maps.domains.push_back(std::move(domain));
  }
  constexpr int kGrid = 192;
  analysis::Grid<std::complex<float>> grid{kGrid, kGrid, side, {}, {}};
  for (int row = 0; row < kGrid; ++row)
    for (int column = 0; column < kGrid; ++column)
      grid.values.push_back(
          std::complex<float>(planeWaves((column + 0.5) * side / kGrid, (row + 0.5) * side / kGrid, wave, seed)));
  maps.pinwheels = analysis::findPinwheelsOnGrid(grid, std::vector<std::uint8_t>(grid.values.size(), 1));
  maps.columnSpacingMm = wave;
  maps.pinwheelDensity = static_cast<double>(maps.pinwheels.size()) / 16;
  maps.orientationSmoothness = 0.8;
  maps.shuffledSmoothness = 0.02;
  maps.meanRate = 0.2;
  // No number more is drawn: what the tests measured with these maps stays.
  for (const float rate : maps.tuning.meanRate) maps.lossShare.push_back(2 * rate);
  return maps;
}

inline std::shared_ptr<session::MapsFrame> makeMaps(const session::NetworkFrame& network) {
  auto frame = std::make_shared<session::MapsFrame>();
  frame->stamp = network.stamp;
  for (std::size_t s = 0; s < network.sheets.size(); ++s)
    frame->sheets.push_back(makeSheetMaps(network.sheets[s], network, 21 + s));
  frame->lossShareState = session::LossShareState::there;
  return frame;
}

/// The same maps before anybody asked for their loss share.
inline std::shared_ptr<session::MapsFrame> withoutLossShare(
    const session::MapsFrame& maps, session::LossShareState state = session::LossShareState::notAsked) {
  auto frame = std::make_shared<session::MapsFrame>(maps);
  for (session::SheetMaps& sheet : frame->sheets) sheet.lossShare.clear();
  frame->lossShareState = state;
  return frame;
}

/// The same maps with every orientation turned by `deg` of 0..180.
inline std::shared_ptr<session::MapsFrame> turned(const session::MapsFrame& maps, float deg) {
  auto frame = std::make_shared<session::MapsFrame>(maps);
  for (session::SheetMaps& sheet : frame->sheets)
    for (float& orientation : sheet.tuning.orientationDeg)
      orientation = orientation + deg < 180 ? orientation + deg : orientation + deg - 180;
  return frame;
}

/// Spikes to a grating of 45 deg: units that prefer it fire at most time steps, others seldom.
inline std::shared_ptr<session::ActivityFrame> makeActivity(const session::NetworkFrame& network,
                                                            const session::MapsFrame& maps, std::int64_t step = 0) {
  auto frame = std::make_shared<session::ActivityFrame>();
  frame->stamp = network.stamp;
  frame->stamp.step = step;
  frame->stimulus = "grating, 45 deg, 6 cycles/image";
  frame->timeSteps = network.timeSteps;
  const int side = network.imageSide;
  frame->picture.width = side;
  frame->picture.height = side;
  for (int channel = 0; channel < 3; ++channel)
    for (int y = 0; y < side; ++y)
      for (int x = 0; x < side; ++x)
        frame->picture.pixels.push_back(
            static_cast<std::uint8_t>(std::lround(127.5 + 127 * std::sin(2 * std::numbers::pi * 6 * (x + y) / side))));
  for (std::size_t s = 0; s < network.sheets.size(); ++s) {
    const analysis::TuningMaps& tuning = maps.sheets[s].tuning;
    std::vector<std::uint8_t> spikes;
    for (int t = 0; t < network.timeSteps; ++t)
      for (std::size_t u = 0; u < tuning.orientationDeg.size(); ++u) {
        const double apart = 2 * (static_cast<double>(tuning.orientationDeg[u]) - 45) * std::numbers::pi / 180;
        const double rate = 0.9 * std::exp(2 * (std::cos(apart) - 1));
        Random random(31 + s, static_cast<std::uint64_t>(step) * 64 + static_cast<std::uint64_t>(t), u);
        spikes.push_back(random.uniform() < rate ? 1 : 0);
      }
    frame->spikes.push_back(std::move(spikes));
  }
  frame->probability.assign(network.classNames.size(), 0.4F / static_cast<float>(network.classNames.size() - 1));
  frame->probability[2] = 0.6F;
  frame->milliseconds = 12.5;
  return frame;
}

/// The answer to AskTuning: curves that peak at the first unit's preference.
inline std::shared_ptr<session::TuningFrame> makeTuning(const session::NetworkFrame& network,
                                                        const session::MapsFrame& maps,
                                                        const session::AskTuning& asked) {
  auto frame = std::make_shared<session::TuningFrame>();
  frame->stamp = network.stamp;
  frame->sheet = asked.sheet;
  frame->units = asked.units;
  const session::SheetMaps& sheet = maps.sheets.at(asked.sheet);
  const auto first = static_cast<std::size_t>(asked.units.at(0));
  frame->orientationDeg = static_cast<double>(sheet.tuning.orientationDeg.at(first));
  frame->circularVariance = static_cast<double>(sheet.tuning.circularVariance.at(first));
  frame->xMm = static_cast<double>(network.sheets.at(asked.sheet).xMm.at(first));
  frame->yMm = static_cast<double>(network.sheets.at(asked.sheet).yMm.at(first));
  for (const double angle : network.angleDeg)
    frame->orientation.push_back(
        {angle, 0.1 + 0.5 * std::exp(2 * std::cos((angle - frame->orientationDeg) * std::numbers::pi / 90) - 2), 0.02});
  for (const double f : network.frequencies) frame->frequency.push_back({f, 0.5 / (1 + std::abs(f - 4)), 0.03});
  frame->colour = {{0, 0.3, 0.01}, {1, 0.2, 0.02}};
  for (const session::DomainMap& domain : sheet.domains)
    frame->domains.push_back({domain.domain, 0.2, 0.01, static_cast<double>(domain.t.at(first))});
  for (int k = 0; k < 6; ++k) {
    formats::RgbImage picture{32, 32, std::vector<std::uint8_t>(3 * 32 * 32, static_cast<std::uint8_t>(40 * k))};
    frame->best.push_back({"face " + std::to_string(k), 0.9 - 0.1 * k, std::move(picture)});
  }
  return frame;
}

/// The answer to SetLesion: the first category suffers, the sham does little.
inline std::shared_ptr<session::LesionFrame> makeLesionEffect(const session::NetworkFrame& network,
                                                              const session::Lesion& lesion) {
  auto frame = std::make_shared<session::LesionFrame>();
  frame->stamp = network.stamp;
  frame->stamp.lesion = lesion.version;
  frame->units = lesion.units();
  frame->before = session::accuracyOf(640, 800);
  frame->after = session::accuracyOf(560, 800);
  frame->sham = session::accuracyOf(630, 800);
  for (std::size_t c = 0; c < network.classNames.size(); ++c)
    frame->categories.push_back({network.classNames[c], session::accuracyOf(80, 100),
                                 session::accuracyOf(c == 0 ? 20 : 78, 100), session::accuracyOf(79, 100)});
  return frame;
}

/// A training under way: `points` batches with falling losses, two epochs done.
inline std::shared_ptr<session::TrainingFrame> makeTraining(session::TrainingPhase phase, int points = 100) {
  auto frame = std::make_shared<session::TrainingFrame>();
  frame->phase = phase;
  frame->activity = "training";
  frame->folder = "runs/synthetic";
  frame->layers = {"V1", "IT"};
  for (int i = 0; i < points; ++i) {
    const double fall = std::exp(-3.0 * i / points);
    session::TrainingPoint point;
    point.step = i;
    point.taskLoss = 0.3 + 2 * fall;
    point.topographicLoss = 0.1 + 0.5 * fall;
    point.slow = {static_cast<float>(0.4 * fall), static_cast<float>(0.3 * fall)};
    point.fast = {static_cast<float>(0.5 * fall), static_cast<float>(0.2 * fall)};
    point.accuracy = 0.9 - 0.8 * fall;
    point.imagesPerSecond = 420;
    frame->points.push_back(std::move(point));
  }
  for (int e = 1; e <= 2; ++e)
    frame->epochs.push_back({points * e / 2, 0.3 + 0.2 * e, {{"V1", 0.3 * e, 0.02}, {"IT", 0.2 * e, 0.03}}});
  frame->stamp.network = 1;
  frame->stamp.step = points;
  frame->report.epoch = 2;
  frame->report.epochs = 10;
  frame->report.step = points;
  frame->report.batch = 7;
  frame->report.batches = 50;
  frame->report.taskLoss = 0.5;
  frame->report.topographicLoss = 0.2;
  frame->report.trainAccuracy = 0.7;
  frame->report.imagesPerSecond = 420;
  frame->report.secondsLeft = 95;
  frame->settings = {0.25, 0.1, 1, 0.01};
  frame->memoryBytes = 512LL << 20;
  return frame;
}

}  // namespace pinwheel::test
