#include "engine/session/training_watch.h"

#include <torch/torch.h>

#include <unistd.h>

#include <fstream>

#include "engine/session/overloaded.h"
#include "engine/training/responses.h"

namespace pinwheel::session {
namespace {

using Clock = std::chrono::steady_clock;

// Resident memory now; 0 where it cannot be told.
std::int64_t memoryBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  if (!(file >> total >> resident)) return 0;
  return resident * ::sysconf(_SC_PAGESIZE);
}

std::vector<float> floats(const std::vector<double>& values) {
  std::vector<float> out;
  for (const double v : values) out.push_back(static_cast<float>(v));
  return out;
}

// What can be done for the network that is still open while another one is prepared; the rest waits.
bool servedBefore(const Command& command) {
  return std::holds_alternative<Pause>(command) || std::holds_alternative<Resume>(command) ||
         std::holds_alternative<ShowStimulus>(command) || std::holds_alternative<AskTuning>(command);
}

}  // namespace

TrainingWatch::TrainingWatch(Desk& desk, Setup setup) : m_desk(desk), m_setup(std::move(setup)) {
  m_frame.folder = m_setup.folder;
  m_desk.queue.setTraining(&m_stop);
  setPhase(TrainingPhase::preparing);
}

TrainingWatch::~TrainingWatch() {
  m_desk.queue.setTraining(nullptr);
}

void TrainingWatch::end(TrainingPhase phase) {
  m_desk.queue.setTraining(nullptr);
  m_frame.activity.clear();
  setPhase(phase);
}

Stamp TrainingWatch::stamp() const {
  return {m_network.stamp.network, m_frame.stamp.step, m_held.lesion.version};
}

void TrainingWatch::setPhase(TrainingPhase phase) {
  m_frame.phase = phase;
  publish();
}

void TrainingWatch::publish() {
  m_published = Clock::now();
  m_frame.stamp = stamp();
  m_frame.memoryBytes = memoryBytes();
  TrainingFrame frame = m_frame;
  frame.points = m_curve.points();
  m_desk.mail.publish(std::make_shared<const TrainingFrame>(std::move(frame)));
}

// Copying the curve is the dearest part of watching a small network: four times a second are enough for eyes.
void TrainingWatch::publishSometimes() {
  if (Clock::now() - m_published >= std::chrono::milliseconds(250)) publish();
}

void TrainingWatch::onPhase(const std::string& text) {
  m_frame.activity = text;
  publish();
  serveBefore();
}

void TrainingWatch::onPlacement(const std::string& layer, const topography::PlacementPoint& point,
                                std::int64_t windows) {
  m_frame.activity = "placing " + layer + ", window " + std::to_string(point.window) + " of " + std::to_string(windows);
  publishSometimes();
  serveBefore();
}

void TrainingWatch::onStep(const training::StepReport& report) {
  m_frame.report = report;
  if (wasLive()) return;  // the batch is told in onLive, with its losses
  publishSometimes();
  serveBefore();
}

void TrainingWatch::onEpoch(const training::EpochReport& report) {
  m_frame.epochs.push_back({report.step, report.validationAccuracy, report.smoothness});
  publish();
}

void TrainingWatch::onWarning(const std::string& text) {
  m_desk.mail.tell(Notice::Kind::warning, {text});
}

void TrainingWatch::onTuning(const std::vector<training::SheetTuning>& tuning) {
  if (!wasLive()) return;
  std::vector<analysis::TuningMaps> maps;
  for (const training::SheetTuning& sheet : tuning) maps.push_back(sheet.maps);
  m_probe->publish(stamp(), maps, m_desk.mail);
}

void TrainingWatch::onLive(training::LiveTraining& live) {
  if (!wasLive())
    begin(live);
  else
    afterBatch(live);
  serve(live);
  m_left = Clock::now();
}

