#include "engine/core/host_name.h"

#include <unistd.h>

#include <array>

namespace pinwheel {

std::string hostName(const std::string& otherwise) {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : otherwise;
}

}  // namespace pinwheel
