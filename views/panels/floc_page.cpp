#include "views/panels/floc_page.h"

#include <QComboBox>
#include <QFileDialog>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <algorithm>

#include "views/panels/panel_parts.h"

namespace pinwheel::views {

FlocPage::FlocPage(QWidget* parent) : QWidget(parent), m_lister([this](Listed listed) { take(std::move(listed)); }) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  m_open = named(new QPushButton(tr("Open localiser...")), "flocOpen", tr("Open the folder of a functional localiser"));
  m_category = named(new QComboBox, "flocCategory", tr("Category of the localiser"));
  m_exemplar = named(new QSpinBox, "flocExemplar", tr("Number of the image in its category, from 1"));
  m_exemplar->setPrefix(tr("image "));
  m_exemplar->setRange(1, 1);
  m_category->setEnabled(false);
  m_exemplar->setEnabled(false);
  m_told = readableLabel("flocFile", tr("Image of the localiser that is shown"));
  m_told->setText(tr("Open a folder with one folder of images per category: adult, body, house, ..."));
  grid->addWidget(m_open, 0, 0, 1, 2);
  grid->addWidget(m_category, 1, 0);
  grid->addWidget(m_exemplar, 1, 1);
  grid->addWidget(m_told, 2, 0, 1, 2);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
  connect(m_open, &QPushButton::clicked, this, &FlocPage::askForFolder);
  connect(m_category, &QComboBox::currentIndexChanged, this, [this] {
    turnToCategory();
    choose();
  });
  connect(m_exemplar, &QSpinBox::valueChanged, this, &FlocPage::choose);
}

std::filesystem::path FlocPage::file() const {
  const int category = m_category->currentIndex();
  if (category < 0) return {};
  return m_categories[static_cast<std::size_t>(category)].files[static_cast<std::size_t>(m_exemplar->value() - 1)];
}

void FlocPage::setFolder(const QString& folder) {
  m_folder = folder;
}

void FlocPage::next() {
  m_exemplar->setValue(m_exemplar->value() < m_exemplar->maximum() ? m_exemplar->value() + 1 : m_exemplar->minimum());
}

void FlocPage::turnedTo() {
  if (m_categories.empty() && !m_folder.isEmpty() && !m_lister.busy()) open(m_folder);
}

void FlocPage::open(const QString& folder) {
  m_told->setText(tr("Reading the folder..."));
  m_told->setToolTip(folder);
  m_lister.request([folder] { return Listed{folder, data::listFloc(folder.toStdString())}; });
}

void FlocPage::take(Listed listed) {
  if (!listed.listing) {
    const Error& error = listed.listing.error();
    m_told->setText(QString::fromStdString(error.what + "\n" + error.why + "\n" + error.hint));
    m_told->setToolTip(listed.folder);
    return;
  }
  m_folder = listed.folder;
  m_categories = std::move(listed.listing->categories);
  std::erase_if(m_categories, [](const data::FlocCategory& category) { return category.files.empty(); });
  {
    const QSignalBlocker quiet(m_category);
    m_category->clear();
    for (const data::FlocCategory& category : m_categories) m_category->addItem(QString::fromStdString(category.name));
  }
  turnToCategory();
  m_category->setEnabled(true);
  m_exemplar->setEnabled(true);
  Q_EMIT opened(m_folder);
  choose();
}

void FlocPage::turnToCategory() {
  const auto& files = m_categories[static_cast<std::size_t>(m_category->currentIndex())].files;
  // One change, told once.
  const QSignalBlocker quiet(m_exemplar);
  m_exemplar->setRange(1, static_cast<int>(files.size()));
  m_exemplar->setSuffix(tr(" of %1").arg(files.size()));
}

void FlocPage::choose() {
  const std::filesystem::path image = file();
  m_told->setText(QString::fromStdString(image.filename().string()));
  m_told->setToolTip(QString::fromStdString(image.string()));
  Q_EMIT chosen();
}

void FlocPage::askForFolder() {
  const QString folder = QFileDialog::getExistingDirectory(
      this, tr("Open a functional localiser: one folder of images per category"), m_folder);
  if (!folder.isEmpty()) open(folder);
}

}  // namespace pinwheel::views
