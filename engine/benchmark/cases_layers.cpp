#include <torch/torch.h>

#include <array>
#include <cmath>

#include "engine/benchmark/case.h"
#include "engine/benchmark/synaptic_operations.h"
#include "engine/core/number_text.h"
#include "engine/snn/spike_convolution.h"

// The convolutions of ResNet-18 one by one: driven by spikes, and as LibTorch's dense ones. And at which density of
// spikes the dense ones become the faster.
namespace pinwheel::benchmark {
namespace {

using snn::ConvolutionWay;

constexpr std::int64_t kImages = 32 * 4;  // 32 images in 4 time steps
constexpr double kDensity = 0.05;         // share of ones among the inputs
constexpr double kAgreeing = 1e-4;        // over the largest value
constexpr std::array kDensities{0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4};

struct Convolution {
  std::int64_t in, out, side;
  std::int64_t stride = 1;
  std::int64_t kernel = 3;

  [[nodiscard]] std::int64_t padding() const { return kernel / 2; }
  // "64-128-16-s2"
  [[nodiscard]] std::string name() const {
    return std::to_string(in) + "-" + std::to_string(out) + "-" + std::to_string(side) +
           (stride == 1 ? "" : "-s" + std::to_string(stride)) + (kernel == 3 ? "" : "-1x1");
  }
  [[nodiscard]] std::string summary() const {
    const std::string k = std::to_string(kernel);
    const std::string s = std::to_string(side);
    return k + "x" + k + ", " + std::to_string(in) + " to " + std::to_string(out) + " channels, " + s + " x " + s +
           (stride == 1 ? "" : ", stride " + std::to_string(stride));
  }
  [[nodiscard]] ConvolutionGeometry geometry() const {
    const ConvolutionAxis axis{side, kernel, stride, padding()};
    return {in, out, 1, axis, axis};
  }
};

// Behind the 7x7 stem and its pooling, at 64 px; of the shortcuts the first.
constexpr std::array<Convolution, 8> kLayers{{{64, 64, 16},
                                              {64, 128, 16, 2},
                                              {64, 128, 16, 2, 1},
                                              {128, 128, 8},
                                              {128, 256, 8, 2},
                                              {256, 256, 4},
                                              {256, 512, 4, 2},
                                              {512, 512, 2}}};

// Inputs of one convolution, and what arrives from behind it.
struct Problem {
  Convolution of;
  at::Tensor spikes;    // [kImages, in, side, side], 0 or 1, channels last in memory
  at::Tensor weights;   // [out, in, k, k]
  at::Tensor upstream;  // like the output

