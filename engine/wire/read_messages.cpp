#include "engine/wire/enums.h"
#include "engine/wire/read_values.h"

namespace pinwheel::wire {
namespace {

session::Stimulus readStimulus(Reader& reader, const fb::ShowStimulus& table) {
  session::Stimulus s;
  s.kind = reader.enumerator<session::Stimulus::Kind>(table.kind());
  s.angleDeg = table.angle_deg();
  s.cyclesPerImage = table.cycles_per_image();
  s.phaseDeg = table.phase_deg();
  s.chromatic = table.chromatic();
  s.category = table.category();
  s.exemplar = table.exemplar();
  s.file = reader.path(table.file());
  return s;
}

Ask readAsk(Reader& reader, const fb::Request& request) {
  using session::Command;
  if (request.ask() != nullptr) switch (request.ask_type()) {
      case fb::Ask::NONE:
        break;
      case fb::Ask::OpenCheckpoint:
        return Command(session::OpenCheckpoint{reader.path(request.ask_as_OpenCheckpoint()->path())});
      case fb::Ask::StartTraining: {
        const fb::StartTraining& t = *request.ask_as_StartTraining();
        return Command(session::StartTraining{reader.text(t.recipe()), reader.texts(t.settings()),
                                              reader.text(t.data()), reader.path(t.out()), t.resume(), t.threads()});
      }
      case fb::Ask::Retrain: {
        const fb::Retrain& t = *request.ask_as_Retrain();
        return Command(session::Retrain{reader.path(t.out()), t.epochs(), t.learning_rate()});
      }
      case fb::Ask::Pause:
        return Command(session::Pause{});
      case fb::Ask::Resume:
        return Command(session::Resume{});
      case fb::Ask::Step:
        return Command(session::Step{request.ask_as_Step()->steps()});
      case fb::Ask::StopTraining:
        return Command(session::StopTraining{});
      case fb::Ask::ChangeSettings: {
        const fb::ChangeSettings& t = *request.ask_as_ChangeSettings();
        return Command(session::ChangeSettings{t.alpha(), t.beta(), t.window(), t.learning_rate()});
      }
      case fb::Ask::SetLesion: {
        const fb::SetLesion& t = *request.ask_as_SetLesion();
        return Command(session::SetLesion{read(reader, t.lesion()), t.sham_seed()});
      }
      case fb::Ask::ShowStimulus:
        return Command(session::ShowStimulus{readStimulus(reader, *request.ask_as_ShowStimulus())});
      case fb::Ask::AskTuning: {
        const fb::AskTuning& t = *request.ask_as_AskTuning();
        return Command(session::AskTuning{t.sheet(), reader.numbers(t.units())});
      }
      case fb::Ask::MeasureMaps:
        return Command(session::MeasureMaps{request.ask_as_MeasureMaps()->loss_share()});
      case fb::Ask::MeasureLossShare:
        return Command(session::MeasureLossShare{});
      case fb::Ask::SaveCheckpoint:
        return Command(session::SaveCheckpoint{reader.path(request.ask_as_SaveCheckpoint()->path())});
      case fb::Ask::CloseNetwork:
        return Command(session::CloseNetwork{});
      case fb::Ask::Cancel:
        return Cancel{};
      case fb::Ask::AskFrames: {
        const fb::AskFrames& t = *request.ask_as_AskFrames();
        AskFrames frames;
        if (t.kinds() != nullptr) {
          reader.check(t.kinds()->size() <= std::variant_size_v<FrameVariant>, "it names more kinds than there are");
          for (flatbuffers::uoffset_t i = 0; !reader.refused() && i < t.kinds()->size(); ++i)
            frames.kinds.push_back(reader.enumerator<FrameKind>(t.kinds()->GetEnum<fb::FrameKind>(i)));
        }
        frames.maps = reader.enumerator<MapPrecision>(t.maps());
        return frames;
      }
    }
  reader.check(false, "it asks nothing that this version knows");
  return Cancel{};
}

FrameVariant readFrame(Reader& reader, const fb::Published& published) {
  if (published.frame() != nullptr) switch (published.frame_type()) {
      case fb::Frame::NONE:
        break;
      case fb::Frame::NetworkFrame:
        return read(reader, *published.frame_as_NetworkFrame());
      case fb::Frame::MapsFrame:
        return read(reader, *published.frame_as_MapsFrame());
      case fb::Frame::ActivityFrame:
        return read(reader, *published.frame_as_ActivityFrame());
      case fb::Frame::TuningFrame:
        return read(reader, *published.frame_as_TuningFrame());
      case fb::Frame::LesionFrame:
        return read(reader, *published.frame_as_LesionFrame());
      case fb::Frame::TrainingFrame:
        return read(reader, *published.frame_as_TrainingFrame());
      case fb::Frame::JobFrame:
        return read(reader, *published.frame_as_JobFrame());
      case fb::Frame::Notice:
        return read(reader, *published.frame_as_Notice());
    }
  reader.check(false, "it holds no frame that this version knows");
  return session::JobFrame{};
}

}  // namespace

Published read(Reader& reader, const fb::Published& published) {
  Published out{{published.sequence(), published.dropped(), MapPrecision::half16}, readFrame(reader, published)};
  const fb::MapsFrame* maps = published.frame_as_MapsFrame();
  if (const fb::LesionFrame* lesion = published.frame_as_LesionFrame()) maps = lesion->maps_before();
  if (maps != nullptr) out.head.maps = reader.enumerator<MapPrecision>(maps->precision());
  return out;
}

Request read(Reader& reader, const fb::Request& request) {
  return {request.id(), readAsk(reader, request)};
}

Answer read(Reader& reader, const fb::Answer& answer) {
  Answer out;
  out.request = answer.request();
  if (answer.refusal() != nullptr) out.refusal = read(reader, answer.refusal());
  return out;
}

}  // namespace pinwheel::wire
