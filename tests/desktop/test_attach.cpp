// The window attached to a training of another program, which a server in this one plays: frames and commands over the
// wire, its restart, what is asked before it is left, and what is and is not of this machine.
#include <QCheckBox>
#include <QDir>
#include <QDockWidget>
#include <QInputDialog>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QStackedWidget>
#include <mutex>

#include "engine/transport/server.h"
#include "tests/desktop/window_test.h"
#include "views/vtk/graphics.h"
#include "views/window/attach_dialog.h"
#include "views/window/command_registry.h"
#include "views/window/notice_bar.h"
#include "views/window/workspace.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::Answer;

namespace {

constexpr int kDeadlineMs = 20'000;

/// What came over the wire.
class Commands {
public:
  transport::CommandHandler handler() {
    return [this](const wire::Request& request) -> Status {
      const std::lock_guard lock(m_mutex);
      if (const auto* command = std::get_if<session::Command>(&request.ask)) m_commands.push_back(*command);
      return {};
    };
  }
  template <class T>
  [[nodiscard]] int count() const {
    const std::lock_guard lock(m_mutex);
    return static_cast<int>(std::count_if(m_commands.begin(), m_commands.end(),
                                          [](const session::Command& c) { return std::holds_alternative<T>(c); }));
  }
  template <class T>
  [[nodiscard]] std::optional<T> last() const {
    const std::lock_guard lock(m_mutex);
    for (auto it = m_commands.rbegin(); it != m_commands.rend(); ++it)
      if (const T* found = std::get_if<T>(&*it)) return *found;
    return std::nullopt;
  }

private:
  mutable std::mutex m_mutex;
  std::vector<session::Command> m_commands;
};

}  // namespace

