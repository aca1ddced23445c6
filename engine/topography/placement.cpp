#include "engine/topography/placement.h"

#include <cblas.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "engine/core/random.h"
#include "engine/core/runtime.h"
#include "engine/topography/slot_grid.h"

// Two facts make the swaps cheap. Let R be the correlations among a window's units and D = 1/(d+1) between their
// positions. Swapping the positions of a and b permutes the entries of D[{a,b},:] and leaves R as it is, so the means
// and norms in Pearson(R[{a,b},:], D[{a,b},:]) do not change: the loss falls exactly when
//   sum over j not in {a,b} of (R[a,j] - R[b,j]) (D[b,j] - D[a,j])
// is positive, and by the same number the sum of R D over all pairs of the window grows.
//
// Positions are slots that never move; units move between them. Windows that share no ground commute, so they may run
// at the same time: every window waits for the earlier ones that it overlaps, and the result is that of running them in
// order.
namespace pinwheel::topography {
namespace {

constexpr std::int64_t kLookAhead = 64;  // windows scheduled together
constexpr std::int64_t kPoints = 50;     // of the falling loss
constexpr double kRounding = 1e-6;       // a gain below what single precision can tell is none

// The window's matrices, reused.
struct Workspace {
  std::vector<std::int32_t> slots;
  std::vector<float> rows;  // [N, S]
  std::vector<float> r;     // [N, N]
  std::vector<float> d;     // [N, N]
};

struct WindowResult {
  bool skipped = true;
  double lossBefore = 0;
  double lossAfter = 0;
  std::int64_t accepted = 0;
};

// OpenBLAS would start threads of its own inside each of ours, and sum in another order.
class SingleThreadedBlas {
public:
  SingleThreadedBlas() : m_threads(openblas_get_num_threads()) { openblas_set_num_threads(1); }
  ~SingleThreadedBlas() { openblas_set_num_threads(m_threads); }
  SingleThreadedBlas(const SingleThreadedBlas&) = delete;
  SingleThreadedBlas& operator=(const SingleThreadedBlas&) = delete;

private:
  int m_threads;
};

// Rows with zero mean and unit norm, so that correlations are inner products; constant rows become 0, and are counted.
std::vector<float> standardised(const ResponseMatrix& responses, std::int64_t& constantRows) {
  std::vector<float> out(responses.values.size());
  const auto n = static_cast<std::size_t>(responses.stimuli);
  for (std::size_t u = 0; u < static_cast<std::size_t>(responses.units); ++u) {
    const std::span<const float> row = responses.values.subspan(u * n, n);
    double mean = 0;
    for (const float v : row) mean += static_cast<double>(v);
    mean /= static_cast<double>(n);
    double squares = 0;
    for (const float v : row) squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
    const double scale = squares > 1e-12 * static_cast<double>(n) * (mean * mean + 1e-12) ? 1 / std::sqrt(squares) : 0;
    constantRows += scale == 0 ? 1 : 0;
    for (std::size_t i = 0; i < n; ++i)
      out[u * n + i] = static_cast<float>((static_cast<double>(row[i]) - mean) * scale);
  }
  return out;
}

// Partial sums in a fixed order: the compiler may use vector registers without changing the result.
double swapGain(const float* ra, const float* rb, const float* da, const float* db, std::size_t n) {
  constexpr std::size_t kLanes = 16;
  float sums[kLanes] = {};
  std::size_t j = 0;
  for (; j + kLanes <= n; j += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) sums[k] += (ra[j + k] - rb[j + k]) * (db[j + k] - da[j + k]);
  double total = 0;
  for (const float sum : sums) total += static_cast<double>(sum);
  for (; j < n; ++j) total += static_cast<double>((ra[j] - rb[j]) * (db[j] - da[j]));
  return total;
}

void swapRowsAndColumns(std::vector<float>& m, std::size_t n, std::size_t a, std::size_t b) {
  std::swap_ranges(m.begin() + static_cast<std::ptrdiff_t>(a * n), m.begin() + static_cast<std::ptrdiff_t>((a + 1) * n),
                   m.begin() + static_cast<std::ptrdiff_t>(b * n));
  for (std::size_t i = 0; i < n; ++i) std::swap(m[i * n + a], m[i * n + b]);
}

class Placement {
public:
  Placement(Sheet& sheet, const ResponseMatrix& responses, const PlacementOptions& options)
      : m_sheet(sheet),
        m_options(options),
        m_stimuli(static_cast<std::size_t>(responses.stimuli)),
        m_rows(standardised(responses, m_constantUnits)),
        m_slotX(sheet.xMm),
        m_slotY(sheet.yMm),
        m_grid(m_slotX, m_slotY, sheet.spec.trainingSideMm, sheet.spec.neighbourhoodMm / 2),
        m_unitAt(sheet.xMm.size()) {
    for (std::size_t i = 0; i < m_unitAt.size(); ++i) m_unitAt[i] = static_cast<std::int32_t>(i);
  }

