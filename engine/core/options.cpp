#include "engine/core/options.h"

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <sstream>

#include "engine/core/toml_text.h"

namespace pinwheel {
namespace {

// Shortest text that reads back to the same number.
std::string shortest(double value) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// For people: no exponents where the digits are few.
std::string plain(double value) {
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-6 || size >= 1e15)) return shortest(value);
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::fixed).ptr};
}

std::string rangeText(const Option& option) {
  if (std::holds_alternative<std::string*>(option.target) || std::holds_alternative<bool*>(option.target)) return "";
  const bool low = std::isfinite(option.minimum);
  const bool high = std::isfinite(option.maximum);
  if (low && high) return plain(option.minimum) + " to " + plain(option.maximum);
  if (low) return "at least " + plain(option.minimum);
  if (high) return "at most " + plain(option.maximum);
  return "";
}

std::string choicesText(const Option& option) {
  std::string text;
  for (const std::string& choice : option.choices) text += (text.empty() ? "" : ", ") + choice;
  return text;
}

std::string cut(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string out(text.substr(0, kLongest));
  if (text.size() > kLongest) out += "...";
  return out;
}

std::string inQuotes(std::string_view text) {
  return "\"" + cut(text) + "\"";
}

// `value` as it stands in the message, with its quotes if it has any.
tl::unexpected<Error> wrongType(const Option& option, const std::string& value, const std::string& wanted) {
  const bool text = std::holds_alternative<std::string*>(option.target);
  return failure("Option " + option.key + " cannot be " + value, "it takes " + wanted,
                 text ? "put it in quotes" : "write it like its default, " + option.defaultText);
}

tl::unexpected<Error> outOfRange(const Option& option, const std::string& value) {
  return failure("Option " + option.key + " cannot be " + value, "its range is " + rangeText(option),
                 "choose a value in it; the default is " + option.defaultText);
}

// A value that has passed its option's checks, not yet applied.
using Value = std::variant<bool, std::int64_t, double, std::string>;

Expected<Value> checkedInteger(const Option& option, std::int64_t value) {
  const auto asDouble = static_cast<double>(value);
  if (asDouble < option.minimum || asDouble > option.maximum) return outOfRange(option, std::to_string(value));
  return Value(value);
}

Expected<Value> checkedNumber(const Option& option, double value) {
  if (!std::isfinite(value)) return wrongType(option, shortest(value), "a finite number");
  if (value < option.minimum || value > option.maximum) return outOfRange(option, plain(value));
  return Value(value);
}

Expected<Value> checkedText(const Option& option, const std::string& value) {
  // What is written to configurations and checkpoints must be text that they can be read from again.
  if (firstBadUtf8(value) != std::string::npos)
    return failure("Option " + option.key + " cannot be " + inQuotes(value), "it is not UTF-8 text",
                   "give it in UTF-8; rename the file or folder if it names one");
  if (option.choices.empty() || std::find(option.choices.begin(), option.choices.end(), value) != option.choices.end())
    return Value(value);
  const std::string near = nearestName(value, option.choices);
  return failure("Option " + option.key + " cannot be " + inQuotes(value), "it is one of " + choicesText(option),
                 near.empty() ? "choose one of them; the default is " + option.defaultText
                              : "did you mean " + inQuotes(near) + "?");
}

Expected<Value> parse(const Option& option, const std::string& text) {
  const char* const end = text.data() + text.size();
  if (std::holds_alternative<bool*>(option.target)) {
    if (text == "true" || text == "1" || text == "yes" || text == "on") return Value(true);
    if (text == "false" || text == "0" || text == "no" || text == "off") return Value(false);
    return wrongType(option, inQuotes(text), "true or false");
  }
  if (std::holds_alternative<std::int64_t*>(option.target)) {
    std::int64_t value = 0;
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code != std::errc{} || stop != end) return wrongType(option, inQuotes(text), "a whole number");
    return checkedInteger(option, value);
  }
  if (std::holds_alternative<double*>(option.target)) {
    double value = 0;
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code != std::errc{} || stop != end) return wrongType(option, inQuotes(text), "a number");
    return checkedNumber(option, value);
  }
  return checkedText(option, text);
}

