// What the program was asked for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "app/scope/window.h"

namespace pinwheel::scope {

struct Arguments {
  std::string source;               ///< an endpoint, a run's folder, or a recording
  std::filesystem::path keys;       ///< NAME.key; empty: without
  std::filesystem::path serverKey;  ///< server.pub
  std::filesystem::path replay;
  std::optional<std::int64_t> step;
  bool synthetic = false;
  std::filesystem::path screenshot;
  std::optional<double> after;      ///< seconds, until the screenshot
  std::optional<int> frames;        ///< pictures, until the screenshot
  std::optional<double> benchmark;  ///< seconds
  int width = 1400;
  int height = 880;
};

/// Nothing: told what there was to tell, and `exitCode` is set.
std::optional<Arguments> parseArguments(int argc, char** argv, int& exitCode);

}  // namespace pinwheel::scope
