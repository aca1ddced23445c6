// Batches for training and evaluation, decoded and augmented on background threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/dataset.h"

namespace pinwheel::data {

struct Batch {
  std::int64_t count = 0;
  int side = 0;
  std::vector<float> pixels;          ///< [count, 3, side, side], normalised
  std::vector<std::int64_t> labels;   ///< [count]
  std::vector<std::int64_t> indices;  ///< [count], into the dataset
};

struct LoaderOptions {
  std::int64_t batchSize = 128;
  int side = 32;  ///< px; images are resized (shorter side) and cropped to it
  bool shuffle = false;
  bool dropLast = false;           ///< leave out a last batch that is not full
  bool flip = false;               ///< horizontal, probability 1/2
  int cropPadding = 0;             ///< px of zero padding (after normalisation) before a random crop; 0: none
  bool randomResizedCrop = false;  ///< ImageNet's: area 0.08-1, aspect 3/4-4/3
  std::uint64_t seed = 0;
  int workers = 1;
  int prefetch = 4;  ///< batches decoded ahead at most
  /// Of every batch only the share `share` of `shares` is decoded, the images that follow each other in it: the shares
  /// together are the batches of one loader without.
  std::int64_t share = 0, shares = 1;
  /// What whoever shows the images can do where memory runs out for a batch.
  const char* memoryHint = "lower training.batch_size";
};

/// One consumer thread. Order and augmentation depend on (seed, epoch, sample) alone, never on the number of workers.
class BatchLoader {
public:
  BatchLoader(std::shared_ptr<const Dataset> dataset, LoaderOptions options);
  ~BatchLoader();  ///< stops and joins the workers
  BatchLoader(const BatchLoader&) = delete;
  BatchLoader& operator=(const BatchLoader&) = delete;

  [[nodiscard]] std::int64_t batchesPerEpoch() const;
  /// Begins epoch `epoch` at batch `firstBatch` (for resuming); whatever was in flight is dropped.
  void startEpoch(std::int64_t epoch, std::int64_t firstBatch = 0);
  /// The next batch; nullopt at the end of the epoch; the error of the first image that could not be read.
  Expected<std::optional<Batch>> next();

private:
  struct Impl;
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::data
