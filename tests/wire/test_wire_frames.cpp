// Every frame there and back, field by field, and what the encoder will not send.
#include <cstring>

#include "engine/wire/compact.h"
#include "engine/wire/decode.h"
#include "engine/wire/encode.h"
#include "engine/wire/fit.h"
#include "tests/support.h"
#include "tests/wire/same.h"
#include "tests/wire/samples.h"

using namespace pinwheel;
using namespace pinwheel::wire;
using test::difference;

namespace {

// What is left of a map of 16 bits.
void compacted(std::vector<float>& map) {
  const auto compact = compactMap(map);
  map = expandMap(compact->minimum, compact->maximum, compact->codes);
}

session::MapsFrame compacted(session::MapsFrame frame) {
  for (session::SheetMaps& sheet : frame.sheets) {
    analysis::TuningMaps& t = sheet.tuning;
    for (auto* map :
         {&t.orientationDeg, &t.orientationVonMisesDeg, &t.circularVariance, &t.orientationPeakToPeak,
          &t.frequencyCyclesPerImage, &t.frequencyPeakToPeak, &t.colourPreference, &t.colourPeakToPeak, &t.meanRate})
      compacted(*map);
    for (session::DomainMap& domain : sheet.domains) compacted(domain.t);
    compacted(sheet.lossShare);
  }
  return frame;
}

}  // namespace

class TestWireFrames : public QObject {
  Q_OBJECT

private:
  // `frame` as it arrives; a difference to `expected` is printed.
  static void thereAndBack(const Published& sent, const Published& expected) {
    const auto bytes = encode(sent);
    QVERIFY_OK(bytes);
    const auto back = decodeFrame(*bytes);
    QVERIFY_OK(back);
    const std::string d = difference(expected, *back);
    QVERIFY2(d.empty(), (std::string(nameOf(kindOf(sent.frame))) + d).c_str());
  }

private Q_SLOTS:
  void samplesSetEveryField() {
    for (const FrameVariant& frame : test::sampleFrames()) {
      const std::string missing = test::unset(frame);
      QVERIFY2(missing.empty(), (std::string(nameOf(kindOf(frame))) + missing).c_str());
    }
    // The comparison itself: a number, a text and a list that differ are found.
    session::NetworkFrame network = test::sampleNetwork();
    network.sheets[1].field.pitchPx += 1;
    QCOMPARE(difference(test::sampleNetwork(), network), std::string(".5[1].3.1 differs"));
    QCOMPARE(test::unset(session::JobFrame{"a", 0, 1, 2}), std::string(".1 is as it was"));
  }

  void everyFieldComesBack() {
    std::uint64_t sequence = std::uint64_t{1} << 40;
    for (const FrameVariant& frame : test::sampleFrames()) {
      const bool maps = kindOf(frame) == FrameKind::maps || kindOf(frame) == FrameKind::lesion;
      Published sent{{++sequence, 12, maps ? MapPrecision::exact : MapPrecision::half16}, frame};
      thereAndBack(sent, sent);
    }
  }

  void mapsOf16BitsComeBackAsTheirCodes() {
    const Published maps{{1, 0, MapPrecision::half16}, test::sampleMaps()};
    thereAndBack(maps, {maps.head, compacted(test::sampleMaps())});
    session::LesionFrame lesion = test::sampleLesionEffect();
    session::LesionFrame expected = lesion;
    expected.mapsBefore = std::make_shared<const session::MapsFrame>(compacted(*lesion.mapsBefore));
    thereAndBack({maps.head, lesion}, {maps.head, expected});
  }

  void emptyFramesComeBack() {
    for (const FrameVariant& frame : std::initializer_list<FrameVariant>{
             session::NetworkFrame{}, session::MapsFrame{}, session::ActivityFrame{}, session::TuningFrame{},
             session::LesionFrame{}, session::TrainingFrame{}, session::JobFrame{}, session::Notice{}})
      thereAndBack({{}, frame}, {{}, frame});
    session::MapsFrame maps;
    maps.sheets.resize(3);
    maps.sheets[1].domains.resize(2);
    thereAndBack({{}, maps}, {{}, maps});
    session::ActivityFrame activity;
    activity.spikes.resize(2);
    activity.probeBatch = {"", ""};
    thereAndBack({{}, activity}, {{}, activity});
  }

  void numbersAtTheEdgeComeBack() {
    session::JobFrame job{"", std::numeric_limits<std::int64_t>::max(), 0, -0.0};
    thereAndBack({{}, job}, {{}, job});
    job.secondsLeft = std::numeric_limits<double>::infinity();
    thereAndBack({{}, job}, {{}, job});
    // A map with an infinity has no range to divide: it travels as it is, its neighbours in 16 bits.
    session::MapsFrame maps = test::sampleMaps();
    maps.sheets[0].domains[0].t[3] = -std::numeric_limits<float>::infinity();
    const std::vector<float> exact = maps.sheets[0].domains[0].t;
    session::MapsFrame expected = maps;
    expected.sheets[0].domains[0].t = {};
    for (float& value : maps.sheets[1].lossShare) value = test::kNanF;
    expected = maps;
    expected.sheets[0].domains[0].t.assign(12, 0.0F);
    expected = compacted(expected);
    expected.sheets[0].domains[0].t = exact;
    thereAndBack({{}, maps}, {{}, expected});
  }

