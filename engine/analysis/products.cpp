#include "engine/analysis/products.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace pinwheel::analysis {
namespace {

constexpr std::int64_t kLargestBlock = 2048;  // units at a time
constexpr std::int64_t kSmallestBlock = 64;
constexpr std::int64_t kBlockValues = std::int64_t{1} << 21;

// Differences from the first value, as in responseMean.
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

double responseMean(std::span<const float> responses) {
  // Differences from the first value: the mean of equal values is then exact.
  const auto first = static_cast<double>(responses[0]);
  double sum = 0;
  for (const float value : responses) sum += static_cast<double>(value) - first;
  return first + sum / static_cast<double>(responses.size());
}

ProductSum::ProductSum(std::int64_t stimuli, Centre centre)
    : m_stimuli(static_cast<std::size_t>(stimuli)), m_centre(centre), m_products(m_stimuli * m_stimuli, 0.0) {}

std::int64_t ProductSum::blockUnits(std::int64_t stimuli) {
  return std::clamp(kBlockValues / std::max<std::int64_t>(1, stimuli), kSmallestBlock, kLargestBlock);
}

void ProductSum::add(std::span<const float> responses, std::span<const double> means) {
  const std::size_t units = responses.size() / m_stimuli;
  const auto largest = static_cast<std::size_t>(blockUnits(static_cast<std::int64_t>(m_stimuli)));
  std::vector<double> block;
  for (std::size_t first = 0; first < units; first += largest) {
    const std::size_t width = std::min(largest, units - first);
    block.resize(m_stimuli * width);
    for (std::size_t u = 0; u < width; ++u) {
      const double mean = m_centre == Centre::units ? columnMean(responses, m_stimuli, units, first + u) : 0.0;
      for (std::size_t s = 0; s < m_stimuli; ++s)
        block[s * width + u] =
            static_cast<double>(responses[s * units + first + u]) - (m_centre == Centre::stimuli ? means[s] : mean);
    }
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, static_cast<int>(m_stimuli), static_cast<int>(width), 1.0,
                block.data(), static_cast<int>(width), 1.0, m_products.data(), static_cast<int>(m_stimuli));
  }
}

std::vector<double> ProductSum::take() {
  mirror(m_products, m_stimuli);
  return std::move(m_products);
}

std::vector<double> stimulusProducts(std::span<const float> responses, std::int64_t stimuli, Centre centre) {
  const auto count = static_cast<std::size_t>(stimuli);
  const std::size_t units = responses.size() / count;
  std::vector<double> means;
  if (centre == Centre::stimuli)
    for (std::size_t s = 0; s < count; ++s) means.push_back(responseMean(responses.subspan(s * units, units)));
  ProductSum sum(stimuli, centre);
  sum.add(responses, means);
  return sum.take();
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
