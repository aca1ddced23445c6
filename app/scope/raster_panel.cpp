#include "app/scope/raster_panel.h"

#include <algorithm>
#include <cmath>

#include "app/scope/number_text.h"
#include "app/scope/theme.h"

namespace pinwheel::scope {
namespace {

constexpr float kLeastHeight = 36;
constexpr float kGap = 4;

float labelWidth() {
  return ImGui::CalcTextSize("262,144 units").x + 10;
}

// Spikes per unit and time step, of so many columns together that a point has a few pixels. Bins stand at multiples of
// their width: they must not change while the picture scrolls.
Curve rateCurve(const RasterRing& ring, const AxisView& axis, float pixels) {
  Curve curve;
  const double wanted = std::max(1.0, axis.length() / std::max(1.0F, pixels / 4));
  const auto width = static_cast<std::uint64_t>(std::exp2(std::ceil(std::log2(wanted))));
  const auto begin = static_cast<std::uint64_t>(std::max(axis.begin(), static_cast<double>(ring.oldest())));
  const auto end = std::min(ring.written(), static_cast<std::uint64_t>(std::max(0.0, axis.end())));
  for (std::uint64_t bin = begin / width * width; bin < end; bin += width) {
    const std::uint64_t first = std::max(bin, ring.oldest());
    const std::uint64_t last = std::min(bin + width, end);
    if (last <= first) continue;
    double spikes = 0;
    for (std::uint64_t c = first; c < last; ++c) spikes += ring.column(c).spikes;
    curve.push_back({static_cast<double>(first + last) / 2,
                     spikes / static_cast<double>(last - first) / static_cast<double>(ring.units())});
  }
  return curve;
}

}  // namespace

void RasterPanel::update(const Model& model) {
  const std::vector<RasterRing>& rings = model.rasters();
  if (m_version != model.networkVersion() || m_textures.size() != rings.size()) {
    m_version = model.networkVersion();
    m_textures.clear();
    for (const RasterRing& ring : rings) m_textures.emplace_back(ring);
    m_axis.follow();
  }
  if (rings.empty()) return;
  m_axis.setData(static_cast<double>(rings.front().oldest()), static_cast<double>(rings.front().written()));
  // Paused, the pictures stand as they are, however much comes and goes behind them.
  if (m_axis.mode() == Mode::paused) return;
  for (std::size_t s = 0; s < rings.size(); ++s) m_textures[s].update(rings[s]);
}

void RasterPanel::showCell(const Model& model, std::size_t sheet, ImVec2 min, ImVec2 max) const {
  const RasterRing& ring = model.rasters()[sheet];
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const double column = std::floor(atPixel(m_axis, min.x, max.x, mouse.x));
  const float share = std::clamp((mouse.y - min.y) / (max.y - min.y), 0.0F, 0.9999F);
  const auto [first, last] = ring.unitsOf(static_cast<std::size_t>(share * static_cast<float>(ring.rows())));
  ImGui::BeginTooltip();
  const std::string units = last - first == 1 ? "unit " + grouped(static_cast<std::int64_t>(first))
                                              : "units " + grouped(static_cast<std::int64_t>(first)) + " to " +
                                                    grouped(static_cast<std::int64_t>(last) - 1);
  ImGui::Text("%s, %s", model.network()->sheets[sheet].spec.layer.c_str(), units.c_str());
  if (column >= static_cast<double>(ring.oldest()) && column < static_cast<double>(ring.written())) {
    const RasterRing::Column& held = ring.column(static_cast<std::uint64_t>(column));
    ImGui::Text("training step %s", grouped(held.step).c_str());
    ImGui::Text("%s spikes in all", grouped(held.spikes).c_str());
  }
  ImGui::EndTooltip();
}

void RasterPanel::drawRaster(const Model& model, std::size_t sheet, ImVec2 at, ImVec2 size) {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImVec2 min{at.x + labelWidth(), at.y};
  const ImVec2 max{at.x + size.x, at.y + size.y};
  const RasterRing& ring = model.rasters()[sheet];
  const ImU32 tint = sheetColour(sheet);
  list.PushClipRect(at, {min.x - 4, max.y}, true);
  list.AddText(at, tint, model.network()->sheets[sheet].spec.layer.c_str());
  const std::string units = grouped(static_cast<std::int64_t>(ring.units())) + " units";
  list.AddText({at.x, at.y + ImGui::GetTextLineHeight()}, kDim, units.c_str());
  if (size.y > 3 * ImGui::GetTextLineHeight()) {
    const std::string rate = "rate " + tickText(ring.meanRate(static_cast<std::size_t>(kFollowed) / 4), 0.001);
    list.AddText({at.x, at.y + 2 * ImGui::GetTextLineHeight()}, kDim, rate.c_str());
  }
  list.PopClipRect();
  RasterLook look{m_maximum, shaderColour(kPlot), shaderColour(kBeyond), shaderColour(tint)};
  m_graphics.canvas.add(
      list, min, max,
      [this, sheet, look, begin = m_axis.begin(), end = m_axis.end()](const Area& area, const Target& target) {
        m_textures[sheet].draw(m_graphics.raster, area, target, begin, end, look);
      });
  const std::string id = "raster" + std::to_string(sheet);
  if (steer(m_axis, id.c_str(), min, max)) showCell(model, sheet, min, max);
}

void RasterPanel::drawRates(const Model& model, ImVec2 at, ImVec2 size) {
  const std::vector<RasterRing>& rings = model.rasters();
  m_rates.resize(rings.size());
  std::vector<PlotLine> lines;
  for (std::size_t s = 0; s < rings.size(); ++s) {
    m_rates[s] = rateCurve(rings[s], m_axis, size.x - labelWidth());
    lines.push_back({model.network()->sheets[s].spec.layer, sheetColour(s), &m_rates[s]});
  }
  ImGui::SetCursorScreenPos(at);
  PlotOptions options{"rates",     "Rate (spikes per unit and time step)", "time steps of the network", false, true,
                      labelWidth()};
  plot(m_axis, options, lines, size);
}

void RasterPanel::draw(const Model& model, ImVec2 size) {
  update(model);
  const std::vector<RasterRing>& rings = model.rasters();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetFrameHeightWithSpacing();
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted("Spikes");
  ImGui::SameLine(at.x + labelWidth() - ImGui::GetWindowPos().x);
  ImGui::Checkbox("Any spike of a pixel", &m_maximum);
  if (ImGui::IsItemHovered())
    ImGui::SetTooltip("%s",
                      "Units that share a row of pixels: bright where any of them fired.\nOtherwise as bright as the "
                      "share that did.");
  if (model.activity() != nullptr) {
    ImGui::SameLine();
    ImGui::TextDisabled("%s", model.activity()->stimulus.c_str());
  }
  const float rates = std::clamp(size.y * 0.22F, 110.0F, 200.0F);
  const float room = size.y - line - rates - kGap;
  const float height =
      rings.empty() ? room : std::max(kLeastHeight, std::floor(room / static_cast<float>(rings.size())) - kGap);
  // More sheets than there is room for are scrolled.
  ImGui::SetCursorScreenPos({at.x, at.y + line});
  const float content = static_cast<float>(rings.size()) * (height + kGap);
  const bool scrolls = content > room + 1;
  ImGui::BeginChild("rasters", {size.x, room}, false,
                    scrolls ? 0 : ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  const ImVec2 inner = ImGui::GetCursorScreenPos();
  for (std::size_t s = 0; s < rings.size(); ++s)
    drawRaster(model, s, {inner.x, inner.y + static_cast<float>(s) * (height + kGap)}, {size.x, height});
  ImGui::EndChild();
  drawRates(model, {at.x, at.y + size.y - rates}, {size.x, rates});
}

}  // namespace pinwheel::scope
