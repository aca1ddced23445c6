// The window: a welcome page with five doors, and behind it the cortex with its panels in docks.
#pragma once

#include <QMainWindow>
#include <QPointer>
#include <QTimer>
#include <filesystem>
#include <memory>

#include "engine/guests/switchboard.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/window/gentle_pump.h"
#include "views/window/wake_relay.h"
#include "views/window/workspace.h"

class QDockWidget;
class QLabel;
class QSettings;
class QStackedWidget;
class QUndoStack;

namespace pinwheel::guests {
class RemoteEngine;
class ReplayEngine;
struct AttachRequest;
}  // namespace pinwheel::guests

namespace pinwheel::views {

class CommandRegistry;
class CortexView;
class JobBar;
class LesionPanel;
class MapView;
class NoticeBar;
class RasterView;
class ReplayBar;
class ResultsPanel;
class StimulusPanel;
class TrainingPanel;
class TuningPanel;
class WelcomePage;

struct WindowOptions {
  QString demoCheckpoint;  ///< of the built-in demo; empty: that door says that it is not installed
  QString runsFolder;      ///< where new runs are proposed
  QString stateFolder;     ///< of the autosave and the recent files; empty: the user's application data
};

/// What the window has to know of an engine that is not this process' own.
struct GuestTraits {
  QString name;                  ///< for titles and texts: an address
  QString leaving;               ///< asked before it is left for another network; empty: nothing is asked
  std::filesystem::path folder;  ///< of its run, where its files are this machine's too; empty: they are not
};

/// GUI thread. `engine` outlives the window; call `scene().pump()` when it wakes. Guests may answer in its place.
class MainWindow final : public QMainWindow {
  Q_OBJECT

public:
  MainWindow(session::Engine& engine, WindowOptions options);
  ~MainWindow() override;

  [[nodiscard]] Scene& scene() { return m_scene; }
  [[nodiscard]] Selection& selection() { return m_selection; }
  [[nodiscard]] CommandRegistry& commands() { return *m_commands; }
  [[nodiscard]] QUndoStack& undoStack() { return *m_undo; }

  /// A checkpoint (.safetensors), a saved session (.json), the page of an evaluation (.html), or a recording (.pwrec).
  void open(const QString& path);
  /// Shows and steers a training of another program in place of what is open, once that may be left. What cannot be
  /// attached to is told.
  void attach(const guests::AttachRequest& request);
  /// Call it once the window shows. Offers what a crash left, where there is something; opens `file` (empty: none)
  /// where that is declined.
  void start(const QString& file = {});
  /// The same with a training to attach to in place of a file.
  void start(const guests::AttachRequest& training);
  /// Shows a recording in place of the engine, which stops and saves a training of its own first.
  void openRecording(const QString& path);

protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

private:
  static constexpr int kLayoutVersion = 2;  ///< of saveState: changes with the docks

  void addCommands();
  void addTrainingCommands();
  // main_window_panel_commands.cpp
  void addSelectionCommands();
  void addLesionCommands();
  void addStimulusCommands();
  void addViewCommands();
  void addColourCommands();
  void followPanels();
  /// Shows the dock of a panel, before all others of its place.
  void reveal(QWidget* panel);
  // main_window_guests.cpp
  void addGuestCommands();
  void addConnectionLine();
  void chooseTraining();
  /// From now on `guest` answers. What was open is closed and forgotten; ask leaveNetwork() before. Give it
  /// m_relay->wake() to wake the window. False, and told: the own engine is too busy to close what is open.
  [[nodiscard]] bool connectGuest(std::shared_ptr<session::Engine> guest, GuestTraits traits);
  /// The own engine answers again, with no network open; the guest's work goes on without the window. Nothing without
  /// a guest.
  void disconnectGuest();
  void forgetNetwork();
  [[nodiscard]] bool leaveGuest();  ///< false when the user would rather stay
  void followGuest();
  void takeGuestNews();
  [[nodiscard]] bool isGuest() const;
  /// Of the guest's network, absolute; empty: it lies on another machine, or is not there.
  [[nodiscard]] std::filesystem::path guestCheckpoint() const;
  [[nodiscard]] bool canSaveSession();  ///< tells why not
  [[nodiscard]] QString pathAtGuest();  ///< where its engine is to write; empty: given up
  void refuseRetraining();
  void addMenus();
  void addPanels();
  QDockWidget* addDock(const QString& name, const QString& title, QWidget* panel, Qt::DockWidgetArea area);
  void arrangeDocks();
  void networkOpened();
  void openDemo();
  void growOne();
  void chooseFile();
  void saveCheckpoint();
  void saveSession();
  void exportFigure();
  void chooseResults();
  void retrain(std::int64_t epochs, double learningRate);
  void showWelcome();
  void setDark(bool dark);
  void remember(const QString& path);
  void autosave();
  [[nodiscard]] Workspace workspace() const;
  [[nodiscard]] std::unique_ptr<QSettings> settings() const;
  void tell(const Error& error);
  void openSession(const QString& path);
  /// Whether the user wants what a crash left; `file` is opened otherwise.
  [[nodiscard]] bool offerAutosave(const QString& file);
  /// Opens the checkpoint of `workspace`, which is there; the rest follows. `inFile`: it is a file of the user's.
  void restore(const Workspace& workspace, bool inFile);
  void applyPending();
  // main_window_replay.cpp
  void addReplayCommands();
  void chooseRecording();
  void exportRecording();
  void forgetRecording();  ///< of disconnectGuest()
  [[nodiscard]] bool showsRecording() const { return m_replay != nullptr; }
  /// Asks before a training is stopped or lesions are lost that are in no file; false when the user would rather stay.
  [[nodiscard]] bool leaveNetwork();

  WindowOptions m_options;
  session::Engine& m_own;
  guests::Switchboard m_switchboard;
  Scene m_scene;
  Selection m_selection;
  CommandRegistry* m_commands;
  QUndoStack* m_undo;
  Autosave m_autosave;
  QStackedWidget* m_centre = nullptr;
  WelcomePage* m_welcome = nullptr;
  NoticeBar* m_notices = nullptr;
  CortexView* m_cortex = nullptr;
  MapView* m_map = nullptr;
  RasterView* m_raster = nullptr;
  TuningPanel* m_tuning = nullptr;
  TrainingPanel* m_training = nullptr;
  LesionPanel* m_lesion = nullptr;
  StimulusPanel* m_stimulus = nullptr;
  ResultsPanel* m_results = nullptr;
  JobBar* m_job = nullptr;
  ReplayBar* m_replayBar = nullptr;
  std::shared_ptr<guests::ReplayEngine> m_replay;  ///< the guest, where that is a recording
  std::vector<QDockWidget*> m_docks;
  QByteArray m_firstLayout;
  std::optional<Workspace> m_pending;  ///< to be restored once its checkpoint is open
  bool m_pendingInFile = false;
  bool m_dark = false;
  std::shared_ptr<guests::RemoteEngine> m_remote;  ///< the guest, where it is one
  GuestTraits m_guest;
  QLabel* m_connection = nullptr;
  QTimer m_follow;
  QString m_toldProblem;
  GentlePump m_pump;
  std::unique_ptr<WakeRelay> m_relay;  ///< of guests
};

}  // namespace pinwheel::views
