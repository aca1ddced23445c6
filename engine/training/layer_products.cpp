#include "engine/training/layer_products.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "engine/analysis/products.h"
#include "engine/analysis/rank_correlation.h"
#include "engine/training/responses.h"

namespace pinwheel::training {
namespace {

using analysis::Distance;
using analysis::ProductSum;

// Matrices [images, images] in double precision that exist while a table is measured, beside those of the recording:
// its dissimilarities, what is written of them, and copies, ranks and orders of their upper triangles; and of every
// subject the matrix, its triangle and that of a bootstrap.
constexpr std::int64_t kOwnMatrices = 8;
constexpr std::int64_t kSubjectMatrices = 3;
constexpr std::int64_t kProductMatrices = 2;  // of every table that is recorded

std::int64_t ceilingOf(std::int64_t amount, std::int64_t part) {
  return (amount + part - 1) / part;
}

// Float values kept of one response: itself, and its rank.
std::int64_t keptValues(Distance distance) {
  return distance == Distance::spearman ? 2 : 1;
}

std::string megabytes(std::int64_t bytes) {
  return std::to_string(ceilingOf(bytes, std::int64_t{1} << 20)) + " MB";
}

// One table while it is recorded.
class Table {
public:
  Table(std::int64_t images, Distance distance)
      : m_distance(distance),
        m_products(images, analysis::centreOf(distance)),
        m_centred(images, analysis::Centre::units) {}

  void begin(std::size_t images, std::size_t firstUnit, std::size_t units) {
    m_firstUnit = firstUnit;
    m_units = units;
    m_values.resize(images * units);
    if (m_distance == Distance::spearman) m_ranks.resize(images * units);
    if (analysis::centreOf(m_distance) == analysis::Centre::stimuli) m_means.resize(images);
  }

  // A stimulus's responses over all units.
  void add(std::size_t image, std::span<const float> responses) {
    keep(responses, image, m_values);
    if (m_distance == Distance::pearson) m_means[image] = analysis::responseMean(responses);
    if (m_distance != Distance::spearman) return;
    const std::vector<double> exact = analysis::ranks(std::vector<double>(responses.begin(), responses.end()));
    const std::vector<float> ranks(exact.begin(), exact.end());
    keep(ranks, image, m_ranks);
    m_means[image] = analysis::responseMean(ranks);
  }

  void end() {
    m_products.add(m_distance == Distance::spearman ? m_ranks : m_values, m_means);
    m_centred.add(m_values);
  }

  [[nodiscard]] TableProducts take(std::string step) { return {std::move(step), m_products.take(), m_centred.take()}; }

private:
  void keep(std::span<const float> row, std::size_t image, std::vector<float>& to) const {
    const auto part = row.subspan(m_firstUnit, m_units);
    std::copy(part.begin(), part.end(), to.begin() + static_cast<std::ptrdiff_t>(image * m_units));
  }

