// Networks that give only the activity that is asked for: what nobody looks at need not be held until the pass ends.
// Includes LibTorch: for the engine's .cpp files alone.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <vector>

#include "engine/snn/network.h"

namespace pinwheel::snn {

/// A side of a Network, found by dynamic_cast; one without it gives all sheets.
class Selective {
public:
  virtual ~Selective() = default;
  /// From now on Activity::sheets has undefined tensors but for the sheets that `given` says, by index; empty: all are
  /// given. Logits and perturbations are the same.
  virtual void giveSheets(std::vector<bool> given) = 0;
  [[nodiscard]] virtual const std::vector<bool>& givenSheets() const = 0;
};

/// While it lives, a network gives these sheets alone, where it can; afterwards what it gave before.
class OnlySheets {
public:
  OnlySheets(Network& network, std::initializer_list<std::size_t> sheets)
      : m_network(dynamic_cast<Selective*>(&network)) {
    if (m_network == nullptr) return;
    m_before = m_network->givenSheets();
    std::vector<bool> given(network.sheets().size(), false);
    for (const std::size_t sheet : sheets) given.at(sheet) = true;
    m_network->giveSheets(std::move(given));
  }
  ~OnlySheets() {
    if (m_network != nullptr) m_network->giveSheets(std::move(m_before));
  }
  OnlySheets(const OnlySheets&) = delete;
  OnlySheets& operator=(const OnlySheets&) = delete;

private:
  Selective* m_network;
  std::vector<bool> m_before;
};

}  // namespace pinwheel::snn
