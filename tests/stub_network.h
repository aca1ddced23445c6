// What hand-made networks have in common. Includes LibTorch.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/snn/network.h"

namespace pinwheel::test {

/// A network of known sheets that has no parameters and learns nothing; forward() is the test's.
class StubNetwork : public snn::Network {
public:
  const std::vector<snn::SheetShape>& sheets() const override { return m_sheets; }
  std::vector<std::pair<std::string, at::Tensor>> parameters() const override { return {}; }
  std::vector<std::pair<std::string, at::Tensor>> buffers() const override { return {}; }
  void setTraining(bool) override {}
  void setNormalisationAveraging(bool) override {}
  void moveTo(bool) override {}
  void setPerturbation(snn::Perturbation) override {}

protected:
  explicit StubNetwork(std::vector<snn::SheetShape> sheets) : m_sheets(std::move(sheets)) {}

private:
  std::vector<snn::SheetShape> m_sheets;
};

}  // namespace pinwheel::test
