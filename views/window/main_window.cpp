#include "views/window/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QStatusBar>
#include <QTimer>
#include <QUndoStack>
#include <QVBoxLayout>

#include "views/maps/map_view.h"
#include "views/maps/raster_view.h"
#include "views/panels/job_bar.h"
#include "views/panels/lesion_commands.h"
#include "views/panels/lesion_panel.h"
#include "views/panels/results_panel.h"
#include "views/panels/stimulus_panel.h"
#include "views/panels/training_panel.h"
#include "views/panels/tuning_panel.h"
#include "views/theme.h"
#include "views/vtk/cortex_view.h"
#include "views/window/command_registry.h"
#include "views/window/notice_bar.h"
#include "views/window/welcome_page.h"

namespace pinwheel::views {
namespace {

constexpr int kRecentFiles = 12;
constexpr int kAutosaveMs = 60'000;

std::unique_ptr<QSettings> settings(const QString& stateFolder) {
  return std::make_unique<QSettings>(QDir(stateFolder).filePath("pinwheel.ini"), QSettings::IniFormat);
}

}  // namespace

MainWindow::MainWindow(session::Engine& engine, WindowOptions options)
    : m_options([&] {
        if (options.stateFolder.isEmpty())
          options.stateFolder = QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation);
        return std::move(options);
      }()),
      m_scene(engine),
      m_commands(new CommandRegistry(this)),
      m_undo(new QUndoStack(this)),
      m_autosave(m_options.stateFolder) {
  setObjectName("mainWindow");
  setWindowTitle(tr("Pinwheel"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  addCommands();
  addPanels();
  addTrainingCommands();
  addMenus();

  const auto stored = settings(m_options.stateFolder);
  setDark(stored->value("dark", isDark(palette())).toBool());
  m_welcome->setRecent(stored->value("recent").toStringList());
  resize(1366, 768);
  if (const QByteArray geometry = stored->value("geometry").toByteArray(); !geometry.isEmpty())
    restoreGeometry(geometry);

  connect(&m_scene, &Scene::networkChanged, this, &MainWindow::networkOpened);
  connect(&m_scene, &Scene::noticed, m_notices, &NoticeBar::show);
  // It takes as long as all other maps together: it is measured where somebody looks at it.
  const auto lookAtLossShare = [this] {
    if (m_selection.field().quantity == Quantity::lossShare) m_scene.askLossShare();
  };
  connect(&m_selection, &Selection::fieldChanged, this, lookAtLossShare);
  connect(&m_scene, &Scene::mapsChanged, this, lookAtLossShare);
  connect(&m_scene, &Scene::trainingChanged, this, lookAtLossShare);
  connect(&m_scene, &Scene::trainingChanged, m_commands, &CommandRegistry::refresh);
  connect(&m_selection, &Selection::selectionChanged, m_commands, &CommandRegistry::refresh);
  connect(m_undo, &QUndoStack::indexChanged, this, &MainWindow::autosave);
  connect(m_undo, &QUndoStack::indexChanged, m_commands, &CommandRegistry::refresh);
  auto* timer = new QTimer(this);
  connect(timer, &QTimer::timeout, this, &MainWindow::autosave);
  timer->start(kAutosaveMs);
  showWelcome();
}

// The panels know the scene, the selection and the undo stack, which are members here: they go first.
MainWindow::~MainWindow() {
  m_undo->disconnect();
  m_scene.disconnect();
  delete takeCentralWidget();
  qDeleteAll(m_docks);
  delete m_job;
  delete m_undo;
}

void MainWindow::addPanels() {
  m_centre = new QStackedWidget(this);
  m_centre->setObjectName("centre");
  m_welcome = new WelcomePage(*m_commands, m_centre);
  connect(m_welcome, &WelcomePage::fileChosen, this, &MainWindow::open);
  m_cortex = new CortexView(m_scene, m_selection, m_centre);
  m_centre->addWidget(m_welcome);
  m_centre->addWidget(m_cortex);
  m_notices = new NoticeBar(this);
  auto* middle = new QWidget(this);
  auto* column = new QVBoxLayout(middle);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(m_notices);
  column->addWidget(m_centre, 1);
  setCentralWidget(middle);

  m_map = new MapView(m_scene, m_selection, this);
  m_raster = new RasterView(m_scene, m_selection, this);
  m_tuning = new TuningPanel(m_scene, m_selection, this);
  m_training = new TrainingPanel(m_scene, this);
  m_lesion = new LesionPanel(m_scene, m_selection, *m_undo, this);
  m_stimulus = new StimulusPanel(m_scene, m_selection, this);
  m_results = new ResultsPanel(this);
  addDock("dock.map", tr("Map"), m_map, Qt::RightDockWidgetArea);
  addDock("dock.results", tr("Results"), m_results, Qt::RightDockWidgetArea);
  addDock("dock.tuning", tr("Tuning"), m_tuning, Qt::LeftDockWidgetArea);
  addDock("dock.stimulus", tr("Stimulus"), m_stimulus, Qt::LeftDockWidgetArea);
  addDock("dock.lesion", tr("Lesion"), m_lesion, Qt::LeftDockWidgetArea);
  addDock("dock.training", tr("Training"), m_training, Qt::LeftDockWidgetArea);
  addDock("dock.raster", tr("Raster"), m_raster, Qt::BottomDockWidgetArea);
  arrangeDocks();
  m_firstLayout = saveState(kLayoutVersion);

  m_job = new JobBar(m_scene, this);
  statusBar()->addPermanentWidget(m_job);
  connect(m_training, &TrainingPanel::startRequested, this, &MainWindow::growOne);
  connect(m_lesion, &LesionPanel::retrainRequested, this, &MainWindow::retrain);
  connect(m_results, &ResultsPanel::openRequested, this, &MainWindow::chooseResults);
  connect(m_results, &ResultsPanel::failed, m_notices, [this](const Error& error) {
    m_notices->show({session::Notice::Kind::error, error});
  });
}

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* panel, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setWidget(panel);
  dock->setAccessibleName(title);
  addDockWidget(area, dock);
  m_docks.push_back(dock);
  return dock;
}

// What is read from top to bottom stands in one high column; the cortex in the middle, the flat map beside it (the page
// of an evaluation behind that), time along the bottom.
void MainWindow::arrangeDocks() {
  QDockWidget* map = m_docks[0];
  QDockWidget* results = m_docks[1];
  QDockWidget* raster = m_docks.back();
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  const std::vector<QDockWidget*> column(m_docks.begin() + 2, m_docks.end() - 1);
  for (std::size_t i = 1; i < column.size(); ++i) tabifyDockWidget(column[i - 1], column[i]);
  column.front()->raise();
  tabifyDockWidget(map, results);
  map->raise();
  resizeDocks({column.front(), map}, {330, 420}, Qt::Horizontal);
  resizeDocks({raster}, {190}, Qt::Vertical);
}

void MainWindow::showWelcome() {
  m_centre->setCurrentWidget(m_welcome);
  for (QDockWidget* dock : m_docks) dock->hide();
  m_commands->refresh();
}

void MainWindow::networkOpened() {
  const auto& network = m_scene.network();
  m_selection.reset(static_cast<int>(network->sheets.size()));
  if (m_scene.lesion().parts.empty()) m_undo->clear();
  setWindowTitle(tr("%1 - Pinwheel").arg(QString::fromStdString(network->title)));
  if (!network->path.empty()) remember(QString::fromStdString(network->path.string()));
  if (m_centre->currentWidget() != m_cortex) {
    m_centre->setCurrentWidget(m_cortex);
    for (QDockWidget* dock : m_docks) dock->show();
    // At first sight the order of a map counts, not its grain; while a map moves, smoothing would take from the
    // training.
    FieldChoice field = m_selection.field();
    field.smoothed = !network->live;
    m_selection.setField(field);
    const QByteArray layout = settings(m_options.stateFolder)->value("layout").toByteArray();
    if (layout.isEmpty() || !restoreState(layout, kLayoutVersion)) restoreState(m_firstLayout, kLayoutVersion);
  }
  applyPending();
  autosave();
  m_commands->refresh();
}

void MainWindow::open(const QString& path) {
  if (path.endsWith(".html")) {
    m_results->open(path);
    auto* dock = qobject_cast<QDockWidget*>(m_results->parentWidget());
    dock->show();
    dock->raise();
    return;
  }
  if (!leaveNetwork()) return;
  if (path.endsWith(".json")) {
    const auto stored = loadWorkspace(path);
    if (!stored) {
      m_notices->show({session::Notice::Kind::error, stored.error()});
      return;
    }
    restore(*stored);
    return;
  }
  m_scene.post(session::OpenCheckpoint{QFileInfo(path).absoluteFilePath().toStdString()});
}

bool MainWindow::leaveNetwork() {
  if (!m_scene.trainingUnderWay()) return true;
  const auto answer = QMessageBox::question(
      this, tr("A training is under way"),
      tr("It will be stopped after this batch and saved; it can go on later from its folder. Stop it?"),
      QMessageBox::Yes | QMessageBox::No, QMessageBox::Yes);
  return answer == QMessageBox::Yes;
}

void MainWindow::openDemo() {
  if (m_options.demoCheckpoint.isEmpty() || !QFileInfo::exists(m_options.demoCheckpoint)) {
    m_notices->show({session::Notice::Kind::error,
                     {"The demo cortex is not here", "it is not installed beside the program",
                      "choose Watch one grow: it trains the same network in minutes", ""}});
    return;
  }
  open(m_options.demoCheckpoint);
}

void MainWindow::chooseFile() {
  const QString path =
      QFileDialog::getOpenFileName(this, tr("Open a checkpoint or a saved session"), m_options.runsFolder,
                                   tr("Checkpoints and sessions (*.safetensors *.json)"));
  if (!path.isEmpty()) open(path);
}

void MainWindow::remember(const QString& path) {
  const auto stored = settings(m_options.stateFolder);
  QStringList recent = stored->value("recent").toStringList();
  recent.removeAll(path);
  recent.prepend(path);
  while (recent.size() > kRecentFiles) recent.removeLast();
  stored->setValue("recent", recent);
  m_welcome->setRecent(recent);
}

void MainWindow::setDark(bool dark) {
  m_dark = dark;
  QApplication::setPalette(dark ? darkPalette() : lightPalette());
}

Workspace MainWindow::workspace() const {
  Workspace w;
  if (const auto& network = m_scene.network()) w.checkpoint = QString::fromStdString(network->path.string());
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
  if (m_scene.network() && !m_scene.network()->path.empty()) m_autosave.save(workspace());
}

void MainWindow::offerAutosave() {
  if (!m_autosave.left()) return;
  const Workspace left = *m_autosave.left();
  if (!QFileInfo::exists(left.checkpoint)) return;
  const auto answer = QMessageBox::question(
      this, tr("Go on where you were?"),
      tr("Pinwheel did not end in order the last time. %1 was open, with %n lesion part(s). Open it again?", nullptr,
         static_cast<int>(left.lesion.parts.size()))
          .arg(QFileInfo(left.checkpoint).fileName()),
      QMessageBox::Yes | QMessageBox::No, QMessageBox::Yes);
  if (answer == QMessageBox::Yes) restore(left);
}

void MainWindow::restore(const Workspace& stored) {
  if (stored.checkpoint.isEmpty()) return;
  m_pending = stored;
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
      m_notices->show({session::Notice::Kind::warning,
                       {"The lesion was not restored", "it names units that this network does not have",
                        "the checkpoint was replaced since; make the lesion again", ""}});
      return;
    }
  m_scene.setShamSeed(stored.shamSeed);
  // No lesion is a change as well, where the checkpoint holds one.
  if (stored.lesion.parts.empty() && m_scene.lesion().parts.empty()) return;
  m_undo->push(new SetLesionCommand(m_scene, m_scene.lesion(), stored.lesion, tr("Restore lesion")));
}

