// How much memory one piece of work needs at its worst.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

namespace pinwheel::benchmark {

/// Resident memory at its highest while `work` runs, above what was resident before, bytes. What malloc holds back is
/// given to the system first. Nothing where the system cannot reset its high-water mark (Linux: /proc/self/clear_refs).
[[nodiscard]] std::optional<std::int64_t> peakBytesOf(const std::function<void()>& work);

}  // namespace pinwheel::benchmark
