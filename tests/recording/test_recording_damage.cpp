#include <map>

#include "tests/recording/recorded.h"

using namespace pinwheel;
using namespace pinwheel::recording;
using test::append;
using test::bytesOf;
using test::difference;
using test::pathOf;
using test::Recorded;

namespace {

constexpr std::string_view kMetadata = R"({"title": "a cortex"})";

struct Chunk {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t tableEnd = 0;
  std::size_t first = 0;  ///< message
  std::size_t count = 0;
};

// A recording whose chunks are known.
struct Example {
  std::vector<Recorded> messages;  ///< their steps are their numbers
  std::vector<Chunk> chunks;
  std::string bytes;  ///< of the whole file, closed
  std::uint64_t start = 0;
  std::uint64_t index = 0;
};

Example exampleOf(const std::filesystem::path& path, std::uint64_t seed, int chunks) {
  Example example;
  Random random(seed);
  auto writer = *RecordingWriter::create(path, kMetadata);
  example.start = writer->fileBytes();
  for (int i = 0; i < chunks; ++i) {
    Chunk chunk{writer->fileBytes(), 0, 0, example.messages.size(), 1 + random.below(4)};
    for (std::size_t j = 0; j < chunk.count; ++j) {
      const auto step = static_cast<std::int64_t>(example.messages.size());
      example.messages.push_back(
          {static_cast<std::uint32_t>(random.below(3)), step, step, test::randomBytes(random, random.below(120))});
      if (!append(*writer, example.messages.back())) qFatal("the example cannot be written");
    }
    if (!writer->flush()) qFatal("the example cannot be written");
    chunk.end = writer->fileBytes();
    chunk.tableEnd = chunk.begin + ChunkHeader::kBytes + chunk.count * ChunkHeader::kMessageBytes;
    example.chunks.push_back(chunk);
  }
  example.index = writer->fileBytes();
  if (!writer->close()) qFatal("the example cannot be closed");
  example.bytes = *readFile(path, 1 << 20);
  return example;
}

// What can be read is as it was written; returns the steps that can.
std::map<std::int64_t, bool> readableSteps(RecordingReader& reader, const Example& example, std::string& wrong) {
  std::map<std::int64_t, bool> steps;
  for (std::size_t i = 0; i < reader.size(); ++i) {
    const std::int64_t step = reader.header(i).step;
    if (step < 0 || step >= static_cast<std::int64_t>(example.messages.size())) {
      wrong = "a message that nobody wrote";
      continue;
    }
    const auto bytes = reader.read(i);
    if (bytes && *bytes != example.messages[static_cast<std::size_t>(step)].bytes) wrong = "another content";
    if (bytes) steps[step] = true;
    if (!bytes && bytes.error().text().find("damaged") == std::string::npos) wrong = bytes.error().text();
  }
  return steps;
}

}  // namespace