void TrainingWatch::begin(training::LiveTraining& live) {
  m_setup.began();
  const training::Checkpoint now = live.snapshot();
  m_sheets = live.sheets();
  for (const topography::Sheet& sheet : m_sheets) m_frame.layers.push_back(sheet.spec.layer);
  const std::uint64_t number = ++*m_setup.networks;
  m_held = {live.lesion(), m_setup.shamSeed};
  if (m_held.lesion.units() > 0 && m_held.lesion.version == 0) m_held.lesion.version = kStoredLesion | number;
  m_network = describeNetwork(now, m_sheets, live.network());
  m_subject = {&live.network(),     live.device(),       &m_sheets, &live.config(), live.normalisation(),
               m_network.imageSide, m_network.timeSteps, true,      live.acting()};
  m_network.title = m_setup.folder.filename().string();
  m_network.live = true;
  m_network.lesion = m_held.lesion;
  m_network.stamp = {number, live.state().step, m_held.lesion.version};
  m_desk.mail.publish(std::make_shared<const NetworkFrame>(m_network));
  m_frame.stamp.step = live.state().step;
  const training::TrainConfig& config = live.config();
  m_frame.settings = {config.stc.alpha, config.stc.beta, config.stc.window, config.training.learningRate};
  m_probe = std::make_unique<LiveProbe>(m_subject, m_setup.watchShare);
  if (m_setup.watchShare > 0) m_probe->look(stamp(), m_held.lesion, m_desk.mail);
  setPhase(m_paused ? TrainingPhase::paused : TrainingPhase::running);
}

void TrainingWatch::afterBatch(training::LiveTraining& live) {
  const double seconds = std::chrono::duration<double>(Clock::now() - m_left).count();
  m_frame.stamp.step = live.state().step;
  const training::BatchLoss& loss = live.lastBatch();
  TrainingPoint point;
  point.step = live.state().step;
  point.taskLoss = loss.task;
  point.topographicLoss = loss.topographic;
  point.slow = floats(loss.slow);
  point.fast = floats(loss.fast);
  point.accuracy = m_frame.report.trainAccuracy;
  point.imagesPerSecond = m_frame.report.imagesPerSecond;
  m_curve.add(point);
  if (m_probe->earn(seconds)) m_probe->look(stamp(), m_held.lesion, m_desk.mail);
  if (m_stepsLeft > 0 && --m_stepsLeft == 0) {
    m_paused = true;
    setPhase(TrainingPhase::paused);
  }
  publishSometimes();
}

void TrainingWatch::serve(training::LiveTraining& live) {
  while (!m_ending) {
    auto posted = m_paused ? m_desk.queue.wait() : m_desk.queue.take();
    if (!posted) {
      if (!m_desk.queue.closed()) return;
      m_ending = true;
    } else if (std::holds_alternative<StopTraining>(posted->command)) {
      m_ending = true;
    } else if (endsTraining(posted->command)) {
      // It is carried out once this training has ended.
      m_desk.queue.putBack(std::move(*posted));
      m_ending = true;
    } else {
      try {
        carryOut(*posted, live);
      } catch (const c10::Error& error) {
        m_desk.mail.tell(Notice::Kind::error,
                         {"LibTorch failed", error.what_without_backtrace(), "the training goes on as it was"});
      } catch (const std::exception& error) {
        m_desk.mail.tell(Notice::Kind::error, {"The command failed", error.what(), "the training goes on as it was"});
      }
    }
  }
  m_stop.request();
}

void TrainingWatch::serveBefore() {
  while (auto posted = m_desk.queue.take(servedBefore)) {
    if (std::holds_alternative<Pause>(posted->command))
      m_paused = true;
    else if (std::holds_alternative<Resume>(posted->command))
      m_paused = false;
    else
      m_setup.before(std::move(*posted));
  }
}

void TrainingWatch::carryOut(const Posted& posted, training::LiveTraining& live) {
  const auto pause = [this](bool paused, std::int64_t steps) {
    m_stepsLeft = steps;
    if (paused == m_paused) return;
    m_paused = paused;
    setPhase(paused ? TrainingPhase::paused : TrainingPhase::running);
  };
  std::visit(Overloaded{[&](const Pause&) { pause(true, 0); }, [&](const Resume&) { pause(false, 0); },
                        [&](const Step& step) {
                          if (step.steps > 0) pause(false, step.steps);
                        },
                        [&](const ChangeSettings& command) { change(command, live); },
                        [&](const SetLesion& command) { set(command, live); },
                        [&](const ShowStimulus& command) { show(command.stimulus, posted.at); },
                        [&](const AskTuning& command) { answer(command); },
                        [&](const MeasureMaps& command) { measure(command.lossShare, live); },
                        [&](const MeasureLossShare&) { measureLossShare(live); },
                        [&](const SaveCheckpoint& command) { save(command.path, live); },
                        [](const auto&) { /* ends the training: serve() has dealt with it */ }},
             posted.command);
}

}  // namespace pinwheel::session
