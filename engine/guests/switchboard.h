// One engine for a window, whoever answers behind it: this process's own session, an engine elsewhere, a recording.
#pragma once

#include <memory>
#include <mutex>

#include "engine/session.h"

namespace pinwheel::guests {

/// Any thread, as for the engines behind it.
class Switchboard final : public session::Engine {
public:
  /// `own` must outlive this.
  explicit Switchboard(session::Engine& own) : m_own(own) {}

  /// From now on `guest` answers, in place of the guest before, which is destroyed; null: the own engine again. What
  /// the one before had still to tell is not told; the own engine's newest frames wait for its return.
  void connect(std::shared_ptr<session::Engine> guest);
  /// Null: the own engine answers.
  [[nodiscard]] std::shared_ptr<session::Engine> guest() const;

  bool post(session::Command command) override;
  session::News take() override;
  void cancel() override;

private:
  session::Engine& m_own;
  mutable std::mutex m_mutex;  // of the pointer alone
  std::shared_ptr<session::Engine> m_guest;
};

}  // namespace pinwheel::guests
