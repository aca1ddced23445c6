#include "engine/guests/recorded_run.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "engine/session/commands.h"
#include "engine/session/overloaded.h"
#include "engine/wire/decode.h"
#include "engine/wire/fit.h"

namespace pinwheel::guests {
namespace {

using recording::IndexedMessage;
using wire::FrameKind;

// A training that is watched writes every few seconds; measuring between epochs takes longer.
constexpr auto kQuiet = std::chrono::minutes(2);
// Those that the state is made of. A tuning answers a question that nobody asks here; jobs and notices are over.
constexpr std::array kShown{FrameKind::network, FrameKind::maps, FrameKind::activity, FrameKind::lesion,
                            FrameKind::training};

std::uint32_t number(FrameKind kind) {
  return static_cast<std::uint32_t>(kind);
}

bool sameSheet(const session::SheetPlan& a, const session::SheetPlan& b) {
  return a.spec.layer == b.spec.layer && a.spec.area == b.spec.area && a.spec.channels == b.spec.channels &&
         a.spec.height == b.spec.height && a.spec.width == b.spec.width &&
         a.spec.displaySideMm == b.spec.displaySideMm && a.xMm == b.xMm && a.yMm == b.yMm;
}

bool sameLesion(const session::Lesion& a, const session::Lesion& b) {
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const session::LesionPart& p, const session::LesionPart& q) {
                      return p.sheet == q.sheet && p.units == q.units && p.kind == q.kind && p.strength == q.strength;
                    });
}

// Whether views can go on showing one where the other was recorded.
bool sameNetwork(const session::NetworkFrame& a, const session::NetworkFrame& b) {
  return a.timeSteps == b.timeSteps && a.imageSide == b.imageSide && a.classNames == b.classNames &&
         a.domainNames == b.domainNames && sameLesion(a.lesion, b.lesion) &&
         std::equal(a.sheets.begin(), a.sheets.end(), b.sheets.begin(), b.sheets.end(), sameSheet);
}

void withoutPromises(session::MapsFrame& maps) {
  if (maps.lossShareState == session::LossShareState::there ||
      maps.lossShareState == session::LossShareState::impossible)
    return;
  maps.lossShareState = session::LossShareState::impossible;
  maps.lossShareNote = "The loss share was not measured when this was recorded";
}

}  // namespace

RecordedRun::RecordedRun(recording::RecordingReader reader, std::filesystem::path path)
    : m_reader(std::move(reader)), m_path(std::move(path)) {}

Expected<RecordedRun> RecordedRun::open(const std::filesystem::path& path) {
  auto reader = recording::RecordingReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  RecordedRun run(std::move(*reader), path);
  run.describe();
  if (!run.showNetwork(run.m_timeline->firstStep))
    return failure("The recording cannot be shown",
                   run.m_damaged.empty()
                       ? "it holds no network"
                       : "none of its networks can be read: " + run.m_damage.what + ", " + run.m_damage.why,
                   run.m_timeline->growing ? "a training has only just begun to write it: open it again in a while"
                                           : "open another one",
                   path.string());
  return run;
}

const RecordedState& RecordedRun::at(std::int64_t step) {
  showNetwork(step);
  show(FrameKind::maps, step, m_state.maps);
  show(FrameKind::activity, step, m_state.activity);
  show(FrameKind::lesion, step, m_state.lesion);
  show(FrameKind::training, step, m_state.training);
  return m_state;
}

Expected<bool> RecordedRun::refresh() {
  const auto more = m_reader.refresh();
  if (!more) return tl::unexpected(more.error());
  if (!*more && looksGrowing() == m_timeline->growing) return false;
  describe();
  return true;
}

bool RecordedRun::looksGrowing() const {
  if (m_reader.isClosed()) return false;
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(m_path, failed);
  return !failed && std::filesystem::file_time_type::clock::now() - written < kQuiet;
}

void RecordedRun::describe() {
  auto line = std::make_shared<Timeline>();
  line->growing = looksGrowing();
  const recording::MessageIndex& index = m_reader.index();
  bool any = false;
  FrameKind densest = FrameKind::network;
  for (const FrameKind kind : kShown) {
    const auto& messages = index.bySteps(number(kind));
    if (messages.empty()) continue;
    line->firstStep = any ? std::min(line->firstStep, messages.front().at) : messages.front().at;
    line->lastStep = any ? std::max(line->lastStep, messages.back().at) : messages.back().at;
    any = true;
    if (messages.size() > index.bySteps(number(densest)).size()) densest = kind;
  }
  for (const IndexedMessage& message : index.bySteps(number(FrameKind::maps)))
    if (line->maps.empty() || line->maps.back() != message.at) line->maps.push_back(message.at);

  std::optional<std::size_t> before;
  double seconds = 0;
  for (const IndexedMessage& message : index.bySteps(number(densest))) {
    if (before && m_reader.session(*before) == m_reader.session(message.message)) {
      const std::int64_t now = m_reader.header(message.message).timeUs;
      const std::int64_t then = m_reader.header(*before).timeUs;
      // Times are the writer's clock, which may be set; as doubles they cannot overflow.
      seconds += std::max(0.0, (static_cast<double>(now) - static_cast<double>(then)) * 1e-6);
    }
    before = message.message;
    if (!line->moments.empty() && line->moments.back().step == message.at)
      line->moments.back().seconds = seconds;
    else
      line->moments.push_back({message.at, seconds});
  }

  while (const auto newest = candidate(FrameKind::training, line->lastStep)) {
    const auto frame = decoded(*newest, FrameKind::training);
    if (!frame) continue;
    for (const session::EpochPoint& epoch : std::get<session::TrainingFrame>(*frame).epochs)
      if (line->epochs.empty() || line->epochs.back() < epoch.step) line->epochs.push_back(epoch.step);
    break;
  }
  m_timeline = std::move(line);
}

