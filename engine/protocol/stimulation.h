// What the network sees when a place of its category map is driven: added spikes, Gaussian in space. Includes LibTorch.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/protocol/effort.h"
#include "engine/protocol/section.h"
#include "engine/protocol/subject.h"

namespace pinwheel::protocol {

struct StimulationOptions {
  double sigmaMm = 5;  ///< of the Gaussian, on a 70 mm sheet; scaled to the sheet at hand as patches are
  std::vector<double> strengths{0.1, 0.25, 0.5, 1};  ///< ascending, 0..1: probability of an added spike at the centre
  int places = 20;                                   ///< random ones, the control
  std::int64_t images = 400;  ///< at most, of the validation data and of either half of the categories
  double binWidth = 0.1;      ///< of the spread, in sides of the sheet
  int bins = 10;
  int bootstraps = 1000;   ///< of images and of places, for the intervals
  std::uint64_t seed = 1;  ///< of the images' choice, the places and the bootstraps

  /// quick: two strengths, 4 places, 100 images.
  static StimulationOptions of(Effort effort);
};
[[nodiscard]] nlohmann::json optionsJson(const StimulationOptions& options);

/// Drives the IT sheet (inferotemporalSheet) at the peak of every domain's smoothed t-map, at each strength, and at
/// random places (the positions of units drawn at random, the same ones for all domains and strengths): how the share
/// of images that are read as the domain changes, in the exams of DomainStudy that know domains. Then how the drive
/// spreads: the change of the later sheets' mean rates against the distance from the stimulated place, in sides of the
/// sheet, at the highest strength; where IT is the last sheet, the one before it is stimulated for this. The maps are
/// of images that are not tested. The lesion that the network was trained under stays in place.
/// {"parameters", "sheet", "units", "sigma_mm" (on this sheet), "map_data", "map_images", "domains",
///  "exams": [{"name", "data", "images", "stimulations": [{"domain", "strength", "driven_units", "intact_share",
///    "read", "share", "low_95", "high_95", "change" / "random_places" / "beyond_random" (points; {"value", "low_95",
///    "high_95"} each)}]} or {"name", "not_measured"}],
///  "spread": {"stimulated", "sigma_mm", "strength", "data", "images", "sheets": [{"sheet", "distance" (bin centres),
///    "change", "low_95", "high_95", "random_places" (spikes per unit and time step, null: no unit),
///    "shuffled_positions", "units" per bin, "places"}]} or {"not_measured"}}
/// "share" has Wilson's interval; changes are bootstrapped over images (within each group) and random places, those of
/// the spread over the places, as units near one change together.
/// Error: options that cannot be, fewer than two domains, an image that cannot be read, "Stopped".
Expected<nlohmann::json> measureStimulation(const Subject& subject, const StimulationOptions& options,
                                            const ProgressCallback& progress, const StopFlag& stop);

/// `measured`: what measureStimulation returned, or {"not_measured": reason}; throws nlohmann::json::exception for
/// anything else.
[[nodiscard]] Section stimulationSection(const nlohmann::json& measured);

/// The drive of sheet number `index`: noise whose strength falls as exp(-d^2 / 2 sigma^2) with the distance from a
/// point (mm, display scale), up to 3 sigma. Units are put into rings a quarter of a sigma wide, one part each, whose
/// strength is the mean over its units.
[[nodiscard]] perturbation::Lesion gaussianDrive(const topography::Sheet& sheet, std::size_t index, double xMm,
                                                 double yMm, double sigmaMm, double strength);

}  // namespace pinwheel::protocol
