// A training that is watched, steered and recorded while it runs in pinwheel-cli.
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <csignal>

#include "engine/training/checkpoint.h"
#include "tests/broadcast/recorded_frames.h"
#include "tests/cli/program.h"
#include "tests/transport/support.h"

using namespace pinwheel;
using namespace pinwheel::session;
using test::Outcome;
using test::pathOf;
using test::run;
using transport::Client;

namespace {

constexpr double kRate = 0.00025;  // of learning, that a watcher sets
constexpr int kEndMs = 60'000;

QStringList trainingIn(const std::filesystem::path& out, int epochs) {
  QStringList arguments{"train", "--recipe", "demo", "--out", QString::fromStdString(out.string()), "--threads", "1"};
  for (const char* assignment :
       {"data.train_count=64", "data.validation_count=20", "training.batch_size=16", "training.warmup_epochs=0",
        "placement.enabled=false", "stc.clusters=1", "sheets.cluster_count=100", "evaluation.smoothness_every=1"})
    arguments << "--set" << assignment;
  return arguments << "--set" << QString("training.epochs=%1").arg(epochs);
}

// A program that trains until it is asked to end.
class Trained {
public:
  explicit Trained(const QStringList& arguments) {
    test::prepare(m_process);
    m_process.start(PINWHEEL_CLI_PATH, arguments);
  }
  ~Trained() {
    m_process.kill();
    m_process.waitForFinished();
  }
  QString told() {
    m_told += m_process.readAllStandardOutput();
    return m_told;
  }
  bool ends() { return m_process.waitForFinished(kEndMs); }
  [[nodiscard]] int code() const { return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1; }
  QString error() { return m_process.readAllStandardError(); }
  void interrupt() { ::kill(static_cast<pid_t>(m_process.processId()), SIGINT); }

private:
  QProcess m_process;
  QString m_told;
};

// Sends a command and gives the answer; that of silence is an error.
Status ask(Client& client, Command command) {
  auto answer = test::answerOf(client, std::move(command));
  if (!answer) return failure("no answer came");
  return std::move(*answer);
}

bool isIn(const News& news, TrainingPhase phase) {
  return news.training && news.training->phase == phase;
}

// metrics.jsonl without what depends on the clock.
QList<QJsonObject> metricsOf(const std::filesystem::path& folder) {
  QFile file(QString::fromStdString((folder / "metrics.jsonl").string()));
  QList<QJsonObject> lines;
  if (!file.open(QIODevice::ReadOnly)) return lines;
  for (const QByteArray& line : file.readAll().split('\n')) {
    if (line.isEmpty()) continue;
    QJsonObject object = QJsonDocument::fromJson(line).object();
    for (const char* key : {"images_per_second", "seconds", "peak_memory_bytes"}) object.remove(key);
    lines << object;
  }
  return lines;
}

}  // namespace

