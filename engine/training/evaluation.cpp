#include "engine/training/evaluation.h"

#include "engine/training/guarded.h"
#include "engine/training/measured_network.h"

namespace pinwheel::training {

Expected<EvaluateResult> evaluate(const EvaluateOptions& options, const ProgressCallback& progress,
                                  const StopFlag& stop) {
  return guarded(
      "The evaluation failed",
      "if memory ran out, close other programs, give fewer images (--data, --floc), or use a machine with more",
      [&]() -> Expected<EvaluateResult> {
        auto subject = openMeasured(options);
        if (!subject) return tl::unexpected(subject.error());
        return measureMaps(*subject, options, progress, stop);
      });
}

}  // namespace pinwheel::training
