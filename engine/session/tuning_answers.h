// What single units answer, put together for whoever asks for one or for many.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/error.h"
#include "engine/session/commands.h"
#include "engine/session/frames.h"

namespace pinwheel::session {

/// One unit's rates, spikes per time step.
struct UnitAnswers {
  std::vector<double> orientation, frequency, colour;
  struct Domain {
    double mean = 0;
    double sem = 0;
    double t = 0;
  };
  std::vector<Domain> domains;
  struct Best {
    std::int64_t image = 0;  ///< of the endless category world
    double rate = 0;
  };
  std::vector<Best> best;  ///< strongest first
};

/// The strongest images of every unit, kept while they are shown. One thread at a time.
class BestImages {
public:
  static constexpr std::size_t kKept = 6;
  explicit BestImages(std::int64_t units);
  /// rates [U] of image `image`, below 65,536; images come in ascending order, ties keep the earlier one.
  void add(std::int64_t image, std::span<const float> rates);
  [[nodiscard]] std::vector<UnitAnswers::Best> of(std::int32_t unit) const;
  [[nodiscard]] std::int64_t bytes() const noexcept;

private:
  std::vector<float> m_rates;           ///< [U, kKept], falling; negative: none yet
  std::vector<std::uint16_t> m_images;  ///< [U, kKept]
};

/// What the curves are drawn over.
struct TuningAxes {
  std::vector<double> angleDeg;
  std::vector<double> frequencies;
  std::vector<std::string> domains;
};

/// Whether the sheet has these units. Error: none asked for, or one that is not there.
Status checkUnits(const AskTuning& ask, const std::vector<SheetPlan>& sheets);

/// `units` as many as asked for, at least one. Of several units: means, with the standard error over units; the best
/// images are those that stand highest among the units' own best (an image that is not among a unit's best counts as 0
/// there), and the rate is the mean over the units that name it. Pictures are left empty.
[[nodiscard]] TuningFrame tuningFrame(const AskTuning& ask, const std::vector<UnitAnswers>& units,
                                      const TuningAxes& axes, const SheetPlan& sheet,
                                      std::vector<std::int64_t>& bestImages);

}  // namespace pinwheel::session
