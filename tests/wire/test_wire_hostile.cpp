// What comes in is hostile until checked: cut, changed at random, of another version, contradicting itself, or small
// and naming much.
#include <cstring>

#include "engine/core/random.h"
#include "engine/wire/decode.h"
#include "engine/wire/encode.h"
#include "engine/wire/schema/head_generated.h"
#include "engine/wire/schema/message_generated.h"
#include "tests/support.h"
#include "tests/wire/same.h"
#include "tests/wire/samples.h"

using namespace pinwheel;
using namespace pinwheel::wire;
using test::difference;

namespace {

std::vector<Bytes> sampleMessages() {
  std::vector<Bytes> messages;
  for (const FrameVariant& frame : test::sampleFrames()) messages.push_back(*encode(Published{{1, 2}, frame}));
  messages.push_back(*encode(Published{{1, 2, MapPrecision::exact}, test::sampleMaps()}));
  for (const Ask& ask : test::sampleAsks()) messages.push_back(*encode(Request{3, ask}));
  messages.push_back(*encode(Answer{3, Error{"No", "it is full", "wait", ""}}));
  return messages;
}

// A message of the schema that no encoder of ours makes.
Bytes finished(flatbuffers::FlatBufferBuilder& builder, fb::Body kind, flatbuffers::Offset<void> body,
               std::uint32_t version = kVersion) {
  fb::FinishMessageBuffer(builder, fb::CreateMessage(builder, version, kind, body));
  Bytes bytes(builder.GetSize());
  std::memcpy(bytes.data(), builder.GetBufferPointer(), bytes.size());
  return bytes;
}

Bytes frameOf(flatbuffers::FlatBufferBuilder& builder, fb::Frame kind, flatbuffers::Offset<void> frame) {
  return finished(builder, fb::Body::Published, fb::CreatePublished(builder, 1, 0, kind, frame).Union());
}

// One random change, or some.
void mutate(Bytes& bytes, Random& random) {
  const std::uint64_t changes = 1 + random.below(8);
  for (std::uint64_t i = 0; i < changes && !bytes.empty(); ++i) {
    const std::size_t at = random.below(bytes.size());
    switch (random.below(5)) {
      case 0:
        bytes[at] = static_cast<std::byte>(random.next());
        break;
      case 1:
        bytes[at] ^= static_cast<std::byte>(1U << random.below(8));
        break;
      case 2: {  // a length, an offset or a number
        constexpr std::uint32_t kWords[] = {0, 1, 4, 0x7fffffff, 0x80000000, 0xffffffff, 0x00100000};
        const std::uint32_t word = kWords[random.below(std::size(kWords))];
        const std::size_t place = at / 4 * 4;
        std::memcpy(bytes.data() + place, &word, std::min<std::size_t>(4, bytes.size() - place));
        break;
      }
      case 3: {  // one part for another
        const std::size_t from = random.below(bytes.size());
        const std::size_t n = random.below(1 + std::min<std::size_t>(32, bytes.size() - std::max(at, from)));
        std::memmove(bytes.data() + at, bytes.data() + from, n);
        break;
      }
      default:
        if (random.below(8) == 0) bytes.resize(at);
        break;
    }
  }
}

}  // namespace

