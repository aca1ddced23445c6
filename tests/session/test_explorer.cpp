// A session that opens a network: what it shows is what the engine measures.
#include <torch/torch.h>

#include <cmath>
#include <cstring>

#include "engine/training/measures.h"
#include "engine/training/metrics.h"
#include "engine/training/restore.h"
#include "engine/training/sheet_maps.h"
#include "tests/session/session_reader.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

// Bit by bit: NaN equals NaN.
bool same(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

class TestExplorer : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    training::TrainConfig config = plainConfig();
    config.evaluation.batchSize = 32;  // what a session shows at once to so small a network
    Recorder recorder;
    QVERIFY_OK(training::train(config, runInto(at("run")), recorder, recorder.stop));
    m_checkpoint = at("run/checkpoint.safetensors");
    QVERIFY(m_reader.engine.post(OpenCheckpoint{m_checkpoint}));
    QVERIFY_UNTIL(m_reader, m_reader.mapped());
  }

  void theNetworkIsTold() {
    const NetworkFrame& frame = *m_reader.networks.back();
    QCOMPARE(frame.title, std::string("run"));
    QCOMPARE(frame.path, m_checkpoint);
    QCOMPARE(frame.stamp.network, std::uint64_t{1});
    QCOMPARE(frame.stamp.step, std::int64_t{4});
    QCOMPARE(frame.sheets.size(), std::size_t{4});
    QCOMPARE(frame.classNames.size(), std::size_t{10});
    QCOMPARE(frame.domainNames.size(), std::size_t{5});
    QCOMPARE(frame.timeSteps, 4);
    QCOMPARE(frame.imageSide, 32);
    QCOMPARE(frame.angleDeg.size(), std::size_t{8});
    QCOMPARE(frame.frequencies.size(), std::size_t{8});
    QVERIFY(!frame.live && !frame.summary.empty() && !frame.provenance.empty());
    const auto sheets = training::loadPositions(m_checkpoint);
    QVERIFY_OK(sheets);
    for (std::size_t s = 0; s < 4; ++s) QVERIFY(same(frame.sheets[s].xMm, (*sheets)[s].displayXMm()));
  }

  void howItWasTrainedIsTold() {
    const auto want = training::readMetrics(at("run/metrics.jsonl"));
    QVERIFY_OK(want);
    QVERIFY(!want->empty());
    QVERIFY(!m_reader.trainings.empty());
    const TrainingFrame& got = *m_reader.trainings.front();
    QVERIFY(got.phase == TrainingPhase::none);
    QCOMPARE(got.points.size(), want->size());
    QCOMPARE(got.points.back().step, std::int64_t{4});
    QCOMPARE(got.points.back().taskLoss, want->back().taskLoss);
    QCOMPARE(got.points.back().slow.size(), want->back().layers.empty() ? std::size_t{0} : std::size_t{4});
    QCOMPARE(got.epochs.back().validationAccuracy, want->back().validationAccuracy);
  }

  void mapsAreThoseOfMeasure() {
    const auto checkpoint = training::loadCheckpoint(m_checkpoint);
    auto restored = training::restoreNetwork(*checkpoint, at::kCPU, m_checkpoint);
    QVERIFY_OK(restored);
    training::MeasureInputs inputs;
    inputs.network = restored->network.get();
    inputs.sheets = restored->sheets;
    inputs.categories = training::categoryWorld(32);
    inputs.data.train = inputs.data.validation = data::openDataset("builtin", {false, 32, 64, 20, 1})->validation;
    inputs.normalisation = {checkpoint->provenance.pixelMean, checkpoint->provenance.pixelDeviation};
    inputs.batchSize = 32;
    const StopFlag stop;
    const auto want = training::measure(inputs, {}, stop);
    QVERIFY_OK(want);
    const MapsFrame& got = *m_reader.maps.back();
    QCOMPARE(got.sheets.size(), want->sheets.size());
    for (std::size_t s = 0; s < got.sheets.size(); ++s) {
      const SheetMaps& maps = got.sheets[s];
      const training::SheetMeasures& measures = want->sheets[s];
      QVERIFY(same(maps.tuning.orientationDeg, measures.tuning.orientationDeg));
      QVERIFY(same(maps.tuning.circularVariance, measures.tuning.circularVariance));
      QVERIFY(same(maps.tuning.frequencyCyclesPerImage, measures.tuning.frequencyCyclesPerImage));
      QVERIFY(same(maps.tuning.colourPreference, measures.tuning.colourPreference));
      QCOMPARE(maps.domains.size(), measures.domains.size());
      for (std::size_t d = 0; d < maps.domains.size(); ++d) {
        QCOMPARE(maps.domains[d].domain, measures.domains[d].domain);
        QVERIFY(same(maps.domains[d].t, measures.domains[d].t));
        QCOMPARE(maps.domains[d].patches.size(), measures.domains[d].patches->size());
      }
      QCOMPARE(maps.pinwheelNote.empty(), measures.pinwheels.value.has_value());
      if (measures.pinwheels.value) QCOMPARE(maps.pinwheels.size(), measures.pinwheels.value->pinwheels.size());
      const auto& smoothness = measures.tuningSmoothness[0].value;
      QCOMPARE(std::isfinite(maps.orientationSmoothness), smoothness.has_value());
      if (smoothness) QCOMPARE(maps.orientationSmoothness, smoothness->mean);
      if (smoothness) QCOMPARE(maps.shuffledSmoothness, smoothness->shuffledMean);
    }
  }

  void tuningIsThatOfTheResponses() {
    const auto checkpoint = training::loadCheckpoint(m_checkpoint);
    auto restored = training::restoreNetwork(*checkpoint, at::kCPU, m_checkpoint);
    const data::Normalisation normalisation{checkpoint->provenance.pixelMean, checkpoint->provenance.pixelDeviation};
    const auto tuning = training::measureTuning(*restored->network, at::kCPU, 32, normalisation, 32);
    QVERIFY_OK(tuning);
    const auto categories =
        training::recordCategories(*restored->network, at::kCPU, training::categoryWorld(32), 32, normalisation, 32, 1);
    QVERIFY_OK(categories);
    // The unit of V1 that fires most.
    const auto& rates = (*tuning)[0].maps.meanRate;
    const auto unit = static_cast<std::int32_t>(std::max_element(rates.begin(), rates.end()) - rates.begin());
    QVERIFY(m_reader.engine.post(AskTuning{0, {unit}}));
    m_reader.forget();
    QVERIFY_UNTIL(m_reader, !m_reader.tunings.empty());
    const TuningFrame& frame = *m_reader.tunings.back();
    const auto orientation = (*tuning)[0].responses.orientationCurve(unit);
    const auto frequency = (*tuning)[0].responses.frequencyCurve(unit);
    const auto colour = (*tuning)[0].responses.colourCurve(unit);
    QCOMPARE(frame.orientation.size(), orientation.size());
    for (std::size_t i = 0; i < 8; ++i) QCOMPARE(frame.orientation[i].mean, orientation[i]);
    for (std::size_t i = 0; i < 8; ++i) QCOMPARE(frame.frequency[i].mean, frequency[i]);
    for (std::size_t i = 0; i < 2; ++i) QCOMPARE(frame.colour[i].mean, colour[i]);
    QVERIFY(std::abs(frame.orientationDeg -
                     static_cast<double>((*tuning)[0].maps.orientationDeg[static_cast<std::size_t>(unit)])) < 1e-4);
    for (int d = 0; d < 5; ++d) {
      const DomainResponse& domain = frame.domains[static_cast<std::size_t>(d)];
      QCOMPARE(domain.mean, (*categories)[0].mean(unit, d));
      QCOMPARE(domain.t, static_cast<double>((*categories)[0].tMap(d)[static_cast<std::size_t>(unit)]));
    }
    QCOMPARE(frame.best.size(), std::size_t{6});
    for (std::size_t i = 0; i < 6; ++i) {
      QCOMPARE(frame.best[i].picture.width, 32);
      QVERIFY(!frame.best[i].name.empty());
      QVERIFY(i == 0 || frame.best[i].rate <= frame.best[i - 1].rate);
    }
  }

  void aStimulusIsAnsweredSpikeBySpike() {
    Stimulus stimulus;
    stimulus.kind = Stimulus::Kind::grating;
    stimulus.angleDeg = 45;
    m_reader.read();
    m_reader.forget();
    QVERIFY(m_reader.engine.post(ShowStimulus{stimulus}));
    QVERIFY_UNTIL(m_reader, !m_reader.activities.empty());
    const ActivityFrame& frame = *m_reader.activities.back();
    const auto checkpoint = training::loadCheckpoint(m_checkpoint);
    auto restored = training::restoreNetwork(*checkpoint, at::kCPU, m_checkpoint);
    data::Grating grating;
    grating.angleDeg = 45;
    grating.cyclesPerImage = 6;
    at::Tensor image = at::empty({1, 3, 32, 32});
    data::renderGrating(grating, 32, image.data_ptr<float>());
    for (int c = 0; c < 3; ++c)
      image[0][c]
          .sub_(checkpoint->provenance.pixelMean[static_cast<std::size_t>(c)])
          .div_(checkpoint->provenance.pixelDeviation[static_cast<std::size_t>(c)]);
    torch::NoGradGuard guard;
    const snn::Activity want = restored->network->forward(image);
    QCOMPARE(frame.timeSteps, 4);
    QCOMPARE(frame.spikes.size(), std::size_t{4});
    for (std::size_t s = 0; s < 4; ++s) {
      const at::Tensor spikes = want.sheets[s].select(1, 0).to(at::kByte).contiguous();
      QCOMPARE(frame.spikes[s].size(), static_cast<std::size_t>(spikes.numel()));
      QVERIFY(std::memcmp(frame.spikes[s].data(), spikes.data_ptr<std::uint8_t>(), frame.spikes[s].size()) == 0);
    }
    const at::Tensor probability = want.logits[0].softmax(0);
    for (int k = 0; k < 10; ++k)
      QVERIFY(std::abs(frame.probability[static_cast<std::size_t>(k)] - probability[k].item<float>()) < 1e-5F);
    QCOMPARE(frame.picture.width, 32);
    QVERIFY(frame.milliseconds > 0);
  }

  void whatCannotBeIsToldAndNothingIsLost() {
    m_reader.forget();
    put(at("broken.safetensors"), "not a checkpoint");
    QVERIFY(m_reader.engine.post(OpenCheckpoint{at("missing.safetensors")}));
    QVERIFY_UNTIL(m_reader, m_reader.told("missing.safetensors"));
    QVERIFY(m_reader.engine.post(OpenCheckpoint{at("broken.safetensors")}));
    QVERIFY_UNTIL(m_reader, m_reader.told("broken.safetensors"));
    QVERIFY(m_reader.engine.post(AskTuning{7, {0}}));
    QVERIFY_UNTIL(m_reader, m_reader.told("no sheet 8"));
    QVERIFY(m_reader.engine.post(SetLesion{{1, {{0, {99999}, PerturbationKind::silence, 1, {}}}}, 1}));
    QVERIFY_UNTIL(m_reader, m_reader.told("unit 99999"));
    QVERIFY(m_reader.engine.post(Pause{}));
    QVERIFY_UNTIL(m_reader, m_reader.told("No training is under way"));
    QVERIFY(m_reader.engine.post(SaveCheckpoint{at("no/such/folder.safetensors")}));
    QVERIFY_UNTIL(m_reader, m_reader.told("folder.safetensors"));
    Stimulus gone;
    gone.kind = Stimulus::Kind::file;
    gone.file = at("adult/adult-1.png");
    QVERIFY(m_reader.engine.post(ShowStimulus{gone}));
    QVERIFY_UNTIL(m_reader, m_reader.told("adult-1.png"));
    QVERIFY(m_reader.activities.empty());
    for (const Notice& notice : m_reader.notices) QVERIFY(!notice.error.what.empty());
    // The network is still open.
    QVERIFY(m_reader.engine.post(ShowStimulus{}));
    QVERIFY_UNTIL(m_reader, !m_reader.activities.empty());
    QCOMPARE(m_reader.activities.back()->stamp.network, std::uint64_t{1});
  }

  void aSavedCheckpointIsTheSame() {
    QVERIFY(m_reader.engine.post(SaveCheckpoint{at("copy.safetensors")}));
    QVERIFY_UNTIL(m_reader, m_reader.told("Saved to"));
    const auto a = training::loadCheckpoint(m_checkpoint);
    const auto b = training::loadCheckpoint(at("copy.safetensors"));
    QVERIFY_OK(b);
    for (const auto& [name, tensor] : a->model) QVERIFY(tensor.bytes == b->model.at(name).bytes);
    for (const auto& [name, tensor] : a->optimizer) QVERIFY(tensor.bytes == b->optimizer.at(name).bytes);
    QCOMPARE(b->state.step, a->state.step);
    QCOMPARE(b->sheets[0].xMm, a->sheets[0].xMm);
  }

  // Of several tries the best: another process may hold the processor for a while.
  void longWorkIsCancelledAtOnce() {
    qint64 fastest = 1000;
    for (int attempt = 0; attempt < 5 && fastest >= 200; ++attempt) {
      m_reader.forget();
      QVERIFY(m_reader.engine.post(MeasureMaps{}));
      QVERIFY_UNTIL(m_reader, !m_reader.jobs.empty() && m_reader.jobs.back()->done > 200);
      QVERIFY(m_reader.jobs.back()->total == 2080 && m_reader.jobs.back()->secondsLeft > 0);
      QElapsedTimer timer;
      timer.start();
      m_reader.engine.cancel();
      QVERIFY_UNTIL(m_reader, m_reader.jobs.back()->label.empty());
      fastest = std::min(fastest, timer.elapsed());
      QVERIFY(m_reader.maps.empty());
      QVERIFY_UNTIL(m_reader, m_reader.told("cancelled"));
    }
    QVERIFY2(fastest < 200, std::to_string(fastest).c_str());
  }

  void quickCommandsNeedNotWaitForLongWork() {
    m_reader.forget();
    QVERIFY(m_reader.engine.post(MeasureMaps{}));
    QVERIFY_UNTIL(m_reader, !m_reader.jobs.empty() && m_reader.jobs.back()->done > 0);
    QVERIFY(m_reader.engine.post(ShowStimulus{}));
    QVERIFY(m_reader.engine.post(AskTuning{0, {1, 2, 3}}));
    QVERIFY_UNTIL(m_reader, !m_reader.activities.empty() && !m_reader.tunings.empty());
    QVERIFY(m_reader.maps.empty());
    const auto before = m_reader.tunings.back();
    QVERIFY_UNTIL(m_reader, m_reader.mapped() || !m_reader.maps.empty());
    QCOMPARE(before->orientation.size(), std::size_t{8});
  }

  void aThousandCommandsAtOnce() {
    m_reader.read();
    m_reader.forget();
    int taken = 0;
    for (int i = 0; i < 1000; ++i) {
      Stimulus stimulus;
      stimulus.kind = Stimulus::Kind::grating;
      stimulus.angleDeg = i;
      taken += m_reader.engine.post(ShowStimulus{stimulus}) ? 1 : 0;
    }
    QVERIFY(taken >= 256);
    // The last one that was taken is answered; what it superseded need not be.
    QVERIFY(m_reader.until([&] { return m_reader.engine.post(AskTuning{0, {1}}); }));
    QVERIFY_UNTIL(m_reader, !m_reader.tunings.empty());
    QVERIFY(!m_reader.activities.empty());
    QVERIFY(m_reader.notices.empty());
  }

  void closing() {
    QVERIFY(m_reader.engine.post(CloseNetwork{}));
    QVERIFY(m_reader.engine.post(ShowStimulus{}));
    QVERIFY_UNTIL(m_reader, m_reader.told("There is no network to show a stimulus"));
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  std::filesystem::path m_checkpoint;
  Reader m_reader;
};

QTEST_APPLESS_MAIN(TestExplorer)
#include "test_explorer.moc"
