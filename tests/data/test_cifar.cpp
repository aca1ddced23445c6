#include "engine/data/cifar.h"

#include <algorithm>
#include <fstream>

#include "engine/core/files.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;
using test::pathOf;

namespace {

// `count` records; labels as given, pixel p of record i is (i + p) % 256.
std::string records(const std::vector<std::vector<int>>& labels) {
  std::string bytes;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (const int label : labels[i]) bytes += static_cast<char>(label);
    for (std::size_t p = 0; p < 3072; ++p) bytes += static_cast<char>((i + p) % 256);
  }
  return bytes;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

class TestCifar : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void readsCifar10() {
    QTemporaryDir folder;
    write(pathOf(folder, "cifar-10-batches-bin/data_batch_1.bin"), records({{3}, {9}}));
    write(pathOf(folder, "cifar-10-batches-bin/data_batch_2.bin"), records({{0}}));
    write(pathOf(folder, "cifar-10-batches-bin/test_batch.bin"), records({{5}}));
    const auto pair = openDataset("cifar10:" + folder.path().toStdString(), {});
    QVERIFY_OK(pair);
    QCOMPARE(pair->train->size(), std::int64_t{3});
    QCOMPARE(pair->train->label(1), 9);
    QCOMPARE(pair->train->label(2), 0);
    QCOMPARE(pair->train->classNames()[9], std::string("truck"));
    const auto image = pair->train->image(1);
    QVERIFY_OK(image);
    QCOMPARE(image->width, 32);
    for (std::size_t p = 0; p < 3072; ++p) QCOMPARE(int{image->pixels[p]}, static_cast<int>((1 + p) % 256));
  }

  void readsBothLabelsOfCifar100() {
    QTemporaryDir folder;
    write(pathOf(folder, "train.bin"), records({{4, 0}, {19, 99}}));
    write(pathOf(folder, "test.bin"), records({{1, 32}}));
    DatasetOptions options;
    const auto fine = openDataset("cifar100:" + folder.path().toStdString(), options);
    QVERIFY_OK(fine);
    QCOMPARE(fine->train->label(1), 99);
    QCOMPARE(fine->train->classNames().size(), std::size_t{100});
    QCOMPARE(fine->train->classNames()[99], std::string("worm"));
    options.coarseLabels = true;
    const auto coarse = openDataset("cifar100:" + folder.path().toStdString(), options);
    QCOMPARE(coarse->train->label(1), 19);
    QCOMPARE(coarse->train->classNames().size(), std::size_t{20});
    QCOMPARE(coarse->validation->label(0), 1);
  }

  void damagedFilesAreRefused() {
    QTemporaryDir folder;
    write(pathOf(folder, "test.bin"), records({{1, 32}}));
    const std::string good = records({{4, 0}, {19, 99}});
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{3073}, good.size() - 1, good.size() + 1}) {
      std::string bytes = good;
      bytes.resize(size);
      write(pathOf(folder, "train.bin"), bytes);
      QVERIFY_REFUSED(openCifar100(pathOf(folder, ""), false), "truncated");
    }
    write(pathOf(folder, "train.bin"), records({{4, 100}}));
    QVERIFY_REFUSED(openCifar100(pathOf(folder, ""), false), "label 100");
    write(pathOf(folder, "train.bin"), records({{20, 0}}));
    QVERIFY_REFUSED(openCifar100(pathOf(folder, ""), true), "label 20");
  }

  void missingDataSaysWhatItLookedFor() {
    QTemporaryDir folder;
    QVERIFY_REFUSED(openDataset("cifar100:" + folder.path().toStdString(), {}), "train.bin");
    QVERIFY_REFUSED(openDataset("cifar100:/no/such/folder", {}), "not there");
    QVERIFY_REFUSED(openDataset("cifar10:", {}), "needs a folder");
    QVERIFY_REFUSED(openDataset("cifar1000:x", {}), "did you mean \"cifar100\"");
    QVERIFY_REFUSED(openDataset("builtin:x", {}), "takes no folder");
  }

  // Wrong usage is told without looking at the disk.
  void specsAreCheckedAlone() {
    for (const char* spec : {"builtin", "cifar10:x", "cifar100:/no/such/folder", "folder:a:b"})
      QVERIFY_OK(checkSpec(spec));
    QVERIFY_REFUSED(checkSpec("cifar1000:x"), "did you mean \"cifar100\"");
    QVERIFY_REFUSED(checkSpec("zip:x"), "folder:DIR");
    QVERIFY_REFUSED(checkSpec(""), "no kind of data");
    QVERIFY_REFUSED(checkSpec("cifar100"), "needs a folder");
    QVERIFY_REFUSED(checkSpec("folder:"), "needs a folder");
    QVERIFY_REFUSED(checkSpec("builtin:"), "takes no folder");
  }

  void readsTheSharedSet() {
    const std::filesystem::path folder = std::filesystem::path(PINWHEEL_SHARED_DATA) / "cifar100";
    if (!std::filesystem::exists(folder)) QSKIP("needs the shared data");
    const auto pair = openCifar100(folder, true);
    QVERIFY_OK(pair);
    QCOMPARE(pair->train->size(), std::int64_t{10000});
    QCOMPARE(pair->validation->size(), std::int64_t{2000});
    std::vector<int> counts(20, 0);
    for (std::int64_t i = 0; i < pair->train->size(); ++i) ++counts[static_cast<std::size_t>(pair->train->label(i))];
    QCOMPARE(*std::min_element(counts.begin(), counts.end()), 500);
    QCOMPARE(*std::max_element(counts.begin(), counts.end()), 500);
    // Its statistics are those that it is normalised with, to sampling error.
    std::array<double, 3> mean{};
    for (std::int64_t i = 0; i < 2000; ++i) {
      const auto image = pair->train->image(i);
      for (std::size_t c = 0; c < 3; ++c)
        for (std::size_t p = 0; p < 1024; ++p) mean[c] += image->pixels[c * 1024 + p] / 255.0 / 1024 / 2000;
    }
    for (std::size_t c = 0; c < 3; ++c)
      QVERIFY(std::abs(mean[c] - static_cast<double>(pair->train->normalisation().mean[c])) < 0.02);
  }
};

QTEST_APPLESS_MAIN(TestCifar)
#include "test_cifar.moc"
