#include "engine/analysis/pinwheels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace pinwheel::analysis {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kMinimumWinding = 0.3;
constexpr double kTdannSpacingMm = 3.5;
// The eight neighbours in order around a grid point; image y points down, so that this order turns as angles grow in x,
// y.
constexpr std::array<std::pair<int, int>, 8> kRing{
    {{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}};

struct UnitPoint {
  double x, y;
  std::complex<double> z;  // exp(2 i theta)
};

std::vector<UnitPoint> unitPoints(std::span<const float> x, std::span<const float> y,
                                  std::span<const float> orientationDeg) {
  std::vector<UnitPoint> points;
  for (std::size_t u = 0; u < x.size(); ++u)
    if (std::isfinite(orientationDeg[u]))
      points.push_back({static_cast<double>(x[u]), static_cast<double>(y[u]),
                        std::polar(1.0, 2 * static_cast<double>(orientationDeg[u]) * kPi / 180)});
  return points;
}

// Windows of side `windowMm` at stride `strideMm`: the mean vector and the unit count of each.
struct Windows {
  Grid<std::complex<float>> means;
  std::vector<std::uint8_t> valid;
  double strideMm = 0;
  double firstMm = 0;  // centre of the first window
};

Windows makeWindows(const std::vector<UnitPoint>& points, double sideMm, const PinwheelOptions& options) {
  Windows windows;
  const int n = std::max(1, static_cast<int>((sideMm - options.windowMm) / options.strideMm) + 1);
  windows.strideMm = options.strideMm;
  windows.firstMm = (sideMm - (n - 1) * options.strideMm) / 2;
  const std::size_t cells = static_cast<std::size_t>(n) * static_cast<std::size_t>(n);
  std::vector<std::complex<double>> sums(cells);
  windows.means = {n, n, n * options.strideMm, std::vector<std::complex<float>>(cells),
                   std::vector<double>(cells, 0.0)};
  const double half = options.windowMm / 2;
  const auto range = [&](double v) {
    const int first = std::max(0, static_cast<int>(std::ceil((v - half - windows.firstMm) / options.strideMm)));
    const int last = std::min(n - 1, static_cast<int>(std::floor((v + half - windows.firstMm) / options.strideMm)));
    return std::pair{first, last};
  };
  for (const UnitPoint& point : points) {
    const auto [firstX, lastX] = range(point.x);
    const auto [firstY, lastY] = range(point.y);
    for (int row = firstY; row <= lastY; ++row)
      for (int column = firstX; column <= lastX; ++column) {
        const std::size_t cell =
            static_cast<std::size_t>(row) * static_cast<std::size_t>(n) + static_cast<std::size_t>(column);
        sums[cell] += point.z;
        windows.means.weight[cell] += 1;
      }
  }
  windows.valid.resize(cells);
  for (std::size_t c = 0; c < cells; ++c) {
    windows.valid[c] = windows.means.weight[c] >= options.minimumUnits ? 1 : 0;
    windows.means.values[c] =
        windows.means.weight[c] > 0 ? std::complex<float>(sums[c] / windows.means.weight[c]) : std::complex<float>();
  }
  return windows;
}

// Do the units around a point turn as a pinwheel's do? Around one of winding +-1/2, exp(2 i theta) exp(-+i phi), with
// phi the angle at which a unit lies, points one way: a Rayleigh test of that direction. (Unlike a test of each
// window's mean, it does not fail where the windows average over the singularity.)
bool turns(const std::vector<UnitPoint>& points, const Pinwheel& pinwheel, double radiusMm,
           const PinwheelOptions& options) {
  std::complex<double> sum;
  double n = 0;
  for (const UnitPoint& point : points) {
    const double dx = point.x - pinwheel.xMm;
    const double dy = point.y - pinwheel.yMm;
    const double squared = dx * dx + dy * dy;
    if (squared > radiusMm * radiusMm || squared == 0) continue;
    sum += point.z * std::polar(1.0, -pinwheel.sign * std::atan2(dy, dx));
    ++n;
  }
  if (n < options.minimumUnits) return false;
  const double resultant = std::abs(sum) / n;
  // Rayleigh's p (Zar 1999, eq. 27.4).
  const double r = n * resultant;
  const double p = std::exp(std::sqrt(1 + 4 * n + 4 * (n * n - r * r)) - (1 + 2 * n));
  return p <= options.significance && resultant >= options.minimumResultant;
}

// Windows with all eight neighbours: where a pinwheel could have been found.
double ringedWindows(const Windows& windows) {
  const int n = windows.means.width;
  double count = 0;
  for (int row = 1; row + 1 < n; ++row)
    for (int column = 1; column + 1 < n; ++column)
      count +=
          std::all_of(kRing.begin(), kRing.end(),
                      [&](const auto& step) {
                        return windows.valid[static_cast<std::size_t>(row + step.second) * static_cast<std::size_t>(n) +
                                             static_cast<std::size_t>(column + step.first)] != 0;
                      })
              ? 1
              : 0;
  return count;
}

// Solves the 4 x 4 normal equations of a linear fit; false when singular.
bool solve(std::array<std::array<double, 5>, 4>& m) {
  for (std::size_t i = 0; i < 4; ++i) {
    std::size_t pivot = i;
    for (std::size_t r = i + 1; r < 4; ++r)
      if (std::abs(m[r][i]) > std::abs(m[pivot][i])) pivot = r;
    if (std::abs(m[pivot][i]) < 1e-14) return false;
    std::swap(m[i], m[pivot]);
    for (std::size_t r = 0; r < 4; ++r) {
      if (r == i) continue;
      const double factor = m[r][i] / m[i][i];
      for (std::size_t c = i; c < 5; ++c) m[r][c] -= factor * m[i][c];
    }
  }
  for (std::size_t i = 0; i < 4; ++i) m[i][4] /= m[i][i];
  return true;
}

// Least squares of a Gaussian at `peak` of width `width` on a parabola: residual and the Gaussian's height.
struct Fit {
  double residual = std::numeric_limits<double>::infinity();
  double height = 0;
};

Fit fitGaussian(const std::vector<double>& k, const std::vector<double>& power, double peak, double width) {
  std::array<std::array<double, 5>, 4> m{};
  const double scale = k.back();
  const auto basis = [&](double v) {
    const double g = (v - peak) / width;
    return std::array<double, 4>{std::exp(-0.5 * g * g), 1.0, v / scale, v * v / (scale * scale)};
  };
  for (std::size_t i = 0; i < k.size(); ++i) {
    const auto b = basis(k[i]);
    for (std::size_t r = 0; r < 4; ++r) {
      for (std::size_t c = 0; c < 4; ++c) m[r][c] += b[r] * b[c];
      m[r][4] += b[r] * power[i];
    }
  }
  if (!solve(m)) return {};
  Fit fit{0, m[0][4]};
  for (std::size_t i = 0; i < k.size(); ++i) {
    const auto b = basis(k[i]);
    double value = 0;
    for (std::size_t r = 0; r < 4; ++r) value += m[r][4] * b[r];
    fit.residual += (power[i] - value) * (power[i] - value);
  }
  return fit;
}

}  // namespace

