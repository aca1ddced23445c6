#include "views/scene.h"

#include <QRandomGenerator>
#include <algorithm>
#include <system_error>

#include "engine/training/run_folder.h"

namespace pinwheel::views {
namespace {

constexpr std::size_t kLesionsBefore = 32;  // nobody makes more before an answer comes

bool sameParts(const session::Lesion& a, const session::Lesion& b) {
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const session::LesionPart& x, const session::LesionPart& y) {
                      return x.sheet == y.sheet && x.units == y.units && x.kind == y.kind && x.strength == y.strength &&
                             x.timeSteps == y.timeSteps;
                    });
}

}  // namespace

Scene::Scene(session::Engine& engine, QObject* parent) : QObject(parent), m_engine(engine) {}

void Scene::pump() {
  session::News news = m_engine.take();
  // Before the network: one that is being trained is told of when its training is known.
  const bool training = news.training != nullptr;
  if (training) m_training = std::move(news.training);
  if (news.network && news.network == m_network) {
    // A recording that goes back to before there were maps: who looks at the network goes on doing so.
    forgetMeasured();
    Q_EMIT mapsChanged();
    Q_EMIT activityChanged();
    Q_EMIT tuningChanged();
    Q_EMIT lesionEffectChanged();
  } else if (news.network) {
    m_network = std::move(news.network);
    m_lesionsBefore.clear();
    m_lesionDoubted = false;
    forgetMeasured();
    // A retrained network keeps its lesion: same sheets. Another network knows nothing of these units; it may come with
    // a lesion of its own, of its checkpoint or of another window's. An engine elsewhere that was started again may
    // give a version anew.
    const std::uint64_t version = m_network->stamp.lesion;
    const bool foreign = version != 0 && !isOwnLesion(version) &&
                         (version != m_lesion.version || !sameParts(m_network->lesion, m_lesion));
    if (foreign) m_shamSeed = session::SetLesion{}.shamSeed;
    if (foreign || (version == 0 && !m_lesion.parts.empty())) {
      m_lesion = m_network->lesion;
      Q_EMIT lesionChanged();
    }
    Q_EMIT networkChanged();
  }
  const auto current = [this](const auto& frame) {
    return frame && m_network && frame->stamp.network == m_network->stamp.network;
  };
  // What a training says of itself is newer than what it shows.
  if (training && current(m_training))
    settleDoubt(m_training->stamp.lesion);
  else if (current(news.maps))
    settleDoubt(news.maps->stamp.lesion);
  if (current(news.maps)) {
    m_maps = std::move(news.maps);
    m_lossShareAsked = false;
    Q_EMIT mapsChanged();
  }
  if (current(news.activity)) {
    m_activity = std::move(news.activity);
    Q_EMIT activityChanged();
  }
  if (current(news.tuning)) {
    m_tuning = std::move(news.tuning);
    Q_EMIT tuningChanged();
  }
  if (current(news.lesion)) {
    m_lesionEffect = std::move(news.lesion);
    Q_EMIT lesionEffectChanged();
  }
  if (training) Q_EMIT trainingChanged();
  if (news.job) {
    m_job = std::move(news.job);
    Q_EMIT jobChanged();
  }
  for (const session::Notice& notice : news.notices) Q_EMIT noticed(notice);
}

void Scene::forgetMeasured() {
  m_maps.reset();
  m_activity.reset();
  m_tuning.reset();
  m_lesionEffect.reset();
}

void Scene::keepLesion() {
  if (m_lesionsBefore.size() >= kLesionsBefore) m_lesionsBefore.erase(m_lesionsBefore.begin());
  m_lesionsBefore.push_back(m_lesion);
}

void Scene::doubtLesion(std::uint64_t version) {
  if (version != m_lesion.version || !m_network) return;
  if (!m_lesionDoubted) keepLesion();  // it may act after all
  m_lesionDoubted = true;
  const std::uint64_t network = m_network->stamp.network;
  if (m_training && m_training->stamp.network == network)
    settleDoubt(m_training->stamp.lesion);
  else if (m_maps && m_maps->stamp.network == network)
    settleDoubt(m_maps->stamp.lesion);
}

void Scene::settleDoubt(std::uint64_t acts) {
  if (!m_lesionDoubted || acts == m_lesion.version) return;
  const auto before = std::find_if(m_lesionsBefore.rbegin(), m_lesionsBefore.rend(),
                                   [&](const session::Lesion& lesion) { return lesion.version == acts; });
  m_lesion = before != m_lesionsBefore.rend() ? *before : session::Lesion{};
  Q_EMIT lesionChanged();
}

bool Scene::post(session::Command command) {
  if (m_engine.post(std::move(command))) return true;
  Q_EMIT noticed({session::Notice::Kind::warning,
                  {"The engine is busy", "256 commands wait for it already", "wait a moment, then try again", ""}});
  return false;
}

void Scene::cancel() {
  m_engine.cancel();
}

void Scene::forget() {
  m_network.reset();
  forgetMeasured();
  m_lesionsBefore.clear();
  m_lesionDoubted = false;
  m_training.reset();
  m_job.reset();
  m_lossShareAsked = false;
  m_lesion = {};
  m_shamSeed = session::SetLesion{}.shamSeed;
  // Others count their lesions too, from 0 as this one did at first. A quarter of the numbers leaves room to count in,
  // and none of them is a stored lesion's.
  m_firstLesionVersion = m_lesionVersion = QRandomGenerator::global()->generate64() >> 2;
  Q_EMIT lesionChanged();
  Q_EMIT networkChanged();
  Q_EMIT trainingChanged();
  Q_EMIT jobChanged();
}

void Scene::askLossShare() {
  if (!m_maps || m_maps->preview || m_maps->lossShareState != session::LossShareState::notAsked || m_lossShareAsked)
    return;
  if (m_maps->stamp.lesion != m_lesion.version) return;
  const bool pausedThere =
      m_training && m_training->phase == session::TrainingPhase::paused && m_training->stamp.step == m_maps->stamp.step;
  if (trainingUnderWay() && !pausedThere) return;
  m_lossShareAsked = post(session::MeasureLossShare{});
}

void Scene::setLesion(session::Lesion lesion) {
  lesion.version = lesion.parts.empty() ? 0 : ++m_lesionVersion;
  keepLesion();
  m_lesionDoubted = false;
  m_lesion = std::move(lesion);
  post(session::SetLesion{m_lesion, m_shamSeed});
  Q_EMIT lesionChanged();
}

std::filesystem::path Scene::namedCheckpoint() const {
  if (!m_network) return {};
  std::filesystem::path path = m_network->path;
  if (path.empty() && m_training && !m_training->folder.empty())
    path = training::RunFolder(m_training->folder).checkpoint();
  return path;
}

std::filesystem::path Scene::checkpoint() const {
  std::error_code unknown;  // of an empty path, or where this process stands in no folder: an empty one
  return std::filesystem::absolute(namedCheckpoint(), unknown);
}

bool Scene::trainingUnderWay() const {
  if (!m_training) return false;
  using session::TrainingPhase;
  const TrainingPhase phase = m_training->phase;
  return phase == TrainingPhase::preparing || phase == TrainingPhase::running || phase == TrainingPhase::paused;
}

}  // namespace pinwheel::views
