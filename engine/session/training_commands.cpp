// What TrainingWatch does for single commands.
#include "engine/perturbation/lesion.h"
#include "engine/session/explorer.h"
#include "engine/session/loss_share.h"
#include "engine/session/maps.h"
#include "engine/session/training_watch.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::session {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

void TrainingWatch::set(const SetLesion& command, training::LiveTraining& live) {
  if (const Status status = live.hold(command.lesion); !status)
    return m_desk.mail.tell(Notice::Kind::error, status.error());
  m_held = command;
  m_subject.acting = live.acting();
  m_probe->setActing(m_subject.acting);
  m_probe->look(stamp(), m_held.lesion, m_desk.mail, true);
  publish();
}

void TrainingWatch::change(const ChangeSettings& command, training::LiveTraining& live) {
  if (const Status status = live.change(command.alpha, command.beta, command.window, command.learningRate); !status)
    return m_desk.mail.tell(Notice::Kind::error, status.error());
  const training::TrainConfig& config = live.config();
  m_frame.settings = {config.stc.alpha, config.stc.beta, config.stc.window, config.training.learningRate};
  publish();
}

void TrainingWatch::show(const Stimulus& stimulus, Clock::time_point since) {
  const auto picture = drawStimulus(stimulus, m_subject.side, m_subject.normalisation);
  if (!picture) return m_desk.mail.tell(Notice::Kind::error, picture.error());
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_held.lesion, m_subject.network->sheets(), m_subject.device));
  auto frame = std::make_shared<ActivityFrame>(session::show(m_subject, *picture, stamp()));
  frame->milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - since).count();
  m_desk.mail.publish(std::shared_ptr<const ActivityFrame>(std::move(frame)));
}

void TrainingWatch::answer(const AskTuning& ask) {
  if (const Status status = checkUnits(ask, m_network.sheets); !status)
    return m_desk.mail.tell(Notice::Kind::error, status.error());
  std::vector<UnitAnswers> units;
  for (const std::int32_t unit : ask.units) units.push_back(m_probe->answers(ask.sheet, unit));
  const TuningAxes axes{m_network.angleDeg, m_probe->frequencies(), m_network.domainNames};
  std::vector<std::int64_t> none;
  TuningFrame frame = tuningFrame(ask, units, axes, m_network.sheets[ask.sheet], none);
  frame.stamp = stamp();
  m_desk.mail.publish(std::make_shared<const TuningFrame>(std::move(frame)));
}

Desk TrainingWatch::patientDesk(training::LiveTraining& live) {
  return {m_desk.mail, m_desk.queue, [this, &live] {
            while (const auto posted = m_desk.queue.take(isQuick)) carryOut(*posted, live);
          }};
}

void TrainingWatch::tellStopped(const Error& error, bool wasStopped) {
  if (wasStopped)
    m_desk.mail.tell(Notice::Kind::information, {"Measuring was cancelled; the training goes on"});
  else
    m_desk.mail.tell(Notice::Kind::error, error);
}

// The whole set, while the training waits.
void TrainingWatch::measure(bool lossShare, training::LiveTraining& live) {
  Desk desk = patientDesk(live);
  Job job(desk, kMapStimuli);
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_held.lesion, m_subject.network->sheets(), m_subject.device));
  const auto measured = measureMaps(m_subject, stamp(), training::categoryWorld(m_subject.side), lossShare, job);
  if (!measured) return tellStopped(measured.error(), job.stopped());
  m_whole = (*measured)->maps;
  m_desk.mail.publish(m_whole);
}

void TrainingWatch::measureLossShare(training::LiveTraining& live) {
  const Stamp now = stamp();
  if (!m_whole || m_whole->stamp.step != now.step || m_whole->stamp.lesion != now.lesion)
    return m_desk.mail.tell(Notice::Kind::warning, noMapsForLossShare());
  if (m_whole->lossShareState != LossShareState::notAsked) return;
  Desk desk = patientDesk(live);
  Job job(desk, 0);
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_held.lesion, m_subject.network->sheets(), m_subject.device));
  const auto maps = publishLossShare(m_subject, *m_whole, job, m_desk.mail);
  if (!maps) return tellStopped(maps.error(), job.stopped());
  m_whole = *maps;
}

void TrainingWatch::save(const std::filesystem::path& path, training::LiveTraining& live) {
  Desk desk = patientDesk(live);
  saveTold(path, live.snapshot(), desk);
}

}  // namespace pinwheel::session
