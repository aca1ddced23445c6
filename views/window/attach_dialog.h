// Which training elsewhere to attach to: a run of this machine or an address, with keys, to steer it or to watch.
#pragma once

#include <QDialog>
#include <functional>

#include "engine/guests/attach_request.h"

class QCheckBox;
class QDialogButtonBox;
class QLabel;
class QLineEdit;
class QRadioButton;

namespace pinwheel::views {

class AttachDialog final : public QDialog {
  Q_OBJECT

public:
  /// `runsFolder`: where runs are looked for first.
  AttachDialog(const QString& runsFolder, QWidget* parent);
  /// What it shows; what is no address is a folder.
  void setRequest(const guests::AttachRequest& request);
  [[nodiscard]] guests::AttachRequest request() const;

private:
  void build();
  [[nodiscard]] QWidget* withBrowse(QLineEdit* edit, const char* name, const QString& accessible,
                                    const std::function<QString()>& choose);
  void check();

  QString m_runsFolder;
  QRadioButton* m_here;
  QRadioButton* m_elsewhere;
  QLineEdit* m_folder;
  QLineEdit* m_address;
  QLineEdit* m_key;
  QLineEdit* m_serverKey;
  QCheckBox* m_watchOnly;
  QLabel* m_hint;
  QDialogButtonBox* m_buttons;
};

}  // namespace pinwheel::views
