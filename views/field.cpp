#include "views/field.h"

#include <QCoreApplication>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace pinwheel::views {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("Field", text);
}

// The share-th value of those that are finite; NaN when none is.
double quantile(std::vector<float> values, double share) {
  std::erase_if(values, [](float v) { return !std::isfinite(v); });
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return static_cast<double>(values[static_cast<std::size_t>(at)]);
}

// Around 0, so that the pale middle of the colour map is no preference; outliers do not bleach the rest.
void diverging(Field& field, double atLeast) {
  std::vector<float> sizes(field.values);
  for (float& v : sizes) v = std::abs(v);
  const double reach = quantile(std::move(sizes), 0.99);
  field.high = std::isfinite(reach) ? std::max(reach, atLeast) : atLeast;
  field.low = -field.high;
  field.map = figures::ColourMap::vik;
}

void sequential(Field& field, double low, double high, figures::ColourMap map = figures::ColourMap::viridis) {
  field.low = low;
  field.high = high > low ? high : low + 1;
  field.map = map;
}

void fillOrientation(Field& field, const session::SheetMaps& maps, const FieldScale* scale) {
  field.cyclic = true;
  field.map = figures::ColourMap::orientation;
  field.low = 0;
  field.high = 180;
  field.values = maps.tuning.orientationDeg;
  const std::vector<float>& variance = maps.tuning.circularVariance;
  if (variance.size() != field.values.size()) return;
  field.saturation.resize(variance.size());
  for (std::size_t u = 0; u < variance.size(); ++u)
    field.saturation[u] = std::isfinite(variance[u]) ? 1 - variance[u] : 0.0F;
  const double full =
      scale != nullptr && scale->selectivity > 0 ? scale->selectivity : quantile(field.saturation, 0.95);
  field.selectivity = full;
  // The square root keeps weakly tuned units visible beside the best tuned.
  for (float& s : field.saturation)
    s = full > 0 ? static_cast<float>(std::sqrt(std::clamp(static_cast<double>(s) / full, 0.0, 1.0))) : 0.0F;
}

void fillFrequency(Field& field, const session::SheetMaps& maps, const session::NetworkFrame& network) {
  field.values = maps.tuning.frequencyCyclesPerImage;
  if (network.frequencies.size() > 1) {
    const auto [low, high] = std::minmax_element(network.frequencies.begin(), network.frequencies.end());
    return sequential(field, *low, *high);
  }
  const double low = quantile(field.values, 0.01);
  if (std::isfinite(low)) sequential(field, low, quantile(field.values, 0.99));
}

std::string domainName(const session::NetworkFrame* network, int domain) {
  if (network == nullptr || domain < 0 || static_cast<std::size_t>(domain) >= network->domainNames.size()) return {};
  return network->domainNames[static_cast<std::size_t>(domain)];
}

QString lossShareNote(const session::MapsFrame& maps) {
  if (maps.preview) return tr("The loss share is measured with the whole set: choose \"Measure maps again\"");
  switch (maps.lossShareState) {
    case session::LossShareState::notAsked:
      return tr("The loss share is not measured yet");
    case session::LossShareState::underWay:
      return tr("The loss share is being measured");
    case session::LossShareState::stopped:
      return tr("Measuring the loss share was stopped: choose \"Measure maps again\"");
    case session::LossShareState::impossible:
      return QString::fromStdString(maps.lossShareNote);
    case session::LossShareState::there:
      return {};
  }
  return {};
}

bool lesionStands(const FieldSource& source) {
  return source.lesion != nullptr && !source.lesion->parts.empty();
}

QString missingMapsNote(const FieldSource& source, const FieldChoice& choice) {
  if (!choice.before) return tr("The maps of this network are not measured yet");
  if (!lesionStands(source)) return tr("No lesion acts: the maps before it are those of now");
  if (!source.effect) return tr("The effect of the lesion is not measured yet");
  return tr("The maps were not measured before the lesion");
}

