// What the tests of the window share: a window on a scripted engine, and answers to the boxes that it opens.
#pragma once

#include <QAbstractButton>
#include <QApplication>
#include <QFileDialog>
#include <QLineEdit>
#include <QMessageBox>
#include <QTimer>
#include <QUndoStack>
#include <fstream>
#include <memory>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/panels/lesion_commands.h"
#include "views/window/main_window.h"

namespace pinwheel::test {

/// Presses a button of the first modal box that opens with it; tells what that box asked.
class Answer {
public:
  explicit Answer(QMessageBox::StandardButton button) : m_button(button) {
    QObject::connect(&m_timer, &QTimer::timeout, [this] {
      auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
      QAbstractButton* wanted = box != nullptr ? box->button(m_button) : nullptr;
      if (wanted == nullptr) return;
      m_timer.stop();
      m_text = box->text();
      wanted->click();
    });
    m_timer.start(10);
  }
  /// Empty: none opened.
  [[nodiscard]] const QString& text() const { return m_text; }

private:
  QMessageBox::StandardButton m_button;
  QTimer m_timer;
  QString m_text;
};

/// Gives a new file's name to the file dialog that opens next. Needs Qt::AA_DontUseNativeDialogs.
class FileName {
public:
  explicit FileName(const QString& path) {
    QObject::connect(&m_timer, &QTimer::timeout, [this, path] {
      auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
      if (dialog == nullptr) return;
      m_timer.stop();
      dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"))->setText(path);
      static_cast<QDialog*>(dialog)->accept();
    });
    m_timer.start(10);
  }

private:
  QTimer m_timer;
};

/// The second base of a test class of MainWindow.
class WindowTest {
protected:
  /// For init(): another user's state, an engine that opens whatever it is asked to, and the window on the screen.
  void openWindow() {
    QVERIFY(m_folder.isValid());
    m_state = m_folder.filePath(QString("state-%1").arg(++m_test));
    m_demo = m_folder.filePath("demo.safetensors");
    std::ofstream(m_demo.toStdString()) << "x";
    m_engine = std::make_unique<FakeEngine>();
    m_engine->onPost = [this](const session::Command& command) { answer(command); };
    m_window = makeWindow();
  }
  /// For cleanup(): nothing is left.
  void closeWindow() {
    m_window.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

  std::unique_ptr<views::MainWindow> makeWindow() {
    views::WindowOptions options;
    options.demoCheckpoint = m_demo;
    options.runsFolder = m_folder.filePath("runs");
    options.stateFolder = m_state;
    auto window = std::make_unique<views::MainWindow>(*m_engine, options);
    window->show();
    [&] { QVERIFY(QTest::qWaitForWindowExposed(window.get())); }();
    return window;
  }
  /// As a crash would leave it: without close().
  void crash() {
    m_window.reset();
    m_engine->commands.clear();
    m_window = makeWindow();
  }

  void openDemo() {
    m_window->open(m_demo);
    m_window->scene().pump();
    QVERIFY(m_window->scene().network() != nullptr);
  }
  void lesion() {
    session::Lesion lesion;
    lesion.parts = {{0, {1, 2, 3}, session::PerturbationKind::silence, 1, {}}};
    m_window->undoStack().push(
        new views::SetLesionCommand(m_window->scene(), m_window->scene().lesion(), lesion, "Silence"));
  }
  void publish(std::shared_ptr<const session::TrainingFrame> frame) {
    m_engine->news.training = std::move(frame);
    m_window->scene().pump();
  }
  void publish(std::shared_ptr<const session::MapsFrame> frame) {
    m_engine->news.maps = std::move(frame);
    m_window->scene().pump();
  }

  QTemporaryDir m_folder;
  QString m_state, m_demo;
  int m_test = 0;
  std::uint64_t m_networks = 0;
  std::unique_ptr<FakeEngine> m_engine;
  std::unique_ptr<views::MainWindow> m_window;

private:
  void answer(const session::Command& command) {
    if (const auto* open = std::get_if<session::OpenCheckpoint>(&command)) {
      auto network = makeNetwork(++m_networks);
      network->path = open->path;
      m_engine->news.network = network;
      m_engine->news.maps = makeMaps(*network);
    }
    // As the real engine's: on a later turn of the event loop.
    QTimer::singleShot(0, &m_turns, [this] {
      if (m_window) m_window->scene().pump();
    });
  }

  QObject m_turns;
};

}  // namespace pinwheel::test
