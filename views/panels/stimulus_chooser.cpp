#include "views/panels/stimulus_chooser.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QStackedWidget>
#include <algorithm>

#include "views/panels/floc_page.h"
#include "views/panels/panel_parts.h"

namespace pinwheel::views {

using Kind = session::Stimulus::Kind;

namespace {

constexpr int kTurnDeg = 15;

}  // namespace

const QStringList& worldCategories() {
  static const QStringList names{QStringLiteral("adult"),     QStringLiteral("child"),    QStringLiteral("body"),
                                 QStringLiteral("limb"),      QStringLiteral("word"),     QStringLiteral("number"),
                                 QStringLiteral("house"),     QStringLiteral("corridor"), QStringLiteral("car"),
                                 QStringLiteral("instrument")};
  return names;
}

StimulusChooser::StimulusChooser(QWidget* parent) : QWidget(parent) {
  m_kind = named(new QComboBox, "stimulusKind", tr("Kind of stimulus"));
  m_kind->addItem(tr("Category image"), static_cast<int>(Kind::category));
  m_kind->addItem(tr("Grating"), static_cast<int>(Kind::grating));
  m_kind->addItem(tr("Image file"), static_cast<int>(Kind::file));
  // To the engine it is a file like another.
  m_kind->addItem(tr("Localiser image (fLoc)"), static_cast<int>(Kind::file));
  m_pages = new QStackedWidget;
  m_pages->addWidget(buildCategory());
  m_pages->addWidget(buildGrating());
  m_pages->addWidget(buildFile());
  m_floc = new FlocPage;
  m_pages->addWidget(m_floc);
  turnTo(0);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(m_kind);
  column->addWidget(m_pages);
  connect(m_kind, &QComboBox::currentIndexChanged, this, [this](int page) {
    turnTo(page);
    if (showsFloc()) m_floc->turnedTo();
    changed();
  });
  connect(m_floc, &FlocPage::chosen, this, [this] {
    // A folder may have been read after something else was turned to.
    if (showsFloc()) changed();
  });
  connect(m_floc, &FlocPage::opened, this, &StimulusChooser::flocOpened);
  setImageSide(32);
}

// A page takes the room that it needs itself, not that of the highest.
void StimulusChooser::turnTo(int page) {
  for (int i = 0; i < m_pages->count(); ++i)
    m_pages->widget(i)->setSizePolicy(QSizePolicy::Preferred,
                                      i == page ? QSizePolicy::Preferred : QSizePolicy::Ignored);
  m_pages->setCurrentIndex(page);
}

bool StimulusChooser::showsFloc() const {
  return m_pages->currentWidget() == m_floc;
}

QWidget* StimulusChooser::buildCategory() {
  auto* page = new QWidget;
  auto* grid = new QGridLayout(page);
  grid->setContentsMargins(0, 0, 0, 0);
  m_category = named(new QComboBox, "stimulusCategory", tr("Category of the image"));
  m_category->addItems(worldCategories());
  m_exemplar = named(new QSpinBox, "stimulusExemplar", tr("Number of the image in its category"));
  m_exemplar->setRange(0, 99999);
  m_exemplar->setPrefix(tr("image "));
  grid->addWidget(m_category, 0, 0);
  grid->addWidget(m_exemplar, 0, 1);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
  connect(m_category, &QComboBox::currentIndexChanged, this, &StimulusChooser::changed);
  connect(m_exemplar, &QSpinBox::valueChanged, this, &StimulusChooser::changed);
  return page;
}

QSlider* StimulusChooser::addSlider(QGridLayout* grid, int row, const char* name, const QString& label, int maximum,
                                    int value) {
  QSlider* slider = named(new QSlider(Qt::Horizontal), name, label);
  slider->setRange(0, maximum);
  slider->setValue(value);
  m_values[row] = new QLabel;
  // As wide as the widest text: the sliders do not jump while they move.
  m_values[row]->setMinimumWidth(m_values[row]->fontMetrics().horizontalAdvance(tr("16.0 per image")));
  grid->addWidget(new QLabel(label), row, 0);
  grid->addWidget(slider, row, 1);
  grid->addWidget(m_values[row], row, 2);
  connect(slider, &QSlider::valueChanged, this, &StimulusChooser::changed);
  return slider;
}

QWidget* StimulusChooser::buildGrating() {
  auto* page = new QWidget;
  auto* grid = new QGridLayout(page);
  grid->setContentsMargins(0, 0, 0, 0);
  m_angle = addSlider(grid, 0, "gratingAngle", tr("Orientation"), 179, 45);
  m_frequency = addSlider(grid, 1, "gratingFrequency", tr("Frequency"), 32, 12);
  m_phase = addSlider(grid, 2, "gratingPhase", tr("Phase"), 359, 0);
  m_chromatic = named(new QCheckBox(tr("Red and cyan instead of black and white")), "gratingChromatic",
                      tr("Chromatic grating, red and cyan"));
  grid->addWidget(m_chromatic, 3, 0, 1, 3);
  connect(m_chromatic, &QCheckBox::toggled, this, &StimulusChooser::changed);
  return page;
}

QWidget* StimulusChooser::buildFile() {
  auto* page = new QWidget;
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  m_open = named(new QPushButton(tr("Open image...")), "stimulusOpen", tr("Open an image to show"));
  m_name = readableLabel("stimulusFile", tr("Image that is shown"));
  m_name->setText(tr("Open a PNG or JPEG image, or drop one on this panel"));
  column->addWidget(m_open);
  column->addWidget(m_name);
  connect(m_open, &QPushButton::clicked, this, &StimulusChooser::openFile);
  return page;
}

session::Stimulus StimulusChooser::stimulus() const {
  session::Stimulus stimulus;
  stimulus.kind = static_cast<Kind>(m_kind->currentData().toInt());
  if (stimulus.kind == Kind::category) {
    stimulus.category = m_category->currentIndex();
    stimulus.exemplar = m_exemplar->value();
  } else if (stimulus.kind == Kind::grating) {
    stimulus.angleDeg = m_angle->value();
    stimulus.cyclesPerImage = m_frequency->value() / 2.0;
    stimulus.phaseDeg = m_phase->value();
    stimulus.chromatic = m_chromatic->isChecked();
  } else {
    stimulus.file = showsFloc() ? m_floc->file() : std::filesystem::path(m_file.toStdString());
  }
  return stimulus;
}

void StimulusChooser::setImageSide(int pixels) {
  m_quiet = true;
  m_frequency->setRange(1, std::max(2, pixels));  // half cycles up to the Nyquist frequency
  m_quiet = false;
  describeSliders();
}

void StimulusChooser::setFile(const QString& path) {
  m_quiet = true;
  m_file = path;
  m_name->setText(QFileInfo(path).fileName());
  m_name->setToolTip(path);
  m_kind->setCurrentIndex(m_kind->findData(static_cast<int>(Kind::file)));
  m_quiet = false;
  changed();
}

void StimulusChooser::setFlocFolder(const QString& folder) {
  m_floc->setFolder(folder);
}

void StimulusChooser::changed() {
  describeSliders();
  if (m_quiet) return;
  if (hasStimulus()) Q_EMIT chosen();
}

// The kind "file" alone is no stimulus yet.
bool StimulusChooser::hasStimulus() const {
  const session::Stimulus now = stimulus();
  return now.kind != Kind::file || !now.file.empty();
}

bool StimulusChooser::hasNext() const {
  return hasStimulus() && (showsFloc() || stimulus().kind != Kind::file);
}

void StimulusChooser::next() {
  if (!hasNext()) return;
  if (showsFloc())
    m_floc->next();
  else if (stimulus().kind == Kind::grating)
    m_angle->setValue((m_angle->value() + kTurnDeg) % 180);
  else
    m_exemplar->setValue(m_exemplar->value() < m_exemplar->maximum() ? m_exemplar->value() + 1 : 0);
}

void StimulusChooser::describeSliders() {
  if (!m_chromatic) return;
  const QLocale locale;
  m_values[0]->setText(tr("%1 deg").arg(m_angle->value()));
  m_values[1]->setText(tr("%1 per image").arg(locale.toString(m_frequency->value() / 2.0, 'f', 1)));
  m_values[2]->setText(tr("%1 deg").arg(m_phase->value()));
}

void StimulusChooser::openFile() {
  const QString path = QFileDialog::getOpenFileName(this, tr("Open an image"), QFileInfo(m_file).path(),
                                                    tr("Images (*.png *.jpg *.jpeg)"));
  if (!path.isEmpty()) setFile(path);
}

}  // namespace pinwheel::views
