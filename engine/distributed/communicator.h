// What the ranks of a training say to each other: sums, broadcasts and gathered tensors through c10d (Gloo, and NCCL
// for tensors on GPUs where the linked LibTorch has it), and short texts through its store. Includes LibTorch.
#pragma once

#include <ATen/core/Tensor.h>

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/distributed/world.h"

namespace pinwheel::distributed {

/// A rank was lost or gave up; `error()` names it. Thrown by the collectives, since most are called inside of autograd.
class RankLost : public std::runtime_error {
public:
  explicit RankLost(Error error) : std::runtime_error(error.text()), m_error(std::move(error)) {}
  [[nodiscard]] const Error& error() const noexcept { return m_error; }

private:
  Error m_error;
};

struct CommunicatorOptions {
  std::chrono::milliseconds join{std::chrono::minutes(5)};  ///< for all ranks to come
  /// Of one collective: ranks that live, but do not come for so long, are stuck. Who is lost is known by its signs of
  /// life; rank 0 may measure for hours for those who watch.
  std::chrono::milliseconds collective{std::chrono::hours(24)};
  std::chrono::milliseconds beat{2000};  ///< between two signs of life
  /// Without a sign of life a rank is lost; four beats do where a connection broke, too.
  std::chrono::milliseconds silence{20000};
};

/// Collectives are called on one thread at a time and in the same order on every rank; waiting ends with RankLost as
/// soon as one is known to be lost. Signs of life go through the store on a thread of its own.
class Communicator {
public:
  /// Meets the others. Error: not all came, and which; the store cannot be made (port taken) or reached.
  static Expected<std::unique_ptr<Communicator>> join(const World& world, const CommunicatorOptions& options = {});
  /// Leaves, where neither leave() nor fail() did: as a failure.
  ~Communicator();
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  [[nodiscard]] const World& world() const noexcept;
  [[nodiscard]] int rank() const noexcept { return world().rank; }
  [[nodiscard]] int size() const noexcept { return world().size; }

  /// A collective on its way; the tensor must not be touched before wait().
  class Pending {
  public:
    virtual ~Pending() = default;
    virtual void wait() = 0;
  };
  /// The sum over ranks, in place: `values` contiguous, any device. Sums of gradients travel apart from all others, so
  /// that the order of the two kinds need not be the same on all ranks.
  [[nodiscard]] std::unique_ptr<Pending> sumGradients(at::Tensor values);
  void sum(at::Tensor& values);
  /// Rank 0's values for everyone, in place; contiguous.
  void broadcast(at::Tensor& values);
  /// [size, ...] of one rank's shape: everyone's values in the order of ranks, the same shape on all.
  [[nodiscard]] at::Tensor gather(const at::Tensor& values);
  void barrier();

  /// Rank 0's text for everyone, whenever it comes: there is no limit to what rank 0 may do alone before.
  std::string tellAll(const std::string& text = {});
  /// Everyone's text, by rank; small.
  std::vector<std::string> texts(const std::string& mine);

  /// This rank is done. Rank 0 waits (half a minute at most) until the others are, whose store it holds.
  void leave();
  /// This rank gives up: the others end with `error` and this rank's name. Nothing where a rank was lost before.
  void fail(const Error& error);

private:
  struct Impl;
  explicit Communicator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> m_impl;
};

}  // namespace pinwheel::distributed
