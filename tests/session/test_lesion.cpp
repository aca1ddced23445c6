// Every kind of perturbation on tensors with known answers, and the gradients that pass it.
#include "engine/perturbation/lesion.h"

#include <torch/torch.h>

#include <cmath>
#include <set>

#include "engine/perturbation/sham.h"
#include "engine/snn/backbones.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::perturbation;

namespace {

const std::vector<snn::SheetShape> kSheets{{"V1", "V1", 1, 2, 3}, {"IT", "IT", 4, 1, 1}};

Lesion lesionOf(PerturbationKind kind, double strength, std::vector<int> timeSteps = {}) {
  return {1, {{0, {1, 4}, kind, strength, std::move(timeSteps)}}};
}

// [T 3, B 2, C 1, H 2, W 3], some spikes.
at::Tensor spikes() {
  at::Tensor x = at::zeros({3, 2, 1, 2, 3}, at::kDouble);
  for (std::int64_t i = 0; i < x.numel(); i += 3) x.view({-1})[i] = 1.0;
  for (std::int64_t i = 1; i < x.numel(); i += 7) x.view({-1})[i] = 1.0;
  return x;
}

// 1 at units 1 and 4, [2, 3] broadcast.
at::Tensor lesioned() {
  at::Tensor mask = at::zeros({1, 2, 3}, at::kDouble);
  mask[0][0][1] = 1;
  mask[0][1][1] = 1;
  return mask;
}

struct Passed {
  at::Tensor value, gradient, upstream;
};

Passed pass(const Lesion& lesion) {
  const auto perturbation = makePerturbation(lesion, kSheets, at::kCPU);
  const at::Tensor x = spikes().set_requires_grad(true);
  const at::Tensor y = perturbation(0, x);
  const at::Tensor upstream = at::arange(1, x.numel() + 1, at::kDouble).view(x.sizes());
  (y * upstream).sum().backward();
  return {y.detach(), x.grad(), upstream};
}

}  // namespace

