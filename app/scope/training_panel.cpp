#include "app/scope/training_panel.h"

#include <algorithm>
#include <string_view>

#include "app/scope/theme.h"

namespace pinwheel::scope {
namespace {

struct Chart {
  const char* id;
  const char* title;
  bool fromZero;
  std::vector<PlotLine> lines;
};

std::vector<PlotLine> linesOf(const std::vector<Curve>& curves, const std::vector<std::string>& names) {
  std::vector<PlotLine> lines;
  for (std::size_t i = 0; i < curves.size(); ++i) lines.push_back({names[i], sheetColour(i), &curves[i]});
  return lines;
}

bool hasPoints(const std::vector<PlotLine>& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const PlotLine& line) { return !line.curve->empty(); });
}

}  // namespace

void TrainingPanel::draw(const Model& model, ImVec2 size) {
  if (m_version != model.networkVersion()) m_axis.follow();
  m_version = model.networkVersion();
  const Curves& newest = model.curves();
  m_axis.setData(newest.firstStep, newest.lastStep);
  // Paused, what is shown stays: the engine thins its points while it goes on.
  if (m_axis.mode() != Mode::paused && m_curvesVersion != model.curvesVersion()) {
    m_curves = newest;
    m_curvesVersion = model.curvesVersion();
  }
  const auto one = [](const char* name, ImU32 c, const Curve& curve) {
    return std::vector<PlotLine>{{name, c, &curve}};
  };
  std::vector<Chart> charts{
      {"task", "Task loss", false, one("task loss", sheetColour(1), m_curves.taskLoss)},
      {"topographic", "Topographic loss", false, one("topographic loss", sheetColour(0), m_curves.topographicLoss)},
      {"slow", "Slow term", false, linesOf(m_curves.slow, m_curves.layers)},
      {"fast", "Fast term", false, linesOf(m_curves.fast, m_curves.layers)},
      {"accuracy", "Accuracy (%)", true, one("accuracy", sheetColour(2), m_curves.accuracy)},
      {"speed", "Images per second", true, one("images/s", sheetColour(6), m_curves.imagesPerSecond)}};
  // A loss without layers leaves its room to the others.
  std::erase_if(charts, [](const Chart& chart) {
    return (std::string_view(chart.id) == "slow" || std::string_view(chart.id) == "fast") && !hasPoints(chart.lines);
  });
  constexpr float kGap = 10;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const std::size_t columns = size.x > 420 ? 2 : 1;
  const std::size_t rows = (charts.size() + columns - 1) / columns;
  const float width = (size.x - kGap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  const float room = size.y - acrossHeight() - kGap * static_cast<float>(rows - 1);
  const float height = room / static_cast<float>(rows);
  for (std::size_t i = 0; i < charts.size(); ++i) {
    const std::size_t row = i / columns;
    // The lowest of a column has the numbers below it.
    const bool lowest = i + columns >= charts.size();
    ImGui::SetCursorScreenPos(
        {at.x + static_cast<float>(i % columns) * (width + kGap), at.y + static_cast<float>(row) * (height + kGap)});
    PlotOptions options{charts[i].id, charts[i].title, lowest ? "training step" : "", true, charts[i].fromZero, 0};
    plot(m_axis, options, charts[i].lines, {width, height + (lowest ? acrossHeight() : 0)});
  }
  ImGui::SetCursorScreenPos({at.x, at.y + size.y});
}

}  // namespace pinwheel::scope
