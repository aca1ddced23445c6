#include "engine/recording/message_index.h"

#include <algorithm>

namespace pinwheel::recording {
namespace {

bool isBefore(const IndexedMessage& a, const IndexedMessage& b) noexcept {
  return a.at != b.at ? a.at < b.at : a.message < b.message;
}

const std::vector<IndexedMessage> kNone;

}  // namespace

void MessageIndex::Order::settle() {
  const auto begin = messages.begin();
  const auto added = begin + static_cast<std::ptrdiff_t>(settled);
  settled = messages.size();
  // Nearly always in order as it came.
  if (!std::is_sorted(added, messages.end(), isBefore)) std::sort(added, messages.end(), isBefore);
  if (added == begin || added == messages.end() || isBefore(*(added - 1), *added)) return;
  // Only what the new ones reach back to is moved.
  std::inplace_merge(std::upper_bound(begin, added, *added, isBefore), added, messages.end(), isBefore);
}

std::optional<std::size_t> MessageIndex::Order::lastAt(std::int64_t at) const {
  const auto after = std::upper_bound(messages.begin(), messages.end(), at,
                                      [](std::int64_t value, const IndexedMessage& one) { return value < one.at; });
  if (after == messages.begin()) return std::nullopt;
  return (after - 1)->message;
}

void MessageIndex::beginSession(std::int64_t fromStep) {
  settle();
  for (auto& [number, kind] : m_kinds) {
    std::vector<IndexedMessage>& steps = kind.steps.messages;
    while (!steps.empty() && steps.back().at > fromStep) steps.pop_back();
    kind.steps.settled = steps.size();
  }
}

void MessageIndex::add(std::size_t message, const MessageHeader& header) {
  Kind& kind = m_kinds[header.kind];
  kind.steps.messages.push_back({header.step, message});
  kind.times.messages.push_back({header.timeUs, message});
}

void MessageIndex::settle() {
  for (auto& [number, kind] : m_kinds) {
    kind.steps.settle();
    kind.times.settle();
  }
}

std::optional<std::size_t> MessageIndex::lastAtStep(std::uint32_t kind, std::int64_t step) const {
  const auto found = m_kinds.find(kind);
  return found == m_kinds.end() ? std::nullopt : found->second.steps.lastAt(step);
}

std::optional<std::size_t> MessageIndex::lastAtTime(std::uint32_t kind, std::int64_t timeUs) const {
  const auto found = m_kinds.find(kind);
  return found == m_kinds.end() ? std::nullopt : found->second.times.lastAt(timeUs);
}

const std::vector<IndexedMessage>& MessageIndex::bySteps(std::uint32_t kind) const {
  const auto found = m_kinds.find(kind);
  return found == m_kinds.end() ? kNone : found->second.steps.messages;
}

const std::vector<IndexedMessage>& MessageIndex::byTimes(std::uint32_t kind) const {
  const auto found = m_kinds.find(kind);
  return found == m_kinds.end() ? kNone : found->second.times.messages;
}

std::vector<std::uint32_t> MessageIndex::kinds() const {
  std::vector<std::uint32_t> out;
  for (const auto& [number, kind] : m_kinds) out.push_back(number);
  return out;
}

}  // namespace pinwheel::recording
