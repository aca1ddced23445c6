#include "tests/recording/recorded.h"

using namespace pinwheel;
using namespace pinwheel::recording;
using test::append;
using test::bytesOf;
using test::difference;
using test::pathOf;
using test::Recorded;

namespace {

constexpr const char* kMetadata = R"({"title": "a small cortex", "seed": 7, "letter": "é"})";

std::optional<std::size_t> literalLast(const std::vector<Recorded>& messages, std::uint32_t kind, std::int64_t at,
                                       std::int64_t Recorded::*place) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (messages[i].kind == kind && messages[i].*place <= at && (!best || messages[i].*place >= messages[*best].*place))
      best = i;
  return best;
}

// What readers need not find by step: of sessions before `session`, later than `fromStep`.
std::optional<std::size_t> literalLastStep(const std::vector<Recorded>& messages, std::size_t session,
                                           std::int64_t fromStep, std::uint32_t kind, std::int64_t step) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (messages[i].kind == kind && messages[i].step <= step && (i >= session || messages[i].step <= fromStep) &&
        (!best || messages[i].step >= messages[*best].step))
      best = i;
  return best;
}

}  // namespace

class TestRecording : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theCheckIsCastagnolis() {
    // The check value of CRC-32C in every catalogue, and 32 zeros from RFC 3720, B.4.
    QCOMPARE(crc32c(bytesOf("123456789")), 0xE3069283U);
    QCOMPARE(crc32c(Bytes(32, std::byte{0})), 0x8A9136AAU);
  }

  void theBytesAreAsDocumented() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    auto writer = RecordingWriter::create(path, "{}");
    QVERIFY_OK(writer);
    QVERIFY_OK((*writer)->append(3, 258, -2, bytesOf("abc")));
    QVERIFY_OK((*writer)->close());
    const Bytes bytes = bytesOf(*readFile(path, 1 << 20));
    const auto number = [&bytes](std::size_t at, std::size_t width) {
      std::uint64_t value = 0;
      for (std::size_t i = 0; i < width; ++i) value |= std::to_integer<std::uint64_t>(bytes.at(at + i)) << (8 * i);
      return value;
    };
    const auto text = [&bytes](std::size_t at) {
      return std::string(reinterpret_cast<const char*>(bytes.data()) + at, 8);
    };
    QCOMPARE(text(0), std::string("\x89PWR\r\n\x1A\n"));
    QCOMPARE(number(8, 4), 1U);
    QCOMPARE(number(12, 4), 2U);
    constexpr std::size_t kChunk = 34;
    QCOMPARE(text(kChunk), std::string("PWCHUNK\n"));
    QCOMPARE(number(kChunk + 8, 8), kChunk);
    QCOMPARE(number(kChunk + 16, 4), 0U);  // session
    QCOMPARE(number(kChunk + 20, 4), 1U);  // messages
    const std::size_t stored = number(kChunk + 24, 8);
    QCOMPARE(number(kChunk + 32, 8), 3U);
    QCOMPARE(number(kChunk + 40, 8), 0x7FFFFFFFFFFFFFFFU);
    QCOMPARE(number(kChunk + 48, 8), 258U);
    QCOMPARE(number(kChunk + 72, 8), ~std::uint64_t{1});
    constexpr std::size_t kTable = kChunk + 88;
    QCOMPARE(number(kTable, 4), 3U);
    QCOMPARE(number(kTable + 4, 4), 3U);
    QCOMPARE(number(kTable + 8, 8), 258U);
    QCOMPARE(number(kTable + 24, 4), 0xFD2FB528U);  // zstd's magic, RFC 8878
    const std::size_t index = kTable + 24 + stored;
    QCOMPARE(text(index), std::string("PWINDEX\n"));
    QCOMPARE(number(index + 8, 8), index);
    QCOMPARE(number(index + 16, 8), 88U + 24U);
    QCOMPARE(number(index + 24, 4), 1U);
    QCOMPARE(text(index + 32 + 8 * 14), std::string("PWCLOSE\n"));
    QCOMPARE(bytes.size(), index + 32 + 112 + 32);
    QVERIFY(std::equal(bytes.begin() + kChunk, bytes.begin() + kTable + 24,
                       bytes.begin() + static_cast<std::ptrdiff_t>(index) + 32));
  }

  void roundTripOfEverySize_data() {
    QTest::addColumn<bool>("closed");
    QTest::newRow("closed") << true;
    QTest::newRow("not closed") << false;
  }
  void roundTripOfEverySize() {
    QFETCH(bool, closed);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    Random random(11);
    std::vector<Recorded> messages;
    std::int64_t step = -5;
    for (const std::size_t size : {0, 1, 2, 1000, 0, 0, (1 << 20) - 1, 1, 1 << 20, (1 << 20) + 1, 10'000'000, 3, 0}) {
      messages.push_back(
          {static_cast<std::uint32_t>(random.below(kKinds)), step, 1000 * step, test::randomBytes(random, size)});
      ++step;
    }
    auto writer = RecordingWriter::create(path, kMetadata);
    QVERIFY_OK(writer);
    for (const Recorded& message : messages) QVERIFY_OK(append(**writer, message));
    QVERIFY_OK(closed ? (*writer)->close() : (*writer)->flush());
    // A cache that holds nothing but the last chunk, so that chunks are read again and again.
    auto reader = RecordingReader::open(path, 0);
    QVERIFY_OK(reader);
    QCOMPARE(reader->metadata(), std::string(kMetadata));
    QCOMPARE(reader->isClosed(), closed);
    QCOMPARE(reader->losses().text(), std::string());
    QVERIFY_SAME(difference(*reader, messages));
    for (int i = 0; i < 100; ++i) {
      const std::size_t number = random.below(messages.size());
      QVERIFY_SAME(difference(*reader, number, messages[number]));
    }
  }

  void anEmptyRecordingIsOne() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    auto writer = RecordingWriter::create(path, "");
    QVERIFY_OK(writer);
    for (const bool closed : {false, true}) {
      if (closed) QVERIFY_OK((*writer)->close());
      const auto reader = RecordingReader::open(path);
      QVERIFY_OK(reader);
      QCOMPARE(reader->size(), std::size_t{0});
      QCOMPARE(reader->isClosed(), closed);
      QCOMPARE(reader->losses().text(), std::string());
      QVERIFY(!reader->lastAtStep(0, kFromEverything));
      QVERIFY(reader->index().kinds().empty());
    }
  }

  void chunksAreCutBySizeAndTime() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    auto writer = RecordingWriter::create(path, kMetadata, {100, 1000, 3});
    QVERIFY_OK(writer);
    std::uint64_t before = (*writer)->fileBytes();
    const auto written = [&] {
      const std::uint64_t last = std::exchange(before, (*writer)->fileBytes());
      return before != last;
    };
    QVERIFY_OK((*writer)->append(0, 1, 0, Bytes(60)));
    QVERIFY(!written());
    QVERIFY_OK((*writer)->append(0, 2, 10, Bytes(60)));
    QVERIFY2(written(), "the first waits although the second does not fit");
    QVERIFY_OK((*writer)->append(0, 3, 20, Bytes(40)));
    QVERIFY2(written(), "a full chunk waits");
    QVERIFY_OK((*writer)->append(0, 4, 30, Bytes(1)));
    QVERIFY_OK((*writer)->append(0, 5, 1029, Bytes(1)));
    QVERIFY_OK((*writer)->flushIfOld(1029));
    QVERIFY(!written());
    QVERIFY_OK((*writer)->flushIfOld(1030));
    QVERIFY2(written(), "an old message waits");
    QVERIFY_OK((*writer)->append(0, 6, 5000, Bytes(1)));
    QVERIFY_OK((*writer)->append(0, 7, 6000, Bytes(1)));
    QVERIFY2(written(), "an old message waits");
    QVERIFY_OK((*writer)->append(0, 8, std::numeric_limits<std::int64_t>::min(), Bytes(1)));
    QVERIFY2(written(), "a clock that was set back makes messages wait");
    QVERIFY_OK((*writer)->close());
    QVERIFY_REFUSED((*writer)->append(0, 9, 0, Bytes(1)), "closed");
    QVERIFY_OK((*writer)->close());
    const auto reader = RecordingReader::open(path);
    QVERIFY_OK(reader);
    QCOMPARE(reader->size(), std::size_t{8});
  }

  void whatCannotBeRecordedIsRefused() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    QVERIFY_REFUSED(RecordingWriter::create(path, std::string((1 << 20) + 1, ' ')), "at most 1048576");
    QVERIFY_REFUSED(RecordingWriter::create(pathOf(folder, "none") / "a", ""), "none");
    QVERIFY_REFUSED(RecordingWriter::reopen(path), path.string());
    QVERIFY2(!std::filesystem::exists(path), "a refused recording leaves a file");
    auto writer = RecordingWriter::create(path, "");
    QVERIFY_OK(writer);
    QVERIFY_REFUSED((*writer)->append(kKinds, 0, 0, {}), "kinds are below 256");
    QVERIFY_REFUSED(RecordingWriter::create(path, ""), "a file of that name already");
    QVERIFY_REFUSED(RecordingWriter::reopen(path), "being written");
    QVERIFY_OK((*writer)->close());
    QVERIFY_OK(RecordingWriter::reopen(path));
  }

  void scrubbingFindsWhatALiteralSearchDoes() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    Random random(5);
    std::vector<Recorded> messages;
    auto writer = RecordingWriter::create(path, kMetadata, {40, 2'000'000, 1});
    QVERIFY_OK(writer);
    auto reader = RecordingReader::open(path);
    QVERIFY_OK(reader);
    std::size_t session = 0;
    std::int64_t fromStep = kFromEverything;
    const auto compare = [&] {
      for (std::uint32_t kind = 0; kind < 5; ++kind)
        for (std::int64_t at = -3; at < 130; ++at) {
          QCOMPARE(reader->lastAtStep(kind, at), literalLastStep(messages, session, fromStep, kind, at));
          QCOMPARE(reader->lastAtTime(kind, at), literalLast(messages, kind, at, &Recorded::timeUs));
        }
    };
    // Steps and times rise in the mean and go back now and then, and many are the same.
    for (int i = 0; i < 400; ++i) {
      if (i == 250) {
        writer->reset();
        session = messages.size();
        fromStep = 31;
        writer = RecordingWriter::reopen(path, fromStep, {40, 2'000'000, 1});
        QVERIFY_OK(writer);
      }
      messages.push_back({static_cast<std::uint32_t>(random.below(4)),
                          (i < 250 ? i / 4 : 30 + (i - 250) / 2) + static_cast<std::int64_t>(random.below(12)),
                          (i + static_cast<std::int64_t>(random.below(60))) / 4,
                          test::randomBytes(random, random.below(9))});
      QVERIFY_OK(append(**writer, messages.back()));
      if (i % 40 == 39) {
        QVERIFY_OK((*writer)->flush());
        QVERIFY_OK(reader->refresh());
        QCOMPARE(reader->size(), messages.size());
        compare();
      }
    }
    for (const bool closed : {false, true}) {
      if (closed) QVERIFY_OK((*writer)->close());
      auto whole = RecordingReader::open(path);
      QVERIFY_OK(whole);
      QCOMPARE(whole->isClosed(), closed);
      for (std::uint32_t kind = 0; kind < 4; ++kind) {
        QVERIFY(whole->index().bySteps(kind) == reader->index().bySteps(kind));
        QVERIFY(whole->index().byTimes(kind) == reader->index().byTimes(kind));
        QVERIFY(std::is_sorted(whole->index().bySteps(kind).begin(), whole->index().bySteps(kind).end(),
                               [](const auto& a, const auto& b) { return a.at < b.at; }));
      }
      QCOMPARE(whole->session(0), 0U);
      QCOMPARE(whole->session(whole->size() - 1), 1U);
      QVERIFY(whole->index().kinds() == (std::vector<std::uint32_t>{0, 1, 2, 3}));
    }
  }

  void goingOnKeepsWhatWasThere_data() {
    QTest::addColumn<int>("cut");
    QTest::addColumn<int>("kept");
    QTest::newRow("closed") << 0 << 3;
    QTest::newRow("an index that is cut") << 1 << 3;
    QTest::newRow("without an index") << 32 + 3 * (88 + 24) + 32 << 3;
    QTest::newRow("in the last chunk") << 32 + 3 * (88 + 24) + 32 + 1 << 2;
  }
  void goingOnKeepsWhatWasThere() {
    QFETCH(int, cut);
    QFETCH(int, kept);
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    std::vector<Recorded> messages;
    {
      auto writer = RecordingWriter::create(path, kMetadata);
      QVERIFY_OK(writer);
      for (int i = 0; i < 3; ++i) {
        messages.push_back({1, i, i, bytesOf("message " + std::to_string(i))});
        QVERIFY_OK(append(**writer, messages.back()));
        QVERIFY_OK((*writer)->flush());
      }
      QVERIFY_OK((*writer)->close());
    }
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - static_cast<std::uintmax_t>(cut));
    messages.resize(static_cast<std::size_t>(kept));
    const std::string before = *readFile(path, 1 << 20);
    auto early = RecordingReader::open(path);
    QVERIFY_OK(early);
    QVERIFY_SAME(difference(*early, messages));
    QCOMPARE(early->losses().tailBytes > 0, kept < 3);
    std::uint64_t end = 0;
    {
      auto writer = RecordingWriter::reopen(path);
      QVERIFY_OK(writer);
      end = (*writer)->fileBytes();
      QCOMPARE(std::filesystem::file_size(path), end);
      for (int i = 0; i < 2; ++i) {
        messages.push_back({2, 100 + i, 100 + i, bytesOf("one more")});
        QVERIFY_OK(append(**writer, messages.back()));
      }
    }
    QCOMPARE(readFile(path, 1 << 20)->substr(0, end), before.substr(0, end));
    auto late = RecordingReader::open(path);
    QVERIFY_OK(late);
    QVERIFY(late->isClosed());
    QCOMPARE(late->losses().text(), std::string());
    QCOMPARE(late->metadata(), std::string(kMetadata));
    QVERIFY_SAME(difference(*late, messages));
    // And who had it open all the time.
    const auto news = early->refresh();
    QVERIFY_OK(news);
    QVERIFY(*news);
    QVERIFY(early->isClosed());
    QVERIFY_SAME(difference(*early, messages));
  }

  void aGrowingFileIsFollowed() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    const auto growing = pathOf(folder, "b.pinwheel");
    Random random(3);
    std::vector<Recorded> messages;
    std::vector<std::uint64_t> ends;
    auto writer = RecordingWriter::create(path, kMetadata);
    QVERIFY_OK(writer);
    const std::uint64_t start = (*writer)->fileBytes();
    for (int i = 0; i < 8; ++i) {
      messages.push_back({0, i, i, test::randomBytes(random, 20 * static_cast<std::size_t>(i))});
      QVERIFY_OK(append(**writer, messages.back()));
      QVERIFY_OK((*writer)->flush());
      ends.push_back((*writer)->fileBytes());
    }
    QVERIFY_OK((*writer)->close());
    // Byte by byte, as slowly as no writer is.
    const std::string bytes = *readFile(path, 1 << 20);
    test::put(growing, bytes.substr(0, start));
    auto reader = RecordingReader::open(growing);
    QVERIFY_OK(reader);
    std::ofstream out(growing, std::ios::binary | std::ios::app);
    for (std::size_t size = start + 1; size <= bytes.size(); ++size) {
      out.put(bytes[size - 1]).flush();
      const auto news = reader->refresh();
      QVERIFY_OK(news);
      const auto whole = static_cast<std::size_t>(
          std::count_if(ends.begin(), ends.end(), [size](std::uint64_t end) { return end <= size; }));
      QCOMPARE(reader->size(), whole);
      QCOMPARE(*news, std::find(ends.begin(), ends.end(), size) != ends.end());
      QCOMPARE(reader->isClosed(), size == bytes.size());
      QCOMPARE(reader->losses().damagedBytes, std::uint64_t{0});
    }
    QVERIFY_SAME(difference(*reader, messages));
    const auto news = reader->refresh();
    QVERIFY_OK(news);
    QVERIFY(!*news);
    std::filesystem::resize_file(growing, start);
    QVERIFY_REFUSED(reader->refresh(), "became shorter");
  }
};

QTEST_APPLESS_MAIN(TestRecording)
#include "test_recording.moc"
