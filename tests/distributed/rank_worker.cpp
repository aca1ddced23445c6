// One rank of the tests: `rank_worker TASK`, told who it is by the environment. Exit code 0: what this rank holds is
// what one process has; 1: it is not (stderr tells); 7: a rank was lost, as the task expects.
#include <torch/torch.h>

#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/distributed/communicator.h"
#include "engine/distributed/gather_batch.h"
#include "engine/distributed/gradient_buckets.h"
#include "engine/snn/normalised_lif.h"
#include "engine/snn/plain_neurons.h"
#include "engine/snn/statistics_exchange.h"
#include "engine/topography/stc_loss.h"

using namespace pinwheel;
using distributed::Communicator;

namespace {

constexpr std::int64_t kBatch = 8;  // of all ranks together
constexpr double kTolerance = 1e-10;

bool near(const char* what, const at::Tensor& mine, const at::Tensor& whole, double tolerance = kTolerance) {
  if (!mine.defined() || !whole.defined() || mine.sizes() != whole.sizes()) {
    std::fprintf(stderr, "%s: not there, or of another shape\n", what);
    return false;
  }
  const double apart = (mine - whole).abs().max().item<double>();
  const double size = whole.abs().max().item<double>();
  if (size > 0 && apart <= tolerance * std::max(1.0, size)) return true;
  std::fprintf(stderr, "%s: %g apart, largest value %g\n", what, apart, size);
  return false;
}

// This rank's part of dimension `axis`.
at::Tensor part(const at::Tensor& whole, const Communicator& ranks, std::int64_t axis = 0) {
  const std::int64_t count = whole.size(axis) / ranks.size();
  return whole.narrow(axis, ranks.rank() * count, count).contiguous();
}

bool collectives(Communicator& ranks) {
  bool fine = true;
  const int size = ranks.size();
  at::Tensor numbers = at::arange(5, at::kDouble) * (ranks.rank() + 1);
  ranks.sum(numbers);
  fine = near("sum", numbers, at::arange(5, at::kDouble) * (size * (size + 1) / 2)) && fine;
  at::Tensor told = at::full({3}, ranks.rank() + 1, at::kFloat);
  ranks.broadcast(told);
  fine = near("broadcast", told, at::ones({3})) && fine;
  const at::Tensor all = ranks.gather(at::full({2}, ranks.rank(), at::kDouble));
  fine = near("gather", all, at::arange(size, at::kDouble).unsqueeze(1).expand({size, 2})) && fine;
  for (const std::string text : {"one", "", "two"})  // rank 0's, whatever the others bring
    fine = ranks.tellAll(ranks.rank() == 0 ? text : "other") == text && fine;
  const auto texts = ranks.texts("rank " + std::to_string(ranks.rank()));
  for (int r = 0; r < size; ++r) fine = texts[static_cast<std::size_t>(r)] == "rank " + std::to_string(r) && fine;
  ranks.barrier();
  return fine;
}

// Two layers and a parameter that the loss does not reach.
struct Model {
  std::vector<at::Tensor> parameters;
  Model() {
    torch::manual_seed(1);
    for (const auto& shape : std::vector<std::vector<std::int64_t>>{{6, 40}, {40}, {40, 30}, {30}, {4}, {30, 3}})
      parameters.push_back(at::randn(shape, at::kDouble).requires_grad_());
  }
  at::Tensor loss(const at::Tensor& x, const at::Tensor& y) const {
    const at::Tensor hidden = at::tanh(at::tanh(x.mm(parameters[0]) + parameters[1]).mm(parameters[2]) + parameters[3]);
    return at::cross_entropy_loss(hidden.mm(parameters[5]), y);
  }
};

bool gradients(Communicator& ranks) {
  torch::manual_seed(2);
  const at::Tensor x = at::randn({kBatch, 6}, at::kDouble), y = at::randint(3, {kBatch}, at::kLong);
  Model whole, mine;
  whole.loss(x, y).backward();
  bool fine = true;
  at::Tensor before;
  {
    // 40 * 30 doubles do not fit with the others: several buckets, one of them larger than the limit.
    distributed::GradientBuckets buckets(mine.parameters, ranks, 4096);
    if (buckets.bucketCount() != 3) {
      std::fprintf(stderr, "%zu buckets\n", buckets.bucketCount());
      fine = false;
    }
    for (int pass = 0; pass < 3; ++pass) {
      for (at::Tensor& p : mine.parameters)
        if (p.grad().defined()) p.mutable_grad().zero_();
      buckets.begin();
      mine.loss(part(x, ranks), part(y, ranks)).backward();
      buckets.finish();
      for (std::size_t i = 0; i < mine.parameters.size(); ++i) {
        const at::Tensor expected = whole.parameters[i].grad();
        const at::Tensor got = mine.parameters[i].grad();
        if (expected.defined())
          fine = near("gradient", got, expected) && fine;
        else if (got.abs().max().item<double>() != 0)
          fine = false;
      }
      const at::Tensor now = mine.parameters[2].grad().clone();
      if (before.defined() && !at::equal(before, now)) fine = false;  // the same, to the bit
      before = now;
      const at::Tensor everyones = ranks.gather(now);
      for (int r = 0; r < ranks.size(); ++r) fine = at::equal(everyones[r], now) && fine;
    }
  }
  // Gone: gradients are this rank's own again.
  for (at::Tensor& p : mine.parameters) p.mutable_grad().zero_();
  const at::Tensor own = mine.loss(part(x, ranks), part(y, ranks));
  own.backward();
  Model alone;
  alone.loss(part(x, ranks), part(y, ranks)).backward();
  return near("own gradient", mine.parameters[0].grad(), alone.parameters[0].grad()) && fine;
}

struct Exchange final : snn::StatisticsExchange {
  explicit Exchange(Communicator& all) : ranks(all) {}
  void sum(at::Tensor& values) override {
    ++sums;
    ranks.sum(values);
  }
  Communicator& ranks;
  int sums = 0;
};

torch::nn::BatchNorm2d normOf(std::int64_t channels) {
  torch::nn::BatchNorm2d norm(channels);
  norm->to(at::kDouble);
  const at::NoGradGuard guard;
  norm->weight.copy_(at::rand({channels}, at::kDouble) + 0.5);
  norm->bias.copy_(at::randn({channels}, at::kDouble) * 0.3);
  return norm;
}

// Spikes, gradients of both inputs (this rank's part), of both norms' weights and biases (summed over ranks), running
// statistics; of the whole batch where `exchange` is null.
std::vector<at::Tensor> normed(Communicator& ranks, Exchange* exchange, bool fused, bool relu) {
  constexpr std::int64_t kSteps = 3, kChannels = 5;
  torch::manual_seed(3);
  torch::nn::BatchNorm2d norm = normOf(kChannels), beside = normOf(kChannels);
  at::Tensor y = at::randn({kSteps, kBatch, kChannels, 4, 4}, at::kDouble) * 2 + 1;
  at::Tensor x = at::randn({kSteps, kBatch, kChannels, 4, 4}, at::kDouble) +
                 at::arange(kBatch, at::kDouble).view({1, -1, 1, 1, 1});
  at::Tensor upstream = at::randn(y.sizes(), at::kDouble);
  if (exchange != nullptr) {
    y = part(y, ranks, 1);
    x = part(x, ranks, 1);
    upstream = part(upstream, ranks, 1);
  }
  y.requires_grad_();
  x.requires_grad_();
  std::optional<snn::PlainNeurons> plain;
  if (!fused) plain.emplace();
  at::Tensor spikes;
  {
    const snn::ExchangedStatistics all(exchange);
    if (relu)
      spikes = at::relu(snn::batchNorm(y.flatten(0, 1), norm) + snn::batchNorm(x.flatten(0, 1), beside));
    else
      spikes = snn::normalisedLif(y.flatten(0, 1), norm, {x.flatten(0, 1), beside}, kSteps, {});
  }
  spikes.backward(upstream.flatten(0, 1));
  std::vector<at::Tensor> out{spikes.detach().view_as(y), y.grad(), x.grad()};
  if (exchange == nullptr)
    for (at::Tensor& whole : out) whole = part(whole, ranks, 1);
  for (torch::nn::BatchNorm2d& n : std::vector<torch::nn::BatchNorm2d>{norm, beside})
    for (at::Tensor gradient : {n->weight.grad().clone(), n->bias.grad().clone()}) {
      if (exchange != nullptr) ranks.sum(gradient);
      out.push_back(gradient);
    }
  for (torch::nn::BatchNorm2d& n : std::vector<torch::nn::BatchNorm2d>{norm, beside}) {
    out.push_back(n->running_mean);
    out.push_back(n->running_var);
  }
  return out;
}

bool norms(Communicator& ranks) {
  bool fine = true;
  for (const auto& [fused, relu] : std::vector<std::pair<bool, bool>>{{true, false}, {false, false}, {true, true}}) {
    Exchange exchange(ranks);
    const auto whole = normed(ranks, nullptr, fused, relu);
    const auto mine = normed(ranks, &exchange, fused, relu);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const std::string what = std::string(fused ? "fused" : "plain") + (relu ? " relu " : " lif ") + std::to_string(i);
      fine = near(what.c_str(), mine[i], whole[i]) && fine;
    }
    if (exchange.sums == 0) fine = false;
  }
  return fine;
}

