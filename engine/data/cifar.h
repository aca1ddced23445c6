// The official binary files of CIFAR-10 and CIFAR-100 (Krizhevsky 2009), any number of records.
#pragma once

#include <filesystem>

#include "engine/core/error.h"
#include "engine/data/dataset.h"

namespace pinwheel::data {

/// `folder` holds data_batch_*.bin and test_batch.bin, itself or in cifar-10-batches-bin/.
Expected<DatasetPair> openCifar10(const std::filesystem::path& folder);
/// `folder` holds train.bin and test.bin, itself or in cifar-100-binary/.
Expected<DatasetPair> openCifar100(const std::filesystem::path& folder, bool coarseLabels);

}  // namespace pinwheel::data
