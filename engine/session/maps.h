// The maps of every sheet from the whole set of stimuli, and what single units answered. Includes LibTorch.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine/analysis/selectivity.h"
#include "engine/analysis/tuning.h"
#include "engine/session/job.h"
#include "engine/session/subject.h"
#include "engine/session/tuning_answers.h"

namespace pinwheel::session {

struct SheetAnswers {
  analysis::GratingResponses gratings;
  analysis::CategoryResponses categories;
  BestImages best;
  std::vector<std::vector<float>> t;  ///< [domain][U]
};

/// One measurement: never changed afterwards.
struct Measured {
  std::shared_ptr<const MapsFrame> maps;
  std::shared_ptr<const std::vector<SheetAnswers>> sheets;  ///< what the maps were made of, whatever they gain later
  [[nodiscard]] UnitAnswers answers(std::size_t sheet, std::int32_t unit) const;
  /// About what it takes in memory.
  [[nodiscard]] std::int64_t bytes() const;
};

/// Progress that measureMaps makes: stimuli.
inline constexpr std::int64_t kMapStimuli = 640 + 1440;

/// As training::measure takes them; `lossShare`: with addLossShare. `categories`: training::categoryWorld, perhaps kept
/// in memory. Error: stopped (the job's flag tells), or an analysis failed.
Expected<std::shared_ptr<const Measured>> measureMaps(Subject& subject, const Stamp& stamp,
                                                      const std::shared_ptr<const data::Dataset>& categories,
                                                      bool lossShare, Job& job);

}  // namespace pinwheel::session
