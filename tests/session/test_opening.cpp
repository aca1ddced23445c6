// Opening a checkpoint and saving one as long work: what is told of it, and what is left when it is cancelled.
#include <QDir>
#include <functional>
#include <memory>

#include "engine/core/files.h"
#include "engine/session/explorer.h"
#include "tests/session/session_reader.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

namespace {

// The engine's desk without its thread. The first word of a piece of work reaches the window within the call, and is
// answered there with `onWake`.
struct World {
  CommandQueue queue;
  std::function<void()> onWake;
  Mailboxes mail{[this] {
    if (onWake) onWake();
  }};
  Desk desk{mail, queue, {}};
  std::uint64_t networks = 0;
  Explorer explorer{desk, networks};

  [[nodiscard]] std::string told() {
    std::string text;
    for (const Notice& notice : mail.take().notices) text += notice.error.text() + "\n";
    return text;
  }
};

}  // namespace

class TestOpening : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void initTestCase() {
    for (const char* name : {"first", "second"}) {
      Recorder recorder;
      QVERIFY_OK(training::train(plainConfig(), runInto(at(name)), recorder, recorder.stop));
    }
    m_world = std::make_unique<World>();
    m_world->explorer.openStored(at("first/checkpoint.safetensors"));
    QVERIFY2(m_world->explorer.isOpen(), m_world->told().c_str());
    m_world->mail.take();
  }
  void cleanupTestCase() { m_world.reset(); }
  void cleanup() {
    m_world->onWake = nullptr;
    m_world->mail.take();
  }

  void openingIsToldAsWork() {
    std::shared_ptr<const JobFrame> first;
    m_world->onWake = [&] {
      const News news = m_world->mail.take();
      if (news.job && !first) first = news.job;
    };
    m_world->explorer.openStored(at("first/checkpoint.safetensors"));
    QVERIFY(first != nullptr);
    QCOMPARE(first->label, std::string("Opening first"));
    QCOMPARE(first->done, std::int64_t{0});
    QVERIFY(first->total > 0);
  }

  void cancelledTheNetworkOfBeforeStaysOpen() {
    const std::uint64_t before = m_world->networks;
    m_world->onWake = [this] { m_world->queue.cancelJob(); };
    m_world->explorer.openStored(at("second/checkpoint.safetensors"));
    m_world->onWake = nullptr;
    const News news = m_world->mail.take();
    QCOMPARE(news.notices.size(), std::size_t{1});
    QVERIFY(news.notices.front().kind == Notice::Kind::information);
    QCOMPARE(news.notices.front().error.what, std::string("Opening was cancelled; what was open before still is"));
    QVERIFY(news.job && news.job->label.empty());
    QVERIFY(!news.network && !news.maps);
    QCOMPARE(m_world->networks, before);
    QCOMPARE(m_world->explorer.path(), at("first/checkpoint.safetensors"));
    // It answers.
    m_world->explorer.show(Stimulus{}, std::chrono::steady_clock::now());
    QVERIFY(m_world->mail.take().activity != nullptr);
    // And the other one can still be opened.
    m_world->explorer.openStored(at("second/checkpoint.safetensors"));
    QCOMPARE(m_world->explorer.path(), at("second/checkpoint.safetensors"));
    m_world->explorer.openStored(at("first/checkpoint.safetensors"));
  }

  void anotherFileNeedsNoWord() {
    m_world->onWake = [this] { QVERIFY(m_world->queue.post(OpenCheckpoint{at("first/checkpoint.safetensors")})); };
    m_world->explorer.openStored(at("second/checkpoint.safetensors"));
    QCOMPARE(m_world->told(), std::string());
    QCOMPARE(m_world->explorer.path(), at("first/checkpoint.safetensors"));
    QVERIFY(m_world->queue.take());
  }

  void savedItIsTheSame() {
    m_world->explorer.save(at("copy.safetensors"));
    QVERIFY(m_world->told().find("Saved to ") != std::string::npos);
    const auto copy = training::loadCheckpoint(at("copy.safetensors"));
    QVERIFY_OK(copy);
    QCOMPARE(copy->model.size(), m_world->explorer.checkpoint().model.size());
    QCOMPARE(copy->state.step, m_world->explorer.checkpoint().state.step);
  }

  void savingCancelledLeavesTheOldFile() {
    QTemporaryDir folder;
    const std::filesystem::path path = pathOf(folder, "kept.safetensors");
    put(path, "the old one");
    m_world->onWake = [this] { m_world->queue.cancelJob(); };
    m_world->explorer.save(path);
    m_world->onWake = nullptr;
    QCOMPARE(m_world->told(), std::string("Saving was cancelled; nothing was changed on the disk\n"));
    QCOMPARE(*readFile(path, 100), std::string("the old one"));
    QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList{"kept.safetensors"});
  }

private:
  std::filesystem::path at(const std::string& name) const { return pathOf(m_folder, name); }

  QTemporaryDir m_folder;
  std::unique_ptr<World> m_world;
};

QTEST_APPLESS_MAIN(TestOpening)
#include "test_opening.moc"
