#include "engine/session/worker.h"

#include <torch/torch.h>

#include "engine/session/overloaded.h"
#include "engine/session/training_end.h"
#include "engine/session/training_watch.h"
#include "engine/training/run_folder.h"
#include "engine/training/setup.h"

namespace pinwheel::session {
namespace {

// A newer command of the same kind waits: this one would only be seen for an instant.
template <class Kind>
bool superseded(const CommandQueue& queue) {
  return queue.holds([](const Command& command) { return std::holds_alternative<Kind>(command); });
}

// The command as the command line would take it, for the provenance.
std::string commandLineOf(const StartTraining& command) {
  std::string text = "pinwheel: train";
  if (!command.recipe.empty()) text += " --recipe " + command.recipe;
  if (!command.data.empty()) text += " --data " + command.data;
  text += " --out " + command.out.string();
  for (const std::string& setting : command.settings) text += " --set " + setting;
  return text + (command.resume ? " --resume" : "");
}

}  // namespace

Worker::Worker(Mailboxes& mail, CommandQueue& queue, SessionOptions options)
    : m_options(options), m_desk{mail, queue, [this] { serveQuick(); }}, m_explorer(m_desk, m_networks) {}

void Worker::run() {
  training::useThreads(m_options.threads);
  while (auto posted = m_desk.queue.wait()) handle(*posted);
}

void Worker::handle(const Posted& posted) {
  try {
    carryOut(posted);
  } catch (const c10::Error& error) {
    m_desk.mail.tell(Notice::Kind::error, {"LibTorch failed", error.what_without_backtrace(),
                                           "if memory ran out, close other programs and repeat the command"});
  } catch (const std::exception& error) {
    m_desk.mail.tell(Notice::Kind::error, {"The command failed", error.what(),
                                           "if memory ran out, close other programs and repeat the command"});
  }
  if (m_toldFault) return;
  const std::string fault = training::libraryFault();
  m_toldFault = !fault.empty();
  if (m_toldFault) m_desk.mail.tell(Notice::Kind::warning, {fault});
}

// Between the steps of long work. Only one level deep: what is quick does no long work itself.
void Worker::serveQuick() {
  while (auto posted = m_desk.queue.take(isQuick)) handle(*posted);
}

void Worker::carryOut(const Posted& posted) {
  CommandQueue& queue = m_desk.queue;
  const auto noTraining = [this] {
    m_desk.mail.tell(Notice::Kind::warning, {"No training is under way", "it has ended, or none was begun",
                                             "begin a training to pause, step or change it"});
  };
  std::visit(Overloaded{
                 [&](const OpenCheckpoint& command) {
                   if (!superseded<OpenCheckpoint>(queue)) m_explorer.openStored(command.path);
                 },
                 [&](const StartTraining& command) { startTraining(command); },
                 [&](const Retrain& command) { retrain(command); },
                 [&](const SetLesion& command) { m_explorer.setLesion(command, !queue.holds(endsMeasuring)); },
                 [&](const ShowStimulus& command) {
                   if (!superseded<ShowStimulus>(queue)) m_explorer.show(command.stimulus, posted.at);
                 },
                 [&](const AskTuning& command) {
                   if (!superseded<AskTuning>(queue)) m_explorer.answer(command);
                 },
                 [&](const MeasureMaps& command) {
                   if (!queue.holds(endsMeasuring)) m_explorer.measureMaps(command.lossShare);
                 },
                 [&](const MeasureLossShare&) {
                   if (!queue.holds(endsMeasuring)) m_explorer.measureLossShare();
                 },
                 [&](const SaveCheckpoint& command) { m_explorer.save(command.path); },
                 [&](const CloseNetwork&) { m_explorer.close(); },
                 [](const StopTraining&) { /* it has ended already */ },
                 [&](const Pause&) { noTraining(); },
                 [&](const Resume&) { noTraining(); },
                 [&](const Step&) { noTraining(); },
                 [&](const ChangeSettings&) { noTraining(); },
             },
             posted.command);
}

void Worker::startTraining(const StartTraining& command) {
  const auto config = configOf(command);
  if (!config) return m_desk.mail.tell(Notice::Kind::error, config.error());
  training::RunOptions run;
  run.out = command.out;
  run.resume = command.resume;
  run.threads = command.threads > 0 ? command.threads : m_options.threads;
  run.commandLine = commandLineOf(command);
  train(*config, run, SetLesion{}.shamSeed);
}

void Worker::retrain(const Retrain& command) {
  if (!m_explorer.isOpen())
    return m_desk.mail.tell(Notice::Kind::warning,
                            {"There is no network to retrain", "none is open", "open a checkpoint first"});
  const auto config = configOf(command, m_explorer.checkpoint(), m_explorer.path());
  if (!config) return m_desk.mail.tell(Notice::Kind::error, config.error());
  training::RunOptions run;
  run.out = command.out;
  run.threads = m_options.threads;
  run.commandLine = "pinwheel: retrain " + m_explorer.path().string() + " --out " + command.out.string();
  run.lesion = m_explorer.lesion();
  train(*config, run, m_explorer.shamSeed());
}

void Worker::train(const training::TrainConfig& config, const training::RunOptions& run, std::uint64_t shamSeed) {
  TrainingWatch watch(m_desk, {run.out, shamSeed, m_options.watchShare, &m_networks, [this] { m_explorer.close(); },
                               [this](const Posted& posted) { handle(posted); }});
  const auto result = training::train(config, run, watch, watch.stop());
  training::useThreads(m_options.threads);
  tellEnd(watch, result, m_desk.mail);
  if (m_desk.queue.closed() || m_desk.queue.holds([](const Command& command) {
        return endsTraining(command) && !std::holds_alternative<StopTraining>(command);
      }))
    return;
  // The network stays open: as it was saved, or, after a failure, as it was saved last.
  const std::filesystem::path checkpoint = result ? result->checkpoint : training::RunFolder(run.out).checkpoint();
  std::error_code code;
  const bool finishedBefore = result && !watch.wasLive();
  if ((watch.wasLive() || finishedBefore) && std::filesystem::exists(checkpoint, code))
    m_explorer.open(checkpoint, watch.wasLive() ? std::optional(watch.held()) : std::nullopt);
}

}  // namespace pinwheel::session
