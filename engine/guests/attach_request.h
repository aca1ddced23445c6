// Which training elsewhere is meant, as people say it: a run's folder or an address, and keys as files.
#pragma once

#include <filesystem>
#include <string>

#include "engine/guests/remote_engine.h"

namespace pinwheel::guests {

struct AttachRequest {
  std::string where;                      ///< the folder of a run of this machine, or ipc://PATH, tcp://HOST:PORT
  std::filesystem::path keyFile{};        ///< one's own NAME.key; empty: without keys
  std::filesystem::path serverKeyFile{};  ///< the engine's server.pub; goes with the other
  bool watchOnly = false;
};

/// Reads the keys. An engine need not be there yet. Error: no such folder, no address, one beyond this machine without
/// keys, or keys that cannot be used.
Expected<RemoteOptions> remoteOptions(const AttachRequest& request);

}  // namespace pinwheel::guests
