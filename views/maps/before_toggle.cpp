#include "views/maps/before_toggle.h"

#include <QCoreApplication>
#include <QSignalBlocker>

#include "views/maps/toggle_button.h"
#include "views/scene.h"
#include "views/selection.h"

namespace pinwheel::views {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("BeforeToggle", text);
}

}  // namespace

QToolButton* makeBeforeToggle(Scene& scene, Selection& selection, QWidget* parent) {
  auto* button = new ToggleButton(parent);
  button->setObjectName(QStringLiteral("mapBefore"));
  button->setText(tr("Before the lesion"));
  button->setAccessibleName(button->text());
  button->setToolTip(tr("Shows the maps as they were without the lesion, here and in the cortex"));
  button->setCheckable(true);
  const auto follow = [&scene, &selection, button] {
    const QSignalBlocker quiet(button);
    button->setChecked(selection.field().before);
    // Pressed it can be released, whatever became of the lesion.
    button->setEnabled(button->isChecked() || !scene.lesion().parts.empty());
  };
  QObject::connect(&selection, &Selection::fieldChanged, button, follow);
  QObject::connect(&scene, &Scene::lesionChanged, button, follow);
  QObject::connect(&scene, &Scene::networkChanged, button, follow);
  QObject::connect(button, &QToolButton::toggled, &selection, [&selection](bool on) {
    FieldChoice choice = selection.field();
    choice.before = on;
    selection.setField(choice);
  });
  follow();
  return button;
}

}  // namespace pinwheel::views