void MainWindow::saveSession() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Save the session"),
                                                    m_options.runsFolder + "/session.json", tr("Sessions (*.json)"));
  if (path.isEmpty()) return;
  if (const Status status = saveWorkspace(path, workspace()); !status) {
    m_notices->show({session::Notice::Kind::error, status.error()});
    return;
  }
  m_undo->setClean();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (!leaveNetwork()) {
    event->ignore();
    return;
  }
  if (!m_undo->isClean()) {
    const auto answer = QMessageBox::question(
        this, tr("Save the session?"), tr("The lesions of this session are not in a file. Save them before closing?"),
        QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, QMessageBox::Save);
    if (answer == QMessageBox::Save) saveSession();
    if (answer == QMessageBox::Cancel || (answer == QMessageBox::Save && !m_undo->isClean())) {
      event->ignore();
      return;
    }
  }
  const auto stored = settings(m_options.stateFolder);
  stored->setValue("dark", m_dark);
  stored->setValue("geometry", saveGeometry());
  if (m_centre->currentWidget() == m_cortex) stored->setValue("layout", saveState(kLayoutVersion));
  m_autosave.finish();
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const auto urls = event->mimeData()->urls();
  if (urls.size() == 1 && urls.front().isLocalFile()) {
    const QString path = urls.front().toLocalFile();
    if (path.endsWith(".safetensors") || path.endsWith(".json") || path.endsWith(".html"))
      event->acceptProposedAction();
  }
}

void MainWindow::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  open(event->mimeData()->urls().front().toLocalFile());
}

}  // namespace pinwheel::views
