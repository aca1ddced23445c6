#include "views/window/training_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include "engine/data/dataset.h"
#include "engine/training/config.h"
#include "views/panels/panel_parts.h"
#include "views/window/folders.h"

namespace pinwheel::views {

TrainingDialog::TrainingDialog(const QString& runsFolder, QWidget* parent)
    : QDialog(parent),
      m_runsFolder(runsFolder),
      m_recipe(new QComboBox(this)),
      m_summary(new QLabel(this)),
      m_data(new QComboBox(this)),
      m_epochs(new QSpinBox(this)),
      m_seed(new QSpinBox(this)),
      m_folder(new QLineEdit(this)),
      m_hint(new QLabel(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel, this)) {
  setObjectName("trainingDialog");
  setWindowTitle(tr("Watch a cortex grow"));
  named(m_recipe, "trainingDialog.recipe", tr("Recipe"));
  named(m_data, "trainingDialog.data", tr("Images"));
  named(m_epochs, "trainingDialog.epochs", tr("Epochs"));
  named(m_seed, "trainingDialog.seed", tr("Seed"));
  named(m_folder, "trainingDialog.folder", tr("Folder of the run"));
  m_summary->setWordWrap(true);
  m_summary->setForegroundRole(QPalette::PlaceholderText);
  m_hint->setWordWrap(true);
  m_data->setEditable(true);
  m_data->addItem("builtin");
  m_data->setToolTip(tr("builtin needs no download; others are cifar10:FOLDER, cifar100:FOLDER, folder:FOLDER"));
  m_epochs->setRange(1, 100000);
  m_seed->setRange(0, 1000000);
  m_seed->setValue(1);
  if (const auto recipes = training::listRecipes())
    for (const training::Recipe& recipe : *recipes)
      m_recipe->addItem(QString::fromStdString(recipe.name), QString::fromStdString(recipe.summary));
  if (const int demo = m_recipe->findText("demo"); demo >= 0) m_recipe->setCurrentIndex(demo);

  auto* browse = new QToolButton(this);
  browse->setText(tr("..."));
  named(browse, "trainingDialog.browse", tr("Choose the folder of the run"));
  connect(browse, &QToolButton::clicked, this, [this] {
    const QString chosen =
        QFileDialog::getExistingDirectory(this, tr("Folder of the run"), existingFolder(m_runsFolder));
    if (!chosen.isEmpty()) m_folder->setText(chosen);
  });
  auto* folderRow = new QHBoxLayout;
  folderRow->addWidget(m_folder, 1);
  folderRow->addWidget(browse);
  auto* form = new QFormLayout;
  form->addRow(tr("&Recipe"), m_recipe);
  form->addRow(QString(), m_summary);
  form->addRow(tr("&Images"), m_data);
  form->addRow(tr("&Epochs"), m_epochs);
  form->addRow(tr("&Seed"), m_seed);
  form->addRow(tr("&Folder"), folderRow);
  m_buttons->button(QDialogButtonBox::Ok)->setText(tr("Train"));
  m_buttons->button(QDialogButtonBox::Ok)->setObjectName(objectName() + ".train");
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(form);
  layout->addWidget(m_hint);
  layout->addWidget(m_buttons);
  connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
  connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_recipe, &QComboBox::currentIndexChanged, this, &TrainingDialog::recipeChosen);
  connect(m_folder, &QLineEdit::textChanged, this, &TrainingDialog::check);
  connect(m_data, &QComboBox::editTextChanged, this, &TrainingDialog::check);
  recipeChosen();
  resize(560, sizeHint().height());
}

void TrainingDialog::recipeChosen() {
  m_summary->setText(m_recipe->currentData().toString());
  training::TrainConfig config;
  OptionTable options = training::describe(config);
  if (training::applyRecipe(m_recipe->currentText().toStdString(), options)) {
    m_epochs->setValue(static_cast<int>(config.training.epochs));
    m_data->setEditText(QString::fromStdString(config.data.source));
  }
  m_folder->setText(unusedFolder(m_runsFolder, m_recipe->currentText()));
}

void TrainingDialog::check() {
  QString problem;
  const QDir folder(m_folder->text());
  m_resume = !m_folder->text().isEmpty() && folder.exists("config.toml");
  if (m_recipe->count() == 0)
    problem = tr("No recipe was found; the program is not installed whole");
  else if (const Status status = data::checkSpec(m_data->currentText().toStdString()); !status)
    problem =
        QString::fromStdString(status.error().what + (status.error().hint.empty() ? "" : ": " + status.error().hint));
  else if (m_folder->text().isEmpty())
    problem = tr("Choose a folder for the run");
  m_hint->setText(!problem.isEmpty() ? problem
                  : m_resume ? tr("This folder holds a run: it goes on from its last checkpoint, with its own settings")
                             : QString());
  for (QWidget* widget :
       {static_cast<QWidget*>(m_epochs), static_cast<QWidget*>(m_seed), static_cast<QWidget*>(m_recipe)})
    widget->setEnabled(!m_resume);
  m_buttons->button(QDialogButtonBox::Ok)->setEnabled(problem.isEmpty());
}

session::StartTraining TrainingDialog::command() const {
  session::StartTraining command;
  command.recipe = m_recipe->currentText().toStdString();
  command.data = m_data->currentText().toStdString();
  command.out = m_folder->text().toStdString();
  command.resume = m_resume;
  if (!m_resume)
    command.settings = {"training.epochs=" + std::to_string(m_epochs->value()),
                        "training.seed=" + std::to_string(m_seed->value())};
  return command;
}

}  // namespace pinwheel::views
