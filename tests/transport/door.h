// Keys of a test.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/transport/keys.h"
#include "tests/transport/support.h"

namespace pinwheel::test {

/// A folder of a server's keys, and the keys of three who know its address.
struct Door {
  explicit Door(const QTemporaryDir& parent) : folder(pathOf(parent, "keys")) {
    serverKey = transport::createServerKeys(folder).value().publicKey;
    static_cast<void>(transport::authorise(folder, transport::Role::watcher, "watcher", watcher.publicKey));
    static_cast<void>(transport::authorise(folder, transport::Role::controller, "controller", controller.publicKey));
  }
  [[nodiscard]] std::unique_ptr<transport::Client> connect(const transport::Endpoint& at,
                                                           std::optional<transport::KeyPair> keys, bool commands = true,
                                                           std::string server = {}) const {
    transport::ClientOptions options = connecting(at);
    options.commands = commands;
    if (keys) options.serverKey = server.empty() ? serverKey : std::move(server);
    options.keys = std::move(keys);
    auto client = transport::Client::open(std::move(options));
    return client ? std::move(*client) : nullptr;
  }
  std::filesystem::path folder;
  std::string serverKey;
  transport::KeyPair watcher = transport::makeKeyPair().value();
  transport::KeyPair controller = transport::makeKeyPair().value();
  transport::KeyPair stranger = transport::makeKeyPair().value();
};

}  // namespace pinwheel::test
