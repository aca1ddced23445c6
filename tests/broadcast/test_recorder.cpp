// What a recording holds of what was published: order, steps, pace, resumed trainings, disks that are full.
#include <sys/resource.h>

#include <csignal>

#include "engine/broadcast/recorder.h"
#include "tests/broadcast/recorded_frames.h"
#include "tests/broadcast/scripted_news.h"
#include "tests/wire/same.h"

using namespace pinwheel;
using namespace pinwheel::broadcast;
using namespace pinwheel::test;
using session::News;
using session::TrainingPhase;

namespace {

// All that comes is recorded.
RecordingTarget targetIn(const QTemporaryDir& folder, bool goOn = false) {
  RecordingTarget target;
  target.path = pathOf(folder, "recording.pwrec");
  target.metadata = R"({"program":"pinwheel"})";
  target.goOn = goOn;
  target.bytesPerSecond = 0;
  target.retry = std::chrono::milliseconds(1);
  return target;
}

// Its files may have no more than so many bytes, as on a full disk; without a signal, which would end the program.
class SmallDisk {
public:
  explicit SmallDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &m_before);
    const struct rlimit small { bytes, m_before.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() { ::setrlimit(RLIMIT_FSIZE, &m_before); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

private:
  struct rlimit m_before {};
};

std::string textOf(const std::vector<session::Notice>& notices) {
  std::string text;
  for (const session::Notice& notice : notices) text += notice.error.text() + "\n";
  return text;
}

// Of a training that places its units still.
News preparing() {
  News news;
  news.training = trainingAt(0, TrainingPhase::preparing, 0);
  news.notices = {noticeOf("placing")};
  return news;
}

}  // namespace

class TestRecorder : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void init() { m_told.clear(); }

