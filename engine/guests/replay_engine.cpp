#include "engine/guests/replay_engine.h"

#include <exception>
#include <utility>

namespace pinwheel::guests {
namespace {

using Clock = std::chrono::steady_clock;

template <class Frame>
void replace(std::shared_ptr<const Frame>& waiting, std::shared_ptr<const Frame> frame, std::uint64_t& dropped) {
  if (!frame) return;
  if (waiting) ++dropped;
  waiting = std::move(frame);
}

// What pointing, looking and showing ask for without a person's having meant a command.
bool isAskedByItself(const session::Command& command) {
  return std::holds_alternative<session::AskTuning>(command) ||
         std::holds_alternative<session::MeasureLossShare>(command) ||
         std::holds_alternative<session::ShowStimulus>(command);
}

}  // namespace

Expected<std::shared_ptr<ReplayEngine>> ReplayEngine::open(const std::filesystem::path& path,
                                                           std::function<void()> wake, std::chrono::milliseconds poll) {
  auto run = RecordedRun::open(path);
  if (!run) return tl::unexpected(run.error());
  return std::shared_ptr<ReplayEngine>(new ReplayEngine(std::move(*run), std::move(wake), poll));
}

ReplayEngine::ReplayEngine(RecordedRun run, std::function<void()> wake, std::chrono::milliseconds poll)
    : m_path(run.path()), m_wake(std::move(wake)), m_poll(poll), m_run(std::move(run)), m_timeline(m_run.timeline()) {
  m_thread = std::thread([this] { work(); });
}

ReplayEngine::~ReplayEngine() {
  {
    const std::lock_guard lock(m_mutex);
    m_stop = true;
  }
  m_bell.notify_all();
  m_thread.join();
}

bool ReplayEngine::post(session::Command command) {
  {
    const std::lock_guard lock(m_mutex);
    const bool first = m_refused.insert(command.index()).second;
    if (!first && isAskedByItself(command)) return true;
  }
  const bool tuning = std::holds_alternative<session::AskTuning>(command);
  tell(tuning ? session::Notice::Kind::information : session::Notice::Kind::warning,
       {"A recording cannot be steered",
        tuning ? "it holds maps, and not how single units are tuned" : "what it shows is over",
        "open a checkpoint of the run to ask its network", ""});
  return true;
}

session::News ReplayEngine::take() {
  const std::lock_guard lock(m_mutex);
  session::News next;
  next.dropped = m_news.dropped;
  m_empty = true;
  return std::exchange(m_news, std::move(next));
}

std::shared_ptr<const Timeline> ReplayEngine::timeline() const {
  const std::lock_guard lock(m_mutex);
  return m_timeline;
}

void ReplayEngine::seek(std::int64_t step) {
  {
    const std::lock_guard lock(m_mutex);
    m_wanted = step;
  }
  m_bell.notify_all();
}

std::int64_t ReplayEngine::shownStep() const {
  const std::lock_guard lock(m_mutex);
  return m_shown;
}

void ReplayEngine::refresh() {
  {
    const std::lock_guard lock(m_mutex);
    m_look = true;
  }
  m_bell.notify_all();
}

void ReplayEngine::work() {
  auto looked = Clock::now();
  std::optional<std::int64_t> shown;
  std::unique_lock lock(m_mutex);
  while (true) {
    m_bell.wait_until(lock, looked + m_poll, [this] { return m_stop || m_look || m_wanted; });
    if (m_stop) return;
    auto wanted = std::exchange(m_wanted, std::nullopt);
    const bool look = std::exchange(m_look, false) || Clock::now() >= looked + m_poll;
    lock.unlock();
    try {
      if (look) {
        looked = Clock::now();
        // At the step that is shown there may be something newer now.
        if (readMore() && !wanted) wanted = shown;
      }
      if (wanted) {
        shown = wanted;
        show(*wanted);
      }
    } catch (const std::exception& error) {  // memory ran out, most likely
      tell(session::Notice::Kind::warning, {"A step of the recording cannot be shown", error.what(),
                                            "close other programs if memory ran out, then go to another step"});
    }
    lock.lock();
  }
}

bool ReplayEngine::readMore() {
  if (m_shortened) return false;
  const auto more = m_run.refresh();
  if (!more) {
    m_shortened = true;
    tell(session::Notice::Kind::warning, more.error());
    return false;
  }
  if (!*more) return false;
  const std::lock_guard lock(m_mutex);
  m_timeline = m_run.timeline();
  return true;
}

void ReplayEngine::show(std::int64_t step) {
  session::News news = changes(m_run.at(step));
  tellDamage(news);
  publish(std::move(news), step);
}

session::News ReplayEngine::changes(const RecordedState& state) {
  session::News news;
  const bool vanished =
      (m_told.maps && !state.maps) || (m_told.activity && !state.activity) || (m_told.lesion && !state.lesion);
  const bool anew = vanished || state.network != m_told.network;
  if (anew) news.network = state.network;
  if (anew || state.maps != m_told.maps) news.maps = state.maps;
  if (anew || state.activity != m_told.activity) news.activity = state.activity;
  if (anew || state.lesion != m_told.lesion) news.lesion = state.lesion;
  if (m_first || state.training != m_told.training) {
    news.training = state.training;
    if (!news.training) {
      auto none = std::make_shared<session::TrainingFrame>();
      none->stamp = state.network->stamp;
      news.training = std::move(none);
    }
  }
  if (m_first) news.job = std::make_shared<const session::JobFrame>();
  m_first = false;
  m_told = state;
  return news;
}

void ReplayEngine::tellDamage(session::News& news) {
  if (m_toldDamage) return;
  const std::string lost = m_run.timeline()->growing ? std::string() : m_run.losses();
  if (m_run.damagedMessages() == 0 && lost.empty()) return;
  m_toldDamage = true;
  const Error& last = m_run.damage();
  news.notices.push_back(
      {session::Notice::Kind::warning,
       {"A part of the recording cannot be shown", lost.empty() ? last.what + ": " + last.why : lost,
        "everything else can; where a frame is missing, the one before it stands in", m_path.string()}});
}

void ReplayEngine::publish(session::News news, std::optional<std::int64_t> step) {
  bool wasEmpty = false;
  {
    const std::lock_guard lock(m_mutex);
    if (step) m_shown = *step;
    const bool nothing = !news.network && !news.maps && !news.activity && !news.lesion && !news.training && !news.job &&
                         news.notices.empty();
    if (nothing) return;
    if (news.network) {
      // What waits is of the network before, or of a step that has more than this one.
      m_news.maps.reset();
      m_news.activity.reset();
      m_news.lesion.reset();
    }
    std::uint64_t& dropped = m_news.dropped;
    replace(m_news.network, std::move(news.network), dropped);
    replace(m_news.maps, std::move(news.maps), dropped);
    replace(m_news.activity, std::move(news.activity), dropped);
    replace(m_news.lesion, std::move(news.lesion), dropped);
    replace(m_news.training, std::move(news.training), dropped);
    replace(m_news.job, std::move(news.job), dropped);
    for (session::Notice& notice : news.notices) m_news.notices.push_back(std::move(notice));
    wasEmpty = std::exchange(m_empty, false);
  }
  if (wasEmpty && m_wake) m_wake();
}

void ReplayEngine::tell(session::Notice::Kind kind, Error error) {
  session::News news;
  news.notices.push_back({kind, std::move(error)});
  publish(std::move(news), std::nullopt);
}

}  // namespace pinwheel::guests
