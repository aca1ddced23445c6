// Every command and every answer there and back.
#include "engine/wire/decode.h"
#include "engine/wire/encode.h"
#include "tests/support.h"
#include "tests/wire/same.h"
#include "tests/wire/samples.h"

using namespace pinwheel;
using namespace pinwheel::wire;
using test::difference;

class TestWireCommands : public QObject {
  Q_OBJECT

private:
  static void thereAndBack(const Request& sent) {
    const auto bytes = encode(sent);
    QVERIFY_OK(bytes);
    const auto back = decodeRequest(*bytes);
    QVERIFY_OK(back);
    QCOMPARE(difference(sent, *back), std::string());
  }

  template <std::size_t... i>
  static std::vector<Ask> emptyCommands(std::index_sequence<i...>) {
    return {session::Command(std::variant_alternative_t<i, session::Command>{})...};
  }

private Q_SLOTS:
  void samplesSetEveryFieldOfEveryCommand() {
    const std::vector<Ask> asks = test::sampleAsks();
    QCOMPARE(asks.size(), std::variant_size_v<session::Command> + 2);
    for (std::size_t i = 0; i < asks.size(); ++i) {
      QCOMPARE(test::unset(asks[i]), std::string());
      if (const auto* command = std::get_if<session::Command>(&asks[i])) QCOMPARE(command->index(), i);
    }
  }

  void everyCommandComesBack() {
    std::uint64_t id = std::numeric_limits<std::uint64_t>::max();
    for (const Ask& ask : test::sampleAsks()) thereAndBack({id--, ask});
  }

  void emptyCommandsComeBack() {
    for (const Ask& ask : emptyCommands(std::make_index_sequence<std::variant_size_v<session::Command>>{}))
      thereAndBack({0, ask});
    thereAndBack({0, AskFrames{}});
  }

  void everyKindOfStimulusAndPerturbationComesBack() {
    using session::Stimulus;
    for (const auto kind : {Stimulus::Kind::grating, Stimulus::Kind::category, Stimulus::Kind::file}) {
      Stimulus stimulus;
      stimulus.kind = kind;
      thereAndBack({1, session::Command(session::ShowStimulus{stimulus})});
    }
    using session::PerturbationKind;
    session::SetLesion set;
    for (const auto kind : {PerturbationKind::silence, PerturbationKind::damp, PerturbationKind::noise,
                            PerturbationKind::stimulate, PerturbationKind::freeze})
      set.lesion.parts.push_back({0, {}, kind, 0, {}});
    set.lesion.version = session::kStoredLesion | 3;
    thereAndBack({1, session::Command(set)});
  }

  // NaN leaves a setting as it is: it must not become a number on the way.
  void settingsThatStayAsTheyAre() {
    const double nan = session::kUnknown;
    thereAndBack({1, session::Command(session::ChangeSettings{nan, nan, -1, nan})});
  }

  void answersComeBack() {
    for (const Answer& sent :
         {Answer{7, std::nullopt}, Answer{8, Error{"No", "it is full", "wait", "/runs"}}, Answer{0, Error{}}}) {
      const auto bytes = encode(sent);
      QVERIFY_OK(bytes);
      const auto back = decodeAnswer(*bytes);
      QVERIFY_OK(back);
      QCOMPARE(difference(sent, *back), std::string());
    }
  }

  void messagesAreTakenWhereTheyBelong() {
    const auto frame = encode(test::sampleJob());
    const auto request = encode(Request{1, Cancel{}});
    const auto answer = encode(Answer{1, std::nullopt});
    QVERIFY_REFUSED(decodeFrame(*request), "only frames are taken here");
    QVERIFY_REFUSED(decodeRequest(*answer), "only commands are taken here");
    QVERIFY_REFUSED(decodeAnswer(*frame), "only answers are taken here");
    QVERIFY(std::holds_alternative<Published>(*decode(*frame)));
    QVERIFY(std::holds_alternative<Request>(*decode(*request)));
    QVERIFY(std::holds_alternative<Answer>(*decode(*answer)));
  }
};

QTEST_APPLESS_MAIN(TestWireCommands)
#include "test_wire_commands.moc"