void fillMaps(Field& field, const FieldSource& source, std::size_t sheet, const FieldChoice& choice,
              const FieldScale* scale) {
  const session::MapsFrame* frame = mapsOf(source, choice);
  if (frame == nullptr || sheet >= frame->sheets.size()) {
    field.note = missingMapsNote(source, choice);
    return;
  }
  const session::SheetMaps& maps = frame->sheets[sheet];
  if (choice.quantity == Quantity::orientation) {
    fillOrientation(field, maps, scale);
  } else if (choice.quantity == Quantity::circularVariance) {
    field.values = maps.tuning.circularVariance;
    sequential(field, 0, 1, figures::ColourMap::cividis);
  } else if (choice.quantity == Quantity::spatialFrequency) {
    fillFrequency(field, maps, *source.network);
  } else if (choice.quantity == Quantity::colour) {
    field.values = maps.tuning.colourPreference;
    diverging(field, 0.1);
  } else if (choice.quantity == Quantity::lossShare) {
    field.note = lossShareNote(*frame);
    // Asked for now it is measured under the lesion.
    if (choice.before && frame->lossShareState == session::LossShareState::notAsked)
      field.note = tr("The loss share was not measured before the lesion");
    if (!field.note.isEmpty()) return;
    // 1/2, the pale middle of the colour map, is a unit whose correlations say nothing of distance.
    field.values = maps.lossShare;
    sequential(field, 0, 1, figures::ColourMap::vik);
    return;
  } else {
    const std::string name = domainName(source.network.get(), choice.domain);
    const auto found = std::find_if(maps.domains.begin(), maps.domains.end(),
                                    [&](const session::DomainMap& map) { return map.domain == name; });
    if (found == maps.domains.end()) {
      field.note = tr("The category maps of this network are not measured yet");
      return;
    }
    field.values = found->t;
    diverging(field, 2);
  }
  if (std::none_of(field.values.begin(), field.values.end(), [](float v) { return std::isfinite(v); })) {
    const std::vector<float>& rates = maps.tuning.meanRate;
    const bool fires = std::any_of(rates.begin(), rates.end(), [](float r) { return r > 0; });
    field.note = fires ? tr("No unit of this sheet has a preference") : tr("No unit of this sheet responds");
  }
}

void fillActivity(Field& field, const FieldSource& source, std::size_t sheet, const FieldChoice& choice,
                  std::size_t units) {
  const session::ActivityFrame* activity = source.activity.get();
  const auto steps = activity != nullptr ? static_cast<std::size_t>(std::max(0, activity->timeSteps)) : 0;
  if (steps == 0 || sheet >= activity->spikes.size() || activity->spikes[sheet].size() != steps * units) {
    field.note = tr("No stimulus is shown yet");
    return;
  }
  const std::vector<std::uint8_t>& spikes = activity->spikes[sheet];
  field.values.assign(units, 0.0F);
  if (choice.quantity == Quantity::spikes) {
    const auto step = static_cast<std::size_t>(std::clamp(choice.timeStep, 0, activity->timeSteps - 1));
    for (std::size_t u = 0; u < units; ++u) field.values[u] = spikes[step * units + u] != 0 ? 1.0F : 0.0F;
    return sequential(field, 0, 1, figures::ColourMap::cividis);
  }
  for (std::size_t t = 0; t < steps; ++t)
    for (std::size_t u = 0; u < units; ++u) field.values[u] += spikes[t * units + u] != 0 ? 1.0F : 0.0F;
  for (float& v : field.values) v /= static_cast<float>(steps);
  sequential(field, 0, 1);
}

