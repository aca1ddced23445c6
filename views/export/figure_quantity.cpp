// What figures are coloured by, and its names for the shell.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/options.h"
#include "views/export/figure_parts.h"

namespace pinwheel::views {
namespace {

// What one number per unit is; of spikes every time step has its own.
constexpr const char* kSpikes = "spikes";
constexpr std::array<std::pair<Quantity, const char*>, 7> kNames{{{Quantity::orientation, "orientation"},
                                                                  {Quantity::circularVariance, "circular-variance"},
                                                                  {Quantity::spatialFrequency, "frequency"},
                                                                  {Quantity::colour, "colour"},
                                                                  {Quantity::rate, "rate"},
                                                                  {Quantity::lossShare, "loss-share"},
                                                                  {Quantity::lesion, "lesion"}}};

bool isMeasured(const FigureData& data, int domain) {
  if (!data.maps) return false;
  return std::any_of(data.maps->sheets.begin(), data.maps->sheets.end(), [&](const session::SheetMaps& maps) {
    return std::any_of(maps.domains.begin(), maps.domains.end(), [&](const session::DomainMap& map) {
      return map.domain == data.network->domainNames[static_cast<std::size_t>(domain)];
    });
  });
}

bool offers(const QString& figure, const FieldChoice& choice, const FigureData& data) {
  if (figure == "map") return true;
  if (figure == "cortex") return choice.quantity != Quantity::spikes;
  if (figure == "lesion") return isOfMaps(choice.quantity);
  return figure == "maps" && choice.quantity == Quantity::category && isMeasured(data, choice.domain);
}

}  // namespace

QStringList quantityNames() {
  QStringList names;
  for (const auto& [quantity, name] : kNames) names << name;
  return names;
}

QString quantityName(const FieldChoice& choice, const session::NetworkFrame& network) {
  if (choice.quantity == Quantity::category) {
    const auto domain = static_cast<std::size_t>(choice.domain);
    return choice.domain >= 0 && domain < network.domainNames.size()
               ? QString::fromStdString(network.domainNames[domain])
               : QString();
  }
  if (choice.quantity == Quantity::spikes) return kSpikes;
  for (const auto& [quantity, name] : kNames)
    if (choice.quantity == quantity) return name;
  return {};
}

std::vector<FieldChoice> figureQuantities(const QString& figure, const FigureData& data) {
  std::vector<FieldChoice> choices;
  if (!data.network) return choices;
  for (const FieldChoice& choice : fieldChoices(*data.network))
    if (offers(figure, choice, data)) choices.push_back(paperChoice(choice.quantity, choice.domain));
  return choices;
}

FieldChoice paperChoice(Quantity quantity, int domain) {
  FieldChoice choice;
  choice.quantity = quantity;
  choice.domain = domain;
  // A perturbed unit is one; rates of one stimulus are counts.
  choice.smoothed = quantity != Quantity::lesion && quantity != Quantity::rate && quantity != Quantity::spikes;
  return choice;
}

Expected<FieldChoice> choiceNamed(const FigureSpec& spec, const FigureData& data) {
  std::vector<std::string> names;
  for (FieldChoice choice : figureQuantities(spec.name, data)) {
    const QString name = quantityName(choice, *data.network);
    if (spec.smoothed) choice.smoothed = *spec.smoothed;
    if (spec.quantity.isEmpty() || name.compare(spec.quantity, Qt::CaseInsensitive) == 0) return choice;
    names.push_back(name.toStdString());
  }
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  const std::string nearest = nearestName(spec.quantity.toLower().toStdString(), names);
  return failure(
      "There is no quantity \"" + spec.quantity.toStdString() + "\" in the figure " + spec.name.toStdString(),
      all.empty() ? "no category maps are measured" : "it shows one of " + all,
      nearest.empty() ? "choose another, or leave it out" : "did you mean " + nearest + "?");
}

std::string hintFor(Quantity quantity, const session::MapsFrame* maps) {
  if (quantity == Quantity::rate || quantity == Quantity::spikes) return "show a stimulus in the Stimulus panel first";
  if (quantity == Quantity::lesion) return "make a lesion in the window (or give a saved session that holds one)";
  if (quantity == Quantity::lossShare && maps != nullptr) {
    if (maps->lossShareState == session::LossShareState::underWay) return "wait until it is measured";
    if (maps->lossShareState == session::LossShareState::impossible) return "choose another quantity";
  }
  return "export again when the maps are measured, or choose another quantity";
}

bool showsLossShare(const FigureSpec& spec, const FigureData& data) {
  const auto choice = choiceNamed(spec, data);
  return choice && choice->quantity == Quantity::lossShare;
}

}  // namespace pinwheel::views
