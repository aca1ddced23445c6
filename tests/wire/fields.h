// The fields of everything that travels. A struct that got a field more stops this from compiling: then the schema,
// both directions of engine/wire, its version and the samples need it too.
#pragma once

#include <tuple>
#include <type_traits>

#include "engine/wire/message.h"

namespace pinwheel::test {

inline auto fields(const Error& v) {
  const auto& [what, why, hint, path] = v;
  return std::tie(what, why, hint, path);
}
inline auto fields(const topography::SheetSpec& v) {
  const auto& [layer, area, channels, height, width, training, display, neighbourhood, overlap] = v;
  return std::tie(layer, area, channels, height, width, training, display, neighbourhood, overlap);
}
inline auto fields(const snn::ReceptiveField& v) {
  const auto& [side, pitch, first] = v;
  return std::tie(side, pitch, first);
}
inline auto fields(const perturbation::LesionPart& v) {
  const auto& [sheet, units, kind, strength, timeSteps] = v;
  return std::tie(sheet, units, kind, strength, timeSteps);
}
inline auto fields(const perturbation::Lesion& v) {
  const auto& [version, parts] = v;
  return std::tie(version, parts);
}
inline auto fields(const formats::RgbImage& v) {
  const auto& [width, height, pixels] = v;
  return std::tie(width, height, pixels);
}
inline auto fields(const analysis::SheetPoint& v) {
  const auto& [x, y] = v;
  return std::tie(x, y);
}
inline auto fields(const analysis::Patch& v) {
  const auto& [area, units, x, y, peak, outlines] = v;
  return std::tie(area, units, x, y, peak, outlines);
}
inline auto fields(const analysis::Pinwheel& v) {
  const auto& [x, y, sign] = v;
  return std::tie(x, y, sign);
}
inline auto fields(const analysis::Accuracy& v) {
  const auto& [correct, images, low, high] = v;
  return std::tie(correct, images, low, high);
}
inline auto fields(const analysis::TuningMaps& v) {
  const auto& [deg, vonMises, variance, peak, frequency, frequencyPeak, colour, colourPeak, rate] = v;
  return std::tie(deg, vonMises, variance, peak, frequency, frequencyPeak, colour, colourPeak, rate);
}
inline auto fields(const training::StepReport& v) {
  const auto& [epoch, step, batch, batches, epochs, task, topographic, accuracy, rate, left] = v;
  return std::tie(epoch, step, batch, batches, epochs, task, topographic, accuracy, rate, left);
}
inline auto fields(const training::AreaSmoothness& v) {
  const auto& [layer, orientation, shuffled] = v;
  return std::tie(layer, orientation, shuffled);
}
inline auto fields(const session::Stamp& v) {
  const auto& [network, step, lesion] = v;
  return std::tie(network, step, lesion);
}
inline auto fields(const session::SheetPlan& v) {
  const auto& [spec, x, y, field] = v;
  return std::tie(spec, x, y, field);
}
inline auto fields(const session::NetworkFrame& v) {
  const auto& [stamp, title, path, summary, provenance, sheets, classes, domains, steps, side, angles, frequencies,
               live, lesion] = v;
  return std::tie(stamp, title, path, summary, provenance, sheets, classes, domains, steps, side, angles, frequencies,
                  live, lesion);
}
inline auto fields(const session::DomainMap& v) {
  const auto& [domain, t, patches] = v;
  return std::tie(domain, t, patches);
}
inline auto fields(const session::SheetMaps& v) {
  const auto& [tuning, domains, share, pinwheels, note, density, spacing, smoothness, shuffled, rate] = v;
  return std::tie(tuning, domains, share, pinwheels, note, density, spacing, smoothness, shuffled, rate);
}
inline auto fields(const session::MapsFrame& v) {
  const auto& [stamp, preview, sheets, state, note] = v;
  return std::tie(stamp, preview, sheets, state, note);
}
inline auto fields(const session::ActivityFrame& v) {
  const auto& [stamp, stimulus, picture, steps, spikes, probability, ms, batch, image] = v;
  return std::tie(stamp, stimulus, picture, steps, spikes, probability, ms, batch, image);
}
inline auto fields(const session::CurvePoint& v) {
  const auto& [x, mean, sem] = v;
  return std::tie(x, mean, sem);
}
inline auto fields(const session::DomainResponse& v) {
  const auto& [domain, mean, sem, t] = v;
  return std::tie(domain, mean, sem, t);
}
inline auto fields(const session::BestStimulus& v) {
  const auto& [name, rate, picture] = v;
  return std::tie(name, rate, picture);
}
inline auto fields(const session::TuningFrame& v) {
  const auto& [stamp, sheet, units, orientation, frequency, colour, domains, best, deg, variance, x, y] = v;
  return std::tie(stamp, sheet, units, orientation, frequency, colour, domains, best, deg, variance, x, y);
}
inline auto fields(const session::CategoryEffect& v) {
  const auto& [category, before, after, sham] = v;
  return std::tie(category, before, after, sham);
}
inline auto fields(const session::LesionFrame& v) {
  const auto& [stamp, units, before, after, sham, categories, maps] = v;
  return std::tie(stamp, units, before, after, sham, categories, maps);
}
inline auto fields(const session::TrainingPoint& v) {
  const auto& [step, task, topographic, slow, fast, accuracy, rate] = v;
  return std::tie(step, task, topographic, slow, fast, accuracy, rate);
}
inline auto fields(const session::EpochPoint& v) {
  const auto& [step, accuracy, smoothness] = v;
  return std::tie(step, accuracy, smoothness);
}
inline auto fields(const session::LiveSettings& v) {
  const auto& [alpha, beta, window, rate] = v;
  return std::tie(alpha, beta, window, rate);
}
inline auto fields(const session::TrainingFrame& v) {
  const auto& [stamp, phase, activity, folder, report, settings, memory, layers, points, epochs] = v;
  return std::tie(stamp, phase, activity, folder, report, settings, memory, layers, points, epochs);
}
inline auto fields(const session::JobFrame& v) {
  const auto& [label, done, total, left] = v;
  return std::tie(label, done, total, left);
}
inline auto fields(const session::Notice& v) {
  const auto& [kind, error] = v;
  return std::tie(kind, error);
}
inline auto fields(const session::OpenCheckpoint& v) {
  const auto& [path] = v;
  return std::tie(path);
}
inline auto fields(const session::StartTraining& v) {
  const auto& [recipe, settings, data, out, resume, threads] = v;
  return std::tie(recipe, settings, data, out, resume, threads);
}
inline auto fields(const session::Retrain& v) {
  const auto& [out, epochs, rate] = v;
  return std::tie(out, epochs, rate);
}
inline auto fields(const session::Pause& v) {
  static_assert(std::is_empty_v<std::remove_cvref_t<decltype(v)>>);
  return std::tuple<>{};
}
inline auto fields(const session::Resume& v) {
  static_assert(std::is_empty_v<std::remove_cvref_t<decltype(v)>>);
  return std::tuple<>{};
}
inline auto fields(const session::Step& v) {
  const auto& [steps] = v;
  return std::tie(steps);
}
inline auto fields(const session::StopTraining& v) {
  static_assert(std::is_empty_v<std::remove_cvref_t<decltype(v)>>);
  return std::tuple<>{};
}
inline auto fields(const session::ChangeSettings& v) {
  const auto& [alpha, beta, window, rate] = v;
  return std::tie(alpha, beta, window, rate);
}
inline auto fields(const session::SetLesion& v) {
  const auto& [lesion, seed] = v;
  return std::tie(lesion, seed);
}
inline auto fields(const session::Stimulus& v) {
  const auto& [kind, angle, cycles, phase, chromatic, category, exemplar, file] = v;
  return std::tie(kind, angle, cycles, phase, chromatic, category, exemplar, file);
}
inline auto fields(const session::ShowStimulus& v) {
  const auto& [stimulus] = v;
  return std::tie(stimulus);
}
inline auto fields(const session::AskTuning& v) {
  const auto& [sheet, units] = v;
  return std::tie(sheet, units);
}
inline auto fields(const session::MeasureMaps& v) {
  const auto& [share] = v;
  return std::tie(share);
}
inline auto fields(const session::MeasureLossShare& v) {
  static_assert(std::is_empty_v<std::remove_cvref_t<decltype(v)>>);
  return std::tuple<>{};
}
inline auto fields(const session::SaveCheckpoint& v) {
  const auto& [path] = v;
  return std::tie(path);
}
inline auto fields(const session::CloseNetwork& v) {
  static_assert(std::is_empty_v<std::remove_cvref_t<decltype(v)>>);
  return std::tuple<>{};
}
inline auto fields(const wire::FrameHead& v) {
  const auto& [sequence, dropped, maps] = v;
  return std::tie(sequence, dropped, maps);
}
inline auto fields(const wire::Published& v) {
  const auto& [head, frame] = v;
  return std::tie(head, frame);
}
inline auto fields(const wire::Cancel& v) {
  static_assert(std::is_empty_v<std::remove_cvref_t<decltype(v)>>);
  return std::tuple<>{};
}
inline auto fields(const wire::AskFrames& v) {
  const auto& [kinds, maps] = v;
  return std::tie(kinds, maps);
}
inline auto fields(const wire::Request& v) {
  const auto& [id, ask] = v;
  return std::tie(id, ask);
}
inline auto fields(const wire::Answer& v) {
  const auto& [request, refusal] = v;
  return std::tie(request, refusal);
}

}  // namespace pinwheel::test
