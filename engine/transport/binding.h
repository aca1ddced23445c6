// Where and how one socket of a server is bound.
#pragma once

#include <string>

namespace zmq {
class context_t;
}

namespace pinwheel::transport {

struct Binding {
  std::string address;    ///< as ZeroMQ takes it
  std::string secretKey;  ///< of the server, Z85; empty: no CURVE, and a doorkeeper must not be needed
  std::string door;       ///< what the doorkeeper is told: kFramesDoor, kCommandsDoor
};

inline constexpr const char* kFramesDoor = "frames";
inline constexpr const char* kCommandsDoor = "commands";

}  // namespace pinwheel::transport
