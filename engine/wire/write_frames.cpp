// A field that is forgotten here stops the tests from compiling (tests/wire/fields.h).
#include "engine/wire/compact.h"
#include "engine/wire/enums.h"
#include "engine/wire/write_values.h"

namespace pinwheel::wire {
namespace {

Offset<fb::SheetPlan> writePlan(Writer& writer, const session::SheetPlan& plan) {
  const topography::SheetSpec& s = plan.spec;
  const auto layer = writer.text(s.layer);
  const auto area = writer.text(s.area);
  const auto spec = fb::CreateSheetSpec(writer.builder(), layer, area, s.channels, s.height, s.width, s.trainingSideMm,
                                        s.displaySideMm, s.neighbourhoodMm, s.rfOverlap);
  const auto x = writer.numbers(plan.xMm);
  const auto y = writer.numbers(plan.yMm);
  const fb::ReceptiveField field(plan.field.sidePx, plan.field.pitchPx, plan.field.firstCentrePx);
  return fb::CreateSheetPlan(writer.builder(), spec, x, y, &field);
}

Offset<fb::Patch> writePatch(Writer& writer, const analysis::Patch& patch) {
  const auto outlines = writer.tables<fb::Line>(patch.outlines, [&](const analysis::SheetLine& line) {
    const auto points =
        writer.structs<fb::Point>(line, [](const analysis::SheetPoint& p) { return fb::Point(p.xMm, p.yMm); });
    return fb::CreateLine(writer.builder(), points);
  });
  return fb::CreatePatch(writer.builder(), patch.areaMm2, patch.units, patch.xMm, patch.yMm, patch.peak, outlines);
}

Offset<fb::TuningMaps> writeTuning(Writer& writer, const analysis::TuningMaps& maps) {
  const auto orientation = writer.map(maps.orientationDeg);
  const auto vonMises = writer.map(maps.orientationVonMisesDeg);
  const auto variance = writer.map(maps.circularVariance);
  const auto orientationPeak = writer.map(maps.orientationPeakToPeak);
  const auto frequency = writer.map(maps.frequencyCyclesPerImage);
  const auto frequencyPeak = writer.map(maps.frequencyPeakToPeak);
  const auto colour = writer.map(maps.colourPreference);
  const auto colourPeak = writer.map(maps.colourPeakToPeak);
  const auto rate = writer.map(maps.meanRate);
  return fb::CreateTuningMaps(writer.builder(), orientation, vonMises, variance, orientationPeak, frequency,
                              frequencyPeak, colour, colourPeak, rate);
}

Offset<fb::SheetMaps> writeSheetMaps(Writer& writer, const session::SheetMaps& maps) {
  const auto tuning = writeTuning(writer, maps.tuning);
  const auto domains = writer.tables<fb::DomainMap>(maps.domains, [&](const session::DomainMap& domain) {
    const auto name = writer.text(domain.domain);
    const auto t = writer.map(domain.t);
    const auto patches = writer.tables<fb::Patch>(
        domain.patches, [&](const analysis::Patch& patch) { return writePatch(writer, patch); });
    return fb::CreateDomainMap(writer.builder(), name, t, patches);
  });
  const auto lossShare = writer.map(maps.lossShare);
  const auto pinwheels = writer.structs<fb::Pinwheel>(
      maps.pinwheels, [](const analysis::Pinwheel& p) { return fb::Pinwheel(p.xMm, p.yMm, p.sign); });
  const auto note = writer.text(maps.pinwheelNote);
  return fb::CreateSheetMaps(writer.builder(), tuning, domains, lossShare, pinwheels, note, maps.pinwheelDensity,
                             maps.columnSpacingMm, maps.orientationSmoothness, maps.shuffledSmoothness, maps.meanRate);
}

OffsetOfVector<const fb::CurvePoint*> writeCurve(Writer& writer, const std::vector<session::CurvePoint>& curve) {
  return writer.structs<fb::CurvePoint>(
      curve, [](const session::CurvePoint& p) { return fb::CurvePoint(p.x, p.mean, p.sem); });
}

}  // namespace

Offset<fb::NetworkFrame> write(Writer& writer, const session::NetworkFrame& frame) {
  const fb::Stamp stamp = write(frame.stamp);
  const auto title = writer.text(frame.title);
  const auto path = writer.path(frame.path);
  const auto summary = writer.text(frame.summary);
  const auto provenance = writer.text(frame.provenance);
  const auto sheets = writer.tables<fb::SheetPlan>(
      frame.sheets, [&](const session::SheetPlan& plan) { return writePlan(writer, plan); });
  const auto classes = writer.texts(frame.classNames);
  const auto domains = writer.texts(frame.domainNames);
  const auto angles = writer.numbers(frame.angleDeg);
  const auto frequencies = writer.numbers(frame.frequencies);
  const auto lesion = write(writer, frame.lesion);
  return fb::CreateNetworkFrame(writer.builder(), &stamp, title, path, summary, provenance, sheets, classes, domains,
                                frame.timeSteps, frame.imageSide, angles, frequencies, frame.live, lesion);
}

Offset<fb::MapsFrame> write(Writer& writer, const session::MapsFrame& frame) {
  const fb::Stamp stamp = write(frame.stamp);
  const auto sheets = writer.tables<fb::SheetMaps>(
      frame.sheets, [&](const session::SheetMaps& maps) { return writeSheetMaps(writer, maps); });
  const auto note = writer.text(frame.lossShareNote);
  return fb::CreateMapsFrame(writer.builder(), &stamp, frame.preview, sheets,
                             static_cast<fb::LossShareState>(frame.lossShareState), note,
                             static_cast<fb::MapPrecision>(writer.maps()));
}

Offset<fb::ActivityFrame> write(Writer& writer, const session::ActivityFrame& frame) {
  const fb::Stamp stamp = write(frame.stamp);
  const auto stimulus = writer.text(frame.stimulus);
  const auto picture = write(writer, frame.picture);
  const auto spikes = writer.tables<fb::Raster>(frame.spikes, [&](const std::vector<std::uint8_t>& sheet) {
    const auto bits = writer.numbers(packBits(sheet));
    return fb::CreateRaster(writer.builder(), sheet.size(), bits);
  });
  const auto probability = writer.numbers(frame.probability);
  const auto batch = writer.texts(frame.probeBatch);
  return fb::CreateActivityFrame(writer.builder(), &stamp, stimulus, picture, frame.timeSteps, spikes, probability,
                                 frame.milliseconds, batch, frame.probeImage);
}

Offset<fb::TuningFrame> write(Writer& writer, const session::TuningFrame& frame) {
  const fb::Stamp stamp = write(frame.stamp);
  const auto units = writer.numbers(frame.units);
  const auto orientation = writeCurve(writer, frame.orientation);
  const auto frequency = writeCurve(writer, frame.frequency);
  const auto colour = writeCurve(writer, frame.colour);
  const auto domains = writer.tables<fb::DomainResponse>(frame.domains, [&](const session::DomainResponse& response) {
    const auto name = writer.text(response.domain);
    return fb::CreateDomainResponse(writer.builder(), name, response.mean, response.sem, response.t);
  });
  const auto best = writer.tables<fb::BestStimulus>(frame.best, [&](const session::BestStimulus& stimulus) {
    const auto name = writer.text(stimulus.name);
    const auto picture = write(writer, stimulus.picture);
    return fb::CreateBestStimulus(writer.builder(), name, stimulus.rate, picture);
  });
  return fb::CreateTuningFrame(writer.builder(), &stamp, frame.sheet, units, orientation, frequency, colour, domains,
                               best, frame.orientationDeg, frame.circularVariance, frame.xMm, frame.yMm);
}

Offset<fb::LesionFrame> write(Writer& writer, const session::LesionFrame& frame) {
  const fb::Stamp stamp = write(frame.stamp);
  const fb::Accuracy before = write(frame.before);
  const fb::Accuracy after = write(frame.after);
  const fb::Accuracy sham = write(frame.sham);
  const auto categories = writer.tables<fb::CategoryEffect>(frame.categories, [&](const session::CategoryEffect& e) {
    const fb::Accuracy categoryBefore = write(e.before);
    const fb::Accuracy categoryAfter = write(e.after);
    const fb::Accuracy categorySham = write(e.sham);
    const auto name = writer.text(e.category);
    return fb::CreateCategoryEffect(writer.builder(), name, &categoryBefore, &categoryAfter, &categorySham);
  });
  const auto maps = frame.mapsBefore ? write(writer, *frame.mapsBefore) : Offset<fb::MapsFrame>(0);
  return fb::CreateLesionFrame(writer.builder(), &stamp, frame.units, &before, &after, &sham, categories, maps);
}

Offset<fb::TrainingFrame> write(Writer& writer, const session::TrainingFrame& frame) {
  const fb::Stamp stamp = write(frame.stamp);
  const training::StepReport& r = frame.report;
  const fb::StepReport report(r.epoch, r.step, r.batch, r.batches, r.epochs, r.taskLoss, r.topographicLoss,
                              r.trainAccuracy, r.imagesPerSecond, r.secondsLeft);
  const session::LiveSettings& s = frame.settings;
  const fb::LiveSettings settings(s.alpha, s.beta, s.window, s.learningRate);
  const auto activity = writer.text(frame.activity);
  const auto folder = writer.path(frame.folder);
  const auto layers = writer.texts(frame.layers);
  const auto points = writer.tables<fb::TrainingPoint>(frame.points, [&](const session::TrainingPoint& point) {
    const auto slow = writer.numbers(point.slow);
    const auto fast = writer.numbers(point.fast);
    return fb::CreateTrainingPoint(writer.builder(), point.step, point.taskLoss, point.topographicLoss, slow, fast,
                                   point.accuracy, point.imagesPerSecond);
  });
  const auto epochs = writer.tables<fb::EpochPoint>(frame.epochs, [&](const session::EpochPoint& epoch) {
    const auto smoothness =
        writer.tables<fb::AreaSmoothness>(epoch.smoothness, [&](const training::AreaSmoothness& area) {
          const auto layer = writer.text(area.layer);
          return fb::CreateAreaSmoothness(writer.builder(), layer, area.orientation, area.shuffled);
        });
    return fb::CreateEpochPoint(writer.builder(), epoch.step, epoch.validationAccuracy, smoothness);
  });
  return fb::CreateTrainingFrame(writer.builder(), &stamp, static_cast<fb::TrainingPhase>(frame.phase), activity,
                                 folder, &report, &settings, frame.memoryBytes, layers, points, epochs);
}

Offset<fb::JobFrame> write(Writer& writer, const session::JobFrame& frame) {
  const auto label = writer.text(frame.label);
  return fb::CreateJobFrame(writer.builder(), label, frame.done, frame.total, frame.secondsLeft);
}

Offset<fb::Notice> write(Writer& writer, const session::Notice& notice) {
  const auto error = write(writer, notice.error);
  return fb::CreateNotice(writer.builder(), static_cast<fb::NoticeKind>(notice.kind), error);
}

}  // namespace pinwheel::wire
