// A network of random weights with everything that a part of the protocol asks for. Includes LibTorch.
#pragma once

#include <torch/torch.h>

#include <memory>
#include <stdexcept>

#include "engine/data/world.h"
#include "engine/protocol/subject.h"
#include "engine/snn/backbones.h"
#include "engine/training/responses.h"
#include "engine/training/setup.h"

namespace pinwheel::test {

/// The tiny backbone at 16 px and T = 4, its batch norms calibrated on the validation images: it answers in every
/// sheet. Its checkpoint is as if it had been trained for no time. Stays where it is: the subject points into it.
struct TinySubject {
  static constexpr int kSide = 16;
  static constexpr std::int64_t kBatch = 32;

  explicit TinySubject(std::int64_t images) {
    const data::Normalisation normalisation{{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}};
    subject.validation = training::renormalised(data::makeWorld(kSide, images, 5), normalisation);
    subject.training = subject.validation;  // what the network itself is calibrated on below
    checkpoint.config.model.imageSide = kSide;
    checkpoint.config.model.timeSteps = 4;
    checkpoint.provenance.classNames = subject.validation->classNames();
    network = makeNetwork(4);
    const Status calibrated = training::calibrateNormalisation(*network, at::kCPU, subject.validation, kSide, kBatch);
    if (!calibrated) throw std::runtime_error(calibrated.error().text());
    checkpoint.model = training::toHost(training::stateDict(*network));
    for (const topography::SheetSpec& spec : training::sheetSpecs(network->sheets(), checkpoint.config.sheets))
      checkpoint.sheets.push_back(topography::retinotopicSheet(spec, 3));
    subject.network = network.get();
    subject.sheets = checkpoint.sheets;
    subject.checkpoint = &checkpoint;
    subject.normalisation = normalisation;
    subject.side = kSide;
    subject.batchSize = kBatch;
  }
  TinySubject(const TinySubject&) = delete;
  TinySubject& operator=(const TinySubject&) = delete;

  /// The checkpoint's network with another T, its weights as they were drawn.
  [[nodiscard]] std::unique_ptr<snn::Network> makeNetwork(std::int64_t timeSteps) const {
    training::ModelConfig model = checkpoint.config.model;
    model.timeSteps = timeSteps;
    auto made = snn::makeNetwork(
        training::networkOptions(model, static_cast<std::int64_t>(checkpoint.provenance.classNames.size())),
        static_cast<std::uint64_t>(checkpoint.config.training.seed));
    if (!made) throw std::runtime_error(made.error().text());
    return std::move(*made);
  }

  training::Checkpoint checkpoint;
  std::unique_ptr<snn::Network> network;
  protocol::Subject subject;
};

}  // namespace pinwheel::test
