// The page of an evaluation on paper. No LibTorch.
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/protocol/page.h"

namespace pinwheel::protocol {

/// The same as writeHtml on A4: charts as vectors, texts as text, sections in the outline, provenance in the document's
/// metadata (Subject). No chart, picture or line of text is cut by the end of a page; a table repeats its heads on the
/// next one. Atomic. Errors as writeHtml.
Status writePdf(const std::filesystem::path& file, const Page& page, const std::filesystem::path& folder);

}  // namespace pinwheel::protocol
