// The enumerators of the engine and of the schema have the same numbers: checked here once, so that they may be cast.
// For the .cpp files of this room.
#pragma once

#include <variant>

#include "engine/wire/message.h"
#include "engine/wire/schema/message_generated.h"

namespace pinwheel::wire {

template <class Ours, class Theirs>
constexpr bool sameNumber(Ours ours, Theirs theirs) {
  return static_cast<int>(ours) == static_cast<int>(theirs);
}

static_assert(sameNumber(perturbation::PerturbationKind::silence, fb::PerturbationKind::silence));
static_assert(sameNumber(perturbation::PerturbationKind::damp, fb::PerturbationKind::damp));
static_assert(sameNumber(perturbation::PerturbationKind::noise, fb::PerturbationKind::noise));
static_assert(sameNumber(perturbation::PerturbationKind::stimulate, fb::PerturbationKind::stimulate));
static_assert(sameNumber(perturbation::PerturbationKind::freeze, fb::PerturbationKind::MAX));

static_assert(sameNumber(session::LossShareState::notAsked, fb::LossShareState::notAsked));
static_assert(sameNumber(session::LossShareState::underWay, fb::LossShareState::underWay));
static_assert(sameNumber(session::LossShareState::stopped, fb::LossShareState::stopped));
static_assert(sameNumber(session::LossShareState::there, fb::LossShareState::there));
static_assert(sameNumber(session::LossShareState::impossible, fb::LossShareState::MAX));

static_assert(sameNumber(session::TrainingPhase::none, fb::TrainingPhase::none));
static_assert(sameNumber(session::TrainingPhase::preparing, fb::TrainingPhase::preparing));
static_assert(sameNumber(session::TrainingPhase::running, fb::TrainingPhase::running));
static_assert(sameNumber(session::TrainingPhase::paused, fb::TrainingPhase::paused));
static_assert(sameNumber(session::TrainingPhase::finished, fb::TrainingPhase::finished));
static_assert(sameNumber(session::TrainingPhase::stopped, fb::TrainingPhase::stopped));
static_assert(sameNumber(session::TrainingPhase::failed, fb::TrainingPhase::MAX));

static_assert(sameNumber(session::Notice::Kind::information, fb::NoticeKind::information));
static_assert(sameNumber(session::Notice::Kind::warning, fb::NoticeKind::warning));
static_assert(sameNumber(session::Notice::Kind::error, fb::NoticeKind::MAX));

static_assert(sameNumber(session::Stimulus::Kind::grating, fb::StimulusKind::grating));
static_assert(sameNumber(session::Stimulus::Kind::category, fb::StimulusKind::category));
static_assert(sameNumber(session::Stimulus::Kind::file, fb::StimulusKind::MAX));

static_assert(sameNumber(MapPrecision::half16, fb::MapPrecision::half16));
static_assert(sameNumber(MapPrecision::exact, fb::MapPrecision::MAX));

// Frames: 0 is "none" in the schema's union, FrameKind counts from 0.
static_assert(sameNumber(FrameKind::network, fb::FrameKind::network));
static_assert(sameNumber(FrameKind::maps, fb::FrameKind::maps));
static_assert(sameNumber(FrameKind::activity, fb::FrameKind::activity));
static_assert(sameNumber(FrameKind::tuning, fb::FrameKind::tuning));
static_assert(sameNumber(FrameKind::lesion, fb::FrameKind::lesion));
static_assert(sameNumber(FrameKind::training, fb::FrameKind::training));
static_assert(sameNumber(FrameKind::job, fb::FrameKind::job));
static_assert(sameNumber(FrameKind::notice, fb::FrameKind::MAX));
static_assert(std::variant_size_v<FrameVariant> == static_cast<std::size_t>(fb::Frame::MAX));
static_assert(std::variant_size_v<session::Command> + 2 == static_cast<std::size_t>(fb::Ask::MAX));

}  // namespace pinwheel::wire
