#include "views/field.h"

#include <cmath>

#include "tests/support.h"
#include "tests/views/fake_engine.h"

using namespace pinwheel;
using namespace pinwheel::views;

class TestField : public QObject {
  Q_OBJECT

  std::shared_ptr<session::NetworkFrame> m_network = test::makeNetwork();
  std::shared_ptr<session::MapsFrame> m_maps = test::makeMaps(*m_network);
  std::shared_ptr<session::ActivityFrame> m_activity = test::makeActivity(*m_network, *m_maps);
  session::Lesion m_lesion{1, {{0, {2, 5, 9}, session::PerturbationKind::silence, 1, {}}}};

  [[nodiscard]] FieldSource source() const { return {m_network, m_maps, m_activity, &m_lesion}; }

private Q_SLOTS:
  void everyChoiceHasANameAndValues() {
    const std::vector<FieldChoice> choices = fieldChoices(*m_network);
    QCOMPARE(choices.size(), std::size_t{4 + 5 + 4});
    QSet<QString> names;
    for (const FieldChoice& choice : choices)
      for (const std::size_t sheet : {std::size_t{0}, std::size_t{1}}) {
        const Field field = fieldOf(source(), sheet, choice);
        QCOMPARE(field.name, nameOf(choice, m_network.get()));
        QVERIFY(!field.name.isEmpty());
        names.insert(field.name);
        if (choice.quantity == Quantity::lesion && sheet == 1) {
          QCOMPARE(field.note, QStringLiteral("No unit of this sheet is perturbed"));
          QVERIFY(field.values.empty());
          continue;
        }
        QVERIFY2(field.note.isEmpty(), qPrintable(field.note));
        QCOMPARE(field.values.size(), m_network->sheets[sheet].xMm.size());
        QVERIFY(field.low < field.high);
      }
    QCOMPARE(names.size(), qsizetype{13});
    QVERIFY(names.contains("Faces"));
  }

  void valuesAreTheFrames() {
    const analysis::TuningMaps& tuning = m_maps->sheets[0].tuning;
    const Field orientation = fieldOf(source(), 0, {Quantity::orientation});
    QCOMPARE(orientation.values, tuning.orientationDeg);
    QVERIFY(orientation.cyclic);
    QCOMPARE(orientation.unit, QStringLiteral("deg"));
    QCOMPARE(orientation.high, 180.0);
    QCOMPARE(orientation.saturation.size(), orientation.values.size());
    // The most selective are fully coloured; the order is that of selectivity.
    for (std::size_t u = 1; u < orientation.values.size(); ++u) {
      QVERIFY(orientation.saturation[u] >= 0 && orientation.saturation[u] <= 1);
      if (tuning.circularVariance[u] < tuning.circularVariance[u - 1])
        QVERIFY(orientation.saturation[u] >= orientation.saturation[u - 1]);
    }
    QCOMPARE(fieldOf(source(), 0, {Quantity::circularVariance}).values, tuning.circularVariance);
    const Field frequency = fieldOf(source(), 0, {Quantity::spatialFrequency});
    QCOMPARE(frequency.values, tuning.frequencyCyclesPerImage);
    QCOMPARE(frequency.low, 2.0);
    QCOMPARE(frequency.high, 8.0);
    const Field colour = fieldOf(source(), 0, {Quantity::colour});
    QCOMPARE(colour.values, tuning.colourPreference);
    QCOMPARE(colour.low, -colour.high);
    const Field share = fieldOf(source(), 0, {Quantity::lossShare});
    QCOMPARE(share.values, m_maps->sheets[0].lossShare);
    QCOMPARE((share.low + share.high) / 2, 0.5);  // no order is the pale middle
    const Field places = fieldOf(source(), 1, {Quantity::category, 3});
    QCOMPARE(places.name, QStringLiteral("Places"));
    QCOMPARE(places.unit, QStringLiteral("t"));
    QCOMPARE(places.values, m_maps->sheets[1].domains[3].t);
    QVERIFY(places.map == figures::ColourMap::vik);
    QCOMPARE(places.low, -places.high);
  }

  void activityIsOfTheStimulus() {
    const std::size_t units = m_network->sheets[1].xMm.size();
    const std::vector<std::uint8_t>& spikes = m_activity->spikes[1];
    std::vector<float> sums(units, 0);
    for (int t = 0; t < 4; ++t) {
      const Field step = fieldOf(source(), 1, {Quantity::spikes, 0, t});
      for (std::size_t u = 0; u < units; ++u) {
        QCOMPARE(step.values[u], spikes[static_cast<std::size_t>(t) * units + u] != 0 ? 1.0F : 0.0F);
        sums[u] += step.values[u];
      }
    }
    const Field rate = fieldOf(source(), 1, {Quantity::rate});
    for (std::size_t u = 0; u < units; ++u) QCOMPARE(rate.values[u], sums[u] / 4);
    // A step that the stimulus has not is the last.
    QCOMPARE(fieldOf(source(), 1, {Quantity::spikes, 0, 99}).values,
             fieldOf(source(), 1, {Quantity::spikes, 0, 3}).values);
  }

