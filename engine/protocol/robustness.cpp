#include "engine/protocol/robustness.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "engine/analysis/accuracy.h"
#include "engine/data/batch_loader.h"
#include "engine/data/corruptions.h"
#include "engine/data/selection.h"
#include "engine/protocol/attacks.h"
#include "engine/snn/selective.h"
#include "engine/training/measured_json.h"
#include "engine/training/responses.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;

// What the draws are for: two kinds of noise never share a stream.
enum Stream : std::uint64_t { kGaussian = 0x6A55, kSigns, kBounded, kStart, kMask, kCorruption };

// A batch as the data have it, and what every curve starts from.
struct Shown {
  std::vector<std::int64_t> indices;  // [B], into the chosen images: they name the draws
  at::Tensor pixels;                  // [B, 3, S, S] in [0, 1], on the device
  at::Tensor labels;                  // [B]
  at::Tensor gradient;                // [B, 3, S, S] of the clean images' loss
  std::int64_t timeSteps = 1;
};

// What is done to the images at each strength.
struct Curve {
  std::string name;
  std::vector<double> strengths;                                        // as reported, without the 0
  std::int64_t passes = 1;                                              // through the network, of each strength
  std::function<Expected<at::Tensor>(const Shown&, std::size_t)> made;  // what the network is given at the i-th one
  std::vector<std::vector<bool>> right{};                               // per strength and image
};

// An attack, and what must not be stronger.
struct Rivals {
  const char* attack;
  const char* control;
};
constexpr std::array<Rivals, 3> kRivals{{{"fgsm", "bounded_gaussian"}, {"fgsm", "random_signs"}, {"pgd", "fgsm"}}};
constexpr double kWeaknessLevel = 0.05;

// Of every image: whether its class was told.
void addHits(snn::Network& network, const at::Tensor& images, const at::Tensor& labels, std::vector<bool>& right) {
  const snn::OnlySheets none(network, {});
  const at::Tensor hits = network.forward(images).logits.argmax(1).eq(labels).to(at::kCPU).contiguous();
  const auto* values = hits.data_ptr<bool>();
  right.insert(right.end(), values, values + hits.numel());
}

std::int64_t countOf(const std::vector<bool>& right) {
  return static_cast<std::int64_t>(std::count(right.begin(), right.end(), true));
}

// Images that are right in `first` and not in `second`.
std::int64_t alone(const std::vector<bool>& first, const std::vector<bool>& second) {
  std::int64_t count = 0;
  for (std::size_t i = 0; i < first.size(); ++i) count += first[i] && !second[i] ? 1 : 0;
  return count;
}

Status checkOptions(const RobustnessOptions& options) {
  const auto refused = [](const std::string& what) -> Status {
    return failure("Robustness cannot be measured with these options", what, "take RobustnessOptions::of");
  };
  for (const auto* strengths : {&options.gaussianDeviations, &options.epsilons, &options.maskedShares})
    for (std::size_t i = 0; i < strengths->size(); ++i)
      if (!((*strengths)[i] > (i == 0 ? 0.0 : (*strengths)[i - 1])))
        return refused("a list of strengths does not ascend from above 0");
  if (!options.maskedShares.empty() && options.maskedShares.back() > 1) return refused("a masked share is above 1");
  if (options.images < 1 || options.pgdSteps < 1 || !(options.pgdStepFactor > 0))
    return refused("images, steps and the length of a step must be above 0");
  return {};
}

class Measurement {
public:
  Measurement(const Subject& subject, const RobustnessOptions& options, std::shared_ptr<const data::Dataset> images,
              const StopFlag& stop)
      : m_subject(subject), m_options(options), m_images(std::move(images)), m_stop(stop) {
    addNoise();
    addAttacks();
    addMasking();
    addCorruptions();
    for (Curve& curve : m_curves) curve.right.resize(curve.strengths.size());
  }

  Status run(const ProgressCallback& progress) {
    // Pixels as they are: noise and attacks come before the normalisation.
    return training::forEachBatch(training::renormalised(m_images, {{0, 0, 0}, {1, 1, 1}}), m_subject.side,
                                  m_subject.batchSize, m_subject.workers, &m_stop,
                                  [&](data::Batch& batch) { return show(batch, progress); });
  }

  [[nodiscard]] json result() const {
    const auto pixels = static_cast<double>(m_images->size()) * 3 * m_subject.side * m_subject.side;
    json curves = json::object();
    for (const Curve& curve : m_curves) curves[curve.name] = curveJson(curve);
    return {{"parameters", optionsJson(m_options)},
            {"images", m_images->size()},
            {"classes", m_images->classNames().size()},
            {"time_steps", m_timeSteps},
            {"zero_gradients",
             {{"pixel_share", static_cast<double>(m_zeroPixels) / pixels},
              {"image_share", static_cast<double>(m_zeroImages) / static_cast<double>(m_images->size())}}},
            {"curves", curves},
            {"against", against()}};
  }

private:
  [[nodiscard]] at::Tensor ready(const at::Tensor& pixels) const { return normalised(pixels, m_subject.normalisation); }
  [[nodiscard]] at::Tensor drawn(const Shown& shown, std::uint64_t stream,
                                 const std::function<float(Random&)>& draw) const {
    return drawnPerImage(shown.indices, {3, m_subject.side, m_subject.side}, m_options.seed, stream, draw)
        .to(m_subject.device);
  }

