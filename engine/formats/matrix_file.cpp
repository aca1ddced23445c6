#include "engine/formats/matrix_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "engine/core/files.h"
#include "engine/formats/mat_file.h"
#include "engine/formats/npy.h"

namespace pinwheel::formats {
namespace {

constexpr std::uint64_t kMaximumBytes = std::uint64_t{1} << 30;
constexpr double kTolerance = 1e-6;  // of the largest value: what single precision and printed digits leave

bool blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Split at commas, semicolons or tabs, whichever the line has; at runs of spaces where it has none of them.
std::vector<std::string_view> cellsOf(std::string_view line) {
  std::vector<std::string_view> cells;
  const auto separator = line.find_first_of(",;\t");
  if (separator == std::string_view::npos) {
    for (std::size_t at = 0; (at = line.find_first_not_of(" \r", at)) != std::string_view::npos;) {
      const std::size_t end = std::min(line.find_first_of(" \r", at), line.size());
      cells.push_back(line.substr(at, end - at));
      at = end;
    }
    return cells;
  }
  const char mark = line[separator];
  for (;;) {
    const auto end = line.find(mark);
    cells.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return cells;
    line.remove_prefix(end + 1);
  }
}

bool parseNumber(std::string_view cell, double& value) {
  if (cell.empty()) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  if (cell.front() == '+') cell.remove_prefix(1);
  const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return code == std::errc{} && end == cell.data() + cell.size();
}

HostTensor fromDoubles(const std::vector<double>& values, std::vector<std::int64_t> shape) {
  HostTensor tensor{DType::float64, std::move(shape), {}};
  tensor.bytes.resize(values.size() * sizeof(double));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

Expected<HostTensor> loadCsvNumbers(const std::filesystem::path& path) {
  const auto text = readFile(path, kMaximumBytes);
  if (!text) return tl::unexpected(text.error());
  const auto refuse = [&](std::size_t line, const std::string& why) {
    return failure("The table cannot be read", "line " + std::to_string(line) + ": " + why,
                   "save numbers alone, one row a line, commas between them", path.string());
  };
  std::vector<double> values;
  std::size_t columns = 0;
  std::size_t rows = 0;
  std::size_t number = 0;
  std::string_view rest = *text;
  while (!rest.empty()) {
    ++number;
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (blank(line)) continue;
    const std::vector<std::string_view> cells = cellsOf(line);
    std::vector<double> row(cells.size());
    std::size_t bad = cells.size();
    std::size_t good = 0;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (!parseNumber(cells[c], row[c]))
        bad = std::min(bad, c);
      else if (!cells[c].empty())
        ++good;
    }
    if (bad < cells.size()) {
      if (rows == 0 && good == 0 && columns == 0) {
        columns = cells.size();  // a header
        continue;
      }
      return refuse(number, "\"" + std::string(cells[bad].substr(0, 40)) + "\" in column " + std::to_string(bad + 1) +
                                " is not a number");
    }
    if (columns == 0) columns = cells.size();
    if (cells.size() != columns)
      return refuse(number, std::to_string(cells.size()) + " cells, where " + std::to_string(columns) +
                                " stand in the lines before");
    values.insert(values.end(), row.begin(), row.end());
    ++rows;
  }
  if (rows == 0) return failure("The table is empty", "it holds no row of numbers", "check the file", path.string());
  return fromDoubles(values, {static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns)});
}

// One array, or one per element of a MATLAB struct array.
Expected<std::vector<HostTensor>> loadArrays(const ArraySource& source) {
  std::string ending = source.path.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (ending == ".mat") return loadMat(source.path, source.variable);
  if (ending != ".npy" && ending != ".csv")
    return failure("Numbers are not read from such a file", "its name does not end in .npy, .csv or .mat",
                   "save them as one of these", source.path.string());
  if (!source.variable.empty())
    return failure("The file has no variables",
                   "\"" + source.variable + "\" is asked for, but only .mat files have any",
                   "give the file's name alone", source.path.string());
  auto tensor = ending == ".npy" ? loadNpy(source.path) : loadCsvNumbers(source.path);
  if (!tensor) return tl::unexpected(tensor.error());
  std::vector<HostTensor> tensors;
  tensors.push_back(std::move(*tensor));
  return tensors;
}

// The stimuli whose pairs these are; 0: no number has so many.
std::size_t stimuliOfPairs(std::size_t pairs) {
  const auto n = static_cast<std::size_t>((1 + std::sqrt(1 + 8 * static_cast<double>(pairs))) / 2 + 0.5);
  return n >= 3 && n * (n - 1) / 2 == pairs ? n : 0;
}

// How the matrices lie in an array: subject s has its values at values[s * perSubject + k * perValue], k counting the
// cells of a square or the pairs of a triangle.
struct Layout {
  std::size_t stimuli = 0;  // 0: not a stack of dissimilarities
  std::size_t subjects = 1;
  bool triangles = false;
  std::size_t perSubject = 0;
  std::size_t perValue = 1;
};

Layout layoutOf(const HostTensor& tensor) {
  std::vector<std::size_t> shape;
  for (const std::int64_t extent : tensor.shape) shape.push_back(static_cast<std::size_t>(extent));
  if (shape.size() == 3 && shape[0] == 1) shape.erase(shape.begin());  // MATLAB's [1, pairs, subjects]
  if (shape.size() == 1) shape.push_back(1);
  if (shape.size() == 3) {
    if (shape[0] == shape[1] && shape[2] > 0) return {shape[0], shape[2], false, 1, shape[2]};
    if (shape[1] == shape[2]) return {shape[1], shape[0], false, shape[1] * shape[1], 1};
    return {};
  }
  if (shape.size() != 2) return {};
  if (shape[0] == shape[1]) return {shape[0], 1, false, 0, 1};
  // Pairs are many and subjects few: the longer axis counts the pairs.
  if (shape[0] > shape[1]) return {stimuliOfPairs(shape[0]), shape[1], true, 1, shape[1]};
  return {stimuliOfPairs(shape[1]), shape[0], true, shape[1], 1};
}

std::vector<double> squareOf(const std::vector<double>& values, const Layout& layout, std::size_t subject) {
  const std::size_t n = layout.stimuli;
  const auto at = [&](std::size_t k) { return values[subject * layout.perSubject + k * layout.perValue]; };
  std::vector<double> square(n * n, 0.0);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = layout.triangles ? i + 1 : 0; j < n; ++j) {
      if (layout.triangles)
        square[i * n + j] = square[j * n + i] = at(pair++);
      else
        square[i * n + j] = at(i * n + j);
    }
  return square;
}

