// Images of a localiser (fLoc) as stimuli: a folder in its layout, its categories and their images.
#include "views/panels/stimulus_chooser.h"

#include <QPushButton>
#include <QSpinBox>
#include <filesystem>

#include "engine/formats/image_file.h"
#include "tests/support.h"
#include "tests/views/panel_support.h"
#include "views/panels/floc_page.h"
#include "views/panels/stimulus_panel.h"

using namespace pinwheel;
using namespace pinwheel::views;
using session::ShowStimulus;
using session::Stimulus;
using test::child;
using test::pathOf;

namespace {

constexpr int kFilePage = 2;
constexpr int kFlocPage = 3;

// Two images of adults, three of houses, a category without images, a folder that is no category.
void makeLocaliser(const std::filesystem::path& folder) {
  for (const char* name : {"adult/adult-1.png", "adult/adult-2.png", "house/house-1.png", "house/house-2.png",
                           "house/house-3.png", "scrambled/scrambled-1.png"}) {
    std::filesystem::create_directories((folder / name).parent_path());
    QVERIFY_OK(formats::writePng(folder / name, {8, 8, std::vector<std::uint8_t>(192, 90)}));
  }
  std::filesystem::create_directories(folder / "car");
}

QString text(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace

class TestStimulusChooser : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() {
    m_folder = std::make_unique<QTemporaryDir>();
    makeLocaliser(at("floc"));
  }
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void imagesOfALocaliserAreChosen() {
    StimulusChooser chooser;
    QSignalSpy chosen(&chooser, &StimulusChooser::chosen);
    QSignalSpy opened(&chooser, &StimulusChooser::flocOpened);
    auto* kind = child<QComboBox>(chooser, "stimulusKind");
    auto* category = child<QComboBox>(chooser, "flocCategory");
    auto* exemplar = child<QSpinBox>(chooser, "flocExemplar");
    QVERIFY(!category->isEnabled() && !exemplar->isEnabled());
    // Without a folder it is no stimulus yet.
    kind->setCurrentIndex(kFlocPage);
    QCOMPARE(chosen.count(), 0);
    kind->setCurrentIndex(0);
    QCOMPARE(chosen.count(), 1);
    // The remembered folder is read when it is turned to.
    chooser.setFlocFolder(text(at("floc")));
    QCOMPARE(opened.count(), 0);
    kind->setCurrentIndex(kFlocPage);
    QTRY_COMPARE(opened.count(), 1);
    QCOMPARE(opened.front().front().toString(), text(at("floc")));
    QCOMPARE(chosen.count(), 2);
    QVERIFY(chooser.stimulus().kind == Stimulus::Kind::file);
    QCOMPARE(chooser.stimulus().file, at("floc/adult/adult-1.png"));
    QCOMPARE(category->count(), 2);
    QCOMPARE(category->itemText(0), QStringLiteral("adult"));
    QCOMPARE(category->itemText(1), QStringLiteral("house"));
    QCOMPARE(exemplar->minimum(), 1);
    QCOMPARE(exemplar->maximum(), 2);
    category->setCurrentIndex(1);
    QCOMPARE(chosen.count(), 3);
    QCOMPARE(chooser.stimulus().file, at("floc/house/house-1.png"));
    exemplar->setValue(3);
    QCOMPARE(chosen.count(), 4);
    QCOMPARE(chooser.stimulus().file, at("floc/house/house-3.png"));
    QCOMPARE(child<QLabel>(chooser, "flocFile")->text(), QStringLiteral("house-3.png"));
    // There is no third adult: the last one, told once.
    category->setCurrentIndex(0);
    QCOMPARE(chosen.count(), 5);
    QCOMPARE(chooser.stimulus().file, at("floc/adult/adult-2.png"));
    // Turned away and back: the same image, and the folder is not read again.
    kind->setCurrentIndex(0);
    kind->setCurrentIndex(kFlocPage);
    QCOMPARE(chosen.count(), 7);
    QCOMPARE(chooser.stimulus().file, at("floc/adult/adult-2.png"));
    QTest::qWait(50);
    QCOMPARE(opened.count(), 1);
  }

  void whatIsNoLocaliserIsToldAndTheLastStays() {
    StimulusChooser chooser;
    auto* page = chooser.findChild<FlocPage*>();
    auto* told = child<QLabel>(chooser, "flocFile");
    QSignalSpy chosen(&chooser, &StimulusChooser::chosen);
    QSignalSpy opened(&chooser, &StimulusChooser::flocOpened);
    child<QComboBox>(chooser, "stimulusKind")->setCurrentIndex(kFlocPage);
    page->open(text(at("nonesuch")));
    QTRY_VERIFY(told->text().contains(QStringLiteral("is not there")));
    QVERIFY(chooser.stimulus().file.empty());
    page->open(text(at("floc")));
    QTRY_COMPARE(opened.count(), 1);
    child<QSpinBox>(chooser, "flocExemplar")->setValue(2);
    QCOMPARE(chosen.count(), 2);
    std::filesystem::create_directories(at("other/cats"));
    page->open(text(at("other")));
    QTRY_VERIFY(told->text().contains(QStringLiteral("too few categories")));
    QVERIFY(told->text().contains(QStringLiteral("its folders are adult")));
    QCOMPARE(chooser.stimulus().file, at("floc/adult/adult-2.png"));
    QCOMPARE(child<QComboBox>(chooser, "flocCategory")->count(), 2);
    QCOMPARE(chosen.count(), 2);
    QCOMPARE(opened.count(), 1);
  }

  void thePanelShowsThem() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    auto* kind = child<QComboBox>(panel, "stimulusKind");
    auto* page = panel.findChild<FlocPage*>();
    kind->setCurrentIndex(kFlocPage);
    QCOMPARE(world.engine.count<ShowStimulus>(), 0);
    page->open(text(at("floc")));
    QTRY_COMPARE(world.engine.count<ShowStimulus>(), 1);
    QVERIFY(world.engine.last<ShowStimulus>()->stimulus.kind == Stimulus::Kind::file);
    QCOMPARE(world.engine.last<ShowStimulus>()->stimulus.file, at("floc/adult/adult-1.png"));
    // Read when something else is turned to already: nobody asked for it.
    QSignalSpy opened(page, &FlocPage::opened);
    kind->setCurrentIndex(kFilePage);
    page->open(text(at("floc")));
    QTRY_COMPARE(opened.count(), 1);
    QTest::qWait(150);
    QCOMPARE(world.engine.count<ShowStimulus>(), 1);
  }

  void controlsAreNamedAndNothingIsCut() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    child<QComboBox>(panel, "stimulusKind")->setCurrentIndex(kFlocPage);
    QCOMPARE(test::unnamedControls(panel), QStringList());
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("stimulus-floc-empty")), QStringList());
    auto* page = panel.findChild<FlocPage*>();
    page->open(text(at("nonesuch")));
    QTRY_VERIFY(child<QLabel>(panel, "flocFile")->text().contains(QStringLiteral("is not there")));
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("stimulus-floc-refused")), QStringList());
    page->open(text(at("floc")));
    QTRY_VERIFY(child<QComboBox>(panel, "flocCategory")->isEnabled());
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("stimulus-floc")), QStringList());
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(*m_folder, name); }

  std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_MAIN(TestStimulusChooser)
#include "test_stimulus_chooser.moc"
