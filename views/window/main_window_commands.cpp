// The commands of the window, and its menus.
#include <QApplication>
#include <QDesktopServices>
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>
#include <QStackedWidget>
#include <QToolBar>
#include <QUndoStack>

#include "engine/guests/remote_engine.h"
#include "views/maps/map_view.h"
#include "views/vtk/cortex_view.h"
#include "views/window/command_palette.h"
#include "views/window/command_registry.h"
#include "views/window/export_dialog.h"
#include "views/window/folders.h"
#include "views/window/main_window.h"
#include "views/window/notice_bar.h"
#include "views/window/shortcut_list.h"
#include "views/window/training_dialog.h"

namespace pinwheel::views {

using session::TrainingPhase;

void MainWindow::addCommands() {
  const auto hasNetwork = [this] { return m_scene.network() != nullptr; };
  // A recording holds no weights.
  const auto hasWeights = [this] { return m_scene.network() != nullptr && !showsRecording(); };
  CommandRegistry& c = *m_commands;
  c.add({"file.demo", tr("&Explore the demo cortex"), tr("Opens the trained network that comes with Pinwheel")},
        [this] { openDemo(); });
  c.add({"file.grow", tr("&Watch one grow..."), tr("Trains a network and shows its maps as they form"),
         QKeySequence("Ctrl+N")},
        [this] { growOne(); });
  c.add({"file.open", tr("&Open a checkpoint..."), tr("Opens a checkpoint or a saved session"), QKeySequence::Open},
        [this] { chooseFile(); });
  addGuestCommands();
  c.add({"file.results", tr("Open &results..."), tr("Shows the page of an evaluation (evaluate --protocol)"),
         QKeySequence("Ctrl+Shift+O")},
        [this] { chooseResults(); });
  c.add({"file.saveCheckpoint", tr("Save &checkpoint as..."), tr("Writes the open network to a file"),
         QKeySequence("Ctrl+Shift+S"), hasWeights},
        [this] { saveCheckpoint(); });
  c.add({"file.saveSession", tr("&Save session as..."),
         tr("Writes checkpoint, lesion, selection and layout to a file that opens them again"), QKeySequence::Save,
         hasWeights},
        [this] { saveSession(); });
  c.add({"file.export", tr("Export &figure..."), tr("Draws a figure for print, with its numbers beside it"),
         QKeySequence("Ctrl+E"), hasNetwork},
        [this] { exportFigure(); });
  c.add({"file.welcome", tr("&Welcome page"), tr("Back to the five doors; the network stays open")},
        [this] { showWelcome(); });
  c.add({"file.quit", tr("&Quit"), tr("Ends Pinwheel"), QKeySequence::Quit}, [this] { close(); });

  c.add({"edit.undo", tr("&Undo"), tr("Takes the last change of the lesion back"), QKeySequence::Undo,
         [this] { return m_undo->canUndo(); }},
        [this] { m_undo->undo(); });
  c.add({"edit.redo", tr("&Redo"), tr("Makes the change again"), QKeySequence::Redo,
         [this] { return m_undo->canRedo(); }},
        [this] { m_undo->redo(); });
  c.add({"edit.clearSelection", tr("&Clear selection"), tr("No unit is selected"), QKeySequence("Ctrl+Shift+A"),
         [this] { return !m_selection.units().empty(); }},
        [this] { m_selection.clear(); });

  c.add({"view.dark",
         tr("&Dark"),
         tr("Dark or light colours"),
         QKeySequence("Ctrl+Shift+D"),
         {},
         [this] { return m_dark; }},
        [this] { setDark(!m_dark); });
  c.add({"view.palette", tr("&Commands..."), tr("Finds and runs any command"), QKeySequence("Ctrl+K")}, [this] {
    CommandPalette palette(*m_commands, this);
    palette.exec();
  });
  c.add({"view.resetLayout", tr("&Reset layout"), tr("Panels as they were at first"), {}, hasNetwork}, [this] {
    m_centre->setCurrentWidget(m_cortex);
    for (QDockWidget* dock : m_docks) dock->show();
    restoreState(m_firstLayout, kLayoutVersion);
  });
  c.add({"help.shortcuts", tr("&Keyboard shortcuts..."), tr("Lists every command with its keys"), QKeySequence("F1")},
        [this] { ShortcutList(*m_commands, this).exec(); });
  c.add({"help.about", tr("&About this network..."), tr("Provenance of the open network"), {}, hasNetwork}, [this] {
    QMessageBox box(QMessageBox::Information, tr("About this network"),
                    QString::fromStdString(m_scene.network()->summary), QMessageBox::Ok, this);
    box.setInformativeText(QString::fromStdString(m_scene.network()->provenance));
    box.exec();
  });
}

void MainWindow::addTrainingCommands() {
  CommandRegistry& c = *m_commands;
  const auto phase = [this] { return m_scene.training() ? m_scene.training()->phase : TrainingPhase::none; };
  c.add({"training.pause", tr("&Pause training"), tr("Stands still after this batch"), QKeySequence("F6"),
         [phase] { return phase() == TrainingPhase::running; }},
        [this] { m_scene.post(session::Pause{}); });
  c.add({"training.resume", tr("&Resume training"), tr("Goes on training"), QKeySequence("F5"),
         [phase] { return phase() == TrainingPhase::paused; }},
        [this] { m_scene.post(session::Resume{}); });
  c.add({"training.step", tr("&Train one step"), tr("Trains on one batch, then stands still"), QKeySequence("F7"),
         [phase] { return phase() == TrainingPhase::paused; }},
        [this] { m_scene.post(session::Step{1}); });
  c.add({"training.stop", tr("&Stop training"), tr("Ends the training after this batch; it is saved"),
         QKeySequence("Shift+F5"), [this] { return m_scene.trainingUnderWay(); }},
        [this] { m_scene.post(session::StopTraining{}); });
  c.add({"training.measure", tr("&Measure maps again"), tr("Shows every grating and category image once more"),
         QKeySequence("Ctrl+M"), [this] { return m_scene.network() != nullptr; }},
        [this] { m_scene.post(session::MeasureMaps{m_selection.field().quantity == Quantity::lossShare}); });
  for (QDockWidget* dock : m_docks)
    c.add({"panel." + dock->objectName().section('.', 1),
           dock->windowTitle(),
           tr("Shows or hides this panel"),
           {},
           [this] { return m_scene.network() != nullptr; },
           [dock] { return dock->isVisible(); }},
          [this, dock] {
            m_centre->setCurrentWidget(m_cortex);
            dock->setVisible(!dock->isVisible());
            if (dock->isVisible()) dock->raise();
          });
  for (QDockWidget* dock : m_docks)
    connect(dock, &QDockWidget::visibilityChanged, m_commands, &CommandRegistry::refresh);
}

void MainWindow::addMenus() {
  const auto menu = [this](const QString& title, const QStringList& ids) {
    QMenu* m = menuBar()->addMenu(title);
    for (const QString& id : ids)
      if (id.isEmpty())
        m->addSeparator();
      else
        m->addAction(m_commands->action(id));
    // Rules may have changed through what no command did, such as the engine's work.
    connect(m, &QMenu::aboutToShow, m_commands, &CommandRegistry::refresh);
  };
  menu(tr("&File"), {"file.demo", "file.grow", "file.open", "file.attach", "file.detach", "file.openRecording",
                     "file.closeRecording", "file.results", "", "file.saveSession", "file.saveCheckpoint",
                     "file.export", "file.exportRecording", "", "file.welcome", "file.quit"});
  menu(tr("&Edit"),
       {"edit.undo", "edit.redo", "", "select.patch", "select.above", "select.disc", "edit.clearSelection"});
  menu(tr("&Lesion"), {"lesion.silence", "lesion.damp", "lesion.noise", "lesion.stimulate", "lesion.freeze", "",
                       "lesion.add", "lesion.replace", "lesion.clear", "", "lesion.sham", "map.before"});
  menu(tr("&Training"), {"file.grow", "", "training.pause", "training.resume", "training.step", "training.stop", "",
                         "training.measure"});
  QStringList panels;
  for (const QDockWidget* dock : m_docks) panels << "panel." + dock->objectName().section('.', 1);
  menu(tr("&View"), panels + QStringList{"", "view.resetLayout", "view.dark", "", "view.palette"});
  menu(tr("&Help"), {"help.shortcuts", "help.about"});
  for (QAction* action : m_commands->actions()) addAction(action);
  m_commands->refresh();
}

void MainWindow::growOne() {
  // Only then: whoever thinks better of it stays where they are.
  TrainingDialog dialog(m_options.runsFolder, this);
  if (dialog.exec() != QDialog::Accepted || !leaveNetwork()) return;
  m_scene.post(dialog.command());
}

void MainWindow::retrain(std::int64_t epochs, double learningRate) {
  if (!m_scene.network() || m_scene.trainingUnderWay()) return;
  if (isGuest()) return refuseRetraining();
  const QString name = QFileInfo(QString::fromStdString(m_scene.network()->title)).completeBaseName() + "-retrained";
  session::Retrain command;
  command.out = unusedFolder(m_options.runsFolder, name).toStdString();
  command.epochs = epochs;
  command.learningRate = learningRate;
  m_scene.post(command);
}

void MainWindow::saveCheckpoint() {
  const QString path = isGuest() && m_guest.folder.empty()
                           ? pathAtGuest()
                           : QFileDialog::getSaveFileName(this, tr("Save the network"),
                                                          existingFolder(m_options.runsFolder) + "/network.safetensors",
                                                          tr("Checkpoints (*.safetensors)"));
  if (!path.isEmpty()) m_scene.post(session::SaveCheckpoint{path.toStdString()});
}

void MainWindow::chooseResults() {
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Open the page of an evaluation"), existingFolder(m_options.runsFolder),
                                   tr("Pages of evaluations (*.html)"));
  if (!path.isEmpty()) open(path);
}

void MainWindow::exportFigure() {
  if (m_remote) m_remote->askExactMaps();  // numbers that are kept
  ExportDialog dialog(m_scene, m_selection, existingFolder(m_options.runsFolder), this);
  connect(&dialog, &ExportDialog::failed, this, &MainWindow::tell);
  connect(&dialog, &ExportDialog::exported, m_notices, [this](const QString& text) {
    m_notices->show({session::Notice::Kind::information, {text.toStdString(), "", "", ""}});
  });
  dialog.exec();
}

}  // namespace pinwheel::views
