#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "engine/core/files.h"
#include "tests/support.h"

using namespace pinwheel;
using test::pathOf;

class TestFiles : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void writesAndReadsBack() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.txt");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("one\0two", 7)));
    const auto text = readFile(path, 100);
    QVERIFY_OK(text);
    QCOMPARE(text->size(), std::size_t{7});
    QCOMPARE(entries(folder), 1);
  }

  void keepsOneBackup() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.txt");
    for (const char* text : {"first", "second", "third"})
      QVERIFY_OK(writeFileAtomically(path, std::string_view(text), Backup::keepOne));
    QCOMPARE(*readFile(path, 100), std::string("third"));
    QCOMPARE(*readFile(path.string() + ".bak", 100), std::string("second"));
    QCOMPARE(entries(folder), 2);
  }

  void aFailedWriterLeavesTheOldFile() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.txt");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("old")));
    const Status status = writeFileAtomically(path, [&](int descriptor) -> Status {
      const std::string half = "half of the ne";
      if (Status s = writeAll(descriptor, std::as_bytes(std::span(half)), path); !s) return s;
      return failure("the writer gave up");
    });
    QVERIFY_REFUSED(status, "gave up");
    QCOMPARE(*readFile(path, 100), std::string("old"));
    QCOMPARE(entries(folder), 1);
  }

  void aFullDiskLeavesTheOldFile() {
    // A limit on the file's size stands for a full disk: both make write() fail half-way.
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.bin");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("old")));
    const pid_t child = ::fork();
    if (child == 0) {
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{4096, 4096};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      const Status status = writeFileAtomically(path, std::string(100000, 'x'));
      ::_exit(!status && status.error().path == path.string() ? 0 : 1);
    }
    int code = 0;
    ::waitpid(child, &code, 0);
    QVERIFY2(WIFEXITED(code) && WEXITSTATUS(code) == 0, "the failed write was not reported");
    QCOMPARE(*readFile(path, 100), std::string("old"));
    QCOMPARE(entries(folder), 1);
  }

  void aKilledWriterLeavesTheOldFile() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.txt");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("old"), Backup::keepOne));
    const pid_t child = ::fork();
    if (child == 0) {
      (void)writeFileAtomically(
          path,
          [&](int descriptor) -> Status {
            [[maybe_unused]] const ssize_t n = ::write(descriptor, "new", 3);
            ::kill(::getpid(), SIGKILL);
            return {};
          },
          Backup::keepOne);
      ::_exit(0);
    }
    int code = 0;
    ::waitpid(child, &code, 0);
    QVERIFY(WIFSIGNALED(code));
    QCOMPARE(*readFile(path, 100), std::string("old"));
  }

  // A process killed after it had made the backup leaves the file under two names; the next one makes a backup again.
  void aBackupOfTheSameFileLeavesNoSpare() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.txt");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("old")));
    std::filesystem::create_hard_link(path, path.string() + ".bak");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("new"), Backup::keepOne));
    QCOMPARE(*readFile(path.string() + ".bak", 100), std::string("old"));
    QCOMPARE(entries(folder), 2);
  }

  void leftoversOfKilledWritersAreRemoved() {
    QTemporaryDir folder;
    for (const char* name : {"a.txt", "a.txt.bak", "a.txt.tmp-Ab3x9Z", "a.txt.bak.new", "a.txt.tmp-toolong",
                             "other.txt.tmp-Ab3x9Z", "a.txt.tmp-"})
      QVERIFY_OK(writeFileAtomically(pathOf(folder, name), std::string_view("x")));
    std::filesystem::create_directory(pathOf(folder, "a.txt.tmp-folder"));
    removeLeftovers(pathOf(folder, ""), {"a.txt", "b.txt"});
    QVERIFY(!std::filesystem::exists(pathOf(folder, "a.txt.tmp-Ab3x9Z")));
    QVERIFY(!std::filesystem::exists(pathOf(folder, "a.txt.bak.new")));
    QCOMPARE(entries(folder), 6);
    removeLeftovers(pathOf(folder, "no/such"), {"a.txt"});
  }

  void aLockHasOneHolder() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "lock");
    FileLock first;
    QVERIFY(first.acquire(path).value_or(false));
    QVERIFY(first.acquire(path).value_or(false));
    {
      FileLock second;
      const auto taken = second.acquire(path);
      QVERIFY_OK(taken);
      QVERIFY(!*taken);
    }
    QVERIFY_REFUSED(FileLock().acquire(pathOf(folder, "no/such/lock")), "No such file");
  }

  void aLockDiesWithItsProcess() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "lock");
    const pid_t child = ::fork();
    if (child == 0) {
      FileLock lock;
      if (lock.acquire(path).value_or(false)) ::kill(::getpid(), SIGKILL);
      ::_exit(0);
    }
    int code = 0;
    ::waitpid(child, &code, 0);
    QVERIFY(WIFSIGNALED(code));
    FileLock lock;
    QVERIFY(lock.acquire(path).value_or(false));
  }

  void missingFolderIsAnError() {
    QTemporaryDir folder;
    QVERIFY_REFUSED(writeFileAtomically(pathOf(folder, "no/such/a.txt"), std::string_view("x")), "No such file");
  }

  void readingRefusesWhatItMust() {
    QTemporaryDir folder;
    const auto path = pathOf(folder, "a.txt");
    QVERIFY_OK(writeFileAtomically(path, std::string_view("12345")));
    QVERIFY_REFUSED(readFile(path, 4), "too large");
    QVERIFY_REFUSED(readFile(pathOf(folder, "none"), 4), "No such file");
    QVERIFY_REFUSED(readFile(pathOf(folder, ""), 4), "not a file");
    // Nobody writes into it: whoever waits for that waits for ever.
    QCOMPARE(::mkfifo(pathOf(folder, "pipe").c_str(), 0600), 0);
    QVERIFY_REFUSED(readFile(pathOf(folder, "pipe"), 4), "not a file");
  }

private:
  static int entries(const QTemporaryDir& folder) {
    int count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path().toStdString())) ++count;
    return count;
  }
};

QTEST_APPLESS_MAIN(TestFiles)
#include "test_files.moc"
