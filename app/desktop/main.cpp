// pinwheel: the desktop application; `pinwheel export` draws figures without a display.
#include <CLI/CLI.hpp>
#include <QApplication>
#include <QDir>
#include <QStandardPaths>
#include <QStyleFactory>
#include <QTimer>
#include <iostream>
#include <optional>

#include "app/desktop/export_command.h"
#include "app/desktop/replay_command.h"
#include "engine/core/runtime.h"
#include "engine/guests/attach_request.h"
#include "engine/session.h"
#include "engine/training/config.h"
#include "views/vtk/display.h"
#include "views/vtk/graphics.h"
#include "views/window/main_window.h"

namespace {

constexpr int kWrongUsage = 2;
constexpr int kCannotRunHere = 3;

// Settles which platform Qt will use.
int findDisplay() {
  const auto platform = pinwheel::views::choosePlatform();
  if (!platform) {
    std::cerr << "pinwheel: " << platform.error().text() << '\n';
    return kCannotRunHere;
  }
  qputenv("QT_QPA_PLATFORM", *platform);
  return 0;
}

// `attach`: a training elsewhere, in place of a file.
int runWindow(int argc, char** argv, const std::string& file,
              const std::optional<pinwheel::guests::AttachRequest>& attach) {
  using namespace pinwheel;
  if (attach)
    if (const auto options = guests::remoteOptions(*attach); !options) {
      std::cerr << "pinwheel: " << options.error().text() << '\n';
      return kWrongUsage;
    }
  if (const int code = findDisplay(); code != 0) return code;
  views::prepareGraphics();
  QApplication application(argc, argv);
  QApplication::setOrganizationName("Pinwheel");
  QApplication::setApplicationName("Pinwheel");
  QApplication::setApplicationVersion(PINWHEEL_VERSION);
  QApplication::setStyle(QStyleFactory::create("Fusion"));

  views::WindowOptions options;
  if (const auto resources = training::resourcesFolder())
    options.demoCheckpoint = QString::fromStdString((*resources / "demo" / "demo.safetensors").string());
  options.runsFolder =
      QDir(QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation)).filePath("Pinwheel runs");

  // The engine's thread only knocks; frames are taken on this one.
  QObject relay;
  views::Scene* scene = nullptr;
  session::Session engine([&relay, &scene] {
    QMetaObject::invokeMethod(
        &relay,
        [&scene] {
          if (scene != nullptr) scene->pump();
        },
        Qt::QueuedConnection);
  });
  views::MainWindow window(engine, options);
  scene = &window.scene();
  window.show();
  QTimer::singleShot(0, &window, [&window, &file, &attach] {
    if (attach)
      window.start(*attach);
    else
      window.start(QString::fromStdString(file));
  });
  const int code = QApplication::exec();
  scene = nullptr;
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  pinwheel::restartWithFastBlas(argv);
  pinwheel::tuneMalloc();
  CLI::App app{"Pinwheel: a visual cortex that grows before your eyes", "pinwheel"};
  app.set_version_flag("--version", "pinwheel " PINWHEEL_VERSION);
  std::string file;
  CLI::Option* opened = app.add_option("file", file, "A checkpoint (.safetensors), a saved session (.json) or a recording (.pwrec) to open");
  pinwheel::guests::AttachRequest attach;
  CLI::Option* attaching =
      app.add_option("--attach", attach.where,
                     "Attach to a running training (pinwheel-cli train --serve): the folder of its run, or an address, "
                     "ipc://PATH or tcp://HOST:PORT")
          ->excludes(opened);
  CLI::Option* ownKey =
      app.add_option("--keys", attach.keyFile, "With --attach: your own key, NAME.key")->needs(attaching);
  CLI::Option* serverKey =
      app.add_option("--server-key", attach.serverKeyFile, "With --keys: the training's public key, server.pub")
          ->needs(ownKey);
  ownKey->needs(serverKey);
  app.add_flag("--watch-only", attach.watchOnly, "With --attach: send no commands; a watcher's key is enough")
      ->needs(attaching);
  bool checkDisplay = false;
  app.add_flag("--check-display", checkDisplay, "Open no window; exit code 0 where there is a display for one, else 3");
  pinwheel::desktop::ExportRequest request;
  CLI::App* exporting = app.add_subcommand("export", "Draw a figure of a checkpoint; needs no display");
  exporting->add_option("checkpoint", request.checkpoint, "A checkpoint, or a saved session with its lesion")
      ->required();
  exporting->add_option("--figure", request.figure, "Which figure: " + pinwheel::desktop::figureList())->required();
  exporting->add_option("--out", request.out, "FILE.svg, FILE.pdf or FILE.png; numbers go beside it")->required();
  exporting->add_option("--width", request.widthMm, "Width in mm, usually 85 (one column) or 180 (two)")
      ->check(CLI::Range(30.0, 1000.0))
      ->capture_default_str();
  exporting->add_option("--dpi", request.dpi, "Resolution of a PNG")
      ->check(CLI::Range(72, 1200))
      ->capture_default_str();
  exporting->add_option("--sheet", request.sheet, "Layer or area for figures of one sheet, e.g. V1");
  exporting->add_option("--quantity", request.quantity,
                        "What colours show: for the figures map and cortex " + pinwheel::desktop::quantityList() +
                            " or a category, e.g. faces; for map also spikes; for maps a category; for lesion a map");
  exporting->add_option("--units", request.units,
                        "Units for the figure tuning: SHEET:N[,N...], e.g. V1:0,7; a saved session has its own");
  CLI::Option* smoothed = exporting->add_flag_callback(
      "--smoothed", [&request] { request.smoothed = true; }, "Colours averaged over neighbours on the sheet");
  exporting
      ->add_flag_callback(
          "--plain", [&request] { request.smoothed = false; }, "Every unit in its own colour")
      ->excludes(smoothed);
  exporting->add_option("--threads", request.threads, "Threads to compute with, 0: all")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  pinwheel::desktop::ReplayRequest film;
  CLI::App* replaying =
      app.add_subcommand("replay", "Draw a recording step by step, as pictures or as a video; needs no display");
  pinwheel::desktop::addReplayOptions(*replaying, film);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : kWrongUsage;
  }
  if (exporting->parsed()) return pinwheel::desktop::exportFigure(argc, argv, request);
  if (replaying->parsed()) return pinwheel::desktop::replay(argc, argv, film);
  return checkDisplay ? findDisplay()
                      : runWindow(argc, argv, file, attaching->count() > 0 ? std::optional(attach) : std::nullopt);
}