// A value as the configuration has it.
std::string textOf(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return inQuotes(*text);
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  return cut(out.str());
}

Expected<Value> fromNode(const Option& option, const toml::node& node) {
  if (std::holds_alternative<bool*>(option.target)) {
    if (const auto value = node.value_exact<bool>()) return Value(*value);
    return wrongType(option, textOf(node), "true or false");
  }
  if (std::holds_alternative<std::int64_t*>(option.target)) {
    if (const auto value = node.value_exact<std::int64_t>()) return checkedInteger(option, *value);
    return wrongType(option, textOf(node), "a whole number");
  }
  if (std::holds_alternative<double*>(option.target)) {
    if (const auto value = node.value_exact<double>()) return checkedNumber(option, *value);
    if (const auto value = node.value_exact<std::int64_t>()) return checkedNumber(option, static_cast<double>(*value));
    return wrongType(option, textOf(node), "a number");
  }
  if (const auto value = node.value_exact<std::string>()) return checkedText(option, *value);
  return wrongType(option, textOf(node), "a text in quotes");
}

void apply(const Option& option, const Value& value) {
  std::visit([&value](auto* target) { *target = std::get<std::remove_pointer_t<decltype(target)>>(value); },
             option.target);
}

std::string lineOf(const toml::source_region& source) {
  return "line " + std::to_string(source.begin.line);
}

std::string tomlString(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04X", static_cast<unsigned>(c));
      out += code;
      continue;
    }
    out += c;
  }
  return out + "\"";
}

// Levenshtein's distance; `limit` when it is not below that.
std::size_t editDistance(std::string_view a, std::string_view b, std::size_t limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >= limit) return limit;
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return std::min(row[b.size()], limit);
}

// The nearest candidate whose distance is below `limit`.
std::string nearestWithin(std::string_view word, const std::vector<std::string>& candidates, std::size_t limit) {
  std::string best;
  for (const std::string& candidate : candidates) {
    std::size_t distance = editDistance(word, candidate, limit);
    // "alpha" for "stc.alpha": the last part alone is one letter away.
    if (const auto dot = candidate.rfind('.'); dot != std::string::npos && limit > 1)
      distance = std::min(distance, 1 + editDistance(word, std::string_view(candidate).substr(dot + 1), limit - 1));
    if (distance < limit) {
      limit = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace

std::string nearestName(std::string_view word, const std::vector<std::string>& candidates) {
  return nearestWithin(word, candidates, word.size() / 2 + 1);
}

void OptionTable::add(Option option) {
  option.defaultText = valueText(option);
  m_options.push_back(std::move(option));
}

namespace {

// The nearest is always named: whoever mistypes a key finds it, whoever guesses one sees what they look like.
tl::unexpected<Error> unknownOption(std::string_view key, const std::vector<Option>& options) {
  std::vector<std::string> keys;
  for (const Option& option : options) keys.push_back(option.key);
  std::string hint;
  if (const std::string near = nearestName(key, keys); !near.empty())
    hint = "did you mean " + inQuotes(near) + "?";
  else if (const std::string far = nearestWithin(key, keys, std::string::npos); !far.empty())
    hint = "the nearest is " + inQuotes(far) + "; `pinwheel-cli train --help` lists them all";
  return failure("There is no option " + inQuotes(key), "", std::move(hint));
}

const Option* find(const std::vector<Option>& options, std::string_view key) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.key == key; });
  return found == options.end() ? nullptr : &*found;
}

using KeyedNode = std::pair<std::string, const toml::node*>;

// The values of a TOML table by their dotted keys, as far as there are options below a table; a table below which there
// are none stands for the first value in it, so that no text, however it is nested, grows here.
std::vector<KeyedNode> leavesOf(const toml::table& root, const std::vector<Option>& options) {
  const auto hasOptions = [&options](const std::string& key) {
    const std::string prefix = key + ".";
    return std::any_of(options.begin(), options.end(), [&](const Option& o) { return o.key.rfind(prefix, 0) == 0; });
  };
  std::vector<KeyedNode> leaves;
  std::vector<KeyedNode> open;
  for (const auto& [key, node] : root) open.emplace_back(std::string(key.str()), &node);
  while (!open.empty()) {
    auto [key, node] = std::move(open.back());
    open.pop_back();
    const toml::table* table = node->as_table();
    if (table != nullptr && hasOptions(key)) {
      for (const auto& [inner, child] : *table) open.emplace_back(key + "." + std::string(inner.str()), &child);
      continue;
    }
    for (; table != nullptr && !table->empty(); table = node->as_table()) {
      key += "." + std::string(table->cbegin()->first.str());
      node = &table->cbegin()->second;
    }
    leaves.emplace_back(std::move(key), node);
  }
  return leaves;
}

}  // namespace

