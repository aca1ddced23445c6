// The parts of a protocol as they lie in its folder, each under the key of what it was measured from.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "engine/core/error.h"

namespace pinwheel::protocol {

class StoredParts {
public:
  /// `folder` is made when missing. `subject`: what every part depends on (checkpoint, data, version).
  static Expected<StoredParts> open(std::filesystem::path folder, nlohmann::json subject);

  /// What was stored of `part` under the same subject and the same `options`; none when it is missing, unreadable or
  /// another's.
  [[nodiscard]] std::optional<nlohmann::json> find(const std::string& part, const nlohmann::json& options) const;
  Status store(const std::string& part, const nlohmann::json& options, const nlohmann::json& measured) const;

private:
  StoredParts(std::filesystem::path folder, nlohmann::json subject);
  [[nodiscard]] std::filesystem::path fileOf(const std::string& part) const;

  std::filesystem::path m_folder;
  nlohmann::json m_subject;
};

/// FNV-1a over the bytes of a file, as 16 hexadecimal digits: to tell checkpoints apart, not to withstand forgery.
Expected<std::string> fingerprint(const std::filesystem::path& file);

/// What tells whether an input is still the same: its absolute path and, of a file its fingerprint, of a folder one
/// over the names, sizes and times of all files in it; "missing" where there is none. Empty for an empty path.
[[nodiscard]] nlohmann::json stateOf(const std::filesystem::path& input);

/// As text; bytes that are no UTF-8 (of a path) are replaced rather than thrown at.
[[nodiscard]] std::string textOf(const nlohmann::json& value, int indent = -1);

}  // namespace pinwheel::protocol
