// What the engine can be asked to do: plain values, queued, carried out in order on the engine's thread. The same
// commands serve the engine in this process and a remote one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/perturbation/lesion_record.h"

namespace pinwheel::session {

using perturbation::Lesion;
using perturbation::LesionPart;
using perturbation::PerturbationKind;

/// In the version of a lesion that came with a checkpoint; senders count below it.
inline constexpr std::uint64_t kStoredLesion = std::uint64_t{1} << 63;
[[nodiscard]] constexpr bool isStored(std::uint64_t lesionVersion) noexcept {
  return (lesionVersion & kStoredLesion) != 0;
}

/// Opens a checkpoint and measures its maps, under its lesion where it holds one. Ends a training that is under way
/// (saved). A file that cannot be opened, or whose opening is cancelled, leaves the network that is open.
struct OpenCheckpoint {
  std::filesystem::path path;
};

/// Begins a run in `out` (or goes on with the one there, its lesion held: `resume`) and trains to its end.
struct StartTraining {
  std::string recipe;                 ///< name or .toml
  std::vector<std::string> settings;  ///< "key=value"
  std::string data;                   ///< empty: the recipe's, or the built-in world
  std::filesystem::path out;
  bool resume = false;
  int threads = 0;  ///< 0: all
};

/// Goes on training the open network, from its weights, on its sheets, with its lesion held: a new run in `out`.
struct Retrain {
  std::filesystem::path out;
  std::int64_t epochs = 1;
  double learningRate = 0;  ///< 0: a tenth of the checkpoint's
};

struct Pause {};
struct Resume {};
/// `steps` more batches, then paused again.
struct Step {
  int steps = 1;
};
/// Ends the training after the batch; it is saved, and the network stays open.
struct StopTraining {};
/// Changes what NaN does not leave as it is; written to the run's events.jsonl and its configuration.
struct ChangeSettings {
  double alpha;
  double beta;
  std::int64_t window;
  double learningRate;
};

/// The lesion that acts from now on; replaces the one before. Maps are measured again, and the effect beside a sham
/// drawn with `shamSeed` (while a training runs: only the lesion is set).
struct SetLesion {
  Lesion lesion;
  std::uint64_t shamSeed = 1;
};

/// Shows a stimulus and publishes what the sheets answer.
struct Stimulus {
  enum class Kind { grating, category, file } kind = Kind::category;
  double angleDeg = 0;
  double cyclesPerImage = 6;
  double phaseDeg = 0;
  bool chromatic = false;
  int category = 0;  ///< class of the built-in world
  std::int64_t exemplar = 0;
  std::filesystem::path file;  ///< an image
};
struct ShowStimulus {
  Stimulus stimulus;
};

struct AskTuning {
  std::size_t sheet = 0;
  std::vector<std::int32_t> units;  ///< one, or the units of a cluster
};

/// Measures the maps of every sheet anew; `lossShare`: with what MeasureLossShare adds.
struct MeasureMaps {
  bool lossShare = false;
};
/// Adds every unit's share of the topographic loss to the maps that were measured last: they are published again, at
/// once as LossShareState::underWay, then with the share or with why there is none. Nothing where that is known
/// already; a notice where no whole maps are of the network as it is now.
struct MeasureLossShare {};
/// Of a training as it stands, with the lesion that it holds; of an open network a copy of its checkpoint, whatever
/// lesion acts on it now. Cancelled it leaves the file that was there.
struct SaveCheckpoint {
  std::filesystem::path path;
};
/// Closes the network; a training is stopped and saved.
struct CloseNetwork {};

using Command =
    std::variant<OpenCheckpoint, StartTraining, Retrain, Pause, Resume, Step, StopTraining, ChangeSettings, SetLesion,
                 ShowStimulus, AskTuning, MeasureMaps, MeasureLossShare, SaveCheckpoint, CloseNetwork>;

}  // namespace pinwheel::session
