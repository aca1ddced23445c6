#include <QCheckBox>
#include <QDropEvent>
#include <QMimeData>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>

#include "engine/data/world.h"
#include "tests/views/panel_support.h"
#include "views/panels/stimulus_chooser.h"
#include "views/panels/stimulus_panel.h"

using namespace pinwheel;
using namespace pinwheel::views;
using session::ShowStimulus;
using session::Stimulus;
using test::child;

class TestStimulusPanel : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void categoriesAreTheWorlds() {
    const auto world = data::makeWorld(8, 10, 1);
    QStringList names;
    for (const std::string& name : world->classNames()) names << QString::fromStdString(name);
    QCOMPARE(worldCategories(), names);
  }

  void emptyStates() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    auto* title = child<QLabel>(panel, "stimulusTitle");
    QVERIFY(title->text().contains(QStringLiteral("Open a checkpoint")));
    QVERIFY(!child<QComboBox>(panel, "stimulusKind")->isEnabled());
    QVERIFY(!child<QPushButton>(panel, "stimulusPlay")->isEnabled());
    world.open();
    QVERIFY(title->text().contains(QStringLiteral("Choose a stimulus")));
    QVERIFY(child<QComboBox>(panel, "stimulusKind")->isEnabled());
    QVERIFY(world.engine.commands.empty());
  }

  void everyControlPostsItsStimulus() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    const auto answer = [&] {
      world.publish(&session::News::activity, test::makeActivity(*world.network, *world.maps));
    };
    const auto last = [&]() -> const Stimulus& { return world.engine.last<ShowStimulus>()->stimulus; };
    child<QComboBox>(panel, "stimulusCategory")->setCurrentIndex(6);
    QCOMPARE(world.engine.count<ShowStimulus>(), 1);
    QVERIFY(last().kind == Stimulus::Kind::category && last().category == 6 && last().exemplar == 0);
    answer();
    child<QSpinBox>(panel, "stimulusExemplar")->setValue(17);
    QVERIFY(last().category == 6 && last().exemplar == 17);
    answer();
    child<QComboBox>(panel, "stimulusKind")->setCurrentIndex(1);
    QVERIFY(last().kind == Stimulus::Kind::grating && !last().chromatic);
    QCOMPARE(last().angleDeg, 45.0);
    QCOMPARE(last().cyclesPerImage, 6.0);
    answer();
    child<QSlider>(panel, "gratingAngle")->setValue(90);
    QCOMPARE(last().angleDeg, 90.0);
    answer();
    child<QSlider>(panel, "gratingFrequency")->setValue(7);
    QCOMPARE(last().cyclesPerImage, 3.5);
    answer();
    child<QSlider>(panel, "gratingPhase")->setValue(180);
    QCOMPARE(last().phaseDeg, 180.0);
    answer();
    child<QCheckBox>(panel, "gratingChromatic")->setChecked(true);
    QVERIFY(last().chromatic);
    answer();
    QCOMPARE(world.engine.count<ShowStimulus>(), 7);
    // Half of 32 px is the highest frequency.
    QCOMPARE(child<QSlider>(panel, "gratingFrequency")->maximum(), 32);
    // "Image file" alone shows nothing; a file does.
    child<QComboBox>(panel, "stimulusKind")->setCurrentIndex(2);
    QCOMPARE(world.engine.count<ShowStimulus>(), 7);
    panel.showFile(QStringLiteral("/pictures/cat.png"));
    QVERIFY(last().kind == Stimulus::Kind::file);
    QCOMPARE(last().file, std::filesystem::path("/pictures/cat.png"));
    QCOMPARE(world.engine.count<ShowStimulus>(), 8);
  }

  // While one is under way only the newest of the others is kept.
  void oneAtATime() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    child<QComboBox>(panel, "stimulusKind")->setCurrentIndex(1);
    QCOMPARE(world.engine.count<ShowStimulus>(), 1);
    auto* angle = child<QSlider>(panel, "gratingAngle");
    for (int a = 60; a <= 120; ++a) angle->setValue(a);
    QCOMPARE(world.engine.count<ShowStimulus>(), 1);
    world.publish(&session::News::activity, test::makeActivity(*world.network, *world.maps));
    QCOMPARE(world.engine.count<ShowStimulus>(), 2);
    QCOMPARE(world.engine.last<ShowStimulus>()->stimulus.angleDeg, 120.0);
    // No answer for 100 ms: on with the next.
    angle->setValue(30);
    QCOMPARE(world.engine.count<ShowStimulus>(), 2);
    QTRY_COMPARE_WITH_TIMEOUT(world.engine.count<ShowStimulus>(), 3, 1000);
    QCOMPARE(world.engine.last<ShowStimulus>()->stimulus.angleDeg, 30.0);
    QTest::qWait(150);
    QCOMPARE(world.engine.count<ShowStimulus>(), 3);
  }

  void droppedImagesAreShown() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    QVERIFY(test::shown(panel));
    const auto drop = [&panel](const QString& path) {
      QMimeData data;
      data.setUrls({QUrl::fromLocalFile(path)});
      QDragEnterEvent enter({10, 10}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
      QApplication::sendEvent(&panel, &enter);
      if (!enter.isAccepted()) return false;
      QDropEvent event(QPointF(10, 10), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
      QApplication::sendEvent(&panel, &event);
      return event.isAccepted();
    };
    QVERIFY(!drop(QStringLiteral("/pictures/notes.txt")));
    QVERIFY(world.engine.commands.empty());
    QVERIFY(drop(QStringLiteral("/pictures/a cat.JPG")));
    QCOMPARE(world.engine.last<ShowStimulus>()->stimulus.file, std::filesystem::path("/pictures/a cat.JPG"));
    QVERIFY(child<QLabel>(panel, "stimulusFile")->text().contains(QStringLiteral("a cat.JPG")));
  }

  void saysWhichImageOfTheProbeBatchItIs() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    const auto activity = test::makeActivity(*world.network, *world.maps);
    activity->stimulus = "child 0";
    activity->probeBatch = {"adult", "child", "body"};
    activity->probeImage = 1;
    world.publish(&session::News::activity, activity);
    QVERIFY(child<QLabel>(panel, "stimulusTitle")
                ->text()
                .startsWith(QStringLiteral("child 0, image 2 of 3 by which the training is watched\n")));
  }

  void showsWhatTheSheetsAnswer() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    const auto activity = test::makeActivity(*world.network, *world.maps);
    world.publish(&session::News::activity, activity);
    const QString title = child<QLabel>(panel, "stimulusTitle")->text();
    QVERIFY(title.contains(QStringLiteral("grating, 45 deg")) && title.contains(QStringLiteral("ms")));
    QVERIFY(!title.contains(QStringLiteral("watched")));
    QVERIFY(!child<QLabel>(panel, "stimulusPicture")->pixmap().isNull());
    const Chart& classes = child<ChartView>(panel, "classProbabilities")->chart();
    QCOMPARE(classes.categories.size(), 8);
    QCOMPARE(classes.categories[2], QStringLiteral("hand"));
    QCOMPARE(classes.series[0].y[2], static_cast<double>(activity->probability[2]));
    auto* step = child<QSlider>(panel, "stimulusStep");
    QCOMPARE(step->maximum(), 3);
    step->setValue(2);
    const Chart& rates = child<ChartView>(panel, "sheetRates")->chart();
    QCOMPARE(rates.categories, (QStringList{QStringLiteral("V1"), QStringLiteral("IT")}));
    const std::size_t units = activity->spikes[1].size() / 4;
    double all = 0, third = 0;
    for (std::size_t i = 0; i < activity->spikes[1].size(); ++i) {
      all += activity->spikes[1][i];
      if (i / units == 2) third += activity->spikes[1][i];
    }
    QVERIFY(std::abs(rates.series[0].y[1] - all / static_cast<double>(4 * units)) < 1e-9);
    QVERIFY(std::abs(rates.series[1].y[1] - third / static_cast<double>(units)) < 1e-9);
  }

  void timeStepFollowsTheMapsOfSpikes() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    world.publish(&session::News::activity, test::makeActivity(*world.network, *world.maps));
    auto* step = child<QSlider>(panel, "stimulusStep");
    const FieldChoice orientation = world.selection.field();
    step->setValue(1);
    QVERIFY(world.selection.field() == orientation);  // maps of preferences have no time
    world.selection.setField({Quantity::spikes, 0, 3, false});
    QCOMPARE(step->value(), 3);
    step->setValue(2);
    QCOMPARE(world.selection.field().timeStep, 2);
    QVERIFY(test::shown(panel));
    auto* play = child<QPushButton>(panel, "stimulusPlay");
    play->click();
    QTRY_COMPARE_WITH_TIMEOUT(world.selection.field().timeStep, 3, 3000);
    QTRY_COMPARE_WITH_TIMEOUT(world.selection.field().timeStep, 0, 3000);
    play->click();
    panel.hide();
  }

  // Whatever is coloured, the sheets move when it plays.
  void playShowsTheSpikes() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    world.open();
    world.publish(&session::News::activity, test::makeActivity(*world.network, *world.maps));
    QVERIFY(test::shown(panel));
    child<QSlider>(panel, "stimulusStep")->setValue(2);
    FieldChoice category{Quantity::category, 3, 0, true};
    world.selection.setField(category);
    auto* play = child<QPushButton>(panel, "stimulusPlay");
    play->click();
    FieldChoice spikes = category;
    spikes.quantity = Quantity::spikes;
    spikes.timeStep = 2;
    QVERIFY(world.selection.field() == spikes);
    QTRY_COMPARE_WITH_TIMEOUT(world.selection.field().timeStep, 3, 3000);
    // Another choice is not taken back: not by the next step, nor when the panel is seen again.
    world.selection.setField(category);
    panel.hide();
    panel.show();
    play->click();
    QVERIFY(world.selection.field() == category);
  }

  void controlsAreNamedAndNothingIsCut() {
    test::PanelWorld world;
    StimulusPanel panel(world.scene, world.selection);
    QVERIFY(test::shown(panel));
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("stimulus-empty")), QStringList());
    world.open();
    world.publish(&session::News::activity, test::makeActivity(*world.network, *world.maps));
    for (int kind = 0; kind < 3; ++kind) {
      child<QComboBox>(panel, "stimulusKind")->setCurrentIndex(kind);
      QCOMPARE(test::unnamedControls(panel), QStringList());
      QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("stimulus-%1").arg(kind)), QStringList());
    }
  }
};

QTEST_MAIN(TestStimulusPanel)
#include "test_stimulus_panel.moc"
