#include "app/scope/theme.h"

#include <cmath>
#include <filesystem>

namespace pinwheel::scope {
namespace {

constexpr float kFontPx = 15;

void addFont(float scale) {
  ImFontAtlas& fonts = *ImGui::GetIO().Fonts;
  const float size = std::round(kFontPx * scale);
  for (const char* path :
       {"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu/DejaVuSans.ttf",
        "/usr/share/fonts/TTF/DejaVuSans.ttf", "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"}) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) continue;
    ImFontConfig config;
    config.OversampleH = 2;
    config.OversampleV = 1;
    if (fonts.AddFontFromFileTTF(path, size, &config) != nullptr) return;
  }
  ImFontConfig config;
  config.SizePixels = std::round(16 * scale);
  fonts.AddFontDefault(&config);
}

}  // namespace

ImU32 sheetColour(std::size_t sheet) noexcept {
  constexpr std::array<ImU32, 8> kColours{colour(230, 159, 0),   colour(86, 180, 233), colour(0, 188, 140),
                                          colour(240, 228, 66),  colour(70, 140, 230), colour(236, 106, 40),
                                          colour(214, 132, 178), colour(200, 204, 210)};
  return kColours[sheet % kColours.size()];
}

void applyTheme(float scale) {
  ImGui::StyleColorsDark();
  ImGuiStyle& style = ImGui::GetStyle();
  style.WindowRounding = 0;
  style.WindowBorderSize = 0;
  style.FrameRounding = 3;
  style.GrabRounding = 3;
  style.WindowPadding = {10, 8};
  style.ItemSpacing = {8, 5};
  const auto set = [&style](ImGuiCol which, ImU32 c) { style.Colors[which] = ImGui::ColorConvertU32ToFloat4(c); };
  set(ImGuiCol_WindowBg, kWindow);
  set(ImGuiCol_ChildBg, colour(0, 0, 0, 0));
  set(ImGuiCol_PopupBg, colour(34, 37, 44));
  set(ImGuiCol_Text, kText);
  set(ImGuiCol_TextDisabled, kDim);
  set(ImGuiCol_FrameBg, colour(44, 49, 58));
  set(ImGuiCol_FrameBgHovered, colour(58, 65, 77));
  set(ImGuiCol_FrameBgActive, colour(66, 74, 88));
  set(ImGuiCol_Button, colour(52, 58, 69));
  set(ImGuiCol_ButtonHovered, colour(68, 77, 92));
  set(ImGuiCol_ButtonActive, colour(82, 94, 112));
  set(ImGuiCol_Header, colour(58, 66, 80));
  set(ImGuiCol_HeaderHovered, colour(70, 80, 96));
  set(ImGuiCol_SliderGrab, colour(120, 170, 225));
  set(ImGuiCol_SliderGrabActive, colour(150, 195, 240));
  set(ImGuiCol_CheckMark, colour(120, 190, 240));
  style.ScaleAllSizes(scale);
  addFont(scale);
}

}  // namespace pinwheel::scope
