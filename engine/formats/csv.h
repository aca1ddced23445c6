// CSV tables (RFC 4180, C locale, shortest round-trip numbers).
#pragma once

#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::formats {

using CsvCell = std::variant<double, std::int64_t, std::string>;

struct CsvTable {
  std::vector<std::string> columns;
  std::vector<std::vector<CsvCell>> rows;
};

/// NaN is written as an empty cell. Atomic.
Status saveCsv(const std::filesystem::path& path, const CsvTable& table);

}  // namespace pinwheel::formats
