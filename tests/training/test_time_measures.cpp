// What is measured in time of a network whose trains are known, and of one without spikes.
#include "engine/training/time_measures.h"

#include <torch/torch.h>

#include <cmath>

#include "engine/data/world.h"
#include "engine/snn/backbones.h"
#include "engine/training/responses.h"
#include "tests/support.h"
#include "tests/training/filter_bank.h"
#include "tests/training/network_sheets.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

TimeInputs inputsOf(snn::Network& network, const std::vector<topography::Sheet>& sheets, std::int64_t images) {
  TimeInputs inputs;
  inputs.network = &network;
  inputs.sheets = &sheets;
  inputs.images = data::makeWorld(16, images, 5);
  inputs.normalisation = {{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}};
  inputs.side = 16;
  return inputs;
}

}  // namespace

class TestTimeMeasures : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() { at::set_num_threads(1); }

  // V1's filters of one drive fire in the order of their thresholds: five trains are all there are. IT is silent.
  void trainsOfAKnownNetwork() {
    FilterBank network;
    const auto sheets = sheetsOf(network);
    const auto measures = measureTime(inputsOf(network, sheets, 200), StopFlag{});
    QVERIFY_OK(measures);
    const TimeMeasures& v1 = (*measures)[0];
    QVERIFY_OK(v1.entropy);
    QCOMPARE(v1.entropy->stimuli, std::int64_t{200});
    QCOMPARE(v1.entropy->units, std::int64_t{512});
    QVERIFY(v1.entropy->exact);
    QCOMPARE(v1.entropy->rateByStep.size(), std::size_t{4});
    for (std::size_t t = 0; t < 3; ++t) QVERIFY(v1.entropy->rateByStep[t] >= v1.entropy->rateByStep[t + 1]);
    QVERIFY(v1.entropy->bits > 0 && v1.entropy->uncorrectedBits < std::log2(5.0));
    // Its steps are anything but independent.
    QVERIFY(v1.entropy->independentBits > v1.entropy->bits);
    QVERIFY_OK(v1.synchrony);
    QCOMPARE(v1.synchronyWindow, 1);
    QVERIFY_OK(v1.fisher);
    QCOMPARE(v1.fisher->units, std::int64_t{50});
    const TimeMeasures& it = (*measures)[1];
    QVERIFY_OK(it.entropy);
    QCOMPARE(it.entropy->bits, 0.0);
    QVERIFY(std::abs(it.entropy->silentShare - 1) < 1e-9);
    QVERIFY_REFUSED(it.synchrony, "Too few units");
  }

  // Of a larger set 1,000 images are shown, from its beginning to its end.
  void largeSetsAreThinnedOut() {
    FilterBank network;
    const auto sheets = sheetsOf(network);
    const auto thinned = measureTime(inputsOf(network, sheets, 2000), StopFlag{});
    const auto first = measureTime(inputsOf(network, sheets, 1000), StopFlag{});
    QVERIFY_OK(thinned);
    QVERIFY_OK(first);
    QCOMPARE((*thinned)[0].entropy->stimuli, std::int64_t{1000});
    QCOMPARE((*first)[0].entropy->stimuli, std::int64_t{1000});
    QVERIFY((*thinned)[0].entropy->rateByStep != (*first)[0].entropy->rateByStep);
  }

  // What comes along with a pass over all images is what a pass of its own gives, in batches that the images which
  // count do not fill evenly.
  void aSharedPassGivesTheSame() {
    FilterBank network;
    const auto sheets = sheetsOf(network);
    const TimeInputs inputs = inputsOf(network, sheets, 1100);
    const auto alone = measureTime(inputs, StopFlag{});
    QVERIFY_OK(alone);
    TimeRecorder recorder(sheets, 1100, static_cast<int>(inputs.images->classNames().size()), inputs.seed);
    std::int64_t shown = 0;
    const auto count = [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t images,
                           std::span<const float>) { shown += sheet == 0 ? images : 0; };
    QVERIFY_OK(recordDataset(network, at::kCPU, inputs.images, inputs.side, inputs.normalisation, 7, 2, false, count,
                             nullptr, recorder.request()));
    QCOMPARE(shown, std::int64_t{1100});
    const std::vector<TimeMeasures> shared = recorder.measures();
    QCOMPARE(shared.size(), alone->size());
    QCOMPARE(shared[0].entropy->stimuli, std::int64_t{1000});
    QCOMPARE(shared[0].entropy->bits, (*alone)[0].entropy->bits);
    QCOMPARE(shared[0].entropy->rateByStep, (*alone)[0].entropy->rateByStep);
    QCOMPARE(shared[0].firingRate, (*alone)[0].firingRate);
    QCOMPARE(shared[0].fisher->information, (*alone)[0].fisher->information);
  }

  // The ReLU twin answers with rates at one step: neither trains nor synchrony, but a readout.
  void ratesHaveNoTrains() {
    snn::NetworkOptions options;
    options.imageSide = 16;
    options.neuron.kind = snn::NeuronKind::relu;
    options.neuron.timeSteps = 1;
    const auto network = snn::makeNetwork(options, 1);
    QVERIFY_OK(network);
    QVERIFY_OK(calibrateNormalisation(**network, at::kCPU, data::makeWorld(16, 64, 4), 16, 32));
    const auto sheets = sheetsOf(**network);
    const auto measures = measureTime(inputsOf(**network, sheets, 200), StopFlag{});
    QVERIFY_OK(measures);
    const TimeMeasures& time = measures->front();
    QVERIFY_REFUSED(time.entropy, "rates");
    QVERIFY_REFUSED(time.synchrony, "rates");
    QVERIFY_OK(time.fisher);
    QCOMPARE(time.fisher->information.size(), std::size_t{1});
  }

  void fewImagesAreTooFewForAReadout() {
    FilterBank network;
    const auto sheets = sheetsOf(network);
    const auto measures = measureTime(inputsOf(network, sheets, 3), StopFlag{});
    QVERIFY_OK(measures);
    QVERIFY_REFUSED((*measures)[0].fisher, "Too few stimuli");
    StopFlag stop;
    stop.request();
    QVERIFY_REFUSED(measureTime(inputsOf(network, sheets, 3), stop), "Stopped");
  }
};

QTEST_APPLESS_MAIN(TestTimeMeasures)
#include "test_time_measures.moc"
