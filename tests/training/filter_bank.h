// A network of known answers, for tests of what is measured: oriented filters in V1, a silent IT, a classifier of grey
// levels. Includes LibTorch.
#pragma once

#include <torch/torch.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "engine/data/gratings.h"
#include "tests/stub_network.h"

namespace pinwheel::test {

/// Images of 16 px. V1: 8 channels x 8 x 8, channel c prefers bars at 22.5 c degrees and the grating frequency
/// `kFrequency`, black and white over red and cyan; T = 4. IT never fires. Class k answers images of mean pixel k
/// (after normalisation). Double precision throughout: the rates do not depend on the batch.
class FilterBank final : public StubNetwork {
public:
  static constexpr int kSide = 16;
  static constexpr int kFrequency = 3;
  static constexpr int kClasses = 3;

  FilterBank() : StubNetwork({{"V1", "V1", 8, 8, 8}, {"IT", "IT", 100, 1, 1}}) {
    const double cycles = data::gratingFrequencies(kSide)[kFrequency];
    m_weights = at::zeros({8 * 8 * 8, 3, kSide, kSide}, at::kDouble);
    auto w = m_weights.accessor<double, 4>();
    for (int c = 0; c < 8; ++c)
      for (int p = 0; p < 64; ++p) {
        const double centreX = (kSide - 1) / 2.0 + (p % 8 - 3.5) / 4;
        const double centreY = (kSide - 1) / 2.0 + (p / 8 - 3.5) / 4;
        const double angle = c * std::numbers::pi / 8;
        double sum = 0;
        for (int y = 0; y < kSide; ++y)
          for (int x = 0; x < kSide; ++x) {
            const double dx = x - centreX;
            const double dy = y - centreY;
            const double along = 2 * std::numbers::pi * cycles / kSide * (dx * std::sin(angle) + dy * std::cos(angle));
            sum += w[c * 64 + p][0][y][x] = std::cos(along) * std::exp(-(dx * dx + dy * dy) / 18);
          }
        for (int y = 0; y < kSide; ++y)
          for (int x = 0; x < kSide; ++x)
            for (int k = 0; k < 3; ++k) w[c * 64 + p][k][y][x] = w[c * 64 + p][0][y][x] - sum / (kSide * kSide);
      }
    m_weights = m_weights.view({512, -1});
    m_weights = m_weights / m_weights.abs().sum(1, true);
  }

  snn::Activity forward(const at::Tensor& images) override {
    const at::Tensor x = images.to(at::kDouble).flatten(1);
    const at::Tensor drive = at::matmul(x, m_weights.t()).view({-1, 8, 8, 8});
    std::vector<at::Tensor> steps;
    for (const double threshold : {0.1, 0.3, 0.5, 0.7}) steps.push_back(drive.gt(threshold).to(at::kFloat));
    snn::Activity activity;
    activity.sheets = {at::stack(steps), at::zeros({4, images.size(0), 100, 1, 1})};
    const at::Tensor levels = at::arange(kClasses, at::kDouble);
    activity.logits = (x.mean(1, true) - levels).square().neg().to(at::kFloat);
    return activity;
  }

private:
  at::Tensor m_weights;  // [512, 3 * 16 * 16]
};

}  // namespace pinwheel::test
