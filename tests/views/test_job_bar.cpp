#include <QProgressBar>
#include <QToolButton>

#include "tests/views/panel_support.h"
#include "views/panels/job_bar.h"
#include "views/panels/panel_parts.h"

using namespace pinwheel;
using namespace pinwheel::views;
using test::child;

class TestJobBar : public QObject {
  Q_OBJECT

  static std::shared_ptr<session::JobFrame> job(const std::string& label, std::int64_t done, std::int64_t total,
                                                double left = session::kUnknown) {
    return std::make_shared<session::JobFrame>(session::JobFrame{label, done, total, left});
  }

private Q_SLOTS:
  void cleanup() { QVERIFY(QApplication::topLevelWidgets().isEmpty()); }

  void shortWorkIsNotShown() {
    test::PanelWorld world;
    QWidget window;
    JobBar bar(world.scene, &window);
    QVERIFY(test::shown(window, {500, 60}));
    QVERIFY(!bar.isVisible());
    world.publish(&session::News::job, job("Measuring maps", 1, 10));
    QTest::qWait(200);
    QVERIFY(!bar.isVisible());
    world.publish(&session::News::job, job("", 0, 0));
    QTest::qWait(600);
    QVERIFY(!bar.isVisible());
  }

  void longWorkIsShownAndCancelled() {
    test::PanelWorld world;
    QWidget window;
    JobBar bar(world.scene, &window);
    QVERIFY(test::shown(window, {500, 60}));
    world.publish(&session::News::job, job("Measuring maps", 1, 4, 75));
    QTRY_VERIFY_WITH_TIMEOUT(bar.isVisible(), 2000);
    QCOMPARE(child<QLabel>(bar, "jobLabel")->text(), QStringLiteral("Measuring maps"));
    QCOMPARE(child<QProgressBar>(bar, "jobProgress")->value(), 250);
    QCOMPARE(child<QLabel>(bar, "jobTimeLeft")->text(), QStringLiteral("1 min 15 s left"));
    world.publish(&session::News::job, job("Measuring maps", 5000000000, 10000000000));
    QCOMPARE(child<QProgressBar>(bar, "jobProgress")->value(), 500);
    QVERIFY(child<QLabel>(bar, "jobTimeLeft")->text().isEmpty());
    auto* cancel = child<QToolButton>(bar, "jobCancel");
    cancel->click();
    QCOMPARE(world.engine.cancelled, 1);
    QVERIFY(!cancel->isEnabled());
    world.publish(&session::News::job, job("Lesion effect", 0, 0));
    QVERIFY(cancel->isEnabled() && bar.isVisible());
    QCOMPARE(child<QProgressBar>(bar, "jobProgress")->maximum(), 0);  // unknown: it moves
    world.publish(&session::News::job, job("", 0, 0));
    QVERIFY(!bar.isVisible());
    QCOMPARE(test::unnamedControls(window), QStringList());
  }

  void durationsAreReadable() {
    QCOMPARE(durationText(12.4), QStringLiteral("12 s"));
    QCOMPARE(durationText(185), QStringLiteral("3 min 05 s"));
    QCOMPARE(durationText(7620), QStringLiteral("2 h 07 min"));
    QCOMPARE(durationText(session::kUnknown), QString());
    QCOMPARE(durationText(-1), QString());
  }
};

QTEST_MAIN(TestJobBar)
#include "test_job_bar.moc"
