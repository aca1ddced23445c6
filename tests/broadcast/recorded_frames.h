// Recordings of what a session published, read back.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/recording/recording_reader.h"
#include "engine/wire/decode.h"
#include "tests/support.h"

namespace pinwheel::test {

struct RecordedFrame {
  recording::MessageHeader header;
  std::uint32_t session = 0;
  wire::Published published;
};

/// All of them, in the order of the recording; kinds are checked against what the frames are.
inline Expected<std::vector<RecordedFrame>> framesOf(const std::filesystem::path& path) {
  auto reader = recording::RecordingReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  std::vector<RecordedFrame> frames;
  for (std::size_t i = 0; i < reader->size(); ++i) {
    const auto bytes = reader->read(i);
    if (!bytes) return tl::unexpected(bytes.error());
    auto published = wire::decodeFrame(*bytes);
    if (!published) return tl::unexpected(published.error());
    if (static_cast<std::uint32_t>(wire::kindOf(published->frame)) != reader->header(i).kind)
      return failure("message " + std::to_string(i) + " is of another kind than it is recorded as");
    frames.push_back({reader->header(i), reader->session(i), std::move(*published)});
  }
  return frames;
}

/// The kinds in their order: "network maps training".
inline std::string kindsOf(const std::vector<RecordedFrame>& frames) {
  std::string text;
  for (const RecordedFrame& frame : frames)
    text += (text.empty() ? "" : " ") + std::string(wire::nameOf(wire::kindOf(frame.published.frame)));
  return text;
}

inline std::vector<std::int64_t> stepsOf(const std::vector<RecordedFrame>& frames) {
  std::vector<std::int64_t> steps;
  for (const RecordedFrame& frame : frames) steps.push_back(frame.header.step);
  return steps;
}

}  // namespace pinwheel::test
