// What a part of the protocol tells its reader: values beside their controls, curves, pictures. The page (page.h) lays
// it out; nothing here knows how.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pinwheel::protocol {

/// One line of a section's table. Texts are ready to read: "0.71 ± 0.02", "-" where nothing could be measured.
struct Row {
  std::string name;         ///< "Orientation smoothness, V1"
  std::string value;        ///< with its unit
  std::string control{};    ///< "shuffled 0.01; untrained 0.24"; empty: it has none
  std::string published{};  ///< of the papers; empty: none
};

/// A curve: y against x, with an interval where low and high are given. NaN is a gap.
struct Series {
  std::string name;
  std::vector<double> x, y;
  std::vector<double> low{}, high{};  ///< as long as y, or empty
  bool control = false;               ///< drawn dashed, in grey
};

struct Chart {
  std::string file;  ///< stem of the CSV that holds its numbers, unique in the protocol: "robustness_fgsm"
  std::string title;
  std::string xLabel, yLabel;  ///< with units
  std::vector<Series> series;
};

struct Picture {
  std::filesystem::path file;  ///< a PNG in the results' folder
  std::string caption;
};

struct Section {
  std::string title;
  std::string text{};     ///< what was done, in whole sentences: stimuli, counts, parameters
  std::string skipped{};  ///< why there is nothing below; empty where there is
  std::vector<Row> rows{};
  std::vector<Chart> charts{};
  std::vector<Picture> pictures{};
};

}  // namespace pinwheel::protocol
