// Units that are known detectors of domains, the images that they are shown, and where they lie. Includes LibTorch.
#pragma once

#include <torch/torch.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/topography/sheet.h"

namespace pinwheel::test {

inline constexpr int kSide = 8;
inline constexpr int kDomains = 5;
inline constexpr int kPerDomain = 10;
inline constexpr int kDetectors = kDomains * kPerDomain;
inline constexpr int kAround = 4;  // silent units around those of a domain
inline constexpr int kSteps = 8;
inline constexpr data::Normalisation kPlain{{0, 0, 0}, {1, 1, 1}};

/// Flat images: red tells the class, one of every domain; green one of two variants, blue the index.
class CodedImages final : public data::Dataset {
public:
  explicit CodedImages(std::int64_t size, std::vector<std::string> names = {"adult", "body", "word", "house", "car"})
      : m_size(size), m_names(std::move(names)) {}
  std::string name() const override { return "coded images"; }
  std::int64_t size() const override { return m_size; }
  int label(std::int64_t index) const override { return static_cast<int>(index % kDomains); }
  const std::vector<std::string>& classNames() const override { return m_names; }
  data::Normalisation normalisation() const override { return kPlain; }
  Expected<formats::RgbImage> image(std::int64_t index, int) const override {
    formats::RgbImage image{kSide, kSide, {}};
    for (const std::int64_t value : {std::int64_t{20} * label(index), index / kDomains % 2 * 100, index})
      image.pixels.insert(image.pixels.end(), kSide * kSide, static_cast<std::uint8_t>(value));
    return image;
  }

private:
  std::int64_t m_size;
  std::vector<std::string> m_names;
};

/// What a sheet of `units` answers to coded images [B, 3, S, S]: spikes [T, B, units, 1, 1]. Units 10 d .. 10 d + 9
/// fire at 6 or 5 of 8 time steps to domain d, which one depends on unit and variant (their mean does not), and at one
/// step to the domain before it; units from 50 on never do.
inline at::Tensor detectorSpikes(const at::Tensor& images, int units) {
  const std::int64_t count = images.size(0);
  const at::Tensor colours = (images.to(at::kDouble).mean({2, 3}) * 255).round().contiguous();
  const auto colour = colours.accessor<double, 2>();
  at::Tensor steps = at::zeros({count, units});
  auto step = steps.accessor<float, 2>();
  for (std::int64_t i = 0; i < count; ++i) {
    const int domain = static_cast<int>(std::lround(colour[i][0] / 20));
    const int variant = colour[i][1] > 50 ? 1 : 0;
    for (int u = 0; u < kDetectors; ++u) {
      const int prefers = u / kPerDomain;
      if (prefers == domain) step[i][u] = static_cast<float>(6 - (variant + u) % 2);
      if (prefers == (domain + 1) % kDomains) step[i][u] = 1;
    }
  }
  std::vector<at::Tensor> spikes;
  for (int t = 0; t < kSteps; ++t) spikes.push_back(steps.gt(t).to(at::kFloat));
  return at::stack(spikes).view({kSteps, count, units, 1, 1});
}

/// Mean rates [B, domains] of the units of every domain.
inline at::Tensor domainRates(const at::Tensor& spikes) {
  const at::Tensor rates = spikes.mean(0).flatten(1).slice(1, 0, kDetectors);
  return rates.reshape({spikes.size(1), kDomains, kPerDomain}).mean(2);
}

inline constexpr std::array<std::array<float, 2>, kDomains> kCentres{{{1, 1}, {9, 1}, {1, 9}, {9, 9}, {5, 1}}};

/// 10 mm wide. Every domain's units lie within 0.1 mm, at least 4 mm from the next domain's, four silent ones 0.6 mm
/// around them, the others on a line far away.
inline topography::Sheet clusteredSheet(const std::string& name, int units) {
  topography::Sheet sheet{{name, name, units, 1, 1, 10, 10, 3, 0.5}, {}, {}};
  const auto place = [&sheet](float x, float y) {
    sheet.xMm.push_back(x);
    sheet.yMm.push_back(y);
  };
  for (const auto& centre : kCentres)
    for (int j = 0; j < kPerDomain; ++j) place(centre[0] + 0.01F * static_cast<float>(j), centre[1]);
  for (const auto& centre : kCentres) {
    place(centre[0] + 0.645F, centre[1]);
    place(centre[0] - 0.555F, centre[1]);
    place(centre[0] + 0.045F, centre[1] + 0.6F);
    place(centre[0] + 0.045F, centre[1] - 0.6F);
  }
  constexpr int kClustered = kDetectors + kAround * kDomains;
  for (int u = kClustered; u < units; ++u) place(0.5F + 0.3F * static_cast<float>(u - kClustered), 5);
  return sheet;
}

}  // namespace pinwheel::test
