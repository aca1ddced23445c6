#include "views/window/attach_dialog.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/panels/panel_parts.h"
#include "views/window/folders.h"

namespace pinwheel::views {
namespace {

QString pathOf(const QLineEdit* edit) {
  return edit->text().trimmed();
}

}  // namespace

AttachDialog::AttachDialog(const QString& runsFolder, QWidget* parent)
    : QDialog(parent),
      m_runsFolder(runsFolder),
      m_here(new QRadioButton(tr("A run on &this machine"), this)),
      m_elsewhere(new QRadioButton(tr("An a&ddress"), this)),
      m_folder(new QLineEdit(this)),
      m_address(new QLineEdit(this)),
      m_key(new QLineEdit(this)),
      m_serverKey(new QLineEdit(this)),
      m_watchOnly(new QCheckBox(tr("Only &watch"), this)),
      m_hint(new QLabel(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
  setObjectName("attachDialog");
  setWindowTitle(tr("Attach to a running training"));
  build();
  connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_here, &QRadioButton::toggled, this, &AttachDialog::check);
  for (QLineEdit* edit : {m_folder, m_address, m_key, m_serverKey})
    connect(edit, &QLineEdit::textChanged, this, &AttachDialog::check);
  m_here->setChecked(true);
  check();
  resize(620, sizeHint().height());
}

void AttachDialog::build() {
  named(m_here, "attachDialog.here", tr("A run on this machine"));
  named(m_elsewhere, "attachDialog.elsewhere", tr("An address"));
  named(m_folder, "attachDialog.folder", tr("Folder of the run"));
  named(m_address, "attachDialog.address", tr("Address of the training"));
  named(m_key, "attachDialog.key", tr("Your own key"));
  named(m_serverKey, "attachDialog.serverKey", tr("Public key of the training's engine"));
  named(m_watchOnly, "attachDialog.watchOnly", tr("Only watch"));
  named(m_hint, "attachDialog.hint", tr("What is still missing"));
  m_folder->setPlaceholderText(tr("The folder that pinwheel-cli train --serve --out was given"));
  m_address->setPlaceholderText(QStringLiteral("tcp://HOST:PORT, ipc://PATH"));
  m_key->setPlaceholderText(QStringLiteral("NAME.key"));
  m_serverKey->setPlaceholderText(QStringLiteral("server.pub"));
  m_watchOnly->setToolTip(tr("No commands are sent; a watcher's key is enough"));
  m_hint->setWordWrap(true);
  // Room for two lines, so that nothing jumps when a hint comes.
  m_hint->setMinimumHeight(2 * m_hint->fontMetrics().lineSpacing());
  m_hint->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  m_buttons->button(QDialogButtonBox::Ok)->setText(tr("Attach"));
  m_buttons->button(QDialogButtonBox::Ok)->setObjectName(objectName() + ".attach");
  m_buttons->button(QDialogButtonBox::Cancel)->setObjectName(objectName() + ".cancel");

  const auto chooseFile = [this](const QString& title, const QString& filter) {
    return [this, title, filter] { return QFileDialog::getOpenFileName(this, title, QString(), filter); };
  };
  auto* grid = new QGridLayout;
  grid->setColumnStretch(1, 1);
  const auto row = [grid](QWidget* label, QWidget* field) {
    const int at = grid->rowCount();
    grid->addWidget(label, at, 0);
    grid->addWidget(field, at, 1);
  };
  const auto labelled = [this](const QString& text, QLineEdit* buddy) {
    auto* label = new QLabel(text, this);
    label->setBuddy(buddy);
    label->setIndent(20);  // they belong to the address
    return label;
  };
  row(m_here, withBrowse(m_folder, "folderBrowse", tr("Choose the folder of the run"), [this] {
        return QFileDialog::getExistingDirectory(this, tr("Folder of the run"), existingFolder(m_runsFolder));
      }));
  row(m_elsewhere, m_address);
  row(labelled(tr("Your own &key"), m_key),
      withBrowse(m_key, "keyBrowse", tr("Choose your own key"), chooseFile(tr("Your own key"), tr("Keys (*.key)"))));
  row(labelled(tr("Public key of its &engine"), m_serverKey),
      withBrowse(m_serverKey, "serverKeyBrowse", tr("Choose the public key of the engine"),
                 chooseFile(tr("Public key of the engine"), tr("Public keys (*.pub)"))));
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(grid);
  layout->addWidget(m_watchOnly);
  layout->addWidget(m_hint);
  layout->addStretch(1);
  layout->addWidget(m_buttons);
}

QWidget* AttachDialog::withBrowse(QLineEdit* edit, const char* name, const QString& accessible,
                                  const std::function<QString()>& choose) {
  auto* field = new QWidget(this);
  auto* browse = new QToolButton(field);
  browse->setText(tr("..."));
  browse->setObjectName(objectName() + "." + name);
  browse->setAccessibleName(accessible);
  auto* layout = new QHBoxLayout(field);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(edit, 1);
  layout->addWidget(browse);
  connect(browse, &QToolButton::clicked, this, [edit, choose] {
    const QString chosen = choose();
    if (!chosen.isEmpty()) edit->setText(chosen);
  });
  return field;
}

void AttachDialog::setRequest(const guests::AttachRequest& request) {
  const QString where = QString::fromStdString(request.where);
  const bool elsewhere = where.contains("://");
  (elsewhere ? m_elsewhere : m_here)->setChecked(true);
  (elsewhere ? m_address : m_folder)->setText(where);
  m_key->setText(QString::fromStdString(request.keyFile.string()));
  m_serverKey->setText(QString::fromStdString(request.serverKeyFile.string()));
  m_watchOnly->setChecked(request.watchOnly);
  check();
}

guests::AttachRequest AttachDialog::request() const {
  guests::AttachRequest request;
  request.watchOnly = m_watchOnly->isChecked();
  if (m_here->isChecked()) {
    request.where = pathOf(m_folder).toStdString();
    return request;
  }
  request.where = pathOf(m_address).toStdString();
  request.keyFile = pathOf(m_key).toStdString();
  request.serverKeyFile = pathOf(m_serverKey).toStdString();
  return request;
}

void AttachDialog::check() {
  const bool elsewhere = m_elsewhere->isChecked();
  m_folder->parentWidget()->setEnabled(!elsewhere);
  m_address->setEnabled(elsewhere);
  for (QLineEdit* edit : {m_key, m_serverKey}) edit->parentWidget()->setEnabled(elsewhere);
  guests::AttachRequest wanted = request();
  QString problem;
  if (wanted.where.empty()) {
    problem = elsewhere ? tr("Give the address that the trainer printed") : tr("Choose the folder of the run");
  } else if (elsewhere && wanted.where.find("://") == std::string::npos) {
    problem = tr("An address begins with tcp:// or ipc://");
  } else if (const auto options = guests::remoteOptions(wanted); !options) {
    const Error& error = options.error();
    problem = QString::fromStdString(error.what);
    if (!error.why.empty()) problem += tr(": %1").arg(QString::fromStdString(error.why));
    if (!error.hint.empty()) problem += tr("\nWhat to do: %1").arg(QString::fromStdString(error.hint));
  }
  m_hint->setText(problem);
  m_buttons->button(QDialogButtonBox::Ok)->setEnabled(problem.isEmpty());
}

}  // namespace pinwheel::views