class TestAttach : public QObject, private test::WindowTest {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    openWindow();
    m_run = m_folder.filePath(QString("run-%1").arg(m_test));
    QVERIFY(QDir().mkpath(m_run));
    m_commands = std::make_unique<Commands>();
    serve("elsewhere");
  }
  void cleanup() {
    closeWindow();
    m_server.reset();
  }

  void theFifthDoorShowsAndSteersATraining() {
    attachByDialog();
    QTRY_VERIFY_WITH_TIMEOUT(scene().network() && scene().maps() && scene().training(), kDeadlineMs);
    QCOMPARE(scene().network()->title, std::string("elsewhere"));
    QCOMPARE(centre()->currentIndex(), 1);
    for (const QDockWidget* dock : m_window->findChildren<QDockWidget*>()) QVERIFY(!dock->isHidden());
    QVERIFY(m_window->windowTitle().contains(m_run));
    QTRY_VERIFY_WITH_TIMEOUT(connection()->text().startsWith("Connected to ipc://" + m_run), kDeadlineMs);
    QVERIFY(connection()->isVisible());
    // The panel's button, and what it does there.
    auto* pause = m_window->findChild<QPushButton*>("trainingPause");
    QTRY_VERIFY_WITH_TIMEOUT(pause->isEnabled(), kDeadlineMs);
    pause->click();
    QTRY_COMPARE_WITH_TIMEOUT(m_commands->count<session::Pause>(), 1, kDeadlineMs);
    m_server->frames().publish(training(session::TrainingPhase::paused));
    QTRY_VERIFY_WITH_TIMEOUT(command("training.resume")->isEnabled(), kDeadlineMs);
    // This process' own engine rests.
    QCOMPARE(m_engine->count<session::Pause>(), 0);
    QCOMPARE(m_engine->count<session::StopTraining>(), 1);
    QCOMPARE(m_engine->count<session::CloseNetwork>(), 1);
    // The next time the dialog begins with what was chosen.
    QString remembered;
    QTimer look;
    connect(&look, &QTimer::timeout, this, [&] {
      if (auto* dialog = qobject_cast<AttachDialog*>(QApplication::activeModalWidget())) {
        remembered = QString::fromStdString(dialog->request().where);
        dialog->reject();
      }
    });
    look.start(10);
    command("file.attach")->trigger();
    QCOMPARE(remembered, m_run);
  }

  void theDialogTellsWhatIsMissing() {
    AttachDialog dialog(m_run, m_window.get());
    const auto edit = [&](const char* name) { return dialog.findChild<QLineEdit*>(QString("attachDialog.") + name); };
    const auto* attach = dialog.findChild<QPushButton*>("attachDialog.attach");
    const auto* hint = dialog.findChild<QLabel*>("attachDialog.hint");
    QVERIFY(!attach->isEnabled());
    QVERIFY(hint->text().contains("Choose the folder"));
    edit("folder")->setText("/no/such/run");
    QVERIFY(!attach->isEnabled());
    QVERIFY(hint->text().contains("There is no such run here"));
    edit("folder")->setText(m_run);
    QVERIFY(attach->isEnabled());
    QVERIFY(hint->text().isEmpty());
    dialog.findChild<QRadioButton*>("attachDialog.elsewhere")->setChecked(true);
    QVERIFY(!attach->isEnabled());
    edit("address")->setText("10.0.0.1:7310");
    QVERIFY(hint->text().contains("begins with tcp://"));
    edit("address")->setText("tcp://10.0.0.1:7310");
    QVERIFY(hint->text().contains("with keys only"));
    edit("key")->setText(m_run + "/me.key");
    QVERIFY(hint->text().contains("public key is missing"));
    QVERIFY(!attach->isEnabled());
    edit("key")->clear();
    edit("address")->setText("tcp://127.0.0.1:7310");
    QVERIFY(attach->isEnabled());
    dialog.findChild<QCheckBox*>("attachDialog.watchOnly")->setChecked(true);
    QCOMPARE(dialog.request().where, std::string("tcp://127.0.0.1:7310"));
    QVERIFY(dialog.request().watchOnly);
    // Every control can be named.
    for (const QWidget* control : dialog.findChildren<QLineEdit*>()) QVERIFY(!control->accessibleName().isEmpty());
  }

  // Its networks are numbered from the same number on.
  void aTrainerThatStartsAgainIsFollowed() {
    attach();
    m_server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(connection()->text().startsWith("Waiting for an engine at ipc://"), kDeadlineMs);
    QCOMPARE(scene().network()->title, std::string("elsewhere"));  // what was seen stays in view meanwhile
    serve("started again");
    QTRY_COMPARE_WITH_TIMEOUT(scene().network()->title, std::string("started again"), kDeadlineMs);
    QTRY_VERIFY_WITH_TIMEOUT(connection()->text().startsWith("Connected to"), kDeadlineMs);
    QTRY_VERIFY_WITH_TIMEOUT(scene().maps() != nullptr, kDeadlineMs);
    QCOMPARE(scene().network()->stamp.network, std::uint64_t{1});
  }

  // Attached before the trainer is there, the window waits for it.
  void theTrainerMayComeLater() {
    m_server.reset();
    m_window->attach({m_run.toStdString()});
    QVERIFY(connection()->isVisible());
    QVERIFY2(connection()->text().startsWith("Waiting for an engine at ipc://"), qPrintable(connection()->text()));
    QCOMPARE(centre()->currentIndex(), 0);
    serve("late");
    QTRY_VERIFY_WITH_TIMEOUT(scene().network() != nullptr, kDeadlineMs);
    QCOMPARE(centre()->currentIndex(), 1);
  }

  void detachingForgetsWhatWasThere() {
    attach();
    QVERIFY(command("file.detach")->isEnabled());
    m_window->selection().select(1, {3, 4});
    m_window->selection().setHover(1, 5);
    lesion();
    QTRY_COMPARE_WITH_TIMEOUT(m_commands->count<session::SetLesion>(), 1, kDeadlineMs);
    QVERIFY(m_commands->last<session::SetLesion>()->lesion.version > 1);  // others begin with 1
    FieldChoice field = m_window->selection().field();
    field.before = true;
    m_window->selection().setField(field);
    command("file.detach")->trigger();
    QCOMPARE(centre()->currentIndex(), 0);
    QVERIFY(!connection()->isVisible());
    QVERIFY(!command("file.detach")->isEnabled());
    QCOMPARE(m_window->windowTitle(), QString("Pinwheel"));
    QVERIFY(!scene().network() && !scene().maps() && !scene().activity() && !scene().tuning() && !scene().training() &&
            !scene().lesionEffect() && !scene().job());
    QVERIFY(scene().lesion().parts.empty());
    QVERIFY(!m_window->undoStack().canUndo());
    QVERIFY(m_window->selection().units().empty());
    QVERIFY(!m_window->selection().field().before);
    // It goes on there.
    QCOMPARE(m_commands->count<session::StopTraining>(), 0);
    QCOMPARE(m_commands->count<session::CloseNetwork>(), 0);
    // All panels can be looked at with nothing in them.
    centre()->setCurrentIndex(1);
    for (QDockWidget* dock : m_window->findChildren<QDockWidget*>()) {
      dock->show();
      dock->raise();
      QVERIFY(!m_window->grab().isNull());
    }
    for (const char* name : {"cortexPicture", "mapCanvas", "rasterCanvas"}) {
      auto* canvas = m_window->findChild<QWidget*>(name);
      QVERIFY2(canvas != nullptr, name);
      QTest::mouseMove(canvas, canvas->rect().center());
      QTest::mouseClick(canvas, Qt::LeftButton, {}, canvas->rect().center());
    }
    // And the own engine answers again.
    openDemo();
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 1);
    QCOMPARE(scene().network()->title, std::string("synthetic"));
  }

  void anotherNetworkAsksToDetach() {
    attach();
    {
      Answer no(QMessageBox::No);
      m_window->open(m_demo);
      QVERIFY2(no.text().contains("It goes on there"), qPrintable(no.text()));
    }
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 0);
    QCOMPARE(scene().network()->title, std::string("elsewhere"));
    Answer yes(QMessageBox::Yes);
    m_window->open(m_demo);
    QCOMPARE(m_engine->count<session::OpenCheckpoint>(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(scene().network() && scene().network()->title == "synthetic", kDeadlineMs);
    QCOMPARE(m_commands->count<session::OpenCheckpoint>(), 0);
  }

  // Nothing of it is lost, whatever it trains and whatever lesion it was given.
  void closingAsksNothing() {
    attach();
    lesion();
    Answer none(QMessageBox::No);
    QVERIFY(m_window->close());
    QVERIFY2(none.text().isEmpty(), qPrintable(none.text()));
    QCOMPARE(m_commands->count<session::StopTraining>(), 0);
  }

  void theOwnTrainingIsLeftFirst() {
    openDemo();
    publish(test::makeTraining(session::TrainingPhase::running));
    {
      Answer no(QMessageBox::No);
      m_window->attach({m_run.toStdString()});
      QVERIFY(no.text().contains("saved"));
    }
    QVERIFY(!connection()->isVisible());
    QCOMPARE(m_engine->count<session::StopTraining>(), 0);
    QCOMPARE(scene().network()->title, std::string("synthetic"));
    Answer yes(QMessageBox::Yes);
    attach();
    QCOMPARE(m_engine->count<session::StopTraining>(), 1);
    // What it says at its end is not lost, and its frames are.
    m_engine->news.network = test::makeNetwork(9);
    m_engine->news.notices.push_back(
        {session::Notice::Kind::error, {"The checkpoint was not written", "the disk is full", "make room", ""}});
    QTRY_VERIFY_WITH_TIMEOUT(told().contains("the disk is full"), kDeadlineMs);
    command("file.detach")->trigger();
    scene().pump();
    QVERIFY(!scene().network());
  }

  void nothingElsewhereIsAutosaved() {
    openDemo();
    attach();
    lesion();
    m_window.reset();  // waits for what is being written
    QVERIFY(!QFile::exists(m_state + "/autosave-1.json"));
    m_window = makeWindow();
  }

  void aSessionIsSavedWhereTheCheckpointIsSeen() {
    attach();
    command("file.saveSession")->trigger();
    QVERIFY2(told().contains("has not written its checkpoint yet"), qPrintable(told()));
    // The trainer names its folder from where it was started.
    test::put((m_run + "/checkpoint.safetensors").toStdString(), "x");
    const QString file = m_folder.filePath("attached.json");
    test::FileName name(file);
    command("file.saveSession")->trigger();
    const auto stored = loadWorkspace(file);
    QVERIFY_OK(stored);
    QCOMPARE(stored->checkpoint, m_run + "/checkpoint.safetensors");
  }

  // An address of the network: what it names may lie on another machine.
  void filesOfAnotherMachineAreLeftThere() {
    m_server.reset();
    serve("far", "tcp://127.0.0.1:0");
    m_window->attach({m_server->endpoint().text()});
    QTRY_VERIFY_WITH_TIMEOUT(scene().network() != nullptr, kDeadlineMs);
    command("file.saveSession")->trigger();
    QVERIFY2(told().contains("lies on another machine"), qPrintable(told()));
    QString asked;
    QTimer type;
    connect(&type, &QTimer::timeout, this, [&] {
      if (auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget())) {
        asked = dialog->labelText();
        dialog->setTextValue("/runs there/kept.safetensors");
        dialog->accept();
      }
    });
    type.start(10);
    command("file.saveCheckpoint")->trigger();
    QVERIFY2(asked.contains("on the machine of the training"), qPrintable(asked));
    QTRY_COMPARE_WITH_TIMEOUT(m_commands->count<session::SaveCheckpoint>(), 1, kDeadlineMs);
    QCOMPARE(m_commands->last<session::SaveCheckpoint>()->path, std::filesystem::path("/runs there/kept.safetensors"));
  }

  void aWatcherIsTold() {
    m_window->attach({m_run.toStdString(), {}, {}, true});
    QTRY_VERIFY_WITH_TIMEOUT(command("training.pause")->isEnabled(), kDeadlineMs);
    QVERIFY(connection()->text().endsWith("(only watching)") ||
            connection()->text().startsWith("Waiting for an engine"));
    command("training.pause")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(told().contains("this connection only watches"), kDeadlineMs);
    QCOMPARE(m_commands->count<session::Pause>(), 0);
  }

  void whatCannotBeAttachedToIsTold() {
    openDemo();
    m_window->attach({"tcp://10.0.0.1:7310"});
    QVERIFY2(told().contains("with keys only"), qPrintable(told()));
    QVERIFY(!connection()->isVisible());
    QCOMPARE(scene().network()->title, std::string("synthetic"));
  }

