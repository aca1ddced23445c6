#include <algorithm>

#include "engine/wire/enums.h"
#include "engine/wire/read_values.h"

namespace pinwheel::wire {
namespace {

topography::SheetSpec readSpec(Reader& reader, const fb::SheetSpec* spec) {
  topography::SheetSpec s;
  if (spec == nullptr) return s;
  s.layer = reader.text(spec->layer());
  s.area = reader.text(spec->area());
  s.channels = spec->channels();
  s.height = spec->height();
  s.width = spec->width();
  s.trainingSideMm = spec->training_side_mm();
  s.displaySideMm = spec->display_side_mm();
  s.neighbourhoodMm = spec->neighbourhood_mm();
  s.rfOverlap = spec->rf_overlap();
  // Bounded, so that the number of units cannot overflow.
  for (const int n : {s.channels, s.height, s.width})
    reader.check(n >= 0 && n <= kMaxSide, "a sheet has an impossible shape");
  for (const double mm : {s.trainingSideMm, s.displaySideMm, s.neighbourhoodMm})
    reader.check(std::isfinite(mm) && mm >= 0, "a sheet has an impossible size");
  reader.checkFinite(s.rfOverlap, "a sheet's overlap is no number");
  return s;
}

session::SheetPlan readPlan(Reader& reader, const fb::SheetPlan& plan) {
  session::SheetPlan out;
  out.spec = readSpec(reader, plan.spec());
  out.xMm = reader.numbers(plan.x_mm());
  out.yMm = reader.numbers(plan.y_mm());
  if (const fb::ReceptiveField* field = plan.field())
    out.field = {field->side_px(), field->pitch_px(), field->first_centre_px()};
  for (const double px : {out.field.sidePx, out.field.pitchPx, out.field.firstCentrePx})
    reader.checkFinite(px, "a receptive field is no number");
  if (reader.refused()) return out;
  const auto units = static_cast<std::size_t>(out.spec.unitCount());
  reader.check(out.xMm.size() == units && out.yMm.size() == units, "a sheet has not as many positions as units");
  // Views count units by where they lie; a float's rounding is allowed.
  const double limit = out.spec.displaySideMm * (1 + 1e-5);
  const auto outside = [limit](float mm) { return !(mm >= 0.0F && static_cast<double>(mm) <= limit); };
  reader.check(
      std::none_of(out.xMm.begin(), out.xMm.end(), outside) && std::none_of(out.yMm.begin(), out.yMm.end(), outside),
      "a unit lies beside its sheet");
  return out;
}

// A lesion as that of a network with these sheets.
void checkActing(Reader& reader, const session::NetworkFrame& frame) {
  for (const perturbation::LesionPart& part : frame.lesion.parts) {
    reader.check(part.sheet < frame.sheets.size(), "its lesion is of a sheet that it does not have");
    if (reader.refused()) return;
    const std::int64_t units = frame.sheets[part.sheet].spec.unitCount();
    std::int64_t least = 0;
    for (const std::int32_t unit : part.units) {
      reader.check(unit >= least && unit < units, "its lesion is of units that it does not have");
      least = std::int64_t{unit} + 1;
    }
    reader.check(part.strength >= 0 && part.strength <= 1, "its lesion has an impossible strength");
    for (const int t : part.timeSteps)
      reader.check(t >= 0 && t < frame.timeSteps, "its lesion is at time steps that it does not have");
  }
}

analysis::Patch readPatch(Reader& reader, const fb::Patch& patch) {
  analysis::Patch p{patch.area_mm2(), patch.units(), patch.x_mm(), patch.y_mm(), patch.peak(), {}};
  p.outlines = reader.tables<analysis::SheetLine>(patch.outlines(), [&](const fb::Line& line) {
    return reader.structs<analysis::SheetPoint>(line.points(), [&](const fb::Point& point) {
      reader.check(std::isfinite(point.x_mm()) && std::isfinite(point.y_mm()), "an outline leads nowhere");
      return analysis::SheetPoint{point.x_mm(), point.y_mm()};
    });
  });
  reader.check(p.units >= 0 && std::isfinite(p.xMm) && std::isfinite(p.yMm), "a patch lies nowhere");
  return p;
}

analysis::TuningMaps readTuning(Reader& reader, const fb::TuningMaps* maps) {
  if (maps == nullptr) return {};
  return {reader.map(maps->orientation_deg()),
          reader.map(maps->orientation_von_mises_deg()),
          reader.map(maps->circular_variance()),
          reader.map(maps->orientation_peak_to_peak()),
          reader.map(maps->frequency_cycles_per_image()),
          reader.map(maps->frequency_peak_to_peak()),
          reader.map(maps->colour_preference()),
          reader.map(maps->colour_peak_to_peak()),
          reader.map(maps->mean_rate())};
}

session::SheetMaps readSheetMaps(Reader& reader, const fb::SheetMaps& maps) {
  session::SheetMaps out;
  out.tuning = readTuning(reader, maps.tuning());
  out.domains = reader.tables<session::DomainMap>(maps.domains(), [&](const fb::DomainMap& domain) {
    session::DomainMap d;
    d.domain = reader.text(domain.domain());
    d.t = reader.map(domain.t());
    d.patches = reader.tables<analysis::Patch>(domain.patches(),
                                               [&](const fb::Patch& patch) { return readPatch(reader, patch); });
    return d;
  });
  out.lossShare = reader.map(maps.loss_share());
  out.pinwheels = reader.structs<analysis::Pinwheel>(maps.pinwheels(), [&](const fb::Pinwheel& p) {
    reader.check(std::isfinite(p.x_mm()) && std::isfinite(p.y_mm()), "a pinwheel lies nowhere");
    return analysis::Pinwheel{p.x_mm(), p.y_mm(), p.sign()};
  });
  out.pinwheelNote = reader.text(maps.pinwheel_note());
  out.pinwheelDensity = maps.pinwheel_density();
  out.columnSpacingMm = maps.column_spacing_mm();
  out.orientationSmoothness = maps.orientation_smoothness();
  out.shuffledSmoothness = maps.shuffled_smoothness();
  out.meanRate = maps.mean_rate();

  const analysis::TuningMaps& t = out.tuning;
  std::size_t units = 0;
  const auto agrees = [&](const std::vector<float>& map) {
    if (units == 0) units = map.size();
    reader.check(map.empty() || map.size() == units, "the maps of a sheet are not of the same units");
  };
  for (const auto* map :
       {&t.orientationDeg, &t.orientationVonMisesDeg, &t.circularVariance, &t.orientationPeakToPeak,
        &t.frequencyCyclesPerImage, &t.frequencyPeakToPeak, &t.colourPreference, &t.colourPeakToPeak, &t.meanRate})
    agrees(*map);
  for (const session::DomainMap& domain : out.domains) agrees(domain.t);
  agrees(out.lossShare);
  return out;
}

std::vector<session::CurvePoint> readCurve(Reader& reader, const Vector<const fb::CurvePoint*>* curve) {
  return reader.structs<session::CurvePoint>(curve, [](const fb::CurvePoint& p) {
    return session::CurvePoint{p.x(), p.mean(), p.sem()};
  });
}

}  // namespace

session::NetworkFrame read(Reader& reader, const fb::NetworkFrame& frame) {
  session::NetworkFrame out;
  out.stamp = read(reader, frame.stamp());
  out.title = reader.text(frame.title());
  out.path = reader.path(frame.path());
  out.summary = reader.text(frame.summary());
  out.provenance = reader.text(frame.provenance());
  out.sheets = reader.tables<session::SheetPlan>(frame.sheets(),
                                                 [&](const fb::SheetPlan& plan) { return readPlan(reader, plan); });
  out.classNames = reader.texts(frame.class_names());
  out.domainNames = reader.texts(frame.domain_names());
  out.timeSteps = frame.time_steps();
  out.imageSide = frame.image_side();
  out.angleDeg = reader.numbers(frame.angle_deg());
  out.frequencies = reader.numbers(frame.frequencies());
  out.live = frame.live();
  out.lesion = read(reader, frame.lesion());
  reader.check(out.timeSteps >= 0 && out.timeSteps <= kMaxSteps, "a network has an impossible number of time steps");
  reader.check(out.imageSide >= 0 && out.imageSide <= kMaxSide, "a network has images of an impossible size");
  for (const auto* axis : {&out.angleDeg, &out.frequencies})
    for (const double value : *axis) reader.checkFinite(value, "an axis of the tuning curves is no number");
  if (!reader.refused()) checkActing(reader, out);
  return out;
}

session::MapsFrame read(Reader& reader, const fb::MapsFrame& frame) {
  session::MapsFrame out;
  out.stamp = read(reader, frame.stamp());
  out.preview = frame.preview();
  out.sheets = reader.tables<session::SheetMaps>(
      frame.sheets(), [&](const fb::SheetMaps& maps) { return readSheetMaps(reader, maps); });
  out.lossShareState = reader.enumerator<session::LossShareState>(frame.loss_share_state());
  out.lossShareNote = reader.text(frame.loss_share_note());
  return out;
}

session::ActivityFrame read(Reader& reader, const fb::ActivityFrame& frame) {
  session::ActivityFrame out;
  out.stamp = read(reader, frame.stamp());
  out.stimulus = reader.text(frame.stimulus());
  out.picture = read(reader, frame.picture());
  out.timeSteps = frame.time_steps();
  reader.check(out.timeSteps >= 0 && out.timeSteps <= kMaxSteps, "spikes are at an impossible number of time steps");
  out.spikes = reader.tables<std::vector<std::uint8_t>>(
      frame.spikes(), [&](const fb::Raster& raster) { return reader.raster(&raster); });
  for (const auto& sheet : out.spikes) {
    if (reader.refused()) break;
    reader.check(sheet.empty() || (out.timeSteps > 0 && sheet.size() % static_cast<std::size_t>(out.timeSteps) == 0),
                 "a sheet's spikes are not of whole time steps");
  }
  out.probability = reader.numbers(frame.probability());
  out.milliseconds = frame.milliseconds();
  out.probeBatch = reader.texts(frame.probe_batch());
  out.probeImage = frame.probe_image();
  reader.check(out.probeImage >= -1 && out.probeImage < static_cast<std::int64_t>(out.probeBatch.size()),
               "its image is none of those that come by in turn");
  return out;
}

session::TuningFrame read(Reader& reader, const fb::TuningFrame& frame) {
  session::TuningFrame out;
  out.stamp = read(reader, frame.stamp());
  out.sheet = frame.sheet();
  out.units = reader.numbers(frame.units());
  for (const std::int32_t unit : out.units) reader.check(unit >= 0, "it is the tuning of an impossible unit");
  out.orientation = readCurve(reader, frame.orientation());
  out.frequency = readCurve(reader, frame.frequency());
  out.colour = readCurve(reader, frame.colour());
  out.domains = reader.tables<session::DomainResponse>(frame.domains(), [&](const fb::DomainResponse& r) {
    return session::DomainResponse{reader.text(r.domain()), r.mean(), r.sem(), r.t()};
  });
  out.best = reader.tables<session::BestStimulus>(frame.best(), [&](const fb::BestStimulus& best) {
    return session::BestStimulus{reader.text(best.name()), best.rate(), read(reader, best.picture())};
  });
  out.orientationDeg = frame.orientation_deg();
  out.circularVariance = frame.circular_variance();
  out.xMm = frame.x_mm();
  out.yMm = frame.y_mm();
  return out;
}

session::LesionFrame read(Reader& reader, const fb::LesionFrame& frame) {
  session::LesionFrame out;
  out.stamp = read(reader, frame.stamp());
  out.units = frame.units();
  reader.check(out.units >= 0, "a lesion has fewer than no units");
  out.before = read(reader, frame.before());
  out.after = read(reader, frame.after());
  out.sham = read(reader, frame.sham());
  out.categories = reader.tables<session::CategoryEffect>(frame.categories(), [&](const fb::CategoryEffect& e) {
    return session::CategoryEffect{reader.text(e.category()), read(reader, e.before()), read(reader, e.after()),
                                   read(reader, e.sham())};
  });
  if (const fb::MapsFrame* maps = frame.maps_before())
    out.mapsBefore = std::make_shared<const session::MapsFrame>(read(reader, *maps));
  return out;
}

session::TrainingFrame read(Reader& reader, const fb::TrainingFrame& frame) {
  session::TrainingFrame out;
  out.stamp = read(reader, frame.stamp());
  out.phase = reader.enumerator<session::TrainingPhase>(frame.phase());
  out.activity = reader.text(frame.activity());
  out.folder = reader.path(frame.folder());
  if (const fb::StepReport* r = frame.report()) {
    out.report = {r->epoch(),
                  r->step(),
                  r->batch(),
                  r->batches(),
                  r->epochs(),
                  r->task_loss(),
                  r->topographic_loss(),
                  r->train_accuracy(),
                  r->images_per_second(),
                  r->seconds_left()};
    for (const std::int64_t n : {r->epoch(), r->step(), r->batch(), r->batches(), r->epochs()})
      reader.check(n >= 0, "a training counts below zero");
  }
  if (const fb::LiveSettings* s = frame.settings())
    out.settings = {s->alpha(), s->beta(), s->window(), s->learning_rate()};
  out.memoryBytes = frame.memory_bytes();
  out.layers = reader.texts(frame.layers());
  out.points = reader.tables<session::TrainingPoint>(frame.points(), [&](const fb::TrainingPoint& p) {
    session::TrainingPoint point{
        p.step(),     p.task_loss(),        p.topographic_loss(), reader.numbers(p.slow()), reader.numbers(p.fast()),
        p.accuracy(), p.images_per_second()};
    for (const auto* loss : {&point.slow, &point.fast})
      reader.check(loss->empty() || loss->size() == out.layers.size(), "a training has not as many losses as layers");
    return point;
  });
  out.epochs = reader.tables<session::EpochPoint>(frame.epochs(), [&](const fb::EpochPoint& e) {
    return session::EpochPoint{
        e.step(), e.validation_accuracy(),
        reader.tables<training::AreaSmoothness>(e.smoothness(), [&](const fb::AreaSmoothness& area) {
          return training::AreaSmoothness{reader.text(area.layer()), area.orientation(), area.shuffled()};
        })};
  });
  return out;
}

session::JobFrame read(Reader& reader, const fb::JobFrame& frame) {
  reader.check(frame.done() >= 0 && frame.total() >= 0, "work counts below zero");
  return {reader.text(frame.label()), frame.done(), frame.total(), frame.seconds_left()};
}

session::Notice read(Reader& reader, const fb::Notice& notice) {
  return {reader.enumerator<session::Notice::Kind>(notice.kind()), read(reader, notice.error())};
}

}  // namespace pinwheel::wire
