// What Explorer does with lesions.
#include <algorithm>

#include "engine/perturbation/lesion.h"
#include "engine/perturbation/sham.h"
#include "engine/session/explorer.h"

namespace pinwheel::session {

bool sameLesion(const Lesion& a, const Lesion& b) {
  return std::equal(a.parts.begin(), a.parts.end(), b.parts.begin(), b.parts.end(),
                    [](const LesionPart& p, const LesionPart& q) {
                      return p.sheet == q.sheet && p.kind == q.kind && p.strength == q.strength &&
                             p.timeSteps == q.timeSteps && p.units == q.units;
                    });
}

const LesionCache::Entry* LesionCache::find(const Lesion& lesion, std::uint64_t shamSeed) const {
  const auto found = std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& entry) {
    return entry.shamSeed == shamSeed && sameLesion(entry.lesion, lesion);
  });
  return found == m_entries.end() ? nullptr : &*found;
}

void LesionCache::keep(Entry entry) {
  m_entries.push_front(std::move(entry));
  std::int64_t bytes = 0;
  std::size_t fitting = 0;
  while (fitting < m_entries.size() && fitting < kMost) {
    bytes += m_entries[fitting].measured->bytes();
    if (bytes > kMostBytes && fitting > 0) break;
    ++fitting;
  }
  m_entries.resize(fitting);
}

void LesionCache::renew(const Lesion& lesion, const std::shared_ptr<const Measured>& measured) {
  for (Entry& entry : m_entries)
    if (sameLesion(entry.lesion, lesion)) entry.measured = measured;
}

void Explorer::setLesion(const SetLesion& command, bool measure) {
  if (!needNetwork("lesion")) return;
  if (const Status status = perturbation::checkLesion(command.lesion, m_subject.network->sheets(), m_subject.timeSteps);
      !status)
    return m_desk.mail.tell(Notice::Kind::error, status.error());
  m_lesion = command.lesion;
  m_shamSeed = command.shamSeed;
  if (!measure) return;
  const Stimulus shown = m_shown.value_or(Stimulus{});
  show(shown, std::chrono::steady_clock::now());
  measureLesion(command);
}

void Explorer::measureLesion(const SetLesion& command) {
  if (m_lesion.units() == 0) {
    LesionFrame frame = m_effect ? m_effect->without() : LesionFrame{};
    frame.stamp = stamp();
    if (m_intact) frame.mapsBefore = m_intact->maps;
    m_desk.mail.publish(std::make_shared<const LesionFrame>(std::move(frame)));
    return m_intact ? publishMaps(m_intact) : measureMaps(false);
  }
  if (const LesionCache::Entry* known = m_cache.find(m_lesion, command.shamSeed); known != nullptr)
    return publishLesion(*known);
  LesionCache::Entry entry{m_lesion, command.shamSeed, nullptr, nullptr};
  auto effect = effectOf(command);
  if (!effect) return;
  effect->stamp = stamp();
  effect->units = perturbation::distinctUnits(m_lesion);
  if (m_intact) effect->mapsBefore = m_intact->maps;
  entry.effect = std::make_shared<const LesionFrame>(std::move(*effect));
  m_desk.mail.publish(entry.effect);
  auto measured = mapsNow();
  if (!measured) return;
  entry.measured = *measured;
  publishMaps(entry.measured);
  m_cache.keep(std::move(entry));
}

void Explorer::publishLesion(const LesionCache::Entry& entry) {
  LesionFrame effect = *entry.effect;
  effect.stamp = stamp();
  if (m_intact) effect.mapsBefore = m_intact->maps;  // those may have been measured again since
  m_desk.mail.publish(std::make_shared<const LesionFrame>(std::move(effect)));
  publishMaps(entry.measured);
}

std::optional<LesionFrame> Explorer::effectOf(const SetLesion& command) {
  if (!m_effect) {
    auto effect = LesionEffect::open(m_checkpoint->config, m_checkpoint->provenance);
    if (!effect) {
      m_desk.mail.tell(Notice::Kind::warning, effect.error());
      return LesionFrame{};
    }
    m_effect = std::move(*effect);
  }
  std::optional<Lesion> sham;
  auto drawn = perturbation::shamOf(command.lesion, unitCounts(*m_subject.network), command.shamSeed);
  if (drawn)
    sham = std::move(*drawn);
  else
    m_desk.mail.tell(Notice::Kind::warning, drawn.error());
  Job job(m_desk, m_effect->work(sham.has_value()));
  auto frame = m_effect->measure(m_subject, command.lesion, sham, job);
  if (frame) return std::move(*frame);
  tell(frame.error(), job.stopped());
  if (job.stopped()) return std::nullopt;
  return LesionFrame{};
}

}  // namespace pinwheel::session