  at::Tensor corrupted(const Shown& shown, std::uint64_t stream, data::Corruption corruption, double strength) const {
    at::Tensor pixels = shown.pixels.to(at::kCPU).clone().contiguous();
    const auto perImage = static_cast<std::size_t>(pixels.numel()) / shown.indices.size();
    auto* values = pixels.data_ptr<float>();
    for (const std::int64_t index : shown.indices) {
      Random random(m_options.seed, stream, static_cast<std::uint64_t>(index));
      data::corrupt({values, perImage}, m_subject.side, corruption, strength, random);
      values += perImage;
    }
    return ready(pixels.to(m_subject.device));
  }

  void addNoise() {
    m_curves.push_back({"gaussian_noise", m_options.gaussianDeviations, 1,
                        [this](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
                          return corrupted(shown, kGaussian, data::Corruption::gaussianNoise,
                                           m_options.gaussianDeviations[i]);
                        }});
  }

  void addAttacks() {
    m_curves.push_back(
        {"fgsm", m_options.epsilons, 1, [this](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
           return ready(stepAlong(shown.pixels, shown.gradient, m_options.epsilons[i]));
         }});
    m_curves.push_back(
        {"random_signs", m_options.epsilons, 1, [this](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
           const at::Tensor signs =
               drawn(shown, kSigns, [](Random& random) { return random.below(2) == 0 ? -1.0F : 1.0F; });
           return ready(stepAlong(shown.pixels, signs, m_options.epsilons[i]));
         }});
    m_curves.push_back(
        {"bounded_gaussian", m_options.epsilons, 1, [this](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
           const at::Tensor noise = drawn(shown, kBounded, [](Random& random) {
             return static_cast<float>(std::clamp(random.normal(), -1.0, 1.0));
           });
           return ready((shown.pixels + noise * m_options.epsilons[i]).clamp(0, 1));
         }});
    // A step's way back costs about two passes.
    m_curves.push_back({"pgd", m_options.epsilons, 3 * m_options.pgdSteps + 1,
                        [this](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
                          const at::Tensor start = drawn(
                              shown, kStart, [](Random& random) { return static_cast<float>(random.uniform(-1, 1)); });
                          const auto moved = projectedGradient(
                              *m_subject.network, m_subject.normalisation, shown.pixels, shown.labels, start,
                              {m_options.epsilons[i], m_options.pgdSteps, m_options.pgdStepFactor, graphImages()},
                              m_stop);
                          if (!moved) return tl::unexpected(moved.error());
                          return ready(*moved);
                        }});
  }

  void addMasking() {
    m_curves.push_back(
        {"masking", m_options.maskedShares, 1, [this](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
           return maskedOverTime(ready(shown.pixels), shown.timeSteps, m_options.maskedShares[i], shown.indices,
                                 m_options.seed, kMask);
         }});
  }

  void addCorruptions() {
    std::uint64_t stream = kCorruption;
    for (const data::CorruptionKind& kind : data::corruptionKinds()) {
      m_curves.push_back({std::string("corruption_") + kind.name,
                          {1, 2, 3, 4, 5},
                          1,
                          [this, &kind, stream](const Shown& shown, std::size_t i) -> Expected<at::Tensor> {
                            return corrupted(shown, stream, kind.corruption, kind.severities[i]);
                          }});
      ++stream;
    }
  }

  // A batch of the training fitted in memory with its graph; one of the evaluation may not.
  [[nodiscard]] std::int64_t graphImages() const {
    const std::int64_t most = std::min(kGraphImages, m_subject.batchSize);
    return m_subject.checkpoint == nullptr ? most : std::min(most, m_subject.checkpoint->config.training.batchSize);
  }

  [[nodiscard]] std::int64_t passes() const {
    std::int64_t sum = 0;
    for (const Curve& curve : m_curves) sum += curve.passes * static_cast<std::int64_t>(curve.strengths.size());
    return sum;
  }

  // The clean images: where every curve begins.
  Shown begin(const data::Batch& batch) {
    Shown shown;
    shown.indices = batch.indices;
    // Copied: the loader's batch goes away.
    shown.pixels = at::tensor(batch.pixels).view({batch.count, 3, batch.side, batch.side}).to(m_subject.device);
    shown.labels = at::tensor(batch.labels).to(m_subject.device);
    const snn::Activity activity = m_subject.network->forward(ready(shown.pixels));
    m_timeSteps = shown.timeSteps = activity.sheets.at(0).size(0);
    m_correct += activity.logits.argmax(1).eq(shown.labels).sum().item<std::int64_t>();
    shown.gradient =
        lossGradient(*m_subject.network, m_subject.normalisation, shown.pixels, shown.labels, graphImages());
    const at::Tensor zero = shown.gradient.eq(0).flatten(1);
    m_zeroPixels += zero.sum().item<std::int64_t>();
    m_zeroImages += zero.all(1).sum().item<std::int64_t>();
    return shown;
  }