Status OptionTable::set(std::string_view key, std::string_view value) {
  const Option* option = find(m_options, key);
  if (option == nullptr) return unknownOption(key, m_options);
  const auto parsed = parse(*option, std::string(value));
  if (!parsed) return tl::unexpected(parsed.error());
  apply(*option, *parsed);
  return {};
}

Status OptionTable::setAssignment(std::string_view assignment) {
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return failure(inQuotes(assignment) + " sets nothing", "an assignment has the form key=value",
                   "for example --set stc.alpha=0.5");
  return set(assignment.substr(0, equals), assignment.substr(equals + 1));
}

Status OptionTable::readToml(std::string_view text, const std::string& name) {
  if (Status status = checkTomlText(text, name); !status) return status;
  toml::table root;
  try {
    root = toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return failure("The configuration is not valid TOML",
                   lineOf(error.source()) + ": " + std::string(error.description()), "correct that line", name);
  } catch (const std::exception& error) {
    return failure("The configuration cannot be read", error.what(), "check that this is the file that you meant",
                   name);
  }
  std::vector<std::pair<const Option*, Value>> accepted;
  for (const auto& [key, node] : leavesOf(root, m_options)) {
    const Option* option = find(m_options, key);
    Expected<Value> value =
        option == nullptr ? Expected<Value>(unknownOption(key, m_options)) : fromNode(*option, *node);
    if (!value) {
      Error error = value.error();
      error.what += " (" + lineOf(node->source()) + ")";
      error.path = name;
      return tl::unexpected(std::move(error));
    }
    accepted.emplace_back(option, std::move(*value));
  }
  for (const auto& [option, value] : accepted) apply(*option, value);
  return {};
}

std::string OptionTable::valueText(const Option& option) const {
  if (const auto* flag = std::get_if<bool*>(&option.target)) return **flag ? "true" : "false";
  if (const auto* integer = std::get_if<std::int64_t*>(&option.target)) return std::to_string(**integer);
  if (const auto* number = std::get_if<double*>(&option.target)) return shortest(**number);
  return *std::get<std::string*>(option.target);
}

std::string OptionTable::toToml() const {
  std::string out;
  std::string table;
  for (const Option& option : m_options) {
    const auto dot = option.key.rfind('.');
    const std::string prefix = dot == std::string::npos ? "" : option.key.substr(0, dot);
    if (prefix != table) {
      out += (out.empty() ? "[" : "\n[") + prefix + "]\n";
      table = prefix;
    }
    std::string value = valueText(option);
    if (std::holds_alternative<std::string*>(option.target)) value = tomlString(value);
    // TOML tells floats from integers by a point or an exponent.
    if (std::holds_alternative<double*>(option.target) && value.find_first_of(".e") == std::string::npos) value += ".0";
    out += option.key.substr(dot == std::string::npos ? 0 : dot + 1) + " = " + value + "\n";
  }
  return out;
}

std::string OptionTable::helpText() const {
  std::string out;
  std::string table;
  for (const Option& option : m_options) {
    const std::string prefix = option.key.substr(0, option.key.find('.'));
    if (prefix != table && !out.empty()) out += "\n";
    table = prefix;
    out += "  " + option.key + " = " + (option.defaultText.empty() ? "\"\"" : option.defaultText);
    if (!option.unit.empty()) out += " " + option.unit;
    out += "\n      " + option.help;
    if (!option.choices.empty()) out += " One of " + choicesText(option) + ".";
    if (const std::string range = rangeText(option); !range.empty()) out += " Range: " + range + ".";
    out += "\n";
  }
  return out;
}

}  // namespace pinwheel
