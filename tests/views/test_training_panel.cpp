#include <QCheckBox>
#include <QDoubleSpinBox>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QWheelEvent>
#include <cmath>

#include "tests/views/panel_support.h"
#include "views/panels/training_panel.h"

using namespace pinwheel;
using namespace pinwheel::views;
using session::TrainingPhase;
using test::child;

class TestTrainingPanel : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void buttonsFollowThePhase_data() {
    QTest::addColumn<int>("phase");
    QTest::addColumn<QString>("enabled");  // start, pause, resume, step, stop
    QTest::newRow("none") << static_cast<int>(TrainingPhase::none) << "10000";
    QTest::newRow("preparing") << static_cast<int>(TrainingPhase::preparing) << "00001";
    QTest::newRow("running") << static_cast<int>(TrainingPhase::running) << "01001";
    QTest::newRow("paused") << static_cast<int>(TrainingPhase::paused) << "00111";
    QTest::newRow("finished") << static_cast<int>(TrainingPhase::finished) << "10000";
    QTest::newRow("stopped") << static_cast<int>(TrainingPhase::stopped) << "10000";
    QTest::newRow("failed") << static_cast<int>(TrainingPhase::failed) << "10000";
  }
  void buttonsFollowThePhase() {
    QFETCH(int, phase);
    QFETCH(QString, enabled);
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    world.publish(&session::News::training, test::makeTraining(static_cast<TrainingPhase>(phase)));
    QString got;
    for (const char* name : {"trainingStart", "trainingPause", "trainingResume", "trainingStep", "trainingStop"})
      got += child<QPushButton>(panel, name)->isEnabled() ? QLatin1Char('1') : QLatin1Char('0');
    QCOMPARE(got, enabled);
    QCOMPARE(child<QDoubleSpinBox>(panel, "settingAlpha")->isEnabled(), enabled.at(4) == QLatin1Char('1'));
    QVERIFY(!child<QPushButton>(panel, "settingsApply")->isEnabled());
  }

  void buttonsPostTheirCommand() {
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    QSignalSpy start(&panel, &TrainingPanel::startRequested);
    child<QPushButton>(panel, "trainingStart")->click();
    QCOMPARE(start.count(), 1);
    QVERIFY(world.engine.commands.empty());
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running));
    child<QPushButton>(panel, "trainingPause")->click();
    QCOMPARE(world.engine.count<session::Pause>(), 1);
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::paused));
    child<QSpinBox>(panel, "trainingSteps")->setValue(25);
    child<QPushButton>(panel, "trainingStep")->click();
    QCOMPARE(world.engine.last<session::Step>()->steps, 25);
    child<QPushButton>(panel, "trainingResume")->click();
    QCOMPARE(world.engine.count<session::Resume>(), 1);
    child<QPushButton>(panel, "trainingStop")->click();
    QCOMPARE(world.engine.count<session::StopTraining>(), 1);
    QCOMPARE(world.engine.commands.size(), std::size_t{4});
  }

  void onlyChangedSettingsAreSent() {
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    auto* alpha = child<QDoubleSpinBox>(panel, "settingAlpha");
    auto* window = child<QSpinBox>(panel, "settingWindow");
    auto* rate = child<QDoubleSpinBox>(panel, "settingLearningRate");
    auto* apply = child<QPushButton>(panel, "settingsApply");
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running));
    QCOMPARE(alpha->value(), 0.25);
    QCOMPARE(window->value(), 1);
    QCOMPARE(rate->value(), 0.01);
    alpha->setValue(0.5);
    QVERIFY(apply->isEnabled());
    // What is edited stays while frames come in.
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running));
    QCOMPARE(alpha->value(), 0.5);
    apply->click();
    const auto* change = world.engine.last<session::ChangeSettings>();
    QVERIFY(change);
    QCOMPARE(change->alpha, 0.5);
    QVERIFY(std::isnan(change->beta) && std::isnan(change->learningRate));
    QCOMPARE(change->window, std::int64_t{1});
    QVERIFY(!apply->isEnabled());
    // Refused, the value in force comes back.
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running));
    QCOMPARE(alpha->value(), 0.25);
    window->setValue(-1);
    rate->setValue(0.002);
    apply->click();
    change = world.engine.last<session::ChangeSettings>();
    QVERIFY(std::isnan(change->alpha) && std::isnan(change->beta));
    QCOMPARE(change->window, std::int64_t{-1});
    QCOMPARE(change->learningRate, 0.002);
    alpha->setValue(3);
    child<QPushButton>(panel, "settingsRevert")->click();
    QCOMPARE(alpha->value(), 0.25);
    QVERIFY(!apply->isEnabled());
    QCOMPARE(world.engine.count<session::ChangeSettings>(), 2);
    // A full queue loses no edit.
    alpha->setValue(4);
    world.engine.full = true;
    apply->click();
    QVERIFY(apply->isEnabled());
    QCOMPARE(alpha->value(), 4.0);
  }

  void chartsHoldTheFrame() {
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    QVERIFY(test::shown(panel));
    const auto frame = test::makeTraining(TrainingPhase::running);
    world.publish(&session::News::training, frame);
    auto* loss = child<ChartView>(panel, "topographicLossChart");
    QCOMPARE(child<ChartView>(panel, "taskLossChart")->chart().series[0].y[10], frame->points[10].taskLoss);
    QCOMPARE(loss->chart().series[0].y[10], frame->points[10].topographicLoss);
    auto* terms = child<QComboBox>(panel, "topographicTerms");
    QCOMPARE(terms->count(), 3);
    terms->setCurrentIndex(2);
    QCOMPARE(loss->chart().series.size(), std::size_t{2});
    QCOMPARE(loss->chart().series[0].y[10], static_cast<double>(frame->points[10].slow[1]));
    QCOMPARE(loss->chart().series[1].y[10], static_cast<double>(frame->points[10].fast[1]));
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running, 200));
    QCOMPARE(terms->currentIndex(), 2);
    const Chart& accuracy = child<ChartView>(panel, "accuracyChart")->chart();
    QCOMPARE(accuracy.series[1].y, (std::vector<double>{0.5, 0.7}));
    const Chart& smoothness = child<ChartView>(panel, "smoothnessChart")->chart();
    QCOMPARE(smoothness.series.size(), std::size_t{4});
    QCOMPARE(smoothness.series[2].name, QStringLiteral("IT"));
    QCOMPARE(smoothness.series[2].y, (std::vector<double>{0.2, 0.4}));
    child<QCheckBox>(panel, "logarithmicLosses")->setChecked(true);
    QVERIFY(loss->chart().logY && !child<ChartView>(panel, "accuracyChart")->chart().logY);
  }

  // A panel that scrolls must not change what the pointer happens to lie on.
  void wheelDoesNotEdit() {
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    QVERIFY(test::shown(panel));
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running));
    auto* alpha = child<QDoubleSpinBox>(panel, "settingAlpha");
    const auto turn = [alpha] {
      const QPointF at(5, 5);
      QWheelEvent wheel(at, alpha->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier, Qt::NoScrollPhase,
                        false);
      QApplication::sendEvent(alpha, &wheel);
    };
    turn();
    QCOMPARE(alpha->value(), 0.25);
    alpha->setFocus();
    QTRY_VERIFY(alpha->hasFocus());
    turn();
    QVERIFY(alpha->value() > 0.25);
  }

  void stateIsTold() {
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    auto* state = child<QLabel>(panel, "trainingState");
    QVERIFY(state->text().contains(QStringLiteral("No training")));
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::paused));
    for (const char* part :
         {"Paused: training", "Epoch 3 of 10", "batch 7 of 50", "step 100", "420 images/s", "1 min 35 s left", "512"})
      QVERIFY2(state->text().contains(QLatin1String(part)), qPrintable(state->text()));
    QCOMPARE(child<QProgressBar>(panel, "trainingProgress")->value(), 1000 * 107 / 500);
  }

  void controlsAreNamedAndNothingIsCut() {
    test::PanelWorld world;
    TrainingPanel panel(world.scene);
    QVERIFY(test::shown(panel));
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("training-empty")), QStringList());
    world.publish(&session::News::training, test::makeTraining(TrainingPhase::running, 2000));
    child<QComboBox>(panel, "topographicTerms")->setCurrentIndex(1);
    QCOMPARE(test::unnamedControls(panel), QStringList());
    QCOMPARE(test::clippedInBothPalettes(panel, QStringLiteral("training")), QStringList());
  }
};

QTEST_MAIN(TestTrainingPanel)
#include "test_training_panel.moc"
