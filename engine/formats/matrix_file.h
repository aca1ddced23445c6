// Arrays of numbers that users bring along: recordings, dissimilarity matrices; .npy, .csv or .mat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/formats/host_tensor.h"

namespace pinwheel::formats {

/// A file, and the variable of a .mat file that is meant (empty: the only one).
struct ArraySource {
  std::filesystem::path path;
  std::string variable{};

  /// "FILE" or "FILE:VARIABLE". A text that names a file as it stands is that file, colons and all.
  static ArraySource parse(const std::string& text);
  /// "file.mat:RDM", without the folder.
  [[nodiscard]] std::string name() const;
};

/// Numbers of any shape, told by the file's ending. CSV: one row a line, commas, semicolons, tabs or spaces between
/// numbers; a first line without any number is a header; an empty cell is NaN. Error: no such file, another ending,
/// rows of different length, text among the numbers, a variable that is not there, what loadNpy and loadMat refuse.
Expected<HostTensor> loadArray(const ArraySource& source);

struct DissimilarityStack {
  std::int64_t stimuli = 0;
  std::vector<std::vector<double>> matrices;  ///< one per subject, [stimuli, stimuli], symmetric, diagonal 0
};

/// Dissimilarity matrices: [n, n], one matrix; [n, n, subjects] or [subjects, n, n]; upper triangles row by row (what
/// squareform gives in MATLAB and SciPy), [pairs], [subjects, pairs] or [pairs, subjects]; a MATLAB struct array with
/// one of these per element. Refused: fewer than 3 stimuli, matrices that are not square, not symmetric, or with a
/// diagonal that is not 0 (similarities), NaN or Inf off the diagonal.
Expected<DissimilarityStack> loadDissimilarities(const ArraySource& source);

}  // namespace pinwheel::formats