// Empty, or why these are no dissimilarities. A diagonal of NaN, as some tools leave it, is set to 0.
std::string tidied(std::vector<double>& square, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      if (i == j) continue;
      if (!std::isfinite(square[i * n + j]))
        return "row " + std::to_string(i + 1) + ", column " + std::to_string(j + 1) + " is not a number";
      largest = std::max(largest, std::abs(square[i * n + j]));
    }
  for (std::size_t i = 0; i < n; ++i) {
    double& own = square[i * n + i];
    if (!(std::isnan(own) || std::abs(own) <= kTolerance * largest))
      return "row " + std::to_string(i + 1) + " has " + std::to_string(own) +
             " on the diagonal, where a dissimilarity is 0; of correlations, give 1 - r";
    own = 0;
    for (std::size_t j = i + 1; j < n; ++j) {
      double& upper = square[i * n + j];
      double& lower = square[j * n + i];
      if (std::abs(upper - lower) > kTolerance * largest)
        return "it is not symmetric: row " + std::to_string(i + 1) + ", column " + std::to_string(j + 1) + " is " +
               std::to_string(upper) + ", row " + std::to_string(j + 1) + ", column " + std::to_string(i + 1) + " is " +
               std::to_string(lower);
      upper = lower = 0.5 * (upper + lower);
    }
  }
  return "";
}

}  // namespace

ArraySource ArraySource::parse(const std::string& text) {
  std::error_code code;
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || std::filesystem::exists(text, code)) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

std::string ArraySource::name() const {
  return path.filename().string() + (variable.empty() ? "" : ":" + variable);
}

Expected<HostTensor> loadArray(const ArraySource& source) {
  auto tensors = loadArrays(source);
  if (!tensors) return tl::unexpected(tensors.error());
  if (tensors->size() != 1)
    return failure("One array is needed", "the struct holds " + std::to_string(tensors->size()), "save it on its own",
                   source.path.string());
  return std::move(tensors->front());
}

Expected<DissimilarityStack> loadDissimilarities(const ArraySource& source) {
  const auto tensors = loadArrays(source);
  if (!tensors) return tl::unexpected(tensors.error());
  const auto refuse = [&](const std::string& why) {
    return failure("These are no dissimilarity matrices", why,
                   "give [n, n], [n, n, subjects], or upper triangles of n (n - 1) / 2 numbers", source.path.string());
  };
  DissimilarityStack stack;
  for (const HostTensor& tensor : *tensors) {
    const Layout layout = layoutOf(tensor);
    if (layout.stimuli < 3 || layout.subjects < 1)
      return refuse("an array of " + tensor.describe() + " is neither square nor made of upper triangles of 3 or more");
    const auto stimuli = static_cast<std::int64_t>(layout.stimuli);
    if (!stack.matrices.empty() && stack.stimuli != stimuli)
      return refuse("they are of " + std::to_string(stack.stimuli) + " and of " + std::to_string(stimuli) + " stimuli");
    stack.stimuli = stimuli;
    const std::vector<double> values = tensor.toDoubles();
    for (std::size_t subject = 0; subject < layout.subjects; ++subject) {
      std::vector<double> square = squareOf(values, layout, subject);
      const std::string wrong = tidied(square, layout.stimuli);
      if (!wrong.empty())
        return refuse((stack.matrices.empty() ? "" : "matrix " + std::to_string(stack.matrices.size() + 1) + ": ") +
                      wrong);
      stack.matrices.push_back(std::move(square));
    }
  }
  return stack;
}

}  // namespace pinwheel::formats
