#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/terminal.h"
#include "engine/training/brain_likeness.h"
#include "engine/training/trainer.h"

namespace pinwheel::cli {
namespace {

const std::map<std::string, analysis::Distance> kDistances{{"pearson", analysis::Distance::pearson},
                                                           {"spearman", analysis::Distance::spearman},
                                                           {"euclidean", analysis::Distance::euclidean},
                                                           {"cosine", analysis::Distance::cosine}};
const std::map<std::string, analysis::Comparison> kComparisons{{"pearson", analysis::Comparison::pearson},
                                                               {"spearman", analysis::Comparison::spearman},
                                                               {"kendall", analysis::Comparison::kendallA},
                                                               {"kendall-b", analysis::Comparison::kendallB}};

struct Arguments {
  training::BrainLikenessOptions options;
  std::vector<std::string> matrices;
  std::string distance = "pearson";
  std::string comparison = "spearman";
  std::int64_t memoryMb = 1024;
};

int runRsa(const Arguments& arguments) {
  training::BrainLikenessOptions options = arguments.options;
  if (arguments.matrices.empty() && options.recordings.empty())
    return fail({"There is nothing to compare with", "neither --rdm nor --recordings is given",
                 "give dissimilarity matrices with --rdm, recordings with --recordings, or both"},
                kWrongUsage);
  if (!options.reliability.empty() && options.recordings.empty())
    return fail(
        {"--reliability needs --recordings", "it is what their predictivity is divided by", "give both, or neither"},
        kWrongUsage);
  for (const std::string& text : arguments.matrices) options.matrices.push_back(formats::ArraySource::parse(text));
  options.memoryBytes = arguments.memoryMb << 20;
  options.distance = kDistances.at(arguments.distance);
  options.similarity.comparison = kComparisons.at(arguments.comparison);
  const auto checkpoint = checkpointAt(options.checkpoint);
  if (!checkpoint) return fail(checkpoint.error(), kFailed);
  options.checkpoint = *checkpoint;
  if (const Status status = training::checkDevice(options.device); !status) return fail(status.error(), kCannotRunHere);
  warnAboutSlowBlas();
  MovingLine line;
  const StopFlag& stop = stopOnSignals();
  const auto result = training::brainLikeness(
      options, [&line](const Progress& progress) { line.show(progress); }, stop);
  line.print("");
  if (!result) return fail(result.error(), stop.requested() ? kStopped : kFailed);
  std::printf("%sReport: %s\n", result->summary.c_str(), result->report.c_str());
  return kDone;
}

std::vector<std::string> namesOf(const auto& choices) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) names.push_back(name);
  return names;
}

}  // namespace

void addRsa(CLI::App& app, int& exitCode) {
  auto arguments = std::make_shared<Arguments>();
  training::BrainLikenessOptions& options = arguments->options;
  CLI::App* command =
      app.add_subcommand("rsa", "Compare a network with a brain: similarity of representations, linear predictivity");
  command->add_option("checkpoint", options.checkpoint, "checkpoint.safetensors of a run, or the run's folder")
      ->required()
      ->check(notEmpty());
  command->add_option("--images", options.images, "Folder of the stimuli, shown in the order of their names")
      ->required()
      ->check(notEmpty());
  command
      ->add_option(
          "--rdm", arguments->matrices,
          "Dissimilarity matrices, FILE[:VARIABLE]: .npy, .csv or .mat; several subjects give a noise ceiling; "
          "may be repeated")
      ->check(notEmpty())
      ->allow_extra_args(false);
  command->add_option("--recordings", options.recordings, "Recordings to predict, [images, sites]: .npy, .csv or .mat")
      ->check(notEmpty());
  command->add_option("--reliability", options.reliability, "What a site's predictivity is divided by, [sites]")
      ->check(notEmpty());
  command->add_option("--distance", arguments->distance, "Between the responses to two images; default: pearson")
      ->check(CLI::IsMember(namesOf(kDistances)));
  command
      ->add_option("--compare", arguments->comparison,
                   "How matrices are compared; kendall is tau-a, kendall-b tau-b; default: spearman")
      ->check(CLI::IsMember(namesOf(kComparisons)));
  command->add_option("--permutations", options.similarity.permutations, "Of the images, for p; 0: none; default: 1000")
      ->check(CLI::Range(0, 1000000));
  command
      ->add_option("--bootstraps", options.similarity.bootstraps,
                   "Over the images, for the interval; 0: none; default: 1000")
      ->check(CLI::Range(0, 1000000));
  command->add_option("--seed", options.similarity.seed, "Of permutations, bootstraps and folds; default: 0");
  command->add_option("--out", options.out, "Folder for the results; made when missing")->required()->check(notEmpty());
  command
      ->add_option("--memory", arguments->memoryMb,
                   "MB that the network's answers and the matrices may take; less takes more passes; default: 1024")
      ->check(CLI::Range(std::int64_t{16}, std::int64_t{1} << 24));
  command->add_option("--threads", options.threads, "Processor threads; 0: all")->check(CLI::Range(0, 4096));
  command->add_option("--device", options.device, "auto, cpu or cuda")->check(CLI::IsMember({"auto", "cpu", "cuda"}));
  command->callback([arguments, &exitCode] { exitCode = runRsa(*arguments); });
}

}  // namespace pinwheel::cli
