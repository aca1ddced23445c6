#include "engine/wire/writer.h"

#include <cstring>

#include "engine/wire/compact.h"

namespace pinwheel::wire {

Writer::Writer(MapPrecision maps) : m_builder(4096), m_maps(maps) {
  m_builder.ForceDefaults(true);  // a number that equals its default but for the sign of zero comes back too
}

Offset<flatbuffers::String> Writer::text(const std::string& text) {
  if (text.size() > kMaxTextBytes) refuse("one of its texts is longer than 1 MiB");
  if (text.empty() || !room(text.size())) return 0;
  return m_builder.CreateString(text);
}

OffsetOfVector<Offset<flatbuffers::String>> Writer::texts(const std::vector<std::string>& texts) {
  if (texts.empty()) return 0;
  std::vector<Offset<flatbuffers::String>> made;
  for (const std::string& text : texts) {
    if (text.size() > kMaxTextBytes) refuse("one of its texts is longer than 1 MiB");
    if (!room(text.size())) return 0;
    made.push_back(m_builder.CreateString(text));  // a list has no gaps: empty ones stand in it
  }
  if (!room(made.size() * sizeof(made[0]))) return 0;
  return m_builder.CreateVector(made);
}

Offset<fb::UnitMap> Writer::map(const std::vector<float>& values) {
  if (values.empty()) return 0;
  ++m_tables;
  if (m_maps == MapPrecision::half16)
    if (const auto compact = compactMap(values)) {
      const auto codes = numbers(compact->codes);
      return fb::CreateUnitMap(m_builder, compact->minimum, compact->maximum, codes, 0);
    }
  const auto exact = numbers(values);
  return fb::CreateUnitMap(m_builder, 0, 0, 0, exact);
}

bool Writer::room(std::size_t bytes) {
  constexpr std::size_t kBeside = 1024;
  if (bytes > kMaxMessageBytes || m_builder.GetSize() + bytes + kBeside > kMaxMessageBytes)
    refuse("it is larger than 512 MiB");
  return m_refused == nullptr;
}

void Writer::refuse(const char* why) {
  if (m_refused == nullptr) m_refused = why;
}

Expected<Bytes> Writer::finish(fb::Body kind, Offset<void> body) {
  if (m_refused == nullptr) {
    fb::FinishMessageBuffer(m_builder, fb::CreateMessage(m_builder, kVersion, kind, body));
    if (m_builder.GetSize() > kMaxMessageBytes) refuse("it is larger than 512 MiB");
  }
  if (m_refused != nullptr)
    return failure("This cannot be sent to another program", m_refused, "use it where the engine works");
  Bytes bytes(m_builder.GetSize());
  std::memcpy(bytes.data(), m_builder.GetBufferPointer(), bytes.size());
  return bytes;
}

}  // namespace pinwheel::wire
