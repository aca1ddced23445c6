#include "engine/distributed/free_port.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace pinwheel::distributed {

Expected<std::uint16_t> freePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  const bool found = socket >= 0 && ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  const std::string why = std::strerror(errno);
  if (socket >= 0) ::close(socket);
  if (!found) return failure("No port can be had for the ranks to meet at", why, "look at the machine's network");
  return ntohs(address.sin_port);
}

}  // namespace pinwheel::distributed
