// Small networks and answers whose pictures are known.
#pragma once

#include <limits>
#include <memory>

#include "app/scope/feed.h"
#include "engine/wire/encode.h"
#include "tests/recording/recorded.h"

namespace pinwheel::test {

inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// Sheets of 4 x 1 x 1 units, at the corners of 10 mm, three time steps.
inline session::NetworkFrame squareNetwork(std::uint64_t number = 1, std::size_t sheets = 2) {
  session::NetworkFrame network;
  network.stamp = {number, 0, 0};
  network.title = "square";
  for (std::size_t s = 0; s < sheets; ++s) {
    session::SheetPlan sheet;
    const std::string name = "sheet" + std::to_string(s);
    sheet.spec = {name, "V1", 4, 1, 1, 5, 10, 1, 0};
    sheet.xMm = {1, 9, 1, 9};
    sheet.yMm = {1, 1, 9, 9};
    network.sheets.push_back(sheet);
  }
  network.domainNames = {"faces"};
  network.timeSteps = 3;
  network.imageSide = 8;
  network.frequencies = {2, 4};
  return network;
}

/// The spikes [T, U] of every sheet of squareNetwork().
inline session::ActivityFrame answer(std::int64_t step, const std::vector<std::uint8_t>& spikes,
                                     std::uint64_t number = 1, std::size_t sheets = 2) {
  session::ActivityFrame frame;
  frame.stamp = {number, step, 0};
  frame.stimulus = "image";
  frame.timeSteps = 3;
  frame.spikes.assign(sheets, spikes);
  return frame;
}

inline session::TrainingFrame training(std::int64_t step) {
  session::TrainingFrame frame;
  frame.stamp = {1, step, 0};
  frame.phase = session::TrainingPhase::running;
  frame.report.step = step;
  frame.layers = {"sheet0", "sheet1"};
  for (std::int64_t s = 0; s <= step; s += 10) {
    session::TrainingPoint point;
    point.step = s;
    point.taskLoss = 4.0 / static_cast<double>(s + 10);
    point.accuracy = 0.5;
    point.slow = {0.25F, 0.5F};
    point.fast = {0.5F, 0.75F};
    frame.points.push_back(point);
  }
  return frame;
}

inline session::MapsFrame squareMaps(std::int64_t step, float firstDeg, std::size_t sheets = 2) {
  session::MapsFrame frame;
  frame.stamp = {1, step, 0};
  session::SheetMaps maps;
  maps.tuning.orientationDeg = {firstDeg, 90, 135, 179};
  maps.tuning.circularVariance = {0, 0, 0, 0};
  maps.tuning.frequencyCyclesPerImage = {2, 3, 4, 2};
  maps.tuning.meanRate = {0.1F, 0.2F, 0.3F, 0.4F};
  maps.domains = {{"faces", {-3, 0, 3, 6}, {}}};
  frame.sheets.assign(sheets, maps);
  return frame;
}

/// Appends a frame as recordings hold it.
template <class Frame>
Status record(recording::RecordingWriter& writer, wire::FrameKind kind, std::int64_t step, const Frame& frame) {
  const auto bytes = wire::encode(frame);
  if (!bytes) return tl::unexpected(bytes.error());
  return writer.append(static_cast<std::uint32_t>(kind), step, 1'000'000 + step, *bytes);
}

/// A network, maps at step 0 and 30, one answer and one training frame every 10 steps to 50: at step 10 k unit k % 4
/// fires at every time step.
inline Status writeRecording(const std::filesystem::path& path) {
  auto made = recording::RecordingWriter::create(path, "{}");
  if (!made) return tl::unexpected(made.error());
  recording::RecordingWriter& writer = **made;
  Status status = record(writer, wire::FrameKind::network, 0, squareNetwork());
  if (status) status = record(writer, wire::FrameKind::maps, 0, squareMaps(0, 10));
  for (std::int64_t step = 0; step <= 50 && status; step += 10) {
    if (step == 30) status = record(writer, wire::FrameKind::maps, step, squareMaps(step, 60));
    std::vector<std::uint8_t> spikes(12, 0);
    for (std::size_t t = 0; t < 3; ++t) spikes[t * 4 + static_cast<std::size_t>(step / 10 % 4)] = 1;
    if (status) status = record(writer, wire::FrameKind::activity, step, answer(step, spikes));
    if (status) status = record(writer, wire::FrameKind::training, step, training(step));
  }
  return status ? writer.close() : status;
}

template <class Frame>
std::shared_ptr<const Frame> held(Frame frame) {
  return std::make_shared<const Frame>(std::move(frame));
}

}  // namespace pinwheel::test