  PlacementReport run(const std::function<void(const PlacementPoint&)>& onPoint, const StopFlag* stop) {
    const SingleThreadedBlas guard;
    const auto start = std::chrono::steady_clock::now();
    const int threads = m_options.threads > 0 ? m_options.threads : availableProcessors();
    PlacementReport report;
    report.constantUnits = m_constantUnits;
    PlacementPoint sum;
    std::int64_t counted = 0;
    const std::int64_t perPoint = std::max<std::int64_t>(1, m_options.windows / kPoints);
    std::vector<WindowResult> results;
    for (std::int64_t first = 0; first < m_options.windows; first += kLookAhead) {
      if (stop != nullptr && stop->requested()) {
        report.stopped = true;
        break;
      }
      const std::int64_t count = std::min(kLookAhead, m_options.windows - first);
      runGroup(first, count, threads, results);
      for (std::int64_t i = 0; i < count; ++i) {
        const WindowResult& result = results[static_cast<std::size_t>(i)];
        ++report.windows;
        if (result.skipped) {
          ++report.skipped;
        } else {
          report.attempts += m_options.attempts;
          report.accepted += result.accepted;
          sum.lossBefore += result.lossBefore;
          sum.lossAfter += result.lossAfter;
          ++counted;
        }
        if (report.windows % perPoint != 0 && report.windows != m_options.windows) continue;
        if (counted == 0) continue;
        const auto n = static_cast<double>(counted);
        report.points.push_back({report.windows, sum.lossBefore / n, sum.lossAfter / n, report.accepted});
        if (onPoint) onPoint(report.points.back());
        sum = {};
        counted = 0;
      }
    }
    for (std::size_t slot = 0; slot < m_unitAt.size(); ++slot) {
      m_sheet.xMm[static_cast<std::size_t>(m_unitAt[slot])] = m_slotX[slot];
      m_sheet.yMm[static_cast<std::size_t>(m_unitAt[slot])] = m_slotY[slot];
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return report;
  }

private:
  void runGroup(std::int64_t first, std::int64_t count, int threads, std::vector<WindowResult>& results) {
    const auto n = static_cast<std::size_t>(count);
    std::vector<Square> squares(n);
    for (std::size_t i = 0; i < n; ++i) {
      Random random(m_options.seed, 0x9A, static_cast<std::uint64_t>(first) + i);
      squares[i] = randomSquare(random, m_sheet.spec.trainingSideMm, m_sheet.spec.neighbourhoodMm);
    }
    results.assign(n, {});
    m_workspaces.resize(static_cast<std::size_t>(std::max(1, threads)));
    const auto runWindow = [&](std::size_t i, Workspace& space) {
      Random random(m_options.seed, 0x9B, static_cast<std::uint64_t>(first) + i);
      results[i] = window(squares[i], random, space);
    };
    if (threads <= 1) {
      for (std::size_t i = 0; i < n; ++i) runWindow(i, m_workspaces[0]);
      return;
    }
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::uint8_t> started(n, 0);
    std::vector<std::uint8_t> done(n, 0);
    // The first window not yet started whose earlier, overlapping windows are done; n when there is none now.
    const auto pick = [&]() {
      for (std::size_t i = 0; i < n; ++i) {
        if (started[i] != 0) continue;
        bool free = true;
        for (std::size_t j = 0; j < i && free; ++j) free = done[j] != 0 || !squares[j].overlaps(squares[i]);
        if (free) return i;
      }
      return n;
    };
    const auto work = [&](Workspace& space) {
      std::unique_lock lock(mutex);
      for (;;) {
        if (std::find(started.begin(), started.end(), 0) == started.end()) return;
        const std::size_t i = pick();
        if (i == n) {
          changed.wait(lock);
          continue;
        }
        started[i] = 1;
        lock.unlock();
        runWindow(i, space);
        lock.lock();
        done[i] = 1;
        changed.notify_all();
      }
    };
    std::vector<std::thread> helpers;
    for (std::size_t t = 1; t < m_workspaces.size(); ++t) helpers.emplace_back([&, t] { work(m_workspaces[t]); });
    work(m_workspaces[0]);
    for (std::thread& helper : helpers) helper.join();
  }

  WindowResult window(const Square& square, Random& random, Workspace& space) {
    m_grid.inside(square, space.slots);
    if (static_cast<int>(space.slots.size()) < m_options.minUnits) return {};
    keepRandom(space.slots, static_cast<std::size_t>(m_options.maxUnits), random);
    const std::size_t n = space.slots.size();
    fillMatrices(space, n);

    double sumR = 0, sumD = 0, sumRR = 0, sumDD = 0, sumRD = 0;
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = i + 1; j < n; ++j) {
        const auto r = static_cast<double>(space.r[i * n + j]);
        const auto d = static_cast<double>(space.d[i * n + j]);
        sumR += r;
        sumD += d;
        sumRR += r * r;
        sumDD += d * d;
        sumRD += r * d;
      }
    const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
    const double spread =
        std::sqrt(std::max(0.0, sumRR - sumR * sumR / pairs) * std::max(0.0, sumDD - sumD * sumD / pairs));
    const auto loss = [&](double products) {
      return spread > 1e-12 ? 0.5 * (1 - (products - sumR * sumD / pairs) / spread) : 0.5;
    };
    WindowResult result;
    result.skipped = false;
    result.lossBefore = loss(sumRD);
    for (int attempt = 0; attempt < m_options.attempts; ++attempt) {
      const auto a = static_cast<std::size_t>(random.below(n));
      auto b = static_cast<std::size_t>(random.below(n - 1));
      if (b >= a) ++b;
      const float* ra = space.r.data() + a * n;
      const float* rb = space.r.data() + b * n;
      const float* da = space.d.data() + a * n;
      const float* db = space.d.data() + b * n;
      double gain = swapGain(ra, rb, da, db, n);
      gain -= static_cast<double>((ra[a] - rb[a]) * (db[a] - da[a])) +
              static_cast<double>((ra[b] - rb[b]) * (db[b] - da[b]));
      if (gain <= kRounding) continue;
      // The units of two slots change places: their correlations go with them.
      std::swap(m_unitAt[static_cast<std::size_t>(space.slots[a])], m_unitAt[static_cast<std::size_t>(space.slots[b])]);
      swapRowsAndColumns(space.r, n, a, b);
      sumRD += gain;
      ++result.accepted;
    }
    result.lossAfter = loss(sumRD);
    return result;
  }

