#include "engine/protocol/presentation.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "engine/perturbation/lesion.h"
#include "engine/training/responses.h"

namespace pinwheel::protocol {
namespace {

using perturbation::Lesion;

constexpr std::int64_t kMostKept = std::int64_t{128} << 20;

}  // namespace

UnderLesion::UnderLesion(const Subject& subject, const Lesion& added, Watch watch) : m_network(*subject.network) {
  const Lesion& held = subject.checkpoint->lesion;
  m_held = perturbation::makePerturbation(held, m_network.sheets(), subject.device);
  Lesion both = held;
  both.parts.insert(both.parts.end(), added.parts.begin(), added.parts.end());
  snn::Perturbation acting = perturbation::makePerturbation(both, m_network.sheets(), subject.device);
  if (watch)
    acting = [watch = std::move(watch), then = std::move(acting)](std::size_t sheet, const at::Tensor& activity) {
      watch(sheet, activity);
      return then ? then(sheet, activity) : activity;
    };
  m_network.setPerturbation(std::move(acting));
  m_network.setTraining(false);
}

UnderLesion::~UnderLesion() {
  m_network.setPerturbation(std::move(m_held));
}

Presentation::Presentation(const Subject& subject, std::shared_ptr<const data::Dataset> images, std::size_t sheet)
    : m_subject(subject),
      m_images(std::move(images)),
      m_sheet(sheet),
      m_resumable(dynamic_cast<snn::Resumable*>(subject.network)) {}

Status Presentation::show(const Lesion& added, Work& work, const StopFlag& stop,
                          const std::function<void(const snn::Activity&)>& sink) {
  torch::NoGradGuard guard;
  const bool late =
      std::all_of(added.parts.begin(), added.parts.end(), [this](const auto& part) { return part.sheet >= m_sheet; });
  if (!late || m_resumable == nullptr || !m_complete)
    return showImages(added, work, stop, late && m_resumable != nullptr, sink);
  const UnderLesion acting(m_subject, added);
  for (const at::Tensor& kept : m_kept) {
    if (stop.requested()) return failure("Stopped");
    sink(m_resumable->forwardFrom(m_sheet, kept.to(at::kFloat)));
    work.add(kept.size(1));
  }
  return {};
}

Status Presentation::showImages(const Lesion& added, Work& work, const StopFlag& stop, bool keep,
                                const std::function<void(const snn::Activity&)>& sink) {
  UnderLesion::Watch watch;
  if (keep) {
    m_kept.clear();
    m_keptBytes = 0;
    watch = [this](std::size_t sheet, const at::Tensor& activity) {
      if (sheet == m_sheet && m_resumable != nullptr) this->keep(activity);
    };
  }
  const UnderLesion acting(m_subject, added, std::move(watch));
  const Status status = training::forEachBatch(
      training::renormalised(m_images, m_subject.normalisation), m_subject.side, m_subject.batchSize, m_subject.workers,
      &stop, [&](data::Batch& b) -> Status {
        const at::Tensor pixels = at::from_blob(b.pixels.data(), {b.count, 3, b.side, b.side}, at::kFloat);
        sink(m_subject.network->forward(pixels.to(m_subject.device)));
        work.add(b.count);
        return {};
      });
  if (keep) m_complete = status && m_resumable != nullptr;
  return status;
}

void Presentation::keep(const at::Tensor& activity) {
  at::Tensor packed = activity.to(at::kByte);
  if (!packed.to(activity.scalar_type()).equal(activity)) packed = activity.clone();  // rates of the ReLU twin
  m_keptBytes += static_cast<std::int64_t>(packed.nbytes());
  if (m_keptBytes <= kMostKept) {
    m_kept.push_back(std::move(packed));
    return;
  }
  m_kept.clear();
  m_resumable = nullptr;
}

}  // namespace pinwheel::protocol
