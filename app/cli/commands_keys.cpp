#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/transport/keys.h"

namespace pinwheel::cli {
namespace {

namespace fs = std::filesystem;
using transport::Role;

struct Arguments {
  std::string folder;
  std::string name;
  std::string out = ".";
  std::string file;
  bool watch = false;
  bool control = false;
};

// As transport::authorise() takes it: the name becomes a file's.
CLI::Validator keyName() {
  return {[](std::string& text) {
            const auto allowed = [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
            };
            return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), allowed)
                       ? std::string()
                       : std::string("use letters, digits, '-' and '_', 64 at most");
          },
          ""};
}

std::string quoted(const fs::path& path) {
  return shellQuoted(path.string());
}

int createFolder(const Arguments& arguments) {
  const fs::path folder = arguments.folder;
  if (const auto keys = transport::createServerKeys(folder); !keys) return fail(keys.error(), kFailed);
  const std::string text = quoted(folder);
  std::printf(
      "Made the keys of an engine: %s\n"
      "  server.key  stays here, readable by you alone\n"
      "  server.pub  goes to everybody who is to connect; it is no secret\n"
      "Next, for each of them:\n"
      "  they run      pinwheel-cli keys new NAME                        and give you NAME.pub\n"
      "  you run       pinwheel-cli keys allow %s NAME NAME.pub --watch  (or --control)\n"
      "  and serve     pinwheel-cli train ... --serve 'tcp://*:5570' --serve-remote --keys %s\n",
      text.c_str(), text.c_str(), text.c_str());
  return kDone;
}

int newPair(const Arguments& arguments) {
  const fs::path keyFile = fs::path(arguments.out) / (arguments.name + ".key");
  const auto keys = transport::makeKeyPair();
  if (!keys) return fail(keys.error(), kCannotRunHere);
  if (const Status status = transport::writeKeyPair(keyFile, *keys); !status) return fail(status.error(), kFailed);
  fs::path publicFile = keyFile;
  publicFile.replace_extension(".pub");
  std::printf(
      "Made a pair of keys for %s:\n"
      "  %s  is secret: it stays with you, on the machine that you watch from\n"
      "  %s  goes to whoever serves the training, who runs\n"
      "      pinwheel-cli keys allow FOLDER %s %s --watch  (or --control)\n"
      "Get their server.pub. To connect you need %s and server.pub.\n",
      arguments.name.c_str(), keyFile.c_str(), publicFile.c_str(), arguments.name.c_str(),
      publicFile.filename().c_str(), keyFile.filename().c_str());
  return kDone;
}

int allow(const Arguments& arguments) {
  if (arguments.watch == arguments.control)
    return fail({"It was not said what the key may do", "", "give --watch (see frames) or --control (command, too)"},
                kWrongUsage);
  // Not into a folder that is mistyped: nobody would ever look there.
  if (const auto server = transport::readServerKeys(arguments.folder); !server) return fail(server.error(), kFailed);
  const auto key = transport::readPublicKey(arguments.file);
  if (!key) return fail(key.error(), kFailed);
  const Role role = arguments.control ? Role::controller : Role::watcher;
  if (const Status status = transport::authorise(arguments.folder, role, arguments.name, *key); !status)
    return fail(status.error(), kFailed);
  if (!arguments.control && transport::roleOf(arguments.folder, *key) == Role::controller)
    return fail({"This key may still command", "it stands in the folder under another name, too",
                 "`pinwheel-cli keys list` shows which; withdraw that name", arguments.folder},
                kFailed);
  std::printf("%s may %s from the next connection on.\nGive them a copy of %s.\n", arguments.name.c_str(),
              arguments.control ? "watch and command" : "watch",
              quoted(fs::path(arguments.folder) / "server.pub").c_str());
  return kDone;
}

// The key that a name stands for; nothing where there is none, or a damaged one.
std::optional<std::string> keyOf(const fs::path& folder, const std::string& name) {
  for (const char* const role : {"controllers", "watchers"})
    if (const auto key = transport::readPublicKey(folder / role / (name + ".pub")); key) return *key;
  return std::nullopt;
}

