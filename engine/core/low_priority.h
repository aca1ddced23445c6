// Threads that must not take time from a training on the same processors.
#pragma once

namespace pinwheel {

/// The calling thread's, for good: an unprivileged thread cannot raise it again. Threads that it begins inherit it.
/// Nothing happens where the system does not allow it.
void lowerPriority() noexcept;

}  // namespace pinwheel
