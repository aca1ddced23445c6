#include "app/scope/live_feed.h"

namespace pinwheel::scope {

Expected<std::unique_ptr<LiveFeed>> LiveFeed::open(transport::ClientOptions options) {
  options.commands = false;
  const bool beside = transport::isBeside(options.endpoint);
  auto client = transport::Client::open(std::move(options));
  if (!client) return tl::unexpected(std::move(client.error()));
  return std::unique_ptr<LiveFeed>(new LiveFeed(std::move(*client), beside));
}

FeedUpdate LiveFeed::take(double /*now*/) {
  transport::Update update = m_client->take();
  FeedUpdate taken{std::move(update.news), {}, update.restarted};
  if (taken.news.activity) taken.activities.push_back(std::move(taken.news.activity));
  taken.news.activity = nullptr;
  return taken;
}

std::string LiveFeed::text() const {
  return m_client->frames().text();
}

std::uint64_t LiveFeed::dropped() const {
  const transport::ClientCounts counts = m_client->counts();
  return counts.frames.missed + counts.frames.replaced + counts.frames.misfits + counts.damaged;
}

}  // namespace pinwheel::scope
