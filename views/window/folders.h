// Where files and runs are proposed to lie.
#pragma once

#include <QString>

namespace pinwheel::views {

/// A folder under `parent` that does not exist yet, or is empty: "demo", "demo-2", ...
[[nodiscard]] QString unusedFolder(const QString& parent, const QString& name);

/// `folder`, or the nearest above it that exists: a file dialog takes the last part of one that does not for a file
/// name.
[[nodiscard]] QString existingFolder(const QString& folder);

}  // namespace pinwheel::views
