// Recordings of trainings for tests, as a training writes them: what was published, with the step of its stamp.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "engine/recording/recording_writer.h"
#include "engine/wire/encode.h"
#include "tests/support.h"

namespace pinwheel::test {

/// Writes frames; a second of wall clock between one message and the next. An error ends the test program.
class TrainingRecorder {
public:
  static constexpr std::int64_t kBeginUs = 1'700'000'000'000'000;

  explicit TrainingRecorder(const std::filesystem::path& path)
      : m_writer(checked(recording::RecordingWriter::create(path, R"({"program":"pinwheel"})", options()))) {}
  /// Goes on with a recording, as a run that is resumed from `fromStep` does.
  TrainingRecorder(const std::filesystem::path& path, std::int64_t fromStep)
      : m_writer(checked(recording::RecordingWriter::reopen(path, fromStep, options()))) {}

  template <class Frame>
  void add(const Frame& frame) {
    const auto bytes = checked(wire::encode(frame));
    addBytes(wire::kindOf(wire::FrameVariant(frame)), frame.stamp.step, bytes);
  }
  /// A message whose bytes need not be a frame's.
  void addBytes(wire::FrameKind kind, std::int64_t step, recording::BytesView bytes) {
    check(m_writer->append(static_cast<std::uint32_t>(kind), step, m_timeUs += 1'000'000, bytes));
  }
  void flush() { check(m_writer->flush()); }
  void close() { check(m_writer->close()); }
  /// The wall clock stands still otherwise: a night between two sessions.
  void wait(std::int64_t seconds) { m_timeUs += seconds * 1'000'000; }

private:
  // Each message in a chunk of its own: damage then costs one.
  static recording::RecordingOptions options() { return {1, 2'000'000, 1}; }
  static void check(const Status& status) {
    if (!status) qFatal("%s", status.error().text().c_str());
  }
  template <class T>
  static T checked(Expected<T> value) {
    if (!value) qFatal("%s", value.error().text().c_str());
    return std::move(*value);
  }

  std::int64_t m_timeUs = kBeginUs;
  std::unique_ptr<recording::RecordingWriter> m_writer;
};

}  // namespace pinwheel::test
