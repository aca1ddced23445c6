// Which requests get through to a training that another program leads, and what the others are told.
#include "engine/broadcast/command_gate.h"

#include <QtTest>

#include "tests/support.h"
#include "tests/wire/same.h"
#include "tests/wire/samples.h"

using namespace pinwheel;
using namespace pinwheel::broadcast;
using namespace pinwheel::test;
using namespace pinwheel::session;

namespace {

// An engine that keeps what it is given.
struct Engine {
  transport::CommandHandler handler() {
    return commandGate({[this](Command command) {
                          if (full) return false;
                          posted.emplace_back(std::move(command));
                          return true;
                        },
                        [this] { ++cancelled; }, [this] { return ended; }, "pinwheel-cli train on cortex01"});
  }
  std::vector<wire::Ask> posted;
  int cancelled = 0;
  bool full = false;
  bool ended = false;
};

bool isLeading(const wire::Ask& ask) {
  const auto* const command = std::get_if<Command>(&ask);
  return command != nullptr &&
         (std::holds_alternative<OpenCheckpoint>(*command) || std::holds_alternative<StartTraining>(*command) ||
          std::holds_alternative<Retrain>(*command) || std::holds_alternative<CloseNetwork>(*command));
}

}  // namespace

class TestCommandGate : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void everyRequestGetsThroughOrIsRefused() {
    Engine engine;
    const auto handler = engine.handler();
    std::vector<wire::Ask> through;
    int refused = 0;
    for (const wire::Ask& ask : sampleAsks()) {
      const Status status = handler({7, ask});
      if (std::holds_alternative<wire::AskFrames>(ask)) {
        QVERIFY_REFUSED(status, "no command");
      } else if (isLeading(ask)) {
        QVERIFY_REFUSED(status, "This training is led by another program");
        QVERIFY_REFUSED(status, "pinwheel-cli train on cortex01");
        ++refused;
      } else {
        QVERIFY_OK(status);
        if (!std::holds_alternative<wire::Cancel>(ask)) through.push_back(ask);
      }
    }
    QCOMPARE(refused, 4);
    QCOMPARE(through.size(), std::size_t{11});
    QCOMPARE(engine.cancelled, 1);
    QCOMPARE(difference(engine.posted, through), std::string());
  }

  void aFullQueueIsTold() {
    Engine engine;
    engine.full = true;
    QVERIFY_REFUSED(engine.handler()({1, Command(Pause{})}), "256 commands wait");
    // Giving up waits behind no queue.
    QVERIFY_OK(engine.handler()({2, wire::Cancel{}}));
    QCOMPARE(engine.cancelled, 1);
  }

  // The others would wait for the one that is paused.
  void severalRanksAreNotPaused() {
    std::vector<Command> posted;
    const auto handler = commandGate({[&posted](Command command) {
                                        posted.push_back(std::move(command));
                                        return true;
                                      },
                                      [] {},
                                      {},
                                      "pinwheel-cli train on cortex01",
                                      false});
    QVERIFY_REFUSED(handler({1, Command(Pause{})}), "several ranks");
    QVERIFY_REFUSED(handler({2, Command(Step{1})}), "several ranks");
    QVERIFY_OK(handler({3, Command(StopTraining{})}));
    QCOMPARE(posted.size(), std::size_t{1});
  }

  void afterItsEndNothingIsTaken() {
    Engine engine;
    engine.ended = true;
    const auto handler = engine.handler();
    for (const wire::Ask& ask : sampleAsks()) QVERIFY_REFUSED(handler({1, ask}), "The training has ended");
    QVERIFY(engine.posted.empty());
    QCOMPARE(engine.cancelled, 0);
  }
};

QTEST_GUILESS_MAIN(TestCommandGate)
#include "test_command_gate.moc"
