// A cortical sheet: one position in millimetres for every unit of a layer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace pinwheel::topography {

/// The sheet of a layer of shape (C, H, W). TDANN trained on smaller sheets than it analysed: both scales are kept, and
/// the loss, the placement and the clusters use the training scale, every analysis and picture the display scale.
struct SheetSpec {
  std::string layer;  ///< "layer2.0" or "V1"; unique in a network
  std::string area;   ///< "retina", "V1", "V2", "V4" or "IT"
  int channels = 0;
  int height = 0;
  int width = 0;
  double trainingSideMm = 0;   ///< side of the square sheet that 1/(d+1) sees
  double displaySideMm = 0;    ///< side that maps and analyses show
  double neighbourhoodMm = 0;  ///< side of swap windows and clusters, at training scale
  double rfOverlap = 0;        ///< overlap of neighbouring receptive fields, 0..1

  [[nodiscard]] std::int64_t unitCount() const noexcept { return static_cast<std::int64_t>(channels) * height * width; }
};

/// Unit u = (c * H + y) * W + x sits at (xMm[u], yMm[u]), in [0, trainingSideMm], fixed while training.
struct Sheet {
  SheetSpec spec;
  std::vector<float> xMm;  ///< [U], training scale
  std::vector<float> yMm;  ///< [U], training scale

  [[nodiscard]] double displayPerTraining() const noexcept { return spec.displaySideMm / spec.trainingSideMm; }
  /// Positions at display scale, [U] each.
  [[nodiscard]] std::vector<float> displayXMm() const;
  [[nodiscard]] std::vector<float> displayYMm() const;
};

/// Retinotopic start (method section 2, TDANN): the H x W receptive-field centres tile the sheet; every channel sits at
/// its centre plus U(-rf/2, rf/2) in x and y plus N(0, jitterMm); then all is rescaled to the sheet. The image's y axis
/// points down, and so does the sheet's.
[[nodiscard]] Sheet retinotopicSheet(const SheetSpec& spec, std::uint64_t seed, double jitterMm = 0.3);

/// Checks that a sheet fits a spec (layer, shape, side, one finite position inside the sheet for every unit).
Status validateSheet(const Sheet& sheet, const SheetSpec& expected);

/// The sheets of a file as those of a network: as many, in the same order, each valid for its spec, which it then takes
/// over (the configuration knows the display side and the neighbourhood). Anything else is refused.
Expected<std::vector<Sheet>> adoptSheets(std::vector<Sheet> sheets, const std::vector<SheetSpec>& expected);

}  // namespace pinwheel::topography
