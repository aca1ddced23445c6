#include "views/maps/raster_buffer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
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

std::int64_t columnsOf(const session::ActivityFrame& frame) {
  return std::int64_t{frame.timeSteps} + 1;
}

std::int64_t bytesOf(const session::ActivityFrame& frame) {
  std::size_t bytes = frame.picture.pixels.size();
  for (const std::vector<std::uint8_t>& spikes : frame.spikes) bytes += spikes.size();
  return static_cast<std::int64_t>(bytes);
}

// The first rank whose row this is: the inverse of floor(rank * rows / count). -1: not a row of this band.
std::int64_t firstRank(const RasterBand& band, int row) {
  const auto count = static_cast<std::int64_t>(band.units.size());
  if (row < band.firstRow || row >= band.firstRow + band.rows || count == 0) return -1;
  return (static_cast<std::int64_t>(row - band.firstRow) * count + band.rows - 1) / band.rows;
}

}  // namespace

std::int32_t RasterBand::unitOfRow(int row) const {
  const std::int64_t rank = firstRank(*this, row);
  return rank < 0 ? -1 : units[static_cast<std::size_t>(rank)];
}

std::vector<std::int32_t> RasterBand::unitsOfRow(int row) const {
  const std::int64_t rank = firstRank(*this, row);
  if (rank < 0) return {};
  const auto first = units.begin() + static_cast<std::ptrdiff_t>(rank);
  return {first, first + unitsIn[static_cast<std::size_t>(row - firstRow)]};
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

RasterBuffer::RasterBuffer(int capacity, std::int64_t mostBytes)
    : m_image(capacity, 1, QImage::Format_RGB32),
      m_mostBytes(mostBytes),
      m_drawn(static_cast<std::size_t>(capacity), 0) {
  m_image.fill(Qt::black);
}

void RasterBuffer::clear() {
  m_kept.clear();
  m_frames.clear();
  m_bytes = 0;
  m_nextMoment = 0;
  m_probeImage = kAllImages;
  m_begin = 0;
  m_end = 0;
}

void RasterBuffer::setProbeImage(int image) {
  if (image == m_probeImage) return;
  m_probeImage = image;
  m_frames.clear();
  m_end = image == kAllImages && !m_kept.empty() ? m_kept.front().moment : 0;
  for (const HeldFrame& held : m_kept) show(held);
  findBegin();
}

void RasterBuffer::setRows(std::vector<RasterBand> bands, std::size_t sheets, QRgb ground, QRgb separator) {
  m_bands = std::move(bands);
  int rows = 1;
  for (const RasterBand& band : m_bands) rows = std::max(rows, band.firstRow + band.rows);
  m_ground = ground | 0xff000000U;
  m_separator = separator | 0xff000000U;
  if (m_image.height() != rows) {
    m_image = QImage(capacity(), rows, QImage::Format_RGB32);
    m_image.fill(m_ground);
  }
  std::fill(m_drawn.begin(), m_drawn.end(), std::uint8_t{0});
  // Rates do not depend on the rows: those that are known stay.
  if (m_rates.size() != sheets) m_rates.assign(sheets, std::vector<float>(m_drawn.size(), kNaN));
}

void RasterBuffer::append(std::shared_ptr<const session::ActivityFrame> frame) {
  if (frame->timeSteps <= 0) return;
  m_bytes += bytesOf(*frame);
  m_kept.push_back({m_nextMoment, std::move(frame), m_nextMoment});
  m_nextMoment += columnsOf(*m_kept.back().activity);
  show(m_kept.back());
  const auto outOfReach = [this] {
    const HeldFrame& oldest = m_kept.front();
    return m_bytes > m_mostBytes || oldest.moment + columnsOf(*oldest.activity) <= m_nextMoment - capacity();
  };
  while (m_kept.size() > 1 && outOfReach()) {
    if (!m_frames.empty() && m_frames.front().moment == m_kept.front().moment) m_frames.pop_front();
    m_bytes -= bytesOf(*m_kept.front().activity);
    m_kept.pop_front();
  }
  findBegin();
}

// Behind the columns that are there, where its image is shown.
void RasterBuffer::show(const HeldFrame& held) {
  if (m_probeImage != kAllImages && held.activity->probeImage != m_probeImage) return;
  const std::int64_t end = m_end + columnsOf(*held.activity);
  for (std::int64_t column = m_end; column < end; ++column) {
    const auto at = static_cast<std::size_t>(ringIndex(column));
    m_drawn[at] = 0;
    for (std::vector<float>& rates : m_rates) rates[at] = kNaN;
  }
  m_frames.push_back({m_end, held.activity, held.moment});
  m_end = end;
}

void RasterBuffer::findBegin() {
  m_begin = m_frames.empty() ? m_end : std::max(m_frames.front().column, m_end - capacity());
}

const RasterBuffer::HeldFrame* RasterBuffer::frameAt(std::int64_t column) const {
  if (column < m_begin || column >= m_end) return nullptr;
  const auto after = std::upper_bound(m_frames.begin(), m_frames.end(), column,
                                      [](std::int64_t wanted, const HeldFrame& held) { return wanted < held.column; });
  return &*std::prev(after);
}

std::int64_t RasterBuffer::momentAt(std::int64_t column) const {
  const auto found =
      std::find_if(m_frames.begin(), m_frames.end(), [column](const HeldFrame& held) { return held.column >= column; });
  return found == m_frames.end() ? m_nextMoment : found->moment;
}

std::int64_t RasterBuffer::columnOf(std::int64_t moment) const {
  const auto found =
      std::find_if(m_frames.begin(), m_frames.end(), [moment](const HeldFrame& held) { return held.moment >= moment; });
  return found == m_frames.end() ? m_end : found->column;
}

bool RasterBuffer::isWhole() const {
  for (std::int64_t column = m_begin; column < m_end; ++column)
    if (!isDrawn(column)) return false;
  return true;
}

int RasterBuffer::draw(int most, QDeadlineTimer until) {
  int drawn = 0;
  for (auto held = m_frames.rbegin(); held != m_frames.rend(); ++held) {
    const std::int64_t first = std::max(held->column, m_begin);
    for (std::int64_t column = held->column + columnsOf(*held->activity) - 1; column >= first; --column) {
      if (isDrawn(column)) continue;
      if (drawn == most || (drawn > 0 && until.hasExpired())) return drawn;
      drawColumn(*held, column);
      ++drawn;
    }
  }
  return drawn;
}

void RasterBuffer::drawColumn(const HeldFrame& held, std::int64_t column) {
  const session::ActivityFrame& frame = *held.activity;
  const auto steps = static_cast<std::size_t>(frame.timeSteps);
  const auto t = static_cast<std::size_t>(column - held.column);
  const int at = ringIndex(column);
  m_drawn[static_cast<std::size_t>(at)] = 1;
  ++m_columnsDrawn;
  fillColumn(at, t < steps ? m_ground : m_separator);
  if (t >= steps) return;
  for (std::size_t s = 0; s < std::min(m_rates.size(), frame.spikes.size()); ++s) {
    float& rate = m_rates[s][static_cast<std::size_t>(at)];
    const std::size_t count = frame.spikes[s].size() / steps;
    if (count == 0 || !std::isnan(rate)) continue;
    const auto* spikes = frame.spikes[s].data() + t * count;
    const auto silent = std::count(spikes, spikes + count, std::uint8_t{0});
    rate = static_cast<float>(static_cast<double>(static_cast<std::ptrdiff_t>(count) - silent) /
                              static_cast<double>(count));
  }
  for (const RasterBand& band : m_bands) {
    const std::size_t count = band.rowOf.size();
    if (band.sheet < frame.spikes.size() && frame.spikes[band.sheet].size() == steps * count)
      drawBand(band, frame.spikes[band.sheet].data() + t * count, at);
  }
}

void RasterBuffer::fillColumn(int at, QRgb colour) {
  auto* pixels = reinterpret_cast<QRgb*>(m_image.bits());
  const auto stride = static_cast<std::ptrdiff_t>(m_image.bytesPerLine()) / 4;
  for (int row = 0; row < m_image.height(); ++row) pixels[row * stride + at] = colour;
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

float RasterBuffer::rate(std::size_t sheet, std::int64_t column) const {
  if (sheet >= m_rates.size() || column < m_begin || column >= m_end) return kNaN;
  return m_rates[sheet][static_cast<std::size_t>(ringIndex(column))];
}

}  // namespace pinwheel::views