  // R of the units that sit in the window's slots, D of the slots; both full, with diagonal 1.
  void fillMatrices(Workspace& space, std::size_t n) const {
    space.rows.resize(n * m_stimuli);
    for (std::size_t i = 0; i < n; ++i) {
      const auto unit = static_cast<std::size_t>(m_unitAt[static_cast<std::size_t>(space.slots[i])]);
      std::copy_n(m_rows.begin() + static_cast<std::ptrdiff_t>(unit * m_stimuli), m_stimuli,
                  space.rows.begin() + static_cast<std::ptrdiff_t>(i * m_stimuli));
    }
    space.r.resize(n * n);
    space.d.resize(n * n);
    const auto size = static_cast<int>(n);
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasNoTrans, size, static_cast<int>(m_stimuli), 1.0F, space.rows.data(),
                static_cast<int>(m_stimuli), 0.0F, space.r.data(), size);
    for (std::size_t i = 0; i < n; ++i) {
      const auto si = static_cast<std::size_t>(space.slots[i]);
      for (std::size_t j = 0; j < n; ++j) {
        const auto sj = static_cast<std::size_t>(space.slots[j]);
        const float dx = m_slotX[si] - m_slotX[sj];
        const float dy = m_slotY[si] - m_slotY[sj];
        space.d[i * n + j] = 1.0F / (std::sqrt(dx * dx + dy * dy) + 1.0F);
      }
      for (std::size_t j = 0; j < i; ++j) space.r[i * n + j] = space.r[j * n + i];
    }
  }

  Sheet& m_sheet;
  PlacementOptions m_options;
  std::size_t m_stimuli;
  std::int64_t m_constantUnits = 0;
  std::vector<float> m_rows;
  std::vector<float> m_slotX;
  std::vector<float> m_slotY;
  SlotGrid m_grid;
  std::vector<std::int32_t> m_unitAt;
  std::vector<Workspace> m_workspaces;
};

}  // namespace

Expected<PlacementReport> optimisePositions(Sheet& sheet, const ResponseMatrix& responses,
                                            const PlacementOptions& options,
                                            const std::function<void(const PlacementPoint&)>& onPoint,
                                            const StopFlag* stop) {
  const auto units = static_cast<std::int64_t>(sheet.xMm.size());
  if (responses.units != units || responses.stimuli < 2 ||
      static_cast<std::int64_t>(responses.values.size()) != responses.units * responses.stimuli)
    return failure("The responses do not fit the sheet of " + sheet.spec.layer,
                   std::to_string(responses.values.size()) + " values, " + std::to_string(responses.units) +
                       " units, " + std::to_string(responses.stimuli) + " stimuli; the sheet has " +
                       std::to_string(units) + " units");
  if (!std::all_of(responses.values.begin(), responses.values.end(), [](float v) { return std::isfinite(v); }))
    return failure("A response of " + sheet.spec.layer + " is not a number",
                   "the auxiliary network's rates hold NaN or Inf", "lower training.learning_rate");
  if (options.minUnits < 2 || options.maxUnits < options.minUnits || options.attempts < 0 ||
      sheet.spec.neighbourhoodMm <= 0)
    return failure("Placement options out of range", "windows hold at least 2 units, the neighbourhood is above 0 mm");
  return Placement(sheet, responses, options).run(onPoint, stop);
}

}  // namespace pinwheel::topography
