// Where frames wait for whoever watches: one of every kind, the newest.
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "engine/session/frames.h"

namespace pinwheel::session {

/// Any thread. `wake` is called outside the lock, on the thread that published, when there was nothing before.
class Mailboxes {
public:
  explicit Mailboxes(std::function<void()> wake) : m_wake(std::move(wake)) {}

  void publish(std::shared_ptr<const NetworkFrame> frame) { put(&News::network, std::move(frame)); }
  void publish(std::shared_ptr<const MapsFrame> frame) { put(&News::maps, std::move(frame)); }
  void publish(std::shared_ptr<const ActivityFrame> frame) { put(&News::activity, std::move(frame)); }
  void publish(std::shared_ptr<const TuningFrame> frame) { put(&News::tuning, std::move(frame)); }
  void publish(std::shared_ptr<const LesionFrame> frame) { put(&News::lesion, std::move(frame)); }
  void publish(std::shared_ptr<const TrainingFrame> frame) { put(&News::training, std::move(frame)); }
  void publish(std::shared_ptr<const JobFrame> frame) { put(&News::job, std::move(frame)); }
  void tell(Notice::Kind kind, Error error);

  News take();

private:
  template <class Frame>
  void put(std::shared_ptr<const Frame> News::*box, std::shared_ptr<const Frame> frame);
  void wakeIf(bool wasEmpty) const;

  std::function<void()> m_wake;
  std::mutex m_mutex;
  News m_news;
  bool m_empty = true;
};

}  // namespace pinwheel::session
