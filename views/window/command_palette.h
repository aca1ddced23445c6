// Ctrl+K: type a few letters of a command, Enter runs it.
#pragma once

#include <QDialog>

class QLineEdit;
class QListWidget;

namespace pinwheel::views {

class CommandRegistry;

/// Letters of `query` found in `text` in order, regardless of case: lower is better, -1 no match. Letters at the
/// beginning of words and in a row count for more.
[[nodiscard]] int matchCommand(const QString& query, const QString& text);

class CommandPalette final : public QDialog {
  Q_OBJECT

public:
  /// Lists the commands of `registry`, which must outlive it.
  CommandPalette(CommandRegistry& registry, QWidget* parent);

protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

private:
  void filter(const QString& query);
  void runCurrent();

  CommandRegistry& m_registry;
  QLineEdit* m_query;
  QListWidget* m_list;
};

}  // namespace pinwheel::views
