// Images shown again and again under lesions of a late sheet.
#include "engine/protocol/presentation.h"

#include <torch/torch.h>

#include <atomic>
#include <vector>

#include "tests/protocol/tiny_subject.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::protocol;
using perturbation::Lesion;
using perturbation::PerturbationKind;

namespace {

constexpr std::int64_t kImages = 40;  // a batch of 32 and one of 8

// Counts how often an image is taken.
class CountedImages final : public data::Dataset {
public:
  explicit CountedImages(std::shared_ptr<const data::Dataset> images) : m_images(std::move(images)) {}
  std::string name() const override { return m_images->name(); }
  std::int64_t size() const override { return m_images->size(); }
  int label(std::int64_t index) const override { return m_images->label(index); }
  const std::vector<std::string>& classNames() const override { return m_images->classNames(); }
  data::Normalisation normalisation() const override { return m_images->normalisation(); }
  Expected<formats::RgbImage> image(std::int64_t index, int sideHint) const override {
    ++taken;
    return m_images->image(index, sideHint);
  }
  mutable std::atomic<int> taken{0};

private:
  std::shared_ptr<const data::Dataset> m_images;
};

std::vector<std::int32_t> firstUnits(int count) {
  std::vector<std::int32_t> units;
  for (int u = 0; u < count; ++u) units.push_back(u);
  return units;
}

}  // namespace

class TestPresentation : public QObject {
  Q_OBJECT

  std::unique_ptr<test::TinySubject> m_tiny;
  std::shared_ptr<CountedImages> m_images;
  struct Shown {
    std::vector<at::Tensor> last, logits;
  };

  Shown shown(Presentation& presentation, const Lesion& lesion) {
    Shown out;
    const ProgressCallback none;
    Work work{"", 0, none};
    const Status status = presentation.show(lesion, work, StopFlag{}, [&](const snn::Activity& activity) {
      out.last.push_back(activity.sheets.back());
      out.logits.push_back(activity.logits);
    });
    if (!status) qWarning("%s", status.error().text().c_str());
    if (work.done != kImages) out = {};
    return out;
  }
  static bool same(const Shown& a, const Shown& b) {
    if (a.last.empty() || a.last.size() != b.last.size()) return false;
    for (std::size_t i = 0; i < a.last.size(); ++i)
      if (!a.last[i].equal(b.last[i]) || !a.logits[i].equal(b.logits[i])) return false;
    return true;
  }
  [[nodiscard]] std::size_t last() const { return m_tiny->subject.sheets.size() - 1; }

private Q_SLOTS:
  void init() {
    m_tiny = std::make_unique<test::TinySubject>(kImages);
    m_images = std::make_shared<CountedImages>(m_tiny->subject.validation);
  }

  // Under a held lesion with noise before and on the sheet too: what is kept is what the images would give.
  void answersAreThoseOfTheImages_data() {
    QTest::addColumn<bool>("held");
    QTest::newRow("intact") << false;
    QTest::newRow("under a held lesion") << true;
  }
  void answersAreThoseOfTheImages() {
    QFETCH(bool, held);
    if (held)
      m_tiny->checkpoint.lesion = {1,
                                   {{0, firstUnits(40), PerturbationKind::noise, 0.5, {}},
                                    {last(), firstUnits(10), PerturbationKind::noise, 0.3, {}}}};
    const std::vector<Lesion> lesions{{},
                                      {1, {{last(), firstUnits(100), PerturbationKind::silence, 1, {}}}},
                                      {1, {{last(), firstUnits(50), PerturbationKind::noise, 0.4, {}}}},
                                      {}};
    for (const std::size_t sheet : {last(), last() - 1}) {
      Presentation again(m_tiny->subject, m_images, sheet);
      std::vector<Shown> all;
      m_images->taken = 0;
      for (const Lesion& lesion : lesions) {
        Presentation once(m_tiny->subject, m_tiny->subject.validation, sheet);
        const Shown whole = shown(once, lesion);
        QVERIFY(same(shown(again, lesion), whole));
        all.push_back(whole);
      }
      QCOMPARE(m_images->taken.load(), static_cast<int>(kImages));
      QVERIFY(!same(all[0], all[1]) && !same(all[0], all[2]));
    }
  }

  void aLesionOfAnEarlierSheetIsSeen() {
    Presentation again(m_tiny->subject, m_images, last());
    const Shown intact = shown(again, {});
    const Lesion early{1, {{0, firstUnits(1000), PerturbationKind::silence, 1, {}}}};
    const Shown lesioned = shown(again, early);
    QVERIFY(!same(lesioned, intact));
    QCOMPARE(m_images->taken.load(), 2 * static_cast<int>(kImages));
    QVERIFY(same(shown(again, {}), intact));
    QCOMPARE(m_images->taken.load(), 2 * static_cast<int>(kImages));  // what was kept is kept
  }

  void whatWasStoppedIsShownAnew() {
    Presentation again(m_tiny->subject, m_images, last());
    const ProgressCallback none;
    Work work{"", 0, none};
    StopFlag stop;
    const Status status = again.show({}, work, stop, [&](const snn::Activity&) { stop.request(); });
    QVERIFY(!status);
    QCOMPARE(QString::fromStdString(status.error().what), QStringLiteral("Stopped"));
    Presentation once(m_tiny->subject, m_images, last());
    const Shown whole = shown(once, {});
    QVERIFY(same(shown(again, {}), whole));
    QVERIFY(same(shown(again, {}), whole));
  }
};

QTEST_APPLESS_MAIN(TestPresentation)
#include "test_presentation.moc"
