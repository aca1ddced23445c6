#include "engine/transport/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace pinwheel::transport {
namespace {

constexpr std::string_view kIpc = "ipc://";
constexpr std::string_view kTcp = "tcp://";
constexpr int kLastPort = 65534;  // commands take the one behind it

tl::unexpected<Error> unusable(std::string_view text, const std::string& why, const std::string& hint) {
  return failure("The address '" + std::string(text) + "' cannot be used", why, hint);
}

bool isIpv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

bool isNumeric(const std::string& host) {
  in6_addr address{};
  return isIpv4(host) || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

Expected<Endpoint> parseIpc(std::string_view text) {
  const std::string_view path = text.substr(kIpc.size());
  // "*" and "@name" are ZeroMQ's own: a file that anybody may open, and no file at all.
  if (path.empty() || path == "*" || path.front() == '@' || path.find('\0') != std::string_view::npos)
    return unusable(text, "it names no file for the socket", "give a path, such as ipc:///run/user/1000/cortex");
  if (path.size() > kMaxIpcPathBytes)
    return unusable(text,
                    "the path of a socket has room for " + std::to_string(kMaxIpcPathBytes) + " bytes, this one has " +
                        std::to_string(path.size()),
                    "give a shorter one, such as ipc:///run/user/1000/cortex, or a relative one");
  Endpoint endpoint;
  endpoint.path = path;
  return endpoint;
}

Expected<Endpoint> parseTcp(std::string_view text) {
  const char* const kForm = "write tcp://HOST:PORT, such as tcp://127.0.0.1:5570";
  const std::string_view place = text.substr(kTcp.size());
  const std::size_t colon = place.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return unusable(text, "it names no host and port", kForm);
  std::string_view host = place.substr(0, colon);
  const std::string_view digits = place.substr(colon + 1);
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::tcp;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (code != std::errc() || end != digits.data() + digits.size() || endpoint.port < 0 || endpoint.port > kLastPort)
    return unusable(text, "the port is no number from 0 to 65534", kForm);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  endpoint.host = host == "localhost" ? "127.0.0.1" : std::string(host);
  if (endpoint.isIpv6() != bracketed || (bracketed && !isNumeric(endpoint.host)))
    return unusable(text, "an IPv6 address stands in brackets", "write tcp://[::1]:5570");
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  if (!bracketed && endpoint.host != "*" && !std::all_of(endpoint.host.begin(), endpoint.host.end(), allowed))
    return unusable(text, "'" + endpoint.host + "' is no name of a machine", kForm);
  return endpoint;
}

std::string tcpAddress(const Endpoint& endpoint, int port) {
  const std::string host = endpoint.isIpv6() ? "[" + endpoint.host + "]" : endpoint.host;
  return std::string(kTcp) + host + ":" + (port == 0 ? "*" : std::to_string(port));
}

}  // namespace

std::string Endpoint::framesAddress() const {
  return kind == Kind::ipc ? std::string(kIpc) + path + ".frames" : tcpAddress(*this, port);
}

std::string Endpoint::commandsAddress() const {
  return kind == Kind::ipc ? std::string(kIpc) + path + ".commands" : tcpAddress(*this, port + 1);
}

std::string Endpoint::text() const {
  if (kind == Kind::ipc) return std::string(kIpc) + path;
  return port == 0 ? std::string(kTcp) + (isIpv6() ? "[" + host + "]" : host) + ":0" : tcpAddress(*this, port);
}

Expected<Endpoint> parseEndpoint(std::string_view text) {
  if (text.starts_with(kIpc)) return parseIpc(text);
  if (text.starts_with(kTcp)) return parseTcp(text);
  return unusable(text, "it begins neither with ipc:// nor with tcp://",
                  "write ipc://PATH for this machine, or tcp://HOST:PORT");
}

Expected<Endpoint> endpointOf(const std::filesystem::path& runFolder) {
  return parseEndpoint(std::string(kIpc) + (runFolder / "live").string());
}

bool isLocal(const Endpoint& endpoint) noexcept {
  if (endpoint.kind == Endpoint::Kind::ipc) return true;
  in6_addr wide{};
  if (inet_pton(AF_INET6, endpoint.host.c_str(), &wide) == 1) return IN6_IS_ADDR_LOOPBACK(&wide);
  return endpoint.host.starts_with("127.") && isIpv4(endpoint.host);
}

Status checkServing(const Endpoint& endpoint, bool allowRemote, bool hasKeys) {
  if (endpoint.kind == Endpoint::Kind::tcp && endpoint.host != "*" && !isNumeric(endpoint.host))
    return unusable(endpoint.text(), "an engine is served at a numeric address of this machine",
                    "write tcp://127.0.0.1:PORT, or tcp://*:PORT for every address of this machine");
  if (isLocal(endpoint)) return {};
  if (!allowRemote)
    return unusable(endpoint.text(), "other machines could reach the engine there, and that was not asked for",
                    "use ipc:// or tcp://127.0.0.1:PORT, or ask for it and make keys");
  if (!hasKeys)
    return unusable(endpoint.text(),
                    "other machines could reach the engine there, and there are no keys: no key, no door",
                    "make keys with pinwheel-cli keys, and serve with their folder");
  return {};
}

Status checkConnecting(const Endpoint& endpoint, bool hasKeys) {
  if (endpoint.kind == Endpoint::Kind::tcp && (endpoint.port == 0 || endpoint.host == "*"))
    return unusable(endpoint.text(), "it is an address to serve at, not one to connect to",
                    "give the host and the port that the engine printed when it began to serve");
  if (isLocal(endpoint) || hasKeys) return {};
  return unusable(endpoint.text(), "it is beyond this machine, where engines are reached with keys only",
                  "give your key and the engine's server.pub (pinwheel-cli keys)");
}

}  // namespace pinwheel::transport
