// The window: a welcome page with four doors, and behind it the cortex with its panels in docks.
#pragma once

#include <QMainWindow>
#include <QPointer>
#include <memory>

#include "views/scene.h"
#include "views/selection.h"
#include "views/window/workspace.h"

class QDockWidget;
class QStackedWidget;
class QUndoStack;

namespace pinwheel::views {

class CommandRegistry;
class CortexView;
class JobBar;
class LesionPanel;
class MapView;
class NoticeBar;
class RasterView;
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

/// GUI thread. `engine` outlives the window; call `scene().pump()` when it wakes.
class MainWindow final : public QMainWindow {
  Q_OBJECT

public:
  MainWindow(session::Engine& engine, WindowOptions options);
  ~MainWindow() override;

  [[nodiscard]] Scene& scene() { return m_scene; }
  [[nodiscard]] Selection& selection() { return m_selection; }
  [[nodiscard]] CommandRegistry& commands() { return *m_commands; }
  [[nodiscard]] QUndoStack& undoStack() { return *m_undo; }

  /// A checkpoint (.safetensors), a saved session (.json), or the page of an evaluation (.html).
  void open(const QString& path);
  /// Call it once the window shows. Offers what a crash left, where there is something; opens `file` (empty: none)
  /// where that is declined.
  void start(const QString& file = {});

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
  void tell(const Error& error);
  void openSession(const QString& path);
  /// Whether the user wants what a crash left; `file` is opened otherwise.
  [[nodiscard]] bool offerAutosave(const QString& file);
  /// Opens the checkpoint of `workspace`, which is there; the rest follows. `inFile`: it is a file of the user's.
  void restore(const Workspace& workspace, bool inFile);
  void applyPending();
  /// Asks before a training is stopped or lesions are lost that are in no file; false when the user would rather stay.
  [[nodiscard]] bool leaveNetwork();

  WindowOptions m_options;
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
  std::vector<QDockWidget*> m_docks;
  QByteArray m_firstLayout;
  std::optional<Workspace> m_pending;  ///< to be restored once its checkpoint is open
  bool m_pendingInFile = false;
  bool m_dark = false;
};

}  // namespace pinwheel::views
