// How it stands with the way to an engine.
#pragma once

#include <chrono>
#include <string>

#include "engine/core/error.h"

namespace pinwheel::transport {

/// `refused`: the engine does not let this program in, or is none; it is tried again. `otherVersion`: the error says
/// which side is the older one.
struct Connection {
  enum class State { connecting, connected, refused, otherVersion } state = State::connecting;
  std::string address;
  Error error;                          ///< of refused and otherVersion
  std::chrono::milliseconds silent{0};  ///< of frames while connected: since anything came; a beacon comes each second

  /// One line for people: what is waited for.
  [[nodiscard]] std::string text() const;
};

/// From here on text() tells the silence.
inline constexpr std::chrono::milliseconds kSilence{3000};

}  // namespace pinwheel::transport
