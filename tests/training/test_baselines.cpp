// The topographic losses beside the STC's own, as a training meets them: STC in one time step, its rate part, TDANN's,
// TopoLoss.
#include <torch/torch.h>

#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>

#include "engine/snn/backbones.h"
#include "engine/topography/topo_loss.h"
#include "engine/training/live.h"
#include "engine/training/metrics.h"
#include "engine/training/setup.h"
#include "engine/training/topographic_loss.h"
#include "tests/support.h"
#include "tests/training/small_run.h"

using namespace pinwheel;
using namespace pinwheel::training;
using namespace pinwheel::test;

namespace {

std::vector<topography::Sheet> twoSheets() {
  return {topography::retinotopicSheet({"V1", "V1", 6, 5, 5, 10, 15, 5, 0.5}, 1),
          topography::retinotopicSheet({"IT", "IT", 9, 4, 4, 10, 70, 5, 0.5}, 2)};
}

SheetConfig manyClusters() {
  SheetConfig config;
  config.clusterCount = 200;
  config.clusterMinUnits = 8;
  config.clusterMaxUnits = 40;
  config.areas[4].stcWeight = 0.25;  // IT
  return config;
}

// Spikes, or the twin's rectified activations in one step.
std::vector<at::Tensor> activity(std::int64_t timeSteps, bool spikes) {
  torch::manual_seed(3);
  std::vector<at::Tensor> sheets;
  const std::vector<std::vector<std::int64_t>> shapes{{timeSteps, 6, 6, 5, 5}, {timeSteps, 6, 9, 4, 4}};
  for (const std::vector<std::int64_t>& whole : shapes) {
    const at::Tensor x = spikes ? (at::rand(whole) > 0.6).to(at::kFloat) : at::randn(whole).relu();
    sheets.push_back(x.clone().requires_grad_(true));
  }
  return sheets;
}

TopographicLoss::Value valueOf(const StcConfig& config, const std::vector<at::Tensor>& sheets) {
  const auto loss = TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU);
  return loss ? loss->compute(sheets, 7) : TopographicLoss::Value{};
}

std::unique_ptr<snn::Network> tinyNetwork(const std::string& neuron) {
  ModelConfig model;
  model.neuron = neuron;
  auto network = snn::makeNetwork(networkOptions(model, 10), 1);
  return network ? std::move(*network) : nullptr;
}

// Asks for other weights before the first batch.
class Changer final : public Recorder {
public:
  Changer(double alpha, double beta) : m_alpha(alpha), m_beta(beta) {}
  void onLive(LiveTraining& live) override {
    if (!answer) answer = live.change(m_alpha, m_beta, -1, std::nan(""));
  }
  std::optional<Status> answer;

private:
  double m_alpha, m_beta;
};

}  // namespace

