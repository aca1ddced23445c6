// Texts in documents that are written by hand.
#pragma once

#include <string>
#include <string_view>

namespace pinwheel::figures {

/// A text as it stands in an XML document, between tags or in a quoted attribute. Control characters, which XML does
/// not have, become spaces.
[[nodiscard]] std::string xmlText(std::string_view text);

}  // namespace pinwheel::figures
