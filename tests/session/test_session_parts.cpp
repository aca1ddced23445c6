// The small parts of a session: the queue, the learning curve, the best images of a unit, stimuli.
#include <cmath>

#include "engine/data/batch_loader.h"
#include "engine/data/floc.h"
#include "engine/formats/image_file.h"
#include "engine/session/command_queue.h"
#include "engine/session/learning_curve.h"
#include "engine/session/stimuli.h"
#include "engine/session/tuning_answers.h"
#include "tests/support.h"

using namespace pinwheel;
using namespace pinwheel::session;
using namespace pinwheel::test;

class TestSessionParts : public QObject {
  Q_OBJECT

private Q_SLOTS:
  void theQueueIsBoundedAndInOrder() {
    CommandQueue queue;
    int taken = 0;
    for (int i = 1; i <= 1000; ++i) taken += queue.post(Step{i}) ? 1 : 0;
    QCOMPARE(taken, 256);
    for (int i = 1; i <= 256; ++i) QCOMPARE(std::get<Step>(queue.wait()->command).steps, i);
    QVERIFY(!queue.take());
    QVERIFY(queue.post(Pause{}));
    QVERIFY(!queue.take([](const Command& c) { return std::holds_alternative<Step>(c); }));
    QVERIFY(queue.holds([](const Command& c) { return std::holds_alternative<Pause>(c); }));
    queue.close();
    QVERIFY(!queue.post(Pause{}) && !queue.wait() && !queue.take());
  }

  void whatACommandMakesPointlessIsStopped() {
    CommandQueue queue;
    StopFlag job;
    StopFlag training;
    queue.setJob(&job);
    queue.setTraining(&training);
    QVERIFY(queue.post(ShowStimulus{}) && queue.post(AskTuning{}) && queue.post(Pause{}) &&
            queue.post(MeasureLossShare{}));
    QVERIFY(!job.requested() && !training.requested());
    QVERIFY(queue.post(SetLesion{}));
    QVERIFY(job.requested() && !training.requested());
    QVERIFY(queue.post(StopTraining{}));
    QVERIFY(training.requested());
    // What begins behind such a command is stopped as well.
    StopFlag late;
    queue.setTraining(&late);
    QVERIFY(late.requested());
  }

  // Opening goes on whatever is to be done with the new network, saving whatever follows.
  void whatEndsOpeningAndSaving() {
    CommandQueue queue;
    StopFlag opening;
    queue.setJob(&opening, Work::opening);
    QVERIFY(queue.post(SetLesion{}) && queue.post(MeasureMaps{}) && queue.post(Retrain{}));
    QVERIFY(!opening.requested());
    StopFlag saving;
    queue.setJob(&saving, Work::saving);
    StopFlag behind;
    QVERIFY(queue.post(OpenCheckpoint{}));
    QVERIFY(!saving.requested());
    queue.setJob(&behind, Work::opening);
    QVERIFY(behind.requested());
    queue.setJob(&saving, Work::saving);
    queue.close();
    QVERIFY(!saving.requested());  // what is half written is written whole before the program ends
    queue.cancelJob();
    QVERIFY(saving.requested());
    StopFlag late;
    queue.setJob(&late, Work::opening);
    QVERIFY(late.requested());
  }

  void theCurveStaysShortAndKeepsItsMean() {
    LearningCurve curve;
    constexpr int kBatches = 50000;
    double sum = 0;
    for (int i = 1; i <= kBatches; ++i) {
      TrainingPoint point;
      point.step = i;
      point.taskLoss = i;
      point.slow = {static_cast<float>(i)};
      sum += i;
      curve.add(point);
      if (i % 5000 == 0) QVERIFY(curve.points().size() <= LearningCurve::kMost);
    }
    const auto points = curve.points();
    QVERIFY(points.size() > LearningCurve::kMost / 3);
    QCOMPARE(points.back().step, std::int64_t{kBatches});
    for (std::size_t i = 1; i < points.size(); ++i) QVERIFY(points[i].step > points[i - 1].step);
    // Each point is the mean of the batches up to its step.
    double weighted = 0;
    std::int64_t before = 0;
    for (const TrainingPoint& point : points) {
      weighted += point.taskLoss * static_cast<double>(point.step - before);
      QVERIFY(std::abs(static_cast<double>(point.slow[0]) - point.taskLoss) < 1e-3 * point.taskLoss);
      before = point.step;
    }
    QVERIFY(std::abs(weighted - sum) < 1e-9 * sum);
  }

