// The first thing that a user sees: five doors.
#pragma once

#include <QStringList>
#include <QWidget>

class QListWidget;
class QToolButton;

namespace pinwheel::views {

class CommandRegistry;

class WelcomePage final : public QWidget {
  Q_OBJECT

public:
  /// Doors are the commands "file.demo", "file.grow", "file.open" and "file.attach" of `registry`, and recent files.
  WelcomePage(CommandRegistry& registry, QWidget* parent = nullptr);
  void setRecent(const QStringList& files);

Q_SIGNALS:
  void fileChosen(const QString& path);  ///< a recent file

private:
  QListWidget* m_recent;
};

}  // namespace pinwheel::views
