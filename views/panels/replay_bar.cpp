#include "views/panels/replay_bar.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLocale>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>
#include <array>
#include <cmath>

#include "views/panels/panel_parts.h"
#include "views/panels/replay_slider.h"

namespace pinwheel::views {
namespace {

constexpr int kPollMs = 250;
constexpr int kFrameMs = 33;
constexpr double kWholeS = 20;

/// How fast: recorded time so many times, steps a second, or all of it in kWholeS.
enum class Pace { recorded, steps, whole };
struct Speed {
  const char* text;
  Pace pace;
  double factor;
};
constexpr std::array<Speed, 9> kSpeeds{{{QT_TRANSLATE_NOOP("ReplayBar", "Whole in 20 s"), Pace::whole, 1},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "1x as recorded"), Pace::recorded, 1},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "10x as recorded"), Pace::recorded, 10},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "100x as recorded"), Pace::recorded, 100},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "1 step a second"), Pace::steps, 1},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "10 steps a second"), Pace::steps, 10},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "100 steps a second"), Pace::steps, 100},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "1,000 steps a second"), Pace::steps, 1000},
                                        {QT_TRANSLATE_NOOP("ReplayBar", "10,000 steps a second"), Pace::steps, 1e4}}};

const Speed& speedOf(const QComboBox* box) {
  return kSpeeds[static_cast<std::size_t>(std::clamp(box->currentIndex(), 0, static_cast<int>(kSpeeds.size()) - 1))];
}

}  // namespace

ReplayBar::ReplayBar(QWidget* parent) : QWidget(parent) {
  named(this, "replayBar", tr("Recording"));
  setFocusPolicy(Qt::StrongFocus);
  m_name = named(new QLabel, "replayName", tr("Recording that is shown"));
  const auto button = [this](const char* name, const QString& text, QStyle::StandardPixmap icon) {
    auto* made = named(new QToolButton, name, text);
    made->setToolTip(text);
    made->setIcon(style()->standardIcon(icon));
    made->setAutoRaise(true);
    made->setFocusPolicy(Qt::TabFocus);
    return made;
  };
  m_first = button("replayFirst", tr("Go to the first step"), QStyle::SP_MediaSkipBackward);
  m_play = button("replayPlay", tr("Play the recording"), QStyle::SP_MediaPlay);
  m_last = button("replayLast", tr("Go to the last step, and follow it while the recording grows"),
                  QStyle::SP_MediaSkipForward);
  m_slider = named(new ReplaySlider, "replaySlider", tr("Step of the recording"));
  m_where = named(new QLabel, "replayStep", tr("Step that is shown"));
  m_where->setMinimumWidth(fontMetrics().horizontalAdvance(QStringLiteral("000,000 of 000,000, growing")));
  m_speed = named(new QComboBox, "replaySpeed", tr("Speed of playing"));
  m_speed->setToolTip(tr("Speed of playing: of the clock as it was recorded, in steps, or the whole recording"));
  for (const Speed& speed : kSpeeds) m_speed->addItem(tr(speed.text));
  // The slider has the whole width: a recording has thousands of steps.
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 2, 6, 2);
  column->setSpacing(0);
  column->addWidget(m_slider);
  auto* row = new QHBoxLayout;
  column->addLayout(row);
  for (QWidget* part : {static_cast<QWidget*>(m_name), static_cast<QWidget*>(m_first), static_cast<QWidget*>(m_play),
                        static_cast<QWidget*>(m_last)})
    row->addWidget(part);
  row->addWidget(m_where);
  row->addStretch(1);
  row->addWidget(m_speed);

  connect(m_first, &QToolButton::clicked, this, [this] {
    setPlaying(false);
    if (m_line) goTo(m_line->firstStep);
  });
  connect(m_last, &QToolButton::clicked, this, [this] {
    setPlaying(false);
    if (m_line) goTo(m_line->lastStep);
  });
  connect(m_play, &QToolButton::clicked, this, [this] { setPlaying(!m_playing); });
  connect(m_slider, &ReplaySlider::scrubbed, this, [this](qint64 step) {
    setPlaying(false);
    goTo(step);
  });
  // A speed counts in its own unit.
  connect(m_speed, &QComboBox::currentIndexChanged, this, [this] {
    if (m_playing)
      m_head = speedOf(m_speed).pace == Pace::recorded ? m_line->secondsAt(m_step) : static_cast<double>(m_step);
  });
  connect(&m_poll, &QTimer::timeout, this, &ReplayBar::look);
  m_frames.setObjectName("replayFrames");
  m_frames.setTimerType(Qt::PreciseTimer);
  connect(&m_frames, &QTimer::timeout, this, [this] { advance(static_cast<double>(m_clock.restart()) / 1000); });
  setReplay(nullptr);
}

