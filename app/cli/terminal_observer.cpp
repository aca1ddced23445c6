#include "app/cli/terminal_observer.h"

#include <cstdio>

namespace pinwheel::cli {

void TerminalObserver::onPhase(const std::string& text) {
  say(text);
}

void TerminalObserver::onPlacement(const std::string& layer, const topography::PlacementPoint& point,
                                   std::int64_t windows) {
  const std::lock_guard lock(m_mutex);
  m_line.show(static_cast<double>(point.window) / static_cast<double>(windows),
              layer + "  loss " + fixedText(point.lossBefore, 4) + " -> " + fixedText(point.lossAfter, 4) + "  " +
                  std::to_string(point.accepted) + " swaps kept");
  if (point.window == windows)
    m_line.print("  " + layer + ": loss " + fixedText(point.lossAfter, 4) + " after " + std::to_string(windows) +
                 " windows, " + std::to_string(point.accepted) + " swaps kept");
}

void TerminalObserver::onStep(const training::StepReport& step) {
  const std::lock_guard lock(m_mutex);
  const double share = static_cast<double>(step.batch) / static_cast<double>(step.batches);
  // What is cut on a narrow terminal is its end.
  m_line.show(share, fixedText(step.imagesPerSecond, 0) + " images/s  " + clockText(step.secondsLeft) +
                         " left  epoch " + std::to_string(step.epoch + 1) + "/" + std::to_string(step.epochs) +
                         "  task " + fixedText(step.taskLoss, 3) + "  topographic " +
                         fixedText(step.topographicLoss, 3) + "  accuracy " + percentText(step.trainAccuracy));
}

void TerminalObserver::onEpoch(const training::EpochReport& epoch) {
  std::string text = "epoch " + std::to_string(epoch.epoch + 1) + ": task " + fixedText(epoch.taskLoss, 3);
  if (!epoch.layers.empty()) {
    const bool other = !epoch.otherTerm.empty();
    text += ", topographic " + fixedText(epoch.topographicLoss, 3) + " (" + (other ? epoch.otherTerm : "L_L/L_S");
    for (const training::LayerLoss& layer : epoch.layers)
      text += " " + layer.layer + " " +
              (other ? fixedText(layer.other, 2) : fixedText(layer.slow, 2) + "/" + fixedText(layer.fast, 2));
    text += ")";
  }
  text += ", accuracy " + percentText(epoch.validationAccuracy) + " (train " + percentText(epoch.trainAccuracy) + ")";
  if (!epoch.smoothness.empty()) {
    text += ", smoothness";
    for (const training::AreaSmoothness& area : epoch.smoothness)
      text += " " + area.layer + " " + fixedText(area.orientation, 2);
  }
  say(text + ", " + fixedText(epoch.imagesPerSecond, 0) + " images/s, " + clockText(epoch.seconds));
}

void TerminalObserver::onWarning(const std::string& text) {
  const std::lock_guard lock(m_mutex);
  m_line.print("");
  std::fprintf(stderr, "warning: %s\n", text.c_str());
}

void TerminalObserver::say(const std::string& text) {
  const std::lock_guard lock(m_mutex);
  m_line.print(text);
}

void TerminalObserver::finish() {
  say("");
}

}  // namespace pinwheel::cli
