#include "views/window/film_dialog.h"

#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <algorithm>

#include "views/export/film_file.h"
#include "views/panels/panel_parts.h"

namespace pinwheel::views {
namespace {

constexpr int kWatchMs = 100;

Status makePictures(guests::RecordedRun& run, const FilmSpec& spec, const QString& folder,
                    const std::function<void(int, int)>& progress, const std::stop_token& stop) {
  auto files = FilmFolder::create(folder);
  if (!files) return tl::unexpected(files.error());
  const Status status = makeFilm(
      run, spec, [&files](const QImage& picture, const FilmFrame& frame) { return files->add(picture, frame); },
      progress, stop);
  return status ? files->finish() : status;
}

Status makeVideo(guests::RecordedRun& run, const FilmSpec& spec, const QString& file, double fps,
                 const std::function<void(int, int)>& progress, const std::stop_token& stop) {
  auto video = FilmVideo::create(file, fps);
  if (!video) return tl::unexpected(video.error());
  const Status status = makeFilm(
      run, spec, [&video](const QImage& picture, const FilmFrame&) { return (*video)->add(picture); }, progress, stop);
  return status ? (*video)->finish() : status;
}

}  // namespace

FilmDialog::FilmDialog(std::filesystem::path recording, FigureData shown, QWidget* parent)
    : QDialog(parent),
      m_recording(std::move(recording)),
      m_data(std::move(shown)),
      m_share(std::make_shared<std::atomic<int>>(0)),
      m_work([this](const Done& done) { take(done); }) {
  setObjectName("filmDialog");
  setWindowTitle(tr("Export as video or pictures"));
  m_figure = named(new QComboBox, "filmDialog.figure", tr("Figure"));
  for (const QString& name : figureNames()) m_figure->addItem(figureDescription(name), name);
  m_figure->setCurrentIndex(std::max(0, m_figure->findData("cortex")));
  m_quantity = named(new QComboBox, "filmDialog.quantity", tr("Colours"));
  m_count = named(new QSpinBox, "filmDialog.count", tr("Number of pictures"));
  m_count->setRange(0, 100'000);
  m_count->setSpecialValueText(tr("One for every map"));
  m_width = named(new QSpinBox, "filmDialog.width", tr("Width of the pictures in pixels"));
  m_width->setRange(320, 7680);
  m_width->setValue(1280);
  m_width->setSuffix(tr(" px"));
  m_fps = named(new QDoubleSpinBox, "filmDialog.fps", tr("Pictures a second of the video"));
  m_fps->setRange(1, 120);
  m_fps->setValue(25);
  m_progress = named(new QProgressBar, "filmDialog.progress", tr("How far the export is"));
  m_progress->setRange(0, 1000);
  m_video = named(new QPushButton(tr("Export &video...")), "filmDialog.video", tr("Export a video"));
  m_pictures = named(new QPushButton(tr("Export &pictures...")), "filmDialog.pictures", tr("Export pictures"));
  m_cancel = named(new QPushButton(tr("&Give up")), "filmDialog.cancel", tr("Give the export up"));
  m_close = named(new QPushButton(tr("&Close")), "filmDialog.close", tr("Close"));
  for (QPushButton* button : {m_pictures, m_cancel, m_close}) button->setAutoDefault(false);
  auto* form = new QFormLayout(this);
  form->addRow(tr("&Figure"), m_figure);
  form->addRow(tr("&Colours"), m_quantity);
  form->addRow(tr("&Number of pictures"), m_count);
  form->addRow(tr("&Width"), m_width);
  form->addRow(tr("Pictures a &second"), m_fps);
  form->addRow(m_progress);
  auto* row = new QHBoxLayout;
  for (QPushButton* button : {m_video, m_pictures, m_cancel, m_close}) row->addWidget(button);
  form->addRow(row);

  connect(m_figure, &QComboBox::currentIndexChanged, this, &FilmDialog::offerQuantities);
  connect(m_cancel, &QPushButton::clicked, this, [this] { m_stop.request_stop(); });
  connect(m_close, &QPushButton::clicked, this, &FilmDialog::reject);
  const QString beside = QString::fromStdString(m_recording.parent_path().string());
  connect(m_video, &QPushButton::clicked, this, [this, beside] {
    const QString file = QFileDialog::getSaveFileName(
        this, tr("Export a video"), QDir(beside).filePath("recording.mp4"), tr("Videos (*.mp4 *.mkv *.mov *.webm)"));
    if (!file.isEmpty()) exportVideo(file);
  });
  connect(m_pictures, &QPushButton::clicked, this, [this, beside] {
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Export pictures into a folder"), beside);
    if (!folder.isEmpty()) exportPictures(folder);
  });
  connect(&m_watch, &QTimer::timeout, this, [this] { showProgress(m_progress, m_share->load()); });
  offerQuantities();
  refresh();
}

FilmDialog::~FilmDialog() {
  m_stop.request_stop();
}

void FilmDialog::offerQuantities() {
  const QString before = m_quantity->currentData().toString();
  m_quantity->clear();
  if (m_data.network)
    for (const FieldChoice& choice : figureQuantities(m_figure->currentData().toString(), m_data))
      m_quantity->addItem(nameOf(choice, m_data.network.get()), quantityName(choice, *m_data.network));
  m_quantity->setCurrentIndex(std::max(m_quantity->count() > 0 ? 0 : -1, m_quantity->findData(before)));
  m_quantity->setEnabled(m_quantity->count() > 0);
}

void FilmDialog::exportPictures(const QString& folder) {
  begin(folder, false);
}

void FilmDialog::exportVideo(const QString& file) {
  begin(file, true);
}

void FilmDialog::begin(const QString& where, bool video) {
  if (m_work.busy()) return;
  FilmSpec spec;
  spec.figure.name = m_figure->currentData().toString();
  spec.figure.quantity = m_quantity->currentData().toString();
  spec.widthPx = m_width->value();
  FilmSteps wanted;
  wanted.count = m_count->value();
  m_stop = std::stop_source();
  m_share->store(0);
  m_work.request([recording = m_recording, spec, wanted, where, video, fps = m_fps->value(), share = m_share,
                  stop = m_stop.get_token()]() mutable -> Done {
    auto run = guests::RecordedRun::open(recording);
    if (!run) return {where, tl::unexpected(run.error())};
    auto steps = chooseSteps(*run->timeline(), wanted);
    if (!steps) return {where, tl::unexpected(steps.error())};
    spec.steps = std::move(*steps);
    const auto progress = [&share](int done, int total) { share->store(1000 * done / std::max(1, total)); };
    Status status =
        video ? makeVideo(*run, spec, where, fps, progress, stop) : makePictures(*run, spec, where, progress, stop);
    return {where, std::move(status), stop.stop_requested()};
  });
  m_watch.start(kWatchMs);
  refresh();
}

void FilmDialog::take(const Done& done) {
  m_watch.stop();
  showProgress(m_progress, done.status ? 1000 : 0);
  refresh();
  if (done.status)
    Q_EMIT exported(tr("Written: %1").arg(done.where));
  else if (!done.givenUp)
    Q_EMIT failed(done.status.error());
  if (m_closing) QDialog::reject();
}

void FilmDialog::refresh() {
  const bool busy = m_work.busy();
  for (QPushButton* button : {m_video, m_pictures}) button->setEnabled(!busy);
  m_cancel->setEnabled(busy);
}

void FilmDialog::reject() {
  if (!m_work.busy()) return QDialog::reject();
  m_closing = true;
  m_stop.request_stop();
}

}  // namespace pinwheel::views