std::vector<Pinwheel> findPinwheelsOnGrid(const Grid<std::complex<float>>& grid, std::span<const std::uint8_t> valid) {
  const int width = grid.width;
  const int height = grid.height;
  const double pitchX = grid.sideMm / width;
  const auto cell = [width](int row, int column) {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column);
  };
  std::vector<int> sign(grid.values.size(), 0);
  for (int row = 1; row + 1 < height; ++row)
    for (int column = 1; column + 1 < width; ++column) {
      double turn = 0;
      bool closed = true;
      for (std::size_t k = 0; k < kRing.size() && closed; ++k) {
        const auto& [dx, dy] = kRing[k];
        const auto& [nextX, nextY] = kRing[(k + 1) % kRing.size()];
        const std::size_t here = cell(row + dy, column + dx);
        const std::size_t next = cell(row + nextY, column + nextX);
        closed = valid[here] != 0 && valid[next] != 0;
        const std::complex<float> step = grid.values[next] * std::conj(grid.values[here]);
        turn += static_cast<double>(std::arg(step));
      }
      const double winding = turn / (2 * kPi) / 2;  // theta turns half as far as 2 theta
      if (closed && std::abs(winding) > kMinimumWinding) sign[cell(row, column)] = winding > 0 ? 1 : -1;
    }
  // The loops around neighbouring points enclose the same defect: one pinwheel at their centre.
  std::vector<Pinwheel> pinwheels;
  std::vector<std::pair<int, int>> open;
  for (int row = 1; row + 1 < height; ++row)
    for (int column = 1; column + 1 < width; ++column) {
      const int here = sign[cell(row, column)];
      if (here == 0) continue;
      double x = 0;
      double y = 0;
      double n = 0;
      open.assign(1, {row, column});
      sign[cell(row, column)] = 0;
      while (!open.empty()) {
        const auto [r, c] = open.back();
        open.pop_back();
        x += (c + 0.5) * pitchX;
        y += (r + 0.5) * pitchX;
        ++n;
        for (const auto& [dx, dy] : kRing) {
          const int nr = r + dy;
          const int nc = c + dx;
          if (nr < 1 || nc < 1 || nr + 1 >= height || nc + 1 >= width || sign[cell(nr, nc)] != here) continue;
          sign[cell(nr, nc)] = 0;
          open.emplace_back(nr, nc);
        }
      }
      pinwheels.push_back({x / n, y / n, here});
    }
  return pinwheels;
}