class TestBaselines : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theRatePartIsStcWithoutBeta() {
    StcConfig config;
    config.alpha = 2;
    config.beta = 0;
    const auto stc = valueOf(config, activity(4, true));
    config.loss = "rate";
    config.beta = 3;  // has no meaning here
    const auto rate = valueOf(config, activity(4, true));
    QVERIFY(rate.total.defined());
    QCOMPARE(rate.total.item<double>(), stc.total.item<double>());
    QCOMPARE(rate.slow, stc.slow);
    QCOMPARE(rate.fast, (std::vector<double>{0, 0}));
    QVERIFY(rate.other.empty());
    config.alpha = 0;
    QVERIFY(!valueOf(config, activity(4, true)).total.defined());
  }

  // One step has no lags: what would be L_S there is the coincidence of rates again.
  void stcInOneTimeStepIsItsRatePart_data() {
    QTest::addColumn<bool>("spikes");
    QTest::newRow("spikes") << true;
    QTest::newRow("the twin's activations") << false;
  }
  void stcInOneTimeStepIsItsRatePart() {
    QFETCH(bool, spikes);
    StcConfig config;
    const auto sheets = activity(1, spikes);
    const auto stc = valueOf(config, sheets);
    config.loss = "rate";
    const auto rate = valueOf(config, sheets);
    QVERIFY(stc.total.defined());
    QCOMPARE(stc.total.item<double>(), rate.total.item<double>());
    QCOMPARE(stc.fast, (std::vector<double>{0, 0}));
    stc.total.backward();
    for (const at::Tensor& sheet : sheets) {
      QVERIFY(sheet.grad().isfinite().all().item<bool>());
      QVERIFY(sheet.grad().abs().max().item<double>() > 0);
    }
    // With alpha = 0 nothing is left to learn, and nothing breaks.
    config = {};
    config.alpha = 0;
    const auto loss = TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU);
    QVERIFY_OK(loss);
    const auto nothing = loss->compute(activity(1, spikes), 7);
    QCOMPARE(nothing.total.item<double>(), 0.0);
    nothing.total.backward();
    QVERIFY(loss->unitShares(activity(1, spikes)).empty());
  }

  void unitSharesOfOneStepAreTheRatePartsOwn() {
    StcConfig config;
    const auto sheets = activity(1, false);
    const auto both = TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU);
    config.loss = "rate";
    const auto rate = TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU);
    QVERIFY_OK(both);
    QVERIFY_OK(rate);
    const auto shares = both->unitShares(sheets);
    const auto rates = rate->unitShares(sheets);
    QCOMPARE(shares.size(), std::size_t{2});
    for (std::size_t s = 0; s < shares.size(); ++s)
      for (std::size_t u = 0; u < shares[s].size(); ++u)
        QVERIFY(shares[s][u] == rates[s][u] || (std::isnan(shares[s][u]) && std::isnan(rates[s][u])));
    config.loss = "tdann";
    QVERIFY(TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU)->unitShares(sheets).empty());
  }

  void tdannHasItsOwnWeightAndName() {
    StcConfig config;
    const auto slow = valueOf(config, activity(4, true)).slow;  // the same clusters, the same formula on rates
    config.loss = "tdann";
    config.tdannWeight = 0.5;
    const auto sheets = activity(4, true);
    const auto value = valueOf(config, sheets);
    QVERIFY(value.slow.empty() && value.fast.empty());
    QCOMPARE(value.other, slow);
    QVERIFY(std::abs(value.total.item<double>() - 0.5 * (slow[0] + slow[1])) < 1e-6);
    value.total.backward();
    for (const at::Tensor& sheet : sheets) QVERIFY(sheet.grad().abs().max().item<double>() > 0);
    QCOMPARE(TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU)->otherTerm(),
             std::string("L_spatial"));
    config.tdannWeight = 0;
    QVERIFY(!valueOf(config, activity(4, true)).total.defined());
  }

  void theNetworkNamesWhatMakesASheet_data() {
    QTest::addColumn<QString>("backbone");
    QTest::newRow("tiny") << QStringLiteral("tiny");
    QTest::newRow("resnet18") << QStringLiteral("resnet18");
  }
  void theNetworkNamesWhatMakesASheet() {
    QFETCH(QString, backbone);
    ModelConfig model;
    model.backbone = backbone.toStdString();
    const auto network = snn::makeNetwork(networkOptions(model, 10), 1);
    QVERIFY_OK(network);
    const auto parameters = (*network)->parameters();
    for (const snn::SheetShape& sheet : (*network)->sheets()) {
      QCOMPARE(sheet.convolutions.size(), std::size_t{2});
      for (const std::string& name : sheet.convolutions) {
        const auto found =
            std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.first == name; });
        QVERIFY2(found != parameters.end(), name.c_str());
        QCOMPARE(found->second.size(0), std::int64_t{sheet.channels});
        QCOMPARE(found->second.dim(), std::int64_t{4});
      }
    }
  }

  void topoLossActsOnTheWeightsOfEverySheet() {
    const auto network = tinyNetwork("lif");
    QVERIFY(network != nullptr);
    StcConfig config;
    config.loss = "topoloss";
    config.topolossWeight = 3;
    config.topolossFactor = 4;
    const auto loss = TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU, network.get());
    QVERIFY_OK(loss);
    QVERIFY(loss->active() && !loss->hasClusters());
    QCOMPARE(loss->otherTerm(), std::string("L_topo"));
    const auto value = loss->compute({}, 0);
    QCOMPARE(value.other.size(), std::size_t{4});
    double total = 0;
    for (std::size_t s = 0; s < 4; ++s) {
      double term = 0;
      for (const auto& [name, weights] : network->parameters()) {
        const std::string stage = "layer" + std::to_string(s + 1) + ".0.";
        if (name == stage + "conv1.weight" || name == stage + "conv2.weight")
          term += topography::topoLoss(weights, topography::channelBlur(weights.size(0), 4)).item<double>() / 2;
      }
      QVERIFY(std::abs(value.other[s] - term) < 1e-6);
      QVERIFY(term > 0.1 && term < 1.1);
      total += 3 * term / 4;  // the mean over sheets; IT's factor is STC's
    }
    QVERIFY(std::abs(value.total.item<double>() - total) < 1e-5);
    value.total.backward();
    for (const auto& [name, weights] : network->parameters()) {
      const bool ordered = name.find(".conv1.weight") != std::string::npos || name.find(".conv2.") != std::string::npos;
      QVERIFY2(weights.grad().defined() == ordered, name.c_str());
    }
    // Of V1's 4 x 8 channels a factor of 4 leaves two places, 8 one; of IT's 8 x 16 it leaves two.
    QCOMPARE(loss->warning(), std::string());
    config.topolossFactor = 8;
    const auto orderless = TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU, network.get());
    QVERIFY_OK(orderless);
    QVERIFY2(orderless->warning().find("in V1, V2, V4:") != std::string::npos, orderless->warning().c_str());
    // The weights as they are now, not as they were.
    {
      torch::NoGradGuard guard;
      for (const auto& [name, weights] : network->parameters()) weights.fill_(1);
    }
    QVERIFY(std::abs(loss->compute({}, 1).total.item<double>()) < 1e-5);
    QVERIFY_REFUSED(TopographicLoss::create(config, manyClusters(), twoSheets(), 5, at::kCPU), "no weights to order");
  }

  void nothingToWeighIsRefused() {
    TrainConfig config;
    config.model.neuron = "relu";
    QVERIFY_OK(validate(config));
    config.stc.alpha = 0;
    QVERIFY_REFUSED(validate(config), "nothing to weigh");
    config.model.neuron = "lif";
    QVERIFY_OK(validate(config));
    config.model.timeSteps = 1;
    QVERIFY_REFUSED(validate(config), "nothing to weigh");
    config.stc.beta = 0;  // no loss is wanted
    QVERIFY_OK(validate(config));
  }

  void everyLossTrains_data() {
    QTest::addColumn<QString>("neuron");
    QTest::addColumn<QString>("loss");
    QTest::addColumn<QStringList>("terms");  // with a number in metrics.jsonl
    for (const char* neuron : {"lif", "relu"}) {
      const bool lif = QLatin1String(neuron) == QLatin1String("lif");
      const auto row = [&](const char* loss, const QStringList& terms) {
        QTest::addRow("%s, %s", neuron, loss) << QString(neuron) << QString(loss) << terms;
      };
      row("stc", lif ? QStringList{"L_L", "L_S"} : QStringList{"L_L"});
      row("rate", {"L_L"});
      row("tdann", {"L_spatial"});
      row("topoloss", {"L_topo"});
      row("none", {});
    }
  }
  void everyLossTrains() {
    QFETCH(QString, neuron);
    QFETCH(QString, loss);
    QFETCH(QStringList, terms);
    TrainConfig config = plainConfig();
    config.model.neuron = neuron.toStdString();
    config.stc.loss = loss.toStdString();
    Recorder recorder;
    const auto out = pathOf(m_folder, (neuron + " " + loss).toStdString());
    QVERIFY_OK(train(config, runInto(out), recorder, recorder.stop));
    QCOMPARE(recorder.epochs.size(), std::size_t{1});
    QVERIFY(std::isfinite(recorder.epochs[0].taskLoss));
    const QJsonObject told = QJsonDocument::fromJson(QByteArray::fromStdString(linesOf(out / "metrics.jsonl")[0]))
                                 .object()["loss"]
                                 .toObject();
    const QJsonObject layers = told["layers"].toObject();
    QCOMPARE(layers.size(), terms.isEmpty() ? 0 : 4);
    double sum = 0;
    for (const auto& layer : layers) {
      QStringList numbers;
      const QJsonObject values = layer.toObject();
      for (const QString& name : values.keys())
        if (values[name].isDouble()) {
          numbers << name;
          sum += values[name].toDouble();
        }
      QCOMPARE(numbers, terms);
    }
    // The parts add up to the whole.
    const double weight = loss == "tdann" ? 0.25 : loss == "topoloss" ? 1.0 / 4 : 0.5;
    QVERIFY2(std::abs(told["topographic"].toDouble() - weight * sum) < 1e-5, qPrintable(QString::number(sum)));
    // And are read again under the same names.
    const auto read = readMetrics(out / "metrics.jsonl");
    QVERIFY_OK(read);
    QCOMPARE(read->front().otherTerm, recorder.epochs[0].otherTerm);
    for (const LayerLoss& layer : read->front().layers) {
      QCOMPARE(std::isfinite(layer.slow), terms.contains("L_L"));
      QCOMPARE(std::isfinite(layer.fast), terms.contains("L_S"));
      QCOMPARE(std::isfinite(layer.other), !read->front().otherTerm.empty());
    }
  }

  void whileTrainingOnlyTheTermsThatThereAreCanBeWeighed() {
    const double same = std::nan("");
    const auto answerOf = [&](const char* loss, double alpha, double beta) {
      TrainConfig config = plainConfig();
      config.stc.loss = loss;
      Changer changer(alpha, beta);
      const std::string name = std::string("change ") + loss + (std::isnan(beta) ? " alpha" : " beta");
      const auto result = train(config, runInto(pathOf(m_folder, name)), changer, changer.stop);
      if (!result) return Status(tl::unexpected(result.error()));
      return changer.answer ? *changer.answer : Status(failure("nobody asked"));
    };
    QVERIFY_REFUSED(answerOf("tdann", 1, same), "neither alpha nor beta");
    QVERIFY_REFUSED(answerOf("topoloss", same, 1), "stc.loss = topoloss");
    QVERIFY_REFUSED(answerOf("rate", same, 1), "no fast term");
    QVERIFY_OK(answerOf("rate", 1, same));
  }

  // A half run of each is resumed to the same bytes.
  void everyLossResumes_data() {
    QTest::addColumn<QString>("loss");
    for (const char* loss : {"rate", "tdann", "topoloss"}) QTest::newRow(loss) << QString(loss);
  }
  void everyLossResumes() {
    QFETCH(QString, loss);
    TrainConfig config = plainConfig();
    config.stc.loss = loss.toStdString();
    Recorder recorder;
    recorder.stopAfter = 2;
    RunOptions run = runInto(pathOf(m_folder, ("half " + loss).toStdString()));
    const auto stopped = train(config, run, recorder, recorder.stop);
    QVERIFY_OK(stopped);
    QVERIFY(stopped->outcome == Outcome::stopped);
    run.resume = true;
    Recorder second;
    QVERIFY_OK(train(config, run, second, second.stop));
    const auto whole = pathOf(m_folder, ("whole " + loss).toStdString());
    Recorder third;
    QVERIFY_OK(train(config, runInto(whole), third, third.stop));
    compareRuns(whole, run.out);
  }

private:
  QTemporaryDir m_folder;
};

QTEST_APPLESS_MAIN(TestBaselines)
#include "test_baselines.moc"
