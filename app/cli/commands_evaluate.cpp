#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/data/dataset.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/protocol/protocol.h"
#include "engine/training/checkpoint.h"
#include "engine/training/config.h"
#include "engine/training/evaluation.h"
#include "engine/training/trainer.h"

namespace pinwheel::cli {
namespace {

namespace fs = std::filesystem;

struct EvaluateArguments {
  protocol::ProtocolOptions options;
  std::string protocol;  // empty: maps and measures alone
  bool noPictures = false;
  training::BrainLikenessOptions brain;
  std::vector<std::string> matrices;
};

// What belongs to the protocol alone is wrong usage without it, rather than left out in silence.
Status checkUsage(const EvaluateArguments& arguments) {
  const bool compares = !arguments.matrices.empty() || !arguments.brain.recordings.empty();
  const bool protocolOnly = !arguments.options.twin.empty() || !arguments.options.contrasts.empty() || compares ||
                            !arguments.brain.images.empty();
  if (arguments.protocol.empty() && protocolOnly)
    return failure("--twin, --contrast, --images, --rdm and --recordings need --protocol", "they belong to its parts",
                   "add --protocol quick or --protocol full");
  if (arguments.brain.images.empty() == compares)
    return failure("--images and what to compare with come together",
                   compares ? "--rdm or --recordings is given, and no --images" : "--images is given alone",
                   "give --images with --rdm, --recordings, or both");
  return {};
}

// The command again, as it could be typed.
std::string commandText(const EvaluateArguments& arguments) {
  std::string text = "pinwheel-cli evaluate";
  const auto add = [&text](const std::string& option, const std::string& value) {
    if (!value.empty()) text += (option.empty() ? " " : " " + option + " ") + shellQuoted(value);
  };
  const training::EvaluateOptions& options = arguments.options.evaluate;
  add("", options.checkpoint.string());
  add("--protocol", arguments.protocol);
  add("--data", options.data);
  add("--floc", options.floc.string());
  add("--twin", arguments.options.twin.string());
  for (const std::string& contrast : arguments.options.contrasts) add("--contrast", contrast);
  add("--images", arguments.brain.images.string());
  for (const std::string& matrix : arguments.matrices) add("--rdm", matrix);
  add("--recordings", arguments.brain.recordings.string());
  if (options.threads > 0) add("--threads", std::to_string(options.threads));
  if (options.device != "auto") add("--device", options.device);
  if (arguments.noPictures) text += " --no-pictures";
  add("--out", options.out.string());
  return text;
}

int runEvaluate(EvaluateArguments arguments) {
  training::EvaluateOptions& options = arguments.options.evaluate;
  options.pictures = !arguments.noPictures;
  arguments.options.commandLine = commandText(arguments);
  if (!options.data.empty())
    if (const Status status = data::checkSpec(options.data); !status) return fail(status.error(), kWrongUsage);
  if (const Status status = checkUsage(arguments); !status) return fail(status.error(), kWrongUsage);
  if (const Status status = protocol::checkContrasts(arguments.options.contrasts); !status)
    return fail(status.error(), kWrongUsage);
  for (fs::path* path : {&options.checkpoint, &arguments.options.twin}) {
    if (path->empty()) continue;
    const auto checkpoint = checkpointAt(*path);
    if (!checkpoint) return fail(checkpoint.error(), kFailed);
    *path = *checkpoint;
  }
  if (const Status status = training::checkDevice(options.device); !status) return fail(status.error(), kCannotRunHere);
  warnAboutSlowBlas();
  if (!arguments.brain.images.empty()) {
    for (const std::string& text : arguments.matrices)
      arguments.brain.matrices.push_back(formats::ArraySource::parse(text));
    arguments.options.brain = arguments.brain;
  }
  arguments.options.effort = arguments.protocol == "full" ? protocol::Effort::full : protocol::Effort::quick;
  MovingLine line;
  const StopFlag& stop = stopOnSignals();
  const auto show = [&line](const Progress& progress) { line.show(progress); };
  const auto end = [&](const auto& result) {
    line.print("");
    if (!result) return fail(result.error(), stop.requested() ? kStopped : kFailed);
    std::printf("%sReport: %s\n", result->summary.c_str(), result->report.c_str());
    return static_cast<int>(kDone);
  };
  if (arguments.protocol.empty()) return end(training::evaluate(options, show, stop));
  const auto result = protocol::runProtocol(arguments.options, show, stop);
  const int code = end(result);
  if (result) std::printf("Page:   %s\nPDF:    %s\n", result->page.c_str(), result->pdf.c_str());
  return code;
}

// As the configuration has it: true, 4, 0.25 or "lif".
nlohmann::json typedValue(const Option& option) {
  return std::visit([](const auto* value) { return nlohmann::json(*value); }, option.target);
}

nlohmann::json toJson(const training::CheckpointInfo& info) {
  nlohmann::json sheets = nlohmann::json::array();
  for (const topography::SheetSpec& s : info.sheets)
    sheets.push_back({{"layer", s.layer},
                      {"area", s.area},
                      {"shape", {s.channels, s.height, s.width}},
                      {"units", s.unitCount()},
                      {"training_side_mm", s.trainingSideMm},
                      {"display_side_mm", s.displaySideMm}});
  nlohmann::json tensors = nlohmann::json::object();
  for (const auto& [name, text] : info.tensors) tensors[name] = text;
  training::TrainConfig config = info.config;
  const OptionTable table = training::describe(config);
  nlohmann::json options = nlohmann::json::object();
  for (const Option& option : table.options()) options[option.key] = typedValue(option);
  return {{"epoch", info.state.epoch},
          {"batch", info.state.batch},
          {"step", info.state.step},
          {"finished", info.state.finished},
          {"parameters", info.parameterCount},
          {"bytes", info.fileBytes},
          {"sheets", sheets},
          {"lesion", nlohmann::json::parse(perturbation::lesionSummaryJson(info.lesion, info.sheets))},
          {"config", options},
          {"provenance",
           {{"version", info.provenance.version},
            {"torch", info.provenance.torch},
            {"created", info.provenance.created},
            {"command", info.provenance.commandLine},
            {"data", info.provenance.data},
            {"data_name", info.provenance.dataName},
            {"classes", info.provenance.classNames},
            {"device", info.provenance.device},
            {"threads", info.provenance.threads},
            {"processor", info.provenance.processor}}},
          {"tensors", tensors}};
}

void printInfo(const training::CheckpointInfo& info) {
  const training::Provenance& p = info.provenance;
  const training::TrainConfig& c = info.config;
  std::printf("%s, %s neurons, T = %lld; %lld parameters, %.1f MB\n", c.model.backbone.c_str(), c.model.neuron.c_str(),
              static_cast<long long>(c.model.timeSteps), static_cast<long long>(info.parameterCount),
              static_cast<double>(info.fileBytes) / 1e6);
  std::printf("trained on %s (%s), %zu classes\n", p.dataName.c_str(), p.data.c_str(), p.classNames.size());
  std::printf("epoch %lld of %lld, step %lld%s\n", static_cast<long long>(info.state.epoch),
              static_cast<long long>(c.training.epochs), static_cast<long long>(info.state.step),
              info.state.finished ? ", finished" : ", not finished");
  std::printf("loss %s, alpha %g, beta %g, W %lld, M %lld; seed %lld\n", c.stc.loss.c_str(), c.stc.alpha, c.stc.beta,
              static_cast<long long>(c.stc.window), static_cast<long long>(c.stc.clusters),
              static_cast<long long>(c.training.seed));
  std::printf("%-12s %-8s %-16s %10s %14s %14s\n", "layer", "area", "shape (C,H,W)", "units", "training mm",
              "display mm");
  for (const topography::SheetSpec& s : info.sheets) {
    const std::string shape =
        std::to_string(s.channels) + "," + std::to_string(s.height) + "," + std::to_string(s.width);
    std::printf("%-12s %-8s %-16s %10lld %14g %14g\n", s.layer.c_str(), s.area.c_str(), shape.c_str(),
                static_cast<long long>(s.unitCount()), s.trainingSideMm, s.displaySideMm);
  }
  if (info.lesion.units() > 0)
    std::printf("lesion held: %s\n", perturbation::lesionText(info.lesion, info.sheets).c_str());
  std::printf("made %s by Pinwheel %s, LibTorch %s, %s, %d threads, %s\n", p.created.c_str(), p.version.c_str(),
              p.torch.c_str(), p.device.c_str(), p.threads, p.processor.c_str());
  std::printf("command: %s\n", p.commandLine.c_str());
}

}  // namespace

Expected<fs::path> checkpointAt(const fs::path& path) {
  std::error_code code;
  if (!fs::is_directory(path, code)) return path;
  const fs::path inside = path / "checkpoint.safetensors";
  if (fs::is_regular_file(inside, code)) return inside;
  return failure("This is a folder, and no run's", "it holds no checkpoint.safetensors",
                 "give the path of a checkpoint, or of the folder of a run", path.string());
}

void addEvaluate(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<EvaluateArguments>();
  training::EvaluateOptions& options = arguments->options.evaluate;
  CLI::App* command =
      app.add_subcommand("evaluate", "Measure a network: report, tables, arrays and pictures of its maps");
  command->add_option("checkpoint", options.checkpoint, "checkpoint.safetensors of a run, or the run's folder")
      ->required()
      ->check(notEmpty());
  command->add_option("--data", options.data, "Images for accuracy; default: what it was trained on")
      ->check(notEmpty());
  command
      ->add_option("--floc", options.floc,
                   "Folder of the functional localiser; default: the built-in world's categories")
      ->check(notEmpty());
  command->add_option("--out", options.out, "Folder for the results; made when missing")->required()->check(notEmpty());
  command->add_option("--threads", options.threads, "Processor threads; 0: all")->check(CLI::Range(0, 4096));
  command->add_option("--device", options.device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command->add_flag("--no-pictures", arguments->noPictures, "Write numbers alone");
  command
      ->add_option("--protocol", arguments->protocol,
                   "quick or full: time, robustness, lesions, stimulation, wiring as well, and one page of it all")
      ->check(CLI::IsMember({"quick", "full"}));
  const char* const protocolGroup = "With --protocol";
  command
      ->add_option("--twin", arguments->options.twin,
                   "Checkpoint or run without topography, whose maps, spike trains and robustness are set beside")
      ->check(notEmpty())
      ->group(protocolGroup);
  command
      ->add_option("--contrast", arguments->options.contrasts,
                   "NAME=DIR,DIR: t of the images of one folder against those of another; may be repeated")
      ->check(notEmpty())
      ->allow_extra_args(false)
      ->group(protocolGroup);
  command
      ->add_option("--images", arguments->brain.images,
                   "Folder of the stimuli of --rdm and --recordings, in the order of their names")
      ->check(notEmpty())
      ->group(protocolGroup);
  command
      ->add_option("--rdm", arguments->matrices,
                   "Dissimilarity matrices, FILE[:VARIABLE]: .npy, .csv or .mat; may be repeated")
      ->check(notEmpty())
      ->allow_extra_args(false)
      ->group(protocolGroup);
  command
      ->add_option("--recordings", arguments->brain.recordings,
                   "Recordings to predict, [images, sites]: .npy, .csv or .mat")
      ->check(notEmpty())
      ->group(protocolGroup);
  command->callback([arguments, &exitCode] { exitCode = runEvaluate(*arguments); });
}

void addInfo(CLI::App& app, int& exitCode) {
  auto path = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("info", "What a checkpoint holds");
  command->add_option("checkpoint", *path, "checkpoint.safetensors of a run, or the run's folder")
      ->required()
      ->check(notEmpty());
  command->add_flag("--json", *json, "Everything, as JSON");
  command->callback([path, json, &exitCode] {
    const auto info =
        checkpointAt(*path).and_then([](const fs::path& file) { return training::loadCheckpointInfo(file); });
    if (!info) {
      exitCode = fail(info.error(), kFailed);
      return;
    }
    if (*json)
      std::printf("%s\n", toJson(*info).dump(2).c_str());
    else
      printInfo(*info);
  });
}

}  // namespace pinwheel::cli
