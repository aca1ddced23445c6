// Values out of a FlatBuffer whose structure was verified: keeps account of the memory that they take, and of the first
// thing that cannot be. For the .cpp files of this room.
#pragma once

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/wire/message.h"
#include "engine/wire/schema/message_generated.h"

namespace pinwheel::wire {

template <class T>
using Vector = flatbuffers::Vector<T>;

/// What is missing (null) is empty. After a refusal everything is, and error() tells the first one.
class Reader {
public:
  /// The account: parts of a message may lie in one place, so that it names far more than it holds.
  explicit Reader(std::size_t messageBytes) : m_left(16 * messageBytes + (std::size_t{64} << 10)) {}

  [[nodiscard]] bool refused() const noexcept { return !m_why.empty(); }
  [[nodiscard]] Error error() const;
  /// Refuses unless `holds`; `why` is a clause: "it has fewer spikes than units".
  void check(bool holds, const char* why);
  void checkFinite(double value, const char* why) { check(std::isfinite(value), why); }

  std::string text(const flatbuffers::String* text);
  /// As text, without a byte 0, at which the system would cut it.
  std::filesystem::path path(const flatbuffers::String* text);
  std::vector<std::string> texts(const Vector<flatbuffers::Offset<flatbuffers::String>>* texts);
  std::vector<float> map(const fb::UnitMap* map);
  std::vector<std::uint8_t> raster(const fb::Raster* raster);

  // The verifier does not look whether 64-bit entries of a list lie where they can be read: they are copied as bytes.
  template <class T>
  std::vector<T> numbers(const Vector<T>* numbers) {
    if (numbers == nullptr || numbers->size() == 0 || !spend(numbers->size() * sizeof(T))) return {};
    std::vector<T> made(numbers->size());
    std::memcpy(made.data(), numbers->Data(), made.size() * sizeof(T));
    return made;
  }
  /// `each` makes one of ours of a struct.
  template <class T, class Struct, class Each>
  std::vector<T> structs(const Vector<const Struct*>* entries, Each each) {
    std::vector<T> made;
    if (entries == nullptr || !spend(entries->size() * sizeof(T))) return made;
    made.reserve(entries->size());
    for (std::size_t i = 0; i < entries->size() && !refused(); ++i) {
      Struct entry;
      std::memcpy(&entry, entries->Data() + i * sizeof(Struct), sizeof(Struct));
      made.push_back(each(entry));
    }
    return made;
  }
  /// `each` makes one of ours of a table.
  template <class T, class Table, class Each>
  std::vector<T> tables(const Vector<flatbuffers::Offset<Table>>* entries, Each each) {
    std::vector<T> made;
    if (entries == nullptr || !spend(entries->size() * sizeof(T))) return made;
    made.reserve(entries->size());
    for (const Table* entry : *entries) {
      if (refused()) break;
      made.push_back(each(*entry));
    }
    return made;
  }
  /// Of an enumeration of the schema, whose numbers are ours (enums.h).
  template <class Ours, class Theirs>
  Ours enumerator(Theirs value) {
    check(value <= Theirs::MAX, "it names a kind that this version does not have");
    return refused() ? Ours{} : static_cast<Ours>(value);
  }

private:
  // Whether so much memory may still be taken.
  bool spend(std::size_t bytes);

  std::size_t m_left;
  std::string m_why;
};

}  // namespace pinwheel::wire
