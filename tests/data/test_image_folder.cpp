#include "engine/data/image_folder.h"

#include <unistd.h>

#include <set>

#include "engine/data/floc.h"
#include "engine/data/world.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::data;
using test::pathOf;

namespace {

void writeImage(const std::filesystem::path& path, int width, int height, std::uint8_t value) {
  std::filesystem::create_directories(path.parent_path());
  const auto pixels = static_cast<std::size_t>(3 * width * height);
  (void)formats::writePng(path, {width, height, std::vector<std::uint8_t>(pixels, value)});
}

}  // namespace

class TestImageFolder : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void readsImageNetsLayout() {
    QTemporaryDir folder;
    for (const char* name : {"cat", "ant"}) {
      writeImage(pathOf(folder, std::string("train/") + name + "/b.png"), 20, 10, name[0] == 'c' ? 200 : 50);
      writeImage(pathOf(folder, std::string("train/") + name + "/a.PNG"), 10, 30, 60);
      writeImage(pathOf(folder, std::string("val/") + name + "/a.png"), 10, 10, 70);
    }
    writeImage(pathOf(folder, "train/cat/readme.txt"), 2, 2, 0);
    const auto pair = openDataset("folder:" + folder.path().toStdString(), {});
    QVERIFY_OK(pair);
    QCOMPARE(pair->train->classNames(), (std::vector<std::string>{"ant", "cat"}));
    QCOMPARE(pair->train->size(), std::int64_t{4});
    QCOMPARE(pair->train->label(0), 0);
    QCOMPARE(pair->train->label(3), 1);
    const auto image = pair->train->image(3);
    QVERIFY_OK(image);
    QCOMPARE(image->width, 20);
    QCOMPARE(int{image->pixels[0]}, 200);
  }

  // An empty folder and one that cannot be read are two things.
  void listingsTellWhatCannotBeRead() {
    QTemporaryDir folder;
    const auto empty = numberedImagesIn(pathOf(folder, ""));
    QVERIFY_OK(empty);
    QVERIFY(empty->empty());
    test::put(pathOf(folder, "file"), "no folder");
    QVERIFY_REFUSED(numberedImagesIn(pathOf(folder, "file")), pathOf(folder, "file").string());
    QVERIFY_REFUSED(numberedImagesIn(pathOf(folder, "nowhere")), pathOf(folder, "nowhere").string());
    for (const char* name : {"10.png", "2.png"}) test::put(pathOf(folder, name), "");
    const auto two = numberedImagesIn(pathOf(folder, ""));
    QVERIFY_OK(two);
    QCOMPARE(two->size(), std::size_t{2});
    QCOMPARE(two->front().filename().string(), std::string("2.png"));
  }

  void brokenLayoutsAreRefused() {
    QTemporaryDir folder;
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), "train/");
    std::filesystem::create_directories(pathOf(folder, "train/cat"));
    std::filesystem::create_directories(pathOf(folder, "val"));
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), "too few classes");
    std::filesystem::create_directories(pathOf(folder, "train/dog"));
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), "no images");
    writeImage(pathOf(folder, "train/cat/a.png"), 4, 4, 1);
    // One class of two has none: not a class that nothing belongs to.
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), "no .png, .jpg or .jpeg lies in \"dog\"");
    writeImage(pathOf(folder, "train/dog/a.png"), 4, 4, 1);
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), "There are no images");
    writeImage(pathOf(folder, "val/cow/a.png"), 4, 4, 1);
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), "\"cow\" is not among");
    // For testing one class may do.
    std::filesystem::remove_all(pathOf(folder, "val/cow"));
    writeImage(pathOf(folder, "val/cat/a.png"), 4, 4, 1);
    std::filesystem::create_directories(pathOf(folder, "val/dog"));
    const auto pair = openImageFolder(pathOf(folder, ""));
    QVERIFY_OK(pair);
    QCOMPARE(pair->train->size(), std::int64_t{2});
    QCOMPARE(pair->validation->size(), std::int64_t{1});
    // A class that leads nowhere, as to a disk that is not there.
    std::filesystem::create_directory_symlink(pathOf(folder, "nowhere"), pathOf(folder, "train/eel"));
    QVERIFY_REFUSED(openImageFolder(pathOf(folder, "")), pathOf(folder, "train/eel").string());
  }

  void foldersThatCannotBeReadAreNamed_data() {
    QTest::addColumn<QString>("folder");
    for (const char* folder : {"train/dog", "val/dog", "train", "val"}) QTest::newRow(folder) << folder;
  }
  void foldersThatCannotBeReadAreNamed() {
    QFETCH(QString, folder);
    if (::geteuid() == 0) QSKIP("root may read everything");
    QTemporaryDir data;
    for (const char* file : {"train/cat/a.png", "train/dog/a.png", "val/cat/a.png", "val/dog/a.png"})
      writeImage(pathOf(data, file), 4, 4, 1);
    QVERIFY_OK(openImageFolder(pathOf(data, "")));
    const auto locked = pathOf(data, folder.toStdString());
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    const auto pair = openImageFolder(pathOf(data, ""));
    std::filesystem::permissions(locked, std::filesystem::perms::owner_all);  // so that it can be removed
    QVERIFY_REFUSED(pair, locked.string());
    QVERIFY_REFUSED(pair, "Permission denied");
  }

  // Whatever else is in the way of listing a folder is told, too: this holds for root.
  void aFolderThatIsNoneIsNamed() {
    QTemporaryDir data;
    writeImage(pathOf(data, "a.png"), 4, 4, 1);
    QVERIFY_REFUSED(listImageFiles(pathOf(data, "a.png")), pathOf(data, "a.png").string());
    QVERIFY_REFUSED(listImageFiles(pathOf(data, "none")), "No such file");
    QCOMPARE(listImageFiles(pathOf(data, "")).value_or(std::vector<std::filesystem::path>{}).size(), std::size_t{1});
  }

  void flocKnowsItsCategories() {
    QTemporaryDir folder;
    for (const char* name : {"adult", "house", "scrambled"})
      for (const char* file : {"1.png", "2.png"}) writeImage(pathOf(folder, std::string(name) + "/" + file), 8, 8, 9);
    const auto floc = openFloc(pathOf(folder, ""));
    QVERIFY_OK(floc);
    QCOMPARE((*floc)->size(), std::int64_t{4});
    QCOMPARE((*floc)->classNames(), (std::vector<std::string>{"adult", "house"}));
    QVERIFY((*floc)->name().find("1 other folder") != std::string::npos);
    std::filesystem::remove_all(pathOf(folder, "house"));
    QVERIFY_REFUSED(openFloc(pathOf(folder, "")), "too few categories");
    QVERIFY_REFUSED(openFloc("/no/such"), "not there");
  }

  void readsTheSharedLocaliser() {
    const std::filesystem::path folder = std::filesystem::path(PINWHEEL_SHARED_DATA) / "floc";
    if (!std::filesystem::exists(folder)) QSKIP("needs the shared data");
    const auto floc = openFloc(folder);
    QVERIFY_OK(floc);
    QCOMPARE((*floc)->classNames().size(), std::size_t{10});
    QCOMPARE((*floc)->size(), std::int64_t{720});
    std::set<int> domains;
    for (const std::string& name : (*floc)->classNames()) domains.insert(domainOfCategory(name));
    QCOMPARE(domains, (std::set<int>{0, 1, 2, 3, 4}));
    const auto image = (*floc)->image(0);
    QVERIFY_OK(image);
    QCOMPARE(image->width, 128);
  }
};

QTEST_APPLESS_MAIN(TestImageFolder)
#include "test_image_folder.moc"
