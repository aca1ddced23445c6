// The dialog that makes films of recordings: what can be chosen, what is written, given up, and closed meanwhile.
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QImage>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QStandardPaths>
#include <memory>

#include "tests/guests/recorded_training.h"
#include "tests/views/fake_engine.h"
#include "views/scene.h"
#include "views/window/film_dialog.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestFilmDialog : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    test::TrainingRecorder recorder(recording());
    const auto network = test::makeNetwork();
    recorder.add(*network);
    const auto maps = test::makeMaps(*network);
    for (int step = 10; step <= 400; step += 10) {
      session::MapsFrame frame = *test::turned(*maps, static_cast<float>(step));
      frame.stamp.step = step;
      recorder.add(frame);
    }
    recorder.close();
  }
  void init() {
    m_engine = std::make_unique<test::FakeEngine>();
    m_scene = std::make_unique<Scene>(*m_engine);
    const auto network = test::makeNetwork();
    m_engine->news.network = network;
    m_engine->news.maps = test::makeMaps(*network);
    m_scene->pump();
    open(recording());
  }
  void cleanup() {
    m_dialog.reset();
    m_scene.reset();
    m_engine.reset();
    QVERIFY(QApplication::topLevelWidgets().isEmpty());
  }

  void everyControlHasAName() {
    for (const QWidget* control : m_dialog->findChildren<QWidget*>(QRegularExpression("^filmDialog\\.")))
      QVERIFY2(!control->accessibleName().isEmpty(), qPrintable(control->objectName()));
    QVERIFY(child<QPushButton>("video")->isEnabled() && child<QPushButton>("pictures")->isEnabled());
    QVERIFY(!child<QPushButton>("cancel")->isEnabled());
  }

  void quantitiesFollowTheFigure() {
    choose("figure", "cortex");
    const int ofCortex = child<QComboBox>("quantity")->count();
    choose("quantity", "faces");
    choose("figure", "maps");  // categories alone
    QVERIFY(child<QComboBox>("quantity")->count() < ofCortex);
    QCOMPARE(child<QComboBox>("quantity")->currentData().toString(), QString("faces"));
  }

  void picturesOfWhatIsChosen() {
    choose("figure", "map");
    child<QSpinBox>("count")->setValue(3);
    child<QSpinBox>("width")->setValue(400);
    QTemporaryDir folder;
    QSignalSpy written(m_dialog.get(), &FilmDialog::exported), failed(m_dialog.get(), &FilmDialog::failed);
    m_dialog->exportPictures(folder.filePath("film"));
    QVERIFY(child<QPushButton>("cancel")->isEnabled() && !child<QPushButton>("video")->isEnabled());
    m_dialog->exportPictures(folder.filePath("other"));  // one at a time
    QTRY_COMPARE_WITH_TIMEOUT(written.count(), 1, kLongMs);
    QCOMPARE(failed.count(), 0);
    QCOMPARE(child<QProgressBar>("progress")->value(), 1000);
    QVERIFY(!child<QPushButton>("cancel")->isEnabled() && child<QPushButton>("video")->isEnabled());
    const QDir film(folder.filePath("film"));
    const QStringList pictures = film.entryList({"*.png"});
    QCOMPARE(pictures.size(), 3);
    QCOMPARE(QImage(film.filePath(pictures[0])).width(), 400);
    QVERIFY(QImage(film.filePath(pictures[0])) != QImage(film.filePath(pictures[2])));
    QVERIFY(!QDir(folder.filePath("other")).exists());
  }

  void aVideo() {
    if (QStandardPaths::findExecutable("ffmpeg").isEmpty()) QSKIP("there is no ffmpeg");
    child<QSpinBox>("count")->setValue(4);
    child<QSpinBox>("width")->setValue(320);
    QTemporaryDir folder;
    QSignalSpy written(m_dialog.get(), &FilmDialog::exported);
    m_dialog->exportVideo(folder.filePath("film.mp4"));
    QTRY_COMPARE_WITH_TIMEOUT(written.count(), 1, kLongMs);
    QVERIFY(QFileInfo(folder.filePath("film.mp4")).size() > 1000);
  }

  void whatFailsIsTold() {
    QTemporaryDir folder;
    QVERIFY(QFile(folder.filePath("taken")).open(QIODevice::WriteOnly));
    QSignalSpy failed(m_dialog.get(), &FilmDialog::failed);
    m_dialog->exportPictures(folder.filePath("taken"));
    QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, kLongMs);
    QVERIFY(!failed[0][0].value<Error>().what.empty());
    open(std::filesystem::path(folder.filePath("gone.pwrec").toStdString()));
    QSignalSpy failedToo(m_dialog.get(), &FilmDialog::failed);
    m_dialog->exportPictures(folder.filePath("film"));
    QTRY_COMPARE_WITH_TIMEOUT(failedToo.count(), 1, kLongMs);
    QVERIFY(QString::fromStdString(failedToo[0][0].value<Error>().text()).contains("gone.pwrec"));
  }

  // By the button, and by closing: neither is an error, and the dialog goes once the picture is done.
  void givenUp_data() {
    QTest::addColumn<bool>("closes");
    QTest::newRow("by the button") << false;
    QTest::newRow("by closing") << true;
  }
  void givenUp() {
    QFETCH(bool, closes);
    QTemporaryDir folder;
    child<QSpinBox>("width")->setValue(1920);
    m_dialog->show();
    QSignalSpy written(m_dialog.get(), &FilmDialog::exported), failed(m_dialog.get(), &FilmDialog::failed);
    m_dialog->exportPictures(folder.filePath("film"));
    QTRY_VERIFY_WITH_TIMEOUT(child<QProgressBar>("progress")->value() > 0, kLongMs);
    child<QPushButton>(closes ? "close" : "cancel")->click();
    QTRY_VERIFY_WITH_TIMEOUT(!child<QPushButton>("cancel")->isEnabled(), kLongMs);
    QCOMPARE(m_dialog->isVisible(), !closes);
    QCOMPARE(written.count(), 0);
    QCOMPARE(failed.count(), 0);
    QVERIFY(QDir(folder.filePath("film")).entryList({"*.png"}).size() < 40);
  }

private:
  static constexpr int kLongMs = 60'000;

  [[nodiscard]] std::filesystem::path recording() const { return m_folder.filePath("recording.pwrec").toStdString(); }
  void open(const std::filesystem::path& path) {
    m_dialog = std::make_unique<FilmDialog>(path, FigureData::of(*m_scene), nullptr);
  }
  template <class W>
  W* child(const char* name) {
    return m_dialog->findChild<W*>(QString("filmDialog.%1").arg(name));
  }
  void choose(const char* box, const char* data) {
    auto* combo = child<QComboBox>(box);
    const int at = combo->findData(data);
    QVERIFY2(at >= 0, data);
    combo->setCurrentIndex(at);
  }

  QTemporaryDir m_folder;
  std::unique_ptr<test::FakeEngine> m_engine;
  std::unique_ptr<Scene> m_scene;
  std::unique_ptr<FilmDialog> m_dialog;
};

QTEST_MAIN(TestFilmDialog)
#include "test_film_dialog.moc"
