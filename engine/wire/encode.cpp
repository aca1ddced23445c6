#include "engine/wire/encode.h"

#include "engine/wire/enums.h"
#include "engine/wire/write_values.h"

namespace pinwheel::wire {
namespace {

// The schema's member of Frame for a frame of ours.
template <class T>
constexpr fb::Frame kindOfTable(Offset<T>) {
  return fb::FrameTraits<T>::enum_value;
}

template <class Frame>
Expected<Bytes> encodeFrame(const Frame& frame, const FrameHead& head) {
  Writer writer(head.maps);
  const auto table = write(writer, frame);
  const auto published =
      fb::CreatePublished(writer.builder(), head.sequence, head.dropped, kindOfTable(table), table.Union());
  return writer.finish(fb::Body::Published, published.Union());
}

}  // namespace

std::string_view nameOf(FrameKind kind) noexcept {
  switch (kind) {
    case FrameKind::network:
      return "network";
    case FrameKind::maps:
      return "maps";
    case FrameKind::activity:
      return "activity";
    case FrameKind::tuning:
      return "tuning";
    case FrameKind::lesion:
      return "lesion";
    case FrameKind::training:
      return "training";
    case FrameKind::job:
      return "job";
    case FrameKind::notice:
      return "notice";
  }
  return "";
}

Expected<Bytes> encode(const session::NetworkFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::MapsFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::ActivityFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::TuningFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::LesionFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::TrainingFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::JobFrame& frame, const FrameHead& head) {
  return encodeFrame(frame, head);
}
Expected<Bytes> encode(const session::Notice& notice, const FrameHead& head) {
  return encodeFrame(notice, head);
}

Expected<Bytes> encode(const Published& published) {
  return std::visit([&](const auto& frame) { return encode(frame, published.head); }, published.frame);
}

Expected<Bytes> encode(const Request& request) {
  Writer writer;
  const WrittenAsk ask = write(writer, request.ask);
  const auto table = fb::CreateRequest(writer.builder(), request.id, ask.kind, ask.table);
  return writer.finish(fb::Body::Request, table.Union());
}

Expected<Bytes> encode(const Answer& answer) {
  Writer writer;
  const auto refusal = answer.refusal ? write(writer, *answer.refusal) : Offset<fb::Error>(0);
  const auto table = fb::CreateAnswer(writer.builder(), answer.request, refusal);
  return writer.finish(fb::Body::Answer, table.Union());
}

}  // namespace pinwheel::wire