  void theBestImagesOfAUnit() {
    BestImages best(2);
    const std::vector<float> rates{0.1F, 0.5F, 0.3F, 0.5F, 0, 0.9F, 0.2F, 0.4F, 0.6F};
    for (std::size_t i = 0; i < rates.size(); ++i)
      best.add(static_cast<std::int64_t>(i), std::vector<float>{rates[i], 0.0F});
    const auto found = best.of(0);
    const std::vector<std::int64_t> wanted{5, 8, 1, 3, 7, 2};
    QCOMPARE(found.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      QCOMPARE(found[i].image, wanted[i]);
      QCOMPARE(found[i].rate, static_cast<double>(rates[static_cast<std::size_t>(wanted[i])]));
    }
    QVERIFY(best.of(1).empty());  // it never fired
  }

  void severalUnitsAreAveraged() {
    UnitAnswers a;
    a.orientation = {1, 0, 0, 0};
    a.frequency = {0.5, 0.25};
    a.colour = {0.5, 0.25};
    a.domains = {{0.5, 0.1, 2}};
    a.best = {{3, 0.5}, {4, 0.25}};
    UnitAnswers b = a;
    b.orientation = {3, 0, 0, 0};
    b.best = {{4, 0.75}};
    SheetPlan sheet;
    sheet.xMm = {1, 2, 5};
    sheet.yMm = {0, 0, 4};
    std::vector<std::int64_t> images;
    const TuningFrame frame = tuningFrame({0, {0, 2}}, {a, b}, {{0, 45, 90, 135}, {1, 2}, {"faces"}}, sheet, images);
    QCOMPARE(frame.orientation[0].mean, 2.0);
    QCOMPARE(frame.orientation[0].sem, 1.0);  // sd sqrt(2) over sqrt(2)
    QCOMPARE(frame.orientation[1].sem, 0.0);
    QCOMPARE(frame.orientationDeg, 0.0);
    QVERIFY(std::abs(frame.circularVariance) < 1e-12);
    QCOMPARE(frame.domains[0].t, 2.0);
    QCOMPARE(images, (std::vector<std::int64_t>{4, 3}));
    QCOMPARE(frame.best[0].rate, 0.5);
    QCOMPARE(frame.xMm, 3.0);
    QCOMPARE(frame.yMm, 2.0);
    QVERIFY_REFUSED(checkUnits({0, {3}}, {sheet}), "There is no unit 3");
    QVERIFY_REFUSED(checkUnits({1, {0}}, {sheet}), "no sheet 2");
    QVERIFY_REFUSED(checkUnits({0, {}}, {sheet}), "no unit was asked for");
  }

  void stimuliAreShownAsTheDataAre() {
    const data::Normalisation normalisation{{0.4F, 0.5F, 0.6F}, {0.2F, 0.25F, 0.3F}};
    QTemporaryDir folder;
    formats::RgbImage image{64, 32, std::vector<std::uint8_t>(3 * 64 * 32, 102)};
    QVERIFY_OK(formats::writePng(pathOf(folder, "grey.png"), image));
    Stimulus stimulus;
    stimulus.kind = Stimulus::Kind::file;
    stimulus.file = pathOf(folder, "grey.png");
    const auto file = drawStimulus(stimulus, 32, normalisation);
    QVERIFY_OK(file);
    QCOMPARE(file->name, std::string("grey.png"));
    QCOMPARE(file->pixels.size(), std::size_t{3 * 32 * 32});
    for (const std::uint8_t value : file->shown.pixels) QCOMPARE(value, std::uint8_t{102});
    QVERIFY(std::abs(file->pixels[0] - (0.4F - 0.4F) / 0.2F) < 1e-6F);
    QVERIFY(std::abs(file->pixels[2 * 32 * 32] - (0.4F - 0.6F) / 0.3F) < 1e-6F);
    put(stimulus.file, "no picture");
    QVERIFY_REFUSED(drawStimulus(stimulus, 32, normalisation), "grey.png");
    stimulus.kind = Stimulus::Kind::grating;
    stimulus.cyclesPerImage = 17;
    QVERIFY_REFUSED(drawStimulus(stimulus, 32, normalisation), "do not fit");
    stimulus.cyclesPerImage = 5.5;
    stimulus.angleDeg = 45;
    QCOMPARE(drawStimulus(stimulus, 32, normalisation)->name, std::string("grating, 45 deg, 5.5 cycles/image"));
    stimulus.kind = Stimulus::Kind::category;
    stimulus.category = 10;
    QVERIFY_REFUSED(drawStimulus(stimulus, 32, normalisation), "categories run from 0 to 9");
    stimulus.category = 3;
    stimulus.exemplar = 17;
    QCOMPARE(drawStimulus(stimulus, 32, normalisation)->name, std::string("limb 17"));
  }

