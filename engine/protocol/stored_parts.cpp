#include "engine/protocol/stored_parts.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <string_view>
#include <vector>

#include "engine/core/files.h"

namespace pinwheel::protocol {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kLargestPart = std::uint64_t{1} << 28;

class Fnv {
public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) m_hash = (m_hash ^ static_cast<unsigned char>(byte)) * 1099511628211ULL;
  }
  [[nodiscard]] std::string text() const {
    std::array<char, 17> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(m_hash));
    return digits.data();
  }

private:
  std::uint64_t m_hash = 14695981039346656037ULL;
};

std::string folderState(const fs::path& folder) {
  std::vector<std::string> entries;
  std::error_code code;
  for (fs::recursive_directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    const auto size = it->file_size(ignored);
    const auto time = it->last_write_time(ignored).time_since_epoch().count();
    entries.push_back(it->path().string() + '\n' + std::to_string(size) + '\n' + std::to_string(time));
  }
  std::sort(entries.begin(), entries.end());
  Fnv hash;
  for (const std::string& entry : entries) hash.add(entry + '\n');
  return hash.text();
}

}  // namespace

StoredParts::StoredParts(fs::path folder, json subject) : m_folder(std::move(folder)), m_subject(std::move(subject)) {}

Expected<StoredParts> StoredParts::open(fs::path folder, json subject) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code)
    return failure("The folder of the protocol's parts cannot be made", code.message(), "choose another --out",
                   folder.string());
  return StoredParts(std::move(folder), std::move(subject));
}

fs::path StoredParts::fileOf(const std::string& part) const {
  return m_folder / (part + ".json");
}

std::optional<json> StoredParts::find(const std::string& part, const json& options) const {
  const auto text = readFile(fileOf(part), kLargestPart);
  if (!text) return std::nullopt;
  json stored = json::parse(*text, nullptr, false);
  // Compared as text: a number that has been through a file may have become an integer.
  const auto same = [&](const char* key, const json& wanted) {
    return stored.contains(key) && textOf(stored[key]) == textOf(json::parse(textOf(wanted)));
  };
  if (!stored.is_object() || !same("subject", m_subject) || !same("options", options) || !stored.contains("measured"))
    return std::nullopt;
  return stored["measured"];
}

Status StoredParts::store(const std::string& part, const json& options, const json& measured) const {
  const json stored = {{"subject", m_subject}, {"options", options}, {"measured", measured}};
  return writeFileAtomically(fileOf(part), textOf(stored, 1) + "\n");
}

Expected<std::string> fingerprint(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::array<char, 1 << 16> block{};
  Fnv hash;
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0)
    hash.add({block.data(), static_cast<std::size_t>(in.gcount())});
  if (!in.eof())
    return failure("The file cannot be read", "", "check that it is there and that you may read it", file.string());
  return hash.text();
}

json stateOf(const fs::path& input) {
  if (input.empty()) return "";
  std::error_code code;
  fs::path absolute = fs::absolute(input, code).lexically_normal();
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // "folder/" is "folder"
  const std::string state =
      fs::is_directory(absolute, code) ? folderState(absolute) : fingerprint(absolute).value_or("missing");
  return {{"path", absolute.string()}, {"state", state}};
}

std::string textOf(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

}  // namespace pinwheel::protocol
