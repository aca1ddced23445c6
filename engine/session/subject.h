// The network that is looked at, opened from a file or being trained. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/session/frames.h"
#include "engine/session/stimuli.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/checkpoint.h"

namespace pinwheel::session {

/// Whose it is stays alive as long. The engine's thread.
struct Subject {
  snn::Network* network = nullptr;
  at::Device device{at::kCPU};
  const std::vector<topography::Sheet>* sheets = nullptr;
  const training::TrainConfig* config = nullptr;
  data::Normalisation normalisation;
  int side = 0;
  std::int64_t timeSteps = 0;
  bool training = false;       ///< the mode to go back to
  snn::Perturbation acting{};  ///< on the network now
};

/// While it lives the network is in evaluation mode under another perturbation; then all is as before.
class UnderPerturbation {
public:
  UnderPerturbation(Subject& subject, snn::Perturbation perturbation);
  ~UnderPerturbation();
  UnderPerturbation(const UnderPerturbation&) = delete;
  UnderPerturbation& operator=(const UnderPerturbation&) = delete;

private:
  Subject& m_subject;
  snn::Perturbation m_before;
  bool m_wasTraining;
};

/// Shows one picture; `milliseconds` is left 0. LibTorch's exceptions pass through.
[[nodiscard]] ActivityFrame show(Subject& subject, const Picture& picture, const Stamp& stamp);
/// The spikes of image `image` of a forward pass, per sheet [T, U], and its probabilities.
void takeActivity(const snn::Activity& activity, std::int64_t image, ActivityFrame& frame);

/// Images in one forward pass, so that one takes well below 0.1 s and can be interrupted behind it; depends on the
/// network alone.
[[nodiscard]] std::int64_t imagesAtOnce(const snn::Network& network, std::int64_t timeSteps);

/// Units of every sheet.
[[nodiscard]] std::vector<std::int64_t> unitCounts(const snn::Network& network);

/// What a network is, for NetworkFrame: all but stamp, path, title, `live` and `lesion`. `sheets` are the network's, in
/// its order.
[[nodiscard]] NetworkFrame describeNetwork(const training::Checkpoint& checkpoint,
                                           const std::vector<topography::Sheet>& sheets, const snn::Network& network);

}  // namespace pinwheel::session