void fillLesion(Field& field, const session::Lesion* lesion, std::size_t sheet, std::size_t units) {
  bool any = false;
  std::vector<float> values(units, 0.0F);
  if (lesion != nullptr)
    for (const session::LesionPart& part : lesion->parts)
      if (part.sheet == sheet)
        for (const std::int32_t u : part.units)
          if (u >= 0 && static_cast<std::size_t>(u) < units) {
            values[static_cast<std::size_t>(u)] = 1;
            any = true;
          }
  sequential(field, 0, 1, figures::ColourMap::cividis);
  if (any)
    field.values = std::move(values);
  else
    field.note = tr("No unit of this sheet is perturbed");
}

QString plainName(const FieldChoice& choice, const session::NetworkFrame* network) {
  switch (choice.quantity) {
    case Quantity::orientation:
      return tr("Preferred orientation");
    case Quantity::circularVariance:
      return tr("Circular variance");
    case Quantity::spatialFrequency:
      return tr("Preferred spatial frequency");
    case Quantity::colour:
      return tr("Colour preference");
    case Quantity::category: {
      QString name = QString::fromStdString(domainName(network, choice.domain));
      if (name.isEmpty()) return tr("Category %1").arg(choice.domain + 1);
      name[0] = name[0].toUpper();
      return name;
    }
    case Quantity::rate:
      return tr("Firing rate");
    case Quantity::spikes:
      return tr("Spikes");
    case Quantity::lesion:
      return tr("Lesion");
    case Quantity::lossShare:
      return tr("Topographic loss share");
  }
  return {};
}

QString unitOf(Quantity quantity) {
  switch (quantity) {
    case Quantity::orientation:
      return tr("deg");
    case Quantity::spatialFrequency:
      return tr("cycles/image");
    case Quantity::category:
      return QStringLiteral("t");
    case Quantity::rate:
      return tr("spikes per step");
    default:
      return {};
  }
}

// Samples of every map: its formulas take powers, and a picture asks for a colour a quarter of a million times.
constexpr int kSamples = 1024;
QRgb sampled(figures::ColourMap map, double position) {
  using Table = std::array<QRgb, kSamples + 1>;
  static const std::array<Table, 4> tables = [] {
    std::array<Table, 4> made{};
    for (std::size_t m = 0; m < made.size(); ++m)
      for (int i = 0; i <= kSamples; ++i) {
        const figures::Rgb c = figures::colourAt(static_cast<figures::ColourMap>(m), i / double{kSamples});
        made[m][static_cast<std::size_t>(i)] = qRgb(c.r, c.g, c.b);
      }
    return made;
  }();
  return tables[static_cast<std::size_t>(map)][static_cast<std::size_t>(std::lround(position * kSamples))];
}

}  // namespace

bool isOfMaps(Quantity quantity) {
  return quantity != Quantity::rate && quantity != Quantity::spikes && quantity != Quantity::lesion;
}

const session::MapsFrame* mapsOf(const FieldSource& source, const FieldChoice& choice) {
  if (!choice.before) return source.maps.get();
  return lesionStands(source) && source.effect ? source.effect->mapsBefore.get() : nullptr;
}

void FieldScales::widen(const std::shared_ptr<const session::NetworkFrame>& network,
                        const std::shared_ptr<const session::MapsFrame>& maps) {
  if (!network || !maps) return;
  const FieldSource source{network, maps, nullptr, nullptr};
  for (const FieldChoice& choice : fieldChoices(*network)) {
    if (!isOfMaps(choice.quantity)) continue;
    for (std::size_t s = 0; s < network->sheets.size(); ++s) {
      const Field field = fieldOf(source, s, choice);
      if (!field.note.isEmpty()) continue;
      const auto [at, first] =
          m_scales.try_emplace({s, choice.quantity, choice.domain}, FieldScale{field.low, field.high, 0});
      FieldScale& scale = at->second;
      if (!first) {
        scale.low = std::min(scale.low, field.low);
        scale.high = std::max(scale.high, field.high);
      }
      if (std::isfinite(field.selectivity)) scale.selectivity = std::max(scale.selectivity, field.selectivity);
    }
  }
}

