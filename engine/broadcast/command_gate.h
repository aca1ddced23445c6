// What others may ask of a training that somebody else leads.
#pragma once

#include <functional>
#include <string>

#include "engine/session/commands.h"
#include "engine/transport/command_server.h"

namespace pinwheel::broadcast {

/// The engine behind the gate. All are called on the command server's thread and must not wait.
struct GatedEngine {
  std::function<bool(session::Command)> post;  ///< Engine::post()
  std::function<void()> cancel;                ///< Engine::cancel()
  std::function<bool()> ended{};               ///< the training has: nothing is taken any more
  std::string leader;                          ///< for texts: "pinwheel-cli train on cortex01"
  bool waits = true;                           ///< false: it cannot be paused, since other ranks wait for it
};

/// Whether a command serves the training that is under way. What opens, begins or closes a network does not: whoever
/// began this training waits for its end.
[[nodiscard]] bool servesTraining(const session::Command& command);

/// Posts what serves the training, cancels when asked to, refuses the rest and says why.
[[nodiscard]] transport::CommandHandler commandGate(GatedEngine engine);

}  // namespace pinwheel::broadcast
