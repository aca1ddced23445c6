// How the program looks: dark, one font, colours that tell sheets apart.
#pragma once

#include <imgui.h>

#include <array>
#include <cstddef>

namespace pinwheel::scope {

/// Of `r`, `g`, `b` in 0..255.
constexpr ImU32 colour(unsigned r, unsigned g, unsigned b, unsigned a = 255) noexcept {
  return (a << IM_COL32_A_SHIFT) | (b << IM_COL32_B_SHIFT) | (g << IM_COL32_G_SHIFT) | (r << IM_COL32_R_SHIFT);
}
/// As shaders take it.
[[nodiscard]] constexpr std::array<float, 3> shaderColour(ImU32 c) noexcept {
  const auto part = [c](int shift) { return static_cast<float>((c >> shift) & 0xFFU) / 255; };
  return {part(IM_COL32_R_SHIFT), part(IM_COL32_G_SHIFT), part(IM_COL32_B_SHIFT)};
}

inline constexpr ImU32 kWindow = colour(18, 20, 24);
inline constexpr ImU32 kPlot = colour(28, 31, 37);     ///< ground of plots and rasters
inline constexpr ImU32 kBeyond = colour(22, 24, 29);   ///< where there are no data
inline constexpr ImU32 kSilent = colour(92, 96, 104);  ///< units without a preference
inline constexpr ImU32 kGrid = colour(56, 61, 71);
inline constexpr ImU32 kText = colour(226, 229, 233);
inline constexpr ImU32 kDim = colour(160, 167, 178);
inline constexpr ImU32 kWarning = colour(240, 190, 90);
inline constexpr ImU32 kGood = colour(110, 200, 150);

/// Okabe and Ito (2008), lightened where a dark ground asks for it; after eight they come again.
[[nodiscard]] ImU32 sheetColour(std::size_t sheet) noexcept;

/// DejaVu Sans where it is installed, otherwise the font that the library brings; `scale`: of the display. Needs a
/// context of Dear ImGui.
void applyTheme(float scale);

}  // namespace pinwheel::scope
