// What every backbone is to the rest of the engine: images in; logits and the activity of every cortical sheet out.
// Includes LibTorch: for the engine's .cpp files alone.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/error.h"
#include "engine/snn/neuron.h"
#include "engine/snn/receptive_field.h"

namespace pinwheel::snn {

enum class NeuronKind { lif, relu };

struct NeuronOptions {
  NeuronKind kind = NeuronKind::lif;
  LifOptions lif;
  std::int64_t timeSteps = 4;  ///< T; 1 for the ReLU twin
};

struct NetworkOptions {
  std::string backbone = "tiny";  ///< see backbones.h
  std::string stem = "auto";      ///< auto, imagenet (7x7/2 and max-pool), cifar (3x3)
  NeuronOptions neuron;
  std::int64_t imageSide = 32;  ///< px
  std::int64_t classes = 10;
};

/// A layer whose output is laid on a cortical sheet.
struct SheetShape {
  std::string layer;  ///< unique in the network
  std::string area;   ///< "retina", "V1", "V2", "V4", "IT"
  int channels = 0;
  int height = 0;
  int width = 0;
  std::vector<std::string> convolutions{};  ///< the parameters that make it, in forward order; the shortcut's apart
  ReceptiveField field{};                   ///< of its units, on the image
};

struct Activity {
  std::vector<at::Tensor>
      sheets;         ///< one per sheet, [T, B, C, H, W]; spikes in {0,1}, or rates (T = 1) of the ReLU twin
  at::Tensor logits;  ///< [B, classes], the mean over T
};

/// What a lesion does to a sheet: takes the activity [T, B, C, H, W] of sheet `sheet` (its index) and returns what the
/// rest of the network sees instead, of the same shape, on the same device. May throw; forward() lets it through.
using Perturbation = std::function<at::Tensor(std::size_t sheet, const at::Tensor& activity)>;

/// One thread at a time.
class Network {
public:
  virtual ~Network() = default;
  /// images [B, 3, S, S], normalised, on the network's device: shown in every time step; or [T, B, 3, S, S], another
  /// one in each. Gradients reach them. Errors of shape throw c10::Error.
  virtual Activity forward(const at::Tensor& images) = 0;
  [[nodiscard]] virtual const std::vector<SheetShape>& sheets() const = 0;
  /// Trainable tensors and buffers by torchvision's names, in forward order.
  [[nodiscard]] virtual std::vector<std::pair<std::string, at::Tensor>> parameters() const = 0;
  [[nodiscard]] virtual std::vector<std::pair<std::string, at::Tensor>> buffers() const = 0;
  virtual void setTraining(bool training) = 0;
  /// Of every batch norm: true forgets the running statistics and from then on keeps the plain mean over the batches
  /// seen in training mode (ten batches are enough); false takes the exponential average of training up again. The
  /// statistics stay.
  virtual void setNormalisationAveraging(bool cumulative) = 0;
  virtual void moveTo(bool cuda) = 0;
  /// Applied to every sheet in every forward pass from now on; empty: none. Returning the activity as it came changes
  /// nothing, to the bit.
  virtual void setPerturbation(Perturbation perturbation) = 0;
};

}  // namespace pinwheel::snn
