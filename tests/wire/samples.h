// Frames and commands with every field set, to something of its own.
#pragma once

#include <limits>

#include "engine/core/random.h"
#include "engine/wire/message.h"

namespace pinwheel::test {

inline constexpr float kNanF = std::numeric_limits<float>::quiet_NaN();

/// Values [n] of one range; every fifth is NaN.
inline std::vector<float> sampleMap(std::size_t n, float low, float high, std::uint64_t stream) {
  Random random(20240611, stream);
  std::vector<float> values;
  for (std::size_t i = 0; i < n; ++i) {
    const double value = random.uniform(static_cast<double>(low), static_cast<double>(high));
    values.push_back(i % 5 == 4 ? kNanF : static_cast<float>(value));
  }
  return values;
}

inline perturbation::Lesion sampleLesion() {
  return {9,
          {{1, {0, 2, 3}, perturbation::PerturbationKind::stimulate, 0.5, {0, 2}},
           {0, {5}, perturbation::PerturbationKind::freeze, 1, {}},
           {0, {0, 11}, perturbation::PerturbationKind::noise, 0.125, {}}}};
}

inline formats::RgbImage samplePicture(int width, int height) {
  formats::RgbImage picture{width, height, {}};
  for (int i = 0; i < 3 * width * height; ++i) picture.pixels.push_back(static_cast<std::uint8_t>(7 * i + 1));
  return picture;
}

/// Two sheets of 12 and 4 units, three time steps, three classes.
inline session::NetworkFrame sampleNetwork() {
  session::NetworkFrame f;
  f.stamp = {3, 1200, 9};
  f.title = "demo \xc3\xa9";
  f.path = "/runs/a b/checkpoint.safetensors";
  f.summary = "tiny, built-in world, 4 of 10 epochs, seed 1";
  f.provenance = "one line\nand another";
  f.sheets = {{{"V1", "V1", 3, 2, 2, 18, 36, 1.5, 0.25}, {}, {}, {7, 2, 0.5}},
              {{"IT", "IT", 4, 1, 1, 35, 70, 2, 0.5}, {}, {}, {31, 8, -3.5}}};
  for (session::SheetPlan& plan : f.sheets)
    for (std::int64_t u = 0; u < plan.spec.unitCount(); ++u) {
      const double share = static_cast<double>(u + 1) / static_cast<double>(plan.spec.unitCount());
      plan.xMm.push_back(static_cast<float>(share * plan.spec.displaySideMm));
      plan.yMm.push_back(static_cast<float>((1 - share) * plan.spec.displaySideMm));
    }
  f.classNames = {"face", "", "house"};
  f.domainNames = {"faces", "places"};
  f.timeSteps = 3;
  f.imageSide = 32;
  f.angleDeg = {0, 45, 90, 135};
  f.frequencies = {2, 5.5};
  f.live = true;
  f.lesion = sampleLesion();
  return f;
}

inline session::SheetMaps sampleSheetMaps(std::size_t units, std::uint64_t stream) {
  session::SheetMaps m;
  m.tuning = {sampleMap(units, 0, 180, stream + 1),  sampleMap(units, 0, 180, stream + 2),
              sampleMap(units, 0, 1, stream + 3),    sampleMap(units, 0, 2, stream + 4),
              sampleMap(units, 1, 9, stream + 5),    sampleMap(units, 0, 3, stream + 6),
              sampleMap(units, -1, 1, stream + 7),   sampleMap(units, 0, 0.5F, stream + 8),
              sampleMap(units, 0, 0.25F, stream + 9)};
  m.domains = {{"faces",
                sampleMap(units, -4, 12, stream + 10),
                {{120.5, 7, 12, 15, 6.5, {{{1, 2}, {3, 2}, {3, 4}, {1, 2}}, {{2, 2.5}}}}, {110, 2, 40, 50, 3, {}}}},
               {"places", sampleMap(units, -3, 2, stream + 11), {}}};
  m.lossShare = sampleMap(units, 0, 0.01F, stream + 12);
  m.pinwheels = {{3, 4.5, 1}, {8.25, 9, -1}};
  m.pinwheelNote = "counted on half the sheet";
  m.pinwheelDensity = 2.9;
  m.columnSpacingMm = 3.5;
  m.orientationSmoothness = 0.75;
  m.shuffledSmoothness = 0.02;
  m.meanRate = 0.11;
  return m;
}

inline session::MapsFrame sampleMaps() {
  return {{3, 1200, 9},
          true,
          {sampleSheetMaps(12, 100), sampleSheetMaps(4, 200)},
          session::LossShareState::impossible,
          "the loss is none"};
}

inline session::ActivityFrame sampleActivity() {
  session::ActivityFrame f;
  f.stamp = {3, 1201, 9};
  f.stimulus = "grating, 45 deg, 5.5 cycles/image";
  f.picture = samplePicture(3, 2);
  f.timeSteps = 3;
  Random random(7, 1);
  f.spikes = {std::vector<std::uint8_t>(36), std::vector<std::uint8_t>(12)};
  for (auto& sheet : f.spikes)
    for (auto& spike : sheet) spike = random.uniform() < 0.4 ? 1 : 0;
  f.probability = {0.5F, 0.25F, kNanF};
  f.milliseconds = 12.5;
  f.probeBatch = {"adult", "child", "house"};
  f.probeImage = 2;
  return f;
}

inline session::TuningFrame sampleTuning() {
  session::TuningFrame f;
  f.stamp = {3, 1202, 9};
  f.sheet = 1;
  f.units = {2, 0, 3};
  f.orientation = {{45, 0.5, 0.1}, {90, 0.25, session::kUnknown}};
  f.frequency = {{2, 0.3, 0.05}};
  f.colour = {{1, 0.2, 0.01}, {0, 0.1, 0.02}};
  f.domains = {{"faces", 0.4, 0.02, 5.5}, {"places", 0, session::kUnknown, -1}};
  f.best = {{"face 17", 0.9, samplePicture(2, 2)}, {"", 0.8, {}}};
  f.orientationDeg = 47;
  f.circularVariance = 0.3;
  f.xMm = 30;
  f.yMm = 31;
  return f;
}

inline session::LesionFrame sampleLesionEffect() {
  session::LesionFrame f;
  f.stamp = {3, 1203, 9};
  f.units = 6;
  f.before = {80, 100, 0.71, 0.87};
  f.after = {40, 100, 0.31, 0.5};
  f.sham = {78, 100, 0.69, 0.85};
  f.categories = {{"faces", {20, 25, 0.6, 0.9}, {2, 25, 0.02, 0.25}, {19, 25, 0.55, 0.89}}, {"none", {}, {}, {}}};
  f.mapsBefore = std::make_shared<const session::MapsFrame>(sampleMaps());
  return f;
}

inline session::TrainingFrame sampleTraining() {
  session::TrainingFrame f;
  f.stamp = {4, 77, 1};
  f.phase = session::TrainingPhase::failed;
  f.activity = "placing V1";
  f.folder = "/runs/second";
  f.report = {1, 77, 7, 70, 10, 2.5, 0.125, 0.3, 410.5, 99};
  f.settings = {0.5, 0.25, 2, 0.001};
  f.memoryBytes = std::int64_t{5} << 32;
  f.layers = {"V1", "IT"};
  f.points = {{10, 3.5, 0.5, {0.1F, kNanF}, {0.3F, 0.4F}, 0.2, 400}, {}};
  f.epochs = {{70, 0.4, {{"V1", 0.5, 0.01}, {"IT", session::kUnknown, 0}}}, {}};
  return f;
}

inline session::JobFrame sampleJob() {
  return {"Measuring maps: gratings", 300, 640, 12.5};
}

inline session::Notice sampleNotice() {
  return {session::Notice::Kind::error, {"It failed", "the disk is full", "make room", "/runs/second"}};
}

inline std::vector<wire::FrameVariant> sampleFrames() {
  return {sampleNetwork(),      sampleMaps(),     sampleActivity(), sampleTuning(),
          sampleLesionEffect(), sampleTraining(), sampleJob(),      sampleNotice()};
}

inline std::vector<wire::Ask> sampleAsks() {
  using namespace session;
  std::vector<wire::Ask> asks{
      Command(OpenCheckpoint{"/runs/a b/checkpoint.safetensors"}),
      Command(StartTraining{"demo", {"stc.alpha=1", ""}, "cifar100:/data", "/runs/new", true, 3}),
      Command(Retrain{"/runs/third", 5, 0.01}),
      Command(Pause{}),
      Command(Resume{}),
      Command(Step{12}),
      Command(StopTraining{}),
      Command(ChangeSettings{0.5, 0.75, 3, 0.125}),
      Command(SetLesion{sampleLesion(), 77}),
      Command(ShowStimulus{{Stimulus::Kind::file, 45, 5.5, 90, true, 3, 17, "/pictures/cat.png"}}),
      Command(AskTuning{2, {4, 1}}),
      Command(MeasureMaps{true}),
      Command(MeasureLossShare{}),
      Command(SaveCheckpoint{"/runs/copy.safetensors"}),
      Command(CloseNetwork{}),
      wire::Cancel{},
      wire::AskFrames{{wire::FrameKind::maps, wire::FrameKind::notice}, wire::MapPrecision::exact}};
  return asks;
}

}  // namespace pinwheel::test