class TestRecordingDamage : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void truncationAtEveryLength() {
    QTemporaryDir folder;
    const Example example = exampleOf(pathOf(folder, "a.pinwheel"), 1, 5);
    const auto path = pathOf(folder, "b.pinwheel");
    for (std::size_t size = 0; size < example.bytes.size(); ++size) {
      test::put(path, std::string_view(example.bytes).substr(0, size));
      auto reader = RecordingReader::open(path);
      QCOMPARE(reader.has_value(), size >= example.start);
      if (!reader) {
        QVERIFY2(!reader.error().what.empty() && reader.error().path == path.string(), reader.error().text().c_str());
        QVERIFY(!RecordingWriter::reopen(path));
        QCOMPARE(std::filesystem::file_size(path), size);
        continue;
      }
      std::vector<Recorded> whole;
      std::uint64_t end = example.start;
      for (const Chunk& chunk : example.chunks) {
        if (chunk.end > size) break;
        end = chunk.end;
        whole.assign(example.messages.begin(),
                     example.messages.begin() + static_cast<std::ptrdiff_t>(chunk.first + chunk.count));
      }
      QVERIFY_SAME(difference(*reader, whole));
      QVERIFY(!reader->isClosed());
      QCOMPARE(reader->losses().damagedBytes, std::uint64_t{0});
      // Of the index nobody misses anything, once it can be told from a chunk.
      QCOMPARE(reader->losses().tailBytes, end == example.index && size >= end + 8 ? 0 : size - end);
      QCOMPARE(reader->losses().text().empty(), reader->losses().tailBytes == 0);
      // And it can be gone on with.
      const Recorded more{7, 1000, 1000, bytesOf("more")};
      auto writer = RecordingWriter::reopen(path);
      QVERIFY_OK(writer);
      QVERIFY_OK(append(**writer, more));
      QVERIFY_OK((*writer)->flush());
      whole.push_back(more);
      QVERIFY_OK(reader->refresh());
      QVERIFY_SAME(difference(*reader, whole));
      QVERIFY(reader->losses().text().empty());
    }
  }

  void everyByteCounts() {
    // One byte changed: what stands in other chunks is there, and nothing is there that nobody wrote.
    QTemporaryDir folder;
    const Example example = exampleOf(pathOf(folder, "a.pinwheel"), 2, 4);
    const auto path = pathOf(folder, "b.pinwheel");
    int hits = 0;
    int harmless = 0;
    for (const bool indexed : {true, false}) {
      const std::string sound = indexed ? example.bytes : example.bytes.substr(0, example.index);
      for (std::size_t at = 0; at < sound.size(); ++at) {
        std::string bytes = sound;
        bytes[at] = static_cast<char>(bytes[at] ^ (at % 2 == 0 ? 1 : 0x80));
        test::put(path, bytes);
        auto reader = RecordingReader::open(path);
        QCOMPARE(reader.has_value(), at >= FileHeader::kBytes);
        if (!reader) continue;
        QCOMPARE(reader->losses().metadata, at < example.start);
        QCOMPARE(reader->metadata(), at < example.start ? std::string() : std::string(kMetadata));
        std::string wrong;
        const auto steps = readableSteps(*reader, example, wrong);
        QVERIFY2(wrong.empty(), wrong.c_str());
        for (const Chunk& chunk : example.chunks) {
          // The index has another copy of a chunk's header and table.
          const bool hit = at >= (indexed ? chunk.tableEnd : chunk.begin) && at < chunk.end;
          const bool found = steps.count(static_cast<std::int64_t>(chunk.first)) == 1;
          QVERIFY2(hit || found, ("byte " + std::to_string(at) + " costs another chunk").c_str());
          if (hit) ++hits;
          if (hit && found) ++harmless;
        }
      }
    }
    // Of a frame's header zstd leaves some bits unused.
    QVERIFY2(harmless <= hits / 50, (std::to_string(harmless) + " of " + std::to_string(hits)).c_str());
  }

  void randomDamageIsSurvived() {
    QTemporaryDir folder;
    const Example example = exampleOf(pathOf(folder, "a.pinwheel"), 3, 12);
    const auto path = pathOf(folder, "b.pinwheel");
    constexpr std::uint64_t kSeed = 20240607;
    qInfo("seed %llu", static_cast<unsigned long long>(kSeed));
    for (std::uint64_t round = 0; round < 1500; ++round) {
      Random random(kSeed, 0, round);
      std::string bytes = example.bytes;
      std::vector<bool> touched(bytes.size() + 1, false);
      const std::uint64_t places = 1 + random.below(20);
      for (std::uint64_t i = 0; i < places; ++i) {
        const std::uint64_t at = FileHeader::kBytes + random.below(bytes.size() - FileHeader::kBytes);
        const std::uint64_t length = std::min<std::uint64_t>(1 + random.below(i % 4 == 0 ? 200 : 8), bytes.size() - at);
        for (std::uint64_t j = at; j < at + length; ++j) {
          bytes[j] = static_cast<char>(random.below(256));
          touched[j] = true;
        }
      }
      // Cut off too, or with something behind it, or with a part that stands twice.
      const std::uint64_t form = random.below(4);
      if (form == 0) bytes.resize(example.start + random.below(bytes.size() - example.start));
      if (form == 1) bytes.append(1 + random.below(300), static_cast<char>(random.below(256)));
      if (form == 2) bytes.append(example.bytes, 0, 1 + random.below(example.bytes.size()));
      test::put(path, bytes);
      auto reader = RecordingReader::open(path);
      QVERIFY_OK(reader);
      std::string wrong;
      const auto steps = readableSteps(*reader, example, wrong);
      QVERIFY2(wrong.empty(), (wrong + " in round " + std::to_string(round)).c_str());
      for (const Chunk& chunk : example.chunks) {
        if (chunk.end > bytes.size()) break;
        const bool hit = std::find(touched.begin() + static_cast<std::ptrdiff_t>(chunk.begin),
                                   touched.begin() + static_cast<std::ptrdiff_t>(chunk.end),
                                   true) != touched.begin() + static_cast<std::ptrdiff_t>(chunk.end);
        if (!hit)
          QVERIFY2(steps.count(static_cast<std::int64_t>(chunk.first)) == 1,
                   ("a sound chunk is not found in round " + std::to_string(round)).c_str());
      }
      // Whoever goes on with it keeps all that could be read. Now and then: closing waits for the disk.
      if (round % 10 != 0) continue;
      const std::size_t before = reader->size();
      auto writer = RecordingWriter::reopen(path);
      QVERIFY_OK(writer);
      QVERIFY_OK((*writer)->append(1, 0, 0, example.messages[0].bytes));
      QVERIFY_OK((*writer)->close());
      auto after = RecordingReader::open(path);
      QVERIFY_OK(after);
      QVERIFY(after->isClosed());
      QCOMPARE(after->size(), before + 1);
      QVERIFY2(readableSteps(*after, example, wrong).size() >= steps.size(), "going on lost something");
    }
  }

  void damageIsPassedOverWhileFollowing() {
    QTemporaryDir folder;
    const Example example = exampleOf(pathOf(folder, "a.pinwheel"), 5, 5);
    const auto path = pathOf(folder, "b.pinwheel");
    std::string bytes = example.bytes;
    const Chunk& hit = example.chunks[1];
    bytes[hit.begin + 20] = static_cast<char>(bytes[hit.begin + 20] ^ 1);  // no header: the next one is looked for
    const Chunk& table = example.chunks[3];
    bytes[table.tableEnd - 1] = static_cast<char>(bytes[table.tableEnd - 1] ^ 1);  // its length is known
    test::put(path, std::string_view(bytes).substr(0, example.start));
    auto reader = RecordingReader::open(path);
    QVERIFY_OK(reader);
    std::ofstream out(path, std::ios::binary | std::ios::app);
    for (std::size_t at = example.start; at < bytes.size(); ++at) {
      out.put(bytes[at]).flush();
      QVERIFY_OK(reader->refresh());
    }
    std::vector<Recorded> expected;
    for (const std::size_t chunk : {0U, 2U, 4U})
      for (std::size_t i = 0; i < example.chunks[chunk].count; ++i)
        expected.push_back(example.messages[example.chunks[chunk].first + i]);
    QVERIFY_SAME(difference(*reader, expected));
    QCOMPARE(reader->losses().damagedBytes, (hit.end - hit.begin) + (table.end - table.begin));
    QCOMPARE(reader->losses().tailBytes, std::uint64_t{0});
    QVERIFY(reader->isClosed());
    // Whoever comes later finds the same and, in the index, the two tables: all messages.
    auto later = RecordingReader::open(path);
    QVERIFY_OK(later);
    QVERIFY_SAME(difference(*later, example.messages));
    QCOMPARE(later->losses().text(), std::string());
  }

  void lengthsAreNotBelieved() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    const std::vector<MessageHeader> one{{1, 100, 5, 5}};
    const auto fileOf = [](const Bytes& directory, std::size_t payload) {
      Bytes bytes = encodeFileHeader("");
      bytes.insert(bytes.end(), directory.begin(), directory.end());
      bytes.resize(bytes.size() + payload);
      return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    ChunkHeader header;
    header.offset = FileHeader::kBytes;
    header.count = 1;
    header.raw = 100;
    header.stored = 50;
    // Sound lengths, content that is none.
    test::put(path, fileOf(encodeDirectory(header, one), 50));
    auto reader = RecordingReader::open(path);
    QVERIFY_OK(reader);
    QCOMPARE(reader->size(), std::size_t{1});
    QVERIFY_REFUSED(reader->read(0), "steps 5 to 5 are damaged");
    for (int i = 0; i < 6; ++i) {
      ChunkHeader hostile = header;
      std::vector<MessageHeader> messages = one;
      if (i == 0) hostile.stored = ~std::uint64_t{0} - 100;  // wraps around
      if (i == 1) hostile.raw = kMaximumMessage + 1;         // too much
      if (i == 2) hostile.raw = kMaximumMessage;             // not from 50 bytes
      if (i == 3) messages[0].bytes = 99;                    // table and header differ
      if (i == 4) messages[0].kind = kKinds;                 // no such kind
      if (i == 5) hostile.offset = 33;                       // of another place
      test::put(path, fileOf(encodeDirectory(hostile, messages), 50));
      const auto refused = RecordingReader::open(path);
      QVERIFY_OK(refused);
      QCOMPARE(refused->size(), std::size_t{0});
      QVERIFY(refused->losses().tailBytes > 0);
    }
    // An index that claims more than there is.
    IndexHeader index{FileHeader::kBytes, ~std::uint64_t{0} - 63, 1};
    Bytes bytes = encodeFileHeader("");
    for (const IndexEnd end : {IndexEnd::header, IndexEnd::trailer}) {
      const Bytes part = encodeIndexHeader(index, end);
      bytes.insert(bytes.end(), part.begin(), part.end());
    }
    test::put(path, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    const auto claimed = RecordingReader::open(path);
    QVERIFY_OK(claimed);
    QVERIFY(!claimed->isClosed());
    QCOMPARE(claimed->size(), std::size_t{0});
  }

  void aRecordingInsideOfARecordingIsContent() {
    QTemporaryDir folder;
    const Example example = exampleOf(pathOf(folder, "a.pinwheel"), 4, 3);
    const auto path = pathOf(folder, "b.pinwheel");
    auto writer = RecordingWriter::create(path, "");
    QVERIFY_OK(writer);
    const std::uint64_t first = (*writer)->fileBytes();
    // Noise in front makes zstd store what follows as it is.
    Random random(9);
    Bytes noise(300);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random.below(256));
    const Bytes inner = bytesOf(example.bytes);
    noise.insert(noise.end(), inner.begin(), inner.end());
    QVERIFY_OK((*writer)->append(1, 1, 1, noise));
    QVERIFY_OK((*writer)->flush());
    QVERIFY_OK((*writer)->append(2, 2, 2, bytesOf("behind")));
    QVERIFY_OK((*writer)->flush());
    std::string bytes = *readFile(path, 1 << 20);
    bytes[first + 30] =
        static_cast<char>(bytes[first + 30] ^ 4);  // the first chunk's header: the next one is looked for
    test::put(pathOf(folder, "c.pinwheel"), bytes);
    auto reader = RecordingReader::open(pathOf(folder, "c.pinwheel"));
    QVERIFY_OK(reader);
    QVERIFY_SAME(difference(*reader, {{2, 2, 2, bytesOf("behind")}}));
    QVERIFY(reader->losses().damagedBytes > 300);
    QVERIFY(reader->losses().text().find("amid") != std::string::npos);
  }

  void whatIsNoRecordingIsToldApart() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.pinwheel");
    QVERIFY_REFUSED(RecordingReader::open(path), path.string());
    QVERIFY_REFUSED(RecordingReader::open(folder.path().toStdString()), "folder");
    test::put(path, "");
    QVERIFY_REFUSED(RecordingReader::open(path), "not a recording");
    test::put(path, std::string(1000, 'x'));
    QVERIFY_REFUSED(RecordingReader::open(path), "not a recording");
    // As a transfer as text leaves it: without the carriage returns.
    Bytes header = encodeFileHeader("{}");
    header.erase(header.begin() + 4);
    test::put(path, std::string(reinterpret_cast<const char*>(header.data()), header.size()));
    QVERIFY_REFUSED(RecordingReader::open(path), "not a recording");
    // A version to come: its 32 bytes are as ours, and nothing else needs to be.
    header = encodeFileHeader("");
    header[8] = std::byte{2};
    const std::uint32_t check = crc32c(BytesView(header).first(28));
    for (std::size_t i = 0; i < 4; ++i) header[28 + i] = static_cast<std::byte>(check >> (8 * i) & 0xFFU);
    test::put(path, std::string(reinterpret_cast<const char*>(header.data()), header.size()));
    QVERIFY_REFUSED(RecordingReader::open(path), "newer version");
    QVERIFY_REFUSED(RecordingWriter::reopen(path), "newer version");
  }
};

QTEST_APPLESS_MAIN(TestRecordingDamage)
#include "test_recording_damage.moc"
