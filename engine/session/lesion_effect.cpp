#include "engine/session/lesion_effect.h"

#include <numeric>

#include "engine/data/selection.h"
#include "engine/perturbation/lesion.h"
#include "engine/training/responses.h"
#include "engine/training/setup.h"

namespace pinwheel::session {
namespace {

constexpr std::int64_t kKeepBytes = std::int64_t{256} << 20;
constexpr std::uint64_t kImageSeed = 1;  // the same images for every network on the same data

Accuracy total(const ClassCounts& counts) {
  return accuracyOf(std::accumulate(counts.correct.begin(), counts.correct.end(), std::int64_t{0}),
                    std::accumulate(counts.count.begin(), counts.count.end(), std::int64_t{0}));
}

}  // namespace

Expected<LesionEffect> LesionEffect::open(const training::TrainConfig& config, const training::Provenance& provenance) {
  auto pair = data::openDataset(provenance.data, training::datasetOptions(config));
  if (!pair) return tl::unexpected(pair.error());
  if (pair->validation->classNames() != provenance.classNames)
    return failure("The lesion's effect on accuracy cannot be measured",
                   "the classes of " + provenance.data + " are not those that the network was trained on",
                   "put the data back as they were");
  LesionEffect effect;
  effect.m_classNames = provenance.classNames;
  effect.m_normalisation = {provenance.pixelMean, provenance.pixelDeviation};
  auto indices = data::balancedIndices(*pair->validation, kImages, kImageSeed);
  effect.m_images = data::selectImages(std::move(pair->validation), std::move(indices), kKeepBytes);
  return effect;
}

std::int64_t LesionEffect::work(bool withSham) const {
  return m_images->size() * (1 + (m_before ? 0 : 1) + (withSham ? 1 : 0));
}

Expected<ClassCounts> LesionEffect::count(Subject& subject, const Lesion& lesion, Job& job,
                                          const std::string& label) const {
  const UnderPerturbation guard(subject,
                                perturbation::makePerturbation(lesion, subject.network->sheets(), subject.device));
  std::int64_t done = 0;
  const auto response = training::recordDataset(
      *subject.network, subject.device, m_images, subject.side, m_normalisation,
      imagesAtOnce(*subject.network, subject.timeSteps), 1, true,
      [&](std::size_t sheet, std::span<const std::int64_t>, std::int64_t images, std::span<const float>) {
        if (sheet > 0) return;
        done += images;
        job.progress(label, done);
      },
      &job.stop());
  if (!response) return tl::unexpected(response.error());
  job.finishPart(m_images->size());
  return ClassCounts{response->correct, response->count};
}

Expected<LesionFrame> LesionEffect::measure(Subject& subject, const Lesion& lesion, const std::optional<Lesion>& sham,
                                            Job& job) {
  if (!m_before) {
    auto before = count(subject, {}, job, "Measuring accuracy without the lesion");
    if (!before) return tl::unexpected(before.error());
    m_before = std::move(*before);
  }
  const auto after = count(subject, lesion, job, "Measuring accuracy with the lesion");
  if (!after) return tl::unexpected(after.error());
  std::optional<ClassCounts> shamCounts;
  if (sham) {
    auto counted = count(subject, *sham, job, "Measuring accuracy with a sham");
    if (!counted) return tl::unexpected(counted.error());
    shamCounts = std::move(*counted);
  }
  return frameOf(*after, shamCounts);
}

LesionFrame LesionEffect::without() const {
  return m_before ? frameOf(*m_before, std::nullopt) : LesionFrame{};
}

LesionFrame LesionEffect::frameOf(const ClassCounts& after, const std::optional<ClassCounts>& sham) const {
  LesionFrame frame;
  frame.before = total(*m_before);
  frame.after = total(after);
  if (sham) frame.sham = total(*sham);
  for (std::size_t c = 0; c < m_classNames.size(); ++c) {
    CategoryEffect effect;
    effect.category = m_classNames[c];
    effect.before = accuracyOf(m_before->correct[c], m_before->count[c]);
    effect.after = accuracyOf(after.correct[c], after.count[c]);
    if (sham) effect.sham = accuracyOf(sham->correct[c], sham->count[c]);
    frame.categories.push_back(std::move(effect));
  }
  return frame;
}

}  // namespace pinwheel::session
