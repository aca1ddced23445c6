#include "engine/formats/csv.h"

#include <charconv>
#include <cmath>

#include "engine/core/files.h"

namespace pinwheel::formats {
namespace {

void appendText(std::string& out, const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void appendCell(std::string& out, const CsvCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) {
    appendText(out, *text);
    return;
  }
  char digits[64];
  char* end = digits;
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
    end = std::to_chars(digits, digits + sizeof digits, *integer).ptr;
  } else {
    const double value = std::get<double>(cell);
    if (std::isnan(value)) return;
    // A value that came from a float keeps the float's shortest text.
    const auto narrow = static_cast<float>(value);
    end = static_cast<double>(narrow) == value ? std::to_chars(digits, digits + sizeof digits, narrow).ptr
                                               : std::to_chars(digits, digits + sizeof digits, value).ptr;
  }
  out.append(digits, end);
}

}  // namespace

Status saveCsv(const std::filesystem::path& path, const CsvTable& table) {
  std::string out;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c > 0) out += ',';
    appendText(out, table.columns[c]);
  }
  out += "\r\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto& row = table.rows[r];
    if (row.size() != table.columns.size())
      return failure("The table is not rectangular",
                     "row " + std::to_string(r + 1) + " has " + std::to_string(row.size()) + " cells, the header " +
                         std::to_string(table.columns.size()),
                     "", path.string());
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) out += ',';
      appendCell(out, row[c]);
    }
    out += "\r\n";
  }
  return writeFileAtomically(path, out);
}

}  // namespace pinwheel::formats
