#include "engine/training/live.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

namespace pinwheel::training {
namespace {

// Checked as the option's declaration says, by the one way that options are set.
Status set(OptionTable& table, const char* key, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", value);
  return table.set(key, text);
}

// The other ranks would go on as before, and their networks be others.
Status refuseOnSeveral(bool several) {
  if (!several) return {};
  return failure("A training on several ranks cannot be changed while it runs",
                 "every rank would have to change at the same step",
                 "stop it, and go on with --resume in one process, or begin another run with the new settings");
}

}  // namespace

Status RunLive::change(double alpha, double beta, std::int64_t window, double learningRate) {
  if (Status status = refuseOnSeveral(m_parts.several); !status) return status;
  TrainConfig changed = m_parts.config;
  OptionTable table = describe(changed);
  if (!std::isnan(alpha))
    if (Status status = set(table, "stc.alpha", alpha); !status) return status;
  if (!std::isnan(beta))
    if (Status status = set(table, "stc.beta", beta); !status) return status;
  if (Status status = table.set("stc.window", std::to_string(window)); !status) return status;
  if (!std::isnan(learningRate))
    if (Status status = set(table, "training.learning_rate", learningRate); !status) return status;

  const TrainConfig& now = m_parts.config;
  nlohmann::json settings = nlohmann::json::object();
  if (changed.stc.alpha != now.stc.alpha) settings["stc.alpha"] = changed.stc.alpha;
  if (changed.stc.beta != now.stc.beta) settings["stc.beta"] = changed.stc.beta;
  if (changed.stc.window != now.stc.window) settings["stc.window"] = changed.stc.window;
  const bool topographic = !settings.empty();
  if (changed.training.learningRate != now.training.learningRate)
    settings["training.learning_rate"] = changed.training.learningRate;
  if (settings.empty()) return {};
  if (topographic && changed.stc.loss == "none")
    return failure("This run has no topographic loss", "it was begun with stc.loss = none",
                   "begin a run with stc.loss = stc to weigh it");
  const bool rate = changed.stc.loss == "rate";
  if (topographic && changed.stc.loss != "stc" && !(rate && changed.stc.beta == now.stc.beta))
    return failure(rate ? "This run's loss has no fast term" : "This run's loss has neither alpha nor beta",
                   "it was begun with stc.loss = " + changed.stc.loss, "begin a run with stc.loss = stc to weigh both");

  std::optional<TopographicLoss> loss;
  if ((changed.stc.alpha != 0 || changed.stc.beta != 0) && !m_parts.loop.topographicLoss().hasClusters()) {
    auto created = TopographicLoss::create(changed.stc, changed.sheets, m_parts.sheets,
                                           static_cast<std::uint64_t>(changed.training.seed), m_parts.device);
    if (!created) return tl::unexpected(created.error());
    loss = std::move(*created);
  }
  if (Status status = m_parts.folder.writeConfig(changed); !status) return status;
  if (Status status = logEvent(nlohmann::json{{"settings", settings}}.dump()); !status) {
    (void)m_parts.folder.writeConfig(now);  // the first error is the one to tell
    return status;
  }
  m_parts.loop.change(changed, std::move(loss));
  m_parts.config = changed;
  m_parts.changed();
  return {};
}

Status RunLive::hold(const perturbation::Lesion& lesion) {
  if (Status status = refuseOnSeveral(m_parts.several); !status) return status;
  std::vector<topography::SheetSpec> specs;
  for (const topography::Sheet& sheet : m_parts.sheets) specs.push_back(sheet.spec);
  if (Status status = perturbation::checkLesion(lesion, specs, config().model.steps()); !status) return status;
  if (Status status = logEvent(lesionEvent(lesion, specs)); !status) return status;
  m_parts.held.hold(lesion);
  m_parts.changed();
  return {};
}

}  // namespace pinwheel::training
