// How large a network of a case is.
#pragma once

#include <cstdint>
#include <string>

namespace pinwheel::benchmark {

struct NetworkSize {
  std::string backbone = "tiny";
  std::int64_t side = 32;  ///< px
  std::int64_t timeSteps = 4;
  std::int64_t batch = 32;    ///< images
  std::string stem = "auto";  ///< see snn::NetworkOptions
};

}  // namespace pinwheel::benchmark
