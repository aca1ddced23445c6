// When a window takes what its engine has to tell: at once, or seldom enough not to slow a training beside it.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <functional>

#include "engine/core/processor_budget.h"

namespace pinwheel::views {

/// GUI thread only. Gentle, and while nobody touches the program, it lets news wait until drawing them takes at most
/// kWatcherShare of a processor: without a graphics card a picture of the cortex costs a training that computes on all
/// processors as much time as it takes itself. The newest news replace what waits.
class GentlePump final : public QObject {
public:
  /// `take`: takes the engine's news.
  explicit GentlePump(std::function<void()> take, QObject* parent = nullptr);

  /// A touch of the mouse or the keyboard has news taken at once for a while; so does this call.
  void setGentle(bool on);
  /// There is news.
  void news();

protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

private:
  void takeNow();
  [[nodiscard]] double now() const { return 1e-3 * static_cast<double>(m_clock.elapsed()); }

  std::function<void()> m_take;
  ProcessorBudget m_budget{kWatcherShare};
  QElapsedTimer m_clock;
  QTimer m_later;
  bool m_gentle = false;
};

}  // namespace pinwheel::views