  [[nodiscard]] at::Tensor forward(ConvolutionWay way) const {
    return snn::spikeConvolution(spikes, weights, of.stride, of.padding(), way);
  }
};

Problem problemOf(const Convolution& of, double density) {
  Problem problem{of, {}, {}, {}};
  problem.spikes =
      at::empty({kImages, of.in, of.side, of.side}).bernoulli_(density).contiguous(at::MemoryFormat::ChannelsLast);
  problem.weights = at::randn({of.out, of.in, of.kernel, of.kernel}) *
                    std::sqrt(2.0 / static_cast<double>(of.out * of.kernel * of.kernel));
  problem.upstream = at::randn_like(problem.forward(ConvolutionWay::dense));
  return problem;
}

enum class Of { weights, input };

// A forward pass that is kept, so that one gradient can be asked for again and again. Only one of the two is wanted:
// nobody computes the other beside it.
class Gradient {
public:
  Gradient(const Problem& problem, ConvolutionWay way, Of of) : m_upstream(problem.upstream) {
    Problem own = problem;
    m_leaf = (of == Of::weights ? own.weights : own.spikes).detach().set_requires_grad(true);
    (of == Of::weights ? own.weights : own.spikes) = m_leaf;
    m_output = own.forward(way);
  }
  [[nodiscard]] at::Tensor operator()() const {
    return torch::autograd::grad({m_output}, {m_leaf}, {m_upstream}, true).front();
  }

private:
  at::Tensor m_leaf;
  at::Tensor m_output;
  at::Tensor m_upstream;
};

double apart(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max().clamp_min(1e-12)).item<double>();
}

Status agree(const Problem& problem) {
  const double forward = apart(problem.forward(ConvolutionWay::spikes), problem.forward(ConvolutionWay::dense));
  const double weights = apart(Gradient(problem, ConvolutionWay::spikes, Of::weights)(),
                               Gradient(problem, ConvolutionWay::dense, Of::weights)());
  if (forward <= kAgreeing && weights <= kAgreeing) return {};
  return disagreement("The convolution driven by spikes and the dense one",
                      "their results differ by " + std::to_string(forward) +
                          " of the largest, the gradients of their "
                          "weights by " +
                          std::to_string(weights));
}

double synapticOperationsOf(const Problem& problem) {
  const at::Tensor spikes = problem.spikes.contiguous();
  return synapticOperations({spikes.data_ptr<float>(), static_cast<std::size_t>(spikes.numel())},
                            problem.of.geometry());
}

Expected<CaseResult> runLayer(const Bench& bench, const Convolution& convolution) {
  const Problem problem = problemOf(convolution, kDensity);
  if (const Status status = agree(problem); !status) return tl::unexpected(status.error());
  const Gradient sparseWeights(problem, ConvolutionWay::spikes, Of::weights);
  const Gradient denseWeights(problem, ConvolutionWay::dense, Of::weights);
  const Gradient denseInput(problem, ConvolutionWay::dense, Of::input);
  Bench::Measured measured = bench.time(
      {{"forward, spikes", "every spike adds a row of weights", [&] { (void)problem.forward(ConvolutionWay::spikes); }},
       {"forward, dense", "LibTorch's convolution", [&] { (void)problem.forward(ConvolutionWay::dense); }},
       {"weight gradient, spikes", "every spike adds what arrives from behind", [&] { (void)sparseWeights(); }},
       {"weight gradient, dense", "LibTorch's", [&] { (void)denseWeights(); }},
       {"input gradient, dense", "LibTorch's: no way goes around it", [&] { (void)denseInput(); }}});
  const double operations = 2.0 * static_cast<double>(kImages) * denseOperations(convolution.geometry());
  const double synaptic = synapticOperationsOf(problem);
  const auto seconds = [&](std::size_t i) { return measured.timings[i].seconds.median; };
  const auto share = [&](std::size_t i) { return operations / seconds(i) / bench.roofline().flopsPerSecond; };
  const Summary weights = summarise(pairwiseRatios(measured.rounds[3], measured.rounds[2]));
  CaseResult result;
  result.figures = {{"density", problem.spikes.mean().item<double>(), ""},
                    {"share of the fma rate, forward dense", share(1), ""},
                    {"share of the fma rate, weight gradient dense", share(3), ""},
                    {"share of the fma rate, input gradient dense", share(4), ""},
                    {"synaptic operations, forward", synaptic / seconds(0), "SynOp/s"},
                    {"synaptic operations, weight gradient", synaptic / seconds(2), "SynOp/s"},
                    {"dense over spikes, weight gradient, median", weights.median, ""}};
  result.timings = std::move(measured.timings);
  return result;
}

// The dense one, which takes as long at every density, and behind it the spikes at each.
Expected<CaseResult> runDensities(
    const Bench& bench, const std::function<std::function<void()>(const Problem&, ConvolutionWay)>& contestant) {
  std::vector<Contestant> contestants;
  for (const double density : kDensities) {
    const Problem problem = problemOf(kLayers[0], density);
    if (const Status status = agree(problem); !status) return tl::unexpected(status.error());
    if (contestants.empty())
      contestants.push_back({"dense", "LibTorch's, at any density", contestant(problem, ConvolutionWay::dense)});
    contestants.push_back({"spikes, density " + fixedText(density, 2), "the work grows with the number of spikes",
                           contestant(problem, ConvolutionWay::spikes)});
  }
  CaseResult result;
  result.timings = bench.time(contestants).timings;
  std::vector<double> ratios;
  for (std::size_t i = 1; i < result.timings.size(); ++i)
    ratios.push_back(result.timings[i].ratio.value_or(Summary{}).median);
  result.figures = {{"density at which both take as long", risesThrough(kDensities, ratios, 1), ""},
                    {"density up to which the engine chooses spikes", snn::spikeDrivenDensity(), ""}};
  return result;
}

Expected<CaseResult> runForwardDensities(const Bench& bench) {
  return runDensities(
      bench, [](const Problem& problem, ConvolutionWay way) { return [problem, way] { (void)problem.forward(way); }; });
}

Expected<CaseResult> runWeightDensities(const Bench& bench) {
  return runDensities(bench, [](const Problem& problem, ConvolutionWay way) {
    return [gradient = Gradient(problem, way, Of::weights)] { (void)gradient(); };
  });
}

}  // namespace

std::vector<Case> layerCases() {
  std::vector<Case> cases;
  for (const Convolution& layer : kLayers)
    cases.push_back({{"layers." + layer.name(), "convolution " + layer.summary() + ", " + std::to_string(kImages) +
                                                    " maps, " + fixedText(100 * kDensity, 0) + " % spikes"},
                     [layer](const Bench& bench) { return runLayer(bench, layer); }});
  return cases;
}

std::vector<Case> densityCases() {
  const std::string layer = "convolution " + kLayers[0].summary() + ", " + std::to_string(kImages) + " maps";
  return {
      Case{{"density.forward", layer + ", forward, at densities of 0.01 to 0.4"}, runForwardDensities},
      Case{{"density.weights", layer + ", gradient of its weights, at densities of 0.01 to 0.4"}, runWeightDensities}};
}

}  // namespace pinwheel::benchmark
