// The last words of a watched training. Includes LibTorch.
#pragma once

#include "engine/session/mailboxes.h"
#include "engine/session/training_watch.h"

namespace pinwheel::session {

/// Tells what it failed of, if it did, and the phase that it ended in.
inline void tellEnd(TrainingWatch& watch, const Expected<training::TrainResult>& result, Mailboxes& mail) {
  if (!result) mail.tell(Notice::Kind::error, result.error());
  watch.end(!result                                          ? TrainingPhase::failed
            : result->outcome == training::Outcome::finished ? TrainingPhase::finished
                                                             : TrainingPhase::stopped);
}

}  // namespace pinwheel::session
