#include "engine/guests/attach_request.h"

#include <system_error>
#include <utility>

namespace pinwheel::guests {
namespace {

Expected<transport::Endpoint> endpointOf(const std::string& where) {
  if (where.find("://") != std::string::npos) return transport::parseEndpoint(where);
  if (where.empty())
    return failure("Nothing is named to attach to", "neither a run's folder nor an address is given",
                   "choose the folder of the run, or give the address that its trainer printed");
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::absolute(where, error);
  if (error || !std::filesystem::is_directory(folder, error))
    return failure("There is no such run here", "'" + where + "' is neither a folder nor an address",
                   "choose the folder of the run, or give an address such as tcp://127.0.0.1:7310", where);
  return transport::endpointOf(folder.lexically_normal());
}

}  // namespace

Expected<RemoteOptions> remoteOptions(const AttachRequest& request) {
  RemoteOptions options;
  auto endpoint = endpointOf(request.where);
  if (!endpoint) return tl::unexpected(std::move(endpoint.error()));
  options.endpoint = std::move(*endpoint);
  options.watchOnly = request.watchOnly;
  const bool hasKeys = !request.keyFile.empty() && !request.serverKeyFile.empty();
  if (!hasKeys && !(request.keyFile.empty() && request.serverKeyFile.empty()))
    return failure(request.keyFile.empty() ? "Your own key is missing" : "The engine's public key is missing",
                   "a connection with keys needs both files: NAME.key of your own, and server.pub of the engine",
                   "choose the other file too, or none");
  if (Status status = transport::checkConnecting(options.endpoint, hasKeys); !status)
    return tl::unexpected(std::move(status.error()));
  if (!hasKeys) return options;
  auto keys = transport::readKeyPair(request.keyFile);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  auto server = transport::readPublicKey(request.serverKeyFile);
  if (!server) return tl::unexpected(std::move(server.error()));
  options.keys = std::move(*keys);
  options.serverKey = std::move(*server);
  return options;
}

}  // namespace pinwheel::guests
