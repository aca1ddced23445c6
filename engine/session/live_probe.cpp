#include "engine/session/live_probe.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>

#include "engine/data/world.h"
#include "engine/perturbation/lesion.h"
#include "engine/training/sheet_maps.h"

namespace pinwheel::session {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kCategorySets = 16;  // of images that maps are made from, shown in turn
constexpr float kForget = 0.95F;           // per chunk: some twenty chunks count
constexpr data::GratingOptions kGratings{8, 4, 2, 2};

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

LiveProbe::LiveProbe(Subject subject, double share)
    : m_subject(std::move(subject)),
      m_share(share),
      m_gratings(data::makeGratings(m_subject.side, kGratings)),
      m_frequencies(data::gratingFrequencies(m_subject.side, kGratings.frequencies)),
      m_chunks(static_cast<std::size_t>(kGratings.frequencies * kGratings.phases * kGratings.colours)),
      m_classes(training::endlessCategoryWorld(m_subject.side)->classNames()) {
  const int side = m_subject.side;
  m_gratingImages = at::empty({static_cast<std::int64_t>(m_gratings.size()), 3, side, side}, at::kFloat);
  const std::int64_t size = std::int64_t{3} * side * side;
  for (std::size_t i = 0; i < m_gratings.size(); ++i) {
    const data::Grating& g = m_gratings[i];
    float* pixels = m_gratingImages.data_ptr<float>() + static_cast<std::int64_t>(i) * size;
    data::renderGrating(g, side, pixels);
    normalise(pixels, side, m_subject.normalisation);
    // Both colours of a frequency one behind the other: then it can be mapped.
    const int chunk = (g.phase * kGratings.frequencies + g.frequency) * kGratings.colours + g.colour;
    m_chunks[static_cast<std::size_t>(chunk)].push_back(i);
  }
  for (const std::int64_t units : unitCounts(*m_subject.network)) m_tables.emplace_back(units, m_gratings);
}

bool LiveProbe::earn(double seconds) noexcept {
  // What was not spent is not hoarded: two chunks at most come close together.
  m_budget = std::min(m_budget + m_share * seconds, 2 * m_cost);
  return m_share > 0 && (m_next == 0 || m_budget >= m_cost);
}

const Picture& LiveProbe::category(std::size_t set, std::size_t category) {
  if (set >= m_categories.size()) m_categories.resize(set + 1);
  std::vector<Picture>& pictures = m_categories[set];
  while (pictures.size() < m_classes.size()) {
    const auto index = static_cast<std::int64_t>(set * m_classes.size() + pictures.size());
    auto picture = categoryPicture(index, m_subject.side, m_subject.normalisation);
    pictures.push_back(picture ? std::move(*picture) : Picture{});
  }
  return pictures[category];
}

// The gratings of the chunk, one image of every domain, its two categories in turn, and one of the probe batch.
at::Tensor LiveProbe::images() {
  const std::size_t domains = data::domainNames().size();
  const std::int64_t size = m_gratingImages[0].numel();
  at::Tensor images =
      at::empty({static_cast<std::int64_t>(gratings().size() + domains) + 1, 3, m_subject.side, m_subject.side});
  float* to = images.data_ptr<float>();
  const auto put = [&](const float* from) {
    std::memcpy(to, from, static_cast<std::size_t>(size) * sizeof(float));
    to += size;
  };
  for (const std::size_t g : gratings()) put(m_gratingImages.data_ptr<float>() + static_cast<std::int64_t>(g) * size);
  const std::size_t set = 1 + m_next / 2 % kCategorySets;
  for (std::size_t d = 0; d < domains; ++d) put(category(set, 2 * d + m_next % 2).pixels.data());
  put(category(0, m_image).pixels.data());
  return images;
}

snn::Activity LiveProbe::showChunk(const Lesion& lesion) {
  torch::NoGradGuard guard;
  const at::Tensor shown = images();
  snn::Activity activity;
  {
    const UnderPerturbation eyes(m_subject,
                                 perturbation::makePerturbation(lesion, m_subject.network->sheets(), m_subject.device));
    activity = m_subject.network->forward(shown.to(m_subject.device));
  }
  for (std::size_t s = 0; s < m_tables.size(); ++s) {
    const at::Tensor rates = activity.sheets[s].mean(0).flatten(1).to(at::kCPU, at::kFloat).contiguous();
    const auto units = static_cast<std::size_t>(rates.size(1));
    const float* row = rates.data_ptr<float>();
    for (const std::size_t g : gratings()) {
      m_tables[s].setGrating(g, {row, units});
      row += units;
    }
    m_tables[s].forget(kForget);
    for (std::size_t d = 0; d < data::domainNames().size(); ++d) {
      m_tables[s].addImage(d, {row, units});
      row += units;
    }
  }
  ++m_next;
  return activity;
}

void LiveProbe::look(const Stamp& stamp, const Lesion& lesion, Mailboxes& mail, bool atOnce) {
  const auto start = Clock::now();
  // The first look shows both colours, so that there are maps from the beginning; it renders and allocates what the
  // later ones find ready, and says nothing of their cost.
  const bool first = m_next == 0;
  if (!first && !atOnce) m_image = (m_image + 1) % m_classes.size();
  snn::Activity activity = showChunk(lesion);
  if (first) activity = showChunk(lesion);
  auto answer = std::make_shared<ActivityFrame>();
  answer->stamp = stamp;
  answer->stimulus = category(0, m_image).name;
  answer->picture = category(0, m_image).shown;
  answer->probeBatch = m_classes;
  answer->probeImage = static_cast<int>(m_image);
  takeActivity(activity, activity.logits.size(0) - 1, *answer);
  answer->milliseconds = secondsSince(start) * 1e3;
  mail.publish(std::shared_ptr<const ActivityFrame>(std::move(answer)));
  if (first || atOnce || Clock::now() - m_published >= std::chrono::milliseconds(500)) {
    m_published = Clock::now();
    MapsFrame frame;
    frame.stamp = stamp;
    frame.preview = true;
    for (const ProbeTable& table : m_tables) frame.sheets.push_back(table.maps());
    mail.publish(std::make_shared<const MapsFrame>(std::move(frame)));
  }
  const double seconds = secondsSince(start);
  if (!first) m_budget -= seconds;
  m_cost = m_next < 4 ? seconds : 0.7 * m_cost + 0.3 * seconds;
}

void LiveProbe::publish(const Stamp& stamp, const std::vector<analysis::TuningMaps>& tuning, Mailboxes& mail) const {
  MapsFrame frame;
  frame.stamp = stamp;
  frame.preview = true;
  for (std::size_t s = 0; s < m_tables.size(); ++s) {
    frame.sheets.push_back(m_tables[s].maps());
    frame.sheets.back().tuning = tuning[s];
  }
  mail.publish(std::make_shared<const MapsFrame>(std::move(frame)));
}

}  // namespace pinwheel::session
