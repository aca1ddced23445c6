#include "views/window/folders.h"

#include <QDir>
#include <QFileInfo>

namespace pinwheel::views {

QString unusedFolder(const QString& parent, const QString& name) {
  const QDir folder(parent);
  QString candidate = folder.filePath(name);
  for (int n = 2; QDir(candidate).exists() && !QDir(candidate).isEmpty(); ++n)
    candidate = folder.filePath(QString("%1-%2").arg(name).arg(n));
  return candidate;
}

QString existingFolder(const QString& folder) {
  QString path = QDir::cleanPath(QDir(folder).absolutePath());
  while (!QFileInfo(path).isDir() && path != QFileInfo(path).path()) path = QFileInfo(path).path();
  return path;
}

}  // namespace pinwheel::views