private:
  void serve(const std::string& title, const std::string& at = {}) {
    const auto endpoint = at.empty() ? transport::endpointOf(m_run.toStdString()) : transport::parseEndpoint(at);
    QVERIFY_OK(endpoint);
    transport::ServerOptions options;
    options.endpoint = *endpoint;
    options.beacon = std::chrono::milliseconds(50);
    auto server = transport::Server::open(options, m_commands->handler());
    QVERIFY_OK(server);
    m_server = std::move(*server);
    auto network = test::makeNetwork(1);
    network->title = title;
    network->live = true;
    m_server->frames().publish(std::shared_ptr<const session::NetworkFrame>(network));
    m_server->frames().publish(std::shared_ptr<const session::MapsFrame>(test::makeMaps(*network)));
    m_server->frames().publish(training(session::TrainingPhase::running));
  }
  static std::shared_ptr<const session::TrainingFrame> training(session::TrainingPhase phase) {
    return test::makeTraining(phase);
  }
  void attach() {
    m_window->attach({m_run.toStdString()});
    QTRY_VERIFY_WITH_TIMEOUT(
        scene().network() && scene().network()->title == "elsewhere" && scene().maps() && scene().trainingUnderWay(),
        kDeadlineMs);
  }
  void attachByDialog() {
    QTimer press;
    connect(&press, &QTimer::timeout, this, [this] {
      if (auto* dialog = qobject_cast<AttachDialog*>(QApplication::activeModalWidget())) {
        dialog->findChild<QLineEdit*>("attachDialog.folder")->setText(m_run);
        dialog->findChild<QPushButton*>("attachDialog.attach")->click();
      }
    });
    press.start(10);
    m_window->findChild<QPushButton*>("welcome.file.attach")->click();
  }
  Scene& scene() { return m_window->scene(); }
  QAction* command(const char* id) { return m_window->commands().action(id); }
  QStackedWidget* centre() { return m_window->findChild<QStackedWidget*>("centre"); }
  QLabel* connection() { return m_window->findChild<QLabel*>("connection"); }
  [[nodiscard]] QString told() const {
    const auto* bar = m_window->findChild<NoticeBar*>("noticeBar");
    return bar->isVisible() ? bar->findChild<QLabel*>("noticeBar.text")->text() : QString();
  }

  QString m_run;
  std::unique_ptr<Commands> m_commands;
  std::unique_ptr<transport::Server> m_server;
};

int main(int argc, char** argv) {
  prepareGraphics();
  QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
  QApplication application(argc, argv);
  TestAttach test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_attach.moc"
