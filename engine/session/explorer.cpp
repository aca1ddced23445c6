#include "engine/session/explorer.h"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "engine/data/selection.h"
#include "engine/perturbation/lesion.h"
#include "engine/session/loss_share.h"
#include "engine/training/metrics.h"
#include "engine/training/setup.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::session {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Of opening and saving: shares of a thousand. A network is made fast beside the reading of its file.
constexpr std::int64_t kFileWork = 1000;
constexpr std::int64_t kReadingWork = 900;
constexpr std::int64_t kKeepBytes = std::int64_t{256} << 20;  // of decoded category images

// The categories' images, decoded once for all measurements of a side.
std::shared_ptr<const data::Dataset> keptCategories(int side) {
  auto world = training::categoryWorld(side);
  std::vector<std::int64_t> all(static_cast<std::size_t>(world->size()));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  return data::selectImages(std::move(world), std::move(all), kKeepBytes);
}

// An epoch as one point of the curves: its means.
TrainingPoint pointOf(const training::EpochReport& report, const std::vector<std::string>& layers) {
  TrainingPoint point;
  point.step = report.step;
  point.taskLoss = report.taskLoss;
  point.topographicLoss = report.topographicLoss;
  point.accuracy = report.trainAccuracy;
  point.imagesPerSecond = report.imagesPerSecond;
  if (report.layers.empty()) return point;
  for (const std::string& layer : layers) {
    const auto found = std::find_if(report.layers.begin(), report.layers.end(),
                                    [&](const training::LayerLoss& l) { return l.layer == layer; });
    const bool known = found != report.layers.end();
    point.slow.push_back(static_cast<float>(known ? found->slow : kUnknown));
    point.fast.push_back(static_cast<float>(known ? found->fast : kUnknown));
  }
  return point;
}

// The same answers, shared, behind other maps.
std::shared_ptr<const Measured> withMaps(const Measured& measured, std::shared_ptr<const MapsFrame> maps) {
  return std::make_shared<const Measured>(Measured{std::move(maps), measured.sheets});
}

}  // namespace

std::string titleOf(const fs::path& checkpoint) {
  const std::string stem = checkpoint.stem().string();
  const std::string folder = checkpoint.parent_path().filename().string();
  return stem == "checkpoint" && !folder.empty() ? folder : stem;
}

Stamp Explorer::stamp() const {
  return {m_frame.stamp.network, m_frame.stamp.step, m_lesion.version};
}

bool Explorer::needNetwork(const char* what) {
  if (isOpen()) return true;
  m_desk.mail.tell(Notice::Kind::warning, {std::string("There is no network to ") + what, "none is open",
                                           "open a checkpoint, or train a network"});
  return false;
}

void Explorer::tell(const Error& error, bool wasStopped) {
  // What was stopped for a newer command needs no word.
  if (wasStopped && m_desk.queue.holds(endsMeasuring)) return;
  if (wasStopped)
    m_desk.mail.tell(Notice::Kind::information, {"Measuring was cancelled; the maps are the last ones measured"});
  else
    m_desk.mail.tell(Notice::Kind::error, error);
}