  // An image of a localiser: the pixels that an evaluation with --floc shows, whatever its size.
  void localiserImagesAreShownAsEvaluationsSeeThem() {
    const data::Normalisation normalisation{{0.4F, 0.5F, 0.6F}, {0.2F, 0.25F, 0.3F}};
    QTemporaryDir folder;
    std::uint8_t value = 51;
    for (const char* name : {"adult/adult-1.png", "adult/adult-2.png", "house/house-1.png", "house/house-2.png"}) {
      std::filesystem::create_directories(pathOf(folder, name).parent_path());
      // Grey, wider than high, and white at its right edge, which is cropped.
      formats::RgbImage image{64, 32, std::vector<std::uint8_t>(3 * 64 * 32, value)};
      for (std::size_t i = 63; i < image.pixels.size(); i += 64) image.pixels[i] = 255;
      QVERIFY_OK(formats::writePng(pathOf(folder, name), image));
      value = static_cast<std::uint8_t>(value + 51);
    }
    const auto listing = data::listFloc(pathOf(folder, ""));
    QVERIFY_OK(listing);
    QCOMPARE(listing->categories.size(), std::size_t{2});
    QCOMPARE(listing->categories[1].name, std::string("house"));
    const auto floc = data::openFloc(pathOf(folder, ""));
    QVERIFY_OK(floc);
    data::LoaderOptions options;
    options.side = 16;
    data::BatchLoader loader(*floc, options);
    loader.startEpoch(0);
    const auto batch = loader.next();
    QVERIFY_OK(batch);
    QVERIFY(batch->has_value());
    QCOMPARE((*batch)->count, std::int64_t{4});
    const std::size_t size = 3 * 16 * 16;
    std::size_t i = 0;
    Stimulus stimulus;
    stimulus.kind = Stimulus::Kind::file;
    for (const data::FlocCategory& category : listing->categories)
      for (const std::filesystem::path& file : category.files) {
        stimulus.file = file;
        const auto picture = drawStimulus(stimulus, 16, normalisation);
        QVERIFY_OK(picture);
        QCOMPARE(picture->name, file.filename().string());
        const int grey = 51 * (static_cast<int>(i) + 1);
        for (const std::uint8_t shown : picture->shown.pixels) QCOMPARE(int{shown}, grey);
        // The localiser's own normalisation is replaced by the training data's, as an evaluation does it.
        for (std::size_t p = 0; p < size; ++p) {
          const std::size_t c = p / 256;
          const data::Normalisation own = (*floc)->normalisation();
          const float raw = (*batch)->pixels[i * size + p] * own.deviation[c] + own.mean[c];
          QVERIFY(std::abs(picture->pixels[p] - (raw - normalisation.mean[c]) / normalisation.deviation[c]) < 1e-5F);
        }
        ++i;
      }
    QCOMPARE(i, std::size_t{4});
    std::filesystem::remove(stimulus.file);
    QVERIFY_REFUSED(drawStimulus(stimulus, 16, normalisation), "house-2.png");
  }
};

QTEST_APPLESS_MAIN(TestSessionParts)
#include "test_session_parts.moc"
