// What the window keeps: saved sessions, the autosave, and the questions before anything of them is lost.
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QUndoStack>
#include <utility>

#include "engine/guests/attach_request.h"
#include "views/panels/lesion_commands.h"
#include "views/vtk/cortex_view.h"
#include "views/window/folders.h"
#include "views/window/main_window.h"
#include "views/window/notice_bar.h"

namespace pinwheel::views {
namespace {

Status checkpointIsThere(const Workspace& stored) {
  if (stored.checkpoint.isEmpty())
    return failure("This session cannot be opened", "it names no checkpoint",
                   "open the checkpoint itself: it lies in the folder of its run");
  if (!QFileInfo::exists(stored.checkpoint))
    return failure("This session cannot be opened",
                   "its checkpoint " + stored.checkpoint.toStdString() + " is not there",
                   "put it back; a run that ended before its first checkpoint is gone on with by pinwheel-cli train "
                   "--resume",
                   stored.checkpoint.toStdString());
  return {};
}

}  // namespace

bool MainWindow::leaveNetwork() {
  if (isGuest()) return leaveGuest();
  if (m_scene.trainingUnderWay() &&
      QMessageBox::question(
          this, tr("A training is under way"),
          tr("It will be stopped after this batch and saved; it can go on later from its folder. Stop it?"),
          QMessageBox::Yes | QMessageBox::No, QMessageBox::Yes) != QMessageBox::Yes)
    return false;
  if (m_undo->isClean()) return true;
  const auto answer = QMessageBox::question(
      this, tr("Save the session?"), tr("The lesions of this session are not in a file. Save them first?"),
      QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
  if (answer == QMessageBox::Save) saveSession();
  return answer == QMessageBox::Discard || m_undo->isClean();
}

Workspace MainWindow::workspace() const {
  Workspace w;
  w.checkpoint = QString::fromStdString((isGuest() ? guestCheckpoint() : m_scene.checkpoint()).string());
  w.lesion = m_scene.lesion();
  w.shamSeed = m_scene.shamSeed();
  w.selectedSheet = m_selection.selectedSheet();
  w.units = m_selection.units();
  w.sheet = m_selection.sheet();
  w.field = m_selection.field();
  w.layout = saveState(kLayoutVersion);
  w.geometry = saveGeometry();
  w.camera = m_cortex->camera().toString();
  return w;
}

void MainWindow::autosave() {
  // What a guest trains no crash of the window ends.
  if (m_scene.network() && !isGuest()) m_autosave.save(workspace());
}

void MainWindow::start(const QString& file) {
  if (!offerAutosave(file) && !file.isEmpty()) open(file);
}

void MainWindow::start(const guests::AttachRequest& training) {
  if (!offerAutosave({})) attach(training);
}

bool MainWindow::offerAutosave(const QString& file) {
  if (!m_autosave.left()) return false;
  const Workspace left = *m_autosave.left();
  if (const Status there = checkpointIsThere(left); !there) {
    // Nobody can answer for it now, and the next autosave takes its place.
    const QString kept = QDir(m_options.stateFolder).filePath("after-crash.json");
    const Status saved = saveWorkspace(kept, left);
    tell(saved ? Error{"What was open when Pinwheel ended out of order cannot be opened", there.error().why,
                       there.error().hint + "; then open the session that is kept in " + kept.toStdString(),
                       there.error().path}
               : saved.error());
    return false;
  }
  QString question =
      tr("Pinwheel did not end in order the last time. %1 was open, with %n lesion part(s). Open it again?", nullptr,
         static_cast<int>(left.lesion.parts.size()))
          .arg(QFileInfo(left.checkpoint).fileName());
  if (!file.isEmpty())
    question += QLatin1Char(' ') + tr("Otherwise it is forgotten, and %1 is opened.").arg(QFileInfo(file).fileName());
  const auto answer = QMessageBox::question(this, tr("Go on where you were?"), question,
                                            QMessageBox::Yes | QMessageBox::No, QMessageBox::Yes);
  if (answer != QMessageBox::Yes) return false;
  restore(left, false);
  return true;
}

void MainWindow::openSession(const QString& path) {
  const auto stored = loadWorkspace(path);
  if (!stored) return tell(stored.error());
  if (const Status there = checkpointIsThere(*stored); !there) return tell(there.error());
  if (leaveNetwork()) restore(*stored, true);
}

void MainWindow::restore(const Workspace& stored, bool inFile) {
  m_pending = stored;
  m_pendingInFile = inFile;
  m_scene.post(session::OpenCheckpoint{stored.checkpoint.toStdString()});
}

// What the file says of units must fit the network that was opened: a checkpoint may have been replaced meanwhile.
void MainWindow::applyPending() {
  if (!m_pending) return;
  const Workspace stored = *std::exchange(m_pending, std::nullopt);
  const auto& network = m_scene.network();
  if (QString::fromStdString(network->path.string()) != stored.checkpoint) return;
  const auto unitsFit = [&](int sheet, const std::vector<std::int32_t>& units) {
    return sheet >= 0 && static_cast<std::size_t>(sheet) < network->sheets.size() && !units.empty() &&
           units.back() < network->sheets[static_cast<std::size_t>(sheet)].spec.unitCount();
  };
  if (!stored.geometry.isEmpty()) restoreGeometry(stored.geometry);
  if (!stored.layout.isEmpty()) restoreState(stored.layout, kLayoutVersion);
  if (static_cast<std::size_t>(stored.sheet) < network->sheets.size()) m_selection.setSheet(stored.sheet);
  m_selection.setField(stored.field);
  if (unitsFit(stored.selectedSheet, stored.units)) m_selection.select(stored.selectedSheet, stored.units);
  if (const auto camera = CortexCamera::fromString(stored.camera)) m_cortex->setCamera(*camera);
  for (const session::LesionPart& part : stored.lesion.parts)
    if (!unitsFit(static_cast<int>(part.sheet), part.units)) {
      // Nor is there anything before it.
      FieldChoice field = stored.field;
      field.before = false;
      m_selection.setField(field);
      m_notices->show({session::Notice::Kind::warning,
                       {"The lesion was not restored", "it names units that this network does not have",
                        "the checkpoint was replaced since; make the lesion again", ""}});
      return;
    }
  m_scene.setShamSeed(stored.shamSeed);
  // No lesion is a change as well, where the checkpoint holds one.
  if (stored.lesion.parts.empty() && m_scene.lesion().parts.empty()) return;
  m_undo->push(new SetLesionCommand(m_scene, m_scene.lesion(), stored.lesion, tr("Restore lesion")));
  // What a crash left is in no file of the user's.
  if (m_pendingInFile) m_undo->setClean();
}

void MainWindow::saveSession() {
  if (!canSaveSession()) return;
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Save the session"), existingFolder(m_options.runsFolder) + "/session.json", tr("Sessions (*.json)"));
  if (path.isEmpty()) return;
  if (const Status status = saveWorkspace(path, workspace()); !status) return tell(status.error());
  m_undo->setClean();
}

}  // namespace pinwheel::views
