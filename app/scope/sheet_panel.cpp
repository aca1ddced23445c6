#include "app/scope/sheet_panel.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "app/scope/number_text.h"
#include "app/scope/theme.h"

namespace pinwheel::scope {
namespace {

ImU32 mapColour(figures::ColourMap map, double position) {
  const figures::Rgb c = figures::colourAt(map, position);
  return colour(c.r, c.g, c.b);
}

// As many in a row as give the largest squares.
std::size_t columnsFor(std::size_t sheets, ImVec2 size, float label, float gap) {
  std::size_t best = 1;
  float most = 0;
  for (std::size_t columns = 1; columns <= sheets; ++columns) {
    const auto rows = static_cast<float>((sheets + columns - 1) / columns);
    const float side =
        std::min((size.x + gap) / static_cast<float>(columns) - gap, (size.y + gap) / rows - label - gap);
    if (side <= most) continue;
    most = side;
    best = columns;
  }
  return best;
}

}  // namespace

void SheetPanel::update(const Model& model, bool frozen) {
  if (model.network() == nullptr) return;
  const std::vector<session::SheetPlan>& sheets = model.network()->sheets;
  const bool other = m_networkVersion != model.networkVersion();
  if (other) {
    m_networkVersion = model.networkVersion();
    // Going back in a recording brings the same sheets again.
    const bool samePlaces =
        std::equal(sheets.begin(), sheets.end(), m_sheets.begin(), m_sheets.end(),
                   [](const session::SheetPlan& a, const session::SheetPlan& b) {
                     return a.xMm == b.xMm && a.yMm == b.yMm && a.spec.displaySideMm == b.spec.displaySideMm;
                   });
    if (!samePlaces) {
      m_sheets = sheets;
      m_textures.clear();
      for (const session::SheetPlan& sheet : sheets)
        m_textures.emplace_back(sheetGrid(sheet.xMm, sheet.yMm, sheet.spec.displaySideMm), sheet.xMm.size());
    }
    for (SheetTexture& texture : m_textures) texture.setValues({}, {});
    m_fields = {};
    m_step = 0;
    if (m_choice.domain >= std::max<std::size_t>(1, model.network()->domainNames.size())) m_choice = {};
  }
  if (!other && m_choice == m_shown && (frozen || m_mapsVersion == model.mapsVersion())) return;
  m_mapsVersion = model.mapsVersion();
  m_shown = m_choice;
  if (model.maps() == nullptr) return;
  m_step = model.maps()->stamp.step;
  m_fields = fieldsOf(*model.maps(), *model.network(), m_choice);
  for (std::size_t s = 0; s < m_textures.size(); ++s)
    m_textures[s].setValues(m_fields.values[s], m_fields.saturation[s]);
}

void SheetPanel::drawChoice(const Model& model) {
  ImGui::SetNextItemWidth(ImGui::CalcTextSize("Preferred spatial frequency").x + 60);
  if (!ImGui::BeginCombo("##quantity", nameOf(m_choice, *model.network()).c_str())) return;
  for (const FieldChoice& choice : fieldChoices(*model.network()))
    if (ImGui::Selectable(nameOf(choice, *model.network()).c_str(), choice == m_choice)) m_choice = choice;
  ImGui::EndCombo();
}

// Orientations go once through the hues in half a turn: half a wheel shows them all.
void SheetPanel::drawWheel(ImVec2 at, float side) const {
  constexpr int kParts = 72;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float label = ImGui::GetTextLineHeight();
  const float radius = side / 2 - label - 2;
  const ImVec2 middle{at.x + side / 2, at.y + side - label};
  const auto on = [&](double share, float r) -> ImVec2 {
    const double angle = std::numbers::pi * share;
    return {middle.x + r * static_cast<float>(std::cos(angle)), middle.y - r * static_cast<float>(std::sin(angle))};
  };
  for (int i = 0; i < kParts; ++i) {
    const double a = static_cast<double>(i) / kParts;
    const double b = static_cast<double>(i + 1) / kParts;
    list.AddQuadFilled(on(a, radius), on(b, radius), on(b, radius * 0.45F), on(a, radius * 0.45F),
                       mapColour(figures::ColourMap::orientation, (a + b) / 2));
  }
  for (const int degrees : {0, 45, 90, 135, 180}) {
    const std::string text = std::to_string(degrees);
    const ImVec2 size = ImGui::CalcTextSize(text.c_str());
    const ImVec2 place = on(degrees / 180.0, radius + label * 0.75F);
    const float top = degrees % 180 == 0 ? middle.y + 2 : place.y - size.y / 2;
    list.AddText({place.x - size.x / 2 + (degrees % 180 == 0 ? (degrees == 0 ? -label : label) : 0), top}, kDim,
                 text.c_str());
  }
  const ImVec2 size = ImGui::CalcTextSize("deg");
  list.AddText({middle.x - size.x / 2, middle.y - size.y + 2}, kDim, "deg");
}

void SheetPanel::drawBar(ImVec2 at, ImVec2 size) const {
  constexpr int kParts = 64;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float step = size.y / kParts;
  for (int i = 0; i < kParts; ++i) {
    const float top = at.y + step * static_cast<float>(kParts - 1 - i);
    list.AddRectFilled({at.x, top}, {at.x + 16, top + step + 1}, mapColour(m_fields.map, (i + 0.5) / kParts));
  }
  const float half = ImGui::GetTextLineHeight() / 2;
  for (const double share : {0.0, 0.5, 1.0}) {
    const std::string text = brief(m_fields.low + share * (m_fields.high - m_fields.low));
    list.AddText({at.x + 22, at.y + static_cast<float>(1 - share) * size.y - half}, kDim, text.c_str());
  }
  list.AddText({at.x, at.y + size.y + half}, kDim, unitOf(m_shown.quantity));
}

void SheetPanel::drawSheets(const Model& model, ImVec2 at, ImVec2 size) {
  constexpr float kGap = 8;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float label = ImGui::GetTextLineHeight() + 2;
  const std::size_t columns = columnsFor(m_textures.size(), size, label, kGap);
  const auto rows = static_cast<float>((m_textures.size() + columns - 1) / columns);
  const float side =
      std::floor(std::min((size.x + kGap) / static_cast<float>(columns) - kGap, (size.y + kGap) / rows - label - kGap));
  if (side < 8) return;
  const SheetLook look{m_fields.map, m_fields.low, m_fields.high, shaderColour(kPlot), shaderColour(kSilent)};
  for (std::size_t s = 0; s < m_textures.size(); ++s) {
    const ImVec2 min{at.x + static_cast<float>(s % columns) * (side + kGap),
                     at.y + static_cast<float>(s / columns) * (side + label + kGap)};
    const ImVec2 max{min.x + side, min.y + label + side};
    list.PushClipRect(min, max, true);
    list.AddText(min, sheetColour(s), model.network()->sheets[s].spec.layer.c_str());
    // How large it is, where the name leaves room for it.
    const std::string mm = brief(model.network()->sheets[s].spec.displaySideMm) + " mm";
    const float width = ImGui::CalcTextSize(mm.c_str()).x;
    if (width + ImGui::CalcTextSize(model.network()->sheets[s].spec.layer.c_str()).x + 8 < side)
      list.AddText({max.x - width, min.y}, kDim, mm.c_str());
    list.PopClipRect();
    m_graphics.canvas.add(list, {min.x, min.y + label}, max, [this, s, look](const Area& area, const Target& target) {
      m_textures[s].draw(m_graphics.sheet, m_graphics.colours, area, target, look);
    });
  }
}

void SheetPanel::draw(const Model& model, ImVec2 size, bool frozen) {
  update(model, frozen);
  if (model.network() == nullptr) return;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetFrameHeightWithSpacing();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Maps");
  ImGui::SameLine();
  drawChoice(model);
  ImGui::SameLine();
  if (m_step > 0 || model.maps() != nullptr)
    ImGui::TextDisabled("step %s", grouped(m_step).c_str());
  else
    ImGui::TextDisabled("not measured yet");
  const float legend = ImGui::CalcTextSize("spikes/step").x + 2.6F * ImGui::GetTextLineHeight();
  const ImVec2 room{size.x - legend - 12, size.y - line};
  drawSheets(model, {at.x, at.y + line}, room);
  const ImVec2 place{at.x + size.x - legend, at.y + line};
  if (m_shown.quantity == Quantity::orientation) {
    drawWheel(place, legend);
    const float below = place.y + legend + ImGui::GetTextLineHeight();
    ImDrawList& list = *ImGui::GetWindowDrawList();
    list.AddText({place.x, below}, kDim, "Grey: little");
    list.AddText({place.x, below + ImGui::GetTextLineHeight()}, kDim, "selectivity");
  } else {
    drawBar({place.x, place.y + ImGui::GetTextLineHeight()}, {legend, std::min(room.y - 60, 160.0F)});
  }
  ImGui::SetCursorScreenPos({at.x, at.y + size.y});
}

}  // namespace pinwheel::scope
