#include "engine/session/command_queue.h"

#include <algorithm>
#include <type_traits>

namespace pinwheel::session {
namespace {

template <class... Kinds>
bool isOneOf(const Command& command) {
  return (std::holds_alternative<Kinds>(command) || ...);
}

}  // namespace

bool endsTraining(const Command& command) {
  return isOneOf<OpenCheckpoint, StartTraining, Retrain, StopTraining, CloseNetwork>(command);
}

bool endsMeasuring(const Command& command) {
  return isOneOf<OpenCheckpoint, StartTraining, Retrain, CloseNetwork, SetLesion, MeasureMaps>(command);
}

bool endsWork(Work work, const Command& command) {
  if (work == Work::saving) return false;
  return work == Work::opening ? isOneOf<OpenCheckpoint, CloseNetwork>(command) : endsMeasuring(command);
}

bool isQuick(const Command& command) {
  return isOneOf<ShowStimulus, AskTuning>(command);
}

bool CommandQueue::post(Command command) {
  {
    const std::lock_guard lock(m_mutex);
    if (m_closed || m_commands.size() >= kCapacity) return false;
    if (m_job != nullptr && endsWork(m_work, command)) m_job->request();
    if (m_training != nullptr && endsTraining(command)) m_training->request();
    m_commands.push_back({std::move(command), std::chrono::steady_clock::now()});
  }
  m_arrived.notify_one();
  return true;
}

std::optional<Posted> CommandQueue::wait() {
  std::unique_lock lock(m_mutex);
  m_arrived.wait(lock, [this] { return m_closed || !m_commands.empty(); });
  if (m_closed) return std::nullopt;
  Posted posted = std::move(m_commands.front());
  m_commands.pop_front();
  return posted;
}

std::optional<Posted> CommandQueue::take(const std::function<bool(const Command&)>& wanted) {
  const std::lock_guard lock(m_mutex);
  if (m_closed || m_commands.empty() || (wanted && !wanted(m_commands.front().command))) return std::nullopt;
  Posted posted = std::move(m_commands.front());
  m_commands.pop_front();
  return posted;
}

void CommandQueue::putBack(Posted posted) {
  const std::lock_guard lock(m_mutex);
  m_commands.push_front(std::move(posted));
}

bool CommandQueue::holds(const std::function<bool(const Command&)>& condition) const {
  const std::lock_guard lock(m_mutex);
  return std::any_of(m_commands.begin(), m_commands.end(), [&](const Posted& p) { return condition(p.command); });
}

void CommandQueue::close() {
  {
    const std::lock_guard lock(m_mutex);
    m_closed = true;
    if (m_job != nullptr && m_work != Work::saving) m_job->request();
    if (m_training != nullptr) m_training->request();
  }
  m_arrived.notify_all();
}

bool CommandQueue::closed() const {
  const std::lock_guard lock(m_mutex);
  return m_closed;
}

// What was posted just before the work began counts as well.
void CommandQueue::setJob(StopFlag* job, Work work) {
  const std::lock_guard lock(m_mutex);
  m_job = job;
  m_work = work;
  if (job == nullptr || work == Work::saving) return;
  if (m_closed ||
      std::any_of(m_commands.begin(), m_commands.end(), [work](const Posted& p) { return endsWork(work, p.command); }))
    job->request();
}

void CommandQueue::setTraining(StopFlag* training) {
  const std::lock_guard lock(m_mutex);
  m_training = training;
  if (training == nullptr) return;
  if (m_closed ||
      std::any_of(m_commands.begin(), m_commands.end(), [](const Posted& p) { return endsTraining(p.command); }))
    training->request();
}

void CommandQueue::cancelJob() {
  const std::lock_guard lock(m_mutex);
  if (m_job != nullptr) m_job->request();
}

}  // namespace pinwheel::session
