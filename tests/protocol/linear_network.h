// A network whose loss, gradient and worst case are known in closed form. Includes LibTorch.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/dataset.h"
#include "tests/stub_network.h"

namespace pinwheel::test {

/// Two classes; the logits are -s/2 and s/2, s the weights [3, S, S] times the (normalised) image, averaged over three
/// time steps. One sheet of one silent unit.
class LinearNetwork final : public StubNetwork {
public:
  static constexpr std::int64_t kTimeSteps = 3;

  explicit LinearNetwork(const at::Tensor& weights) : StubNetwork({{"IT", "IT", 1, 1, 1}}), m_weights(weights.clone()) {
    m_weights.requires_grad_(true);  // as a real one's
  }

  snn::Activity forward(const at::Tensor& images) override {
    if (images.dim() == 5) {
      TORCH_CHECK(images.size(0) == kTimeSteps, "images of other time steps");
      ++moving;
    }
    const at::Tensor x = images.dim() == 5 ? images.mean(0) : images;
    const at::Tensor s = (x * m_weights).flatten(1).sum(1);
    snn::Activity activity;
    activity.sheets = {at::zeros({kTimeSteps, x.size(0), 1, 1, 1})};
    activity.logits = at::stack({s * -0.5, s * 0.5}, 1);
    return activity;
  }

  /// What log(1 + e^-margin) is the loss of: s for the label 1, -s for 0, of pixels [3, S, S]; in double.
  [[nodiscard]] double margin(const at::Tensor& pixels, std::int64_t label, const data::Normalisation& to) const {
    double sum = 0;
    for (std::int64_t c = 0; c < 3; ++c) {
      const auto channel = static_cast<std::size_t>(c);
      const at::Tensor shifted = pixels[c].to(at::kDouble) - static_cast<double>(to.mean[channel]);
      const double weighted = (shifted * m_weights.detach()[c].to(at::kDouble)).sum().item<double>();
      sum += weighted / static_cast<double>(to.deviation[channel]);
    }
    return label == 1 ? sum : -sum;
  }
  /// How far a change of every pixel by 1 at most can lower the margin: sum |w| / deviation.
  [[nodiscard]] double reach(const data::Normalisation& to) const {
    double sum = 0;
    for (std::int64_t c = 0; c < 3; ++c)
      sum += m_weights.detach()[c].abs().to(at::kDouble).sum().item<double>() /
             static_cast<double>(to.deviation[static_cast<std::size_t>(c)]);
    return sum;
  }
  static double lossOf(double margin) { return std::log1p(std::exp(-margin)); }

  [[nodiscard]] const at::Tensor& weights() const noexcept { return m_weights; }
  std::vector<std::pair<std::string, at::Tensor>> parameters() const override { return {{"weight", m_weights}}; }
  void setTraining(bool on) override { training = on; }
  void setPerturbation(snn::Perturbation) override { ++perturbations; }

  int moving = 0;         ///< passes over images that change in time
  int perturbations = 0;  ///< times that one was set
  bool training = false;

private:
  at::Tensor m_weights;
};

}  // namespace pinwheel::test
