#include "engine/analysis/readout_fisher.h"

#include <cassert>
#include <cmath>

// LAPACK comes within OpenBLAS (see predictivity.cpp). Solves A x = b for a symmetric positive definite A.
extern "C" void dposv_(const char* uplo, const int* n, const int* columns, double* a, const int* lda, double* b,
                       const int* ldb, int* info, std::size_t uploLength);

namespace pinwheel::analysis {
namespace {

constexpr double kRidge = 1e-6;

}  // namespace

ReadoutFisherAccumulator::ReadoutFisherAccumulator(std::int64_t units, int targets, int timeSteps)
    : m_units(static_cast<std::size_t>(units)),
      m_targets(static_cast<std::size_t>(targets)),
      m_timeSteps(static_cast<std::size_t>(timeSteps)),
      m_inputs(m_timeSteps * (m_units + 1) * (m_units + 1), 0.0),
      m_outputs(m_timeSteps * (m_units + 1) * m_targets, 0.0),
      m_z(m_units + 1, 0.0) {}

void ReadoutFisherAccumulator::add(std::span<const float> spikes, std::span<const double> target) {
  assert(spikes.size() == m_units * m_timeSteps && target.size() == m_targets);
  ++m_count;
  for (const double y : target) m_squares += y * y;
  const std::size_t n = m_units + 1;
  std::vector<double> sums(m_units, 0.0);
  m_z[0] = 1;
  for (std::size_t t = 0; t < m_timeSteps; ++t) {
    for (std::size_t u = 0; u < m_units; ++u) {
      sums[u] += static_cast<double>(spikes[t * m_units + u]);
      m_z[u + 1] = sums[u] / static_cast<double>(t + 1);
    }
    double* inputs = m_inputs.data() + t * n * n;
    double* outputs = m_outputs.data() + t * n * m_targets;
    for (std::size_t i = 0; i < n; ++i) {
      if (m_z[i] == 0) continue;
      for (std::size_t j = 0; j <= i; ++j) inputs[i * n + j] += m_z[i] * m_z[j];
      for (std::size_t k = 0; k < m_targets; ++k) outputs[i * m_targets + k] += m_z[i] * target[k];
    }
  }
}

Expected<ReadoutFisher> ReadoutFisherAccumulator::information() const {
  const std::size_t n = m_units + 1;
  const auto count = static_cast<double>(m_count);
  if (m_count < static_cast<std::int64_t>(2 * n))
    return failure(
        "Too few stimuli for a readout",
        std::to_string(m_count) + " stimuli for " + std::to_string(n) + " weights, at least twice as many are needed",
        "evaluate with more images");
  ReadoutFisher out;
  out.units = static_cast<std::int64_t>(m_units);
  out.stimuli = m_count;
  const auto targets = static_cast<double>(m_targets);
  for (std::size_t t = 0; t < m_timeSteps; ++t) {
    const double* inputs = m_inputs.data() + t * n * n;
    const double* outputs = m_outputs.data() + t * n * m_targets;
    double about = m_squares;  // of the targets about their means; row 0 of the outputs is the sum of y
    for (std::size_t k = 0; k < m_targets; ++k) about -= outputs[k] * outputs[k] / count;
    if (!(about > 1e-12 * m_squares))
      return failure("There is nothing to read out", "all " + std::to_string(m_count) + " stimuli have one target");
    double energy = 0;  // sum of |z|^2
    for (std::size_t i = 0; i < n; ++i) energy += inputs[i * n + i];
    std::vector<double> factor(inputs, inputs + n * n);
    for (std::size_t i = 0; i < n; ++i) factor[i * n + i] += kRidge * energy / static_cast<double>(n);
    std::vector<double> weights(m_targets * n);  // a row per target: a column of LAPACK's
    for (std::size_t k = 0; k < m_targets; ++k)
      for (std::size_t i = 0; i < n; ++i) weights[k * n + i] = outputs[i * m_targets + k];
    const auto side = static_cast<int>(n);
    const auto columns = static_cast<int>(m_targets);
    int info = 0;
    // The lower triangle by rows is the upper one by columns.
    dposv_("U", &side, &columns, factor.data(), &side, weights.data(), &side, &info, 1);
    if (info != 0 || !std::isfinite(energy))
      return failure("The readout cannot be fitted", "the units' moments are not finite");
    // |y - W z|^2 = |y|^2 - 2 w.b + w.S w, and S w = b - ridge w.
    double residual = m_squares;
    for (std::size_t k = 0; k < m_targets; ++k)
      for (std::size_t i = 0; i < n; ++i) {
        const double w = weights[k * n + i];
        residual -= w * (outputs[i * m_targets + k] + kRidge * energy / static_cast<double>(n) * w);
      }
    if (!(residual > 1e-9 * about))
      return failure("The readout leaves no residual",
                     "the units tell the targets exactly: its information has no bound");
    const double noise = residual / (targets * (count - static_cast<double>(n)));
    const double prior = about / (targets * (count - 1));
    const double inputEnergy = energy / count;
    out.information.push_back(targets / noise * inputEnergy);
    out.chance.push_back(targets / prior * inputEnergy);
    out.explained.push_back(1 - noise / prior);
  }
  return out;
}

}  // namespace pinwheel::analysis
