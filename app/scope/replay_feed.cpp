#include "app/scope/replay_feed.h"

#include <algorithm>
#include <utility>

#include "engine/wire/decode.h"
#include "engine/wire/fit.h"

namespace pinwheel::scope {
namespace {

constexpr std::uint32_t numberOf(wire::FrameKind kind) {
  return static_cast<std::uint32_t>(kind);
}

}  // namespace

Expected<std::unique_ptr<ReplayFeed>> ReplayFeed::open(const std::filesystem::path& path) {
  auto reader = recording::RecordingReader::open(path);
  if (!reader) return tl::unexpected(std::move(reader.error()));
  std::unique_ptr<ReplayFeed> feed(new ReplayFeed(std::move(*reader), path.filename().string()));
  if (feed->m_steps.empty())
    return failure("There is nothing to show", "the recording holds no frames yet",
                   "wait until something was recorded, then open it again", path.string());
  feed->m_at = feed->m_steps.size() - 1;
  return feed;
}

ReplayFeed::ReplayFeed(recording::RecordingReader reader, std::string name)
    : m_reader(std::move(reader)), m_name(std::move(name)) {
  listSteps();
}

void ReplayFeed::listSteps() {
  m_steps.clear();
  for (const std::uint32_t kind : m_reader.index().kinds())
    for (const recording::IndexedMessage& message : m_reader.index().bySteps(kind)) m_steps.push_back(message.at);
  std::sort(m_steps.begin(), m_steps.end());
  m_steps.erase(std::unique(m_steps.begin(), m_steps.end()), m_steps.end());
}

void ReplayFeed::setStep(std::int64_t step) {
  const auto after = std::upper_bound(m_steps.begin(), m_steps.end(), step);
  m_at = after == m_steps.begin() ? 0 : static_cast<std::size_t>(after - m_steps.begin()) - 1;
}

void ReplayFeed::setPlaying(bool playing) {
  // At its end it begins anew.
  if (playing && !m_playing && m_at + 1 == m_steps.size()) m_at = 0;
  m_playing = playing;
  m_nextAt = m_now + 1 / kPlayed;
}

std::optional<double> ReplayFeed::nextAt() const {
  if (m_reader.isClosed()) return m_playing ? std::optional(m_nextAt) : std::nullopt;
  return m_playing ? std::min(m_nextAt, m_lookAt) : m_lookAt;
}

// Who stands at the end stays there.
void ReplayFeed::lookForMore() {
  m_lookAt = m_now + kLook;
  const auto grown = m_reader.refresh();
  if (!grown || !*grown) return;
  m_grown = true;
  const std::int64_t before = step();
  const bool atEnd = m_at + 1 == m_steps.size();
  listSteps();
  setStep(atEnd ? m_steps.back() : before);
}

std::string ReplayFeed::text() const {
  std::string text = "Recording " + m_name + (m_reader.isClosed() ? "" : ", not closed");
  if (const std::string lost = m_reader.losses().text(); !lost.empty()) text += ": " + lost;
  return text;
}

std::shared_ptr<const wire::FrameVariant> ReplayFeed::read(std::size_t message) {
  const auto bytes = m_reader.read(message);
  if (bytes)
    if (auto published = wire::decodeFrame(*bytes))
      return std::make_shared<const wire::FrameVariant>(std::move(published->frame));
  ++m_damaged;
  return nullptr;
}

template <class Frame>
std::shared_ptr<const Frame> ReplayFeed::fitting(std::size_t message) {
  const auto frame = read(message);
  if (!frame) return nullptr;
  const auto* held = std::get_if<Frame>(frame.get());
  if (held == nullptr || (m_network && !wire::fits(*frame, *m_network))) {
    ++m_misfits;
    return nullptr;
  }
  return {frame, held};
}

template <class Frame>
std::shared_ptr<const Frame> ReplayFeed::last(wire::FrameKind kind) {
  const auto message = m_reader.lastAtStep(numberOf(kind), step());
  std::optional<std::size_t>& told = m_told[numberOf(kind)];
  if (!message || message == told) return nullptr;
  told = message;
  return fitting<Frame>(*message);
}

// Those behind what is shown; from the beginning the last ones before the step.
void ReplayFeed::takeActivities(FeedUpdate& update) {
  const auto& all = m_reader.index().bySteps(numberOf(wire::FrameKind::activity));
  const auto end =
      std::upper_bound(all.begin(), all.end(), step(),
                       [](std::int64_t at, const recording::IndexedMessage& message) { return at < message.at; });
  // A recording that grows may get more of the step that is shown already.
  const auto isNew = [&](const recording::IndexedMessage& message) {
    return update.reset || message.at > *m_shown ||
           (message.at == *m_shown && (!m_lastAnswer || message.message > *m_lastAnswer));
  };
  auto begin = end;
  std::size_t bytes = 0;  // a bit of the recording is a byte here
  while (begin != all.begin() && isNew(*(begin - 1)) && end - begin < static_cast<std::ptrdiff_t>(kActivities)) {
    bytes += std::size_t{8} * m_reader.header((begin - 1)->message).bytes;
    if (begin != end && bytes > kActivityBytes) break;
    --begin;
  }
  if (update.reset) m_lastAnswer.reset();
  for (; begin != end; ++begin) {
    m_lastAnswer = std::max(m_lastAnswer.value_or(0), begin->message);
    auto frame = fitting<session::ActivityFrame>(begin->message);
    if (frame && frame->stamp.network == m_network->stamp.network) update.activities.push_back(std::move(frame));
  }
}

FeedUpdate ReplayFeed::take(double now) {
  m_now = now;
  if (!m_reader.isClosed() && now >= m_lookAt) lookForMore();
  if (m_playing && now >= m_nextAt) {
    m_nextAt = now + 1 / kPlayed;
    if (m_at + 1 < m_steps.size())
      ++m_at;
    else
      m_playing = false;
  }
  FeedUpdate update;
  if (m_shown == step() && !std::exchange(m_grown, false)) return update;
  const auto message = m_reader.lastAtStep(numberOf(wire::FrameKind::network), step());
  update.reset = !m_shown || step() < *m_shown || message != m_networkMessage;
  if (update.reset) {
    m_networkMessage = message;
    m_told = {};
    m_network = nullptr;
    if (message) m_network = fitting<session::NetworkFrame>(*message);
    update.news.network = m_network;
  }
  if (m_network) {
    update.news.maps = last<session::MapsFrame>(wire::FrameKind::maps);
    if (update.news.maps && update.news.maps->stamp.network != m_network->stamp.network) update.news.maps = nullptr;
    takeActivities(update);
  }
  update.news.training = last<session::TrainingFrame>(wire::FrameKind::training);
  m_shown = step();
  return update;
}

}  // namespace pinwheel::scope