  Distance m_distance;
  ProductSum m_products;
  ProductSum m_centred;
  std::size_t m_firstUnit = 0;
  std::size_t m_units = 0;
  std::vector<float> m_values;  // [images, units of this pass]
  std::vector<float> m_ranks;   // the same; spearman alone
  std::vector<double> m_means;  // [images], over all units; pearson and spearman
};

}  // namespace

std::string LayerTables::name(std::int64_t table) const {
  return table + 1 == count() ? "sum" : std::to_string(table + 1);
}

Expected<PassPlan> planPasses(const LayerTables& layer, std::int64_t images, std::int64_t subjects, Distance distance,
                              std::int64_t memoryBytes) {
  constexpr auto kDouble = static_cast<std::int64_t>(sizeof(double));
  const std::int64_t matrix = images * images * kDouble;
  const std::int64_t block = ProductSum::blockUnits(images);
  const std::int64_t fixed = (kOwnMatrices + kSubjectMatrices * subjects) * matrix + images * block * kDouble;
  const std::int64_t perUnit = images * keptValues(distance) * static_cast<std::int64_t>(sizeof(float));
  const std::int64_t least = kProductMatrices * matrix + block * perUnit;  // of one table
  if (fixed + least > memoryBytes)
    return failure("There are too many images for the memory that the comparison may take",
                   std::to_string(images) + " images need " + megabytes(fixed + least) + " for matrices of each with " +
                       "each, the bound is " + megabytes(memoryBytes),
                   "show fewer images, or give `pinwheel-cli rsa` --memory " +
                       std::to_string(ceilingOf(fixed + least, std::int64_t{1} << 20)));
  PassPlan best;
  for (std::int64_t tables = 1; tables <= layer.count() && fixed + tables * least <= memoryBytes; ++tables) {
    const std::int64_t left = memoryBytes - fixed - tables * kProductMatrices * matrix;
    const std::int64_t units = std::min(left / (tables * perUnit) / block, ceilingOf(layer.units, block)) * block;
    const std::int64_t passes = ceilingOf(layer.count(), tables) * ceilingOf(layer.units, units);
    if (best.passes == 0 || passes < best.passes) best = {tables, units, passes};
  }
  return best;
}

Expected<std::vector<TableProducts>> recordTables(const ShownStimuli& shown, const LayerTables& layer,
                                                  const PassPlan& plan, std::int64_t first, Distance distance,
                                                  const StopFlag& stop,
                                                  const std::function<void(double share)>& progress) {
  const std::int64_t images = shown.images->size();
  const std::int64_t last = std::min(first + plan.tables, layer.count());
  const auto units = static_cast<std::size_t>(layer.units);
  std::vector<Table> tables;
  for (std::int64_t table = first; table < last; ++table) tables.emplace_back(images, distance);
  const std::int64_t passes = ceilingOf(layer.units, plan.units);
  bool finite = true;
  std::vector<float> sum(units);
  for (std::int64_t pass = 0; pass < passes; ++pass) {
    const std::int64_t firstUnit = pass * plan.units;
    for (Table& table : tables)
      table.begin(static_cast<std::size_t>(images), static_cast<std::size_t>(firstUnit),
                  static_cast<std::size_t>(std::min(plan.units, layer.units - firstUnit)));
    std::size_t done = 0;
    const auto response = recordDataset(
        *shown.network, shown.device, shown.images, shown.side, shown.normalisation, shown.batchSize, shown.workers,
        false, {}, &stop,
        {[&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t count, std::span<const float> spikes) {
           if (sheet != layer.sheet) return;
           const auto batch = static_cast<std::size_t>(count);
           const std::size_t steps = spikes.size() / (batch * units);
           for (std::size_t i = 0; i < batch; ++i) {
             const auto at = [&](std::size_t t) { return spikes.subspan((t * batch + i) * units, units); };
             std::fill(sum.begin(), sum.end(), 0.0F);
             for (std::size_t t = 0; t < steps; ++t) {
               const auto row = at(t);
               for (std::size_t u = 0; u < units; ++u) sum[u] += row[u];
             }
             finite = finite && std::all_of(sum.begin(), sum.end(), [](float value) { return std::isfinite(value); });
             if (!finite) return;  // ranks of what has no order are none
             for (std::int64_t table = first; table < last; ++table)
               tables[static_cast<std::size_t>(table - first)].add(done + i, table + 1 == layer.count()
                                                                                 ? std::span<const float>(sum)
                                                                                 : at(static_cast<std::size_t>(table)));
           }
           done += batch;
           progress((static_cast<double>(pass) + static_cast<double>(done) / static_cast<double>(images)) /
                    static_cast<double>(passes));
         },
         {}});
    if (!response) return tl::unexpected(response.error());
    if (!finite)
      return failure("A response is not a number", "NaN or Inf stands among the responses",
                     "the network's weights may have diverged");
    for (Table& table : tables) table.end();
  }
  std::vector<TableProducts> out;
  for (std::int64_t table = first; table < last; ++table)
    out.push_back(tables[static_cast<std::size_t>(table - first)].take(layer.name(table)));
  return out;
}

}  // namespace pinwheel::training