class TestCliServed : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void aTrainingIsWatchedSteeredRecordedAndGoneOnWith() {
    const auto out = at("run");
    Trained trained(trainingIn(out, 100'000) +
                    QStringList{"--set", "evaluation.smoothness_every=0", "--serve", "--record"});
    const auto client = Client::open(test::connecting(*transport::endpointOf(out)));
    QVERIFY_OK(client);
    test::Watcher watcher(**client);
    QVERIFY2(watcher.sees([](const News& news) {
      return news.network && news.maps && news.activity && isIn(news, TrainingPhase::running) &&
             news.training->stamp.network != 0;
    }),
             qPrintable(trained.told() + trained.error()));
    QCOMPARE(watcher.news.network->title, std::string("run"));
    QVERIFY(watcher.news.network->live);
    QCOMPARE(watcher.news.maps->sheets.size(), watcher.news.network->sheets.size());
    QVERIFY(trained.told().contains("pinwheel --attach ipc://") && trained.told().contains("pinwheel-scope ipc://"));
    QVERIFY(trained.told().contains("recording.pwrec"));

    // Steered.
    QVERIFY_OK(ask(**client, Pause{}));
    QVERIFY(watcher.sees([](const News& news) { return isIn(news, TrainingPhase::paused); }));
    const std::int64_t window = watcher.news.training->settings.window;
    const std::int64_t pausedAt = watcher.news.training->stamp.step;
    QTRY_VERIFY_WITH_TIMEOUT(trained.told().contains("Paused by a watcher"), test::kDeadlineMs);
    QVERIFY_OK(ask(**client, ChangeSettings{kUnknown, kUnknown, window, kRate}));
    QVERIFY(watcher.sees([](const News& news) { return news.training->settings.learningRate == kRate; }));
    QVERIFY_OK(ask(**client, Step{2}));
    QVERIFY(watcher.sees([&](const News& news) {
      return isIn(news, TrainingPhase::paused) && news.training->stamp.step == pausedAt + 2;
    }));
    // What would end it is refused, and it stays paused where it is.
    QVERIFY_REFUSED(ask(**client, OpenCheckpoint{out / "checkpoint.safetensors"}), "led by another program");
    QVERIFY_REFUSED(ask(**client, CloseNetwork{}), "pinwheel-cli train on ");
    QVERIFY_OK(ask(**client, Resume{}));
    QVERIFY(watcher.sees([&](const News& news) {
      return isIn(news, TrainingPhase::running) && news.training->stamp.step > pausedAt + 2;
    }));
    QTRY_VERIFY_WITH_TIMEOUT(trained.told().contains("A watcher lets it go on"), test::kDeadlineMs);
    QVERIFY_OK(ask(**client, StopTraining{}));
    QVERIFY(watcher.sees([](const News& news) { return isIn(news, TrainingPhase::stopped); }));
    QVERIFY(trained.ends());
    QCOMPARE(trained.code(), 130);
    QVERIFY2(trained.told().contains("A watcher ended the training") && trained.told().contains("Stopped and saved"),
             qPrintable(trained.told() + trained.error()));

    // Recorded.
    const auto checkpoint = training::loadCheckpoint(out / "checkpoint.safetensors");
    QVERIFY_OK(checkpoint);
    const std::int64_t stoppedAt = checkpoint->state.step;
    const auto frames = test::framesOf(out / "recording.pwrec");
    QVERIFY_OK(frames);
    std::int64_t newest = 0;
    bool paused = false;
    for (const test::RecordedFrame& frame : *frames) {
      QCOMPARE(frame.session, std::uint32_t{0});
      QVERIFY(frame.header.step >= 0 && frame.header.step <= stoppedAt);
      const auto* const told = std::get_if<TrainingFrame>(&frame.published.frame);
      if (told == nullptr || told->stamp.network == 0) continue;
      QCOMPARE(told->stamp.step, frame.header.step);
      QVERIFY(told->stamp.step >= newest);
      newest = told->stamp.step;
      paused = paused || (told->phase == TrainingPhase::paused && told->stamp.step == pausedAt);
    }
    QVERIFY(paused);
    QCOMPARE(newest, stoppedAt);
    QVERIFY(test::kindsOf(*frames).starts_with("network "));
    for (const char* kind : {"maps", "activity", "training"})
      QVERIFY2(test::kindsOf(*frames).find(kind) != std::string::npos, kind);
    const auto reader = recording::RecordingReader::open(out / "recording.pwrec");
    QVERIFY(reader->isClosed());
    const QJsonObject about = QJsonDocument::fromJson(QByteArray::fromStdString(reader->metadata())).object();
    QCOMPARE(about["program"].toString(), QString("pinwheel"));
    QVERIFY2(about["command"].toString().contains("--serve --record"), qPrintable(about["command"].toString()));

    // Gone on with: paused by a watcher, and ended with Ctrl-C all the same.
    const QString folder = QString::fromStdString(out.string());
    Trained resumed({"train", "--resume", "--out", folder, "--serve", "--record"});
    test::Watcher again(**client);
    QVERIFY2(again.sees([](const News& news) { return isIn(news, TrainingPhase::running); }),
             qPrintable(resumed.told() + resumed.error()));
    QVERIFY(again.restarted);
    QVERIFY_OK(ask(**client, Pause{}));
    QVERIFY(again.sees([](const News& news) { return isIn(news, TrainingPhase::paused); }));
    QVERIFY(again.news.training->stamp.step >= stoppedAt);
    resumed.interrupt();
    QVERIFY(resumed.ends());
    QCOMPARE(resumed.code(), 130);
    QVERIFY2(resumed.told().contains("Stopped and saved"), qPrintable(resumed.told() + resumed.error()));
    QVERIFY(!resumed.told().contains("A watcher ended"));
    const auto both = test::framesOf(out / "recording.pwrec");
    QVERIFY_OK(both);
    QVERIFY(both->size() > frames->size());
    for (std::size_t i = 0; i < both->size(); ++i) {
      QCOMPARE((*both)[i].session, i < frames->size() ? std::uint32_t{0} : std::uint32_t{1});
      QVERIFY((*both)[i].header.step >= (i < frames->size() ? 0 : stoppedAt));
    }
  }

