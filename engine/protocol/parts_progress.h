// How far a row of parts of unequal length is. No LibTorch.
#pragma once

#include <cstddef>
#include <vector>

namespace pinwheel::protocol {

/// Every part counts by what it is expected to cost. The time left then follows from the pace of what is done
/// (pinwheel::TimeLeft): it is exact where the costs stand in the right proportion, whatever their unit, and mends
/// itself as parts are done where they do not.
class PartsProgress {
public:
  /// `costs` of the parts, in any one unit; 0: nothing is to be done for it.
  explicit PartsProgress(std::vector<double> costs);

  /// Corrects what is expected of a part: 0 for one that failed at once, whose cost nobody will pay.
  void expect(std::size_t part, double cost);
  /// The share of everything, 0..1, when `part` is at `share` of itself and those before it are done. Never falls.
  [[nodiscard]] double at(std::size_t part, double share);

private:
  std::vector<double> m_costs;
  double m_largest = 0;
};

}  // namespace pinwheel::protocol
