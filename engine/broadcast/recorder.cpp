#include "engine/broadcast/recorder.h"

#include <algorithm>
#include <exception>
#include <type_traits>
#include <utility>

#include "engine/wire/encode.h"

namespace pinwheel::broadcast {
namespace {

using session::Notice;

constexpr std::size_t kMaxNotices = 256;
constexpr std::chrono::milliseconds kLongestPause{60'000};

std::int64_t wallClockUs() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Error gaveUp(const std::exception& error, const std::filesystem::path& path) {
  return {"The recording cannot be written", error.what(), "close other programs if memory ran out", path.string()};
}

bool isThere(const transport::SharedFrame& frame) {
  return std::visit([](const auto& pointer) { return pointer != nullptr; }, frame);
}

// Of frames that belong to a network; null: a job, a notice, and a training that has none yet.
const session::Stamp* stampOf(const transport::SharedFrame& frame) {
  return std::visit(
      [](const auto& pointer) -> const session::Stamp* {
        if constexpr (requires { pointer->stamp; })
          return pointer->stamp.network != 0 ? &pointer->stamp : nullptr;
        else
          return nullptr;
      },
      frame);
}

}  // namespace

Recorder::Recorder(RecordingTarget target, std::function<void(const Notice&)> tell)
    : m_target(std::move(target)), m_tell(std::move(tell)), m_pause(m_target.retry) {}

void Recorder::take(const session::News& news) {
  if (m_closed) return;
  // First, so that what has no step of its own is of the newest one.
  wait(news.network, news.dropped);
  wait(news.maps, news.dropped);
  wait(news.activity, news.dropped);
  wait(news.tuning, news.dropped);
  wait(news.lesion, news.dropped);
  wait(news.training, news.dropped);
  wait(news.job, news.dropped);
  for (const Notice& notice : news.notices) wait(std::make_shared<const Notice>(notice), news.dropped);
}

void Recorder::wait(transport::SharedFrame frame, std::uint64_t dropped) {
  if (!isThere(frame)) return;
  const std::size_t kind = frame.index();
  const session::Stamp* const stamp = stampOf(frame);
  if (stamp != nullptr) {
    // A new network's steps begin where it says; the frames of one come in nearly the order of their steps.
    const bool begins = kind == static_cast<std::size_t>(wire::FrameKind::network) && stamp->network != m_network;
    if (begins && m_network == 0) m_firstStep = stamp->step;
    if (begins) m_network = stamp->network;
    m_step = begins ? stamp->step : std::max(m_step.value_or(stamp->step), stamp->step);
  }
  Waiting waiting;
  waiting.head = {++m_sequences[kind], dropped, wire::MapPrecision::half16};
  waiting.step = stamp != nullptr ? std::optional(stamp->step) : m_step;
  waiting.timeUs = wallClockUs();
  waiting.frame = std::move(frame);
  if (kind != kNoticeKind) {
    m_waiting[kind] = std::move(waiting);
    return;
  }
  if (m_notices.size() == kMaxNotices) m_notices.pop_front();
  m_notices.push_back(std::move(waiting));
}

bool Recorder::isDue(const Waiting& waiting) const {
  const std::size_t kind = waiting.frame.index();
  if (Clock::now() >= m_due[kind]) return true;
  // What happens seldom and is looked for later is not passed over.
  if (kind == static_cast<std::size_t>(wire::FrameKind::network)) return true;
  if (const auto* const maps = std::get_if<std::shared_ptr<const session::MapsFrame>>(&waiting.frame))
    return !(*maps)->preview;
  if (const auto* const training = std::get_if<std::shared_ptr<const session::TrainingFrame>>(&waiting.frame))
    return !m_training || (*training)->phase != m_training->phase ||
           (*training)->epochs.size() != m_training->epochs.size();
  return false;
}

void Recorder::write() {
  if (!m_closed && Clock::now() >= m_nextTry) writeAll(false);
}

void Recorder::close() {
  if (m_closed) return;
  writeAll(true);
  m_closed = true;
  if (!m_writer) return;
  try {
    if (const Status status = m_writer->close(); !status) fail(status.error());
    m_writer.reset();
  } catch (const std::exception& error) {
    fail(gaveUp(error, m_target.path));
  }
}

void Recorder::writeAll(bool everything) try {
  if (Status status = begin(); !status) return fail(status.error());
  if (!m_writer) return;
  for (std::optional<Waiting>& waiting : m_waiting) {
    if (!waiting || (!everything && !isDue(*waiting))) continue;
    if (Status status = append(*waiting); !status) return fail(status.error());
    waiting.reset();
  }
  while (!m_notices.empty()) {
    if (Status status = append(m_notices.front()); !status) return fail(status.error());
    m_notices.pop_front();
  }
  // Whether the disk takes something again, only writing to it tells.
  if (Status status = m_failing ? m_writer->flush() : m_writer->flushIfOld(wallClockUs()); !status)
    return fail(status.error());
  if (!std::exchange(m_failing, false)) return;
  m_pause = m_target.retry;
  m_tell({Notice::Kind::information, {"The recording goes on; what came meanwhile is missing in it"}});
} catch (const std::exception& error) {
  fail(gaveUp(error, m_target.path));
}

Status Recorder::begin() {
  if (m_writer || m_network == 0) return {};
  std::error_code code;
  auto opened = m_target.goOn && std::filesystem::exists(m_target.path, code)
                    ? recording::RecordingWriter::reopen(m_target.path, m_firstStep, m_target.chunks)
                    : recording::RecordingWriter::create(m_target.path, m_target.metadata, m_target.chunks);
  if (!opened) return tl::unexpected(std::move(opened.error()));
  m_writer = std::move(*opened);
  return {};
}

Status Recorder::append(const Waiting& waiting) {
  const auto bytes =
      std::visit([&](const auto& pointer) { return wire::encode(*pointer, waiting.head); }, waiting.frame);
  // Larger than a message may be: no watcher gets it either.
  if (!bytes || bytes->size() > recording::kMaximumMessage) return {};
  const auto kind = static_cast<std::uint32_t>(waiting.frame.index());
  if (Status status = m_writer->append(kind, waiting.step.value_or(m_firstStep), waiting.timeUs, *bytes); !status)
    return status;
  noteRecorded(waiting, bytes->size());
  return {};
}

void Recorder::noteRecorded(const Waiting& waiting, std::size_t bytes) {
  const std::size_t kind = waiting.frame.index();
  if (kind == kNoticeKind) return;
  if (const auto* const training = std::get_if<std::shared_ptr<const session::TrainingFrame>>(&waiting.frame))
    m_training = *training;
  if (m_target.bytesPerSecond == 0) return;
  const double seconds = static_cast<double>(bytes) / static_cast<double>(m_target.bytesPerSecond);
  m_due[kind] = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

void Recorder::fail(const Error& error) {
  m_nextTry = Clock::now() + m_pause;
  m_pause = std::min(2 * m_pause, kLongestPause);
  if (std::exchange(m_failing, true)) return;
  m_tell({Notice::Kind::warning, error});
}

}  // namespace pinwheel::broadcast
