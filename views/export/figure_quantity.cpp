// What figures are coloured by, and its names for the shell.
#include <algorithm>
#include <array>
#include <utility>

#include "engine/core/options.h"
#include "views/export/figure_parts.h"

namespace pinwheel::views {
namespace {

// Spikes of one time step are the stimulus figure's.
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
  for (const auto& [quantity, name] : kNames)
    if (choice.quantity == quantity) return name;
  return {};
}

std::vector<FieldChoice> figureQuantities(const QString& figure, const FigureData& data) {
  std::vector<FieldChoice> choices;
  if (!data.network || (figure != "cortex" && figure != "maps")) return choices;
  for (const FieldChoice& choice : fieldChoices(*data.network)) {
    const bool shown = figure == "cortex" ? choice.quantity != Quantity::spikes
                                          : choice.quantity == Quantity::category && isMeasured(data, choice.domain);
    if (shown) choices.push_back(paperChoice(choice.quantity, choice.domain));
  }
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
  const std::vector<FieldChoice> choices = figureQuantities(spec.name, data);
  std::vector<std::string> names;
  for (const FieldChoice& choice : choices) {
    const QString name = quantityName(choice, *data.network);
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

bool showsLossShare(const FigureSpec& spec, const FigureData& data) {
  const auto choice = choiceNamed(spec, data);
  return choice && choice->quantity == Quantity::lossShare;
}

}  // namespace pinwheel::views
