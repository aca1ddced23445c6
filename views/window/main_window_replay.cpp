// The window and recordings: opened as a guest, scrubbed below the cortex.
#include <QFileDialog>
#include <QFileInfo>
#include <QUndoStack>
#include <utility>

#include "engine/guests/replay_engine.h"
#include "views/panels/lesion_panel.h"
#include "views/panels/replay_bar.h"
#include "views/window/command_registry.h"
#include "views/window/film_dialog.h"
#include "views/window/folders.h"
#include "views/window/main_window.h"
#include "views/window/notice_bar.h"

namespace pinwheel::views {

void MainWindow::addReplayCommands() {
  CommandRegistry& c = *m_commands;
  const auto open = [this] { return m_replay != nullptr; };
  c.add({"file.openRecording", tr("Open a &recording..."),
         tr("Shows a training from its first step to its last, as it was recorded (.pwrec)")},
        [this] { chooseRecording(); });
  c.add({"file.closeRecording", tr("Close the recor&ding"), tr("Back to the welcome page"), {}, open},
        [this] { disconnectGuest(); });
  c.add({"file.exportRecording",
         tr("Export as &video or pictures..."),
         tr("Draws a figure of the recording step by step, with the same colours in all of them"),
         {},
         open},
        [this] { exportRecording(); });
  c.add({"replay.play", tr("&Play the recording"), tr("Plays the recording on, or stands still"),
         QKeySequence("Ctrl+Space"), open, [this] { return m_replayBar->isPlaying(); }},
        [this] { m_replayBar->setPlaying(!m_replayBar->isPlaying()); });
  c.add({"replay.next", tr("&Next map of the recording"), tr("Goes to the next step that has maps"),
         QKeySequence("Ctrl+."), open},
        [this] { m_replayBar->goToTick(1); });
  c.add({"replay.previous", tr("Map be&fore of the recording"), tr("Goes to the step before that has maps"),
         QKeySequence("Ctrl+,"), open},
        [this] { m_replayBar->goToTick(-1); });
  connect(m_replayBar, &ReplayBar::playingChanged, m_commands, &CommandRegistry::refresh);
}

void MainWindow::chooseRecording() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Open the recording of a training"),
                                                    existingFolder(m_options.runsFolder), tr("Recordings (*.pwrec)"));
  if (!path.isEmpty()) openRecording(path);
}

void MainWindow::exportRecording() {
  m_replayBar->setPlaying(false);
  FilmDialog dialog(m_replay->path(), FigureData::of(m_scene), this);
  connect(&dialog, &FilmDialog::failed, this, &MainWindow::tell);
  connect(&dialog, &FilmDialog::exported, m_notices, [this](const QString& text) {
    m_notices->show({session::Notice::Kind::information, {text.toStdString(), "", "", ""}});
  });
  dialog.exec();
}

// Headers alone are read here. The frames wake the window from the recording's own thread.
void MainWindow::openRecording(const QString& path) {
  const QString file = QFileInfo(path).absoluteFilePath();
  auto opened = guests::ReplayEngine::open(file.toStdString(), m_relay->wake());
  if (!opened) return tell(opened.error());
  if (!leaveNetwork()) return;
  std::shared_ptr<guests::ReplayEngine> recording = std::move(*opened);
  const QString name = QFileInfo(file).fileName();
  if (!connectGuest(recording, {name, {}, {}})) return;
  m_replay = std::move(recording);
  m_lesion->setEnabled(false);
  m_replayBar->setReplay(m_replay, name);
  m_replayBar->show();
  m_commands->refresh();
}

void MainWindow::forgetRecording() {
  if (!m_replay) return;
  m_replayBar->setReplay(nullptr);
  m_replayBar->hide();
  m_replay.reset();
}

}  // namespace pinwheel::views
