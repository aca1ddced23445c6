// The export dialog: what can be chosen for which figure, what is shown of it and when, and what is written.
#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <memory>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
#include "views/export/figure_file.h"
#include "views/scene.h"
#include "views/selection.h"
#include "views/window/export_dialog.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestExportDialog : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    m_engine = std::make_unique<test::FakeEngine>();
    m_scene = std::make_unique<Scene>(*m_engine);
    m_selection = std::make_unique<Selection>();
    const auto network = test::makeNetwork();
    const auto maps = test::makeMaps(*network);
    m_engine->news.network = network;
    m_engine->news.maps = maps;
    m_engine->news.activity = test::makeActivity(*network, *maps);
    m_scene->pump();
  }
  void cleanup() {
    m_dialog.reset();
    m_selection.reset();
    m_scene.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

  void quantitiesFollowTheFigure() {
    m_selection->setField({Quantity::category, 3});
    open();
    QVERIFY(!quantity()->accessibleName().isEmpty());
    // The maps: categories alone; the window shows places.
    QVERIFY(quantity()->isEnabled());
    QCOMPARE(quantity()->count(), 5);
    QCOMPARE(quantity()->currentData().toString(), QString("places"));
    choose(figure(), "raster");
    QVERIFY(!quantity()->isEnabled());
    QCOMPARE(quantity()->count(), 0);
    choose(figure(), "cortex");
    QVERIFY(quantity()->isEnabled());
    QCOMPARE(quantity()->count(), quantityNames().size() + 5);
    QCOMPARE(quantity()->currentData().toString(), QString("places"));
    // A choice outlives figures that cannot show it.
    choose(quantity(), "rate");
    choose(figure(), "maps");
    QCOMPARE(quantity()->currentData().toString(), QString("faces"));
    choose(figure(), "cortex");
    QCOMPARE(quantity()->currentData().toString(), QString("rate"));
  }

  void spikesOfOneStepHaveNoName() {
    m_selection->setField({Quantity::spikes, 0, 2});
    open();
    choose(figure(), "cortex");
    QCOMPARE(quantity()->currentData().toString(), QString("orientation"));
  }

  void writesWhatIsChosen() {
    m_selection->setField({Quantity::rate});
    open();
    choose(figure(), "cortex");
    QTemporaryDir folder;
    bool exported = false;
    connect(m_dialog.get(), &ExportDialog::exported, this, [&] { exported = true; });
    m_dialog->exportTo(folder.filePath("cortex.svg"));
    // Not within the call.
    QVERIFY(!exported);
    QCOMPARE(told(), QString("Writing the figure"));
    QVERIFY(!save()->isEnabled());
    QTRY_VERIFY(exported);
    QTRY_COMPARE(told(), QString("Written: cortex.svg"));
    QVERIFY(save()->isEnabled());
    QFile file(folder.filePath("cortex.svg"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().contains("Cortex: firing rate"));
    QVERIFY(QFile::exists(folder.filePath("cortex-units.csv")));
  }

  void whatCannotBeWrittenIsTold() {
    open();
    QTemporaryDir folder;
    QString refusal;
    connect(m_dialog.get(), &ExportDialog::failed, this,
            [&](const Error& error) { refusal = QString::fromStdString(error.text()); });
    m_dialog->exportTo(folder.filePath("maps.txt"));
    QTRY_VERIFY(refusal.contains("maps.txt"));
    QTRY_VERIFY(!atWork());
    QVERIFY(told().contains("its name ends in none of"));
    QVERIFY(save()->isEnabled());
  }

  void thePreviewComesThroughTheEventLoop() {
    open();
    QVERIFY(shown().isNull());
    QCOMPARE(told(), QString("Drawing the preview"));
    QVERIFY(atWork() && !save()->isEnabled());
    QTRY_VERIFY(!atWork());
    QVERIFY(!shown().isNull());
    QCOMPARE(shown(), wanted());
    QCOMPARE(told(), QString());
    QVERIFY(save()->isEnabled());
    // What was shown stays until the next one is there.
    const QImage first = shown();
    choose(figure(), "cortex");
    QCOMPARE(shown(), first);
    QCOMPARE(told(), QString("Drawing the preview"));
    QTRY_VERIFY(!atWork());
    QVERIFY(shown() != first);
    QCOMPARE(shown(), wanted());
  }

  void theNewestChoiceIsShown() {
    open();
    for (const char* name : {"cortex", "stimulus", "maps", "cortex", "categories", "orientation"})
      choose(figure(), name);
    QVERIFY(shown().isNull());
    QTRY_VERIFY(!shown().isNull());
    // The first that comes is the last that was asked for.
    QCOMPARE(shown(), wanted());
    QVERIFY(!atWork());
    for (const char* name : {"maps", "cortex", "maps", "cortex"}) {
      choose(figure(), name);
      QTest::qWait(3);
    }
    QTRY_VERIFY(!atWork());
    QCOMPARE(shown(), wanted());
  }

  void whatCannotBeDrawnIsTold() {
    open();
    choose(figure(), "training");
    QTRY_VERIFY(!atWork());
    QVERIFY2(told().startsWith("There are no training curves to draw"), qPrintable(told()));
    QVERIFY(shown().isNull() && !save()->isEnabled());
    choose(figure(), "maps");
    QTRY_VERIFY(save()->isEnabled());
    QCOMPARE(told(), QString());
    QCOMPARE(shown(), wanted());
  }

  // The three ways of the shell: by itself, --smoothed, --plain.
  void coloursAreSmoothedOrPlain() {
    open();
    m_dialog->show();
    for (const char* name : {"maps", "map", "cortex", "orientation", "categories", "lesion"}) {
      choose(figure(), name);
      QVERIFY2(!smoothing()->isHidden(), name);
    }
    for (const char* name : {"stimulus", "raster", "tuning", "training"}) {
      choose(figure(), name);
      QVERIFY2(smoothing()->isHidden(), name);
    }
    QCOMPARE(smoothing()->count(), 3);
    QVERIFY(!smoothing()->accessibleName().isEmpty());
    choose(figure(), "map");
    choose(quantity(), "circular-variance");
    QTRY_VERIFY(!atWork());
    const QImage itself = shown();
    QCOMPARE(itself, wanted());
    smoothing()->setCurrentIndex(smoothing()->findData(true));
    QTRY_VERIFY(!atWork());
    QCOMPARE(shown(), itself);  // what is measured is smoothed by itself
    smoothing()->setCurrentIndex(smoothing()->findData(false));
    QCOMPARE(told(), QString("Drawing the preview"));
    QTRY_VERIFY(!atWork());
    QVERIFY(shown() != itself);
    QCOMPARE(shown(), wanted());
    // What it does not apply to is as it was.
    choose(figure(), "raster");
    QTRY_VERIFY(!atWork());
    QCOMPARE(shown(), wanted());
  }

  void aPreviewIsGivenUp() {
    open();
    m_dialog->show();
    choose(figure(), "cortex");
    QVERIFY(atWork() && cancel()->isVisible());
    cancel()->click();
    QVERIFY(!atWork() && !cancel()->isVisible());
    QVERIFY2(told().startsWith("The preview was given up"), qPrintable(told()));
    QVERIFY(shown().isNull());
    // The figure can be had without having seen it.
    QVERIFY(save()->isEnabled());
    // Nothing of it comes afterwards; another choice is drawn.
    choose(figure(), "orientation");
    QTRY_VERIFY(!atWork());
    QCOMPARE(shown(), wanted());
  }

  void writingIsGivenUp() {
    open();
    QTRY_VERIFY(!atWork());
    QTemporaryDir folder;
    test::put(folder.filePath("maps.pdf").toStdString(), "the old one");
    int answers = 0;
    connect(m_dialog.get(), &ExportDialog::exported, this, [&] { ++answers; });
    connect(m_dialog.get(), &ExportDialog::failed, this, [&] { ++answers; });
    m_dialog->exportTo(folder.filePath("maps.pdf"));
    QVERIFY(atWork());
    cancel()->click();
    QCOMPARE(told(), QString("Giving up the figure"));
    QVERIFY(!cancel()->isEnabled());
    QTRY_VERIFY(!atWork());
    QCOMPARE(told(), QString("The figure was given up; nothing was written"));
    QCOMPARE(answers, 0);
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{"maps.pdf"});
    QFile old(folder.filePath("maps.pdf"));
    QVERIFY(old.open(QIODevice::ReadOnly));
    QCOMPARE(old.readAll(), QByteArray("the old one"));
    QVERIFY(save()->isEnabled());
    m_dialog->exportTo(folder.filePath("maps.pdf"));
    QTRY_COMPARE(answers, 1);
  }

  // The window's own bar lies behind the dialog.
  void measuringForAFigureIsShownAndCancelled() {
    const auto complete = m_scene->maps();
    m_engine->news.maps = test::withoutLossShare(*complete, session::LossShareState::underWay);
    m_scene->pump();
    open();
    m_dialog->show();
    const auto publish = [this](const std::string& label, std::int64_t done) {
      m_engine->news.job = std::make_shared<session::JobFrame>(session::JobFrame{label, done, 8, 75});
      m_scene->pump();
    };
    QTRY_VERIFY(!atWork());
    publish("Measuring the loss share", 2);
    QVERIFY(!atWork());  // these maps do not wait for it
    choose(figure(), "cortex");
    choose(quantity(), "loss-share");
    QTRY_VERIFY_WITH_TIMEOUT(told().contains("wait until it is measured"), 30'000);
    auto* bar = m_dialog->findChild<QProgressBar*>("exportDialog.busy");
    QTRY_COMPARE(bar->value(), 250);
    QCOMPARE(m_dialog->findChild<QLabel*>("exportDialog.timeLeft")->text(), QString("1 min 15 s left"));
    publish("Measuring the loss share", 4);
    QCOMPARE(bar->value(), 500);
    cancel()->click();
    QCOMPARE(m_engine->cancelled, 1);
    publish("", 0);
    QVERIFY(!atWork());
  }

  void closedWhileItDraws() {
    for (const int ms : {0, 1, 4, 16}) {
      open();
      m_dialog->show();
      choose(figure(), "cortex");
      QTest::qWait(ms);
      m_dialog->reject();
      QVERIFY(!m_dialog->isVisible());
      m_dialog.reset();
      QCoreApplication::processEvents();
    }
    open();
    QTRY_VERIFY(!atWork());
    QCOMPARE(shown(), wanted());
  }

  void closedWhileItWritesItGoesAfterwards() {
    open();
    m_dialog->show();
    QTemporaryDir folder;
    int exported = 0;
    connect(m_dialog.get(), &ExportDialog::exported, this, [&] { ++exported; });
    m_dialog->exportTo(folder.filePath("maps.pdf"));
    m_dialog->exportTo(folder.filePath("again.pdf"));  // one at a time
    m_dialog->reject();
    QVERIFY(m_dialog->isVisible());
    QVERIFY2(told().startsWith("Writing the figure; "), qPrintable(told()));
    QTRY_VERIFY(!m_dialog->isVisible());
    QCOMPARE(exported, 1);
    QVERIFY(QFile::exists(folder.filePath("maps.pdf")));
    QVERIFY(QFile::exists(folder.filePath("maps-units.csv")));
    QVERIFY(!QFile::exists(folder.filePath("again.pdf")));
  }

  void goneWhileItWritesTheFileIsWhole() {
    open();
    QTemporaryDir folder;
    m_dialog->exportTo(folder.filePath("maps.pdf"));
    m_dialog.reset();
    QFile file(folder.filePath("maps.pdf"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().trimmed().endsWith("%%EOF"));
  }

  // The one quantity that may come while the dialog is open.
  void theLossShareIsAskedFor() {
    constexpr int kDrawnMs = 30'000;
    const auto complete = m_scene->maps();
    const auto publish = [this](const std::shared_ptr<const session::MapsFrame>& maps) {
      m_engine->news.maps = maps;
      m_scene->pump();
    };
    publish(test::withoutLossShare(*complete));
    open();
    choose(figure(), "cortex");
    QCOMPARE(m_engine->count<session::MeasureLossShare>(), 0);
    choose(quantity(), "loss-share");
    QCOMPARE(m_engine->count<session::MeasureLossShare>(), 1);
    publish(test::withoutLossShare(*complete, session::LossShareState::underWay));
    QTRY_VERIFY_WITH_TIMEOUT(told().contains("wait until it is measured"), kDrawnMs);
    QVERIFY(!save()->isEnabled());
    // Maps of another lesion are not those that the dialog draws.
    auto other = std::make_shared<session::MapsFrame>(*complete);
    other->stamp.lesion = 5;
    publish(other);
    QVERIFY(!atWork() && !save()->isEnabled());
    publish(complete);
    QTRY_VERIFY_WITH_TIMEOUT(save()->isEnabled(), kDrawnMs);
    QCOMPARE(shown(), wanted());
    QCOMPARE(m_engine->count<session::MeasureLossShare>(), 1);
  }

  void nothingOpen() {
    m_scene = std::make_unique<Scene>(*m_engine);
    open();
    QVERIFY(!quantity()->isEnabled());
    QTRY_VERIFY(!atWork());
    QVERIFY2(told().startsWith("There is nothing to draw"), qPrintable(told()));
    QVERIFY(!save()->isEnabled());
  }

private:
  void open() { m_dialog = std::make_unique<ExportDialog>(*m_scene, *m_selection, QString(), nullptr); }
  QComboBox* figure() { return m_dialog->findChild<QComboBox*>("exportDialog.figure"); }
  QComboBox* box(const char* name) { return m_dialog->findChild<QComboBox*>(name); }
  QString told() { return m_dialog->findChild<QLabel*>("exportDialog.problem")->text(); }
  bool atWork() { return !m_dialog->findChild<QProgressBar*>("exportDialog.busy")->isHidden(); }
  QPushButton* save() { return m_dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Save); }
  QImage shown() {
    return m_dialog->findChild<QLabel*>("exportDialog.preview")
        ->pixmap()
        .toImage()
        .convertToFormat(QImage::Format_RGB32);
  }
  // What the lists say, drawn here and now.
  QImage wanted() {
    FigureSpec spec;
    spec.name = figure()->currentData().toString();
    spec.sheet = box("exportDialog.sheet")->currentData().toString();
    spec.quantity = quantity()->currentData().toString();
    spec.widthMm = box("exportDialog.width")->currentData().toDouble();
    if (smoothing()->currentData().isValid()) spec.smoothed = smoothing()->currentData().toBool();
    const auto drawn = makeFigure(spec, FigureData::of(*m_scene));
    const double dpi = m_dialog->logicalDpiX() * m_dialog->devicePixelRatioF() * 1.2;
    return drawn ? figureImage(*drawn, static_cast<int>(dpi)).convertToFormat(QImage::Format_RGB32) : QImage();
  }
  QComboBox* smoothing() { return box("exportDialog.smoothing"); }
  QAbstractButton* cancel() { return m_dialog->findChild<QAbstractButton*>("exportDialog.cancel"); }
  QComboBox* quantity() { return m_dialog->findChild<QComboBox*>("exportQuantity"); }
  static void choose(QComboBox* box, const QString& data) {
    QVERIFY2(box->findData(data) >= 0, qPrintable(data));
    box->setCurrentIndex(box->findData(data));
  }

  std::unique_ptr<test::FakeEngine> m_engine;
  std::unique_ptr<Scene> m_scene;
  std::unique_ptr<Selection> m_selection;
  std::unique_ptr<ExportDialog> m_dialog;
};

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication application(argc, argv);
  TestExportDialog test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_export_dialog.moc"
