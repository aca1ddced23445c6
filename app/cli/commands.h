// The commands of pinwheel-cli. Each adds itself to the parser; its callback leaves an exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>

#include "engine/core/error.h"

namespace pinwheel::cli {

/// What a command ends with: 0 done, 1 failed, 2 wrong usage, 3 cannot run here, 130 stopped.
enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2, kCannotRunHere = 3, kStopped = 130 };

/// What an option that names a file or a folder checks: an empty text names none.
[[nodiscard]] CLI::Validator notEmpty();
/// The checkpoint that a path names: the file itself, or the one in a run's folder. Error: a folder without one.
Expected<std::filesystem::path> checkpointAt(const std::filesystem::path& path);

void addTrain(CLI::App& app, int& exitCode);
void addLaunch(CLI::App& app, int& exitCode);
void addPlace(CLI::App& app, int& exitCode);
void addEvaluate(CLI::App& app, int& exitCode);
void addRsa(CLI::App& app, int& exitCode);
void addStudy(CLI::App& app, int& exitCode);
void addBench(CLI::App& app, int& exitCode);
void addKeys(CLI::App& app, int& exitCode);
void addInfo(CLI::App& app, int& exitCode);
void addDatasets(CLI::App& app, int& exitCode);
void addRecipes(CLI::App& app, int& exitCode);

}  // namespace pinwheel::cli
