#include "engine/session/mailboxes.h"

#include <utility>

namespace pinwheel::session {

template <class Frame>
void Mailboxes::put(std::shared_ptr<const Frame> News::*box, std::shared_ptr<const Frame> frame) {
  bool wasEmpty = false;
  {
    const std::lock_guard lock(m_mutex);
    std::swap(m_news.*box, frame);  // the old frame dies behind the lock: it may be large
    if (frame) ++m_news.dropped;
    wasEmpty = std::exchange(m_empty, false);
  }
  wakeIf(wasEmpty);
}

template void Mailboxes::put(std::shared_ptr<const NetworkFrame> News::*, std::shared_ptr<const NetworkFrame>);
template void Mailboxes::put(std::shared_ptr<const MapsFrame> News::*, std::shared_ptr<const MapsFrame>);
template void Mailboxes::put(std::shared_ptr<const ActivityFrame> News::*, std::shared_ptr<const ActivityFrame>);
template void Mailboxes::put(std::shared_ptr<const TuningFrame> News::*, std::shared_ptr<const TuningFrame>);
template void Mailboxes::put(std::shared_ptr<const LesionFrame> News::*, std::shared_ptr<const LesionFrame>);
template void Mailboxes::put(std::shared_ptr<const TrainingFrame> News::*, std::shared_ptr<const TrainingFrame>);
template void Mailboxes::put(std::shared_ptr<const JobFrame> News::*, std::shared_ptr<const JobFrame>);

void Mailboxes::tell(Notice::Kind kind, Error error) {
  bool wasEmpty = false;
  {
    const std::lock_guard lock(m_mutex);
    m_news.notices.push_back({kind, std::move(error)});
    wasEmpty = std::exchange(m_empty, false);
  }
  wakeIf(wasEmpty);
}

News Mailboxes::take() {
  const std::lock_guard lock(m_mutex);
  News next;
  next.dropped = m_news.dropped;
  m_empty = true;
  return std::exchange(m_news, std::move(next));
}

void Mailboxes::wakeIf(bool wasEmpty) const {
  if (wasEmpty && m_wake) m_wake();
}

}  // namespace pinwheel::session