bool gatheredLoss(Communicator& ranks) {
  torch::manual_seed(4);
  constexpr std::int64_t kSteps = 4, kUnits = 12;
  const at::Tensor spikes = (at::rand({kSteps, kBatch, kUnits}, at::kDouble) < 0.4).to(at::kDouble);
  const at::Tensor units = at::stack({at::arange(6), at::arange(6, 12)});
  const at::Tensor where = at::rand({2, 6, 2}, at::kDouble);
  const at::Tensor inverse = ((where.unsqueeze(2) - where.unsqueeze(1)).square().sum(-1).sqrt() + 1).reciprocal();
  const at::Tensor whole = spikes.clone().requires_grad_();
  const at::Tensor mine = part(spikes, ranks, 1).requires_grad_();
  const at::Tensor expected = topography::stcLoss(whole, units, inverse, {}).sum();
  const at::Tensor got = topography::stcLoss(distributed::gatherBatch(mine, ranks), units, inverse, {}).sum();
  expected.backward();
  got.backward();
  // The mean over ranks of what flows on is the whole batch's.
  return near("loss", got.detach(), expected.detach()) &&
         near("gradient", mine.grad() / ranks.size(), part(whole.grad(), ranks, 1));
}

// Sums until a rank is lost.
bool untilLost(Communicator& ranks) {
  std::printf("joined\n");
  std::fflush(stdout);
  for (;;) {
    at::Tensor one = at::ones({1000}, at::kDouble);
    ranks.sum(one);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

// Rank 0 works alone, the others wait for its word.
bool untilTold(Communicator& ranks) {
  std::printf("joined\n");
  std::fflush(stdout);
  if (ranks.rank() == 0) std::this_thread::sleep_for(std::chrono::minutes(2));
  (void)ranks.tellAll("done");
  return true;
}

bool givesUp(Communicator& ranks) {
  if (ranks.rank() == 1) {
    ranks.fail({"An image cannot be read", "it is none", "leave it out"});
    std::_Exit(7);
  }
  return untilLost(ranks);
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::function<bool(Communicator&)>> tasks{
      {"collectives", collectives}, {"gradients", gradients}, {"norms", norms},     {"gathered", gatheredLoss},
      {"lost", untilLost},          {"told", untilTold},      {"gives-up", givesUp}};
  const auto task = tasks.find(argc > 1 ? argv[1] : "");
  if (task == tasks.end()) return 2;
  const auto world = distributed::worldFrom(distributed::processEnvironment());
  if (!world) {
    std::fprintf(stderr, "%s\n", world.error().text().c_str());
    return 3;
  }
  distributed::CommunicatorOptions options;
  options.join = std::chrono::seconds(argc > 2 ? 2 : 60);
  options.beat = std::chrono::milliseconds(200);
  options.silence = std::chrono::milliseconds(4000);
  auto ranks = Communicator::join(*world, options);
  if (!ranks) {
    std::fprintf(stderr, "%s\n", ranks.error().text().c_str());
    return 4;
  }
  try {
    const bool fine = task->second(**ranks);
    (*ranks)->leave();
    return fine ? 0 : 1;
  } catch (const distributed::RankLost& lost) {
    (*ranks)->fail(lost.error());
    std::fprintf(stderr, "%s\n", lost.error().text().c_str());
    std::fflush(stderr);
    return 7;
  }
}
