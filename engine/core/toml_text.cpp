#include "engine/core/toml_text.h"

#include <algorithm>
#include <array>

namespace pinwheel {
namespace {

constexpr std::size_t kMaximumBytes = 1 << 20;
constexpr int kMaximumDots = 16;
constexpr int kMaximumDepth = 16;

// What follows a first byte: how many bytes, and the bounds of the first of them (Unicode 15, table 3-7).
struct Lead {
  unsigned char from, to;
  int more;
  unsigned char low, high;
};
constexpr std::array<Lead, 8> kLeads{{{0xC2, 0xDF, 1, 0x80, 0xBF},
                                      {0xE0, 0xE0, 2, 0xA0, 0xBF},
                                      {0xE1, 0xEC, 2, 0x80, 0xBF},
                                      {0xED, 0xED, 2, 0x80, 0x9F},
                                      {0xEE, 0xEF, 2, 0x80, 0xBF},
                                      {0xF0, 0xF0, 3, 0x90, 0xBF},
                                      {0xF1, 0xF3, 3, 0x80, 0xBF},
                                      {0xF4, 0xF4, 3, 0x80, 0x8F}}};

std::string lineAt(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  return "line " + std::to_string(1 + std::count(before.begin(), before.end(), '\n'));
}

// What stands before '=' on the line of `at`, where there is one: the option's name.
std::string keyAt(std::string_view text, std::size_t at) {
  const auto newline = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
  const std::string_view line =
      newline == std::string_view::npos ? text.substr(0, at) : text.substr(newline + 1, at - newline - 1);
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return "";
  const auto first = line.find_first_not_of(" \t");
  const auto last = line.find_last_not_of(" \t", equals == 0 ? 0 : equals - 1);
  return first >= equals ? "" : ", option " + std::string(line.substr(first, last - first + 1));
}

// Passes a string or a comment that begins at `at`; what is none is passed by one byte. Strings are closed where the
// parser closes them, or where it gives up on the text: at the end of the line, unless their quotes are tripled.
std::size_t past(std::string_view text, std::size_t at) {
  const char quote = text[at];
  if (quote == '#') return std::min(text.find('\n', at), text.size());
  if (quote != '"' && quote != '\'') return at + 1;
  const std::string triple(3, quote);
  const bool tripled = text.substr(at, 3) == triple;
  for (at += tripled ? 3 : 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (!tripled) {
      if (text[at] == '\n') return at;
      if (text[at] == quote) return at + 1;
    } else if (text.substr(at, 3) == triple) {
      at += 3;
      // Up to two quotes before the closing three belong to the text.
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    }
  }
  return text.size();
}

}  // namespace

std::size_t firstBadUtf8(std::string_view text) noexcept {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  for (std::size_t at = 0; at < text.size();) {
    if (byte(at) < 0x80) {
      ++at;
      continue;
    }
    const auto lead = std::find_if(kLeads.begin(), kLeads.end(),
                                   [&](const Lead& l) { return byte(at) >= l.from && byte(at) <= l.to; });
    if (lead == kLeads.end() || text.size() - at <= static_cast<std::size_t>(lead->more)) return at;
    if (byte(at + 1) < lead->low || byte(at + 1) > lead->high) return at;
    for (int i = 2; i <= lead->more; ++i)
      if ((byte(at + static_cast<std::size_t>(i)) & 0xC0U) != 0x80) return at;
    at += static_cast<std::size_t>(lead->more) + 1;
  }
  return std::string_view::npos;
}

Status checkTomlText(std::string_view text, const std::string& name) {
  const auto refuse = [&name](std::string why, std::string hint) {
    return failure("The configuration cannot be read", std::move(why), std::move(hint), name);
  };
  if (text.size() > kMaximumBytes)
    return refuse(std::to_string(text.size()) + " bytes are more than a configuration needs (at most 1 MiB)",
                  "check that this is the file that you meant");
  if (const std::size_t bad = firstBadUtf8(text); bad != std::string_view::npos)
    return refuse(lineAt(text, bad) + keyAt(text, bad) + ": the text is not UTF-8", "save the file as UTF-8");
  int dots = 0;
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); at = past(text, at)) {
    const char c = text[at];
    // Whatever stands between two keys starts the count again.
    if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') depth = std::max(0, depth - 1);
    if (c == '.') ++dots;
    if (dots > kMaximumDots)
      return refuse(lineAt(text, at) + ": a key of more than " + std::to_string(kMaximumDots) + " dots",
                    "no option is named so; correct that line");
    if (depth > kMaximumDepth)
      return refuse(lineAt(text, at) + ": brackets nested more than " + std::to_string(kMaximumDepth) + " deep",
                    "no option takes that; correct that line");
  }
  return {};
}

}  // namespace pinwheel
