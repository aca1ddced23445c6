#include "engine/analysis/products.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>

namespace pinwheel::analysis {
namespace {

constexpr std::size_t kBlock = 2048;  // units at a time

// Differences from the first value: the mean of equal values is then exact.
double rowMean(std::span<const float> row) {
  const auto first = static_cast<double>(row[0]);
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) - first;
  return first + sum / static_cast<double>(row.size());
}

double columnMean(std::span<const float> responses, std::size_t stimuli, std::size_t units, std::size_t unit) {
  const auto first = static_cast<double>(responses[unit]);
  double sum = 0;
  for (std::size_t s = 0; s < stimuli; ++s) sum += static_cast<double>(responses[s * units + unit]) - first;
  return first + sum / static_cast<double>(stimuli);
}

// dsyrk fills the upper triangle alone.
void mirror(std::vector<double>& square, std::size_t side) {
  for (std::size_t i = 0; i < side; ++i)
    for (std::size_t j = 0; j < i; ++j) square[i * side + j] = square[j * side + i];
}

}  // namespace

std::vector<double> stimulusProducts(std::span<const float> responses, std::int64_t stimuli, Centre centre) {
  const auto count = static_cast<std::size_t>(stimuli);
  const std::size_t units = responses.size() / count;
  std::vector<double> shift(count, 0.0);
  if (centre == Centre::stimuli)
    for (std::size_t s = 0; s < count; ++s) shift[s] = rowMean(responses.subspan(s * units, units));
  std::vector<double> products(count * count, 0.0);
  std::vector<double> block;
  for (std::size_t first = 0; first < units; first += kBlock) {
    const std::size_t width = std::min(kBlock, units - first);
    block.resize(count * width);
    for (std::size_t u = 0; u < width; ++u) {
      const double mean = centre == Centre::units ? columnMean(responses, count, units, first + u) : 0.0;
      for (std::size_t s = 0; s < count; ++s)
        block[s * width + u] = static_cast<double>(responses[s * units + first + u]) - shift[s] - mean;
    }
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, static_cast<int>(count), static_cast<int>(width), 1.0,
                block.data(), static_cast<int>(width), 1.0, products.data(), static_cast<int>(count));
  }
  mirror(products, count);
  return products;
}

std::vector<double> centredResponses(std::span<const float> responses, std::int64_t stimuli) {
  const auto count = static_cast<std::size_t>(stimuli);
  const std::size_t units = responses.size() / count;
  std::vector<double> out(responses.size());
  for (std::size_t u = 0; u < units; ++u) {
    const double mean = columnMean(responses, count, units, u);
    for (std::size_t s = 0; s < count; ++s) out[s * units + u] = static_cast<double>(responses[s * units + u]) - mean;
  }
  return out;
}

std::vector<double> columnProducts(std::span<const double> rows, std::int64_t columns) {
  const auto side = static_cast<std::size_t>(columns);
  std::vector<double> products(side * side, 0.0);
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, static_cast<int>(columns), static_cast<int>(rows.size() / side),
              1.0, rows.data(), static_cast<int>(columns), 0.0, products.data(), static_cast<int>(columns));
  mirror(products, side);
  return products;
}

Status checkResponses(std::span<const float> responses, std::int64_t stimuli, std::int64_t fewest,
                      const std::string& what) {
  if (stimuli < fewest)
    return failure("Too few stimuli for " + what,
                   std::to_string(stimuli) + " were shown, at least " + std::to_string(fewest) + " are needed",
                   "show more images");
  if (responses.empty() || responses.size() % static_cast<std::size_t>(stimuli) != 0)
    return failure("The responses are not a table of stimuli and units",
                   std::to_string(responses.size()) + " values of " + std::to_string(stimuli) + " stimuli");
  if (!std::all_of(responses.begin(), responses.end(), [](float value) { return std::isfinite(value); }))
    return failure("A response is not a number", "NaN or Inf stands among the responses",
                   "the network's weights may have diverged");
  return {};
}

}  // namespace pinwheel::analysis
