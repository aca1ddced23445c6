#include "engine/data/selection.h"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <unordered_map>

#include "engine/core/random.h"

namespace pinwheel::data {
namespace {

constexpr std::uint64_t kSelectionStream = 0x5E1EC7;

class Selection final : public Dataset {
public:
  Selection(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> indices, std::int64_t keepBytes)
      : m_dataset(std::move(dataset)), m_indices(std::move(indices)), m_bytesLeft(keepBytes) {}

  std::string name() const override { return m_dataset->name(); }
  std::int64_t size() const override { return static_cast<std::int64_t>(m_indices.size()); }
  int label(std::int64_t index) const override { return m_dataset->label(at(index)); }
  const std::vector<std::string>& classNames() const override { return m_dataset->classNames(); }
  Normalisation normalisation() const override { return m_dataset->normalisation(); }

  Expected<formats::RgbImage> image(std::int64_t index, int sideHint) const override {
    {
      const std::lock_guard lock(m_mutex);
      if (const auto found = m_kept.find(index); found != m_kept.end() && found->second.sideHint == sideHint)
        return found->second.image;
    }
    auto image = m_dataset->image(at(index), sideHint);
    if (!image) return image;
    const std::lock_guard lock(m_mutex);
    const auto bytes = static_cast<std::int64_t>(image->pixels.size());
    if (bytes <= m_bytesLeft && m_kept.try_emplace(index, Kept{sideHint, *image}).second) m_bytesLeft -= bytes;
    return image;
  }

private:
  struct Kept {
    int sideHint = 0;
    formats::RgbImage image;
  };
  [[nodiscard]] std::int64_t at(std::int64_t index) const { return m_indices[static_cast<std::size_t>(index)]; }

  std::shared_ptr<const Dataset> m_dataset;
  std::vector<std::int64_t> m_indices;
  mutable std::mutex m_mutex;
  mutable std::int64_t m_bytesLeft;
  mutable std::unordered_map<std::int64_t, Kept> m_kept;
};

}  // namespace

std::vector<std::int64_t> balancedIndices(const Dataset& dataset, std::int64_t count, std::uint64_t seed) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(dataset.size()));
  std::iota(all.begin(), all.end(), std::int64_t{0});
  Random random(seed, kSelectionStream);
  random.shuffle(all);
  std::vector<std::vector<std::int64_t>> ofClass(dataset.classNames().size());
  for (const std::int64_t index : all) ofClass[static_cast<std::size_t>(dataset.label(index))].push_back(index);
  std::vector<std::int64_t> chosen;
  for (std::size_t turn = 0; chosen.size() < all.size(); ++turn)
    for (const auto& indices : ofClass) {
      if (turn >= indices.size()) continue;
      if (static_cast<std::int64_t>(chosen.size()) >= count) return chosen;
      chosen.push_back(indices[turn]);
    }
  return chosen;
}

std::shared_ptr<const Dataset> selectImages(std::shared_ptr<const Dataset> dataset, std::vector<std::int64_t> indices,
                                            std::int64_t keepBytes) {
  return std::make_shared<Selection>(std::move(dataset), std::move(indices), keepBytes);
}

}  // namespace pinwheel::data
