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
#include <cmath>

#include "views/export/figure_file.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/window/work_row.h"

namespace pinwheel::views {
namespace {

constexpr int kWatchMs = 100;
// Thousandths of the work that making a figure is, before it is painted or written.
constexpr int kMade = 850;

std::shared_ptr<std::atomic<int>> notBegun() {
  return std::make_shared<std::atomic<int>>(-1);
}

// Tells `share` how far making a figure is.
std::function<void(int, int)> toldTo(const std::shared_ptr<std::atomic<int>>& share) {
  return [share](int done, int total) { share->store(kMade * done / std::max(1, total)); };
}

}  // namespace

ExportDialog::ExportDialog(Scene& scene, const Selection& selection, const QString& folder, QWidget* parent)
    : QDialog(parent),
      m_scene(scene),
      m_data(FigureData::of(scene)),
      m_folder(folder),
      m_figure(new QComboBox(this)),
      m_sheet(new QComboBox(this)),
      m_quantity(new QComboBox(this)),
      m_smoothing(new QComboBox(this)),
      m_width(new QComboBox(this)),
      m_dpi(new QComboBox(this)),
      m_preview(new QLabel(this)),
      m_problem(new QLabel(this)),
      m_work(new WorkRow("exportDialog", this)),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Close, this)),
      m_form(new QFormLayout),
      m_drawnShare(notBegun()),
      m_writtenShare(notBegun()),
      m_drawing([this](const Expected<QImage>& drawn) { takePreview(drawn); }),
      m_writing([this](const Written& written) { takeWritten(written); }) {
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
  named(m_smoothing, "smoothing", tr("Whether colours are averaged over neighbours"));
  m_smoothing->setToolTip(tr("By itself a figure smooths what is measured and leaves alone what is counted"));
  m_smoothing->addItem(tr("As the figure does by itself"));
  m_smoothing->addItem(tr("Smoothed over neighbours"), true);
  m_smoothing->addItem(tr("Plain, every unit in its own colour"), false);
  for (const QString& name : figureNames()) m_figure->addItem(figureDescription(name), name);
  m_sheet->addItem(tr("The usual one"), QString());
  if (m_data.network)
    for (const auto& sheet : m_data.network->sheets)
      m_sheet->addItem(QString::fromStdString(sheet.spec.area + " - " + sheet.spec.layer),
                       QString::fromStdString(sheet.spec.layer));
  if (selection.sheet() + 1 < m_sheet->count()) m_sheet->setToolTip(tr("For figures of one sheet"));
  if (m_data.network) m_wantedQuantity = quantityName(selection.field(), *m_data.network);
  m_width->addItem(tr("180 mm, two columns"), 180.0);
  m_width->addItem(tr("85 mm, one column"), 85.0);
  m_dpi->addItem(tr("300 dpi"), 300);
  m_dpi->addItem(tr("600 dpi"), 600);
  m_problem->setObjectName(objectName() + ".problem");
  m_problem->setWordWrap(true);

  m_form->addRow(tr("&Figure"), m_figure);
  m_form->addRow(tr("&Sheet"), m_sheet);
  m_form->addRow(tr("C&olours"), m_quantity);
  m_form->addRow(tr("S&moothing"), m_smoothing);
  m_form->addRow(tr("&Width"), m_width);
  m_form->addRow(tr("&PNG"), m_dpi);
  auto* left = new QVBoxLayout;
  left->addLayout(m_form);
  auto* formats = new QLabel(tr("SVG, PDF or PNG by the file's ending; the numbers go beside it as CSV."), this);
  formats->setWordWrap(true);
  left->addWidget(formats);
  left->addWidget(m_problem);
  left->addWidget(m_work);
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
  offerQuantities();
  m_buttons->button(QDialogButtonBox::Save)->setText(tr("Save as..."));
  connect(m_buttons->button(QDialogButtonBox::Save), &QPushButton::clicked, this, &ExportDialog::chooseFile);
  connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
  connect(m_figure, &QComboBox::currentIndexChanged, this, &ExportDialog::offerQuantities);
  connect(m_quantity, &QComboBox::currentIndexChanged, this,
          [this] { m_wantedQuantity = m_quantity->currentData().toString(); });
  for (QComboBox* box : {m_figure, m_sheet, m_quantity, m_smoothing, m_width})
    connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::drawPreview);
  for (QComboBox* box : {m_figure, m_quantity})
    connect(box, &QComboBox::currentIndexChanged, this, &ExportDialog::askForLossShare);
  connect(&m_scene, &Scene::mapsChanged, this, &ExportDialog::takeLossShare);
  // The window's own bar cannot be reached while the dialog is open.
  connect(&m_scene, &Scene::jobChanged, this, &ExportDialog::showWork);
  connect(m_work, &WorkRow::cancelled, this, &ExportDialog::cancelWork);
  m_watch.setInterval(kWatchMs);
  connect(&m_watch, &QTimer::timeout, this, &ExportDialog::showWork);
  resize(1080, 640);
  drawPreview();
}

