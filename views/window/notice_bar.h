// What the engine has to say, above the views and never in their way: what happened, what it means, what to do.
#pragma once

#include <QFrame>

#include "engine/session/frames.h"

class QLabel;
class QToolButton;

namespace pinwheel::views {

class NoticeBar final : public QFrame {
  Q_OBJECT

public:
  explicit NoticeBar(QWidget* parent = nullptr);
  /// The newest is shown; information goes away by itself, warnings and errors stay until they are dismissed or
  /// replaced by another. Information never replaces an error.
  void show(const session::Notice& notice);
  [[nodiscard]] QString details() const { return m_details; }

public Q_SLOTS:
  void dismiss();
  void copyDetails();

private:
  QLabel* m_icon;
  QLabel* m_text;
  QToolButton* m_copy;
  QString m_details;
  session::Notice::Kind m_kind = session::Notice::Kind::information;
  int m_shown = 0;
};

}  // namespace pinwheel::views
