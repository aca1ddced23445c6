#include "engine/session.h"

#include <thread>

#include "engine/session/command_queue.h"
#include "engine/session/mailboxes.h"
#include "engine/session/worker.h"

namespace pinwheel::session {

struct Session::Impl {
  Impl(std::function<void()> wake, SessionOptions options)
      : mail(std::move(wake)), thread([this, options] { Worker(mail, queue, options).run(); }) {}
  ~Impl() {
    queue.close();
    thread.join();
  }

  Mailboxes mail;
  CommandQueue queue;
  std::thread thread;  // last: it uses what stands above
};

Session::Session(std::function<void()> wake, SessionOptions options)
    : m_impl(std::make_unique<Impl>(std::move(wake), options)) {}

Session::~Session() = default;

bool Session::post(Command command) {
  return m_impl->queue.post(std::move(command));
}

News Session::take() {
  return m_impl->mail.take();
}

void Session::cancel() {
  m_impl->queue.cancelJob();
}

}  // namespace pinwheel::session
