#include "views/vtk/display.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <QDir>
#include <QFile>
#include <QLibraryInfo>
#include <QStringList>
#include <algorithm>
#include <cstring>

// Behind all others: its macros (Status, None, Bool) are ordinary names there.
#include <X11/Xlib.h>

namespace pinwheel::views {
namespace {

QString waylandSocket() {
  const QString name = qEnvironmentVariable("WAYLAND_DISPLAY");
  return name.isEmpty() ? QString() : QDir(qEnvironmentVariable("XDG_RUNTIME_DIR")).absoluteFilePath(name);
}

// It is a package of its own in most distributions.
bool qtKnowsWayland() {
  QStringList folders = qEnvironmentVariable("QT_PLUGIN_PATH").split(QDir::listSeparator(), Qt::SkipEmptyParts);
  folders << QLibraryInfo::path(QLibraryInfo::PluginsPath);
  return std::any_of(folders.begin(), folders.end(), [](const QString& folder) {
    return !QDir(folder + "/platforms").entryList({"libqwayland*"}, QDir::Files).isEmpty();
  });
}

// Why Qt cannot start with this platform; empty where it can.
std::string hindrance(const QByteArray& platform) {
  if (platform == "xcb") {
    const QByteArray display = qgetenv("DISPLAY");
    if (display.isEmpty()) return "DISPLAY is not set";
    return xServerAnswers(display) ? "" : "no X server answers at DISPLAY=" + display.toStdString();
  }
  if (platform.startsWith("wayland")) {
    const QString socket = waylandSocket();
    if (socket.isEmpty()) return "WAYLAND_DISPLAY is not set";
    if (!someoneListensAt(socket)) return "no Wayland compositor listens at " + socket.toStdString();
    return qtKnowsWayland() ? "" : "Wayland is there, but Qt's platform for it is not installed (qt6-wayland)";
  }
  return {};
}

}  // namespace

bool xServerAnswers(const QByteArray& display) {
  // Without a name XOpenDisplay would take the environment's.
  if (display.isEmpty()) return false;
  ::Display* opened = XOpenDisplay(display.constData());
  if (opened == nullptr) return false;
  XCloseDisplay(opened);
  return true;
}

bool someoneListensAt(const QString& socket) {
  const QByteArray path = QFile::encodeName(socket);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.isEmpty() || static_cast<std::size_t>(path.size()) >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.constData(), static_cast<std::size_t>(path.size()));
  const int end = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (end < 0) return false;
  const bool listens = ::connect(end, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(end);
  return listens;
}

Expected<QByteArray> choosePlatform() {
  const QByteArray asked = qgetenv("QT_QPA_PLATFORM");
  // As Qt reads it: one after the other until one works, each with its options behind a colon.
  const QByteArray candidates = asked.isEmpty() ? QByteArray("xcb;wayland") : asked;
  std::string why;
  for (const QByteArray& candidate : candidates.split(';')) {
    const std::string found = hindrance(candidate.split(':').front());
    if (found.empty()) return asked.isEmpty() ? candidate : asked;
    why += (why.empty() ? "" : "; ") + found;
  }
  return failure("there is no display to open a window on", why,
                 "log in to a desktop, use ssh -X, or run it as: xvfb-run -a pinwheel\n"
                 "        Without a window: pinwheel export CHECKPOINT --figure NAME --out FILE, or pinwheel-cli");
}

}  // namespace pinwheel::views
