// VTK's warnings and errors, sent where the program's own go.
#pragma once

namespace pinwheel::views {

/// Any number of times, main thread: from then on VTK writes through Qt's logging category "pinwheel.vtk".
void routeVtkMessages();

}  // namespace pinwheel::views
