// What the engine publishes: immutable snapshots, shared between threads, never changed after publishing. No LibTorch,
// no Qt. Every frame names the network (a counter: each opened or begun network is a new one), the optimiser step and
// the version of the lesion that it was taken with.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/analysis/accuracy.h"
#include "engine/analysis/patches.h"
#include "engine/analysis/pinwheels.h"
#include "engine/analysis/tuning.h"
#include "engine/core/error.h"
#include "engine/formats/image_file.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/snn/receptive_field.h"
#include "engine/topography/sheet.h"
#include "engine/training/trainer.h"

namespace pinwheel::session {

inline constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Stamp {
  std::uint64_t network = 0;
  std::int64_t step = 0;
  std::uint64_t lesion = 0;  ///< Lesion::version; 0: none
};

/// A sheet at display scale.
struct SheetPlan {
  topography::SheetSpec spec;
  std::vector<float> xMm;       ///< [U]
  std::vector<float> yMm;       ///< [U], pointing down as the image's y does
  snn::ReceptiveField field{};  ///< of its units, along both sides of the image
};

/// A network as it was opened or begun.
struct NetworkFrame {
  Stamp stamp;
  std::string title;           ///< "demo", the file's or the run's name
  std::filesystem::path path;  ///< of the checkpoint; empty while none is written
  std::string summary;         ///< one line: backbone, data, epochs, seed
  std::string provenance;      ///< some lines, for figures and the information dialog
  std::vector<SheetPlan> sheets;
  std::vector<std::string> classNames;
  std::vector<std::string> domainNames;
  int timeSteps = 0;
  int imageSide = 0;                ///< px
  std::vector<double> angleDeg;     ///< [orientations] of the tuning curves
  std::vector<double> frequencies;  ///< [frequencies], cycles per image
  bool live = false;                ///< being trained
  perturbation::Lesion lesion;      ///< that acts on it from the beginning; its version is the stamp's
};

struct DomainMap {
  std::string domain;
  std::vector<float> t;  ///< [U]
  std::vector<analysis::Patch> patches;
};

struct SheetMaps {
  analysis::TuningMaps tuning;
  std::vector<DomainMap> domains;
  std::vector<float> lossShare;  ///< [U] training::TopographicLoss::unitShares; NaN: in no cluster; empty: not there
  std::vector<analysis::Pinwheel> pinwheels;
  std::string pinwheelNote;           ///< why there are none; empty when they were looked for and counted
  double pinwheelDensity = kUnknown;  ///< per column spacing squared
  double columnSpacingMm = kUnknown;
  double orientationSmoothness = kUnknown;
  double shuffledSmoothness = kUnknown;
  double meanRate = kUnknown;  ///< spikes per unit and time step over the stimuli
};

/// How it stands with the loss share of maps, which is measured only when it is asked for (MeasureLossShare,
/// MeasureMaps). `stopped`: given up on the way; it can be asked for again.
enum class LossShareState { notAsked, underWay, stopped, there, impossible };

/// Preference maps of every sheet. `preview`: taken from a few stimuli while training goes on; otherwise from the whole
/// set (640 gratings, 1,440 category images).
struct MapsFrame {
  Stamp stamp;
  bool preview = false;
  std::vector<SheetMaps> sheets;
  LossShareState lossShareState = LossShareState::notAsked;
  std::string lossShareNote;  ///< why there can be none; empty otherwise
};

/// What every sheet answers to one stimulus, spike by spike.
struct ActivityFrame {
  Stamp stamp;
  std::string stimulus;       ///< "grating, 45 deg, 5.5 cycles/image", "face 17"
  formats::RgbImage picture;  ///< as shown, at the network's size
  int timeSteps = 0;
  std::vector<std::vector<std::uint8_t>>
      spikes;                      ///< per sheet [T, U], 0 or 1 (graded where a lesion damps: rounded up)
  std::vector<float> probability;  ///< [classes], softmax of the logits
  double milliseconds = 0;         ///< from command to frame, in the engine
  /// While a training is watched: the images that come by in turn, by their categories ("adult"). Empty: a stimulus
  /// that was asked for.
  std::vector<std::string> probeBatch;
  int probeImage = -1;  ///< which of `probeBatch` this is the answer to; -1: none
};

struct CurvePoint {
  double x = 0;     ///< degrees, cycles per image; colour: 0 achromatic, 1 chromatic
  double mean = 0;  ///< spikes per time step
  double sem = 0;   ///< over the units asked for; one unit: over phases and repeats where known, else 0
};

struct DomainResponse {
  std::string domain;
  double mean = 0;  ///< spikes per time step
  double sem = 0;   ///< over images
  double t = 0;     ///< of one unit; of several their mean
};

struct BestStimulus {
  std::string name;
  double rate = 0;
  formats::RgbImage picture;
};

/// The tuning of a unit, or the mean of several.
struct TuningFrame {
  Stamp stamp;
  std::size_t sheet = 0;
  std::vector<std::int32_t> units;
  std::vector<CurvePoint> orientation, frequency, colour;
  std::vector<DomainResponse> domains;
  std::vector<BestStimulus> best;  ///< category images, strongest first, 6 at most
  double orientationDeg = kUnknown;
  double circularVariance = kUnknown;
  double xMm = kUnknown;  ///< of one unit, or the centre
  double yMm = kUnknown;
};

using analysis::Accuracy;
using analysis::accuracyOf;

struct CategoryEffect {
  std::string category;
  Accuracy before, after, sham;
};

/// What a lesion does, with a sham of the same size on the same sheets beside it.
struct LesionFrame {
  Stamp stamp;
  std::int64_t units = 0;  ///< perturbed
  Accuracy before, after, sham;
  std::vector<CategoryEffect> categories;
  std::shared_ptr<const MapsFrame> mapsBefore;  ///< without the lesion; null when they were not measured
};

/// `none` with points: how the open network was trained, one point an epoch.
enum class TrainingPhase { none, preparing, running, paused, finished, stopped, failed };

struct TrainingPoint {
  std::int64_t step = 0;
  double taskLoss = kUnknown;  ///< of this batch
  double topographicLoss = kUnknown;
  std::vector<float> slow, fast;  ///< per sheet; empty without a topographic loss
  double accuracy = kUnknown;     ///< running over the epoch, training images
  double imagesPerSecond = kUnknown;
};

struct EpochPoint {
  std::int64_t step = 0;
  double validationAccuracy = kUnknown;
  std::vector<training::AreaSmoothness> smoothness;
};

struct LiveSettings {
  double alpha = 0;
  double beta = 0;
  std::int64_t window = -1;  ///< W; -1: T/2 - 1
  double learningRate = 0;   ///< the schedule's peak
};

struct TrainingFrame {
  Stamp stamp;
  TrainingPhase phase = TrainingPhase::none;
  std::string activity;  ///< "placing V1", "training"
  std::filesystem::path folder;
  training::StepReport report;
  LiveSettings settings;
  std::int64_t memoryBytes = 0;
  std::vector<std::string> layers;    ///< of `TrainingPoint::slow`
  std::vector<TrainingPoint> points;  ///< thinned to a few thousand
  std::vector<EpochPoint> epochs;
};

/// Long work: what, how far, how long still.
struct JobFrame {
  std::string label;  ///< empty: nothing is under way
  std::int64_t done = 0;
  std::int64_t total = 0;  ///< 0: unknown
  double secondsLeft = kUnknown;
};

struct Notice {
  enum class Kind { information, warning, error } kind = Kind::information;
  Error error;  ///< `what` alone for information
};

/// What is new since the last call: the newest frame of every kind, null where there is none.
struct News {
  std::shared_ptr<const NetworkFrame> network;
  std::shared_ptr<const MapsFrame> maps;
  std::shared_ptr<const ActivityFrame> activity;
  std::shared_ptr<const TuningFrame> tuning;
  std::shared_ptr<const LesionFrame> lesion;
  std::shared_ptr<const TrainingFrame> training;
  std::shared_ptr<const JobFrame> job;
  std::vector<Notice> notices;  ///< all of them, in order
  std::uint64_t dropped = 0;    ///< frames that a newer one replaced before they were taken, since the beginning
};

}  // namespace pinwheel::session
