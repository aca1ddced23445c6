// The loss share of a network's maps: measured when somebody asks for it, and of the network as it is then.
#include <torch/torch.h>

#include <cmath>
#include <cstring>
#include <utility>

#include "engine/perturbation/lesion.h"
#include "engine/session/loss_share.h"
#include "engine/session/stimuli.h"
#include "engine/training/restore.h"
#include "engine/training/topographic_loss.h"
#include "tests/session/session_reader.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

// A checkpoint's network with a desk of its own, on the thread of the test.
struct Opened {
  explicit Opened(const std::filesystem::path& path)
      : checkpoint(*training::loadCheckpoint(path)),
        restored(*training::restoreNetwork(checkpoint, at::kCPU, path)),
        subject{restored.network.get(),
                at::kCPU,
                &restored.sheets,
                &checkpoint.config,
                {checkpoint.provenance.pixelMean, checkpoint.provenance.pixelDeviation},
                32,
                4} {}

  [[nodiscard]] MapsFrame maps() const {
    MapsFrame frame;
    frame.stamp = {1, 4, 7};
    frame.sheets.resize(restored.sheets.size());
    return frame;
  }

  training::Checkpoint checkpoint;
  training::RestoredNetwork restored;
  Subject subject;
  Mailboxes mail{std::function<void()>()};
  CommandQueue queue;
  std::function<void()> between;
  Desk desk{mail, queue, [this] {
              if (between) between();
            }};
};

// The loss's own answer to sixty category images, shown 32 at once as a session does to so small a network.
std::vector<std::vector<float>> literalShares(Opened& opened, const Lesion& lesion = {}) {
  torch::NoGradGuard guard;
  snn::Network& network = *opened.restored.network;
  const UnderPerturbation acting(opened.subject, perturbation::makePerturbation(lesion, network.sheets(), at::kCPU));
  std::vector<std::vector<at::Tensor>> parts(opened.restored.sheets.size());
  for (const auto& [first, count] : {std::pair{0, 32}, std::pair{32, 28}}) {
    at::Tensor batch = at::empty({count, 3, 32, 32}, at::kFloat);
    for (int i = 0; i < count; ++i) {
      const auto picture = categoryPicture(first + i, 32, opened.subject.normalisation);
      std::memcpy(batch.data_ptr<float>() + i * 3 * 32 * 32, picture->pixels.data(),
                  picture->pixels.size() * sizeof(float));
    }
    const snn::Activity activity = network.forward(batch);
    for (std::size_t s = 0; s < parts.size(); ++s) parts[s].push_back(activity.sheets[s].flatten(2));
  }
  std::vector<at::Tensor> spikes;
  for (const auto& part : parts) spikes.push_back(at::cat(part, 1));
  const training::TrainConfig& config = *opened.subject.config;
  const auto loss = training::TopographicLoss::create(config.stc, config.sheets, opened.restored.sheets,
                                                      static_cast<std::uint64_t>(config.training.seed), at::kCPU);
  return loss ? loss->unitShares(spikes) : std::vector<std::vector<float>>{};
}

bool near(const std::vector<float>& a, const std::vector<float>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](float x, float y) { return (std::isnan(x) && std::isnan(y)) || std::abs(x - y) < 1e-4F; });
}

void compareShares(const MapsFrame& got, const std::vector<std::vector<float>>& want) {
  QVERIFY(got.lossShareState == LossShareState::there);
  QVERIFY(got.lossShareNote.empty());
  QCOMPARE(got.sheets.size(), want.size());
  for (std::size_t s = 0; s < want.size(); ++s) {
    QVERIFY(near(got.sheets[s].lossShare, want[s]));
    // A hundred clusters of 40 units leave many units of V1 out, and those have no share.
    const auto shares = std::count_if(want[s].begin(), want[s].end(), [](float v) { return std::isfinite(v); });
    QVERIFY(shares >= 40 && shares <= 4000);
  }
}

