// The whole evaluation of a network: maps, time, robustness, lesions, likeness to a brain, each with its controls, and
// one page of it all. No LibTorch.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/protocol/effort.h"
#include "engine/training/brain_likeness.h"
#include "engine/training/evaluation.h"

namespace pinwheel::protocol {

struct ProtocolOptions {
  training::EvaluateOptions evaluate;
  Effort effort = Effort::quick;
  std::filesystem::path twin;          ///< checkpoint of the run without topography; empty: none
  std::vector<std::string> contrasts;  ///< "big-small=DIR,DIR", see contrasts.h
  /// Images and what to compare with; checkpoint, out, device and threads are taken from `evaluate`. Empty: none.
  std::optional<training::BrainLikenessOptions> brain;
  std::string commandLine;  ///< for the page's provenance
};

struct ProtocolResult {
  std::filesystem::path report;  ///< report.json
  std::filesystem::path page;    ///< report.html
  std::filesystem::path pdf;     ///< report.pdf
  std::string summary;           ///< a few lines for the terminal
};

/// Whether every text is a "NAME=DIR,DIR" (see contrasts.h), and no name comes twice; the folders are not looked at.
Status checkContrasts(const std::vector<std::string>& contrasts);

/// Measures part by part into options.evaluate.out: what evaluate() writes, parts/<part>.json, a CSV per curve,
/// report.json (the parts under "protocol"), report.html and report.pdf. A part that is stored there already, of the
/// same checkpoint and images with the same options by the same version, is not measured again: stopped or killed, it
/// goes on where it was. What cannot be measured (no labels, no such folder) is skipped, and the page says why. Error:
/// what cannot be read at all, "Stopped", a folder that cannot be written. Progress is that of all parts together.
Expected<ProtocolResult> runProtocol(const ProtocolOptions& options, const ProgressCallback& progress,
                                     const StopFlag& stop);

}  // namespace pinwheel::protocol
