// std::visit over lambdas.
#pragma once

namespace pinwheel::session {

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace pinwheel::session