void ReplayBar::setReplay(std::shared_ptr<guests::Replay> replay, const QString& name) {
  setPlaying(false);
  m_replay = std::move(replay);
  m_line = m_replay ? m_replay->timeline() : nullptr;
  m_name->setText(name);
  m_name->setVisible(!name.isEmpty());
  m_slider->setLine(m_line);
  for (QWidget* part : {static_cast<QWidget*>(m_first), static_cast<QWidget*>(m_play), static_cast<QWidget*>(m_last),
                        static_cast<QWidget*>(m_slider), static_cast<QWidget*>(m_speed)})
    part->setEnabled(m_replay != nullptr);
  if (!m_replay) {
    m_poll.stop();
    m_step = 0;
    m_where->clear();
    return;
  }
  m_poll.start(kPollMs);
  m_step = m_line->lastStep;
  m_replay->seek(m_step);
  showStep();
  Q_EMIT stepChanged(m_step);
}

bool ReplayBar::followsEnd() const {
  return m_line && m_step == m_line->lastStep;
}

void ReplayBar::goTo(std::int64_t step) {
  if (!m_replay) return;
  step = std::clamp(step, m_line->firstStep, m_line->lastStep);
  if (step == m_step) return showStep();
  m_step = step;
  m_replay->seek(step);
  showStep();
  Q_EMIT stepChanged(step);
}

void ReplayBar::goToTick(int direction) {
  if (!m_replay) return;
  const std::vector<std::int64_t>& ticks = m_line->maps;
  if (direction > 0) {
    const auto next = std::upper_bound(ticks.begin(), ticks.end(), m_step);
    goTo(next != ticks.end() ? *next : m_line->lastStep);
  } else {
    const auto next = std::lower_bound(ticks.begin(), ticks.end(), m_step);
    goTo(next != ticks.begin() ? *(next - 1) : m_line->firstStep);
  }
}

void ReplayBar::setPlaying(bool playing) {
  if (playing == m_playing || (playing && !m_replay)) return;
  m_playing = playing;
  if (playing) {
    if (followsEnd()) goTo(m_line->firstStep);  // there is nothing behind the end
    m_head = speedOf(m_speed).pace == Pace::recorded ? m_line->secondsAt(m_step) : static_cast<double>(m_step);
    m_clock.start();
    m_frames.start(kFrameMs);
  } else {
    m_frames.stop();
  }
  m_play->setIcon(style()->standardIcon(playing ? QStyle::SP_MediaPause : QStyle::SP_MediaPlay));
  const QString text = playing ? tr("Pause") : tr("Play the recording");
  m_play->setToolTip(text);
  m_play->setAccessibleName(text);
  Q_EMIT playingChanged(playing);
}

// Of the head, a second.
double ReplayBar::pace() const {
  const Speed& speed = speedOf(m_speed);
  if (speed.pace != Pace::whole) return speed.factor;
  return static_cast<double>(m_line->lastStep - m_line->firstStep) / kWholeS;
}

void ReplayBar::advance(double seconds) {
  if (!m_playing) return;
  m_head += pace() * seconds;
  const bool recorded = speedOf(m_speed).pace == Pace::recorded;
  const std::int64_t step = recorded ? m_line->stepAt(m_head) : static_cast<std::int64_t>(std::floor(m_head));
  goTo(std::max(step, m_step));
  if (!followsEnd()) return;
  // A recording that grows goes on being shown as it comes.
  setPlaying(false);
}

void ReplayBar::look() {
  auto line = m_replay->timeline();
  if (line == m_line) return;
  const bool atEnd = followsEnd();
  m_line = std::move(line);
  m_slider->setLine(m_line);
  if (atEnd && !m_playing)
    goTo(m_line->lastStep);
  else
    goTo(m_step);  // a run that was resumed may have taken it back
}

void ReplayBar::showStep() {
  m_slider->setStep(m_step);
  const QLocale locale;
  const QString text = tr("%1 of %2")
                           .arg(locale.toString(static_cast<qlonglong>(m_step)),
                                locale.toString(static_cast<qlonglong>(m_line->lastStep)));
  m_where->setText(m_line->growing ? tr("%1, growing").arg(text) : text);
}

void ReplayBar::keyPressEvent(QKeyEvent* event) {
  if (!m_replay) return QWidget::keyPressEvent(event);
  const std::int64_t leap = event->modifiers().testFlag(Qt::ShiftModifier) ? 10 : 1;
  switch (event->key()) {
    case Qt::Key_Space:
      return setPlaying(!m_playing);
    case Qt::Key_Left:
    case Qt::Key_Right: {
      setPlaying(false);
      const int direction = event->key() == Qt::Key_Right ? 1 : -1;
      // From map to map, which is where something changes; with Ctrl step by step.
      if (event->modifiers().testFlag(Qt::ControlModifier)) return goTo(m_step + direction * leap);
      for (std::int64_t i = 0; i < leap; ++i) goToTick(direction);
      return;
    }
    case Qt::Key_Home:
      setPlaying(false);
      return goTo(m_line->firstStep);
    case Qt::Key_End:
      setPlaying(false);
      return goTo(m_line->lastStep);
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace pinwheel::views