class TestWireHostile : public QObject {
  Q_OBJECT

private:
  template <class Frame>
  static void refused(const Frame& frame, const char* why) {
    const auto bytes = encode(frame);
    QVERIFY_OK(bytes);
    QVERIFY_REFUSED(decode(*bytes), why);
  }

private Q_SLOTS:
  // Cut anywhere it is refused, but for filling at the end that holds nothing: then it is the same.
  void cutAtEveryLength() {
    for (const Bytes& whole : sampleMessages()) {
      const auto message = decode(whole);
      QVERIFY_OK(message);
      std::size_t taken = 0;
      for (std::size_t n = 0; n < whole.size(); ++n) {
        const auto cut = decode(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
        if (!cut) continue;
        ++taken;
        QCOMPARE(difference(*message, *cut), std::string());
      }
      QVERIFY(taken < 8);
    }
  }

  void changedAtRandom() {
    constexpr std::uint64_t kSeed = 20240612;
    constexpr int kTries = 20'000;
    const std::vector<Bytes> messages = sampleMessages();
    int taken = 0;
    for (int i = 0; i < kTries; ++i) {
      Random random(kSeed, 0, static_cast<std::uint64_t>(i));
      Bytes bytes = messages[random.below(messages.size())];
      mutate(bytes, random);
      // Memory of its own size: a sanitizer sees every byte that is read behind it.
      const auto message = decode(Bytes(bytes.begin(), bytes.end()));
      if (!message) {
        QVERIFY(!message.error().what.empty() && !message.error().hint.empty());
        continue;
      }
      ++taken;
      // What was believed can be sent again.
      std::visit([](const auto& value) { QVERIFY_OK(encode(value)); }, *message);
    }
    qInfo("seed %llu: %d of %d changed messages were taken", static_cast<unsigned long long>(kSeed), taken, kTries);
    QVERIFY(taken > kTries / 100 && taken < kTries);
  }

  void notOurs() {
    QVERIFY_REFUSED(decode({}), "no message of Pinwheel's");
    QVERIFY_REFUSED(decode(Bytes(4096)), "no message of Pinwheel's");
    Bytes other = *encode(test::sampleJob());
    other[4] = std::byte{'X'};
    QVERIFY_REFUSED(decode(other), "no message of Pinwheel's");
    QVERIFY_REFUSED(versionOf(other), "no message of Pinwheel's");
    Bytes headAlone(8);
    std::memcpy(headAlone.data() + 4, "PWHL", 4);
    QVERIFY_REFUSED(decode(headAlone), "damaged");
    flatbuffers::FlatBufferBuilder builder;
    QVERIFY_REFUSED(decode(finished(builder, fb::Body::NONE, 0, 0)), "does not tell its version");
  }

  void theOlderSideIsTold() {
    flatbuffers::FlatBufferBuilder builder;
    const Bytes newer = finished(builder, fb::Body::Request, fb::CreateRequest(builder, 1).Union(), kVersion + 1);
    QVERIFY_REFUSED(decode(newer), "this one is the older");
    QVERIFY_REFUSED(decodeRequest(newer), "update this program");
    QCOMPARE(*versionOf(newer), kVersion + 1);
    QVERIFY_REFUSED(versionOf(std::span(newer).first(12)), "damaged");

    // Of the future only the head is sure: its other fields may be of any kind.
    builder.Clear();
    const auto start = builder.StartTable();
    builder.AddElement<std::uint32_t>(4, kVersion + 7, 0);
    builder.AddElement<std::uint64_t>(6, 0xffffffffffffffff, 0);
    builder.AddElement<std::uint64_t>(8, 0xffffffffffffffff, 0);
    builder.Finish(flatbuffers::Offset<fb::Head>(builder.EndTable(start)), fb::HeadIdentifier());
    const auto* data = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
    QVERIFY_REFUSED(decode({data, builder.GetSize()}), "update this program");

    // The first version has none before it that a message could be of.
    QVERIFY_REFUSED(compareVersions(4, 5), "speaks version 5 of the wire, the other one version 4");
    QVERIFY_REFUSED(compareVersions(4, 5), "the other one is the older");
    QVERIFY_REFUSED(compareVersions(4, 5), "update the program at the other end");
    QVERIFY_REFUSED(compareVersions(5, 4), "update this program");
    QVERIFY_OK(compareVersions(5, 5));
  }

  void whatNamesMuchIsRefused() {
    // A quarter of a million names that are all the one long text.
    flatbuffers::FlatBufferBuilder builder;
    const auto text = builder.CreateString(std::string(kMaxTextBytes, 'a'));
    const auto names = builder.CreateVector(std::vector<flatbuffers::Offset<flatbuffers::String>>(250'000, text));
    fb::NetworkFrameBuilder network(builder);
    const fb::Stamp stamp(1, 0, 0);
    network.add_stamp(&stamp);
    network.add_class_names(names);
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::NetworkFrame, network.Finish().Union())), "many times");

    // Sheets that all are the one large raster.
    builder.Clear();
    const auto bits = builder.CreateVector(std::vector<std::uint8_t>(1 << 20, 255));
    const auto raster = fb::CreateRaster(builder, 8 << 20, bits);
    const auto rasters = builder.CreateVector(std::vector<flatbuffers::Offset<fb::Raster>>(1000, raster));
    fb::ActivityFrameBuilder activity(builder);
    activity.add_stamp(&stamp);
    activity.add_time_steps(1);
    activity.add_spikes(rasters);
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::ActivityFrame, activity.Finish().Union())), "many times");

    // A text that no sender of ours sends.
    builder.Clear();
    const auto label = builder.CreateString(std::string(kMaxTextBytes + 1, 'a'));
    const auto job = fb::CreateJobFrame(builder, label).Union();
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::JobFrame, job)), "longer than 1 MiB");

    // More tables than a verifier counts.
    builder.Clear();
    const auto point = fb::CreateTrainingPoint(builder, 1);
    const auto points =
        builder.CreateVector(std::vector<flatbuffers::Offset<fb::TrainingPoint>>(kMaxTables + 1, point));
    fb::TrainingFrameBuilder training(builder);
    training.add_stamp(&stamp);
    training.add_points(points);
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::TrainingFrame, training.Finish().Union())), "damaged");
  }

  // The verifier takes lists of 64-bit numbers that lie between two of its words: a sanitizer sees where they are read.
  void numbersThatLieBesideTheirPlace() {
    Bytes bytes = *encode(test::sampleTuning());
    const auto* root = fb::GetMessage(bytes.data())->body_as_Published()->frame_as_TuningFrame();
    const std::size_t list =
        static_cast<std::size_t>(reinterpret_cast<const std::byte*>(root->orientation()) - bytes.data());
    // One entry fewer, 4 bytes further on: its length takes the place of half a number.
    const std::uint32_t entries = 1;
    std::memcpy(bytes.data() + list + 4, &entries, sizeof entries);
    bool moved = false;
    for (std::size_t at = 0; at < list; at += 4) {
      std::uint32_t offset = 0;
      std::memcpy(&offset, bytes.data() + at, sizeof offset);
      if (at + offset != list) continue;
      offset += 4;
      std::memcpy(bytes.data() + at, &offset, sizeof offset);
      moved = true;
    }
    QVERIFY(moved);
    const auto message = decodeFrame(bytes);
    QVERIFY_OK(message);
    QCOMPARE(std::get<session::TuningFrame>(message->frame).orientation.size(), std::size_t{1});
  }

  void whatIsMissingIsRefused() {
    flatbuffers::FlatBufferBuilder builder;
    QVERIFY_REFUSED(decode(finished(builder, fb::Body::NONE, 0)), "nothing that this version knows");
    builder.Clear();
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::NONE, 0)), "no frame that this version knows");
    builder.Clear();
    const auto job = fb::CreateJobFrame(builder).Union();
    QVERIFY_REFUSED(decode(frameOf(builder, static_cast<fb::Frame>(99), job)), "no frame that this version knows");
    builder.Clear();
    QVERIFY_REFUSED(decode(finished(builder, fb::Body::Request, fb::CreateRequest(builder, 1).Union())),
                    "asks nothing");
    builder.Clear();
    const auto maps = fb::CreateMapsFrame(builder).Union();
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::MapsFrame, maps)), "of which network");
    builder.Clear();
    const auto notice = fb::CreateNotice(builder, static_cast<fb::NoticeKind>(3)).Union();
    QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::Notice, notice)), "a kind that this version does not have");
  }

  void mapsWithoutARangeAreRefused() {
    const float nan = test::kNanF;
    for (const auto& [low, high] :
         {std::pair{1.0F, 0.0F}, {nan, 1.0F}, {0.0F, nan}, {-std::numeric_limits<float>::infinity(), 1.0F}}) {
      flatbuffers::FlatBufferBuilder builder;
      const auto codes = builder.CreateVector(std::vector<std::uint16_t>{1, 2});
      const auto map = fb::CreateUnitMap(builder, low, high, codes);
      fb::SheetMapsBuilder sheet(builder);
      sheet.add_loss_share(map);
      const auto sheets = builder.CreateVector(std::vector{sheet.Finish()});
      const fb::Stamp stamp(1, 0, 0);
      const auto frame = fb::CreateMapsFrame(builder, &stamp, false, sheets).Union();
      QVERIFY_REFUSED(decode(frameOf(builder, fb::Frame::MapsFrame, frame)), "no range");
    }
  }

  // The encoder sends what it is given: contradictions are the receiver's to find.
  void contradictionsAreRefused() {
    const auto network = [](const auto& change, const char* why) {
      session::NetworkFrame frame = test::sampleNetwork();
      change(frame);
      refused(frame, why);
    };
    using session::NetworkFrame;
    network([](NetworkFrame& f) { f.sheets[0].xMm.pop_back(); }, "not as many positions as units");
    network([](NetworkFrame& f) { f.sheets[0].xMm[3] = test::kNanF; }, "beside its sheet");
    network([](NetworkFrame& f) { f.sheets[0].yMm[3] = 36.1F; }, "beside its sheet");
    network([](NetworkFrame& f) { f.sheets[0].spec.channels = -3; }, "impossible shape");
    network([](NetworkFrame& f) { f.sheets[0].spec.width = std::numeric_limits<int>::max(); }, "impossible shape");
    network([](NetworkFrame& f) { f.sheets[1].spec.displaySideMm = session::kUnknown; }, "impossible size");
    network([](NetworkFrame& f) { f.timeSteps = 1 << 30; }, "impossible number of time steps");
    network([](NetworkFrame& f) { f.imageSide = -1; }, "impossible size");
    network([](NetworkFrame& f) { f.angleDeg[0] = session::kUnknown; }, "axis");
    network([](NetworkFrame& f) { f.lesion.parts[0].sheet = 2; }, "a sheet that it does not have");
    network([](NetworkFrame& f) { f.lesion.parts[0].units.push_back(4); }, "units that it does not have");
    network([](NetworkFrame& f) { f.lesion.parts[0].units = {2, 2}; }, "units that it does not have");
    network([](NetworkFrame& f) { f.lesion.parts[0].strength = session::kUnknown; }, "impossible strength");
    network([](NetworkFrame& f) { f.lesion.parts[0].timeSteps = {3}; }, "time steps that it does not have");
    network([](NetworkFrame& f) { f.path = std::string("a\0b", 3); }, "a zero in it");

    session::MapsFrame maps = test::sampleMaps();
    maps.sheets[0].tuning.meanRate.pop_back();
    refused(maps, "not of the same units");
    maps = test::sampleMaps();
    maps.sheets[1].pinwheels[0].yMm = session::kUnknown;
    refused(maps, "a pinwheel lies nowhere");
    maps = test::sampleMaps();
    maps.sheets[0].domains[0].patches[0].outlines[0][1].xMm = session::kUnknown;
    refused(maps, "an outline leads nowhere");

    session::ActivityFrame activity = test::sampleActivity();
    activity.picture.pixels.pop_back();
    refused(activity, "not as many pixels");
    activity = test::sampleActivity();
    activity.picture.width = 1 << 30;
    refused(activity, "a picture has an impossible size");
    activity = test::sampleActivity();
    activity.spikes[1].pop_back();
    refused(activity, "not of whole time steps");
    activity = test::sampleActivity();
    activity.timeSteps = 0;
    refused(activity, "not of whole time steps");
    activity = test::sampleActivity();
    activity.probeImage = 3;
    refused(activity, "none of those that come by");

    session::TuningFrame tuning = test::sampleTuning();
    tuning.units[1] = -1;
    refused(tuning, "impossible unit");
    session::LesionFrame lesion = test::sampleLesionEffect();
    lesion.categories[0].sham.correct = 26;
    refused(lesion, "more images were told right");
    session::TrainingFrame training = test::sampleTraining();
    training.points[0].fast.push_back(1);
    refused(training, "not as many losses as layers");
    refused(session::JobFrame{"", -1, 0, 0}, "below zero");
  }
};

QTEST_APPLESS_MAIN(TestWireHostile)
#include "test_wire_hostile.moc"
