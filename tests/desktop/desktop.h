// The window on the real engine, in the order in which the program makes them.
#pragma once

#include <QComboBox>
#include <QObject>
#include <QSlider>
#include <QTemporaryDir>
#include <memory>

#include "engine/session.h"
#include "views/window/main_window.h"

namespace pinwheel::test {

/// The shipped checkpoint as the demo; runs and what the window keeps in a folder of the test's, the latter anew for
/// every `number`.
inline views::WindowOptions demoOptions(const QTemporaryDir& folder, int number = 1) {
  views::WindowOptions options;
  options.demoCheckpoint = PINWHEEL_SOURCE_DIR "/resources/demo/demo.safetensors";
  options.runsFolder = folder.filePath("runs");
  options.stateFolder = folder.filePath(QString("state-%1").arg(number));
  return options;
}

/// GUI thread, in a QApplication of views::prepareGraphics(). The window shows from the beginning.
struct Desktop {
  explicit Desktop(const views::WindowOptions& options, int threads = 1)
      : engine(
            [this] {
              QMetaObject::invokeMethod(
                  &relay,
                  [this] {
                    if (window) window->scene().pump();
                  },
                  Qt::QueuedConnection);
            },
            {threads, 0.015}),
        window(std::make_unique<views::MainWindow>(engine, options)) {
    window->show();
  }
  QObject relay;
  session::Session engine;
  std::unique_ptr<views::MainWindow> window;

  /// A child of the window that must be there.
  template <class W>
  W& part(const char* objectName = nullptr) {
    W* found = window->findChild<W*>(objectName ? QString::fromLatin1(objectName) : QString());
    if (found == nullptr) qFatal("no %s in the window", objectName ? objectName : W::staticMetaObject.className());
    return *found;
  }
  /// The stimulus panel's slider of the grating's orientation; from then on gratings are shown.
  QSlider& gratingAngle() {
    part<QComboBox>("stimulusKind").setCurrentIndex(1);
    return part<QSlider>("gratingAngle");
  }
};

}  // namespace pinwheel::test
