#include "engine/training/evaluation.h"

#include <torch/torch.h>

#include "engine/training/measured_network.h"

namespace pinwheel::training {

Expected<EvaluateResult> evaluate(const EvaluateOptions& options, const ProgressCallback& progress,
                                  const StopFlag& stop) {
  try {
    auto subject = openMeasured(options);
    if (!subject) return tl::unexpected(subject.error());
    return measureMaps(*subject, options, progress, stop);
  } catch (const c10::Error& error) {
    return failure("LibTorch failed", error.what_without_backtrace(), "if memory ran out, lower evaluation.batch_size");
  } catch (const std::exception& error) {
    return failure("The evaluation failed", error.what(), "if memory ran out, lower evaluation.batch_size");
  }
}

}  // namespace pinwheel::training