  Status show(const data::Batch& batch, const ProgressCallback& progress) {
    if (m_stop.requested()) return failure("Stopped");
    const Shown shown = begin(batch);
    for (Curve& curve : m_curves)
      for (std::size_t i = 0; i < curve.strengths.size(); ++i) {
        if (m_stop.requested()) return failure("Stopped");
        const auto images = curve.made(shown, i);
        if (!images) return tl::unexpected(images.error());
        addHits(*m_subject.network, *images, shown.labels, curve.right[i]);
        m_done += curve.passes * batch.count;
        if (progress) progress({"robustness", m_done, passes() * m_images->size()});
      }
    return {};
  }

  [[nodiscard]] json curveJson(const Curve& curve) const {
    json out = {{"strength", {0.0}}, {"correct", json::array()}};
    std::vector<std::int64_t> correct{m_correct};
    for (const std::vector<bool>& right : curve.right) correct.push_back(countOf(right));
    for (const double strength : curve.strengths) out["strength"].push_back(strength);
    for (const char* key : {"accuracy", "low_95", "high_95"}) out[key] = json::array();
    for (const std::int64_t right : correct) {
      const analysis::Accuracy accuracy = analysis::accuracyOf(right, m_images->size());
      out["correct"].push_back(right);
      out["accuracy"].push_back(training::number(accuracy.value()));
      out["low_95"].push_back(training::number(accuracy.low));
      out["high_95"].push_back(training::number(accuracy.high));
    }
    return out;
  }

  [[nodiscard]] const Curve& named(const char* name) const {
    return *std::find_if(m_curves.begin(), m_curves.end(), [name](const Curve& curve) { return curve.name == name; });
  }

  [[nodiscard]] json against() const {
    json out = json::object();
    for (const auto& [attack, control] : kRivals) {
      const auto& first = named(attack).right;
      const auto& second = named(control).right;
      json attackAlone = json::array({0});  // the clean images are the same
      json controlAlone = json::array({0});
      for (std::size_t i = 0; i < first.size(); ++i) {
        attackAlone.push_back(alone(first[i], second[i]));
        controlAlone.push_back(alone(second[i], first[i]));
      }
      out[attack][control] = {{"attack_alone", attackAlone}, {"control_alone", controlAlone}};
    }
    return out;
  }

  const Subject& m_subject;
  const RobustnessOptions& m_options;
  std::shared_ptr<const data::Dataset> m_images;
  const StopFlag& m_stop;
  std::vector<Curve> m_curves;
  std::int64_t m_correct = 0;  // of the clean images
  std::int64_t m_zeroPixels = 0;
  std::int64_t m_zeroImages = 0;
  std::int64_t m_timeSteps = 1;
  std::int64_t m_done = 0;
};

}  // namespace

RobustnessOptions RobustnessOptions::of(Effort effort) {
  RobustnessOptions options;
  if (effort == Effort::quick) {
    options.images = 100;
    options.pgdSteps = 7;
  }
  return options;
}

json optionsJson(const RobustnessOptions& options) {
  json corruptions = json::object();
  for (const data::CorruptionKind& kind : data::corruptionKinds())
    corruptions[kind.name] = {{"strength", kind.strength}, {"severities", kind.severities}};
  return {{"images", options.images},
          {"seed", options.seed},
          {"gaussian_deviations", options.gaussianDeviations},
          {"epsilons", options.epsilons},
          {"masked_shares", options.maskedShares},
          {"pgd",
           {{"steps", options.pgdSteps},
            {"step_size_times_steps_over_epsilon", options.pgdStepFactor},
            {"random_start", "uniform in the box of epsilon"}}},
          {"weakness_test",
           {{"test", "one-sided exact sign test"}, {"level", kWeaknessLevel}, {"corrected_for", "strengths"}}},
          {"corruptions", corruptions}};
}

Expected<json> measureRobustness(const Subject& subject, const RobustnessOptions& options,
                                 const ProgressCallback& progress, const StopFlag& stop) {
  if (!subject.labelled)
    return failure("Robustness was not measured", "the data's classes are not the network's",
                   "evaluate the network on data with the classes that it was trained on");
  if (const Status status = checkOptions(options); !status) return tl::unexpected(status.error());
  if (subject.validation->size() == 0)
    return failure("Robustness was not measured", "there are no validation images", "evaluate on data that have some");
  const torch::NoGradGuard guard;
  subject.network->setTraining(false);
  auto images =
      data::selectImages(subject.validation, data::balancedIndices(*subject.validation, options.images, options.seed));
  Measurement measurement(subject, options, std::move(images), stop);
  if (const Status status = measurement.run(progress); !status) return tl::unexpected(status.error());
  return measurement.result();
}

}  // namespace pinwheel::protocol
