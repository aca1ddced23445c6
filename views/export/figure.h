// Figures for print: drawn from frames by the painters that the panels use, on white, with fonts in pt, the same
// whatever the window's size; the numbers behind every figure come with it.
#pragma once

#include <QPainter>
#include <QRectF>
#include <QString>
#include <QStringList>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/csv.h"
#include "engine/session/commands.h"
#include "engine/session/frames.h"
#include "views/field.h"

namespace pinwheel::views {

class Scene;

/// The frames that figures are made of; any may be null.
struct FigureData {
  std::shared_ptr<const session::NetworkFrame> network;
  std::shared_ptr<const session::MapsFrame> maps;
  std::shared_ptr<const session::ActivityFrame> activity;
  std::shared_ptr<const session::TuningFrame> tuning;
  std::shared_ptr<const session::TrainingFrame> training;
  std::shared_ptr<const session::LesionFrame> lesionEffect;
  session::Lesion lesion;
  std::shared_ptr<const FieldScales> scales{};  ///< null: the figure's own
  [[nodiscard]] static FigureData of(const Scene& scene);
};

struct FigureSpec {
  QString name;          ///< one of figureNames()
  double widthMm = 180;  ///< the height follows
  double fontPt = 7;
  /// Layer or area for figures of one sheet; empty: V1, for categories IT, for the maps of "lesion" the lesioned one.
  QString sheet;
  /// Of "map", "cortex", the second row of "maps" and the maps of "lesion": see figureQuantities(); empty: the first.
  QString quantity;
  std::optional<bool> smoothed;  ///< colours of sheets; none: what is measured is smoothed, what is counted is not
  // From where "cortex" is seen, whatever camera a window has: to the right of straight on (20..70) and above (0..60).
  double azimuthDeg = 54;
  double elevationDeg = 18;
  std::stop_token stop{};  ///< asked between sheets: whether anybody still waits for the figure
  /// Told on the thread that makes the figure: how many of its parts are ready, of how many.
  std::function<void(int done, int total)> progress{};
};

/// One file of numbers: "<figure>-<name>.csv".
struct FigureTable {
  QString name;
  formats::CsvTable table;
};

struct Figure {
  QString title;
  QString provenance;  ///< goes into the file
  double widthMm = 0;
  double heightMm = 0;
  /// Draws into a rectangle of any device whose resolution is its own (fonts are in pt).
  std::function<void(QPainter& painter, const QRectF& rect)> paint;
  std::vector<FigureTable> tables;
};

/// "maps", "map", "cortex", "orientation", "categories", "stimulus", "raster", "tuning", "training", "lesion".
[[nodiscard]] QStringList figureNames();
/// One line for people.
[[nodiscard]] QString figureDescription(const QString& name);

/// Whether it colours sheets, so that FigureSpec::smoothed has a meaning.
[[nodiscard]] bool coloursSheets(const QString& figure);

/// Shell names of quantities: "orientation", "circular-variance", ...; categories go by their own, "faces", and the
/// figure "map" knows "spikes", too.
[[nodiscard]] QStringList quantityNames();
/// The shell's name of a choice; empty where it has none.
[[nodiscard]] QString quantityName(const FieldChoice& choice, const session::NetworkFrame& network);
/// What a figure can be told to show; none where there is no choice. "map": all; "maps": the categories that are
/// measured; "lesion": what is known from before it, too.
[[nodiscard]] std::vector<FieldChoice> figureQuantities(const QString& figure, const FigureData& data);

/// It is coloured by the loss share, which is measured only when it is asked for: Scene::askLossShare().
[[nodiscard]] bool showsLossShare(const FigureSpec& spec, const FigureData& data);

/// Units by name, "V1:7,12": a layer or an area (the first of an area), and units of its sheet. Errors: another form,
/// no such sheet, no such unit.
[[nodiscard]] Expected<session::AskTuning> unitsNamed(const QString& text, const session::NetworkFrame& network);

/// On any thread of a QGuiApplication. Errors: an unknown name, sheet or quantity (those that there are are named);
/// frames that are not there, and how to get them; a figure that nobody waits for any more.
[[nodiscard]] Expected<Figure> makeFigure(const FigureSpec& spec, const FigureData& data);

}  // namespace pinwheel::views
