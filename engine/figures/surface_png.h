// A cairo surface as a PNG file with its provenance inside.
#pragma once

#include <filesystem>
#include <string>

#include "engine/core/error.h"
#include "engine/figures/cairo_text.h"

namespace pinwheel::figures {

/// `provenance` goes into a tEXt chunk "Description" behind the header (PNG specification, section 11.3.4.3); empty:
/// none. Error: a surface that cairo cannot write, a file that cannot be written.
Status writeSurfacePng(const std::filesystem::path& path, cairo_surface_t* surface, const std::string& provenance);

}  // namespace pinwheel::figures
