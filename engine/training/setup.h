// From a configuration to the things it describes: device, network, sheets, and tensors to and from files. Includes
// LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/data/dataset.h"
#include "engine/formats/host_tensor.h"
#include "engine/snn/network.h"
#include "engine/topography/sheet.h"
#include "engine/training/config.h"
#include "engine/training/optimizer.h"

namespace pinwheel::training {

/// "auto", "cpu" or "cuda"; an error where CUDA is asked for and absent.
Expected<at::Device> chooseDevice(const std::string& name);
/// Sets the threads of LibTorch and of OpenBLAS (0: all processors); returns the number.
int useThreads(int threads);

[[nodiscard]] snn::NetworkOptions networkOptions(const ModelConfig& model, std::int64_t classes);
[[nodiscard]] data::DatasetOptions datasetOptions(const TrainConfig& config);
/// The sheet of every laid layer, with the sides that the configuration gives its area.
[[nodiscard]] std::vector<topography::SheetSpec> sheetSpecs(const std::vector<snn::SheetShape>& shapes,
                                                            const SheetConfig& config);

[[nodiscard]] formats::HostTensor toHost(const at::Tensor& tensor);
[[nodiscard]] formats::TensorMap toHost(const NamedTensors& tensors);
/// Copies file tensors into live ones: same names, same shapes, or an error that lists what differs; nothing is changed
/// then.
Status copyInto(const NamedTensors& live, const formats::TensorMap& stored, const std::string& what);
/// Parameters and buffers together, as a state_dict holds them.
[[nodiscard]] NamedTensors stateDict(const snn::Network& network);

}  // namespace pinwheel::training