  // Watching changes no bit of the result.
  void aServedRunIsTheSameRun() {
    const Outcome plain = run(trainingIn(at("plain"), 3));
    QVERIFY2(plain.code == 0, qPrintable(plain.error));
    const Outcome served = run(trainingIn(at("served"), 3) << "--serve"
                                                           << "--record");
    QVERIFY2(served.code == 0, qPrintable(served.error));
    QVERIFY2(served.out.contains("Done:") && served.out.contains("epoch 3: task"), qPrintable(served.out));
    const auto a = training::loadCheckpoint(at("plain") / "checkpoint.safetensors");
    const auto b = training::loadCheckpoint(at("served") / "checkpoint.safetensors");
    QVERIFY_OK(a);
    QVERIFY_OK(b);
    QVERIFY(a->state.finished && b->state.finished);
    QVERIFY(!a->model.empty());
    for (const auto& [name, tensor] : a->model) QVERIFY2(tensor.bytes == b->model.at(name).bytes, name.c_str());
    for (const auto& [name, tensor] : a->optimizer) QVERIFY2(tensor.bytes == b->optimizer.at(name).bytes, name.c_str());
    QCOMPARE(metricsOf(at("plain")).size(), 3);
    QCOMPARE(metricsOf(at("plain")), metricsOf(at("served")));
    // And it was watched: the last frame tells of its end.
    auto reader = recording::RecordingReader::open(at("served") / "recording.pwrec");
    QVERIFY_OK(reader);
    const auto last = reader->lastAtStep(static_cast<std::uint32_t>(wire::FrameKind::training), b->state.step);
    QVERIFY(last);
    const auto bytes = reader->read(*last);
    QVERIFY_OK(bytes);
    const auto published = wire::decodeFrame(*bytes);
    QVERIFY_OK(published);
    const TrainingFrame frame = std::get<TrainingFrame>(published->frame);
    QCOMPARE(frame.phase, TrainingPhase::finished);
    QCOMPARE(frame.stamp.step, b->state.step);
    QCOMPARE(frame.epochs.size(), std::size_t{3});
  }

  // A training that cannot begin leaves no recording that would be in the way of the next.
  void aRunThatCannotBeginLeavesNoRecording() {
    const Outcome failed =
        run(trainingIn(at("never"), 1) << "--record"
                                       << "--weights" << QString::fromStdString(at("missing.pt").string()));
    QCOMPARE(failed.code, 1);
    QVERIFY(!std::filesystem::exists(at("never") / "recording.pwrec"));
  }

  void aRecordingInTheWayIsToldBefore() {
    test::put(at("mine.pwrec"), "mine");
    const Outcome refused =
        run(trainingIn(at("fresh"), 1) << "--record" << QString::fromStdString(at("mine.pwrec").string()));
    QCOMPARE(refused.code, 2);
    QVERIFY2(refused.error.contains("There is a recording already"), qPrintable(refused.error));
    QVERIFY(!std::filesystem::exists(at("fresh")));
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestCliServed)
#include "test_cli_served.moc"
