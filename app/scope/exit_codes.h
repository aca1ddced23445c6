#pragma once

namespace pinwheel::scope {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kCannotRunHere = 3;  ///< no display

}  // namespace pinwheel::scope
