#include "engine/figures/xml_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pinwheel::figures {

std::string xmlText(std::string_view text) {
  constexpr std::array<std::pair<char, const char*>, 4> kMarks{
      {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}}};
  std::string out;
  for (const char ch : text) {
    const auto* mark = std::find_if(kMarks.begin(), kMarks.end(), [ch](const auto& m) { return m.first == ch; });
    const bool control = static_cast<unsigned char>(ch) < 0x20 && ch != '\n' && ch != '\t';
    if (mark != kMarks.end())
      out += mark->second;
    else
      out += control ? ' ' : ch;
  }
  return out;
}

}  // namespace pinwheel::figures
