// Numbers for people, in few letters.
#pragma once

#include <cstdint>
#include <string>

namespace pinwheel::scope {

/// 1,234,567.
[[nodiscard]] std::string grouped(std::int64_t number);
/// Three digits that count: "0.125", "12.5", "1.25k", "3.4M"; "-" for NaN.
[[nodiscard]] std::string brief(double number);
/// "512 MB", "1.5 GB", by 1024.
[[nodiscard]] std::string memoryText(std::int64_t bytes);
/// 1, 2 or 5 times a power of ten: the distance of about `ticks` ticks over `length` > 0.
[[nodiscard]] double tickDistance(double length, double ticks);
/// A tick's label, with as many decimals as its distance asks for.
[[nodiscard]] std::string tickText(double value, double distance);

}  // namespace pinwheel::scope
