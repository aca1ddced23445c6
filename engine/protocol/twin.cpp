#include "engine/protocol/twin.h"

#include <torch/torch.h>

#include <utility>
#include <vector>

#include "engine/perturbation/lesion.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/protocol/stored_parts.h"
#include "engine/training/responses.h"

namespace pinwheel::protocol {
namespace {

using nlohmann::json;
using training::Checkpoint;

std::string layersText(const std::vector<topography::Sheet>& sheets) {
  std::string text;
  for (const topography::Sheet& sheet : sheets)
    text += (text.empty() ? "" : ", ") + sheet.spec.layer + " " + std::to_string(sheet.spec.channels) + "x" +
            std::to_string(sheet.spec.height) + "x" + std::to_string(sheet.spec.width);
  return text;
}

std::string dataText(const Checkpoint& checkpoint) {
  const training::DataConfig& data = checkpoint.config.data;
  std::string text = checkpoint.provenance.dataName + " (" + checkpoint.provenance.data;
  if (checkpoint.provenance.data == "builtin")
    text += ", world " + std::to_string(data.worldSeed) + ", " + std::to_string(data.trainCount) + " images";
  return text + ")";
}

}  // namespace

Subject subjectOf(const training::MeasuredNetwork& opened) {
  Subject subject;
  subject.network = opened.network.get();
  subject.device = opened.device;
  subject.sheets = opened.sheets;
  subject.checkpoint = &opened.checkpoint;
  subject.training = training::renormalised(opened.data.train, opened.normalisation);
  subject.validation = training::renormalised(opened.data.validation, opened.normalisation);
  subject.labelled = opened.labelled;
  subject.categories = opened.categories;
  subject.normalisation = opened.normalisation;
  subject.side = static_cast<int>(opened.checkpoint.config.model.imageSide);
  subject.batchSize = opened.checkpoint.config.evaluation.batchSize;
  subject.workers = static_cast<int>(opened.checkpoint.config.data.workers);
  return subject;
}

Status checkTwin(const Checkpoint& own, const Checkpoint& twin, const std::filesystem::path& path) {
  const std::string theirs = layersText(twin.sheets);
  const std::string ours = layersText(own.sheets);
  if (theirs != ours || twin.config.model.imageSide != own.config.model.imageSide)
    return failure("The twin is of another network",
                   "its layers are " + theirs + " at " + std::to_string(twin.config.model.imageSide) +
                       " px, this network's " + ours + " at " + std::to_string(own.config.model.imageSide) + " px",
                   "give the run without topography that has the same model options", path.string());
  if (twin.config.stc.weighs())
    return failure("The twin has topography of its own", "it was trained with stc.loss = " + twin.config.stc.loss,
                   "give the run with stc.loss = none, or whose weights of that loss are 0", path.string());
  return {};
}

Expected<std::unique_ptr<Twin>> openTwin(const std::filesystem::path& path, const training::EvaluateOptions& evaluate,
                                         const training::MeasuredNetwork& own) {
  auto twin = std::make_unique<Twin>();
  twin->evaluate = evaluate;
  twin->evaluate.checkpoint = path;
  twin->evaluate.out = evaluate.out / "twin";
  twin->evaluate.pictures = false;
  twin->evaluate.data = own.dataSpec;
  auto print = fingerprint(path);
  if (!print) return tl::unexpected(print.error());
  twin->checkpoint = std::move(*print);
  auto checkpoint = training::loadCheckpoint(path);
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  if (const Status status = checkTwin(own.checkpoint, *checkpoint, path); !status)
    return tl::unexpected(status.error());
  // Its own configuration may choose other labels, or another world: what is compared is shown the same.
  auto opened = training::openMeasuredAs(twin->evaluate, std::move(*checkpoint), own);
  if (!opened) return tl::unexpected(opened.error());
  twin->opened = std::move(*opened);
  twin->subject = subjectOf(twin->opened);
  return twin;
}

json twinDifferences(const Checkpoint& own, const Checkpoint& twin) {
  json out = json::array();
  const auto compare = [&](const char* what, const std::string& ours, const std::string& theirs) {
    if (ours != theirs) out.push_back({{"what", what}, {"own", ours}, {"twin", theirs}});
  };
  const auto compareNumbers = [&](const char* what, std::int64_t ours, std::int64_t theirs) {
    compare(what, std::to_string(ours), std::to_string(theirs));
  };
  compareNumbers("training seed", own.config.training.seed, twin.config.training.seed);
  compareNumbers("trained T", own.config.model.steps(), twin.config.model.steps());
  compareNumbers("epochs", own.state.epoch, twin.state.epoch);
  compare("training data", dataText(own), dataText(twin));
  const auto specs = [](const Checkpoint& checkpoint) {
    std::vector<topography::SheetSpec> all;
    for (const topography::Sheet& sheet : checkpoint.sheets) all.push_back(sheet.spec);
    return all;
  };
  const auto lesionText = [&](const Checkpoint& checkpoint) {
    return checkpoint.lesion.parts.empty() ? "none" : perturbation::lesionText(checkpoint.lesion, specs(checkpoint));
  };
  // Other units may read the same.
  if (perturbation::lesionJson(own.lesion, specs(own)) != perturbation::lesionJson(twin.lesion, specs(twin)))
    out.push_back({{"what", "held lesion"}, {"own", lesionText(own)}, {"twin", lesionText(twin)}});
  return out;
}

}  // namespace pinwheel::protocol
