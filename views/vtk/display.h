// Whether there is a display to open a window on. Qt ends the program where there is none, so it is asked before.
#pragma once

#include <QByteArray>
#include <QString>

#include "engine/core/error.h"

namespace pinwheel::views {

/// Main thread, before prepareGraphics() and QApplication. The value of QT_QPA_PLATFORM to start with: the
/// environment's where one of the platforms that it names can work (offscreen, vnc and the like need no display); else
/// "xcb" where an X server answers at DISPLAY, or "wayland" where only a compositor does and Qt has that platform.
/// Waits as long as Qt itself would for an X server that is slow to answer. Error: what of the environment leads
/// nowhere, and how to get a display.
[[nodiscard]] Expected<QByteArray> choosePlatform();

/// An X server lets this program in at `display`, as DISPLAY names it.
[[nodiscard]] bool xServerAnswers(const QByteArray& display);
/// Somebody listens at this Unix socket.
[[nodiscard]] bool someoneListensAt(const QString& socket);

}  // namespace pinwheel::views
