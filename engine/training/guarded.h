// LibTorch throws; the engine's callers get an Error. Includes LibTorch.
#pragma once

#include <c10/util/Exception.h>

#include <exception>

#include "engine/core/error.h"

namespace pinwheel::training {

/// What `work` returns, an Expected or a Status; an exception becomes its error: `failed` says what happened, `hint`
/// what to do.
template <class Work>
auto guarded(const char* failed, const char* hint, Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const c10::Error& error) {
    return failure("LibTorch failed", error.what_without_backtrace(), hint);
  } catch (const std::exception& error) {
    return failure(failed, error.what(), hint);
  }
}

}  // namespace pinwheel::training