const FieldScale* FieldScales::find(std::size_t sheet, const FieldChoice& choice) const {
  const auto found = m_scales.find({sheet, choice.quantity, choice.domain});
  return found == m_scales.end() ? nullptr : &found->second;
}

void shareRange(std::vector<Field>& fields) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const Field& field : fields)
    if (!field.values.empty()) {
      low = std::min(low, field.low);
      high = std::max(high, field.high);
    }
  if (!(low < high)) return;  // no field has values
  for (Field& field : fields) {
    field.low = low;
    field.high = high;
  }
}

Field fieldOf(const FieldSource& source, std::size_t sheet, const FieldChoice& choice) {
  Field field;
  field.name = nameOf(choice, source.network.get());
  field.unit = unitOf(choice.quantity);
  if (!source.network || sheet >= source.network->sheets.size()) {
    field.note = tr("No network is open");
    return field;
  }
  const std::size_t units = source.network->sheets[sheet].xMm.size();
  const FieldScale* scale = source.scales ? source.scales->find(sheet, choice) : nullptr;
  if (choice.quantity == Quantity::lesion)
    fillLesion(field, source.lesion, sheet, units);
  else if (choice.before && !isOfMaps(choice.quantity))
    field.note = tr("What a stimulus evoked before the lesion is not kept: choose a map");
  else if (!isOfMaps(choice.quantity))
    fillActivity(field, source, sheet, choice, units);
  else
    fillMaps(field, source, sheet, choice, scale);
  if (scale != nullptr && !field.cyclic) {
    field.low = scale->low;
    field.high = scale->high;
  }
  // Frames of one network agree; a frame that does not is of no use to anyone who indexes by unit.
  if (field.note.isEmpty() && field.values.size() != units)
    field.note = tr("The maps of this sheet are of another number of units");
  if (!field.note.isEmpty()) {
    field.values.clear();
    field.saturation.clear();
  }
  return field;
}

QString nameOf(const FieldChoice& choice, const session::NetworkFrame* network) {
  const QString name = plainName(choice, network);
  if (!choice.before || !isOfMaps(choice.quantity)) return name;
  // What makes it another map stands first: narrow legends cut names off.
  return tr("Before the lesion: %1").arg(name.left(1).toLower() + name.mid(1));
}

std::vector<FieldChoice> fieldChoices(const session::NetworkFrame& network) {
  std::vector<FieldChoice> choices{
      {Quantity::orientation}, {Quantity::circularVariance}, {Quantity::spatialFrequency}, {Quantity::colour}};
  for (std::size_t d = 0; d < network.domainNames.size(); ++d)
    choices.push_back({Quantity::category, static_cast<int>(d)});
  choices.push_back({Quantity::rate});
  if (network.timeSteps > 0) choices.push_back({Quantity::spikes});
  choices.push_back({Quantity::lossShare});
  choices.push_back({Quantity::lesion});
  return choices;
}

QRgb colourOf(const Field& field, float value, float saturation, QRgb ground) {
  if (!std::isfinite(value)) return ground;
  double position = (static_cast<double>(value) - field.low) / (field.high - field.low);
  if (!field.cyclic) return sampled(field.map, std::clamp(position, 0.0, 1.0));
  position -= std::floor(position);
  const QRgb full = sampled(field.map, position);
  if (!(saturation < 1)) return full;
  const QRgb pale = qGray(ground) > 127 ? qRgb(0xf4, 0xf4, 0xf4) : qRgb(0x58, 0x5a, 0x5e);
  const double share = std::max(0.0, static_cast<double>(saturation));
  const auto mix = [share](int from, int to) { return static_cast<int>(std::lround(from + share * (to - from))); };
  return qRgb(mix(qRed(pale), qRed(full)), mix(qGreen(pale), qGreen(full)), mix(qBlue(pale), qBlue(full)));
}

}  // namespace pinwheel::views
