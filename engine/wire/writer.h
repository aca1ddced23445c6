// A FlatBuffer in the making, with the limits of the wire: what does not fit is refused once, at the end. For the .cpp
// files of this room.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/wire/message.h"
#include "engine/wire/schema/message_generated.h"

namespace pinwheel::wire {

template <class T>
using Offset = flatbuffers::Offset<T>;
template <class T>
using OffsetOfVector = flatbuffers::Offset<flatbuffers::Vector<T>>;

/// What is empty is left out (offset 0), as a reader takes what is missing for empty.
class Writer {
public:
  explicit Writer(MapPrecision maps = MapPrecision::half16);

  [[nodiscard]] flatbuffers::FlatBufferBuilder& builder() noexcept { return m_builder; }
  [[nodiscard]] MapPrecision maps() const noexcept { return m_maps; }

  Offset<flatbuffers::String> text(const std::string& text);
  Offset<flatbuffers::String> path(const std::filesystem::path& path) { return text(path.string()); }
  OffsetOfVector<Offset<flatbuffers::String>> texts(const std::vector<std::string>& texts);
  /// One number per unit, in the precision that was asked for.
  Offset<fb::UnitMap> map(const std::vector<float>& values);

  template <class T>
  OffsetOfVector<T> numbers(const std::vector<T>& numbers) {
    if (numbers.empty() || !room(numbers.size() * sizeof(T))) return 0;
    return m_builder.CreateVector(numbers.data(), numbers.size());
  }
  /// `each` makes a schema's struct of one of ours.
  template <class Struct, class T, class Each>
  OffsetOfVector<const Struct*> structs(const std::vector<T>& values, Each each) {
    if (values.empty() || !room(values.size() * sizeof(Struct))) return 0;
    std::vector<Struct> made;
    made.reserve(values.size());
    for (const T& value : values) made.push_back(each(value));
    return m_builder.CreateVectorOfStructs(made);
  }
  /// `each` writes a schema's table of one of ours.
  template <class Table, class T, class Each>
  OffsetOfVector<Offset<Table>> tables(const std::vector<T>& values, Each each) {
    if (values.empty()) return 0;
    m_tables += values.size();
    if (m_tables + kFixedTables > kMaxTables) refuse("it has more parts than a message may have");
    std::vector<Offset<Table>> made;
    for (const T& value : values) {
      if (m_refused) return 0;
      made.push_back(each(value));
    }
    if (!room(made.size() * sizeof(Offset<Table>))) return 0;
    return m_builder.CreateVector(made);
  }

  /// The message. Error: something did not fit.
  Expected<Bytes> finish(fb::Body kind, Offset<void> body);

private:
  // More than the tables that stand in no list, which are not counted: some of the message, one or two of a sheet.
  static constexpr std::size_t kFixedTables = 4096;
  // Whether so many bytes more fit, with what their table needs.
  bool room(std::size_t bytes);
  void refuse(const char* why);

  flatbuffers::FlatBufferBuilder m_builder;
  MapPrecision m_maps;
  std::size_t m_tables = 0;
  const char* m_refused = nullptr;  ///< why; the first reason
};

}  // namespace pinwheel::wire
