#include "engine/broadcast/command_gate.h"

#include <utility>

namespace pinwheel::broadcast {
namespace {

template <class... Kinds>
bool isOneOf(const session::Command& command) {
  return (std::holds_alternative<Kinds>(command) || ...);
}

Status take(const GatedEngine& engine, const wire::Request& request) {
  if (engine.ended && engine.ended())
    return failure("The training has ended", engine.leader + " is about to end too",
                   "open its last checkpoint, or begin it anew with --resume");
  if (std::holds_alternative<wire::Cancel>(request.ask)) {
    engine.cancel();
    return {};
  }
  const auto* const command = std::get_if<session::Command>(&request.ask);
  if (command == nullptr) return failure("This is no command", "it asks for frames", "ask at the address of frames");
  if (!servesTraining(*command))
    return failure("This training is led by another program",
                   engine.leader + " began it, and trains this network and no other",
                   "watch it, pause it, change it or stop it from here; other networks open in a window of their own");
  if (!engine.waits && isOneOf<session::Pause, session::Step>(*command))
    return failure("A training on several ranks is not paused", "the others would wait for " + engine.leader,
                   "stop it; it goes on with --resume");
  if (engine.post(*command)) return {};
  return failure("The command was not taken", "256 commands wait",
                 "wait until some are carried out, then send it again");
}

}  // namespace

// Named one by one: a command that is new is refused until somebody has thought about it.
bool servesTraining(const session::Command& command) {
  using namespace session;
  return isOneOf<Pause, Resume, Step, StopTraining, ChangeSettings, SetLesion, ShowStimulus, AskTuning, MeasureMaps,
                 MeasureLossShare, SaveCheckpoint>(command);
}

transport::CommandHandler commandGate(GatedEngine engine) {
  return [engine = std::move(engine)](const wire::Request& request) { return take(engine, request); };
}

}  // namespace pinwheel::broadcast
