// Maps of a network while it trains, from a few stimuli now and then. Includes LibTorch.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/session/mailboxes.h"
#include "engine/session/probe_table.h"
#include "engine/session/stimuli.h"
#include "engine/session/subject.h"

namespace pinwheel::session {

/// Spends at most a share of the training's time: it saves up, batch by batch, until it can afford to show one chunk.
/// The engine's thread, between two batches.
class LiveProbe {
public:
  LiveProbe(Subject subject, double share);

  /// What acts on the network in training: put back behind every look.
  void setActing(snn::Perturbation acting) { m_subject.acting = std::move(acting); }

  /// One batch took `seconds`: true when a chunk can be afforded. The first one always can.
  [[nodiscard]] bool earn(double seconds) noexcept;
  /// Shows a chunk - every orientation at one frequency, phase and colour, an image of every domain, and an image of
  /// the probe batch - under `lesion` and publishes what has changed: the answer to the image of the batch, and the
  /// maps, at most twice a second unless `atOnce`. The batch holds one image of every category, always the same ones;
  /// each look shows the next of them, so that a look costs the same however many there are. `atOnce`, where a lesion
  /// is new, shows the image of the look before again: what differs is the lesion's doing.
  void look(const Stamp& stamp, const Lesion& lesion, Mailboxes& mail, bool atOnce = false);
  /// The maps that an epoch's end measured take the place of the next preview's tuning.
  void publish(const Stamp& stamp, const std::vector<analysis::TuningMaps>& tuning, Mailboxes& mail) const;

  [[nodiscard]] UnitAnswers answers(std::size_t sheet, std::int32_t unit) const {
    return m_tables[sheet].answers(unit);
  }
  [[nodiscard]] const std::vector<double>& frequencies() const noexcept { return m_frequencies; }
  /// What a chunk costs, seconds, newest.
  [[nodiscard]] double cost() const noexcept { return m_cost; }

private:
  [[nodiscard]] at::Tensor images();
  /// Shows the next chunk; the image of the probe batch comes last.
  snn::Activity showChunk(const Lesion& lesion);
  [[nodiscard]] const std::vector<std::size_t>& gratings() const { return m_chunks[m_next % m_chunks.size()]; }
  /// One image of every category is a set; set 0 is the probe batch, which no map is made from.
  [[nodiscard]] const Picture& category(std::size_t set, std::size_t category);

  Subject m_subject;
  double m_share;
  double m_budget = 0;
  double m_cost = 0;
  std::vector<data::Grating> m_gratings;
  std::vector<double> m_frequencies;
  std::vector<std::vector<std::size_t>> m_chunks;  ///< gratings of each, by index
  at::Tensor m_gratingImages;                      ///< [gratings, 3, S, S], normalised
  std::vector<std::string> m_classes;              ///< the categories
  std::vector<std::vector<Picture>> m_categories;  ///< [sets, categories], rendered when first shown
  std::vector<ProbeTable> m_tables;                ///< per sheet
  std::size_t m_next = 0;                          ///< chunks shown
  std::size_t m_image = 0;                         ///< of the probe batch, in the newest look
  std::chrono::steady_clock::time_point m_published;
};

}  // namespace pinwheel::session
