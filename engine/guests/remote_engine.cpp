#include "engine/guests/remote_engine.h"

#include <iterator>
#include <utility>

namespace pinwheel::guests {
namespace {

using session::Notice;
using State = transport::Connection::State;

constexpr std::size_t kMostNotices = 64;  // nobody reads more of what failed alike

bool isUnasked(const session::Command& command) {
  return std::holds_alternative<session::AskTuning>(command) ||
         std::holds_alternative<session::MeasureLossShare>(command);
}

std::optional<std::uint64_t> lesionOf(const wire::Ask& ask) {
  const auto* command = std::get_if<session::Command>(&ask);
  const auto* set = command != nullptr ? std::get_if<session::SetLesion>(command) : nullptr;
  return set != nullptr ? std::optional(set->lesion.version) : std::nullopt;
}

bool isReady(const std::future<Status>& answer) {
  return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace

bool RemoteStatus::isConnected() const noexcept {
  return frames.state == State::connected && (!commands || commands->state == State::connected);
}

std::string RemoteStatus::text() const {
  if (frames.state != State::connected) return frames.text();
  if (!commands) return frames.text() + " (only watching)";
  // What is shown moves, but nothing can be done.
  return commands->state == State::connected ? frames.text() : frames.text() + ". Commands: " + commands->text();
}

std::optional<Error> RemoteStatus::problem() const {
  const auto isWrong = [](const transport::Connection& way) {
    return way.state == State::refused || way.state == State::otherVersion;
  };
  if (isWrong(frames)) return frames.error;
  if (commands && isWrong(*commands)) return commands->error;
  return std::nullopt;
}

RemoteEngine::RemoteEngine(RemoteOptions options, std::unique_ptr<transport::Client> client)
    : m_options(std::move(options)), m_client(std::move(client)) {}
RemoteEngine::~RemoteEngine() = default;

Expected<std::unique_ptr<RemoteEngine>> RemoteEngine::open(RemoteOptions options) {
  transport::ClientOptions way;
  way.endpoint = options.endpoint;
  way.keys = options.keys;
  way.serverKey = options.serverKey;
  way.commands = !options.watchOnly;
  way.retry = options.retry;
  way.wake = options.wake;
  auto client = transport::Client::open(std::move(way));
  if (!client) return tl::unexpected(std::move(client.error()));
  return std::unique_ptr<RemoteEngine>(new RemoteEngine(std::move(options), std::move(*client)));
}

bool RemoteEngine::post(session::Command command) {
  const bool unasked = isUnasked(command);
  // The engine would look for the file on its own machine.
  if (const auto* show = std::get_if<session::ShowStimulus>(&command);
      show != nullptr && show->stimulus.kind == session::Stimulus::Kind::file && !sharesFiles()) {
    refuse({"The image was not shown", "the training runs on another machine, which cannot read files of this one",
            "show a category image or a grating", show->stimulus.file.string()},
           unasked);
    return true;
  }
  ask(std::move(command), unasked);
  return true;
}

void RemoteEngine::cancel() {
  ask(wire::Cancel{}, false);
}

void RemoteEngine::ask(wire::Ask ask, bool unasked) {
  const std::optional<std::uint64_t> lesion = lesionOf(ask);
  if (m_options.watchOnly)
    return refuse({"Nothing was sent to the training", "this connection only watches",
                   "detach, and attach again without 'Only watch' and with a controller's key where keys are used"},
                  unasked, lesion);
  std::future<Status> answer = m_client->request(std::move(ask), m_options.answerWithin);
  if (isReady(answer)) {  // at once: it could not be sent
    const Status status = answer.get();
    if (!status) refuse(status.error(), unasked, lesion);
    return;
  }
  const std::lock_guard lock(m_mutex);
  m_asked.push_back({std::move(answer), unasked, lesion});
}

void RemoteEngine::refuse(const Error& error, bool unasked, std::optional<std::uint64_t> lesion) {
  bool isNews = false;
  {
    const std::lock_guard lock(m_mutex);
    isNews = tell(error, unasked, lesion);
  }
  if (isNews && m_options.wake) m_options.wake();
}

bool RemoteEngine::tell(const Error& error, bool unasked, std::optional<std::uint64_t> lesion) {
  if (lesion) m_doubtedLesions.push_back(*lesion);
  std::string text = error.text();
  if (unasked && text == m_told) return false;
  m_told = std::move(text);
  if (m_notices.size() < kMostNotices) m_notices.push_back({Notice::Kind::warning, error});
  return true;
}

std::vector<std::uint64_t> RemoteEngine::takeDoubtedLesions() {
  const std::lock_guard lock(m_mutex);
  return std::exchange(m_doubtedLesions, {});
}

void RemoteEngine::readAnswers() {
  for (auto asked = m_asked.begin(); asked != m_asked.end();) {
    if (!isReady(asked->answer)) {
      ++asked;
      continue;
    }
    const Status status = asked->answer.get();
    if (!status) tell(status.error(), asked->unasked, asked->lesion);
    asked = m_asked.erase(asked);
  }
}

session::News RemoteEngine::take() {
  // First: from here on the client wakes again, so that no answer that comes after readAnswers() lies unread.
  transport::Update update = m_client->take();
  const std::lock_guard lock(m_mutex);
  readAnswers();
  if (update.restarted)
    m_notices.push_back({Notice::Kind::information,
                         {"The training was started again; from now on its new frames are shown", "", "", ""}});
  auto& notices = update.news.notices;
  notices.insert(notices.end(), std::make_move_iterator(m_notices.begin()), std::make_move_iterator(m_notices.end()));
  m_notices.clear();
  return std::move(update.news);
}

RemoteStatus RemoteEngine::status() const {
  RemoteStatus status{m_client->frames(), std::nullopt};
  if (!m_options.watchOnly) status.commands = m_client->commands();
  return status;
}

void RemoteEngine::askExactMaps() {
  m_client->askFrames({{wire::FrameKind::maps, wire::FrameKind::lesion}, wire::MapPrecision::exact});
}

}  // namespace pinwheel::guests