bool Explorer::load(const fs::path& path, const std::optional<SetLesion>& held) {
  // Nothing is answered meanwhile: what is asked behind this command is asked of the new network.
  Desk alone{m_desk.mail, m_desk.queue, {}};
  std::optional<Job> job(std::in_place, alone, kFileWork, Work::opening);
  const std::string label = "Opening " + titleOf(path);
  const auto refuse = [&](const Error& error) {
    const bool cancelled = job->stopped();
    job.reset();
    if (!cancelled)
      m_desk.mail.tell(Notice::Kind::error, error);
    else if (!m_desk.queue.closed() && !m_desk.queue.holds([](const Command& c) { return endsWork(Work::opening, c); }))
      m_desk.mail.tell(Notice::Kind::information, {isOpen() ? "Opening was cancelled; what was open before still is"
                                                            : "Opening was cancelled; no network is open"});
    return false;
  };
  job->progress(label, 0);
  auto checkpoint = training::loadCheckpoint(path, job->bytes(label, kReadingWork));
  if (!checkpoint) return refuse(checkpoint.error());
  const auto device = training::chooseDevice("auto");
  if (!device) return refuse(device.error());
  // LibTorch does not tell how far it is with a network: the bar stands meanwhile, and cancelling takes effect before
  // and behind it.
  job->progress(label, kReadingWork);
  if (job->stopped()) return refuse({});
  auto restored = training::restoreNetwork(*checkpoint, *device, path);
  if (!restored) return refuse(restored.error());
  if (job->stopped()) return refuse({});
  job.reset();

  close();
  m_checkpoint = std::move(*checkpoint);
  m_restored = std::move(*restored);
  m_path = path;
  m_title = titleOf(path);
  const training::Provenance& provenance = m_checkpoint->provenance;
  m_frame = describeNetwork(*m_checkpoint, m_restored.sheets, *m_restored.network);
  m_subject = {m_restored.network.get(),
               *device,
               &m_restored.sheets,
               &m_checkpoint->config,
               {provenance.pixelMean, provenance.pixelDeviation},
               m_frame.imageSide,
               m_frame.timeSteps};
  m_axes = {m_frame.angleDeg, m_frame.frequencies, m_frame.domainNames};
  m_categories = keptCategories(m_frame.imageSide);
  const std::uint64_t number = ++m_networks;
  if (held) {
    m_lesion = held->lesion;
    m_shamSeed = held->shamSeed;
  } else if (m_checkpoint->lesion.units() > 0) {
    m_lesion = m_checkpoint->lesion;
    m_lesion.version = kStoredLesion | number;
  }
  m_frame.stamp = {number, m_checkpoint->state.step, m_lesion.version};
  m_frame.lesion = m_lesion;
  m_frame.title = m_title;
  m_frame.path = path;
  m_desk.mail.publish(std::make_shared<const NetworkFrame>(m_frame));
  return true;
}

void Explorer::present() {
  show(Stimulus{}, Clock::now());
  if (m_lesion.units() > 0)
    measureLesion({m_lesion, m_shamSeed});
  else
    measureMaps(false);
}

void Explorer::open(const fs::path& path, const std::optional<SetLesion>& held) {
  if (load(path, held)) present();
}

void Explorer::openStored(const fs::path& path) {
  if (!load(path, std::nullopt)) return;
  publishHistory();
  present();
}

void Explorer::publishHistory() {
  TrainingFrame frame;
  frame.stamp = m_frame.stamp;
  frame.folder = m_path.parent_path();
  for (const topography::Sheet& sheet : m_restored.sheets) frame.layers.push_back(sheet.spec.layer);
  const fs::path metrics = frame.folder / "metrics.jsonl";
  std::error_code code;
  if (fs::exists(metrics, code)) {
    const auto reports = training::readMetrics(metrics);
    if (!reports) {
      m_desk.mail.tell(Notice::Kind::warning, reports.error());
    } else {
      for (const training::EpochReport& report : *reports) {
        // The file may have gone on where the checkpoint did not: a copy, or an older one.
        if (report.step > m_frame.stamp.step) break;
        frame.points.push_back(pointOf(report, frame.layers));
        frame.epochs.push_back({report.step, report.validationAccuracy, report.smoothness});
      }
    }
  }
  m_desk.mail.publish(std::make_shared<const TrainingFrame>(std::move(frame)));
}

void Explorer::close() {
  m_checkpoint.reset();
  m_subject = {};
  m_restored = {};
  m_path.clear();
  m_lesion = {};
  m_shamSeed = SetLesion{}.shamSeed;
  m_measured.reset();
  m_intact.reset();
  m_effect.reset();
  m_cache.clear();
  m_shown.reset();
  m_asked.reset();
}

void Explorer::show(const Stimulus& stimulus, Clock::time_point since) {
  if (!needNetwork("show a stimulus")) return;
  const auto picture = drawStimulus(stimulus, m_subject.side, m_subject.normalisation);
  if (!picture) return m_desk.mail.tell(Notice::Kind::error, picture.error());
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_lesion, m_subject.network->sheets(), m_subject.device));
  auto frame = std::make_shared<ActivityFrame>(session::show(m_subject, *picture, stamp()));
  frame->milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - since).count();
  m_desk.mail.publish(std::shared_ptr<const ActivityFrame>(std::move(frame)));
  m_shown = stimulus;
}

