#include "views/window/welcome_page.h"

#include <QDir>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QVBoxLayout>

#include "views/window/command_registry.h"

namespace pinwheel::views {
namespace {

QWidget* door(QAction* action, const QString& explanation, QWidget* parent) {
  auto* box = new QWidget(parent);
  auto* layout = new QVBoxLayout(box);
  layout->setContentsMargins(0, 0, 0, 10);
  layout->setSpacing(2);
  auto* button = new QPushButton(action->text(), box);
  button->setObjectName("welcome." + action->objectName());
  button->setAccessibleName(action->text().remove('&'));
  button->setAccessibleDescription(explanation);
  QFont font = button->font();
  font.setPointSizeF(font.pointSizeF() * 1.25);
  button->setFont(font);
  button->setMinimumHeight(40);
  QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
  auto* label = new QLabel(explanation, box);
  label->setWordWrap(true);
  label->setAlignment(Qt::AlignLeft | Qt::AlignTop);
  // Layouts do not ask how high a text gets in a narrow window: it would lie upon its button.
  label->setMinimumHeight(2 * label->fontMetrics().lineSpacing());
  label->setForegroundRole(QPalette::PlaceholderText);
  layout->addWidget(button);
  layout->addWidget(label);
  return box;
}

}  // namespace

WelcomePage::WelcomePage(CommandRegistry& registry, QWidget* parent)
    : QWidget(parent), m_recent(new QListWidget(this)) {
  setObjectName("welcome");
  auto* title = new QLabel(tr("Pinwheel"), this);
  QFont large = title->font();
  large.setPointSizeF(large.pointSizeF() * 2.4);
  large.setBold(true);
  title->setFont(large);
  auto* subtitle = new QLabel(tr("A visual cortex grows before your eyes"), this);
  subtitle->setForegroundRole(QPalette::PlaceholderText);

  auto* doors = new QVBoxLayout;
  doors->addWidget(door(registry.action("file.demo"),
                        tr("A trained network is ready: V1 with pinwheels, IT with category patches"), this));
  doors->addWidget(
      door(registry.action("file.grow"), tr("Train a small network and see its maps form, a few minutes"), this));
  doors->addWidget(
      door(registry.action("file.open"), tr("A .safetensors file of any run; you can also drop it here"), this));
  doors->addWidget(door(registry.action("file.attach"),
                        tr("Watch and steer a training of another program; it goes on when you leave"), this));
  doors->addStretch();

  auto* recentTitle = new QLabel(tr("&Recent"), this);
  QFont bold = recentTitle->font();
  bold.setBold(true);
  recentTitle->setFont(bold);
  recentTitle->setBuddy(m_recent);
  m_recent->setObjectName("welcome.recent");
  m_recent->setAccessibleName(tr("Recent checkpoints"));
  const auto choose = [this](const QListWidgetItem* item) {
    const QString path = item->data(Qt::UserRole).toString();
    if (!path.isEmpty()) Q_EMIT fileChosen(path);
  };
  connect(m_recent, &QListWidget::itemActivated, this, choose);
  auto* recent = new QVBoxLayout;
  recent->addWidget(recentTitle);
  recent->addWidget(m_recent, 1);

  auto* columns = new QHBoxLayout;
  columns->setSpacing(32);
  columns->addLayout(doors, 1);
  columns->addLayout(recent, 1);
  auto* inner = new QWidget(this);
  inner->setMaximumWidth(900);
  auto* column = new QVBoxLayout(inner);
  column->addWidget(title);
  column->addWidget(subtitle);
  column->addSpacing(20);
  column->addLayout(columns, 1);
  auto* outer = new QHBoxLayout(this);
  outer->setContentsMargins(32, 32, 32, 32);
  outer->addStretch(1);
  outer->addWidget(inner, 8);
  outer->addStretch(1);
  setRecent({});
}

void WelcomePage::setRecent(const QStringList& files) {
  m_recent->clear();
  for (const QString& path : files) {
    const QFileInfo info(path);
    // Runs all call their checkpoint alike: the folder's name is what tells them apart.
    auto* item = new QListWidgetItem(tr("%1 - %2").arg(info.dir().dirName(), info.fileName()), m_recent);
    item->setData(Qt::UserRole, path);
    item->setToolTip(path);
    if (!info.exists()) item->setFlags(item->flags() & ~Qt::ItemIsEnabled);
  }
  if (!files.isEmpty()) return;
  auto* empty = new QListWidgetItem(tr("Checkpoints that you open stand here"), m_recent);
  empty->setFlags(Qt::NoItemFlags);
}

}  // namespace pinwheel::views
