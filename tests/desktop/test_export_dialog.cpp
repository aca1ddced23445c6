// The export dialog: what can be chosen for which figure, and what is written.
#include <QApplication>
#include <QComboBox>
#include <QFile>
#include <memory>

#include "tests/support.h"
#include "tests/views/fake_engine.h"
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
    QVERIFY(exported);
    QFile file(folder.filePath("cortex.svg"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll().contains("Cortex: firing rate"));
    QVERIFY(QFile::exists(folder.filePath("cortex-units.csv")));
  }

  void nothingOpen() {
    m_scene = std::make_unique<Scene>(*m_engine);
    open();
    QVERIFY(!quantity()->isEnabled());
  }

private:
  void open() { m_dialog = std::make_unique<ExportDialog>(*m_scene, *m_selection, QString(), nullptr); }
  QComboBox* figure() { return m_dialog->findChild<QComboBox*>("exportDialog.figure"); }
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
