// CURVE keys (https://rfc.zeromq.org/spec/25), as files, and who may do what with one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/core/error.h"

namespace pinwheel::transport {

inline constexpr std::size_t kKeyLetters = 40;  ///< 32 bytes in Z85

struct KeyPair {
  std::string publicKey;
  std::string secretKey;
};

/// Watchers open the socket of frames, controllers that of commands too.
enum class Role { watcher, controller };

/// Error: this machine's ZeroMQ was built without CURVE.
Status checkCurve();
Expected<KeyPair> makeKeyPair();
/// Error: not 40 letters, or not Z85. `whose` begins the sentence: "The key".
Status checkKey(std::string_view key, const std::string& whose);

/// NAME.key with both halves, mode 0600, and NAME.pub beside it, which is what others are given. Error: there is one.
Status writeKeyPair(const std::filesystem::path& keyFile, const KeyPair& keys);
/// Error: others may read it, it is another user's, no key, or its halves do not belong together.
Expected<KeyPair> readKeyPair(const std::filesystem::path& keyFile);
/// Of a .pub file.
Expected<std::string> readPublicKey(const std::filesystem::path& file);

// A server's folder: server.key, server.pub, watchers/NAME.pub, controllers/NAME.pub.
/// Makes it, private, with a new pair. Error: there is one already.
Expected<KeyPair> createServerKeys(const std::filesystem::path& folder);
Expected<KeyPair> readServerKeys(const std::filesystem::path& folder);
/// Holds from the next connection on, while an engine serves too. `name`: letters, digits, '-', '_'. A name has one
/// key and one role: what it had before is replaced. Error: no key, no such name.
Status authorise(const std::filesystem::path& folder, Role role, std::string_view name, std::string_view publicKey);
/// Error: no such name. Who is connected stays so.
Status withdraw(const std::filesystem::path& folder, std::string_view name);
/// Nothing: the key may open no socket. Reads the folder anew. A key in both is a controller's. Files that are damaged,
/// or in a folder that others may write into, authorise nobody.
std::optional<Role> roleOf(const std::filesystem::path& folder, std::string_view publicKey);

}  // namespace pinwheel::transport
