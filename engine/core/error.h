// What the engine returns instead of throwing: a value, or an Error that a person can act on.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace pinwheel {

/// A failure told to a person: what happened, why (what it means), what to do next, and the file concerned, if any.
struct Error {
  std::string what;
  std::string why{};
  std::string hint{};
  std::string path{};

  /// One text of up to four lines, as the command line prints it.
  [[nodiscard]] std::string text() const {
    std::string out = what;
    if (!path.empty()) out += "\n  file: " + path;
    if (!why.empty()) out += "\n  why:  " + why;
    if (!hint.empty()) out += "\n  next: " + hint;
    return out;
  }
};

template <class T>
using Expected = tl::expected<T, Error>;
using Status = Expected<void>;

/// Shorthand for returning a failure.
[[nodiscard]] inline tl::unexpected<Error> failure(std::string what, std::string why = {}, std::string hint = {},
                                                   std::string path = {}) {
  return tl::unexpected<Error>(Error{std::move(what), std::move(why), std::move(hint), std::move(path)});
}

}  // namespace pinwheel
