// One slot per kind of frame: the newest wins, nothing is queued, one call wakes.
#include "engine/session/mailboxes.h"

#include <atomic>
#include <thread>

#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::session;

class TestMailboxes : public QObject {
  Q_OBJECT

private:
  static std::shared_ptr<const JobFrame> job(std::int64_t done) {
    JobFrame frame;
    frame.done = done;
    return std::make_shared<const JobFrame>(frame);
  }

private Q_SLOTS:
  void theNewestWinsAndTheRestIsCounted() {
    Mailboxes mail({});
    for (int i = 0; i < 1000; ++i) mail.publish(job(i));
    News news = mail.take();
    QCOMPARE(news.job->done, std::int64_t{999});
    QCOMPARE(news.dropped, std::uint64_t{999});
    news = mail.take();
    QVERIFY(!news.job && !news.network && news.notices.empty());
    QCOMPARE(news.dropped, std::uint64_t{999});
  }

  void noticesAreKeptInOrder() {
    Mailboxes mail({});
    for (int i = 0; i < 5; ++i) mail.tell(Notice::Kind::warning, {std::to_string(i)});
    const News news = mail.take();
    QCOMPARE(news.notices.size(), std::size_t{5});
    for (std::size_t i = 0; i < 5; ++i) QCOMPARE(news.notices[i].error.what, std::to_string(i));
    QCOMPARE(news.dropped, std::uint64_t{0});
  }

  void wakesOnceUntilTheNewsAreTaken() {
    int calls = 0;
    Mailboxes mail([&] { ++calls; });
    mail.publish(job(1));
    mail.tell(Notice::Kind::error, {"x"});
    mail.publish(job(2));
    QCOMPARE(calls, 1);
    (void)mail.take();
    mail.publish(job(3));
    QCOMPARE(calls, 2);
    (void)mail.take();
    (void)mail.take();
    mail.publish(job(4));
    QCOMPARE(calls, 3);
  }

  // A frame that a slow reader never sees must be freed at once.
  void replacedFramesAreFreed() {
    Mailboxes mail({});
    auto first = std::make_shared<const JobFrame>();
    const std::weak_ptr<const JobFrame> watched = first;
    mail.publish(std::move(first));
    QVERIFY(!watched.expired());
    mail.publish(job(1));
    QVERIFY(watched.expired());
  }

  void aWriterAndAReaderAtOnce() {
    std::atomic<int> woken{0};
    Mailboxes mail([&] { ++woken; });
    constexpr std::int64_t kFrames = 20000;
    std::thread writer([&] {
      for (std::int64_t i = 1; i <= kFrames; ++i) mail.publish(job(i));
    });
    std::int64_t last = 0;
    std::uint64_t taken = 0;
    std::uint64_t dropped = 0;
    bool ordered = true;
    while (last < kFrames) {
      const News news = mail.take();
      dropped = news.dropped;
      if (!news.job) continue;
      ordered = ordered && news.job->done > last;
      last = news.job->done;
      ++taken;
    }
    writer.join();
    QVERIFY(ordered);
    QCOMPARE(taken + dropped, static_cast<std::uint64_t>(kFrames));
    QVERIFY(woken > 0 && static_cast<std::uint64_t>(woken) <= taken + 1);
  }
};

QTEST_APPLESS_MAIN(TestMailboxes)
#include "test_mailboxes.moc"
