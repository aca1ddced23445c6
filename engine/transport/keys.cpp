#include "engine/transport/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/core/files.h"

namespace pinwheel::transport {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxKeyFile = 4096;
constexpr std::string_view kPublic = "public ";
constexpr std::string_view kSecret = "secret ";
constexpr mode_t kPrivate = 0600;
constexpr mode_t kForAll = 0644;

const char* folderOf(Role role) {
  return role == Role::watcher ? "watchers" : "controllers";
}

// Whether this user or root owns it and nobody else has one of the permissions `others`.
Status checkOwner(const struct stat& info, mode_t others, const fs::path& path) {
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return failure("The key is not used", "it is another user's", "copy it into a folder of your own", path.string());
  if ((info.st_mode & others) != 0)
    return failure(
        "The key is not used",
        (others & S_IROTH) != 0 ? "others may read it" : "others may write there, and so let anybody in",
        (others & S_IROTH) != 0 ? "chmod 600 it; if others may have read it, make a new pair" : "chmod go-w it",
        path.string());
  return {};
}

// The open file is looked at, not what its name may be by then.
Expected<std::string> readKeyFile(const fs::path& path, mode_t others) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return failure("The key cannot be read", std::strerror(errno), "make keys with pinwheel-cli keys", path.string());
  struct stat info {};
  Status status;
  if (::fstat(descriptor, &info) != 0 || !S_ISREG(info.st_mode))
    status = failure("The key cannot be read", "this is not a file", "give the path of a file", path.string());
  if (status) status = checkOwner(info, others, path);
  std::array<char, kMaxKeyFile> bytes{};
  ssize_t size = 0;
  if (status) {
    size = ::read(descriptor, bytes.data(), bytes.size());
    if (size < 0) status = failure("The key cannot be read", std::strerror(errno), "", path.string());
  }
  ::close(descriptor);
  if (!status) return tl::unexpected(std::move(status.error()));
  return std::string(bytes.data(), static_cast<std::size_t>(size));
}

// What stands behind `label` on a line of its own; empty: no such line.
std::string lineOf(std::string_view text, std::string_view label) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(label)) return std::string(line.substr(label.size()));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return {};
}

Expected<std::string> keyIn(std::string_view text, std::string_view label, const fs::path& path) {
  std::string key = lineOf(text, label);
  if (key.empty())
    return failure("The file holds no key", "it has no line that begins with '" + std::string(label) + "'",
                   "make keys with pinwheel-cli keys", path.string());
  Status status = checkKey(key, "The key");
  if (!status) {
    status.error().path = path.string();
    return tl::unexpected(std::move(status.error()));
  }
  return key;
}

Status writeKeyFile(const fs::path& path, const std::string& text, mode_t mode) {
  return writeFileAtomically(path, [&](int descriptor) -> Status {
    // Before the first byte is in it.
    if (::fchmod(descriptor, mode) != 0)
      return failure("The key cannot be made private", std::strerror(errno), "choose another folder", path.string());
    return writeAll(descriptor, std::as_bytes(std::span(text)), path);
  });
}

Status makePrivateFolder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return failure("The folder for keys cannot be made", std::strerror(errno), "check the path", folder.string());
}

Status checkName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), allowed)) return {};
  return failure("'" + std::string(name) + "' cannot name a key", "it becomes a file's name",
                 "use letters, digits, '-' and '_', 64 at most");
}

fs::path fileOf(const fs::path& folder, Role role, std::string_view name) {
  return folder / folderOf(role) / (std::string(name) + ".pub");
}

bool holds(const fs::path& folder, std::string_view publicKey) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0 || !checkOwner(info, S_IWGRP | S_IWOTH, folder)) return false;
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    if (entry->path().extension() != ".pub") continue;
    const auto key = readPublicKey(entry->path());
    if (key && *key == publicKey) return true;
  }
  return false;
}

}  // namespace

Status checkCurve() {
  if (zmq_has("curve") == 1) return {};
  return failure("Keys cannot be used", "this machine's ZeroMQ was built without CURVE",
                 "install a libzmq with libsodium (Debian's is), or serve on ipc://");
}

Expected<KeyPair> makeKeyPair() {
  if (Status status = checkCurve(); !status) return tl::unexpected(std::move(status.error()));
  std::array<char, kKeyLetters + 1> publicKey{};
  std::array<char, kKeyLetters + 1> secretKey{};
  if (zmq_curve_keypair(publicKey.data(), secretKey.data()) != 0)
    return failure("No keys could be made", zmq_strerror(zmq_errno()), "");
  return KeyPair{publicKey.data(), secretKey.data()};
}

