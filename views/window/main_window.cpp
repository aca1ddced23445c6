#include "views/window/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
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
#include "views/panels/lesion_panel.h"
#include "views/panels/replay_bar.h"
#include "views/panels/results_panel.h"
#include "views/panels/stimulus_chooser.h"
#include "views/panels/stimulus_panel.h"
#include "views/panels/training_panel.h"
#include "views/panels/tuning_panel.h"
#include "views/theme.h"
#include "views/vtk/cortex_view.h"
#include "views/window/command_registry.h"
#include "views/window/folders.h"
#include "views/window/notice_bar.h"
#include "views/window/welcome_page.h"

namespace pinwheel::views {
namespace {

constexpr int kRecentFiles = 12;
constexpr int kAutosaveMs = 60'000;
constexpr int kNoteMs = 8000;
constexpr QSize kFirstSize(1366, 768);

}  // namespace

MainWindow::MainWindow(session::Engine& engine, WindowOptions options)
    : m_options([&] {
        if (options.stateFolder.isEmpty())
          options.stateFolder = QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation);
        return std::move(options);
      }()),
      m_own(engine),
      m_switchboard(engine),
      m_scene(m_switchboard),
      m_commands(new CommandRegistry(this)),
      m_undo(new QUndoStack(this)),
      m_autosave(m_options.stateFolder),
      m_pump([this] { takeGuestNews(); }),
      m_relay(std::make_unique<WakeRelay>(*this, [this] { m_pump.news(); })) {
  setObjectName("mainWindow");
  setWindowTitle(tr("Pinwheel"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  addCommands();
  addPanels();
  addTrainingCommands();
  addSelectionCommands();
  addLesionCommands();
  addStimulusCommands();
  addViewCommands();
  addColourCommands();
  addReplayCommands();
  followPanels();
  addMenus();

  const auto stored = settings();
  setDark(stored->value("dark", isDark(palette())).toBool());
  m_welcome->setRecent(stored->value("recent").toStringList());
  auto* chooser = m_stimulus->findChild<StimulusChooser*>();
  chooser->setFlocFolder(stored->value("floc").toString());
  connect(chooser, &StimulusChooser::flocOpened, this,
          [this](const QString& folder) { settings()->setValue("floc", folder); });

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
  connect(&m_selection, &Selection::otherSheetRefused, this, [this] {
    statusBar()->showMessage(
        tr("Nothing was added: units of one sheet are selected at a time. Without Shift a new selection begins."),
        kNoteMs);
  });
  connect(m_undo, &QUndoStack::indexChanged, this, &MainWindow::autosave);
  connect(m_undo, &QUndoStack::indexChanged, m_commands, &CommandRegistry::refresh);
  auto* timer = new QTimer(this);
  connect(timer, &QTimer::timeout, this, &MainWindow::autosave);
  timer->start(kAutosaveMs);
  showWelcome();
  resize(kFirstSize);
  if (const QByteArray geometry = stored->value("geometry").toByteArray(); !geometry.isEmpty())
    restoreGeometry(geometry);
  else  // Once more when it is shown: docks and doors at once, as they were in here, are higher than a small screen.
    QTimer::singleShot(0, this, [this] { resize(kFirstSize); });
}

// The panels know the scene, the selection and the undo stack, which are members here: they go first.
// Before them go the commands, whose rules ask the panels.
// No guest wakes what is going.
MainWindow::~MainWindow() {
  m_relay.reset();
  m_follow.stop();
  delete m_commands;
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
  // The doors ask for more height than is left beside the docks on a small screen: for none while they are not shown.
  connect(m_centre, &QStackedWidget::currentChanged, this, [this] {
    const bool shown = m_centre->currentWidget() == m_welcome;
    m_welcome->setSizePolicy(QSizePolicy::Preferred, shown ? QSizePolicy::Preferred : QSizePolicy::Ignored);
    // At once, before the docks appear: a hidden page tells no layout of its change.
    m_centre->layout()->invalidate();
    m_centre->updateGeometry();
    if (centralWidget() != nullptr) centralWidget()->layout()->activate();
  });
  m_notices = new NoticeBar(this);
  auto* middle = new QWidget(this);
  auto* column = new QVBoxLayout(middle);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(m_notices);
  column->addWidget(m_centre, 1);
  m_replayBar = new ReplayBar(middle);
  m_replayBar->hide();
  column->addWidget(m_replayBar);
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
  addConnectionLine();
  statusBar()->addPermanentWidget(m_job);
  connect(m_training, &TrainingPanel::startRequested, this, &MainWindow::growOne);
  connect(m_lesion, &LesionPanel::retrainRequested, this, &MainWindow::retrain);
  connect(m_results, &ResultsPanel::openRequested, this, &MainWindow::chooseResults);
  connect(m_results, &ResultsPanel::failed, this, &MainWindow::tell);
}

QDockWidget* MainWindow::addDock(const QString& name, const QString& title, QWidget* panel, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  dock->setWidget(panel);
  dock->setAccessibleName(title);
  addDockWidget(area, dock);
  // Behind another tab a dock still counts as visible: its panel would lay out and have the whole window composed anew
  // with every news of a training, for nobody's eyes.
  QSizePolicy policy = panel->sizePolicy();
  policy.setRetainSizeWhenHidden(true);
  panel->setSizePolicy(policy);
  connect(dock, &QDockWidget::visibilityChanged, panel, [this, panel](bool seen) {
    if (!seen && isMinimized()) return;
    // Otherwise Qt hands the focus on, and what is typed changes the next panel.
    QWidget* focus = QApplication::focusWidget();
    if (!seen && focus != nullptr && panel->isAncestorOf(focus)) focus->clearFocus();
    panel->setVisible(seen);
  });
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
  if (!network) return m_commands->refresh();
  m_selection.reset(static_cast<int>(network->sheets.size()));
  // What can be undone was done to the network before, unless its lesion goes on.
  if (!m_scene.isOwnLesion(m_scene.lesion().version)) m_undo->clear();
  const QString title = QString::fromStdString(network->title);
  setWindowTitle(isGuest() ? tr("%1 at %2 - Pinwheel").arg(title, m_guest.name) : tr("%1 - Pinwheel").arg(title));
  if (!isGuest() && !network->path.empty()) remember(QString::fromStdString(network->path.string()));
  if (m_centre->currentWidget() != m_cortex) {
    m_centre->setCurrentWidget(m_cortex);
    for (QDockWidget* dock : m_docks) dock->show();
    // At first sight the order of a map counts, not its grain; while a map moves, smoothing would take from the
    // training.
    FieldChoice field = m_selection.field();
    field.smoothed = !network->live;
    m_selection.setField(field);
    const QByteArray layout = settings()->value("layout").toByteArray();
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
  } else if (path.endsWith(".json")) {
    openSession(path);
  } else if (path.endsWith(".pwrec")) {
    openRecording(path);
  } else if (leaveNetwork()) {
    m_pending.reset();  // of a session whose checkpoint could not be opened, or was cancelled
    m_scene.post(session::OpenCheckpoint{QFileInfo(path).absoluteFilePath().toStdString()});
  }
}

std::unique_ptr<QSettings> MainWindow::settings() const {
  return std::make_unique<QSettings>(QDir(m_options.stateFolder).filePath("pinwheel.ini"), QSettings::IniFormat);
}

void MainWindow::tell(const Error& error) {
  m_notices->show({session::Notice::Kind::error, error});
}

void MainWindow::openDemo() {
  if (m_options.demoCheckpoint.isEmpty() || !QFileInfo::exists(m_options.demoCheckpoint)) {
    tell({"The demo cortex is not here", "it is not installed beside the program",
          "choose Watch one grow: it trains the same network in minutes"});
    return;
  }
  open(m_options.demoCheckpoint);
}

void MainWindow::chooseFile() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Open a checkpoint or a saved session"),
                                                    existingFolder(m_options.runsFolder),
                                                    tr("Checkpoints and sessions (*.safetensors *.json)"));
  if (!path.isEmpty()) open(path);
}

void MainWindow::remember(const QString& path) {
  const auto stored = settings();
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

void MainWindow::closeEvent(QCloseEvent* event) {
  // What runs elsewhere goes on: nothing is lost.
  if (!isGuest() && !leaveNetwork()) {
    event->ignore();
    return;
  }
  const auto stored = settings();
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
    if (path.endsWith(".safetensors") || path.endsWith(".json") || path.endsWith(".html") || path.endsWith(".pwrec"))
      event->acceptProposedAction();
  }
}

void MainWindow::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  open(event->mimeData()->urls().front().toLocalFile());
}

}  // namespace pinwheel::views
