// Recordings for tests, and what ought to come back from them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/files.h"
#include "engine/core/random.h"
#include "engine/recording/recording_reader.h"
#include "engine/recording/recording_writer.h"
#include "tests/support.h"

namespace pinwheel::test {

struct Recorded {
  std::uint32_t kind = 0;
  std::int64_t step = 0;
  std::int64_t timeUs = 0;
  recording::Bytes bytes;
};

inline recording::Bytes bytesOf(std::string_view text) {
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

/// Half of them are compressible.
inline recording::Bytes randomBytes(Random& random, std::size_t count) {
  recording::Bytes bytes(count);
  const std::uint64_t values = random.below(2) == 0 ? 2 : 256;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(values));
  return bytes;
}

inline Status append(recording::RecordingWriter& writer, const Recorded& message) {
  return writer.append(message.kind, message.step, message.timeUs, message.bytes);
}

/// Empty when message `number` is `expected`; otherwise what differs.
inline std::string difference(recording::RecordingReader& reader, std::size_t number, const Recorded& expected) {
  const recording::MessageHeader header{expected.kind, static_cast<std::uint32_t>(expected.bytes.size()), expected.step,
                                        expected.timeUs};
  const std::string name = "message " + std::to_string(number);
  if (number >= reader.size()) return name + " is missing";
  if (reader.header(number) != header) return name + " has another header";
  const auto bytes = reader.read(number);
  if (!bytes) return name + ": " + bytes.error().text();
  return *bytes == expected.bytes ? "" : name + " has another content";
}

/// Empty when the recording holds just `expected`; otherwise the first difference.
inline std::string difference(recording::RecordingReader& reader, const std::vector<Recorded>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (std::string found = difference(reader, i, expected[i]); !found.empty()) return found;
  return reader.size() == expected.size()
             ? ""
             : std::to_string(reader.size()) + " messages instead of " + std::to_string(expected.size());
}

}  // namespace pinwheel::test

/// The texts that tell differences are empty.
#define QVERIFY_SAME(text)                                    \
  do {                                                        \
    const std::string differenceText = (text);                \
    QVERIFY2(differenceText.empty(), differenceText.c_str()); \
  } while (false)