class TestLesion : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void silence() {
    const Passed p = pass(lesionOf(PerturbationKind::silence, 1));
    const at::Tensor kept = 1 - lesioned();
    QVERIFY(p.value.equal(spikes() * kept));
    QVERIFY(p.gradient.equal(p.upstream * kept));  // exactly 0 where it is silent
  }

  void damp() {
    const Passed p = pass(lesionOf(PerturbationKind::damp, 0.25));
    const at::Tensor scale = 1 - 0.75 * lesioned();
    QVERIFY(p.value.equal(spikes() * scale));
    QVERIFY(p.gradient.equal(p.upstream * scale));
  }

  void stimulateAtSomeSteps() {
    const Passed p = pass(lesionOf(PerturbationKind::stimulate, 1, {0, 2}));
    at::Tensor forced = lesioned().expand({3, 2, 1, 2, 3}).clone();
    forced[1].zero_();
    QVERIFY(p.value.equal(spikes() * (1 - forced) + forced));
    QVERIFY(p.gradient.equal(p.upstream * (1 - forced)));
  }

  void stimulateAlways() {
    const Passed p = pass(lesionOf(PerturbationKind::stimulate, 1));
    QVERIFY(p.value.equal(spikes() * (1 - lesioned()) + lesioned()));
  }

  void freeze() {
    const Passed p = pass(lesionOf(PerturbationKind::freeze, 1));
    QVERIFY(p.value.equal(spikes()));
    QVERIFY(p.gradient.equal(p.upstream * (1 - lesioned())));
  }

  void noiseFillsSilenceOnly() {
    const Passed all = pass(lesionOf(PerturbationKind::noise, 1));
    QVERIFY(all.value.equal(at::maximum(spikes(), lesioned().expand({3, 2, 1, 2, 3}))));
    QVERIFY(all.gradient.equal(all.upstream));
    QVERIFY(pass(lesionOf(PerturbationKind::noise, 0)).value.equal(spikes()));
  }

  void noiseIsNamedByTheTick() {
    const Lesion lesion = lesionOf(PerturbationKind::noise, 0.3);
    const at::Tensor silent = at::zeros({50, 40, 1, 2, 3});
    auto tick = std::make_shared<std::int64_t>(5);
    const auto named = makePerturbation(lesion, kSheets, at::kCPU, tick);
    const at::Tensor first = named(0, silent);
    QVERIFY(named(0, silent).equal(first));
    *tick = 6;
    QVERIFY(!named(0, silent).equal(first));
    // Without a tick every pass is new, and the same again in a new object.
    const auto counted = makePerturbation(lesion, kSheets, at::kCPU);
    const at::Tensor pass0 = counted(0, silent);
    const at::Tensor pass1 = counted(0, silent);
    QVERIFY(!pass0.equal(pass1));
    QVERIFY(makePerturbation(lesion, kSheets, at::kCPU)(0, silent).equal(pass0));
    // 4,000 draws at 0.3: standard deviation 0.0072; nothing outside the lesion.
    const double share = first.sum().item<double>() / 4000;
    QVERIFY2(std::abs(share - 0.3) < 0.03, std::to_string(share).c_str());
    QVERIFY((first * (1 - lesioned())).sum().item<double>() == 0);
    // LibTorch's own generator is left alone.
    torch::manual_seed(3);
    const at::Tensor wanted = at::rand({4});
    torch::manual_seed(3);
    (void)named(0, silent);
    QVERIFY(at::rand({4}).equal(wanted));
  }

  void laterPartsActOnWhatEarlierOnesLeft() {
    const at::Tensor x = at::ones({3, 2, 1, 2, 3});
    const LesionPart silence{0, {0, 1}, PerturbationKind::silence, 1, {}};
    const LesionPart damp{0, {1, 2}, PerturbationKind::damp, 0.5, {}};
    const LesionPart stimulate{0, {1}, PerturbationKind::stimulate, 1, {}};
    const auto units = [&](std::vector<LesionPart> parts) {
      const at::Tensor y = makePerturbation({1, std::move(parts)}, kSheets, at::kCPU)(0, x)[0][0].flatten();
      return std::vector<float>{y[0].item<float>(), y[1].item<float>(), y[2].item<float>()};
    };
    QCOMPARE(units({silence, damp}), (std::vector<float>{0, 0, 0.5F}));
    QCOMPARE(units({silence, stimulate, damp}), (std::vector<float>{0, 0.5F, 0.5F}));
    QCOMPARE(units({stimulate, damp, silence}), (std::vector<float>{0, 0, 0.5F}));
  }

  void otherSheetsAreLeftAlone() {
    const auto perturbation = makePerturbation(lesionOf(PerturbationKind::silence, 1), kSheets, at::kCPU);
    const at::Tensor x = at::ones({3, 2, 4, 1, 1});
    QVERIFY(perturbation(1, x).is_same(x));
    QVERIFY(!makePerturbation({4, {}}, kSheets, at::kCPU));
    QVERIFY(!makePerturbation({4, {{0, {}, PerturbationKind::silence, 1, {}}}}, kSheets, at::kCPU));
  }

  // A frozen sheet in a network: what stands before it learns nothing through it.
  void aFrozenSheetBlocksLearning_data() {
    QTest::addColumn<int>("kind");
    QTest::newRow("freeze") << static_cast<int>(PerturbationKind::freeze);
    QTest::newRow("silence") << static_cast<int>(PerturbationKind::silence);
    QTest::newRow("noise") << static_cast<int>(PerturbationKind::noise);
  }
  void aFrozenSheetBlocksLearning() {
    QFETCH(int, kind);
    auto network = *snn::makeNetwork({}, 1);
    std::vector<std::int32_t> all(32 * 16 * 16);
    for (std::size_t u = 0; u < all.size(); ++u) all[u] = static_cast<std::int32_t>(u);
    const Lesion lesion{1, {{0, all, static_cast<PerturbationKind>(kind), 0.1, {}}}};
    network->setPerturbation(makePerturbation(lesion, network->sheets(), at::kCPU));
    const at::Tensor images = at::ones({4, 3, 32, 32}) * at::arange(4).view({4, 1, 1, 1});
    network->forward(images).logits.square().sum().backward();
    double before = 0;
    double behind = 0;
    for (const auto& [name, value] : network->parameters())
      (name.rfind("conv1", 0) == 0 || name.rfind("bn1", 0) == 0 || name.rfind("layer1", 0) == 0 ? before : behind) +=
          value.grad().defined() ? value.grad().abs().sum().item<double>() : 0;
    QCOMPARE(before > 0, static_cast<PerturbationKind>(kind) == PerturbationKind::noise);
    QVERIFY(behind > 0);
  }

  void whatCannotBeIsRefused() {
    const auto silenced = [](std::size_t sheet, std::vector<std::int32_t> units) {
      return LesionPart{sheet, std::move(units), PerturbationKind::silence, 1, {}};
    };
    const auto check = [](LesionPart part) { return checkLesion({1, {std::move(part)}}, kSheets, 3); };
    QVERIFY_OK(check({0, {0, 5}, PerturbationKind::damp, 0.5, {0, 2}}));
    QVERIFY_REFUSED(check(silenced(2, {0})), "sheet 3");
    QVERIFY_REFUSED(check(silenced(0, {6})), "unit 6 of sheet V1");
    QVERIFY_REFUSED(check(silenced(0, {-1})), "unit -1");
    QVERIFY_REFUSED(check(silenced(0, {2, 1})), "ascending");
    QVERIFY_REFUSED(check(silenced(0, {2, 2})), "ascending");
    QVERIFY_REFUSED(check({0, {2}, PerturbationKind::damp, 1.5, {}}), "strength");
    QVERIFY_REFUSED(check({0, {2}, PerturbationKind::damp, std::nan(""), {}}), "strength");
    QVERIFY_REFUSED(check({0, {2}, PerturbationKind::stimulate, 1, {3}}), "time step 3");
    QVERIFY_REFUSED(check({0, {2}, PerturbationKind::stimulate, 1, {0, 1, 2, 2}}), "4 time steps");
    // What no checkpoint could hold: more parts, or more units in all.
    const std::vector<LesionPart> many(4097, silenced(0, {1}));
    QVERIFY_REFUSED(checkLesion({1, many}, kSheets, 3), "4097 parts");
    std::vector<std::int32_t> all(600000);
    for (std::size_t u = 0; u < all.size(); ++u) all[u] = static_cast<std::int32_t>(u);
    const std::vector<snn::SheetShape> large{{"V1", "V1", 64, 100, 100}};
    QVERIFY_OK(checkLesion({1, {silenced(0, all)}}, large, 3));
    QVERIFY_REFUSED(checkLesion({1, {silenced(0, all), silenced(0, all)}}, large, 3), "1200000 units");
  }

  void aShamIsAsLargeAndElsewhere() {
    const std::vector<std::int64_t> sheetUnits{100, 40};
    const Lesion lesion{3,
                        {{0, {1, 2, 3, 50}, PerturbationKind::silence, 1, {}},
                         {0, {3, 50, 70}, PerturbationKind::damp, 0.5, {}},
                         {1, {0, 1}, PerturbationKind::stimulate, 1, {2}}}};
    QCOMPARE(distinctUnits(lesion), std::int64_t{7});
    const auto sham = shamOf(lesion, sheetUnits, 9);
    QVERIFY_OK(sham);
    QCOMPARE(sham->parts.size(), std::size_t{3});
    QCOMPARE(distinctUnits(*sham), std::int64_t{7});
    const std::set<std::int32_t> lesioned{1, 2, 3, 50, 70};
    for (std::size_t p = 0; p < 3; ++p) {
      const LesionPart& part = sham->parts[p];
      QCOMPARE(part.units.size(), lesion.parts[p].units.size());
      QVERIFY(part.kind == lesion.parts[p].kind && part.strength == lesion.parts[p].strength);
      QCOMPARE(part.timeSteps, lesion.parts[p].timeSteps);
      QVERIFY(std::is_sorted(part.units.begin(), part.units.end()));
      for (const std::int32_t unit : part.units)
        QVERIFY(p == 2 ? unit > 1 && unit < 40 : lesioned.count(unit) == 0 && unit < 100);
    }
    // The two parts of sheet 0 share two units still.
    std::vector<std::int32_t> shared;
    std::set_intersection(sham->parts[0].units.begin(), sham->parts[0].units.end(), sham->parts[1].units.begin(),
                          sham->parts[1].units.end(), std::back_inserter(shared));
    QCOMPARE(shared.size(), std::size_t{2});
    QVERIFY(shamOf(lesion, sheetUnits, 9)->parts[0].units == sham->parts[0].units);
    QVERIFY(shamOf(lesion, sheetUnits, 10)->parts[0].units != sham->parts[0].units);
    const Lesion most{1, {{0, {0, 1, 2, 3, 4}, PerturbationKind::silence, 1, {}}}};
    QVERIFY_OK(shamOf(most, std::vector<std::int64_t>{10, 40}, 1));
    QVERIFY_REFUSED(shamOf(most, std::vector<std::int64_t>{9, 40}, 1), "too few");
  }
};

QTEST_APPLESS_MAIN(TestLesion)
#include "test_lesion.moc"
