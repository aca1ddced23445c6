#include "engine/analysis/predictivity.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <utility>

#include "engine/analysis/products.h"
#include "engine/analysis/rank_correlation.h"
#include "engine/core/random.h"

// LAPACK comes within OpenBLAS; Debian's package has no header for it. The lengths of the two texts stand behind the
// arguments, as Fortran compilers pass them.
extern "C" void dsyevd_(const char* jobz, const char* uplo, const int* n, double* a, const int* lda, double* w,
                        double* work, const int* lwork, int* iwork, const int* liwork, int* info,
                        std::size_t jobzLength, std::size_t uploLength);

namespace pinwheel::analysis {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint64_t kFoldStream = 0x9F01;
constexpr std::int64_t kFewestPerFold = 3;  // two points always correlate perfectly
using Indices = std::vector<std::int64_t>;

int asInt(std::size_t value) {
  return static_cast<int>(value);
}

// a [rows, inner] times b [inner, columns]; a transposed one is stored the other way round.
std::vector<double> product(const std::vector<double>& a, bool aTransposed, const std::vector<double>& b,
                            bool bTransposed, std::size_t rows, std::size_t inner, std::size_t columns) {
  std::vector<double> out(rows * columns, 0.0);
  cblas_dgemm(CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans, bTransposed ? CblasTrans : CblasNoTrans,
              asInt(rows), asInt(columns), asInt(inner), 1.0, a.data(), asInt(aTransposed ? rows : inner), b.data(),
              asInt(bTransposed ? inner : columns), 0.0, out.data(), asInt(columns));
  return out;
}

// Eigenvalues, ascending, of a symmetric matrix, which becomes its eigenvectors, one a row.
Expected<std::vector<double>> decompose(std::vector<double>& matrix, std::size_t side) {
  const int n = asInt(side);
  const int query = -1;
  std::vector<double> values(side);
  double workSize = 0;
  int indexSize = 0;
  int info = 0;
  dsyevd_("V", "U", &n, matrix.data(), &n, values.data(), &workSize, &query, &indexSize, &query, &info, 1, 1);
  const int workLength = static_cast<int>(workSize);
  std::vector<double> work(static_cast<std::size_t>(workLength));
  std::vector<int> indices(static_cast<std::size_t>(indexSize));
  // Its eigenvectors are columns of a matrix in Fortran's order: rows in ours.
  dsyevd_("V", "U", &n, matrix.data(), &n, values.data(), work.data(), &workLength, indices.data(), &indexSize, &info,
          1, 1);
  if (info != 0)
    return failure("The regression could not be solved", "LAPACK's dsyevd returned " + std::to_string(info));
  return values;
}

// The responses, prepared once for all folds.
struct Data {
  std::size_t stimuli = 0;
  std::size_t units = 0;
  std::size_t sites = 0;
  bool dual = false;
  std::vector<double> table;  // dual: [stimuli, stimuli] products; otherwise [stimuli, units] responses, both centred
  std::span<const double> recordings;
};

Data prepare(std::span<const float> responses, std::span<const double> recordings, std::int64_t stimuli) {
  Data data;
  data.stimuli = static_cast<std::size_t>(stimuli);
  data.units = responses.size() / data.stimuli;
  data.sites = recordings.size() / data.stimuli;
  data.dual = data.units > data.stimuli;
  data.table = data.dual ? stimulusProducts(responses, stimuli, Centre::units) : centredResponses(responses, stimuli);
  data.recordings = recordings;
  return data;
}

Data prepareDual(std::vector<double> products, std::span<const double> recordings, std::int64_t stimuli) {
  Data data;
  data.stimuli = static_cast<std::size_t>(stimuli);
  data.sites = recordings.size() / data.stimuli;
  data.dual = true;
  data.table = std::move(products);
  data.recordings = recordings;
  return data;
}

Status checkRecordings(std::span<const double> recordings, std::int64_t stimuli) {
  if (recordings.empty() || recordings.size() % static_cast<std::size_t>(stimuli) != 0)
    return failure("The recordings are not a table of stimuli and sites",
                   std::to_string(recordings.size()) + " values for " + std::to_string(stimuli) + " stimuli",
                   "give one row per image");
  if (!std::all_of(recordings.begin(), recordings.end(), [](double value) { return std::isfinite(value); }))
    return failure("A recording is not a number", "NaN or Inf stands among the recordings",
                   "leave out the sites that lack images");
  return {};
}

Status check(std::span<const float> responses, std::span<const double> recordings, std::int64_t stimuli) {
  if (const Status status = checkResponses(responses, stimuli, 2, "a regression"); !status) return status;
  return checkRecordings(recordings, stimuli);
}

Status checkOptions(const PredictivityOptions& options, std::int64_t stimuli) {
  if (options.folds < 2 || options.penalties.empty() ||
      !std::all_of(options.penalties.begin(), options.penalties.end(), [](double p) { return p > 0; }))
    return failure("Options of the regression are out of range", "at least 2 folds and penalties above 0 are needed");
  if (stimuli < kFewestPerFold * options.folds)
    return failure("Too few stimuli for a regression",
                   std::to_string(stimuli) + " were shown; " + std::to_string(options.folds) + " folds need at least " +
                       std::to_string(kFewestPerFold * options.folds),
                   "show more images");
  return {};
}

// A fit to some stimuli, diagonalised: the predictions of any penalty are then one product away.
//   prediction = mean + left diag(1 / (eigenvalue + penalty scale)) right
class Fit {
public:
  static Expected<Fit> make(const Data& data, const Indices& train, const Indices& test) {
    Fit fit(data, train, test);
    const Status status = data.dual ? fit.dual(data, train, test) : fit.primal(data, train, test);
    if (!status) return tl::unexpected(status.error());
    return fit;
  }

