// How a part of the protocol shows its images: under the lesion that the network holds and another one on top, and
// again under many. Includes LibTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/progress.h"
#include "engine/data/dataset.h"
#include "engine/perturbation/lesion_record.h"
#include "engine/protocol/subject.h"
#include "engine/snn/network.h"
#include "engine/snn/resumable.h"

namespace pinwheel::protocol {

/// How much of a part is done, counted in images shown.
struct Work {
  std::string label;
  std::int64_t total = 0;
  const ProgressCallback& progress;
  std::int64_t done = 0;

  void add(std::int64_t images) {
    done += images;
    if (progress) progress({label, done, total});
  }
};

/// The network under its held lesion and `added` on top; under the held one alone again, however the passes end.
class UnderLesion {
public:
  /// Sees the activity [T, B, C, H, W] of every sheet before a lesion acts on it.
  using Watch = std::function<void(std::size_t sheet, const at::Tensor& activity)>;

  UnderLesion(const Subject& subject, const perturbation::Lesion& added, Watch watch = {});
  ~UnderLesion();
  UnderLesion(const UnderLesion&) = delete;
  UnderLesion& operator=(const UnderLesion&) = delete;

private:
  snn::Network& m_network;
  snn::Perturbation m_held;
};

/// Images that are shown again and again under lesions of one sheet and the later ones. What this sheet does before a
/// lesion acts on it is kept from the first time (spikes in a byte each, at most 128 MB: more is not kept), and the
/// network goes on from there: answers are the same to the bit, and a lesion of the last sheet costs next to nothing.
/// The subject stays where it is for as long as this lives.
class Presentation {
public:
  Presentation(const Subject& subject, std::shared_ptr<const data::Dataset> images, std::size_t sheet);

  /// Tells `sink` of every batch, in order. Activity of sheets before the one at construction may be undefined. A
  /// lesion of these shows the images from the start. Then all is as before, on errors too. Error: an image that cannot
  /// be read, "Stopped".
  Status show(const perturbation::Lesion& added, Work& work, const StopFlag& stop,
              const std::function<void(const snn::Activity&)>& sink);

private:
  Status showImages(const perturbation::Lesion& added, Work& work, const StopFlag& stop, bool keep,
                    const std::function<void(const snn::Activity&)>& sink);
  void keep(const at::Tensor& activity);

  const Subject& m_subject;
  std::shared_ptr<const data::Dataset> m_images;
  std::size_t m_sheet;
  snn::Resumable* m_resumable;     ///< null: it cannot, or what is to be kept is too much
  std::vector<at::Tensor> m_kept;  ///< [batches] of [T, B, C, H, W]
  std::int64_t m_keptBytes = 0;
  bool m_complete = false;  ///< all batches are kept
};

}  // namespace pinwheel::protocol