// What waits for a preview is not waited for.
ExportDialog::~ExportDialog() {
  m_stop.request_stop();
}

FigureSpec ExportDialog::chosen() const {
  FigureSpec spec;
  spec.name = m_figure->currentData().toString();
  spec.sheet = m_sheet->currentData().toString();
  spec.quantity = m_quantity->currentData().toString();
  spec.widthMm = m_width->currentData().toDouble();
  if (const QVariant way = m_smoothing->currentData(); way.isValid() && coloursSheets(spec.name))
    spec.smoothed = way.toBool();
  return spec;
}

void ExportDialog::offerQuantities() {
  // Filling the list is no choice of the user's, and the preview follows the figure.
  const QSignalBlocker quiet(m_quantity);
  m_quantity->clear();
  for (const FieldChoice& choice : figureQuantities(m_figure->currentData().toString(), m_data))
    m_quantity->addItem(nameOf(choice, m_data.network.get()), quantityName(choice, *m_data.network));
  m_quantity->setEnabled(m_quantity->count() > 0);
  m_quantity->setCurrentIndex(std::max(0, m_quantity->findData(m_wantedQuantity)));
  m_form->setRowVisible(m_smoothing, coloursSheets(m_figure->currentData().toString()));
}

void ExportDialog::drawPreview() {
  m_stop.request_stop();
  m_stop = std::stop_source();
  m_drawing.cancel();
  FigureSpec spec = chosen();
  spec.stop = m_stop.get_token();
  m_drawnShare = notBegun();
  spec.progress = toldTo(m_drawnShare);
  if (!m_writing.busy()) m_left = {};
  // As large on the screen as on paper, a fifth larger for eyes that are farther away.
  const double ratio = devicePixelRatioF();
  const int dpi = static_cast<int>(logicalDpiX() * ratio * 1.2);
  m_drawing.request([spec, data = m_data, dpi, ratio]() -> Expected<QImage> {
    const auto figure = makeFigure(spec, data);
    if (!figure) return tl::unexpected(figure.error());
    QImage image = figureImage(*figure, dpi);
    image.setDevicePixelRatio(ratio);
    return image;
  });
  m_told.clear();
  refresh();
}

void ExportDialog::takePreview(const Expected<QImage>& drawn) {
  m_drawn = drawn.has_value();
  if (drawn) {
    m_preview->setPixmap(QPixmap::fromImage(*drawn));
    m_preview->resize(m_preview->sizeHint());
  } else {
    m_preview->clear();
    m_preview->resize(0, 0);
    m_told = QString::fromStdString(drawn.error().what + ".\n" + drawn.error().hint);
  }
  refresh();
}

void ExportDialog::refresh() {
  const bool writing = m_writing.busy();
  const bool drawing = m_drawing.busy();
  m_buttons->button(QDialogButtonBox::Save)->setEnabled(m_drawn && !writing && !drawing);
  if (writing)
    m_problem->setText(m_closing ? tr("Writing the figure; the window closes when it is done")
                                 : tr("Writing the figure"));
  else
    m_problem->setText(drawing ? tr("Drawing the preview") : m_told);
  if (writing && m_stopWriting.stop_requested()) m_problem->setText(tr("Giving up the figure"));
  showWork();
}

