#include "engine/session/loss_share.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>

#include "engine/data/world.h"
#include "engine/session/stimuli.h"
#include "engine/training/topographic_loss.h"

namespace pinwheel::session {
namespace {

constexpr const char* kLabel = "Measuring maps: loss share";

// Correlations over 60 images are settled to a tenth; the spikes of large networks at so many would fill the memory.
std::int64_t imageCount(const Subject& subject) {
  constexpr std::int64_t kMostSpikes = std::int64_t{1} << 26;
  std::int64_t units = 1;
  for (const std::int64_t count : unitCounts(*subject.network)) units += count;
  const auto classes = static_cast<std::int64_t>(data::domainNames().size() * 2);
  const std::int64_t rounds = kMostSpikes / (units * subject.timeSteps * classes);
  return classes * std::clamp<std::int64_t>(rounds, 2, 6);
}

Error stopped() {
  return {"Measuring the loss share was stopped", "it was cancelled, or a newer command made it pointless",
          "measure the maps again"};
}

// Spikes [T, B, U] per sheet.
Expected<std::vector<at::Tensor>> spikesOf(Subject& subject, Job& job) {
  const std::int64_t count = imageCount(subject);
  const std::int64_t atOnce = imagesAtOnce(*subject.network, subject.timeSteps);
  const std::int64_t size = std::int64_t{3} * subject.side * subject.side;
  std::vector<std::vector<at::Tensor>> parts(subject.sheets->size());
  for (std::int64_t first = 0; first < count; first += atOnce) {
    job.progress(kLabel, 0);
    if (job.stopped()) return tl::unexpected(stopped());
    const std::int64_t images = std::min(atOnce, count - first);
    at::Tensor batch = at::empty({images, 3, subject.side, subject.side}, at::kFloat);
    for (std::int64_t i = 0; i < images; ++i) {
      const auto picture = categoryPicture(first + i, subject.side, subject.normalisation);
      if (!picture) return tl::unexpected(picture.error());
      std::memcpy(batch.data_ptr<float>() + i * size, picture->pixels.data(),
                  static_cast<std::size_t>(size) * sizeof(float));
    }
    const snn::Activity activity = subject.network->forward(batch.to(subject.device));
    for (std::size_t s = 0; s < parts.size(); ++s) parts[s].push_back(activity.sheets[s].flatten(2));
  }
  std::vector<at::Tensor> spikes;
  for (std::vector<at::Tensor>& part : parts) {
    spikes.push_back(at::cat(part, 1));
    part.clear();
  }
  return spikes;
}

// Per sheet [U]. Error: stopped (the job's flag tells), or why there is none.
Expected<std::vector<std::vector<float>>> sharesOf(Subject& subject, Job& job) {
  torch::NoGradGuard guard;
  training::StcConfig config = subject.config->stc;
  if (config.loss != "stc" || (config.alpha == 0 && config.beta == 0)) {
    config.loss = "stc";
    config.alpha = config.beta = 1;
  }
  const auto loss =
      training::TopographicLoss::create(config, subject.config->sheets, *subject.sheets,
                                        static_cast<std::uint64_t>(subject.config->training.seed), subject.device);
  if (!loss) return tl::unexpected(loss.error());
  const auto spikes = spikesOf(subject, job);
  if (!spikes) return tl::unexpected(spikes.error());
  auto shares = loss->unitShares(*spikes, &job.stop(), [&] { job.progress(kLabel, 0); });
  if (job.stopped()) return tl::unexpected(stopped());
  if (shares.empty())
    return failure("There is no loss share", "no term of the network's loss has weight at its number of time steps",
                   "look at another quantity");
  return shares;
}

}  // namespace

Status addLossShare(Subject& subject, MapsFrame& maps, Job& job) {
  auto shares = sharesOf(subject, job);
  if (!shares && job.stopped()) return tl::unexpected(shares.error());
  if (!shares) {
    const Error& error = shares.error();
    maps.lossShareState = LossShareState::impossible;
    maps.lossShareNote = error.what + (error.why.empty() ? "" : ": " + error.why);
    return {};
  }
  for (std::size_t s = 0; s < maps.sheets.size(); ++s) maps.sheets[s].lossShare = std::move((*shares)[s]);
  maps.lossShareState = LossShareState::there;
  return {};
}

Expected<std::shared_ptr<const MapsFrame>> publishLossShare(Subject& subject, const MapsFrame& maps, Job& job,
                                                            Mailboxes& mail) {
  const auto publishAs = [&](LossShareState state) {
    MapsFrame frame = maps;
    frame.lossShareState = state;
    mail.publish(std::make_shared<const MapsFrame>(std::move(frame)));
  };
  publishAs(LossShareState::underWay);
  auto measured = std::make_shared<MapsFrame>(maps);
  Status status;
  try {
    status = addLossShare(subject, *measured, job);
  } catch (...) {
    publishAs(LossShareState::stopped);  // or it would seem to be under way for ever
    throw;
  }
  if (!status) {
    publishAs(LossShareState::stopped);
    return tl::unexpected(status.error());
  }
  std::shared_ptr<const MapsFrame> frame = std::move(measured);
  mail.publish(frame);
  return frame;
}

Error noMapsForLossShare() {
  return {"The loss share was not measured", "no whole maps are of the network as it is now",
          "measure the maps again, then ask for it"};
}

}  // namespace pinwheel::session