void Explorer::answer(const AskTuning& ask) {
  if (!needNetwork("ask")) return;
  if (const Status status = checkUnits(ask, m_frame.sheets); !status)
    return m_desk.mail.tell(Notice::Kind::error, status.error());
  if (!m_measured) {
    m_asked = ask;
    return;
  }
  std::vector<UnitAnswers> units;
  for (const std::int32_t unit : ask.units) units.push_back(m_measured->answers(ask.sheet, unit));
  std::vector<std::int64_t> images;
  auto frame = std::make_shared<TuningFrame>(tuningFrame(ask, units, m_axes, m_frame.sheets[ask.sheet], images));
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto picture = categoryPicture(images[i], m_subject.side, m_subject.normalisation);
    if (!picture) continue;  // a picture of the built-in world is made, not read
    frame->best[i].name = std::move(picture->name);
    frame->best[i].picture = std::move(picture->shown);
  }
  frame->stamp = m_measured->maps->stamp;
  m_desk.mail.publish(std::shared_ptr<const TuningFrame>(std::move(frame)));
}

Expected<std::shared_ptr<const Measured>> Explorer::mapsNow(bool lossShare) {
  Job job(m_desk, kMapStimuli);
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_lesion, m_subject.network->sheets(), m_subject.device));
  auto measured = session::measureMaps(m_subject, stamp(), m_categories, lossShare, job);
  if (!measured) {
    tell(measured.error(), job.stopped());
    return measured;
  }
  return measured;
}

void Explorer::publishMaps(std::shared_ptr<const Measured> measured) {
  if (const Stamp now = stamp(); measured->maps->stamp.lesion != now.lesion) {
    MapsFrame restamped = *measured->maps;
    restamped.stamp = now;
    measured = withMaps(*measured, std::make_shared<const MapsFrame>(std::move(restamped)));
  }
  m_measured = std::move(measured);
  m_desk.mail.publish(m_measured->maps);
  if (m_asked) {
    const AskTuning asked = *std::exchange(m_asked, std::nullopt);
    answer(asked);
  }
}

void Explorer::measureMaps(bool lossShare) {
  if (!needNetwork("measure")) return;
  const auto measured = mapsNow(lossShare);
  if (!measured) return;
  if (m_lesion.units() == 0) m_intact = *measured;
  publishMaps(*measured);
}

void Explorer::measureLossShare() {
  if (!needNetwork("measure")) return;
  if (!m_measured || m_measured->maps->stamp.lesion != m_lesion.version)
    return m_desk.mail.tell(Notice::Kind::warning, noMapsForLossShare());
  if (m_measured->maps->lossShareState != LossShareState::notAsked) return;
  Job job(m_desk, 0);
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_lesion, m_subject.network->sheets(), m_subject.device));
  const auto maps = publishLossShare(m_subject, *m_measured->maps, job, m_desk.mail);
  if (!maps) return tell(maps.error(), job.stopped());
  m_measured = withMaps(*m_measured, *maps);
  // Undo and redo bring the share back with the maps.
  if (m_lesion.units() == 0)
    m_intact = m_measured;
  else
    m_cache.renew(m_lesion, m_measured);
}

void Explorer::save(const fs::path& path) {
  if (!needNetwork("save")) return;
  saveTold(path, *m_checkpoint, m_desk);
}

void saveTold(const fs::path& path, const training::Checkpoint& checkpoint, Desk& desk) {
  Status status;
  bool cancelled = false;
  {
    Job job(desk, kFileWork, Work::saving);
    const std::string label = "Saving " + path.filename().string();
    job.progress(label, 0);
    status = training::saveCheckpoint(path, checkpoint, job.bytes(label, kFileWork));
    cancelled = job.stopped();
  }
  if (status)  // cancelled too late is saved
    desk.mail.tell(Notice::Kind::information, {"Saved to " + path.string()});
  else if (cancelled)
    desk.mail.tell(Notice::Kind::information, {"Saving was cancelled; nothing was changed on the disk"});
  else
    desk.mail.tell(Notice::Kind::error, status.error());
}

}  // namespace pinwheel::session
