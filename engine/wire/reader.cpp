#include "engine/wire/reader.h"

#include "engine/wire/compact.h"

namespace pinwheel::wire {

Error Reader::error() const {
  return {"A message that came in cannot be used", m_why,
          "it was left out; where this comes again, restart both programs"};
}

void Reader::check(bool holds, const char* why) {
  if (!holds && m_why.empty()) m_why = why;
}

bool Reader::spend(std::size_t bytes) {
  check(bytes <= m_left, "it would take many times the memory that it has itself");
  if (refused()) return false;
  m_left -= bytes;
  return true;
}

std::string Reader::text(const flatbuffers::String* text) {
  if (text == nullptr) return {};
  check(text->size() <= kMaxTextBytes, "one of its texts is longer than 1 MiB");
  if (!spend(text->size())) return {};
  return text->str();
}

std::filesystem::path Reader::path(const flatbuffers::String* text) {
  std::string name = this->text(text);
  check(name.find('\0') == std::string::npos, "a path has a zero in it");
  return std::filesystem::path(std::move(name));
}

std::vector<std::string> Reader::texts(const Vector<flatbuffers::Offset<flatbuffers::String>>* texts) {
  std::vector<std::string> made;
  if (texts == nullptr || !spend(texts->size() * sizeof(std::string))) return made;
  made.reserve(texts->size());
  for (const flatbuffers::String* entry : *texts) {
    if (refused()) break;
    made.push_back(text(entry));
  }
  return made;
}

std::vector<float> Reader::map(const fb::UnitMap* map) {
  if (map == nullptr) return {};
  if (map->codes() == nullptr || map->codes()->size() == 0) return numbers(map->values());
  check(map->values() == nullptr || map->values()->size() == 0, "a map is there twice");
  check(std::isfinite(map->minimum()) && std::isfinite(map->maximum()) && map->minimum() <= map->maximum(),
        "a map has no range");
  if (!spend(map->codes()->size() * sizeof(float))) return {};
  return expandMap(map->minimum(), map->maximum(), {map->codes()->data(), map->codes()->size()});
}

std::vector<std::uint8_t> Reader::raster(const fb::Raster* raster) {
  const std::uint64_t count = raster->count();
  const std::size_t bytes = raster->bits() == nullptr ? 0 : raster->bits()->size();
  check(count / 8 + (count % 8 != 0 ? 1 : 0) == bytes, "a raster has not as many bits as entries");
  if (refused() || bytes == 0) return {};
  const std::uint8_t last = raster->bits()->Get(static_cast<flatbuffers::uoffset_t>(bytes - 1));
  check(count % 8 == 0 || (last >> (count % 8)) == 0, "a raster has bits behind its end");
  if (!spend(static_cast<std::size_t>(count))) return {};
  return unpackBits({raster->bits()->data(), bytes}, static_cast<std::size_t>(count));
}

}  // namespace pinwheel::wire
