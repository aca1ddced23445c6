// What TrainingWatch does for single commands.
#include "engine/perturbation/lesion.h"
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

// The whole set, while the training waits.
void TrainingWatch::measure(training::LiveTraining& live) {
  Desk desk{m_desk.mail, m_desk.queue, [&] {
              while (const auto posted = m_desk.queue.take(isQuick)) carryOut(*posted, live);
            }};
  Job job(desk, kMapStimuli);
  const UnderPerturbation guard(
      m_subject, perturbation::makePerturbation(m_held.lesion, m_subject.network->sheets(), m_subject.device));
  const auto measured = measureMaps(m_subject, stamp(), training::categoryWorld(m_subject.side), job);
  if (measured) return m_desk.mail.publish((*measured)->maps);
  if (job.stopped())
    m_desk.mail.tell(Notice::Kind::information, {"Measuring was cancelled; the training goes on"});
  else
    m_desk.mail.tell(Notice::Kind::error, measured.error());
}

void TrainingWatch::save(const std::filesystem::path& path, training::LiveTraining& live) {
  if (const Status status = training::saveCheckpoint(path, live.snapshot()); !status)
    return m_desk.mail.tell(Notice::Kind::error, status.error());
  m_desk.mail.tell(Notice::Kind::information, {"Saved to " + path.string()});
}

}  // namespace pinwheel::session