  // [test, sites]
  [[nodiscard]] std::vector<double> predict(double penalty) const {
    std::vector<double> out(m_tests * m_sites, 0.0);
    if (m_scale > 0) {
      std::vector<double> scaled = m_right;
      for (std::size_t k = 0; k < m_eigenvalues.size(); ++k) {
        const double factor = 1 / (std::max(0.0, m_eigenvalues[k]) + penalty * m_scale);
        for (std::size_t s = 0; s < m_sites; ++s) scaled[k * m_sites + s] *= factor;
      }
      out = product(m_left, false, scaled, false, m_tests, m_eigenvalues.size(), m_sites);
    }
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += m_mean[i % m_sites];
    return out;
  }

private:
  Fit(const Data& data, const Indices& train, const Indices& test)
      : m_tests(test.size()), m_sites(data.sites), m_mean(data.sites, 0.0) {
    for (const std::int64_t i : train)
      for (std::size_t s = 0; s < m_sites; ++s) m_mean[s] += recording(data, i, s) / static_cast<double>(train.size());
    for (const std::int64_t i : train)
      for (std::size_t s = 0; s < m_sites; ++s) m_targets.push_back(recording(data, i, s) - m_mean[s]);
  }

  static double recording(const Data& data, std::int64_t stimulus, std::size_t site) {
    return data.recordings[static_cast<std::size_t>(stimulus) * data.sites + site];
  }

  void setScale(std::size_t trained) {
    m_scale = std::accumulate(m_eigenvalues.begin(), m_eigenvalues.end(), 0.0) / static_cast<double>(trained);
  }

  // K = X X^T of the training responses about their mean: (x - m)(y - m) = xy - xm - ym + mm.
  Status dual(const Data& data, const Indices& train, const Indices& test) {
    const std::size_t count = train.size();
    const auto at = [&](std::int64_t i, std::int64_t j) {
      return data.table[static_cast<std::size_t>(i) * data.stimuli + static_cast<std::size_t>(j)];
    };
    const auto withMean = [&](std::int64_t i) {
      double sum = 0;
      for (const std::int64_t j : train) sum += at(i, j);
      return sum / static_cast<double>(count);
    };
    std::vector<double> trainMean;
    for (const std::int64_t i : train) trainMean.push_back(withMean(i));
    const double meanMean = std::accumulate(trainMean.begin(), trainMean.end(), 0.0) / static_cast<double>(count);
    const auto centred = [&](const Indices& rows) {
      std::vector<double> out;
      out.reserve(rows.size() * count);
      for (const std::int64_t i : rows) {
        const double own = withMean(i);
        for (std::size_t j = 0; j < count; ++j) out.push_back(at(i, train[j]) - own - trainMean[j] + meanMean);
      }
      return out;
    };
    std::vector<double> vectors = centred(train);
    auto values = decompose(vectors, count);
    if (!values) return tl::unexpected(values.error());
    m_eigenvalues = std::move(*values);
    setScale(count);
    m_left = product(centred(test), false, vectors, true, m_tests, count, count);
    m_right = product(vectors, false, m_targets, false, count, count, m_sites);
    return {};
  }