double columnSpacing(const Grid<std::complex<float>>& grid) {
  const int n = std::min(grid.width, grid.height);
  if (n < 8 || !(grid.sideMm > 0)) return kNaN;
  std::complex<double> mean;
  for (const std::complex<float>& z : grid.values) mean += std::complex<double>(z);
  mean /= static_cast<double>(grid.values.size());
  // Radial power by direct sums at half cycles per sheet: the field is complex, so that the whole circle counts.
  constexpr int kAngles = 48;
  std::vector<double> k;
  std::vector<double> power;
  std::vector<std::complex<double>> row(static_cast<std::size_t>(grid.width));
  for (double cycles = 1; cycles <= n / 3.0; cycles += 0.5) {
    double sum = 0;
    for (int a = 0; a < kAngles; ++a) {
      const double kx = 2 * kPi * cycles * std::cos(2 * kPi * a / kAngles) / grid.width;
      const double ky = 2 * kPi * cycles * std::sin(2 * kPi * a / kAngles) / grid.height;
      for (int x = 0; x < grid.width; ++x) row[static_cast<std::size_t>(x)] = std::polar(1.0, -kx * x);
      std::complex<double> total;
      for (int y = 0; y < grid.height; ++y) {
        // Written out: std::complex's product looks for infinities, at four times the cost.
        double real = 0;
        double imaginary = 0;
        const std::complex<float>* values = grid.values.data() + static_cast<std::ptrdiff_t>(y) * grid.width;
        for (int x = 0; x < grid.width; ++x) {
          const std::complex<double> value = std::complex<double>(values[x]) - mean;
          const std::complex<double> wave = row[static_cast<std::size_t>(x)];
          real += value.real() * wave.real() - value.imag() * wave.imag();
          imaginary += value.real() * wave.imag() + value.imag() * wave.real();
        }
        total += std::complex<double>(real, imaginary) * std::polar(1.0, -ky * y);
      }
      sum += std::norm(total);
    }
    k.push_back(cycles);
    power.push_back(sum / kAngles);
  }
  if (k.size() < 8) return kNaN;
  const double largest = *std::max_element(power.begin(), power.end());
  if (!(largest > 0)) return kNaN;
  for (double& p : power) p /= largest;
  // Kaschube et al. 2010: a Gaussian on a parabola. Position and width by search, the rest by least squares.
  Fit best;
  double bestPeak = kNaN;
  for (double peak = 1.5; peak <= k.back() - 1; peak += 0.1)
    for (const double width : {0.7, 1.0, 1.4, 2.0, 2.8, 4.0}) {
      const Fit fit = fitGaussian(k, power, peak, width);
      if (fit.height > 0 && fit.residual < best.residual) {
        best = fit;
        bestPeak = peak;
      }
    }
  double average = 0;
  for (const double p : power) average += p / static_cast<double>(power.size());
  double variance = 0;
  for (const double p : power) variance += (p - average) * (p - average);
  // A peak stands out when it is high against the background and the fit explains most of the profile.
  const bool standsOut = std::isfinite(bestPeak) && best.height > 0.3 && best.residual < 0.5 * variance;
  return standsOut ? grid.sideMm / bestPeak : kNaN;
}

Expected<PinwheelMap> findPinwheels(std::span<const float> x, std::span<const float> y,
                                    std::span<const float> orientationDeg, double sideMm,
                                    const PinwheelOptions& options) {
  if (x.size() != y.size() || x.size() != orientationDeg.size())
    return failure("Pinwheels need a position and an orientation for every unit",
                   std::to_string(x.size()) + ", " + std::to_string(y.size()) + " positions, " +
                       std::to_string(orientationDeg.size()) + " orientations");
  if (!(sideMm > options.windowMm) || !(options.strideMm > 0))
    return failure("The sheet is too small for pinwheels", "its side is " + std::to_string(sideMm) + " mm, a window " +
                                                               std::to_string(options.windowMm) + " mm");
  const std::vector<UnitPoint> points = unitPoints(x, y, orientationDeg);
  const Windows windows = makeWindows(points, sideMm, options);
  PinwheelMap map;
  const double offset = windows.firstMm - 0.5 * windows.strideMm;
  const double radius = options.windowMm / 2 + options.strideMm;
  for (Pinwheel pinwheel : findPinwheelsOnGrid(windows.means, windows.valid)) {
    pinwheel.xMm += offset;
    pinwheel.yMm += offset;
    if (!turns(points, pinwheel, radius, options)) continue;
    (pinwheel.sign > 0 ? map.positive : map.negative) += 1;
    map.pinwheels.push_back(pinwheel);
  }
  map.areaMm2 = ringedWindows(windows) * options.strideMm * options.strideMm;
  map.columnSpacingMm = columnSpacing(windows.means);
  if (!(map.areaMm2 > 0))
    return failure("Too few units for pinwheels",
                   std::to_string(points.size()) + " of " + std::to_string(x.size()) +
                       " units prefer an orientation: nowhere does a window and all its neighbours hold " +
                       std::to_string(options.minimumUnits),
                   "the layer may be silent");
  const auto count = static_cast<double>(map.pinwheels.size());
  map.densityPerSpacing2 = count * map.columnSpacingMm * map.columnSpacingMm / map.areaMm2;
  map.densityPer3_5mm2 = count / (sideMm / kTdannSpacingMm * sideMm / kTdannSpacingMm);
  return map;
}

}  // namespace pinwheel::analysis
