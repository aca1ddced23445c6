// Engines that are not this process' own in the window: a training elsewhere that is attached to, a recording. What is
// the guest's and what is this machine's is kept apart here.
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QSettings>
#include <QStatusBar>
#include <QThreadPool>
#include <QUndoStack>
#include <system_error>

#include "engine/guests/attach_request.h"
#include "views/panels/lesion_panel.h"
#include "views/panels/panel_parts.h"
#include "views/window/attach_dialog.h"
#include "views/window/command_registry.h"
#include "views/window/main_window.h"
#include "views/window/notice_bar.h"

namespace pinwheel::views {
namespace {

constexpr int kFollowMs = 500;

// Its thread is joined where nobody waits for that.
void dropElsewhere(std::shared_ptr<session::Engine> guest) {
  if (guest) QThreadPool::globalInstance()->start([guest = std::move(guest)]() mutable { guest.reset(); });
}

guests::AttachRequest storedRequest(const QSettings& stored) {
  guests::AttachRequest request;
  request.where = stored.value("attach/where").toString().toStdString();
  request.keyFile = stored.value("attach/key").toString().toStdString();
  request.serverKeyFile = stored.value("attach/serverKey").toString().toStdString();
  request.watchOnly = stored.value("attach/watchOnly").toBool();
  return request;
}

void store(QSettings& stored, const guests::AttachRequest& request) {
  stored.setValue("attach/where", QString::fromStdString(request.where));
  stored.setValue("attach/key", QString::fromStdString(request.keyFile.string()));
  stored.setValue("attach/serverKey", QString::fromStdString(request.serverKeyFile.string()));
  stored.setValue("attach/watchOnly", request.watchOnly);
}

}  // namespace

void MainWindow::addGuestCommands() {
  CommandRegistry& c = *m_commands;
  c.add({"file.attach", tr("&Attach to a running training..."),
         tr("Shows and steers a training of another program, here or over the network"), QKeySequence("Ctrl+Shift+T")},
        [this] { chooseTraining(); });
  c.add({"file.detach",
         tr("De&tach"),
         tr("Leaves the training that runs elsewhere; it goes on there"),
         {},
         [this] { return m_remote != nullptr; }},
        [this] { disconnectGuest(); });
}

void MainWindow::addConnectionLine() {
  m_connection = named(new QLabel(this), "connection", tr("Connection to the training"));
  // Cut off rather than in the way of the window's size; the tip has all of it.
  m_connection->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  m_connection->hide();
  statusBar()->addPermanentWidget(m_connection, 1);
  m_follow.setInterval(kFollowMs);
  connect(&m_follow, &QTimer::timeout, this, &MainWindow::followGuest);
}

void MainWindow::chooseTraining() {
  const auto stored = settings();
  AttachDialog dialog(m_options.runsFolder, this);
  dialog.setRequest(storedRequest(*stored));
  if (dialog.exec() != QDialog::Accepted) return;
  const guests::AttachRequest request = dialog.request();
  store(*stored, request);
  attach(request);
}

void MainWindow::attach(const guests::AttachRequest& request) {
  auto options = guests::remoteOptions(request);
  if (!options) return tell(options.error());
  options->wake = m_relay->wake();
  auto remote = guests::RemoteEngine::open(std::move(*options));
  if (!remote) return tell(remote.error());
  std::shared_ptr<guests::RemoteEngine> guest = std::move(*remote);
  if (!leaveNetwork()) return dropElsewhere(std::move(guest));
  GuestTraits traits;
  traits.name = QString::fromStdString(guest->endpoint().text());
  traits.leaving =
      tr("The window shows the training at %1. Detach from it? It goes on there, with the lesion that acts on it.")
          .arg(traits.name);
  std::error_code unknown;
  if (guest->sharesFiles()) traits.folder = std::filesystem::absolute(guest->endpoint().path, unknown).parent_path();
  const bool watchOnly = guest->watchOnly();
  const bool beside = guest->sharesFiles();
  if (!connectGuest(std::move(guest), std::move(traits))) return;
  m_pump.setGentle(beside);
  m_lesion->setEnabled(!watchOnly);  // it would list what was never sent
}

bool MainWindow::connectGuest(std::shared_ptr<session::Engine> guest, GuestTraits traits) {
  // What this process trained is saved; errors of that are told by followGuest().
  if (!m_own.post(session::StopTraining{}) || !m_own.post(session::CloseNetwork{})) {
    dropElsewhere(std::move(guest));
    tell({"The engine is busy", "256 commands wait for it already", "wait a moment, then try again"});
    return false;
  }
  m_pending.reset();
  m_autosave.finish();  // it was left in order
  dropElsewhere(m_switchboard.guest());
  m_remote = std::dynamic_pointer_cast<guests::RemoteEngine>(guest);
  m_guest = std::move(traits);
  m_toldProblem.clear();
  m_switchboard.connect(std::move(guest));
  forgetNetwork();
  m_connection->setVisible(m_remote != nullptr);
  followGuest();
  m_follow.start();
  m_scene.pump();  // what it had to say before it was connected
  return true;
}

void MainWindow::disconnectGuest() {
  std::shared_ptr<session::Engine> guest = m_switchboard.guest();
  if (!guest) return;
  forgetRecording();
  followGuest();
  m_follow.stop();
  m_connection->hide();
  m_remote.reset();
  m_guest = {};
  m_pump.setGentle(false);
  m_lesion->setEnabled(true);
  m_switchboard.connect(nullptr);
  dropElsewhere(std::move(guest));
  forgetNetwork();
}

void MainWindow::forgetNetwork() {
  m_selection.reset(0);  // while the panels still have the network of these units
  FieldChoice field = m_selection.field();
  field.before = false;
  m_selection.setField(field);
  m_scene.forget();
  m_undo->clear();
  setWindowTitle(tr("Pinwheel"));
  showWelcome();
}

bool MainWindow::leaveGuest() {
  if (!m_guest.leaving.isEmpty() &&
      QMessageBox::question(this, tr("Leave the training?"), m_guest.leaving, QMessageBox::Yes | QMessageBox::No,
                            QMessageBox::Yes) != QMessageBox::Yes)
    return false;
  disconnectGuest();
  return true;
}

void MainWindow::followGuest() {
  // The own engine closes what was open; its frames are of that, and must not wait for the guest's end. What it could
  // not save is to be known now.
  for (const session::Notice& notice : m_own.take().notices) m_notices->show(notice);
  if (!m_remote) return;
  const guests::RemoteStatus status = m_remote->status();
  const QString text = QString::fromStdString(status.text());
  if (text != m_connection->text()) {
    m_connection->setText(text);
    m_connection->setToolTip(text);
    m_connection->setAccessibleDescription(text);
  }
  const auto problem = status.problem();
  if (!problem) {
    // Told anew only after it went well: who is refused knocks every second.
    if (status.isConnected()) m_toldProblem.clear();
    return;
  }
  const QString wrong = QString::fromStdString(problem->text());
  if (wrong == m_toldProblem) return;
  m_toldProblem = wrong;
  tell(*problem);
}

void MainWindow::takeGuestNews() {
  m_scene.pump();
  if (!m_remote) return;
  for (const std::uint64_t lesion : m_remote->takeDoubtedLesions()) m_scene.doubtLesion(lesion);
}

bool MainWindow::isGuest() const {
  return m_switchboard.guest() != nullptr;
}

std::filesystem::path MainWindow::guestCheckpoint() const {
  std::filesystem::path path = m_scene.namedCheckpoint();
  if (m_guest.folder.empty() || path.empty()) return {};
  // A relative one begins where the trainer was started, which is not where this program was.
  if (path.is_relative()) path = m_guest.folder / path.filename();
  std::error_code unknown;
  path = std::filesystem::absolute(path, unknown);
  return std::filesystem::exists(path, unknown) ? path : std::filesystem::path();
}

bool MainWindow::canSaveSession() {
  if (!isGuest() || !guestCheckpoint().empty()) return true;
  tell({"This session cannot be saved here",
        m_guest.folder.empty() ? "it would name a checkpoint that lies on another machine"
                               : "the training has not written its checkpoint yet, or not where this machine finds it",
        m_guest.folder.empty()
            ? "save a checkpoint there, copy it here and open it; or save the session on that machine"
            : "wait for the end of an epoch, then save again"});
  return false;
}

QString MainWindow::pathAtGuest() {
  bool accepted = false;
  const QString path = QInputDialog::getText(
      this, tr("Save the network"),
      tr("It is saved on the machine of the training (%1).\nPath of the file there, ending in .safetensors:")
          .arg(m_guest.name),
      QLineEdit::Normal, QStringLiteral("network.safetensors"), &accepted);
  return accepted ? path.trimmed() : QString();
}

void MainWindow::refuseRetraining() {
  tell({"This network is not retrained from here", "it belongs to a training of another program",
        "detach, open its checkpoint, then retrain that"});
}

}  // namespace pinwheel::views
