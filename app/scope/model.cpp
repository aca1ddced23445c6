#include "app/scope/model.h"

#include <algorithm>

namespace pinwheel::scope {
namespace {

// Whatever a network has, its rasters stay within these.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kLeastColumns = 64;

}  // namespace

void Model::reset() {
  setNetwork(nullptr);
  m_training = nullptr;
  m_job = nullptr;
  m_curves = {};
  ++m_curvesVersion;
  m_step = 0;
}

void Model::setNetwork(std::shared_ptr<const session::NetworkFrame> network) {
  // The same network again (with the path of its checkpoint, say) keeps what was seen of it.
  const auto sameSheets = [](const session::NetworkFrame& a, const session::NetworkFrame& b) {
    return std::equal(a.sheets.begin(), a.sheets.end(), b.sheets.begin(), b.sheets.end(),
                      [](const session::SheetPlan& s, const session::SheetPlan& t) {
                        return s.spec.layer == t.spec.layer && s.xMm == t.xMm && s.yMm == t.yMm;
                      });
  };
  const bool same =
      network && m_network && network->stamp.network == m_network->stamp.network && sameSheets(*network, *m_network);
  m_network = std::move(network);
  if (same) return;
  m_maps = nullptr;
  m_activity = nullptr;
  m_rasters.clear();
  ++m_networkVersion;
  ++m_mapsVersion;
  if (!m_network) return;
  std::size_t columnBytes = 1;
  for (const session::SheetPlan& sheet : m_network->sheets)
    columnBytes += std::min(sheet.xMm.size(), m_options.maxRows) + sizeof(RasterRing::Column);
  const std::size_t columns = std::min(m_options.columns, std::max(kLeastColumns, kMostBytes / columnBytes));
  for (const session::SheetPlan& sheet : m_network->sheets)
    m_rasters.emplace_back(std::max<std::size_t>(1, sheet.xMm.size()), m_options.maxRows, columns);
}

void Model::add(const session::ActivityFrame& activity, double now) {
  const auto steps = static_cast<std::size_t>(std::max(0, activity.timeSteps));
  bool fits = steps > 0 && activity.spikes.size() == m_rasters.size();
  for (std::size_t s = 0; fits && s < m_rasters.size(); ++s)
    fits = activity.spikes[s].size() == steps * m_rasters[s].units();
  if (!fits) {
    ++m_counters.misfits;
    return;
  }
  std::uint64_t spikes = 0;
  for (std::size_t s = 0; s < m_rasters.size(); ++s) {
    const std::uint64_t first = m_rasters[s].written();
    m_rasters[s].add(activity.spikes[s], steps, activity.stamp.step);
    for (std::uint64_t c = std::max(first, m_rasters[s].oldest()); c < m_rasters[s].written(); ++c)
      spikes += m_rasters[s].column(c).spikes;
  }
  ++m_counters.answers;
  m_counters.columns += steps;
  m_counters.spikes += spikes;
  m_arrivals.push_back({now, spikes});
  while (m_arrivals.front().at < now - 1) m_arrivals.pop_front();
}

double Model::spikesPerSecond(double now) const {
  double sum = 0;
  for (const Arrival& arrival : m_arrivals)
    if (arrival.at > now - 1) sum += static_cast<double>(arrival.spikes);
  return sum;
}

bool Model::take(FeedUpdate update, double now) {
  session::News& news = update.news;
  bool any = update.reset || news.network || news.maps || news.training || news.job || !update.activities.empty();
  if (update.reset) reset();
  const auto see = [this](std::int64_t step) { m_step = std::max(m_step, step); };
  if (news.network) {
    const bool other = !m_network || news.network->stamp.network != m_network->stamp.network;
    if (other) m_step = 0;
    see(news.network->stamp.step);
    setNetwork(std::move(news.network));
  }
  if (news.maps && m_network && news.maps->sheets.size() == m_network->sheets.size()) {
    see(news.maps->stamp.step);
    m_maps = std::move(news.maps);
    ++m_mapsVersion;
    ++m_counters.maps;
  }
  for (const auto& activity : update.activities) {
    if (!m_network || activity->stamp.network != m_network->stamp.network) continue;
    see(activity->stamp.step);
    add(*activity, now);
    m_activity = activity;
  }
  if (news.training) {
    see(news.training->report.step);
    m_training = std::move(news.training);
    m_curves = curvesOf(*m_training);
    ++m_curvesVersion;
  }
  if (news.job) m_job = std::move(news.job);
  for (session::Notice& notice : news.notices)
    if (notice.kind != session::Notice::Kind::information) {
      m_notice = std::move(notice);
      any = true;
    }
  return any;
}

}  // namespace pinwheel::scope
