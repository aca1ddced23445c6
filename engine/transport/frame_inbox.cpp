#include "engine/transport/frame_inbox.h"

#include "engine/wire/fit.h"

namespace pinwheel::transport {
namespace {

std::size_t indexOf(wire::FrameKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

bool FrameInbox::begin(std::uint64_t instance) {
  if (instance == m_instance) return false;
  const bool restarted = m_instance != 0;
  m_instance = instance;
  m_restarted = m_restarted || restarted;
  m_seen = {};
  m_waiting = {};
  m_exact = {};
  m_network = nullptr;
  // A notice of the engine before remains true, and its last one may tell why it ended.
  return restarted;
}

FrameInbox::Verdict FrameInbox::put(wire::Published published, bool asked) {
  const std::size_t kind = published.frame.index();
  const std::uint64_t sequence = published.head.sequence;
  std::optional<std::uint64_t>& seen = m_seen[kind];
  if (sequence == 0 || (seen && sequence < *seen)) return Verdict::old;
  const bool exact = published.head.maps == wire::MapPrecision::exact;
  if (seen && sequence == *seen && (kind == kNoticeKind || !exact || m_exact[kind])) return Verdict::old;
  if (kind == kNoticeKind && seen && sequence > *seen + 1 && !asked) return Verdict::gap;
  m_gaps.publisher = published.head.dropped;
  if (seen && sequence > *seen) m_gaps.missed += sequence - *seen - 1;
  if (kind == kNoticeKind) {
    m_notices.push_back(std::get<session::Notice>(std::move(published.frame)));
    if (m_notices.size() > kMaxNotices) {
      m_notices.pop_front();
      ++m_gaps.replaced;
    }
  } else {
    if (m_waiting[kind] && sequence != *seen) ++m_gaps.replaced;
    m_waiting[kind] = std::make_shared<const wire::FrameVariant>(std::move(published.frame));
    m_exact[kind] = exact;
  }
  seen = sequence;
  return Verdict::taken;
}

std::vector<wire::FrameKind> FrameInbox::missing(const Beacon& beacon) {
  m_gaps.publisher = beacon.dropped;
  std::vector<wire::FrameKind> missing;
  for (std::size_t kind = 0; kind < kKinds; ++kind)
    if (kind == kNoticeKind && !m_seen[kind])
      m_seen[kind] = beacon.sequences[kind];  // those before this reader came are none of its
    else if (beacon.sequences[kind] > m_seen[kind].value_or(0))
      missing.push_back(static_cast<wire::FrameKind>(kind));
  return missing;
}

template <class Frame>
std::shared_ptr<const Frame> FrameInbox::takeAny(wire::FrameKind kind) {
  const auto frame = std::exchange(m_waiting[indexOf(kind)], nullptr);
  return frame ? std::shared_ptr<const Frame>(frame, &std::get<Frame>(*frame)) : nullptr;
}

template <class Frame>
std::shared_ptr<const Frame> FrameInbox::takeFitting(wire::FrameKind kind) {
  const auto& waiting = m_waiting[indexOf(kind)];
  if (!waiting || !m_network) return nullptr;
  if (std::get<Frame>(*waiting).stamp.network != m_network->stamp.network) return nullptr;
  const bool fits = wire::fits(*waiting, *m_network).has_value();
  auto frame = takeAny<Frame>(kind);
  if (fits) return frame;
  ++m_gaps.misfits;
  return nullptr;
}

session::News FrameInbox::take(bool& restarted) {
  using wire::FrameKind;
  session::News news;
  restarted = std::exchange(m_restarted, false);
  news.network = takeAny<session::NetworkFrame>(FrameKind::network);
  if (news.network) m_network = news.network;
  news.maps = takeFitting<session::MapsFrame>(FrameKind::maps);
  news.activity = takeFitting<session::ActivityFrame>(FrameKind::activity);
  news.tuning = takeFitting<session::TuningFrame>(FrameKind::tuning);
  news.lesion = takeFitting<session::LesionFrame>(FrameKind::lesion);
  news.training = takeAny<session::TrainingFrame>(FrameKind::training);
  news.job = takeAny<session::JobFrame>(FrameKind::job);
  news.notices.assign(std::make_move_iterator(m_notices.begin()), std::make_move_iterator(m_notices.end()));
  m_notices.clear();
  news.dropped = m_gaps.missed + m_gaps.replaced;
  return news;
}

}  // namespace pinwheel::transport