void ExportDialog::showWork() {
  const bool drawing = m_writing.busy() || m_drawing.busy();
  if (drawing && !m_watch.isActive()) m_watch.start();
  if (!drawing) m_watch.stop();
  const auto& job = m_scene.job();
  if (drawing) {
    const int done = (m_writing.busy() ? m_writtenShare : m_drawnShare)->load();
    const double share = done < 0 ? std::nan("") : done / 1000.0;
    m_work->setWork(share, done < 0 ? std::nan("") : m_left.at(share),
                    !m_writing.busy() || !m_stopWriting.stop_requested());
  } else if (waitsForLossShare() && job && !job->label.empty()) {
    m_work->setWork(job->total > 0 ? static_cast<double>(job->done) / static_cast<double>(job->total) : std::nan(""),
                    job->secondsLeft, true);
  } else {
    m_work->setIdle();
  }
}

void ExportDialog::cancelWork() {
  if (m_writing.busy()) {
    m_stopWriting.request_stop();
  } else if (m_drawing.busy()) {
    m_stop.request_stop();
    m_drawing.cancel();
    m_preview->clear();
    m_preview->resize(0, 0);
    m_told = tr("The preview was given up. The figure can be saved all the same; another choice draws it again.");
    m_drawn = true;
  } else {
    m_scene.cancel();
  }
  refresh();
}

bool ExportDialog::waitsForLossShare() const {
  if (!m_data.maps || !showsLossShare(chosen(), m_data)) return false;
  const session::LossShareState state = m_data.maps->lossShareState;
  return state == session::LossShareState::notAsked || state == session::LossShareState::underWay;
}

void ExportDialog::chooseFile() {
  const QString proposed = QString("%1/%2.pdf").arg(m_folder, m_figure->currentData().toString());
  const QString path =
      QFileDialog::getSaveFileName(this, tr("Save the figure"), proposed, tr("Figures (*.pdf *.svg *.png)"));
  if (!path.isEmpty()) exportTo(path);
}

void ExportDialog::exportTo(const QString& path) {
  if (m_writing.busy()) return;
  m_stopWriting = std::stop_source();
  m_writtenShare = notBegun();
  m_left = {};
  FigureSpec spec = chosen();
  spec.stop = m_stopWriting.get_token();
  spec.progress = toldTo(m_writtenShare);
  m_writing.request([spec, data = m_data, path, dpi = m_dpi->currentData().toInt()] {
    const auto figure = makeFigure(spec, data);
    Status status = figure ? saveFigure(*figure, path, dpi, spec.stop) : Status(tl::unexpected(figure.error()));
    const bool givenUp = !status && spec.stop.stop_requested();
    return Written{path, std::move(status), givenUp};
  });
  refresh();
}

void ExportDialog::takeWritten(const Written& written) {
  const Status& status = written.status;
  m_told = status            ? tr("Written: %1").arg(QFileInfo(written.path).fileName())
           : written.givenUp ? tr("The figure was given up; nothing was written")
                             : QString::fromStdString(status.error().text());
  refresh();
  if (status)
    Q_EMIT exported(tr("Figure written to %1").arg(written.path));
  else if (!written.givenUp)
    Q_EMIT failed(status.error());
  if (m_closing) QDialog::reject();
}

// Closed at once, the window would stand still until the file is written.
void ExportDialog::reject() {
  m_closing = m_writing.busy();
  if (m_closing)
    refresh();
  else
    QDialog::reject();
}

void ExportDialog::askForLossShare() {
  if (showsLossShare(chosen(), m_data)) m_scene.askLossShare();
}

// Of the same maps, with their loss share or, from an engine elsewhere, to the bit: whatever else comes meanwhile, the
// figures are of what was there when the dialog opened.
void ExportDialog::takeLossShare() {
  const auto& maps = m_scene.maps();
  using session::LossShareState;
  if (!maps || !m_data.maps || maps->preview != m_data.maps->preview ||
      (m_data.maps->lossShareState == LossShareState::there && maps->lossShareState != LossShareState::there))
    return;
  const session::Stamp& now = maps->stamp;
  const session::Stamp& ours = m_data.maps->stamp;
  if (now.network != ours.network || now.step != ours.step || now.lesion != ours.lesion) return;
  m_data.maps = maps;
  if (showsLossShare(chosen(), m_data)) drawPreview();
}

}  // namespace pinwheel::views