std::optional<std::size_t> RecordedRun::candidate(FrameKind kind, std::int64_t step) const {
  const auto& messages = m_reader.index().bySteps(number(kind));
  auto at = std::upper_bound(messages.begin(), messages.end(), step,
                             [](std::int64_t value, const IndexedMessage& message) { return value < message.at; });
  while (at != messages.begin())
    if (const std::size_t message = (--at)->message; !m_damaged.contains(message)) return message;
  return std::nullopt;
}

void RecordedRun::pass(std::size_t message, Error why) {
  m_damaged.insert(message);
  m_damage = std::move(why);
}

std::shared_ptr<wire::FrameVariant> RecordedRun::decoded(std::size_t message, FrameKind kind) {
  const auto bytes = m_reader.read(message);
  if (!bytes) {
    pass(message, bytes.error());
    return nullptr;
  }
  auto published = wire::decodeFrame(*bytes);
  if (!published) {
    pass(message, published.error());
    return nullptr;
  }
  if (wire::kindOf(published->frame) != kind) {
    pass(message, {"A message of the recording was left out", "it is of another kind than it says",
                   "the program that wrote it is to blame", m_path.string()});
    return nullptr;
  }
  return std::make_shared<wire::FrameVariant>(std::move(published->frame));
}

bool RecordedRun::showNetwork(std::int64_t step) {
  while (const auto message = candidate(FrameKind::network, step))
    if (adoptNetwork(*message)) return true;
  // So early there is none yet: what there will be, without anything on it.
  for (const IndexedMessage& first : m_reader.index().bySteps(number(FrameKind::network)))
    if (!m_damaged.contains(first.message) && adoptNetwork(first.message)) return true;
  return false;
}

bool RecordedRun::adoptNetwork(std::size_t message) {
  Held& held = m_held[number(FrameKind::network)];
  if (held.message == message) return true;
  const auto frame = decoded(message, FrameKind::network);
  if (!frame) return false;
  auto& network = std::get<session::NetworkFrame>(*frame);
  held.message = message;
  m_recorded = network.stamp;
  m_session = m_reader.session(message);
  if (m_state.network && sameNetwork(*m_state.network, network)) {
    // What was found to be another network's may be this one's.
    for (Held& other : m_held)
      if (&other != &held && !other.frame) other.message.reset();
    return true;
  }
  network.stamp.network = kReplayed | message;
  network.stamp.lesion = network.lesion.parts.empty() ? 0 : session::kStoredLesion | message;
  network.lesion.version = network.stamp.lesion;
  network.path.clear();
  m_held = {};
  m_held[number(FrameKind::network)] = {message, frame};
  m_state = {};
  m_state.network = std::shared_ptr<const session::NetworkFrame>(frame, &network);
  return true;
}

template <class Frame>
void RecordedRun::show(FrameKind kind, std::int64_t step, std::shared_ptr<const Frame>& shown) {
  Held& held = m_held[number(kind)];
  while (const auto message = candidate(kind, step)) {
    if (held.message == message) return;
    const auto frame = decoded(*message, kind);
    if (!frame) continue;
    if (!adopt(*frame, *message)) {
      held = {message, nullptr};
      shown.reset();
      return;
    }
    if (const Status fit = wire::fits(*frame, *m_state.network); !fit) {
      pass(*message, fit.error());
      continue;
    }
    held = {message, frame};
    shown = std::shared_ptr<const Frame>(frame, &std::get<Frame>(*frame));
    return;
  }
  held = {};
  shown.reset();
}

void RecordedRun::restamp(session::Stamp& stamp) const {
  const session::Stamp& now = m_state.network->stamp;
  if (stamp.lesion == m_recorded.lesion) stamp.lesion = now.lesion;
  stamp.network = now.network;
}

bool RecordedRun::adopt(wire::FrameVariant& variant, std::size_t message) const {
  // Sessions count their networks anew: only within one a number tells which.
  const auto ours = [&](const session::Stamp& stamp) {
    return m_reader.session(message) != m_session || stamp.network == m_recorded.network;
  };
  return std::visit(session::Overloaded{[&](session::MapsFrame& frame) {
                                          if (!ours(frame.stamp)) return false;
                                          restamp(frame.stamp);
                                          withoutPromises(frame);
                                          return true;
                                        },
                                        [&](session::ActivityFrame& frame) {
                                          if (!ours(frame.stamp)) return false;
                                          restamp(frame.stamp);
                                          return true;
                                        },
                                        [&](session::LesionFrame& frame) {
                                          if (!ours(frame.stamp)) return false;
                                          restamp(frame.stamp);
                                          if (frame.mapsBefore) {
                                            auto before = std::make_shared<session::MapsFrame>(*frame.mapsBefore);
                                            restamp(before->stamp);
                                            withoutPromises(*before);
                                            frame.mapsBefore = std::move(before);
                                          }
                                          return true;
                                        },
                                        [&](session::TrainingFrame& frame) {
                                          using session::TrainingPhase;
                                          restamp(frame.stamp);
                                          const bool underWay = frame.phase == TrainingPhase::preparing ||
                                                                frame.phase == TrainingPhase::running ||
                                                                frame.phase == TrainingPhase::paused;
                                          if (underWay) frame.phase = TrainingPhase::stopped;
                                          frame.activity.clear();
                                          frame.folder.clear();
                                          return true;
                                        },
                                        [](auto&) { return true; }},
                    variant);
}

}  // namespace pinwheel::guests
