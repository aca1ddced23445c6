// From frames to what is coloured: one value per unit of a sheet, with its colour map, range, name and unit of measure.
// The map, the cortex and the figures all colour by this.
#pragma once

#include <QColor>
#include <QString>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "engine/figures/colour_maps.h"
#include "engine/session/commands.h"
#include "engine/session/frames.h"

namespace pinwheel::views {

enum class Quantity {
  orientation,
  circularVariance,
  spatialFrequency,
  colour,
  category,  ///< t of FieldChoice::domain
  rate,      ///< of the stimulus that is shown, spikes per time step
  spikes,    ///< of the stimulus that is shown, at FieldChoice::timeStep
  lesion,    ///< which units are perturbed
  lossShare  ///< of the topographic loss; the last, for saved sessions hold these numbers
};

struct FieldChoice {
  Quantity quantity = Quantity::orientation;
  int domain = 0;
  int timeStep = 0;
  bool smoothed = false;  ///< Gaussian, sigma a sixtieth of the sheet; orientation by its vectors
  bool before = false;    ///< of the maps: as they were without the lesion that acts
  friend bool operator==(const FieldChoice&, const FieldChoice&) = default;
};

/// Ends of a colour bar that hold for several frames.
struct FieldScale {
  double low = 0;
  double high = 1;
  double selectivity = 0;  ///< of orientation: 1 - circular variance that has full colour; 0: not known
};

/// The widest scales of a series of frames, so that a colour means the same in all of them.
class FieldScales {
public:
  /// Takes in every map of a frame of `network`.
  void widen(const std::shared_ptr<const session::NetworkFrame>& network,
             const std::shared_ptr<const session::MapsFrame>& maps);
  /// Null: no frame had values of this sheet and quantity (before a lesion or not: one scale).
  [[nodiscard]] const FieldScale* find(std::size_t sheet, const FieldChoice& choice) const;

private:
  std::map<std::tuple<std::size_t, Quantity, int>, FieldScale> m_scales;
};

/// The frames that a field is made from; any may be null.
struct FieldSource {
  std::shared_ptr<const session::NetworkFrame> network;
  std::shared_ptr<const session::MapsFrame> maps;
  std::shared_ptr<const session::ActivityFrame> activity;
  const session::Lesion* lesion = nullptr;
  std::shared_ptr<const session::LesionFrame> effect{};  ///< holds the maps before the lesion
  std::shared_ptr<const FieldScales> scales{};           ///< null: every field has its own
};

struct Field {
  QString name;  ///< "Preferred orientation", "Faces"
  QString unit;  ///< "deg", "t", "cycles/image", ""
  figures::ColourMap map = figures::ColourMap::viridis;
  bool cyclic = false;  ///< orientation, period 180
  double low = 0;       ///< ends of the colour bar
  double high = 1;
  std::vector<float> values;      ///< [U]; NaN: no value (drawn in the sheet's ground colour)
  double selectivity = 0;         ///< of orientation: 1 - circular variance that is drawn in full colour
  std::vector<float> saturation;  ///< [U] 0..1, or empty: orientation's selectivity, 1 - circular variance, stretched
  QString note;                   ///< why there is nothing to show; empty otherwise
};

/// Whether a quantity is one of the maps, which are kept as they were before a lesion; what a stimulus evokes is not.
[[nodiscard]] bool isOfMaps(Quantity quantity);
/// The maps that a choice is of; null where they are not there.
[[nodiscard]] const session::MapsFrame* mapsOf(const FieldSource& source, const FieldChoice& choice);

/// The field of sheet `sheet`; one without values and with a note where the frames do not hold it (yet).
[[nodiscard]] Field fieldOf(const FieldSource& source, std::size_t sheet, const FieldChoice& choice);

/// Gives fields of one choice the widest of their ranges, so that one colour bar holds for all of them.
void shareRange(std::vector<Field>& fields);

/// Names for menus: "Preferred orientation", "Faces", "Before the lesion: faces", ...
[[nodiscard]] QString nameOf(const FieldChoice& choice, const session::NetworkFrame* network);
/// Every choice that makes sense for a network, in menu order.
[[nodiscard]] std::vector<FieldChoice> fieldChoices(const session::NetworkFrame& network);

/// The colour of a value; `ground` for NaN. Low selectivity fades towards white on a light and towards grey on a dark
/// ground, so that hue keeps its meaning.
[[nodiscard]] QRgb colourOf(const Field& field, float value, float saturation, QRgb ground);

}  // namespace pinwheel::views