Status checkKey(std::string_view key, const std::string& whose) {
  const char* const kHint = "copy it whole, or make a new pair with pinwheel-cli keys";
  if (key.size() != kKeyLetters)
    return failure(whose + " is damaged",
                   "it has " + std::to_string(key.size()) + " letters, a key has " + std::to_string(kKeyLetters),
                   kHint);
  // zmq_z85_decode of this version looks its table up without a look at the letter.
  constexpr std::string_view kLetters =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
  for (const char c : key)
    if (kLetters.find(c) == std::string_view::npos)
      return failure(whose + " is damaged", "it holds a letter that Z85 does not have", kHint);
  std::array<std::uint8_t, 32> bytes{};
  if (zmq_z85_decode(bytes.data(), std::string(key).c_str()) == nullptr)
    return failure(whose + " is damaged", "it is no number in Z85", kHint);
  return {};
}

Status writeKeyPair(const fs::path& keyFile, const KeyPair& keys) {
  std::error_code code;
  if (fs::exists(fs::symlink_status(keyFile, code)))
    return failure("There is a key already", "a new one would lock out all that know it",
                   "choose another name, or remove it first", keyFile.string());
  const std::string publicLine = std::string(kPublic) + keys.publicKey + "\n";
  fs::path publicFile = keyFile;
  publicFile.replace_extension(".pub");
  if (publicFile == keyFile)
    return failure("The key's file cannot end in .pub", "that is the public half's", "let it end in .key",
                   keyFile.string());
  if (Status status = writeKeyFile(publicFile, publicLine, kForAll); !status) return status;
  return writeKeyFile(keyFile, publicLine + std::string(kSecret) + keys.secretKey + "\n", kPrivate);
}

Expected<KeyPair> readKeyPair(const fs::path& keyFile) {
  const auto text = readKeyFile(keyFile, S_IRWXG | S_IRWXO);
  if (!text) return tl::unexpected(text.error());
  auto publicKey = keyIn(*text, kPublic, keyFile);
  if (!publicKey) return tl::unexpected(std::move(publicKey.error()));
  auto secretKey = keyIn(*text, kSecret, keyFile);
  if (!secretKey) return tl::unexpected(std::move(secretKey.error()));
  if (Status status = checkCurve(); !status) return tl::unexpected(std::move(status.error()));
  std::array<char, kKeyLetters + 1> derived{};
  if (zmq_curve_public(derived.data(), secretKey->c_str()) != 0 || *publicKey != derived.data())
    return failure("The key is damaged", "its two halves do not belong together",
                   "make a new pair with pinwheel-cli keys", keyFile.string());
  return KeyPair{std::move(*publicKey), std::move(*secretKey)};
}

Expected<std::string> readPublicKey(const fs::path& file) {
  const auto text = readKeyFile(file, S_IWGRP | S_IWOTH);
  if (!text) return tl::unexpected(text.error());
  return keyIn(*text, kPublic, file);
}

Expected<KeyPair> createServerKeys(const fs::path& folder) {
  auto keys = makeKeyPair();
  if (!keys) return keys;
  for (const fs::path& made : {folder, folder / folderOf(Role::watcher), folder / folderOf(Role::controller)})
    if (Status status = makePrivateFolder(made); !status) return tl::unexpected(std::move(status.error()));
  if (Status status = writeKeyPair(folder / "server.key", *keys); !status)
    return tl::unexpected(std::move(status.error()));
  return keys;
}

Expected<KeyPair> readServerKeys(const fs::path& folder) {
  return readKeyPair(folder / "server.key");
}

Status authorise(const fs::path& folder, Role role, std::string_view name, std::string_view publicKey) {
  if (Status status = checkName(name); !status) return status;
  if (Status status = checkKey(publicKey, "The public key"); !status) return status;
  if (Status status = makePrivateFolder(folder / folderOf(role)); !status) return status;
  const Role other = role == Role::watcher ? Role::controller : Role::watcher;
  // The other role first: a controller that becomes a watcher must not stay one when the second step fails.
  std::error_code code;
  fs::remove(fileOf(folder, other, name), code);
  if (code)
    return failure("The key's former role cannot be withdrawn", code.message(), "check the folder's permissions",
                   fileOf(folder, other, name).string());
  return writeKeyFile(fileOf(folder, role, name), std::string(kPublic) + std::string(publicKey) + "\n", kForAll);
}

Status withdraw(const fs::path& folder, std::string_view name) {
  if (Status status = checkName(name); !status) return status;
  bool any = false;
  for (const Role role : {Role::watcher, Role::controller}) {
    std::error_code code;
    any = fs::remove(fileOf(folder, role, name), code) || any;
    if (code)
      return failure("The key cannot be withdrawn", code.message(), "check the folder's permissions",
                     fileOf(folder, role, name).string());
  }
  if (any) return {};
  return failure("No key is called '" + std::string(name) + "'", "", "look into watchers and controllers",
                 folder.string());
}

std::optional<Role> roleOf(const fs::path& folder, std::string_view publicKey) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0 || !checkOwner(info, S_IWGRP | S_IWOTH, folder)) return std::nullopt;
  for (const Role role : {Role::controller, Role::watcher})
    if (holds(folder / folderOf(role), publicKey)) return role;
  return std::nullopt;
}

}  // namespace pinwheel::transport