  void framesComeBackAsTheyWere() {
    const QTemporaryDir folder;
    const std::int64_t before = nowUs();
    {
      Recorder recorder(targetIn(folder), tell());
      News news;
      news.network = networkAt(1200);
      news.maps = mapsAt(1201);
      news.activity = std::make_shared<const session::ActivityFrame>(sampleActivity());
      news.tuning = std::make_shared<const session::TuningFrame>(sampleTuning());
      news.lesion = std::make_shared<const session::LesionFrame>(sampleLesionEffect());
      news.training = trainingAt(1210);
      news.job = std::make_shared<const session::JobFrame>(sampleJob());
      news.notices = {sampleNotice(), noticeOf("second")};
      news.dropped = 5;
      recorder.take(news);
      recorder.write();
      recorder.close();
    }
    const auto frames = framesOf(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(frames);
    QCOMPARE(kindsOf(*frames), std::string("network maps activity tuning lesion training job notice notice"));
    // Frames have their own steps; a job and a notice are of the newest one.
    const std::vector<std::int64_t> steps{1200, 1201, 1201, 1202, 1203, 1210, 1210, 1210, 1210};
    QCOMPARE(stepsOf(*frames), steps);
    QCOMPARE(difference((*frames)[0].published.frame, wire::FrameVariant(*networkAt(1200))), std::string());
    QCOMPARE(difference((*frames)[5].published.frame, wire::FrameVariant(*trainingAt(1210))), std::string());
    QCOMPARE(difference((*frames)[7].published.frame, wire::FrameVariant(sampleNotice())), std::string());
    for (const RecordedFrame& frame : *frames) {
      QCOMPARE(frame.published.head.dropped, std::uint64_t{5});
      QCOMPARE(frame.published.head.maps, wire::MapPrecision::half16);
      QVERIFY(frame.header.timeUs >= before && frame.header.timeUs <= nowUs());
    }
    QCOMPARE((*frames)[8].published.head.sequence, std::uint64_t{2});
    const auto reader = recording::RecordingReader::open(pathOf(folder, "recording.pwrec"));
    QVERIFY(reader->isClosed());
    QCOMPARE(reader->metadata(), std::string(R"({"program":"pinwheel"})"));
    QVERIFY2(m_told.empty(), textOf(m_told).c_str());
  }

  void nothingIsBegunBeforeTheNetwork() {
    const QTemporaryDir folder;
    Recorder recorder(targetIn(folder), tell());
    recorder.take(preparing());
    recorder.write();
    QVERIFY(!std::filesystem::exists(pathOf(folder, "recording.pwrec")));
    recorder.close();
    QVERIFY(!std::filesystem::exists(pathOf(folder, "recording.pwrec")));
    QVERIFY2(m_told.empty(), textOf(m_told).c_str());
  }

  // What was told before the first network is of its step: a resumed training has none at step 0.
  void theTimeBeforeTheNetworkIsOfItsStep() {
    const QTemporaryDir folder;
    Recorder recorder(targetIn(folder), tell());
    recorder.take(preparing());
    News begun;
    begun.network = networkAt(400);
    recorder.take(begun);
    recorder.write();
    recorder.close();
    const auto frames = framesOf(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(frames);
    QCOMPARE(kindsOf(*frames), std::string("network training notice"));
    QCOMPARE(stepsOf(*frames), (std::vector<std::int64_t>{400, 400, 400}));
  }

  void aResumedTrainingTakesBackWhatWasLost() {
    const QTemporaryDir folder;
    const auto record = [&](std::int64_t from, std::int64_t to, bool goOn) {
      Recorder recorder(targetIn(folder, goOn), tell());
      for (std::int64_t step = from; step <= to; step += 10) {
        News news;
        if (step == from) news.network = networkAt(step);
        news.training = trainingAt(step);
        recorder.take(news);
        recorder.write();
      }
      recorder.close();
    };
    record(0, 50, true);  // nothing is there yet: begun
    record(30, 40, true);
    QVERIFY2(m_told.empty(), textOf(m_told).c_str());
    auto reader = recording::RecordingReader::open(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(reader);
    const auto training = static_cast<std::uint32_t>(wire::FrameKind::training);
    const auto sessionAt = [&](std::int64_t step) { return reader->session(*reader->lastAtStep(training, step)); };
    QCOMPARE(sessionAt(20), std::uint32_t{0});
    QCOMPARE(sessionAt(30), std::uint32_t{1});
    QCOMPARE(sessionAt(50), std::uint32_t{1});
    QCOMPARE(reader->header(*reader->lastAtStep(training, 50)).step, std::int64_t{40});
  }

  void aRecordingThatIsThereIsNotWrittenOver() {
    const QTemporaryDir folder;
    put(pathOf(folder, "recording.pwrec"), "mine");
    Recorder recorder(targetIn(folder), tell());
    News news;
    news.network = networkAt(0);
    recorder.take(news);
    recorder.write();
    recorder.close();
    QCOMPARE(m_told.size(), std::size_t{1});
    QVERIFY2(textOf(m_told).find("there is a file of that name already") != std::string::npos, textOf(m_told).c_str());
    QCOMPARE(std::filesystem::file_size(pathOf(folder, "recording.pwrec")), std::uintmax_t{4});
  }

  // A pace at which the second frame is not due for hours.
  void whatComesTooFastIsRecordedAtItsPace() {
    const QTemporaryDir folder;
    RecordingTarget target = targetIn(folder);
    target.bytesPerSecond = 1;
    Recorder recorder(target, tell());
    const auto take = [&](News news) {
      recorder.take(news);
      recorder.write();
    };
    News news;
    news.network = networkAt(0);
    news.maps = mapsAt(0);
    news.training = trainingAt(0);
    take(news);
    for (std::int64_t step = 1; step <= 20; ++step) {
      News later;
      later.maps = mapsAt(step);
      later.training = trainingAt(step);
      take(later);
    }
    // What is looked for later is not passed over: a new phase, whole maps, another network.
    News paused;
    paused.training = trainingAt(21, TrainingPhase::paused);
    take(paused);
    News whole;
    whole.maps = mapsAt(22, false);
    take(whole);
    News running;
    running.training = trainingAt(23);
    take(running);
    News last;
    last.training = trainingAt(24);
    last.maps = mapsAt(24);
    take(last);
    recorder.close();  // and the last ones, due or not
    const auto frames = framesOf(pathOf(folder, "recording.pwrec"));
    QVERIFY_OK(frames);
    QCOMPARE(kindsOf(*frames), std::string("network maps training training maps training maps training"));
    QCOMPARE(stepsOf(*frames), (std::vector<std::int64_t>{0, 0, 0, 21, 22, 23, 24, 24}));
  }

  // One warning, and nothing more of the disk's than it has; then the newest of every kind, and on.
  void aFullDiskIsToldOnceAndTriedAgain() {
    const QTemporaryDir folder;
    RecordingTarget target = targetIn(folder);
    target.chunks.chunkBytes = 1;  // every message is written at once
    target.retry = std::chrono::milliseconds(0);
    Recorder recorder(target, tell());
    News news;
    news.network = networkAt(0);
    recorder.take(news);
    recorder.write();
    QVERIFY2(m_told.empty(), textOf(m_told).c_str());
    {
      const SmallDisk disk(std::filesystem::file_size(target.path) + 10);
      for (std::int64_t step = 1; step <= 5; ++step) {
        News more;
        more.training = trainingAt(step);
        recorder.take(more);
        recorder.write();
      }
      QCOMPARE(m_told.size(), std::size_t{1});
      QCOMPARE(m_told[0].kind, session::Notice::Kind::warning);
      QVERIFY2(m_told[0].error.what.find("recording cannot be written") != std::string::npos,
               m_told[0].error.text().c_str());
      // What there is can be read.
      const auto frames = framesOf(target.path);
      QVERIFY_OK(frames);
      QCOMPARE(kindsOf(*frames), std::string("network"));
    }
    recorder.write();
    QCOMPARE(m_told.size(), std::size_t{2});
    QCOMPARE(m_told[1].kind, session::Notice::Kind::information);
    News last;
    last.training = trainingAt(6);
    recorder.take(last);
    recorder.close();
    QCOMPARE(m_told.size(), std::size_t{2});
    const auto frames = framesOf(target.path);
    QVERIFY_OK(frames);
    QCOMPARE(kindsOf(*frames), std::string("network training training"));
    QCOMPARE(stepsOf(*frames), (std::vector<std::int64_t>{0, 5, 6}));
  }

  void aFolderThatIsMissingIsToldAndTriedAgain() {
    const QTemporaryDir folder;
    RecordingTarget target = targetIn(folder);
    target.path = pathOf(folder, "later") / "recording.pwrec";
    Recorder recorder(target, tell());
    News news;
    news.network = networkAt(7);
    recorder.take(news);
    recorder.write();
    QCOMPARE(m_told.size(), std::size_t{1});
    std::filesystem::create_directory(pathOf(folder, "later"));
    QTRY_VERIFY((recorder.write(), m_told.size() == 2));
    recorder.close();
    const auto frames = framesOf(target.path);
    QVERIFY_OK(frames);
    QCOMPARE(stepsOf(*frames), std::vector<std::int64_t>{7});
  }

private:
  std::function<void(const session::Notice&)> tell() {
    return [this](const session::Notice& notice) { m_told.push_back(notice); };
  }
  static std::int64_t nowUs() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  std::vector<session::Notice> m_told;
};

QTEST_GUILESS_MAIN(TestRecorder)
#include "test_recorder.moc"
