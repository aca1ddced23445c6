// News of a training that nobody computes.
#pragma once

#include <memory>

#include "tests/wire/samples.h"

namespace pinwheel::test {

inline std::shared_ptr<const session::NetworkFrame> networkAt(std::int64_t step, std::uint64_t network = 3) {
  session::NetworkFrame frame = sampleNetwork();
  frame.stamp = {network, step, 0};
  return std::make_shared<const session::NetworkFrame>(std::move(frame));
}
inline std::shared_ptr<const session::MapsFrame> mapsAt(std::int64_t step, bool preview = true) {
  session::MapsFrame frame = sampleMaps();
  frame.stamp = {3, step, 0};
  frame.preview = preview;
  return std::make_shared<const session::MapsFrame>(std::move(frame));
}
/// Network 0: it is being prepared.
inline std::shared_ptr<const session::TrainingFrame> trainingAt(
    std::int64_t step, session::TrainingPhase phase = session::TrainingPhase::running, std::uint64_t network = 3) {
  session::TrainingFrame frame = sampleTraining();
  frame.stamp = {network, step, 0};
  frame.phase = phase;
  return std::make_shared<const session::TrainingFrame>(std::move(frame));
}
inline session::Notice noticeOf(const std::string& what) {
  return {session::Notice::Kind::information, {what}};
}

}  // namespace pinwheel::test
