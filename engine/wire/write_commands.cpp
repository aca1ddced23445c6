#include "engine/session/overloaded.h"
#include "engine/wire/enums.h"
#include "engine/wire/write_values.h"

namespace pinwheel::wire {
namespace {

WrittenAsk writeCommand(Writer& writer, const session::Command& command) {
  flatbuffers::FlatBufferBuilder& builder = writer.builder();
  const auto written = [](fb::Ask kind, auto table) { return WrittenAsk{kind, table.Union()}; };
  return std::visit(
      session::Overloaded{
          [&](const session::OpenCheckpoint& c) {
            const auto path = writer.path(c.path);
            return written(fb::Ask::OpenCheckpoint, fb::CreateOpenCheckpoint(builder, path));
          },
          [&](const session::StartTraining& c) {
            const auto recipe = writer.text(c.recipe);
            const auto settings = writer.texts(c.settings);
            const auto data = writer.text(c.data);
            const auto out = writer.path(c.out);
            return written(fb::Ask::StartTraining,
                           fb::CreateStartTraining(builder, recipe, settings, data, out, c.resume, c.threads));
          },
          [&](const session::Retrain& c) {
            const auto out = writer.path(c.out);
            return written(fb::Ask::Retrain, fb::CreateRetrain(builder, out, c.epochs, c.learningRate));
          },
          [&](const session::Pause&) { return written(fb::Ask::Pause, fb::CreatePause(builder)); },
          [&](const session::Resume&) { return written(fb::Ask::Resume, fb::CreateResume(builder)); },
          [&](const session::Step& c) { return written(fb::Ask::Step, fb::CreateStep(builder, c.steps)); },
          [&](const session::StopTraining&) { return written(fb::Ask::StopTraining, fb::CreateStopTraining(builder)); },
          [&](const session::ChangeSettings& c) {
            return written(fb::Ask::ChangeSettings,
                           fb::CreateChangeSettings(builder, c.alpha, c.beta, c.window, c.learningRate));
          },
          [&](const session::SetLesion& c) {
            const auto lesion = write(writer, c.lesion);
            return written(fb::Ask::SetLesion, fb::CreateSetLesion(builder, lesion, c.shamSeed));
          },
          [&](const session::ShowStimulus& c) {
            const session::Stimulus& s = c.stimulus;
            const auto file = writer.path(s.file);
            return written(fb::Ask::ShowStimulus, fb::CreateShowStimulus(builder, static_cast<fb::StimulusKind>(s.kind),
                                                                         s.angleDeg, s.cyclesPerImage, s.phaseDeg,
                                                                         s.chromatic, s.category, s.exemplar, file));
          },
          [&](const session::AskTuning& c) {
            const auto units = writer.numbers(c.units);
            return written(fb::Ask::AskTuning, fb::CreateAskTuning(builder, c.sheet, units));
          },
          [&](const session::MeasureMaps& c) {
            return written(fb::Ask::MeasureMaps, fb::CreateMeasureMaps(builder, c.lossShare));
          },
          [&](const session::MeasureLossShare&) {
            return written(fb::Ask::MeasureLossShare, fb::CreateMeasureLossShare(builder));
          },
          [&](const session::SaveCheckpoint& c) {
            const auto path = writer.path(c.path);
            return written(fb::Ask::SaveCheckpoint, fb::CreateSaveCheckpoint(builder, path));
          },
          [&](const session::CloseNetwork&) {
            return written(fb::Ask::CloseNetwork, fb::CreateCloseNetwork(builder));
          }},
      command);
}

}  // namespace

WrittenAsk write(Writer& writer, const Ask& ask) {
  flatbuffers::FlatBufferBuilder& builder = writer.builder();
  return std::visit(
      session::Overloaded{[&](const session::Command& command) { return writeCommand(writer, command); },
                          [&](const Cancel&) {
                            return WrittenAsk{fb::Ask::Cancel, fb::CreateCancel(builder).Union()};
                          },
                          [&](const AskFrames& frames) {
                            std::vector<std::uint8_t> kinds;
                            for (const FrameKind kind : frames.kinds) kinds.push_back(static_cast<std::uint8_t>(kind));
                            // The schema's enumerators are bytes; flatc names their list after the enumerators.
                            const OffsetOfVector<fb::FrameKind> list(writer.numbers(kinds).o);
                            return WrittenAsk{
                                fb::Ask::AskFrames,
                                fb::CreateAskFrames(builder, list, static_cast<fb::MapPrecision>(frames.maps)).Union()};
                          }},
      ask);
}

}  // namespace pinwheel::wire
