#include "app/scope/watch.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "engine/core/runtime.h"

namespace pinwheel::scope {
namespace {

constexpr double kCountedRate = 60;  ///< pictures a second of counted time
constexpr double kIdle = 1;          ///< seconds; the feed's text may change without a frame
constexpr double kLeisure = 1.5;     ///< times what a picture takes, between two
constexpr int kSettling = 3;
constexpr int kReplayFrames = 3;
constexpr double kLiveAfter = 2;  ///< seconds

double clockSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

Watch::Watch(Window& window, Graphics& graphics, Feed& feed, ReplayFeed* replay, const Arguments& arguments)
    : m_window(window),
      m_graphics(graphics),
      m_feed(feed),
      m_replay(replay),
      m_arguments(arguments),
      m_panels(graphics),
      m_interval(1 / window.refreshRate()),
      m_counted(!arguments.screenshot.empty() && !arguments.after && (arguments.synthetic || replay != nullptr)),
      m_begin(clockSeconds()) {}

double Watch::now() const {
  return m_counted ? m_frames / kCountedRate : clockSeconds() - m_begin;
}

void Watch::takeKeys() {
  for (const Key key : m_window.takeKeys()) {
    if (key == Key::pause) m_panels.togglePause();
    if (key == Key::follow) m_panels.follow();
    if (m_replay == nullptr || (key != Key::back && key != Key::forward)) continue;
    m_replay->setPlaying(false);
    const std::vector<std::int64_t>& steps = m_replay->steps();
    const auto at = std::lower_bound(steps.begin(), steps.end(), m_replay->step());
    if (key == Key::back && at != steps.begin()) m_replay->setStep(*(at - 1));
    if (key == Key::forward && at + 1 != steps.end()) m_replay->setStep(*(at + 1));
  }
}

bool Watch::look() {
  if (m_window.takeTouched()) {
    m_settling = kSettling;
    m_budget.touch(clockSeconds(), processorSeconds());
  }
  takeKeys();
  const bool news = m_model.take(m_feed.take(now()), now());
  return news || m_settling > 0 || m_feed.text() != m_text || m_counted || m_arguments.frames || m_arguments.benchmark;
}

void Watch::draw() {
  const double begun = clockSeconds();
  m_budget.begin(begun, processorSeconds());
  m_text = m_feed.text();
  // A picture that is kept must not tell how long the one before it took.
  const double shownMs = m_counted ? std::numeric_limits<double>::quiet_NaN() : m_frameMs;
  m_graphics.canvas.begin();
  m_window.beginFrame();
  m_panels.draw(m_model, {now(), shownMs, m_text, m_replay != nullptr, m_feed.dropped()}, m_replay);
  m_window.endFrame(m_arguments.benchmark.has_value() || !m_arguments.screenshot.empty());
  const double ms = 1000 * (clockSeconds() - begun);
  if (m_frames == 0)
    m_benchmark.startupSeconds = secondsSinceStart();
  else
    m_benchmark.frameMs.push_back(ms);
  // Numbers that change with every picture cannot be read.
  m_frameMs = m_frames < 2 ? ms : m_frameMs + 0.05 * (ms - m_frameMs);
  m_drawnAt = begun;
  m_settling = std::max(0, m_settling - 1);
  ++m_frames;
  if (!m_arguments.benchmark) m_benchmark.frameMs.clear();
}

bool Watch::isDone() const {
  const double passed = clockSeconds() - m_begin;
  if (m_arguments.benchmark) return passed >= *m_arguments.benchmark;
  if (m_arguments.screenshot.empty()) return m_window.isClosed();
  if (m_arguments.frames) return m_frames >= *m_arguments.frames;
  if (m_counted) return m_frames >= kReplayFrames;
  return passed >= m_arguments.after.value_or(kLiveAfter) && m_frames > 0;
}

double Watch::early() const {
  if (m_counted) return 0;
  const double time = clockSeconds();
  // A third of the time is left to others, who may be training on this machine.
  const double wait = m_drawnAt + std::max(m_interval, kLeisure * m_frameMs / 1000) - time;
  // Pictures for nobody's hand come as seldom as a training beside them asks for; what is saved is awaited.
  const bool gentle = m_feed.isBeside() && m_arguments.screenshot.empty();
  return gentle ? std::max(wait, m_budget.wait(time, processorSeconds())) : wait;
}

void Watch::sleep() {
  double left = kIdle;
  if (const auto next = m_feed.nextAt()) left = std::min(left, *next - now());
  if (!m_arguments.screenshot.empty()) left = std::min(left, 0.05);
  m_window.wait(std::max(left, 0.001));
}

Status Watch::run() {
  while (!isDone()) {
    const bool dirty = look();
    const double wait = early();
    if (dirty && wait <= 0) {
      draw();
      m_window.wait(0);
    } else if (dirty) {
      // Frames that come meanwhile are taken at once: the newest replaces what nobody took.
      m_window.wait(wait);
      m_settling = std::max(m_settling, 1);
    } else {
      sleep();
    }
  }
  m_benchmark.spikesPerSecond =
      static_cast<double>(m_model.counters().spikes) / std::max(1e-3, clockSeconds() - m_begin);
  if (m_arguments.screenshot.empty()) return {};
  // What came last may not have been drawn yet.
  if (!m_arguments.frames && !m_counted) {
    look();
    draw();
  }
  return formats::writePng(m_arguments.screenshot, m_window.picture());
}

}  // namespace pinwheel::scope
