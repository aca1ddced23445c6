// What a recording survives: its writer being killed, and a full disk.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/recording/recorded.h"

using namespace pinwheel;
using namespace pinwheel::recording;
using test::append;
using test::difference;
using test::pathOf;
using test::Recorded;

namespace {

constexpr std::string_view kMetadata = R"({"title": "a cortex"})";

}  // namespace

class TestRecordingEnds : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void aKilledWriterLosesNothingFlushed() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    const auto messageOf = [](std::int64_t number) {
      Random random(8, 0, static_cast<std::uint64_t>(number));
      return Recorded{2, number, number, test::randomBytes(random, random.below(3000))};
    };
    for (int life = 0; life < 3; ++life) {
      int pipes[2];
      QCOMPARE(::pipe(pipes), 0);
      ::fcntl(pipes[1], F_SETPIPE_SZ, 4096);  // so that the writer does not run far ahead of who reads
      const pid_t child = ::fork();
      if (child == 0) {
        ::close(pipes[0]);  // so that it ends when nobody reads any more
        auto writer = life == 0 ? RecordingWriter::create(path, kMetadata) : RecordingWriter::reopen(path);
        std::int64_t number = life == 0 ? 0 : static_cast<std::int64_t>(RecordingReader::open(path)->size());
        if (!writer) ::_exit(1);
        for (;; ++number) {
          if (!append(**writer, messageOf(number))) ::_exit(2);
          if (number % 3 != 0) continue;
          if (!(*writer)->flush()) ::_exit(3);
          const std::int64_t flushed = number + 1;
          if (::write(pipes[1], &flushed, sizeof(flushed)) != sizeof(flushed)) ::_exit(4);
        }
      }
      ::close(pipes[1]);
      // Read while it is written, until it is killed in the middle of that.
      std::optional<RecordingReader> reader;
      std::int64_t flushed = 0;
      std::size_t seen = 0;
      for (int report = 0; report < 200; ++report) {
        if (::read(pipes[0], &flushed, sizeof(flushed)) != sizeof(flushed)) break;
        if (!reader) {
          auto opened = RecordingReader::open(path);
          QVERIFY_OK(opened);
          reader.emplace(std::move(*opened));
        }
        QVERIFY_OK(reader->refresh());
        QVERIFY(reader->size() >= static_cast<std::size_t>(flushed));
        for (; seen < reader->size(); ++seen)
          QVERIFY_SAME(difference(*reader, seen, messageOf(static_cast<std::int64_t>(seen))));
      }
      ::kill(child, SIGKILL);
      int code = 0;
      ::waitpid(child, &code, 0);
      QVERIFY2(WIFSIGNALED(code), "the writer ended by itself");
      // What it still told before it was killed.
      while (::read(pipes[0], &flushed, sizeof(flushed)) == sizeof(flushed)) {
      }
      ::close(pipes[0]);
      auto after = RecordingReader::open(path);
      QVERIFY_OK(after);
      QVERIFY(!after->isClosed());
      QVERIFY(after->size() >= static_cast<std::size_t>(flushed) && flushed > 0);
      for (std::size_t i = 0; i < after->size(); ++i)
        QVERIFY_SAME(difference(*after, i, messageOf(static_cast<std::int64_t>(i))));
      QCOMPARE(after->losses().damagedBytes, std::uint64_t{0});
      QCOMPARE(after->session(after->size() - 1), static_cast<std::uint32_t>(life));
    }
  }

  void aFullDiskKeepsWhatWasThere() {
    // A limit on the file's size stands for a full disk: both make write() fail half-way.
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
      const rlimit small{20000, RLIM_INFINITY};
      Random random(6);
      std::vector<Recorded> taken;
      auto writer = RecordingWriter::create(path, kMetadata, {2800, 2'000'000, 3});
      if (!writer) ::_exit(1);
      int refusals = 0;
      for (int i = 0; i < 200; ++i) {
        // Room runs out, comes back for the same writer, runs out again until it closes, comes back for the next one.
        const rlimit little{(*writer)->fileBytes() + 20, RLIM_INFINITY};
        if (i == 5) ::setrlimit(RLIMIT_FSIZE, &small);
        if (i == 120 || i == 150) ::setrlimit(RLIMIT_FSIZE, &none);
        if (i == 140) ::setrlimit(RLIMIT_FSIZE, &little);
        Bytes bytes(i == 100 ? 5000 : 700);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.below(256));
        Recorded message{1, i, i, std::move(bytes)};
        const Status status = append(**writer, message);
        if (status) taken.push_back(std::move(message));
        if (!status) ++refusals;
        if (!status && status.error().hint.find("free some space") == std::string::npos) ::_exit(2);
        // It is readable at any time.
        auto reader = RecordingReader::open(path);
        if (!reader || !reader->losses().text().empty() || reader->size() > taken.size()) ::_exit(3);
        for (std::size_t j = 0; j < reader->size(); ++j)
          if (!difference(*reader, j, taken[j]).empty()) ::_exit(4);
        // An index that does not fit is left away.
        if (i == 149) {
          const std::uint64_t before = (*writer)->fileBytes();
          if ((*writer)->close() || std::filesystem::file_size(path) != before) ::_exit(5);
          taken.resize(reader->size());
          writer->reset();
          writer = RecordingWriter::reopen(path, {}, {2800, 2'000'000, 3});
          if (!writer) ::_exit(6);
        }
      }
      if (refusals < 50 || !(*writer)->close()) ::_exit(7);
      auto reader = RecordingReader::open(path);
      if (!reader || !reader->isClosed() || !difference(*reader, taken).empty()) ::_exit(8);
      ::_exit(0);
    }
    int code = 0;
    ::waitpid(child, &code, 0);
    QVERIFY(WIFEXITED(code));
    QCOMPARE(WEXITSTATUS(code), 0);
  }
};

QTEST_APPLESS_MAIN(TestRecordingEnds)
#include "test_recording_ends.moc"