  void theLesionIsSeen() {
    const Field field = fieldOf(source(), 0, {Quantity::lesion});
    for (std::size_t u = 0; u < field.values.size(); ++u)
      QCOMPARE(field.values[u], u == 2 || u == 5 || u == 9 ? 1.0F : 0.0F);
  }

  void missingFramesAreNotes_data() {
    QTest::addColumn<bool>("network");
    QTest::addColumn<bool>("maps");
    QTest::addColumn<int>("quantity");
    QTest::addColumn<QString>("note");
    const auto row = [](const char* name, bool network, bool maps, Quantity quantity, const char* note) {
      QTest::newRow(name) << network << maps << static_cast<int>(quantity) << QString::fromLatin1(note);
    };
    row("nothing", false, false, Quantity::orientation, "No network is open");
    row("no maps", true, false, Quantity::orientation, "The maps of this network are not measured yet");
    row("no category maps", true, false, Quantity::category, "The maps of this network are not measured yet");
    row("no stimulus", true, true, Quantity::rate, "No stimulus is shown yet");
    row("no spikes", true, true, Quantity::spikes, "No stimulus is shown yet");
    row("no lesion", true, true, Quantity::lesion, "No unit of this sheet is perturbed");
  }
  void missingFramesAreNotes() {
    QFETCH(bool, network);
    QFETCH(bool, maps);
    QFETCH(int, quantity);
    QFETCH(QString, note);
    FieldSource some;
    if (network) some.network = m_network;
    if (maps) some.maps = m_maps;
    const Field field = fieldOf(some, 0, {static_cast<Quantity>(quantity)});
    QCOMPARE(field.note, note);
    QVERIFY(field.values.empty());
    QVERIFY(!field.name.isEmpty());
  }

  void oddFramesAreNotes() {
    // A preview without category maps, a silent sheet, maps of another size, a sheet that is not there.
    auto preview = std::make_shared<session::MapsFrame>(*m_maps);
    preview->sheets[0].domains.clear();
    FieldSource some{m_network, preview, nullptr, nullptr};
    QCOMPARE(fieldOf(some, 0, {Quantity::category}).note,
             QStringLiteral("The category maps of this network are not measured yet"));
    preview = std::make_shared<session::MapsFrame>(*m_maps);
    auto& tuning = preview->sheets[0].tuning;
    tuning.orientationDeg.assign(tuning.orientationDeg.size(), std::nanf(""));
    some.maps = preview;
    QCOMPARE(fieldOf(some, 0, {Quantity::orientation}).note, QStringLiteral("No unit of this sheet has a preference"));
    preview = std::make_shared<session::MapsFrame>(*preview);
    auto& silent = preview->sheets[0].tuning;
    silent.meanRate.assign(silent.meanRate.size(), 0);
    some.maps = preview;
    QCOMPARE(fieldOf(some, 0, {Quantity::orientation}).note, QStringLiteral("No unit of this sheet responds"));
    preview = std::make_shared<session::MapsFrame>(*m_maps);
    preview->sheets[0].lossShare.clear();
    preview->preview = true;
    some.maps = preview;
    QCOMPARE(fieldOf(some, 0, {Quantity::lossShare}).note,
             QStringLiteral("The loss share is measured with the whole set: choose \"Measure maps again\""));
    preview = std::make_shared<session::MapsFrame>(*m_maps);
    preview->sheets[0].tuning.circularVariance.pop_back();
    some.maps = preview;
    QVERIFY(fieldOf(some, 0, {Quantity::circularVariance}).values.empty());
    QCOMPARE(fieldOf(source(), 7, {Quantity::orientation}).note, QStringLiteral("No network is open"));
  }

  void howFarTheLossShareIs_data() {
    QTest::addColumn<int>("state");
    QTest::addColumn<QString>("note");
    const auto row = [](const char* name, session::LossShareState state, const char* note) {
      QTest::newRow(name) << static_cast<int>(state) << QString::fromLatin1(note);
    };
    row("not asked", session::LossShareState::notAsked, "The loss share is not measured yet");
    row("under way", session::LossShareState::underWay, "The loss share is being measured");
    row("stopped", session::LossShareState::stopped,
        "Measuring the loss share was stopped: choose \"Measure maps again\"");
    row("impossible", session::LossShareState::impossible, "The sheet of V1 is too sparse");
  }
  void howFarTheLossShareIs() {
    QFETCH(int, state);
    QFETCH(QString, note);
    const auto maps = test::withoutLossShare(*m_maps, static_cast<session::LossShareState>(state));
    if (maps->lossShareState == session::LossShareState::impossible)
      maps->lossShareNote = "The sheet of V1 is too sparse";
    const FieldSource some{m_network, maps, nullptr, nullptr};
    const Field share = fieldOf(some, 0, {Quantity::lossShare});
    QCOMPARE(share.note, note);
    QVERIFY(share.values.empty());
    // The others are there meanwhile.
    QCOMPARE(fieldOf(some, 0, {Quantity::orientation}).values, m_maps->sheets[0].tuning.orientationDeg);
  }