  void spikesAboveOneBecomeOne() {
    session::ActivityFrame sent = test::sampleActivity();
    session::ActivityFrame expected = sent;
    sent.spikes[0][5] = 200;
    expected.spikes[0][5] = 1;
    thereAndBack({{}, sent}, {{}, expected});
  }

  void aRasterTakesOneBitAnEntry() {
    session::ActivityFrame frame;
    frame.timeSteps = 4;
    const auto empty = encode(frame);
    frame.spikes = {std::vector<std::uint8_t>(80'000, 1)};
    const auto full = encode(frame);
    QVERIFY_OK(empty);
    QVERIFY_OK(full);
    QVERIFY(full->size() - empty->size() >= 10'000 && full->size() - empty->size() < 10'100);
  }

  // The account that a receiver keeps of a message's memory has room for what we send, however small its parts.
  void manySmallPartsComeBack() {
    constexpr std::size_t kMany = 20'000;
    session::MapsFrame maps;
    maps.sheets.resize(1);
    maps.sheets[0].domains.resize(kMany);
    thereAndBack({{}, maps}, {{}, maps});
    maps.sheets[0].domains.resize(1);
    maps.sheets[0].domains[0].patches.resize(kMany);
    thereAndBack({{}, maps}, {{}, maps});
    maps.sheets[0].domains[0].patches.resize(1);
    maps.sheets[0].domains[0].patches[0].outlines.resize(kMany);
    thereAndBack({{}, maps}, {{}, maps});
    maps.sheets.assign(kMany, {});
    thereAndBack({{}, maps}, {{}, maps});
    session::NetworkFrame network;
    network.classNames.resize(kMany);
    thereAndBack({{}, network}, {{}, network});
    network.sheets.resize(kMany);
    thereAndBack({{}, network}, {{}, network});
    session::ActivityFrame activity;
    activity.spikes.resize(kMany);
    thereAndBack({{}, activity}, {{}, activity});
    session::TuningFrame tuning;
    tuning.domains.resize(kMany);
    tuning.best.resize(kMany);
    thereAndBack({{}, tuning}, {{}, tuning});
    session::LesionFrame lesion;
    lesion.categories.resize(kMany);
    thereAndBack({{}, lesion}, {{}, lesion});
    session::TrainingFrame training;
    training.points.resize(kMany);
    training.epochs.resize(kMany);
    training.epochs[0].smoothness.resize(kMany);
    thereAndBack({{}, training}, {{}, training});
  }

  void bytesMayLieAnywhere() {
    const Published sent{{5, 6, MapPrecision::exact}, test::sampleLesionEffect()};
    const auto bytes = encode(sent);
    QVERIFY_OK(bytes);
    for (std::size_t shift = 0; shift < 8; ++shift) {
      Bytes moved(bytes->size() + shift);
      std::memcpy(moved.data() + shift, bytes->data(), bytes->size());
      const auto back = decodeFrame(std::span(moved).subspan(shift));
      QVERIFY_OK(back);
      QCOMPARE(difference(sent, *back), std::string());
    }
  }

  void whatIsTooMuchIsNotSent() {
    session::NetworkFrame network = test::sampleNetwork();
    network.provenance.assign(kMaxTextBytes, 'a');
    thereAndBack({{}, network}, {{}, network});
    network.provenance += 'a';
    QVERIFY_REFUSED(encode(network), "longer than 1 MiB");
    network = test::sampleNetwork();
    network.classNames.push_back(std::string(kMaxTextBytes + 1, 'a'));
    QVERIFY_REFUSED(encode(network), "longer than 1 MiB");
    session::TrainingFrame training;
    training.points.resize(kMaxTables);
    QVERIFY_REFUSED(encode(training), "more parts");
    session::ActivityFrame activity;
    activity.picture.pixels.resize(kMaxMessageBytes);
    QVERIFY_REFUSED(encode(activity), "larger than 512 MiB");
  }

  void framesFitTheirNetwork() {
    const session::NetworkFrame network = test::sampleNetwork();
    for (const FrameVariant& frame : test::sampleFrames()) QVERIFY_OK(fits(frame, network));

    session::MapsFrame maps = test::sampleMaps();
    maps.sheets[1] = test::sampleSheetMaps(5, 1);
    QVERIFY_REFUSED(fits(maps, network), "another number of units");
    session::LesionFrame lesion = test::sampleLesionEffect();
    lesion.mapsBefore = std::make_shared<const session::MapsFrame>(maps);
    QVERIFY_REFUSED(fits(lesion, network), "another number of units");
    maps.stamp.network = 2;  // of another network: nobody shows it
    QVERIFY_OK(fits(maps, network));
    maps.stamp.network = 3;
    maps.sheets.pop_back();
    QVERIFY_REFUSED(fits(maps, network), "another number of sheets");

    session::ActivityFrame activity = test::sampleActivity();
    activity.spikes[1].resize(9);
    QVERIFY_REFUSED(fits(activity, network), "another number of units");
    activity = test::sampleActivity();
    activity.timeSteps = 4;
    QVERIFY_REFUSED(fits(activity, network), "time steps");
    activity = test::sampleActivity();
    activity.probability.pop_back();
    QVERIFY_REFUSED(fits(activity, network), "classes");
    session::TuningFrame tuning = test::sampleTuning();
    tuning.units.push_back(4);
    QVERIFY_REFUSED(fits(tuning, network), "units that there are not");
    tuning.sheet = 2;
    QVERIFY_REFUSED(fits(tuning, network), "a sheet that there is not");
  }
};

QTEST_APPLESS_MAIN(TestWireFrames)
#include "test_wire_frames.moc"
