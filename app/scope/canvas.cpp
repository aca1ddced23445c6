#include "app/scope/canvas.h"

#include <algorithm>

namespace pinwheel::scope {

void Canvas::add(ImDrawList& list, ImVec2 min, ImVec2 max, Draw draw) {
  if (max.x - min.x < 1 || max.y - min.y < 1) return;
  m_jobs.push_back({min, max, std::move(draw)});
  list.AddCallback(&Canvas::run, &m_jobs.back());
  list.AddCallback(ImDrawCallback_ResetRenderState, nullptr);
}

void Canvas::run(const ImDrawList* /*list*/, const ImDrawCmd* command) {
  const Job& job = *static_cast<const Job*>(command->UserCallbackData);
  const ImDrawData& data = *ImGui::GetDrawData();
  const ImVec2 scale = data.FramebufferScale;
  const auto area = [&](float left, float top, float right, float bottom) -> Area {
    return {(left - data.DisplayPos.x) * scale.x, (top - data.DisplayPos.y) * scale.y,
            (right - data.DisplayPos.x) * scale.x, (bottom - data.DisplayPos.y) * scale.y};
  };
  Target target{static_cast<int>(data.DisplaySize.x * scale.x), static_cast<int>(data.DisplaySize.y * scale.y), {}};
  const ImVec4& clip = command->ClipRect;
  target.clip = area(clip.x, clip.y, clip.z, clip.w);
  target.clip.left = std::max(target.clip.left, 0.0F);
  target.clip.top = std::max(target.clip.top, 0.0F);
  target.clip.right = std::min(target.clip.right, static_cast<float>(target.width));
  target.clip.bottom = std::min(target.clip.bottom, static_cast<float>(target.height));
  if (target.clip.width() < 1 || target.clip.height() < 1) return;
  job.draw(area(job.min.x, job.min.y, job.max.x, job.max.y), target);
}

}  // namespace pinwheel::scope
