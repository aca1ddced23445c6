// What was measured with the newest lesions, so that undo and redo need not measure again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>

#include "engine/session/commands.h"
#include "engine/session/maps.h"

namespace pinwheel::session {

/// Whether two lesions do the same, whatever their versions.
[[nodiscard]] bool sameLesion(const Lesion& a, const Lesion& b);

/// Of one network; clear it when that changes. One thread at a time.
class LesionCache {
public:
  struct Entry {
    Lesion lesion;
    std::uint64_t shamSeed = 0;
    std::shared_ptr<const LesionFrame> effect;  ///< null: it could not be measured
    std::shared_ptr<const Measured> measured;
  };
  static constexpr std::size_t kMost = 8;
  static constexpr std::int64_t kMostBytes = std::int64_t{512} << 20;

  [[nodiscard]] const Entry* find(const Lesion& lesion, std::uint64_t shamSeed) const;
  /// The oldest make room.
  void keep(Entry entry);
  /// More was measured with a lesion that may be kept: its sham changes nothing in that.
  void renew(const Lesion& lesion, const std::shared_ptr<const Measured>& measured);
  void clear() { m_entries.clear(); }

private:
  std::deque<Entry> m_entries;
};

}  // namespace pinwheel::session