  // C = X^T X of the same.
  Status primal(const Data& data, const Indices& train, const Indices& test) {
    const std::size_t units = data.units;
    std::vector<double> mean(units, 0.0);
    for (const std::int64_t i : train)
      for (std::size_t u = 0; u < units; ++u)
        mean[u] += data.table[static_cast<std::size_t>(i) * units + u] / static_cast<double>(train.size());
    const auto centred = [&](const Indices& rows) {
      std::vector<double> out;
      out.reserve(rows.size() * units);
      for (const std::int64_t i : rows)
        for (std::size_t u = 0; u < units; ++u)
          out.push_back(data.table[static_cast<std::size_t>(i) * units + u] - mean[u]);
      return out;
    };
    const std::vector<double> rows = centred(train);
    std::vector<double> vectors = columnProducts(rows, static_cast<std::int64_t>(units));
    auto values = decompose(vectors, units);
    if (!values) return tl::unexpected(values.error());
    m_eigenvalues = std::move(*values);
    setScale(train.size());
    const std::vector<double> crossed = product(rows, true, m_targets, false, units, train.size(), m_sites);
    m_left = product(centred(test), false, vectors, true, m_tests, units, units);
    m_right = product(vectors, false, crossed, false, units, units, m_sites);
    return {};
  }

