// The frames of an engine in another program.
#pragma once

#include "app/scope/feed.h"
#include "engine/transport/client.h"

namespace pinwheel::scope {

class LiveFeed final : public Feed {
public:
  /// It watches alone, so that a watcher's key is enough. Errors as those of transport::Client::open().
  static Expected<std::unique_ptr<LiveFeed>> open(transport::ClientOptions options);

  FeedUpdate take(double now) override;
  [[nodiscard]] std::string text() const override;
  [[nodiscard]] std::uint64_t dropped() const override;
  [[nodiscard]] bool isBeside() const override { return m_beside; }

private:
  LiveFeed(std::unique_ptr<transport::Client> client, bool beside) : m_client(std::move(client)), m_beside(beside) {}

  std::unique_ptr<transport::Client> m_client;
  bool m_beside;
};

}  // namespace pinwheel::scope
