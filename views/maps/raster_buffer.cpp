#include "views/maps/raster_buffer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace pinwheel::views {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// NaN after every number.
bool before(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return a < b;
}

}  // namespace

std::int32_t RasterBand::unitOfRow(int row) const {
  const auto count = static_cast<std::int64_t>(units.size());
  if (row < firstRow || row >= firstRow + rows || count == 0) return -1;
  // The first rank whose row this is: the inverse of floor(rank * rows / count).
  const std::int64_t rank = (static_cast<std::int64_t>(row - firstRow) * count + rows - 1) / rows;
  return units[static_cast<std::size_t>(rank)];
}

RasterBand makeBand(const session::SheetPlan& plan, const session::SheetMaps* maps, std::size_t sheet,
                    RasterOrder order, int firstRow, int mostRows, QRgb colour) {
  RasterBand band;
  const std::size_t count = plan.xMm.size();
  band.sheet = sheet;
  band.firstRow = firstRow;
  band.rows = static_cast<int>(std::min<std::size_t>(count, static_cast<std::size_t>(std::max(1, mostRows))));
  band.colour = colour;
  band.units.resize(count);
  std::iota(band.units.begin(), band.units.end(), 0);
  const std::vector<float>* first = order == RasterOrder::positionY ? &plan.yMm : &plan.xMm;
  if (maps != nullptr && order == RasterOrder::orientation && maps->tuning.orientationDeg.size() == count)
    first = &maps->tuning.orientationDeg;
  if (maps != nullptr && order == RasterOrder::rate && maps->tuning.meanRate.size() == count)
    first = &maps->tuning.meanRate;
  const std::vector<float>& second = order == RasterOrder::positionY ? plan.xMm : plan.yMm;
  std::sort(band.units.begin(), band.units.end(), [&](std::int32_t a, std::int32_t b) {
    const auto i = static_cast<std::size_t>(a);
    const auto j = static_cast<std::size_t>(b);
    if (before((*first)[i], (*first)[j])) return true;
    if (before((*first)[j], (*first)[i])) return false;
    return second[i] != second[j] ? second[i] < second[j] : a < b;
  });
  band.rowOf.resize(count);
  band.unitsIn.assign(static_cast<std::size_t>(band.rows), 0);
  for (std::size_t rank = 0; rank < count; ++rank) {
    const std::size_t row = rank * static_cast<std::size_t>(band.rows) / count;
    band.rowOf[static_cast<std::size_t>(band.units[rank])] = firstRow + static_cast<std::int32_t>(row);
    ++band.unitsIn[row];
  }
  return band;
}

QRgb rowColour(QRgb ground, QRgb full, int firing, int units) {
  constexpr int kLeast = 30;  // percent: what a single spike is seen by
  const int percent = kLeast + (100 - kLeast) * firing / units;
  const auto mix = [percent](int from, int to) { return from + (to - from) * percent / 100; };
  return qRgb(mix(qRed(ground), qRed(full)), mix(qGreen(ground), qGreen(full)), mix(qBlue(ground), qBlue(full)));
}

RasterBuffer::RasterBuffer(int capacity) : m_image(capacity, 1, QImage::Format_RGB32) {
  m_image.fill(Qt::black);
}

void RasterBuffer::reset(std::vector<RasterBand> bands, std::size_t sheets, QRgb ground, QRgb separator,
                         std::int64_t column) {
  m_bands = std::move(bands);
  int rows = 1;
  for (const RasterBand& band : m_bands) rows = std::max(rows, band.firstRow + band.rows);
  const int wide = capacity();
  if (m_image.height() != rows) m_image = QImage(wide, rows, QImage::Format_RGB32);
  m_ground = ground | 0xff000000U;
  m_separator = separator | 0xff000000U;
  m_image.fill(m_ground);
  m_rates.assign(sheets, std::vector<float>(static_cast<std::size_t>(wide), kNaN));
  m_frames.clear();
  m_begin = column;
  m_end = column;
}

int RasterBuffer::nextColumn(QRgb colour) {
  const int at = ringIndex(m_end++);
  m_begin = std::max(m_begin, m_end - capacity());
  while (!m_frames.empty() && m_frames.front().column < m_begin) m_frames.pop_front();
  auto* pixels = reinterpret_cast<QRgb*>(m_image.bits());
  const auto stride = static_cast<std::ptrdiff_t>(m_image.bytesPerLine()) / 4;
  for (int row = 0; row < m_image.height(); ++row) pixels[row * stride + at] = colour;
  for (std::vector<float>& rates : m_rates) rates[static_cast<std::size_t>(at)] = kNaN;
  return at;
}

void RasterBuffer::drawBand(const RasterBand& band, const std::uint8_t* spikes, int at) {
  m_firing.assign(static_cast<std::size_t>(band.rows), 0);
  for (std::size_t u = 0; u < band.rowOf.size(); ++u)
    if (spikes[u] != 0) ++m_firing[static_cast<std::size_t>(band.rowOf[u] - band.firstRow)];
  auto* pixels = reinterpret_cast<QRgb*>(m_image.bits());
  const auto stride = static_cast<std::ptrdiff_t>(m_image.bytesPerLine()) / 4;
  for (int row = 0; row < band.rows; ++row) {
    const auto r = static_cast<std::size_t>(row);
    if (m_firing[r] > 0)
      pixels[(band.firstRow + row) * stride + at] = rowColour(m_ground, band.colour, m_firing[r], band.unitsIn[r]);
  }
}

void RasterBuffer::append(const session::ActivityFrame& frame) {
  if (frame.timeSteps <= 0) return;
  const auto steps = static_cast<std::size_t>(frame.timeSteps);
  m_frames.push_back({m_end, frame.stamp.step});
  for (std::size_t t = 0; t < steps; ++t) {
    const int at = nextColumn(m_ground);
    for (std::size_t s = 0; s < std::min(m_rates.size(), frame.spikes.size()); ++s) {
      const std::size_t count = frame.spikes[s].size() / steps;
      if (count == 0) continue;
      const auto* spikes = frame.spikes[s].data() + t * count;
      const auto silent = std::count(spikes, spikes + count, std::uint8_t{0});
      m_rates[s][static_cast<std::size_t>(at)] = static_cast<float>(
          static_cast<double>(static_cast<std::ptrdiff_t>(count) - silent) / static_cast<double>(count));
    }
    for (const RasterBand& band : m_bands) {
      const std::size_t count = band.rowOf.size();
      if (band.sheet < frame.spikes.size() && frame.spikes[band.sheet].size() == steps * count)
        drawBand(band, frame.spikes[band.sheet].data() + t * count, at);
    }
  }
  nextColumn(m_separator);
}

float RasterBuffer::rate(std::size_t sheet, std::int64_t column) const {
  if (sheet >= m_rates.size() || column < m_begin || column >= m_end) return kNaN;
  return m_rates[sheet][static_cast<std::size_t>(ringIndex(column))];
}

}  // namespace pinwheel::views