int withdrawKey(const Arguments& arguments) {
  const auto key = keyOf(arguments.folder, arguments.name);
  if (const Status status = transport::withdraw(arguments.folder, arguments.name); !status)
    return fail(status.error(), kFailed);
  if (key && transport::roleOf(arguments.folder, *key))
    return fail({"The same key can still connect", "it stands in the folder under another name, too",
                 "`pinwheel-cli keys list` shows which; withdraw that name as well", arguments.folder},
                kFailed);
  std::printf("%s can no longer connect. Who is connected stays so until the connection or the training ends.\n",
              arguments.name.c_str());
  return kDone;
}

// What a file in watchers/ or controllers/ is worth: the same look as at a connection's key.
std::string mayText(const fs::path& folder, const Expected<std::string>& key) {
  if (!key) return "nothing: " + key.error().what + (key.error().why.empty() ? "" : ", " + key.error().why);
  const auto role = transport::roleOf(folder, *key);
  if (!role) return "nothing: others may write into the folder (chmod go-w it)";
  return *role == Role::controller ? "watch and command" : "watch";
}

int list(const Arguments& arguments) {
  const fs::path folder = arguments.folder;
  const auto server = transport::readPublicKey(folder / "server.pub");
  if (!server) return fail(server.error(), kFailed);
  std::printf("%-20s %-18s %s\n", "name", "may", "public key");
  std::printf("%-20s %-18s %s\n", "(the engine)", "", server->c_str());
  for (const char* const role : {"watchers", "controllers"}) {
    std::vector<fs::path> files;
    std::error_code code;
    for (fs::directory_iterator entry(folder / role, code), end; !code && entry != end; entry.increment(code))
      if (entry->path().extension() == ".pub") files.push_back(entry->path());
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      const auto key = transport::readPublicKey(file);
      std::printf("%-20s %-18s %s\n", file.stem().c_str(), mayText(folder, key).c_str(), key ? key->c_str() : "");
    }
  }
  return kDone;
}

void addFolder(CLI::App& command, Arguments& arguments) {
  command.add_option("folder", arguments.folder, "The engine's keys")->required()->check(notEmpty());
}

void addName(CLI::App& command, Arguments& arguments) {
  command.add_option("name", arguments.name, "Whose key it is")->required()->check(keyName());
}

}  // namespace

void addKeys(CLI::App& app, int& exitCode) {
  CLI::App* keys = app.add_subcommand("keys", "Who may watch and steer a training that is served (train --serve)");
  keys->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, int (*run)(const Arguments&)) {
    auto arguments = std::make_shared<Arguments>();
    CLI::App* command = keys->add_subcommand(name, text);
    command->callback([arguments, run, &exitCode] { exitCode = run(*arguments); });
    return std::pair(command, arguments);
  };
  {
    const auto [command, arguments] =
        add("create", "Make the keys of an engine, in a folder of their own", createFolder);
    addFolder(*command, *arguments);
  }
  {
    const auto [command, arguments] = add("new", "Make a pair of keys for yourself, to connect with", newPair);
    addName(*command, *arguments);
    command->add_option("--out", arguments->out, "Folder for NAME.key and NAME.pub; default: this one")
        ->check(notEmpty());
  }
  {
    const auto [command, arguments] = add("allow", "Let somebody connect, or change what they may", allow);
    addFolder(*command, *arguments);
    addName(*command, *arguments);
    command->add_option("file", arguments->file, "Their NAME.pub")->required()->check(notEmpty());
    command->add_flag("--watch", arguments->watch, "They may see frames");
    command->add_flag("--control", arguments->control, "They may see frames and command");
  }
  {
    const auto [command, arguments] = add("withdraw", "Let somebody connect no longer", withdrawKey);
    addFolder(*command, *arguments);
    addName(*command, *arguments);
  }
  {
    const auto [command, arguments] = add("list", "Who may connect, and what they may do", list);
    addFolder(*command, *arguments);
  }
}

}  // namespace pinwheel::cli
