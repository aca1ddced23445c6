#include "engine/session/job.h"

#include <algorithm>
#include <utility>

namespace pinwheel::session {

using Clock = std::chrono::steady_clock;

Job::Job(Desk& desk, std::int64_t total, Work work) : m_desk(desk), m_total(total), m_start(Clock::now()) {
  m_desk.queue.setJob(&m_stop, work);
}

Job::~Job() {
  m_desk.queue.setJob(nullptr);
  m_desk.mail.publish(std::make_shared<const JobFrame>());
}

void Job::progress(const std::string& label, std::int64_t done) {
  const auto now = Clock::now();
  if (label != m_label || now - m_told >= std::chrono::milliseconds(100)) {
    m_label = label;
    m_told = now;
    JobFrame frame;
    frame.label = label;
    frame.total = m_total;
    frame.done = std::min(m_total, m_finished + done);
    const double seconds = std::chrono::duration<double>(now - m_start).count();
    if (frame.done > 0)
      frame.secondsLeft = seconds * static_cast<double>(frame.total - frame.done) / static_cast<double>(frame.done);
    m_desk.mail.publish(std::make_shared<const JobFrame>(std::move(frame)));
  }
  if (m_desk.between && !stopped()) m_desk.between();
}

ByteProgress Job::bytes(std::string label, std::int64_t count) {
  return [this, label = std::move(label), count](std::int64_t done, std::int64_t total) {
    const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 1;
    progress(label, static_cast<std::int64_t>(share * static_cast<double>(count)));
    return !stopped();
  };
}

}  // namespace pinwheel::session
