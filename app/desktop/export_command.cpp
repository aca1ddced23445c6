#include "app/desktop/export_command.h"

#include <QApplication>
#include <QEventLoop>
#include <QFileInfo>
#include <algorithm>
#include <iostream>

#include "engine/session.h"
#include "views/export/figure.h"
#include "views/export/figure_file.h"
#include "views/scene.h"
#include "views/window/workspace.h"

namespace pinwheel::desktop {
namespace {

int told(const Error& error) {
  std::cerr << "pinwheel: " << error.text() << '\n';
  return 1;
}

// Opens what is asked for and waits until the figure's frames are there, or an error.
class Exporter {
public:
  explicit Exporter(const ExportRequest& request)
      : m_request(request),
        m_session(
            [this] {
              QMetaObject::invokeMethod(
                  &m_relay, [this] { m_scene.pump(); }, Qt::QueuedConnection);
            },
            {request.threads, 0}),
        m_scene(m_session) {}

  Status run() {
    views::Workspace workspace;
    workspace.checkpoint = QFileInfo(QString::fromStdString(m_request.checkpoint)).absoluteFilePath();
    const bool saved = workspace.checkpoint.endsWith(".json");
    const bool tuning = m_request.figure == "tuning";
    if (saved) {
      auto stored = views::loadWorkspace(workspace.checkpoint);
      if (!stored) return tl::unexpected(stored.error());
      workspace = std::move(*stored);
    }
    if (tuning && m_request.units.empty() && (workspace.selectedSheet < 0 || workspace.units.empty()))
      return failure("There is no tuning to draw",
                     saved ? "no units were selected when this session was saved" : "a checkpoint selects no units",
                     "name some with --units SHEET:N[,N...], for example --units V1:0,7");
    QObject::connect(&m_scene, &views::Scene::noticed, &m_loop, [this](const session::Notice& notice) {
      if (notice.kind != session::Notice::Kind::error) return;
      m_error = notice.error;
      m_loop.quit();
    });
    const auto leaveWhen = [this](auto ready) {
      if (!ready() && !m_error) {
        m_ready = ready;
        m_loop.exec();
      }
    };
    const auto look = [this] {
      if (m_ready && m_ready()) m_loop.quit();
    };
    QObject::connect(&m_scene, &views::Scene::networkChanged, &m_loop, look);
    QObject::connect(&m_scene, &views::Scene::mapsChanged, &m_loop, look);
    QObject::connect(&m_scene, &views::Scene::tuningChanged, &m_loop, look);
    QObject::connect(&m_scene, &views::Scene::activityChanged, &m_loop, look);
    QObject::connect(&m_scene, &views::Scene::lesionEffectChanged, &m_loop, look);
    m_scene.post(session::OpenCheckpoint{workspace.checkpoint.toStdString()});
    leaveWhen([this] { return m_scene.network() != nullptr; });
    session::AskTuning ask{static_cast<std::size_t>(std::max(0, workspace.selectedSheet)), workspace.units};
    if (!m_error && tuning && !m_request.units.empty()) {
      auto named = views::unitsNamed(QString::fromStdString(m_request.units), *m_scene.network());
      if (!named) return tl::unexpected(named.error());
      ask = std::move(*named);
    }
    leaveWhen([this] { return m_scene.maps() && !m_scene.maps()->preview && m_scene.activity(); });
    // The checkpoint may hold a lesion itself; what acts is what the session says.
    if (!m_error && saved && !(workspace.lesion.parts.empty() && m_scene.lesion().parts.empty())) {
      m_scene.setShamSeed(workspace.shamSeed);
      m_scene.setLesion(workspace.lesion);
      leaveWhen([this] {
        return m_scene.lesionEffect() && m_scene.maps() && m_scene.maps()->stamp.lesion == m_scene.lesion().version;
      });
    }
    // Behind the lesion: the answers are its maps'.
    if (!m_error && tuning) {
      m_scene.post(ask);
      leaveWhen([this] { return m_scene.tuning() != nullptr; });
    }
    views::FigureSpec spec;
    spec.name = QString::fromStdString(m_request.figure);
    spec.widthMm = m_request.widthMm;
    spec.sheet = QString::fromStdString(m_request.sheet);
    spec.quantity = QString::fromStdString(m_request.quantity);
    spec.smoothed = m_request.smoothed;
    if (!m_error && views::showsLossShare(spec, views::FigureData::of(m_scene))) {
      m_scene.post(session::MeasureLossShare{});
      leaveWhen([this] {
        const session::LossShareState state = m_scene.maps()->lossShareState;
        return state != session::LossShareState::notAsked && state != session::LossShareState::underWay;
      });
    }
    if (m_error) return tl::unexpected(*m_error);
    const auto figure = views::makeFigure(spec, views::FigureData::of(m_scene));
    if (!figure) return tl::unexpected(figure.error());
    return views::saveFigure(*figure, QString::fromStdString(m_request.out), m_request.dpi);
  }

private:
  const ExportRequest& m_request;
  QObject m_relay;
  QEventLoop m_loop;
  session::Session m_session;
  views::Scene m_scene;
  std::function<bool()> m_ready;
  std::optional<Error> m_error;
};

}  // namespace

std::string figureList() {
  return views::figureNames().join(", ").toStdString();
}

std::string quantityList() {
  return views::quantityNames().join(", ").toStdString();
}

int exportFigure(int argc, char** argv, const ExportRequest& request) {
  if (!views::figureNames().contains(QString::fromStdString(request.figure))) {
    std::cerr << "pinwheel: there is no figure \"" << request.figure << "\"; there are " << figureList() << '\n';
    return 2;
  }
  if (!views::figureSuffixes().contains(QFileInfo(QString::fromStdString(request.out)).suffix().toLower())) {
    std::cerr << "pinwheel: --out must end in .svg, .pdf or .png\n";
    return 2;
  }
  // Figures are drawn by QPainter alone: no display, whatever the environment says of one.
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  const Status status = Exporter(request).run();
  if (!status) return told(status.error());
  std::cout << "Written: " << request.out << '\n';
  return 0;
}

}  // namespace pinwheel::desktop
