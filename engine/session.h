// The one door between the engine and whoever watches it: commands in, frames out. No LibTorch and no Qt behind this
// header; the engine works on a thread of its own, which lives as long as the session.
#pragma once

#include <functional>
#include <memory>

#include "engine/session/commands.h"
#include "engine/session/frames.h"

namespace pinwheel::session {

/// What windows need of a session; the real one below, a scripted one in tests.
class Engine {
public:
  virtual ~Engine() = default;
  /// Any thread; never waits. False: the queue is full (256 commands) and the command was not taken.
  virtual bool post(Command command) = 0;
  /// Any thread; never waits longer than it takes to swap pointers. Clears the mailboxes.
  virtual News take() = 0;
  /// Any thread: gives up the long work under way (not a training: StopTraining) within a fifth of a second, where it
  /// can be interrupted: LibTorch's making of a network cannot.
  virtual void cancel() = 0;
};

struct SessionOptions {
  int threads = 0;  ///< of the engine's computations; 0: all processors
  /// Of a training's time, how much live maps may cost.
  double watchShare = 0.008;
};

class Session final : public Engine {
public:
  /// `wake` is called on the engine's thread when there is news and the mailboxes were empty before: once, until they
  /// are taken.
  explicit Session(std::function<void()> wake, SessionOptions options = {});
  /// Stops a training after its batch, saves it, joins the thread.
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  bool post(Command command) override;
  News take() override;
  void cancel() override;

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::session
