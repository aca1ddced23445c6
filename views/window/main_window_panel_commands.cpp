// The commands of the panels: what their controls do, for the palette, the menus and the keyboard. Rules and work are
// the panels' own; a command that needs its panel shows it.
#include <QDockWidget>
#include <QStackedWidget>
#include <QUndoStack>
#include <array>
#include <utility>

#include "views/maps/map_view.h"
#include "views/maps/raster_view.h"
#include "views/panels/lesion_editor.h"
#include "views/panels/lesion_panel.h"
#include "views/panels/panel_parts.h"
#include "views/panels/selection_tools.h"
#include "views/panels/stimulus_panel.h"
#include "views/vtk/cortex_view.h"
#include "views/window/command_registry.h"
#include "views/window/main_window.h"

namespace pinwheel::views {
namespace {

void toggle(Selection& selection, bool FieldChoice::*flag) {
  FieldChoice field = selection.field();
  field.*flag = !(field.*flag);
  selection.setField(field);
}

using session::PerturbationKind;

constexpr int kMostSheets = 8;  // of the backbones; the cortex has as many keys
constexpr int kMostDomains = 8;

QString withinSentence(const QString& name) {
  return name.left(1).toLower() + name.mid(1);
}

}  // namespace

void MainWindow::reveal(QWidget* panel) {
  auto* dock = qobject_cast<QDockWidget*>(panel->parentWidget());
  m_centre->setCurrentWidget(m_cortex);
  dock->show();
  dock->raise();
}

void MainWindow::addSelectionCommands() {
  CommandRegistry& c = *m_commands;
  const auto hasNetwork = [this] { return m_scene.network() != nullptr; };
  struct ToolCommand {
    const char* id;
    MapView::Tool tool;
    QString text, tip;
  };
  const std::array<ToolCommand, 5> tools{
      {{"map.pan", MapView::Tool::pan, tr("Map tool: pan"), tr("A drag moves the map")},
       {"map.point", MapView::Tool::point, tr("Map tool: click"), tr("A click in the map selects a unit")},
       {"map.brush", MapView::Tool::brush, tr("Map tool: brush"), tr("A stroke in the map selects the units under it")},
       {"map.lasso", MapView::Tool::lasso, tr("Map tool: lasso"), tr("An outline in the map selects the units inside")},
       {"map.disc", MapView::Tool::disc, tr("Map tool: disc"),
        tr("A drag in the map selects a disc about its start")}}};
  int key = 0;
  for (const auto& [id, tool, text, tip] : tools)
    c.add({id, text, tip, QKeySequence(QStringLiteral("Ctrl+%1").arg(++key)), hasNetwork,
           [this, tool = tool] { return m_map->canvas().tool() == tool; }},
          [this, tool = tool] {
            m_map->setTool(tool);
            reveal(m_map);
            m_map->canvas().setFocus(Qt::ShortcutFocusReason);
          });
  c.add({"map.fit", tr("Show the whole sheet in the map"), tr("Neither moved nor enlarged"), {}, hasNetwork}, [this] {
    m_map->fit();
    reveal(m_map);
  });
  SelectionTools& select = m_lesion->tools();
  c.add({"select.patch", tr("Select the units of this &patch"),
         tr("Of the patch about the unit that is pointed at or selected, of the domain in the panel Lesion"),
         QKeySequence("Ctrl+Shift+P"), [&select] { return select.canSelectPatch(); }},
        [&select] { select.selectPatch(Selection::Mode::replace); });
  c.add({"select.above", tr("Select units with &t above..."),
         tr("Of the shown sheet, of the domain in the panel Lesion; asks for the threshold"), QKeySequence("Ctrl+T"),
         [&select] { return select.canSelectAbove(); }},
        [&select] { select.askAbove(); });
  c.add({"select.disc",
         tr("Select a &disc of units"),
         tr("About the unit that is pointed at or selected, with the radius in the panel Lesion"),
         {},
         [&select] { return select.canSelectDisc(); }},
        [&select] { select.selectDisc(Selection::Mode::replace); });
}

void MainWindow::addLesionCommands() {
  CommandRegistry& c = *m_commands;
  LesionEditor& editor = m_lesion->editor();
  for (const auto& [id, kind] :
       {std::pair{"lesion.silence", PerturbationKind::silence}, std::pair{"lesion.damp", PerturbationKind::damp},
        std::pair{"lesion.noise", PerturbationKind::noise}, std::pair{"lesion.stimulate", PerturbationKind::stimulate},
        std::pair{"lesion.freeze", PerturbationKind::freeze}})
    c.add({id,
           tr("Kind of lesion: %1").arg(nameOf(kind)),
           meaningOf(kind),
           {},
           [this] { return m_scene.network() != nullptr; },
           [&editor, kind = kind] { return editor.kind() == kind; }},
          [this, &editor, kind = kind] {
            editor.setKind(kind);
            reveal(m_lesion);
          });
  c.add({"lesion.add", tr("&Add the selected units to the lesion"), tr("Treated as the panel Lesion says"),
         QKeySequence("Ctrl+L"), [&editor] { return editor.canAdd() && editor.isEnabled(); }},
        [this, &editor] {
          editor.add();
          reveal(m_lesion);
        });
  c.add({"lesion.replace",
         tr("Make the selected units the &whole lesion"),
         tr("In place of the one that acts"),
         {},
         [&editor] { return editor.canReplace() && editor.isEnabled(); }},
        [this, &editor] {
          editor.replace();
          reveal(m_lesion);
        });
  c.add({"lesion.clear", tr("&Clear the lesion"), tr("Takes the whole lesion away"), QKeySequence("Ctrl+Shift+L"),
         [&editor] { return editor.hasLesion() && editor.isEnabled(); }},
        [&editor] { editor.clear(); });
  c.add({"lesion.sham",
         tr("Draw another &sham lesion"),
         tr("Chooses other units for the sham beside the lesion and measures it again"),
         {},
         [&editor] { return editor.hasLesion() && editor.isEnabled(); }},
        [this, &editor] {
          editor.drawSham();
          reveal(m_lesion);
        });
  c.add({"map.before",
         tr("Show the maps &before the lesion"),
         tr("In the map and in the cortex"),
         {},
         [this] { return m_selection.field().before || !m_scene.lesion().parts.empty(); },
         [this] { return m_selection.field().before; }},
        [this] { toggle(m_selection, &FieldChoice::before); });
}

void MainWindow::addStimulusCommands() {
  CommandRegistry& c = *m_commands;
  c.add({"stimulus.show", tr("Show the stimulus"), tr("Shows what is chosen in the panel Stimulus once more"),
         QKeySequence("Shift+F9"), [this] { return m_stimulus->canShow(); }},
        [this] {
          m_stimulus->showChosen();
          reveal(m_stimulus);
        });
  c.add({"stimulus.next", tr("Show the next stimulus"),
         tr("The next image of the category; a grating turned by 15 degrees"), QKeySequence("F9"),
         [this] { return m_stimulus->canShowNext(); }},
        [this] {
          m_stimulus->showNext();
          reveal(m_stimulus);
        });
  // Hidden it would not play.
  c.add({"stimulus.play", tr("Play the stimulus"), tr("Runs through its time steps in the map and in the cortex"),
         QKeySequence("F8"), [this] { return m_stimulus->canPlay(); }, [this] { return m_stimulus->isPlaying(); }},
        [this] {
          reveal(m_stimulus);
          m_stimulus->setPlaying(!m_stimulus->isPlaying());
        });
}

void MainWindow::addViewCommands() {
  CommandRegistry& c = *m_commands;
  const auto hasNetwork = [this] { return m_scene.network() != nullptr; };
  for (int sheet = 0; sheet < kMostSheets; ++sheet) {
    const auto isThere = [this, sheet] {
      return m_scene.network() && static_cast<std::size_t>(sheet) < m_scene.network()->sheets.size();
    };
    CommandSpec spec{QStringLiteral("cortex.sheet%1").arg(sheet + 1),
                     tr("Fly to sheet %1").arg(sheet + 1),
                     tr("Faces one sheet of the cortex; the map shows it, too"),
                     {},
                     isThere};
    spec.named = [this, sheet, isThere, number = spec.text] {
      return isThere() ? tr("Fly to %1").arg(nameOf(m_scene.network()->sheets[static_cast<std::size_t>(sheet)].spec))
                       : number;
    };
    // Without a network one stands for all.
    spec.shown = [this, sheet, isThere] { return m_scene.network() ? isThere() : sheet == 0; };
    c.add(spec, [this, sheet] {
      m_centre->setCurrentWidget(m_cortex);
      m_cortex->flyTo(sheet);
    });
  }
  c.add({"cortex.all", tr("Show all sheets of the cortex"), tr("From V1 to IT, as at first"), QKeySequence("Ctrl+0"),
         hasNetwork},
        [this] {
          m_centre->setCurrentWidget(m_cortex);
          m_cortex->wholeCortex();
        });
  c.add({"cortex.receptiveFields",
         tr("Show receptive fields"),
         tr("Shows where in the image the selected units look"),
         {},
         hasNetwork,
         [this] { return m_cortex->projectionShown(); }},
        [this] {
          m_centre->setCurrentWidget(m_cortex);
          m_cortex->setProjectionShown(!m_cortex->projectionShown());
        });
  c.add({"raster.follow", tr("Raster: follow"), tr("The raster follows the newest spikes"), {}, hasNetwork}, [this] {
    reveal(m_raster);
    m_raster->follow();
  });
  c.add({"raster.pause", tr("Raster: pause"), tr("The raster stands still; spikes are kept"), {}, hasNetwork}, [this] {
    reveal(m_raster);
    m_raster->pause();
  });
  c.add({"raster.all", tr("Raster: show all"), tr("The raster shows all spikes that are kept"), {}, hasNetwork},
        [this] {
          reveal(m_raster);
          m_raster->showAll();
        });
  c.add({"work.cancel",
         tr("Cancel the work under way"),
         tr("What was there before it stays"),
         {},
         [this] { return m_scene.job() && !m_scene.job()->label.empty(); }},
        [this] { m_scene.cancel(); });
}

void MainWindow::addColourCommands() {
  CommandRegistry& c = *m_commands;
  const auto add = [&](const QString& id, const FieldChoice& choice, const std::function<bool()>& isThere) {
    const auto text = [this, choice] {
      return tr("Colour by %1").arg(withinSentence(nameOf(choice, m_scene.network().get())));
    };
    CommandSpec spec{id, text(), tr("In the map and in the cortex"), {}, isThere};
    spec.checked = [this, choice] {
      const FieldChoice& now = m_selection.field();
      return now.quantity == choice.quantity && (now.quantity != Quantity::category || now.domain == choice.domain);
    };
    spec.named = text;
    if (choice.quantity == Quantity::category)
      spec.shown = [this, choice, isThere] { return m_scene.network() ? isThere() : choice.domain == 0; };
    c.add(spec, [this, choice] {
      FieldChoice field = m_selection.field();
      field.quantity = choice.quantity;
      field.domain = choice.domain;
      m_centre->setCurrentWidget(m_cortex);
      m_selection.setField(field);
    });
  };
  const auto hasNetwork = [this] { return m_scene.network() != nullptr; };
  for (const auto& [id, quantity] :
       {std::pair{"colour.orientation", Quantity::orientation},
        std::pair{"colour.circularVariance", Quantity::circularVariance},
        std::pair{"colour.frequency", Quantity::spatialFrequency}, std::pair{"colour.colour", Quantity::colour}})
    add(id, {quantity}, hasNetwork);
  for (int domain = 0; domain < kMostDomains; ++domain)
    add(QStringLiteral("colour.category%1").arg(domain + 1), {Quantity::category, domain}, [this, domain] {
      return m_scene.network() && static_cast<std::size_t>(domain) < m_scene.network()->domainNames.size();
    });
  add("colour.rate", {Quantity::rate}, hasNetwork);
  add("colour.spikes", {Quantity::spikes}, [this] { return m_scene.network() && m_scene.network()->timeSteps > 0; });
  add("colour.lossShare", {Quantity::lossShare}, hasNetwork);
  add("colour.lesion", {Quantity::lesion}, hasNetwork);
  c.add({"colour.smoothed",
         tr("Smooth the colours"),
         tr("Averages over neighbours within a sixtieth of the sheet"),
         {},
         hasNetwork,
         [this] { return m_selection.field().smoothed; }},
        [this] { toggle(m_selection, &FieldChoice::smoothed); });
}

// A key must find its command as enabled as its panel's control is.
void MainWindow::followPanels() {
  const auto refresh = &CommandRegistry::refresh;
  connect(&m_lesion->tools(), &SelectionTools::changed, m_commands, refresh);
  connect(&m_lesion->editor(), &LesionEditor::changed, m_commands, refresh);
  connect(m_stimulus, &StimulusPanel::playingChanged, m_commands, refresh);
  connect(&m_map->canvas(), &MapCanvas::toolChanged, m_commands, refresh);
  connect(m_cortex, &CortexView::projectionShownChanged, m_commands, refresh);
  connect(&m_selection, &Selection::fieldChanged, m_commands, refresh);
  connect(&m_scene, &Scene::activityChanged, m_commands, refresh);
  connect(&m_scene, &Scene::mapsChanged, m_commands, refresh);
  connect(&m_scene, &Scene::jobChanged, m_commands, refresh);
}

}  // namespace pinwheel::views
