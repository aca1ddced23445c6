// One option is declared once: its key, default, range, unit and help. The TOML reader, `--set`, the help text, the
// defaults and the range checks all come from that declaration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel {

/// A declared option, bound to a variable of the configuration. The value present when it is declared is its default.
struct Option {
  std::string key;   ///< dotted, "stc.alpha"
  std::string help;  ///< one sentence
  std::string unit;  ///< "mm", "px", "" ...
  std::variant<bool*, std::int64_t*, double*, std::string*> target;
  double minimum = -std::numeric_limits<double>::infinity();  ///< numbers: inclusive range
  double maximum = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices{};  ///< strings: allowed values; empty: any
  std::string defaultText{};           ///< filled by OptionTable
};

/// The options of one configuration object, in declaration order. Holds pointers into it: keep it alive, do not move
/// it.
class OptionTable {
public:
  void add(Option option);
  [[nodiscard]] const std::vector<Option>& options() const noexcept { return m_options; }

  /// Sets one option from text ("stc.alpha", "0.5"). Errors: unknown key (names the nearest), wrong type, NaN, out of
  /// range, not among the choices; the value is unchanged then.
  Status set(std::string_view key, std::string_view value);
  /// "key=value", as given to --set.
  Status setAssignment(std::string_view assignment);
  /// A TOML text: tables become dotted keys. All or nothing: on an error no option has changed. `name` is for messages,
  /// which give the line.
  Status readToml(std::string_view text, const std::string& name);

  /// The present values: TOML text (readToml of it gives them back bit-exactly), one value as text, and a help listing.
  [[nodiscard]] std::string toToml() const;
  [[nodiscard]] std::string valueText(const Option& option) const;
  [[nodiscard]] std::string helpText() const;

private:
  std::vector<Option> m_options;
};

/// The candidate nearest to `word` by edit distance; empty when none is near (more than half the letters differ).
[[nodiscard]] std::string nearestName(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace pinwheel
