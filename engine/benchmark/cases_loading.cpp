#include <stdlib.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include "engine/benchmark/case.h"
#include "engine/benchmark/jpeg_alone.h"
#include "engine/core/files.h"
#include "engine/core/random.h"
#include "engine/data/batch_loader.h"
#include "engine/data/cifar.h"
#include "engine/data/image_folder.h"
#include "engine/data/world.h"

// Images on their way to the network: CIFAR's records, and JPEG photographs beside libjpeg-turbo alone.
namespace pinwheel::benchmark {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kRecords = 5120;
constexpr std::size_t kRecordBytes = 1 + 3 * 32 * 32;
constexpr std::int64_t kPhotographs = 48;
constexpr int kPhotographSide = 400;  // px
constexpr int kQuality = 90;

// Gone with its files at the end.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "pinwheel-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::system_error(errno, std::generic_category(),
                              "no folder could be made for the test images (" + name + ")");
    m_path = name;
  }
  ~TemporaryFolder() {
    std::error_code code;
    fs::remove_all(m_path, code);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const fs::path& path() const noexcept { return m_path; }

private:
  fs::path m_path;
};

data::LoaderOptions cifarOptions(int workers) {
  data::LoaderOptions options;
  options.batchSize = 128;
  options.side = 32;
  options.shuffle = true;
  options.flip = true;
  options.cropPadding = 4;
  options.workers = workers;
  return options;
}

// One epoch; the pixels of all its batches added up, or the loader's error.
Expected<double> epoch(const std::shared_ptr<const data::Dataset>& set, const data::LoaderOptions& options) {
  data::BatchLoader loader(set, options);
  loader.startEpoch(0);
  double sum = 0;
  for (;;) {
    const auto batch = loader.next();
    if (!batch) return tl::unexpected(batch.error());
    if (!batch->has_value()) return sum;
    // A few pixels of every image: enough to tell one augmentation from another, and no work to speak of.
    for (std::size_t i = 0; i < (*batch)->pixels.size(); i += 97) sum += static_cast<double>((*batch)->pixels[i]);
  }
}

Status sameForAllWorkers(const std::shared_ptr<const data::Dataset>& set, data::LoaderOptions options, int workers) {
  options.workers = 1;
  const auto one = epoch(set, options);
  if (!one) return tl::unexpected(one.error());
  options.workers = workers;
  const auto many = epoch(set, options);
  if (!many) return tl::unexpected(many.error());
  if (*one != *many)
    return disagreement("The batches of one worker and of " + std::to_string(workers), "their pixels differ");
  return {};
}

Expected<CaseResult> runCifar(const Bench& bench) {
  const TemporaryFolder folder;
  std::string bytes(static_cast<std::size_t>(kRecords) * kRecordBytes, '\0');
  Random random(1);
  for (char& byte : bytes) byte = static_cast<char>(random.below(256));
  for (std::size_t at = 0; at < bytes.size(); at += kRecordBytes) bytes[at] = static_cast<char>(at / kRecordBytes % 10);
  for (const char* name : {"data_batch_1.bin", "test_batch.bin"})
    if (const Status status = writeFileAtomically(folder.path() / name, bytes); !status)
      return tl::unexpected(status.error());
  const auto pair = data::openCifar10(folder.path());
  if (!pair) return tl::unexpected(pair.error());
  const std::shared_ptr<const data::Dataset> set = pair->train;
  const int workers = bench.threads();
  if (const Status status = sameForAllWorkers(set, cifarOptions(1), workers); !status)
    return tl::unexpected(status.error());
  const auto alone = [&set] {
    double sum = 0;
    for (std::int64_t i = 0; i < set->size(); ++i) sum += set->image(i).value().pixels[0];
    return sum;
  };
  Bench::Measured measured = bench.time(
      {{"one worker", "batches of 128, shuffled, flipped, cropped at random from 4 px of padding, normalised",
        [&] { (void)epoch(set, cifarOptions(1)); }},
       {"all workers", "the same with a worker per thread", [&] { (void)epoch(set, cifarOptions(workers)); }},
       {"records alone", "every record copied, nothing else", [&] { (void)alone(); }}});
  CaseResult result;
  for (std::size_t i = 0; i < 2; ++i)
    result.figures.push_back({"images per second, " + measured.timings[i].name,
                              static_cast<double>(kRecords) / measured.timings[i].seconds.median, "images/s"});
  result.timings = std::move(measured.timings);
  return result;
}

