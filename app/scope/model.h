// What is kept of the frames that came, within bounds; panels read it, nothing here knows how it is drawn.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "app/scope/curves.h"
#include "app/scope/feed.h"
#include "app/scope/raster_ring.h"

namespace pinwheel::scope {

struct ModelOptions {
  std::size_t maxRows = 256;   ///< of a raster
  std::size_t columns = 4096;  ///< that are kept of it; fewer where the sheets are very many
};

struct Counters {
  std::uint64_t answers = 0;  ///< activity frames
  std::uint64_t columns = 0;
  std::uint64_t spikes = 0;
  std::uint64_t maps = 0;
  std::uint64_t misfits = 0;  ///< activity of other sheets than the network's
};

/// One thread.
class Model {
public:
  explicit Model(ModelOptions options = {}) : m_options(options) {}

  /// True when anything came. `now`: seconds on a clock that only rises, for spikesPerSecond() alone.
  bool take(FeedUpdate update, double now);

  [[nodiscard]] const session::NetworkFrame* network() const noexcept { return m_network.get(); }
  [[nodiscard]] const session::MapsFrame* maps() const noexcept { return m_maps.get(); }
  [[nodiscard]] const session::TrainingFrame* training() const noexcept { return m_training.get(); }
  [[nodiscard]] const session::ActivityFrame* activity() const noexcept { return m_activity.get(); }  ///< the newest
  [[nodiscard]] const session::JobFrame* job() const noexcept { return m_job.get(); }
  /// The newest warning or error; null when there was none.
  [[nodiscard]] const session::Notice* notice() const noexcept { return m_notice ? &*m_notice : nullptr; }

  /// One a sheet of the network.
  [[nodiscard]] const std::vector<RasterRing>& rasters() const noexcept { return m_rasters; }
  [[nodiscard]] const Curves& curves() const noexcept { return m_curves; }
  [[nodiscard]] const Counters& counters() const noexcept { return m_counters; }
  /// The newest step that any frame names.
  [[nodiscard]] std::int64_t step() const noexcept { return m_step; }
  /// That came within the last second before `now`.
  [[nodiscard]] double spikesPerSecond(double now) const;

  // They change when the network, the maps, the curves did: what was made of them has to be made anew.
  [[nodiscard]] std::uint64_t networkVersion() const noexcept { return m_networkVersion; }
  [[nodiscard]] std::uint64_t mapsVersion() const noexcept { return m_mapsVersion; }
  [[nodiscard]] std::uint64_t curvesVersion() const noexcept { return m_curvesVersion; }

private:
  struct Arrival {
    double at = 0;
    std::uint64_t spikes = 0;
  };
  void reset();
  void setNetwork(std::shared_ptr<const session::NetworkFrame> network);
  void add(const session::ActivityFrame& activity, double now);

  ModelOptions m_options;
  std::shared_ptr<const session::NetworkFrame> m_network;
  std::shared_ptr<const session::MapsFrame> m_maps;
  std::shared_ptr<const session::TrainingFrame> m_training;
  std::shared_ptr<const session::ActivityFrame> m_activity;
  std::shared_ptr<const session::JobFrame> m_job;
  std::optional<session::Notice> m_notice;
  std::vector<RasterRing> m_rasters;
  Curves m_curves;
  Counters m_counters;
  std::int64_t m_step = 0;
  std::deque<Arrival> m_arrivals;  ///< of the last second before the newest
  std::uint64_t m_networkVersion = 0;
  std::uint64_t m_mapsVersion = 0;
  std::uint64_t m_curvesVersion = 0;
};

}  // namespace pinwheel::scope
