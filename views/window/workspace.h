// What a user would miss after a crash: the open checkpoint, the lesion, the selection, what is shown, the layout.
#pragma once

#include <QByteArray>
#include <QLockFile>
#include <QString>
#include <QThreadPool>
#include <memory>
#include <optional>

#include "engine/core/error.h"
#include "engine/session/commands.h"
#include "views/field.h"

namespace pinwheel::views {

struct Workspace {
  QString checkpoint;  ///< absolute; empty: none
  session::Lesion lesion;
  std::uint64_t shamSeed = session::SetLesion{}.shamSeed;
  int selectedSheet = -1;
  std::vector<std::int32_t> units;
  int sheet = 0;
  FieldChoice field;
  QByteArray layout;    ///< QMainWindow::saveState
  QByteArray geometry;  ///< QWidget::saveGeometry
  QString camera;
};

/// JSON, at most a few megabytes.
[[nodiscard]] QByteArray toJson(const Workspace& workspace);
/// Hostile until checked: errors name what is wrong; numbers out of range are refused.
[[nodiscard]] Expected<Workspace> workspaceFromJson(const QByteArray& json);

[[nodiscard]] Status saveWorkspace(const QString& path, const Workspace& workspace);
[[nodiscard]] Expected<Workspace> loadWorkspace(const QString& path);

/// The autosave of one running window. Windows that run at once take different files: a window holds its file's lock
/// while it lives, and the kernel knows when it died.
class Autosave {
public:
  /// Takes the first file of `folder` that no living window holds (made when missing). When none can be taken, nothing
  /// is saved and `active()` is false.
  explicit Autosave(const QString& folder);
  /// Waits for the last write.
  ~Autosave();

  [[nodiscard]] bool active() const { return m_lock != nullptr; }
  /// What a window that did not end in order left in this file.
  [[nodiscard]] const std::optional<Workspace>& left() const { return m_left; }
  /// Writes in the background; a newer call overtakes one that still waits.
  void save(const Workspace& workspace);
  /// The window ends in order: nothing is left to offer.
  void finish();

private:
  QString m_path;
  std::unique_ptr<QLockFile> m_lock;
  std::optional<Workspace> m_left;
  QThreadPool m_pool;
};

}  // namespace pinwheel::views