Lesion evenUnits(std::uint64_t version, std::int32_t count) {
  LesionPart part{0, {}, PerturbationKind::silence, 1, {}};
  for (std::int32_t u = 0; u < count; ++u) part.units.push_back(2 * u);
  return {version, {part}};
}

}  // namespace

class TestLossShare : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    Recorder recorder;
    QVERIFY_OK(training::train(plainConfig(), runInto(at("run")), recorder, recorder.stop));
    m_checkpoint = at("run/checkpoint.safetensors");
    QVERIFY(m_reader.engine.post(OpenCheckpoint{m_checkpoint}));
    QVERIFY_UNTIL(m_reader, m_reader.mapped());
  }

  void whoeverWatchesSeesItUnderWay() {
    Opened opened(m_checkpoint);
    std::vector<std::shared_ptr<const MapsFrame>> seen;
    opened.between = [&] {
      if (auto maps = opened.mail.take().maps) seen.push_back(std::move(maps));
    };
    const MapsFrame before = opened.maps();
    Job job(opened.desk, 0);
    const auto maps = publishLossShare(opened.subject, before, job, opened.mail);
    QVERIFY_OK(maps);
    QCOMPARE(seen.size(), std::size_t{1});
    QVERIFY(seen[0]->lossShareState == LossShareState::underWay);
    QVERIFY(seen[0]->sheets[0].lossShare.empty());
    QVERIFY(opened.mail.take().maps == *maps);
    QCOMPARE((*maps)->stamp.lesion, before.stamp.lesion);
    compareShares(**maps, literalShares(opened));
  }

  void givenUp_data() {
    QTest::addColumn<bool>("cancelled");
    QTest::newRow("cancelled") << true;
    QTest::newRow("a lesion is made meanwhile") << false;
  }
  void givenUp() {
    QFETCH(bool, cancelled);
    Opened opened(m_checkpoint);
    opened.between = [&] {
      if (cancelled)
        opened.queue.cancelJob();
      else
        QVERIFY(opened.queue.post(SetLesion{}));
    };
    Job job(opened.desk, 0);
    QVERIFY_REFUSED(publishLossShare(opened.subject, opened.maps(), job, opened.mail), "was stopped");
    const auto last = opened.mail.take().maps;
    QVERIFY(last->lossShareState == LossShareState::stopped);
    QVERIFY(last->sheets[0].lossShare.empty());
  }

  void whereNoClusterFitsTheReasonIsTold() {
    Opened opened(m_checkpoint);
    training::TrainConfig config = opened.checkpoint.config;
    config.sheets.clusterMinUnits = config.sheets.clusterMaxUnits = 5000;
    opened.subject.config = &config;
    MapsFrame maps = opened.maps();
    Job job(opened.desk, 0);
    QVERIFY_OK(addLossShare(opened.subject, maps, job));
    QVERIFY(maps.lossShareState == LossShareState::impossible);
    for (const char* part : {"too sparse", "5000 units"})
      QVERIFY2(maps.lossShareNote.find(part) != std::string::npos, maps.lossShareNote.c_str());
    for (const SheetMaps& sheet : maps.sheets) QVERIFY(sheet.lossShare.empty());
  }

  // The question has an answer for every network: whether its units keep to STC, which it never saw.
  void aNetworkWithoutStcIsMeasuredByIt_data() {
    QTest::addColumn<QString>("loss");
    QTest::addColumn<double>("weight");
    for (const char* loss : {"none", "topoloss", "tdann", "rate"}) QTest::newRow(loss) << QString(loss) << 0.5;
    QTest::newRow("without weight") << QString("stc") << 0.0;
  }
  void aNetworkWithoutStcIsMeasuredByIt() {
    QFETCH(QString, loss);
    QFETCH(double, weight);
    Opened opened(m_checkpoint);
    training::TrainConfig config = opened.checkpoint.config;
    config.stc.loss = loss.toStdString();
    config.stc.alpha = config.stc.beta = weight;
    opened.subject.config = &config;
    MapsFrame maps = opened.maps();
    Job job(opened.desk, 0);
    QVERIFY_OK(addLossShare(opened.subject, maps, job));
    config.stc.loss = "stc";
    config.stc.alpha = config.stc.beta = 1;
    compareShares(maps, literalShares(opened));
  }

  void mapsComeWithoutIt() {
    const MapsFrame& maps = *m_reader.maps.back();
    QVERIFY(maps.lossShareState == LossShareState::notAsked);
    for (const SheetMaps& sheet : maps.sheets) QVERIFY(sheet.lossShare.empty());
  }

  void askedForItIsAdded() {
    const auto before = m_reader.maps.back();
    m_reader.forget();
    QVERIFY(m_reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(m_reader, newest(LossShareState::there));
    const MapsFrame& got = *m_reader.maps.back();
    QCOMPARE(got.stamp.network, before->stamp.network);
    QCOMPARE(got.stamp.step, before->stamp.step);
    for (std::size_t s = 0; s < 4; ++s) QVERIFY(near(got.sheets[s].tuning.meanRate, before->sheets[s].tuning.meanRate));
    Opened opened(m_checkpoint);
    compareShares(got, literalShares(opened));
    QVERIFY_UNTIL(m_reader, !m_reader.jobs.empty() && m_reader.jobs.back()->label.empty());
    QVERIFY2(m_reader.notices.empty(), m_reader.noticesText().c_str());
    m_intact = m_reader.maps.back();
  }

  void aLesionedNetworksIsItsOwn() {
    const Lesion lesion = evenUnits(1, 2000);
    QVERIFY(m_reader.engine.post(SetLesion{lesion, 7}));
    QVERIFY_UNTIL(m_reader, ofLesion(1));
    QVERIFY(m_reader.maps.back()->lossShareState == LossShareState::notAsked);
    QVERIFY(m_reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(m_reader, newest(LossShareState::there));
    m_lesioned = m_reader.maps.back();
    QCOMPARE(m_lesioned->stamp.lesion, std::uint64_t{1});
    Opened opened(m_checkpoint);
    compareShares(*m_lesioned, literalShares(opened, lesion));
    QVERIFY(!near(m_lesioned->sheets[0].lossShare, m_intact->sheets[0].lossShare));
  }

  void undoAndRedoBringItBack() {
    m_reader.read();
    QVERIFY_UNTIL(m_reader, m_reader.jobs.back()->label.empty());
    m_reader.forget();
    QVERIFY(m_reader.engine.post(SetLesion{Lesion{2, {}}, 7}));
    QVERIFY_UNTIL(m_reader, ofLesion(2));
    QVERIFY(newest(LossShareState::there));
    QVERIFY(near(m_reader.maps.back()->sheets[0].lossShare, m_intact->sheets[0].lossShare));
    QVERIFY(m_reader.engine.post(SetLesion{evenUnits(3, 2000), 7}));
    QVERIFY_UNTIL(m_reader, ofLesion(3));
    QVERIFY(newest(LossShareState::there));
    QVERIFY(near(m_reader.maps.back()->sheets[0].lossShare, m_lesioned->sheets[0].lossShare));
    QVERIFY(m_reader.jobs.empty());  // nothing was measured
  }

  void measuredAgainItIsAskedForAgain() {
    m_reader.forget();
    QVERIFY(m_reader.engine.post(MeasureMaps{}));
    QVERIFY_UNTIL(m_reader, newest(LossShareState::notAsked));
    QVERIFY(m_reader.engine.post(MeasureMaps{true}));
    QVERIFY_UNTIL(m_reader, newest(LossShareState::there));
    QVERIFY(near(m_reader.maps.back()->sheets[0].lossShare, m_lesioned->sheets[0].lossShare));
    QCOMPARE(m_reader.maps.back()->stamp.lesion, std::uint64_t{3});
  }

  // Where it came too late to cancel, the share is there already, and asking again is no harm.
  void cancelledItCanBeAskedForAgain() {
    QVERIFY(m_reader.engine.post(MeasureMaps{}));
    QVERIFY_UNTIL(m_reader, newest(LossShareState::notAsked));
    QVERIFY(m_reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(m_reader, !newest(LossShareState::notAsked));
    m_reader.engine.cancel();
    QVERIFY_UNTIL(m_reader, newest(LossShareState::stopped) || newest(LossShareState::there));
    QVERIFY(m_reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(m_reader, newest(LossShareState::there));
    QVERIFY(near(m_reader.maps.back()->sheets[0].lossShare, m_lesioned->sheets[0].lossShare));
  }

  void aNewerLesionComesFirst() {
    QVERIFY(m_reader.engine.post(SetLesion{evenUnits(4, 20), 7}));
    QVERIFY_UNTIL(m_reader, ofLesion(4));
    m_reader.forget();
    QVERIFY(m_reader.engine.post(MeasureLossShare{}));
    QVERIFY(m_reader.engine.post(SetLesion{evenUnits(5, 30), 7}));
    QVERIFY_UNTIL(m_reader, ofLesion(5));
    QVERIFY(newest(LossShareState::notAsked));
    QVERIFY2(m_reader.notices.empty(), m_reader.noticesText().c_str());
  }

  void whileATrainingIsPaused() {
    Reader reader;
    pauseAt(reader, at("live"), 2);
    const auto whole = [&](LossShareState state) {
      return !reader.maps.empty() && !reader.maps.back()->preview && reader.maps.back()->lossShareState == state;
    };
    reader.read();
    reader.forget();
    QVERIFY(reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(reader, reader.told("no whole maps are of the network as it is now"));
    QVERIFY(reader.engine.post(MeasureMaps{}));
    QVERIFY_UNTIL(reader, whole(LossShareState::notAsked));
    QVERIFY(reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(reader, whole(LossShareState::there));
    QCOMPARE(reader.maps.back()->stamp.step, std::int64_t{2});
    QVERIFY(reader.engine.post(SaveCheckpoint{at("paused.safetensors")}));
    QVERIFY_UNTIL(reader, reader.told("Saved to"));
    Opened opened(at("paused.safetensors"));
    compareShares(*reader.maps.back(), literalShares(opened));
    // One step later those maps are of a network that is gone.
    QVERIFY(reader.engine.post(Step{1}));
    QVERIFY_UNTIL(reader, reader.pausedAt(3));
    reader.forget();
    QVERIFY(reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(reader, reader.told("no whole maps are of the network as it is now"));
    QVERIFY(reader.engine.post(MeasureMaps{true}));
    QVERIFY_UNTIL(reader, whole(LossShareState::there));
    QCOMPARE(reader.maps.back()->stamp.step, std::int64_t{3});
    QVERIFY(reader.engine.post(StopTraining{}));
    QVERIFY_UNTIL(reader, reader.phaseIs(TrainingPhase::stopped));
  }

  void withoutANetwork() {
    Reader reader;
    QVERIFY(reader.engine.post(MeasureLossShare{}));
    QVERIFY_UNTIL(reader, reader.told("There is no network to measure"));
  }

private:
  [[nodiscard]] bool newest(LossShareState state) const {
    return !m_reader.maps.empty() && m_reader.maps.back()->lossShareState == state;
  }
  [[nodiscard]] bool ofLesion(std::uint64_t version) const {
    return !m_reader.maps.empty() && m_reader.maps.back()->stamp.lesion == version;
  }
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  std::filesystem::path m_checkpoint;
  Reader m_reader;
  std::shared_ptr<const MapsFrame> m_intact, m_lesioned;
};

QTEST_APPLESS_MAIN(TestLossShare)
#include "test_loss_share.moc"
