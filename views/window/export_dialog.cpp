#include "views/window/export_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "views/export/figure_file.h"
#include "views/scene.h"
#include "views/selection.h"

namespace pinwheel::views {

ExportDialog::ExportDialog(const Scene& scene, const Selection& selection, const QString& folder, QWidget* parent)
    : QDialog(parent),
      m_data(FigureData::of(scene)),
      m_folder(folder),
      m_figure(new QComboBox(this)),
      m_sheet(new QComboBox(this)),
      m_quantity(new QComboBox(this)),
      m_width(new QComboBox(this)),
      m_dpi(new QComboBox(this)),
      m_preview(new QLabel(this)),
      m_problem(new QLabel(this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Close, this)) {
  setObjectName("exportDialog");
  setWindowTitle(tr("Export figure"));
  const auto named = [this](QWidget* widget, const char* name, const QString& accessible) {
    widget->setObjectName(objectName() + "." + name);
    widget->setAccessibleName(accessible);
  };
  named(m_figure, "figure", tr("Figure"));
  named(m_sheet, "sheet", tr("Sheet"));
  m_quantity->setObjectName("exportQuantity");
  m_quantity->setAccessibleName(tr("Quantity that colours show"));
  m_quantity->setToolTip(tr("What the cortex is coloured by, and the categories that the maps show"));
  named(m_width, "width", tr("Width"));
  named(m_dpi, "dpi", tr("Resolution of a PNG"));
  named(m_preview, "preview", tr("Preview"));
  for (const QString& name : figureNames()) m_figure->addItem(figureDescription(name), name);
  m_sheet->addItem(tr("The usual one"), QString());
  if (m_data.network)
    for (const auto& sheet : m_data.network->sheets)
      m_sheet->addItem(QString::fromStdString(sheet.spec.area + " - " + sheet.spec.layer),
                       QString::fromStdString(sheet.spec.layer));
  if (selection.sheet() + 1 < m_sheet->count()) m_sheet->setToolTip(tr("For figures of one sheet"));
  if (m_data.network) m_wantedQuantity = quantityName(selection.field(), *m_data.network);
  offerQuantities();
  m_width->addItem(tr("180 mm, two columns"), 180.0);
  m_width->addItem(tr("85 mm, one column"), 85.0);
  m_dpi->addItem(tr("300 dpi"), 300);
  m_dpi->addItem(tr("600 dpi"), 600);
  m_problem->setObjectName(objectName() + ".problem");
  m_problem->setWordWrap(true);

  auto* form = new QFormLayout;
  form->addRow(tr("&Figure"), m_figure);
  form->addRow(tr("&Sheet"), m_sheet);
  form->addRow(tr("C&olours"), m_quantity);
  form->addRow(tr("&Width"), m_width);
  form->addRow(tr("&PNG"), m_dpi);
  auto* left = new QVBoxLayout;
  left->addLayout(form);
  auto* formats = new QLabel(tr("SVG, PDF or PNG by the file's ending; the numbers go beside it as CSV."), this);
  formats->setWordWrap(true);
  left->addWidget(formats);
  left->addWidget(m_problem);
  left->addStretch();
  auto* area = new QScrollArea(this);
  area->setWidget(m_preview);
  area->setAlignment(Qt::AlignCenter);
  area->setBackgroundRole(QPalette::Mid);
  auto* columns = new QHBoxLayout;
  columns->addLayout(left, 1);
  columns->addWidget(area, 3);
  auto* layout = new QVBoxLayout(this);
  layout->addLayout(columns, 1);
  layout->addWidget(m_buttons);
  m_buttons->button(QDialogButtonBox::Save)->setText(tr("Save as..."));
  connect(m_buttons->button(QDialogButtonBox::Save), &QPushButton::clicked, this, &ExportDialog::chooseFile);
  connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_figure, &QComboBox::currentIndexChanged, this, &ExportDialog::offerQuantities);
  connect(m_quantity, &QComboBox::currentIndexChanged, this,
          [this] { m_wantedQuantity = m_quantity->currentData().toString(); });
  for (QComboBox* box : {m_figure, m_sheet, m_quantity, m_width, m_dpi})
    connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::showPreview);
  resize(1080, 640);
  showPreview();
}

Expected<Figure> ExportDialog::figure() const {
  FigureSpec spec;
  spec.name = m_figure->currentData().toString();
  spec.sheet = m_sheet->currentData().toString();
  spec.quantity = m_quantity->currentData().toString();
  spec.widthMm = m_width->currentData().toDouble();
  return makeFigure(spec, m_data);
}

void ExportDialog::offerQuantities() {
  // Filling the list is no choice of the user's, and the preview follows the figure.
  const QSignalBlocker quiet(m_quantity);
  m_quantity->clear();
  for (const FieldChoice& choice : figureQuantities(m_figure->currentData().toString(), m_data))
    m_quantity->addItem(nameOf(choice, m_data.network.get()), quantityName(choice, *m_data.network));
  m_quantity->setEnabled(m_quantity->count() > 0);
  m_quantity->setCurrentIndex(std::max(0, m_quantity->findData(m_wantedQuantity)));
}

void ExportDialog::showPreview() {
  const auto drawn = figure();
  m_buttons->button(QDialogButtonBox::Save)->setEnabled(drawn.has_value());
  m_preview->clear();
  m_problem->setText(drawn ? QString() : QString::fromStdString(drawn.error().what + ".\n" + drawn.error().hint));
  if (!drawn) {
    m_preview->resize(0, 0);
    return;
  }
  // As large on the screen as on paper, a fifth larger for eyes that are farther away.
  QImage image = figureImage(*drawn, static_cast<int>(logicalDpiX() * devicePixelRatioF() * 1.2));
  image.setDevicePixelRatio(devicePixelRatioF());
  m_preview->setPixmap(QPixmap::fromImage(image));
  m_preview->resize(m_preview->sizeHint());
}

void ExportDialog::chooseFile() {
  const QString proposed = QString("%1/%2.pdf").arg(m_folder, m_figure->currentData().toString());
  const QString path =
      QFileDialog::getSaveFileName(this, tr("Save the figure"), proposed, tr("Figures (*.pdf *.svg *.png)"));
  if (!path.isEmpty()) exportTo(path);
}

void ExportDialog::exportTo(const QString& path) {
  auto drawn = figure();
  const Status status = drawn ? saveFigure(*drawn, path, m_dpi->currentData().toInt()) : tl::unexpected(drawn.error());
  if (!status) {
    m_problem->setText(QString::fromStdString(status.error().text()));
    Q_EMIT failed(status.error());
    return;
  }
  m_problem->setText(tr("Written: %1").arg(QFileInfo(path).fileName()));
  Q_EMIT exported(tr("Figure written to %1").arg(path));
}

}  // namespace pinwheel::views
