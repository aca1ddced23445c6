// Lesions of an open network: the effect, the sham, undo.
#include <torch/torch.h>

#include <cstring>

#include "engine/data/selection.h"
#include "engine/perturbation/lesion.h"
#include "engine/perturbation/sham.h"
#include "engine/training/responses.h"
#include "engine/training/restore.h"
#include "engine/training/setup.h"
#include "tests/session/session_reader.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

Lesion firstUnits(std::uint64_t version, std::size_t sheet, std::int32_t count,
                  PerturbationKind kind = PerturbationKind::silence, double strength = 1) {
  LesionPart part{sheet, {}, kind, strength, {}};
  for (std::int32_t u = 0; u < count; ++u) part.units.push_back(2 * u);
  return {version, {part}};
}

bool sameFloats(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void compareMaps(const MapsFrame& a, const MapsFrame& b) {
  QCOMPARE(a.sheets.size(), b.sheets.size());
  for (std::size_t s = 0; s < a.sheets.size(); ++s) {
    QVERIFY(sameFloats(a.sheets[s].tuning.orientationDeg, b.sheets[s].tuning.orientationDeg));
    QVERIFY(sameFloats(a.sheets[s].tuning.meanRate, b.sheets[s].tuning.meanRate));
    for (std::size_t d = 0; d < a.sheets[s].domains.size(); ++d)
      QVERIFY(sameFloats(a.sheets[s].domains[d].t, b.sheets[s].domains[d].t));
  }
}

}  // namespace

