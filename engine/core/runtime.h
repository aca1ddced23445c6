// What the process must set before it computes: malloc's thresholds and the facts of the machine.
#pragma once

#include <cstdint>
#include <string>

namespace pinwheel {

/// Keeps large blocks on the heap instead of mapping and unmapping them at every allocation: that halves the time of a
/// pointwise training step. Call first in main(). Does nothing where malloc is not glibc's.
void tuneMalloc() noexcept;

/// OpenBLAS takes a processor that is newer than itself for the oldest one, and its products then run at a quarter of
/// their speed (0.3.21 on Intel's 2023 models). Where it did so, sets OPENBLAS_CORETYPE to what the processor has and
/// starts the program anew, as OpenBLAS reads it only when it is loaded. Call in main() before anything else;
/// `arguments` are main()'s. Returns where nothing is to be done or the variable is set already.
void restartWithFastBlas(char** arguments) noexcept;
/// The kernels for such a processor ("SKYLAKEX", "HASWELL"); empty where those of `core`, as OpenBLAS names them, do.
[[nodiscard]] std::string betterBlasCore(const std::string& core, bool avx2, bool avx512);

/// Peak resident memory of this process so far, bytes.
[[nodiscard]] std::int64_t peakMemoryBytes() noexcept;
/// Processor time that all threads of this process have taken so far, seconds.
[[nodiscard]] double processorSeconds() noexcept;
/// Processors this process may use (affinity and cgroup quota respected).
[[nodiscard]] int availableProcessors() noexcept;
/// CPU model name, "unknown" when it cannot be told.
[[nodiscard]] std::string processorName();
/// UTC now as "2026-01-31T12:00:00Z".
[[nodiscard]] std::string utcTimestamp();
/// The BLAS that is loaded looks like the slow reference implementation (then say so at start-up). Looks at the
/// process's mapped libraries.
[[nodiscard]] bool referenceBlasLoaded();

}  // namespace pinwheel
