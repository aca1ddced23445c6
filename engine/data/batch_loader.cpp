#include "engine/data/batch_loader.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <numeric>
#include <thread>

#include "engine/core/random.h"
#include "engine/data/augment.h"

namespace pinwheel::data {
namespace {

constexpr std::uint64_t kOrderStream = 0x0DE4;
constexpr std::uint64_t kAugmentStream = 0xA063;

}  // namespace

// Workers take batch numbers in order and put finished batches into `ready`; the consumer takes them in order.
// `generation` grows with every startEpoch, so that a batch of the epoch before is recognised and dropped.
struct BatchLoader::Impl {
  Impl(std::shared_ptr<const Dataset> set, LoaderOptions loaderOptions)
      : dataset(std::move(set)), options(loaderOptions), normalisation(dataset->normalisation()) {
    const int count = std::max(1, options.workers);
    for (int i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      quit = true;
    }
    wakeWorkers.notify_all();
    for (std::thread& worker : workers) worker.join();
  }

  [[nodiscard]] std::int64_t batches() const {
    const std::int64_t size = dataset->size();
    return options.dropLast ? size / options.batchSize : (size + options.batchSize - 1) / options.batchSize;
  }

  void work() {
    std::unique_lock lock(mutex);
    for (;;) {
      wakeWorkers.wait(lock, [this] {
        return quit || (nextToDecode < last && nextToDecode < nextToHandOut + std::max(1, options.prefetch));
      });
      if (quit) return;
      const std::int64_t number = nextToDecode++;
      const std::uint64_t mine = generation;
      const std::int64_t epochNow = epoch;
      const auto orderNow = order;
      lock.unlock();
      Expected<Batch> batch = decode(number, epochNow, *orderNow);
      lock.lock();
      if (mine != generation) continue;
      ready.emplace(number, std::move(batch));
      wakeConsumer.notify_one();
    }
  }

  [[nodiscard]] Expected<Batch> decode(std::int64_t number, std::int64_t epochNow,
                                       const std::vector<std::int64_t>& orderNow) const {
    const std::int64_t whole = std::min(options.batchSize, dataset->size() - number * options.batchSize);
    const std::int64_t before = whole * options.share / options.shares;
    const std::int64_t first = number * options.batchSize + before;
    Batch batch;
    batch.count = whole * (options.share + 1) / options.shares - before;
    batch.side = options.side;
    const std::size_t perImage = 3 * static_cast<std::size_t>(options.side) * static_cast<std::size_t>(options.side);
    // A random crop may be a twelfth of the image, and is resized to the side: the decoder must leave it that much.
    const int sideHint = options.randomResizedCrop ? 4 * options.side : options.side;
    try {
      batch.pixels.resize(static_cast<std::size_t>(batch.count) * perImage);
      for (std::int64_t i = 0; i < batch.count; ++i) {
        const std::int64_t index = orderNow[static_cast<std::size_t>(first + i)];
        const auto image = dataset->image(index, sideHint);
        if (!image) return tl::unexpected(image.error());
        Random random(options.seed ^ kAugmentStream, static_cast<std::uint64_t>(epochNow),
                      static_cast<std::uint64_t>(index));
        prepareImage(*image, options, normalisation, random,
                     batch.pixels.data() + static_cast<std::size_t>(i) * perImage);
        batch.labels.push_back(dataset->label(index));
        batch.indices.push_back(index);
      }
    } catch (const std::exception& error) {
      return failure("A batch of images could not be made", error.what(), options.memoryHint);
    }
    return batch;
  }

  std::shared_ptr<const Dataset> dataset;
  LoaderOptions options;
  Normalisation normalisation;

  std::mutex mutex;
  std::condition_variable wakeWorkers;
  std::condition_variable wakeConsumer;
  bool quit = false;
  std::uint64_t generation = 0;
  std::int64_t epoch = 0;
  std::shared_ptr<const std::vector<std::int64_t>> order;
  std::int64_t last = 0;  // one past the epoch's last batch; 0 before the first startEpoch
  std::int64_t nextToDecode = 0;
  std::int64_t nextToHandOut = 0;
  std::map<std::int64_t, Expected<Batch>> ready;
  std::vector<std::thread> workers;
};

BatchLoader::BatchLoader(std::shared_ptr<const Dataset> dataset, LoaderOptions options)
    : m_impl(std::make_unique<Impl>(std::move(dataset), options)) {}

BatchLoader::~BatchLoader() = default;

std::int64_t BatchLoader::batchesPerEpoch() const {
  return m_impl->batches();
}

void BatchLoader::startEpoch(std::int64_t epoch, std::int64_t firstBatch) {
  auto order = std::make_shared<std::vector<std::int64_t>>(static_cast<std::size_t>(m_impl->dataset->size()));
  std::iota(order->begin(), order->end(), std::int64_t{0});
  if (m_impl->options.shuffle) {
    Random random(m_impl->options.seed, kOrderStream, static_cast<std::uint64_t>(epoch));
    random.shuffle(*order);
  }
  {
    const std::lock_guard lock(m_impl->mutex);
    ++m_impl->generation;
    m_impl->ready.clear();
    m_impl->epoch = epoch;
    m_impl->order = std::move(order);
    m_impl->last = m_impl->batches();
    m_impl->nextToDecode = firstBatch;
    m_impl->nextToHandOut = firstBatch;
  }
  m_impl->wakeWorkers.notify_all();
}

Expected<std::optional<Batch>> BatchLoader::next() {
  std::unique_lock lock(m_impl->mutex);
  if (m_impl->nextToHandOut >= m_impl->last) return std::optional<Batch>{};
  const std::int64_t number = m_impl->nextToHandOut;
  m_impl->wakeConsumer.wait(lock, [&] { return m_impl->ready.count(number) > 0; });
  Expected<Batch> batch = std::move(m_impl->ready.extract(number).mapped());
  ++m_impl->nextToHandOut;
  lock.unlock();
  m_impl->wakeWorkers.notify_all();
  if (!batch) return tl::unexpected(batch.error());
  return std::optional<Batch>(std::move(*batch));
}

}  // namespace pinwheel::data