  std::size_t m_tests;
  std::size_t m_sites;
  std::vector<double> m_mean;     // [sites], of the training recordings
  std::vector<double> m_targets;  // [train, sites], without it
  std::vector<double> m_eigenvalues;
  std::vector<double> m_left;   // [test, eigenvalues]
  std::vector<double> m_right;  // [eigenvalues, sites]
  double m_scale = 0;           // mean squared distance of a training response from their mean
};

struct Split {
  Indices train;
  Indices test;
};

// Fold `fold`: every folds-th of the stimuli is held out.
Split splitOf(const Indices& stimuli, int folds, int fold) {
  Split split;
  for (std::size_t i = 0; i < stimuli.size(); ++i)
    (i % static_cast<std::size_t>(folds) == static_cast<std::size_t>(fold) ? split.test : split.train)
        .push_back(stimuli[i]);
  return split;
}

// Per site, the index of the penalty with the smallest squared error over a cross-validation within `stimuli`.
Expected<std::vector<std::size_t>> choosePenalties(const Data& data, const Indices& stimuli,
                                                   const PredictivityOptions& options, const StopFlag* stop) {
  std::vector<std::size_t> best(data.sites, 0);
  if (options.penalties.size() == 1) return best;
  std::vector<std::vector<double>> errors(options.penalties.size(), std::vector<double>(data.sites, 0.0));
  for (int fold = 0; fold < options.folds; ++fold) {
    if (stop != nullptr && stop->requested()) return failure("Stopped");
    const Split split = splitOf(stimuli, options.folds, fold);
    const auto fit = Fit::make(data, split.train, split.test);
    if (!fit) return tl::unexpected(fit.error());
    for (std::size_t p = 0; p < options.penalties.size(); ++p) {
      const std::vector<double> predicted = fit->predict(options.penalties[p]);
      for (std::size_t i = 0; i < split.test.size(); ++i)
        for (std::size_t s = 0; s < data.sites; ++s) {
          const double off =
              predicted[i * data.sites + s] - data.recordings[static_cast<std::size_t>(split.test[i]) * data.sites + s];
          errors[p][s] += off * off;
        }
    }
  }
  for (std::size_t s = 0; s < data.sites; ++s)
    for (std::size_t p = 1; p < errors.size(); ++p)
      if (errors[p][s] < errors[best[s]][s]) best[s] = p;
  return best;
}

bool constant(const std::vector<double>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

// Adds a fold's r to `sums` and counts it, for every site whose recording varies within the fold.
Status addFold(const Data& data, const Split& split, const PredictivityOptions& options, const StopFlag* stop,
               std::vector<double>& sums, std::vector<int>& counts) {
  const auto best = choosePenalties(data, split.train, options, stop);
  if (!best) return tl::unexpected(best.error());
  const auto fit = Fit::make(data, split.train, split.test);
  if (!fit) return tl::unexpected(fit.error());
  for (std::size_t p = 0; p < options.penalties.size(); ++p) {
    if (std::find(best->begin(), best->end(), p) == best->end()) continue;
    const std::vector<double> predicted = fit->predict(options.penalties[p]);
    for (std::size_t s = 0; s < data.sites; ++s) {
      if ((*best)[s] != p) continue;
      std::vector<double> told;
      std::vector<double> recorded;
      for (std::size_t i = 0; i < split.test.size(); ++i) {
        told.push_back(predicted[i * data.sites + s]);
        recorded.push_back(data.recordings[static_cast<std::size_t>(split.test[i]) * data.sites + s]);
      }
      if (constant(recorded)) continue;
      const double r = correlate(told, recorded, Comparison::pearson);
      sums[s] += std::isfinite(r) ? r : 0;
      ++counts[s];
    }
  }
  return {};
}

// Median and SEM over the sites that have a value.
Status summarise(Predictivity& out) {
  std::vector<double> values;
  for (const double value : out.bySite)
    if (std::isfinite(value)) values.push_back(value);
  if (values.empty())
    return failure("No site could be predicted", "no recording varies within a fold", "check the recordings");
  out.sites = static_cast<std::int64_t>(values.size());
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  out.median = values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
  const auto n = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  out.sem = n > 1 ? std::sqrt(squares / (n - 1) / n) : kNaN;
  return {};
}

// Fold by fold; the data and the options are known to fit.
Expected<Predictivity> measured(const Data& data, std::span<const double> reliability,
                                const PredictivityOptions& options, const StopFlag* stop) {
  if (!reliability.empty() &&
      (reliability.size() != data.sites ||
       !std::all_of(reliability.begin(), reliability.end(), [](double r) { return std::isfinite(r) && r > 0; })))
    return failure("The reliabilities do not fit the recordings",
                   std::to_string(data.sites) + " sites need as many numbers above 0; " +
                       std::to_string(reliability.size()) + " are given");
  Indices order(data.stimuli);
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Random random(options.seed, kFoldStream);
  random.shuffle(order);
  std::vector<double> sums(data.sites, 0.0);
  std::vector<int> counts(data.sites, 0);
  for (int fold = 0; fold < options.folds; ++fold)
    if (const Status status = addFold(data, splitOf(order, options.folds, fold), options, stop, sums, counts); !status)
      return tl::unexpected(status.error());
  Predictivity out;
  for (std::size_t s = 0; s < data.sites; ++s) {
    const double divisor = reliability.empty() ? 1.0 : reliability[s];
    out.bySite.push_back(counts[s] > 0 ? sums[s] / counts[s] / divisor : kNaN);
  }
  if (const Status status = summarise(out); !status) return tl::unexpected(status.error());
  return out;
}

}  // namespace

Expected<std::vector<double>> ridgePredictions(std::span<const float> responses, std::span<const double> recordings,
                                               std::int64_t stimuli, std::span<const std::int64_t> train,
                                               std::span<const std::int64_t> test, double penalty) {
  if (const Status status = check(responses, recordings, stimuli); !status) return tl::unexpected(status.error());
  const auto outside = [&](std::int64_t i) { return i < 0 || i >= stimuli; };
  if (train.size() < 2 || test.empty() || std::any_of(train.begin(), train.end(), outside) ||
      std::any_of(test.begin(), test.end(), outside) || !(penalty > 0))
    return failure(
        "Options of the regression are out of range",
        "at least 2 stimuli to fit, one to predict, all among those shown, and a penalty above 0 are needed");
  const auto fit = Fit::make(prepare(responses, recordings, stimuli), Indices(train.begin(), train.end()),
                             Indices(test.begin(), test.end()));
  if (!fit) return tl::unexpected(fit.error());
  return fit->predict(penalty);
}

Expected<Predictivity> predictivity(std::span<const float> responses, std::span<const double> recordings,
                                    std::int64_t stimuli, std::span<const double> reliability,
                                    const PredictivityOptions& options, const StopFlag* stop) {
  if (const Status status = check(responses, recordings, stimuli); !status) return tl::unexpected(status.error());
  if (const Status status = checkOptions(options, stimuli); !status) return tl::unexpected(status.error());
  return measured(prepare(responses, recordings, stimuli), reliability, options, stop);
}

Expected<Predictivity> predictivityOf(std::vector<double> products, std::span<const double> recordings,
                                      std::int64_t stimuli, std::span<const double> reliability,
                                      const PredictivityOptions& options, const StopFlag* stop) {
  if (const Status status = checkRecordings(recordings, stimuli); !status) return tl::unexpected(status.error());
  if (const Status status = checkOptions(options, stimuli); !status) return tl::unexpected(status.error());
  return measured(prepareDual(std::move(products), recordings, stimuli), reliability, options, stop);
}

}  // namespace pinwheel::analysis