// train/<class>/ and val/<class>/ with photographs of the built-in world, and their bytes.
Expected<std::vector<std::string>> writePhotographs(const fs::path& folder) {
  const auto world = data::makeWorld(kPhotographSide, kPhotographs, 1);
  std::vector<std::string> all;
  for (std::int64_t i = 0; i < kPhotographs; ++i) {
    const auto image = world->image(i);
    if (!image) return tl::unexpected(image.error());
    all.push_back(encodeJpeg(*image, kQuality));
    for (const char* part : {"train", "val"}) {
      const fs::path inside = folder / part / (i % 2 == 0 ? "even" : "odd");
      fs::create_directories(inside);
      if (const Status status = writeFileAtomically(inside / (std::to_string(i) + ".jpg"), all.back()); !status)
        return tl::unexpected(status.error());
    }
  }
  return all;
}

Expected<CaseResult> runJpeg(const Bench& bench) {
  const TemporaryFolder folder;
  const auto photographs = writePhotographs(folder.path());
  if (!photographs) return tl::unexpected(photographs.error());
  const auto pair = data::openImageFolder(folder.path());
  if (!pair) return tl::unexpected(pair.error());
  const std::shared_ptr<const data::Dataset> set = pair->train;

  // Ours lays the colours apart, the library side by side.
  const auto ours = formats::decodeImage(std::as_bytes(std::span(photographs->front())), "a photograph");
  if (!ours) return tl::unexpected(ours.error());
  const std::vector<std::uint8_t> theirs = decodeJpegAlone(photographs->front());
  const std::size_t plane = ours->pixels.size() / 3;
  bool same = theirs.size() == ours->pixels.size();
  for (std::size_t i = 0; same && i < theirs.size(); ++i) same = theirs[i] == ours->pixels[i % 3 * plane + i / 3];
  if (!same) return disagreement("The image reader and libjpeg-turbo alone", "their pixels differ");

  data::LoaderOptions options;
  options.batchSize = 16;
  options.side = 224;
  options.flip = true;
  options.randomResizedCrop = true;
  if (const Status status = sameForAllWorkers(set, options, bench.threads()); !status)
    return tl::unexpected(status.error());
  Bench::Measured measured =
      bench.time({{"decoded", "every file read and decoded to planar RGB, one thread",
                   [&] {
                     for (std::int64_t i = 0; i < set->size(); ++i) (void)set->image(i);
                   }},
                  {"libjpeg-turbo alone", "the same bytes from memory to rows of RGB, one thread",
                   [&] {
                     for (const std::string& bytes : *photographs) (void)decodeJpegAlone(bytes);
                   }},
                  {"one worker", "batches of 16 random resized crops of 224 px, flipped, normalised",
                   [&] { (void)epoch(set, options); }}});
  CaseResult result;
  for (const Timing& timing : measured.timings)
    result.figures.push_back(
        {"images per second, " + timing.name, static_cast<double>(kPhotographs) / timing.seconds.median, "images/s"});
  result.timings = std::move(measured.timings);
  return result;
}

}  // namespace

std::vector<Case> loadingCases() {
  const CaseInfo cifar{"loading.cifar", "batches of CIFAR-10's binary records, 5,120 images of 32 px"};
  const CaseInfo jpeg{"loading.jpeg", "48 JPEG files of 400 x 400 px, quality 90"};
  return {Case{cifar, runCifar}, Case{jpeg, runJpeg}};
}

}  // namespace pinwheel::benchmark
