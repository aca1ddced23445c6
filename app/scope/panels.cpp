#include "app/scope/panels.h"

#include <algorithm>
#include <cmath>

#include "app/scope/number_text.h"
#include "app/scope/theme.h"
#include "engine/core/error_line.h"

namespace pinwheel::scope {
namespace {

const char* nameOf(session::TrainingPhase phase) {
  switch (phase) {
    case session::TrainingPhase::none:
      return "";
    case session::TrainingPhase::preparing:
      return "preparing";
    case session::TrainingPhase::running:
      return "running";
    case session::TrainingPhase::paused:
      return "paused by the engine";
    case session::TrainingPhase::finished:
      return "finished";
    case session::TrainingPhase::stopped:
      return "stopped";
    case session::TrainingPhase::failed:
      return "failed";
  }
  return "";
}

// Dim between two, and on a new line where the old one is full.
void item(const std::string& text, ImU32 c) {
  const float width = ImGui::CalcTextSize(text.c_str()).x;
  ImGui::SameLine(0, 18);
  if (ImGui::GetCursorScreenPos().x + width > ImGui::GetWindowPos().x + ImGui::GetWindowWidth()) ImGui::NewLine();
  ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(c), "%s", text.c_str());
}

std::string counts(const Model& model, const WindowState& state) {
  std::string text;
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : "   ") + part; };
  if (const session::TrainingFrame* training = model.training()) {
    if (training->report.imagesPerSecond > 0) add(brief(training->report.imagesPerSecond) + " images/s");
    if (training->memoryBytes > 0) add("trainer " + memoryText(training->memoryBytes));
  }
  if (!state.recorded) add(brief(model.spikesPerSecond(state.now)) + " spikes/s");
  add(grouped(static_cast<std::int64_t>(state.dropped)) + " dropped");
  if (std::isfinite(state.frameMs)) add("drawn in " + brief(state.frameMs) + " ms");
  return text;
}

}  // namespace

Mode Panels::mode() {
  const Mode rasters = m_rasters.axis().mode();
  const Mode training = m_training.axis().mode();
  if (rasters == Mode::range || training == Mode::range) return Mode::range;
  return rasters == Mode::paused || training == Mode::paused ? Mode::paused : Mode::follow;
}

void Panels::togglePause() {
  const bool paused = mode() == Mode::paused;
  for (AxisView* axis : {&m_rasters.axis(), &m_training.axis()})
    if (paused)
      axis->follow();
    else
      axis->pause();
}

void Panels::follow() {
  m_rasters.axis().follow();
  m_training.axis().follow();
}

void Panels::drawHeader(const Model& model, const WindowState& state) {
  const Mode shown = mode();
  const char* name = shown == Mode::follow ? "Following" : shown == Mode::paused ? "Paused" : "Range";
  const ImU32 tint = shown == Mode::follow ? kGood : kWarning;
  ImGui::AlignTextToFramePadding();
  ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(tint), "%s", name);
  ImGui::SameLine(ImGui::CalcTextSize("Following").x + 26);
  if (ImGui::Button(shown == Mode::follow ? "Pause (space)###pause" : "Follow (F)###pause")) {
    if (shown == Mode::follow)
      togglePause();
    else
      follow();
  }
  if (const session::NetworkFrame* network = model.network()) {
    item(network->title, kText);
    item("step " + grouped(model.step()), kText);
  }
  if (const session::TrainingFrame* training = model.training()) {
    const std::string phase = nameOf(training->phase);
    if (!phase.empty()) item(training->activity.empty() ? phase : training->activity + ", " + phase, kDim);
  }
  ImGui::TextDisabled("%s", state.feedText.c_str());
  const std::string right = counts(model, state);
  const float width = ImGui::CalcTextSize(right.c_str()).x;
  const float left = ImGui::CalcTextSize(state.feedText.c_str()).x;
  // On the same line at its end, where there is room.
  const float inside = ImGui::GetWindowContentRegionMax().x;
  if (left + width + 30 < inside) ImGui::SameLine(inside - width);
  ImGui::TextUnformatted(right.c_str());
  if (const session::Notice* notice = model.notice())
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(kWarning), "%s", errorLine(notice->error).c_str());
  ImGui::Separator();
}

void Panels::drawWaiting(const WindowState& state, ImVec2 at, ImVec2 size) const {
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float line = ImGui::GetTextLineHeight();
  float y = at.y + size.y / 2 - line;
  for (const auto& [text, tint] : {std::pair<const char*, ImU32>{"No network yet", kText},
                                   {state.feedText.c_str(), kDim},
                                   {"It appears here as soon as the engine sends one.", kDim}}) {
    list.AddText({at.x + (size.x - ImGui::CalcTextSize(text).x) / 2, y}, tint, text);
    y += 1.5F * line;
  }
}

void Panels::drawReplay(ReplayFeed& replay) const {
  const std::vector<std::int64_t>& steps = replay.steps();
  const auto at = std::lower_bound(steps.begin(), steps.end(), replay.step());
  int index = static_cast<int>(at - steps.begin());
  if (ImGui::Button(replay.isPlaying() ? "Stop###play" : "Play###play")) replay.setPlaying(!replay.isPlaying());
  ImGui::SameLine();
  const std::string text = "step " + grouped(replay.step()) + " of " + grouped(steps.back());
  ImGui::SetNextItemWidth(-1);
  // Every recorded step is as wide as the next one, however far they are apart.
  if (ImGui::SliderInt("##step", &index, 0, static_cast<int>(steps.size()) - 1, text.c_str(),
                       ImGuiSliderFlags_NoInput)) {
    replay.setPlaying(false);
    replay.setStep(steps[static_cast<std::size_t>(index)]);
  }
}

void Panels::draw(const Model& model, const WindowState& state, ReplayFeed* replay) {
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(display);
  ImGui::Begin("scope", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoBackground |
                   ImGuiWindowFlags_NoScrollWithMouse);
  drawHeader(model, state);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 padding = ImGui::GetStyle().WindowPadding;
  const float foot = replay != nullptr ? ImGui::GetFrameHeightWithSpacing() + 4 : 0;
  const ImVec2 size{std::max(200.0F, display.x - 2 * padding.x), std::max(200.0F, display.y - at.y - padding.y - foot)};
  if (model.network() == nullptr) {
    drawWaiting(state, at, size);
  } else {
    constexpr float kGap = 18;
    const float left = std::floor(size.x * 0.54F);
    m_rasters.draw(model, {left, size.y});
    const float right = size.x - left - kGap;
    const float sheets = std::floor(size.y * 0.40F);
    ImGui::SetCursorScreenPos({at.x + left + kGap, at.y});
    ImGui::BeginChild("right", {right, size.y}, false,
                      ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    m_sheets.draw(model, {right, sheets}, mode() == Mode::paused);
    ImGui::SetCursorScreenPos({at.x + left + kGap, at.y + sheets + 10});
    m_training.draw(model, {right, size.y - sheets - 12});
    ImGui::EndChild();
  }
  if (replay != nullptr) {
    ImGui::SetCursorScreenPos({at.x, display.y - foot - padding.y + 6});
    drawReplay(*replay);
  }
  ImGui::End();
}

}  // namespace pinwheel::scope
