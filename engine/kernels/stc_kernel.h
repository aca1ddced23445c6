// The STC loss of one cluster whose spikes are 0 or 1, with its gradient: coincidences are counted from bits, and the
// gradient adds a row for every spike. The equations are those of topography/stc_loss.h, which does the same for any
// activity in products of matrices.
#pragma once

#include <cstdint>
#include <vector>

namespace pinwheel::kernels {

/// T time steps of B images for N units, and W, the window of lags.
struct StcSize {
  std::int64_t timeSteps = 1;
  std::int64_t images = 0;
  std::int64_t units = 0;
  std::int64_t window = 0;

  [[nodiscard]] std::int64_t words() const { return (images + 63) / 64; }
  [[nodiscard]] std::int64_t paddedUnits() const { return (units + 63) / 64 * 64; }
};

/// Counting coincidences costs the square of T: with more steps products of matrices are as fast.
inline constexpr std::int64_t kMostStcSteps = 16;

/// Whether the sizes fit the lists of spikes.
[[nodiscard]] bool fitsStc(const StcSize& size);

/// A whole sheet: rows [T * B][U] to bits [T][words][U], image b in bit b modulo 64; `part` of T * words of it. False
/// where an activity is neither 0 nor 1.
[[nodiscard]] bool packSpikes(const float* rows, std::int64_t timeSteps, std::int64_t images, std::int64_t sheetUnits,
                              std::int64_t part, std::uint64_t* bits);
/// Those of a cluster's units [N] out of a sheet's: bits [T][words][paddedUnits].
void pickUnits(const std::uint64_t* sheet, std::int64_t sheetUnits, const std::int64_t* units, const StcSize& size,
               std::vector<std::uint64_t>& bits);

struct StcWanted {
  bool slow = true;
  bool fast = true;
  bool gradient = true;
};

struct StcValue {
  double slow = 0;  ///< 1/2 (1 - P) of the rates' correlations; 0 where not wanted
  double fast = 0;  ///< of the correlograms
};

/// Matrices that one cluster after another uses; each thread has its own.
struct StcRoom {
  std::vector<float> slow, fast, matrix, perStep;
  std::int64_t units = 0;
  /// `matrix` lies in blocks of 64 columns, [blocks][N][64]; the columns behind N are 0, and nothing writes there.
  void prepare(const StcSize& size);
};

/// inverseDistance [N, N]. With a gradient: gradSlow [B, paddedUnits], the same for every time step, times
/// `slowFactor`, and gradFast [T * B, paddedUnits], times `fastFactor`; columns behind N are 0.
StcValue stcOfCluster(const std::vector<std::uint64_t>& bits, const float* inverseDistance, const StcSize& size,
                      const StcWanted& wanted, double slowFactor, double fastFactor, float* gradSlow, float* gradFast,
                      StcRoom& room);

}  // namespace pinwheel::kernels
