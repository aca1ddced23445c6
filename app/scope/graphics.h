// What all pictures share on the graphics side.
#pragma once

#include <memory>

#include "app/scope/canvas.h"
#include "app/scope/gl_program.h"
#include "app/scope/sheet_texture.h"

namespace pinwheel::scope {

/// Needs the context, also when it is destroyed.
struct Graphics {
  Program raster;
  Program sheet;
  ColourTexture colours;
  Canvas canvas;

  /// Error: the driver does not take the shaders.
  static Expected<std::unique_ptr<Graphics>> make();
};

}  // namespace pinwheel::scope