  // Two measurements of one network: with m_lesion, and before it.
  void theMapsBeforeTheLesion() {
    const auto intact = test::turned(*m_maps, 60);
    for (float& t : intact->sheets[0].domains[0].t) t += 1;
    auto effect = std::make_shared<session::LesionFrame>();
    effect->mapsBefore = intact;
    FieldSource both = source();
    both.effect = effect;
    const FieldSource old{m_network, intact, m_activity, nullptr};
    for (const FieldChoice& now : fieldChoices(*m_network)) {
      FieldChoice before = now;
      before.before = true;
      const Field field = fieldOf(both, 0, before);
      if (now.quantity == Quantity::lesion) {
        QCOMPARE(field.values, fieldOf(both, 0, now).values);
      } else if (!isOfMaps(now.quantity)) {
        QVERIFY2(field.note.contains("is not kept"), qPrintable(field.note));
      } else {
        QVERIFY2(field.note.isEmpty(), qPrintable(field.note));
        QCOMPARE(field.values, fieldOf(old, 0, now).values);
        QVERIFY2(field.name.startsWith("Before the lesion: "), qPrintable(field.name));
      }
      // What is shown of now stays what it was.
      QCOMPARE(fieldOf(both, 0, now).values, fieldOf(source(), 0, now).values);
    }
    FieldChoice orientation{Quantity::orientation};
    orientation.before = true;
    QVERIFY(fieldOf(both, 0, orientation).values != m_maps->sheets[0].tuning.orientationDeg);
    QCOMPARE(nameOf(orientation, m_network.get()), QStringLiteral("Before the lesion: preferred orientation"));
  }

  void whyThereIsNoBefore() {
    FieldChoice choice{Quantity::orientation};
    choice.before = true;
    FieldSource some = source();
    QCOMPARE(fieldOf(some, 0, choice).note, QStringLiteral("The effect of the lesion is not measured yet"));
    auto effect = std::make_shared<session::LesionFrame>();
    some.effect = effect;
    QCOMPARE(fieldOf(some, 0, choice).note, QStringLiteral("The maps were not measured before the lesion"));
    effect->mapsBefore = test::withoutLossShare(*m_maps);
    QVERIFY(fieldOf(some, 0, choice).note.isEmpty());
    choice.quantity = Quantity::lossShare;
    QCOMPARE(fieldOf(some, 0, choice).note, QStringLiteral("The loss share was not measured before the lesion"));
    const session::Lesion none;
    some.lesion = &none;
    QVERIFY(fieldOf(some, 0, choice).note.startsWith("No lesion acts"));
    QVERIFY(mapsOf(some, choice) == nullptr);
  }

  void oneRangeForAllFields() {
    std::vector<Field> fields(3);
    shareRange(fields);
    QCOMPARE(fields[0].high, 1.0);  // none has values: nothing to share
    fields[0].values = {1};
    fields[0].low = -2;
    fields[0].high = 2;
    fields[1].values = {1};
    fields[1].low = -5;
    fields[1].high = 1;
    fields[2].high = 99;  // nothing of it is shown
    shareRange(fields);
    for (const Field& field : fields) {
      QCOMPARE(field.low, -5.0);
      QCOMPARE(field.high, 2.0);
    }
  }

  void coloursAreTheMaps() {
    const QRgb ground = qRgb(255, 255, 255);
    const Field orientation = fieldOf(source(), 0, {Quantity::orientation});
    for (const float degrees : {0.0F, 45.0F, 90.0F, 135.0F}) {
      const figures::Rgb want = figures::colourAt(figures::ColourMap::orientation, static_cast<double>(degrees) / 180);
      QCOMPARE(colourOf(orientation, degrees, 1, ground), qRgb(want.r, want.g, want.b));
    }
    QCOMPARE(colourOf(orientation, 180, 1, ground), colourOf(orientation, 0, 1, ground));
    QCOMPARE(colourOf(orientation, -45, 1, ground), colourOf(orientation, 135, 1, ground));
    QCOMPARE(colourOf(orientation, std::nanf(""), 1, 0xff123456U), 0xff123456U);
    // Without selectivity every hue is the same: pale on light, grey on dark.
    QCOMPARE(colourOf(orientation, 10, 0, ground), colourOf(orientation, 100, 0, ground));
    QVERIFY(qGray(colourOf(orientation, 10, 0, ground)) > 230);
    QVERIFY(qGray(colourOf(orientation, 10, 0, qRgb(20, 20, 20))) < 120);
    const Field faces = fieldOf(source(), 0, {Quantity::category, 0});
    const auto beyond = [&](double value) { return colourOf(faces, static_cast<float>(value), 1, ground); };
    const auto at = [](double p) {
      const figures::Rgb c = figures::colourAt(figures::ColourMap::vik, p);
      return qRgb(c.r, c.g, c.b);
    };
    QCOMPARE(beyond(2 * faces.high), at(1));
    QCOMPARE(beyond(2 * faces.low), at(0));
    QCOMPARE(beyond(0), at(0.5));
  }
};

QTEST_APPLESS_MAIN(TestField)
#include "test_field.moc"