class TestSessionLesions : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    training::TrainConfig config = stepConfig();
    config.data.validationCount = 200;
    Recorder recorder;
    QVERIFY_OK(training::train(config, runInto(at("run")), recorder, recorder.stop));
    m_checkpoint = at("run/checkpoint.safetensors");
    QVERIFY(m_reader.engine.post(OpenCheckpoint{m_checkpoint}));
    QVERIFY_UNTIL(m_reader, m_reader.mapped());
    m_intact = m_reader.maps.back();
  }

  void theEffectIsThatOfAPassWithThePerturbation() {
    const Lesion lesion = firstUnits(1, 0, 2000);
    QVERIFY(m_reader.engine.post(SetLesion{lesion, 7}));
    QVERIFY_UNTIL(m_reader, m_reader.mapped(1));
    QCOMPARE(m_reader.lesions.size(), std::size_t{1});
    const LesionFrame& frame = *m_reader.lesions.back();
    QCOMPARE(frame.stamp.lesion, std::uint64_t{1});
    QCOMPARE(frame.units, std::int64_t{2000});
    QVERIFY(frame.mapsBefore == m_intact);

    const auto checkpoint = training::loadCheckpoint(m_checkpoint);
    auto restored = training::restoreNetwork(*checkpoint, at::kCPU, m_checkpoint);
    const auto validation = data::openDataset("builtin", training::datasetOptions(checkpoint->config))->validation;
    const auto images = data::selectImages(validation, data::balancedIndices(*validation, 1000, 1));
    const data::Normalisation normalisation{checkpoint->provenance.pixelMean, checkpoint->provenance.pixelDeviation};
    const auto sham = perturbation::shamOf(lesion, std::vector<std::int64_t>{8192, 4096, 4096, 2048}, 7);
    QVERIFY_OK(sham);
    for (const auto& [which, accuracy, perCategory] : {std::tuple{Lesion{}, frame.before, &CategoryEffect::before},
                                                       std::tuple{lesion, frame.after, &CategoryEffect::after},
                                                       std::tuple{*sham, frame.sham, &CategoryEffect::sham}}) {
      restored->network->setPerturbation(perturbation::makePerturbation(which, restored->network->sheets(), at::kCPU));
      const auto want =
          training::recordDataset(*restored->network, at::kCPU, images, 32, normalisation, 32, 1, true, {});
      QVERIFY_OK(want);
      QCOMPARE(accuracy.images, std::int64_t{200});
      QCOMPARE(accuracy.value(), want->accuracy);
      QVERIFY(accuracy.low <= accuracy.value() && accuracy.value() <= accuracy.high);
      for (std::size_t c = 0; c < 10; ++c) {
        QCOMPARE(frame.categories[c].category, checkpoint->provenance.classNames[c]);
        QCOMPARE((frame.categories[c].*perCategory).correct, want->correct[c]);
        QCOMPARE((frame.categories[c].*perCategory).images, std::int64_t{20});
      }
    }
    // Silenced units have no preference; the others of V1 are as they were.
    const auto& after = m_reader.maps.back()->sheets[0].tuning.meanRate;
    const auto& before = m_intact->sheets[0].tuning.meanRate;
    for (std::size_t u = 0; u < 8192; ++u) QCOMPARE(after[u], u % 2 == 0 && u < 4000 ? 0.0F : before[u]);
    QCOMPARE(m_reader.activities.back()->stamp.lesion, std::uint64_t{1});
  }

  void undoAndRedoComeFromTheCache() {
    const auto maps = m_reader.maps.back();
    const auto effect = m_reader.lesions.back();
    m_reader.forget();
    QVERIFY(m_reader.engine.post(SetLesion{Lesion{2, {}}, 7}));  // undo
    QVERIFY_UNTIL(m_reader, !m_reader.maps.empty() && m_reader.maps.back()->stamp.lesion == 2);
    compareMaps(*m_reader.maps.back(), *m_intact);
    QCOMPARE(m_reader.lesions.back()->units, std::int64_t{0});
    QCOMPARE(m_reader.lesions.back()->after.correct, effect->before.correct);
    m_reader.forget();
    QVERIFY(m_reader.engine.post(SetLesion{firstUnits(3, 0, 2000), 7}));  // redo
    QVERIFY_UNTIL(m_reader, !m_reader.maps.empty() && m_reader.maps.back()->stamp.lesion == 3);
    compareMaps(*m_reader.maps.back(), *maps);
    const LesionFrame& again = *m_reader.lesions.back();
    QCOMPARE(again.stamp.lesion, std::uint64_t{3});
    QCOMPARE(again.after.correct, effect->after.correct);
    QCOMPARE(again.sham.correct, effect->sham.correct);
    QVERIFY(m_reader.jobs.empty());  // nothing was measured
    // Tuning is that of the lesioned network again.
    QVERIFY(m_reader.engine.post(AskTuning{0, {2}}));
    QVERIFY_UNTIL(m_reader, !m_reader.tunings.empty());
    for (const CurvePoint& point : m_reader.tunings.back()->orientation) QCOMPARE(point.mean, 0.0);
  }

  void anotherShamIsMeasured() {
    m_reader.forget();
    QVERIFY(m_reader.engine.post(SetLesion{firstUnits(4, 0, 2000), 8}));
    QVERIFY_UNTIL(m_reader, !m_reader.lesions.empty() && !m_reader.jobs.empty());
    QCOMPARE(m_reader.lesions.back()->stamp.lesion, std::uint64_t{4});
  }

  void noShamWhenTooFewAreLeft() {
    m_reader.forget();
    Lesion whole = firstUnits(5, 3, 0);
    for (std::int32_t u = 0; u < 1500; ++u) whole.parts[0].units.push_back(u);
    QVERIFY(m_reader.engine.post(SetLesion{whole, 1}));
    QVERIFY_UNTIL(m_reader, !m_reader.lesions.empty() && m_reader.lesions.back()->stamp.lesion == 5);
    QVERIFY(m_reader.told("There is no sham"));
    QCOMPARE(m_reader.lesions.back()->sham.images, std::int64_t{0});
    QCOMPARE(m_reader.lesions.back()->after.images, std::int64_t{200});
  }

  // Three at once: the first two are superseded, the network has the last one.
  void theNewestLesionCounts() {
    m_reader.read();
    m_reader.forget();
    for (std::uint64_t v = 10; v <= 12; ++v)
      QVERIFY(m_reader.engine.post(
          SetLesion{firstUnits(v, 1, static_cast<std::int32_t>(v), PerturbationKind::noise, 0.5), 1}));
    QVERIFY_UNTIL(m_reader, !m_reader.maps.empty() && m_reader.maps.back()->stamp.lesion == 12);
    for (const auto& maps : m_reader.maps) QVERIFY(maps->stamp.lesion != 10 && maps->stamp.lesion != 11);
    QCOMPARE(m_reader.lesions.back()->units, std::int64_t{12});
    QVERIFY2(m_reader.notices.empty(), m_reader.noticesText().c_str());
  }

  // Noise is drawn by name: the same lesion, measured anew, gives the same maps.
  void noiseIsTheSameEveryTime() {
    const auto first = m_reader.maps.back();
    m_reader.forget();
    QVERIFY(m_reader.engine.post(MeasureMaps{}));
    QVERIFY_UNTIL(m_reader, !m_reader.maps.empty());
    compareMaps(*m_reader.maps.back(), *first);
  }

  void anotherNetworkBeginsWithoutALesion() {
    m_reader.forget();
    QVERIFY(m_reader.engine.post(OpenCheckpoint{m_checkpoint}));
    QVERIFY_UNTIL(m_reader, m_reader.mapped());
    QCOMPARE(m_reader.networks.back()->stamp.lesion, std::uint64_t{0});
    QCOMPARE(m_reader.networks.back()->stamp.network, std::uint64_t{2});
    compareMaps(*m_reader.maps.back(), *m_intact);
  }

  // Data that are gone: the maps still tell.
  void withoutDataTheMapsRemain() {
    auto checkpoint = training::loadCheckpoint(m_checkpoint);
    checkpoint->provenance.data = "folder:" + at("gone").string();
    QVERIFY_OK(training::saveCheckpoint(at("gone.safetensors"), *checkpoint));
    m_reader.forget();
    QVERIFY(m_reader.engine.post(OpenCheckpoint{at("gone.safetensors")}));
    QVERIFY_UNTIL(m_reader, !m_reader.networks.empty());
    QVERIFY(m_reader.engine.post(SetLesion{firstUnits(20, 0, 10), 1}));
    QVERIFY_UNTIL(m_reader, m_reader.mapped(20));
    QVERIFY(m_reader.told("gone"));
    QCOMPARE(m_reader.lesions.back()->units, std::int64_t{10});
    QCOMPARE(m_reader.lesions.back()->after.images, std::int64_t{0});
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  std::filesystem::path m_checkpoint;
  Reader m_reader;
  std::shared_ptr<const MapsFrame> m_intact;
};

QTEST_APPLESS_MAIN(TestSessionLesions)
#include "test_session_lesions.moc"
