#include "engine/transport/command_server.h"

#include <array>
#include <atomic>
#include <thread>

#include "engine/transport/bell.h"
#include "engine/transport/sockets.h"
#include "engine/wire/decode.h"
#include "engine/wire/encode.h"

namespace pinwheel::transport {

class CommandServer::Impl {
public:
  Impl(zmq::context_t& context, const Binding& binding, CommandHandler handler)
      : m_socket(context, ZMQ_ROUTER), m_handler(std::move(handler)) {
    setCommonOptions(m_socket, kWaitingCommands, kMaxRequestBytes);
    bind(m_socket, binding);
    address = boundAddress(m_socket);
    m_thread = std::thread([this] { serve(); });
  }
  ~Impl() {
    m_ending = true;
    m_bell.ring();
    m_thread.join();
  }
  [[nodiscard]] CommandCounts counts() const { return {m_taken, m_refused, m_damaged}; }

  std::string address;

private:
  void serve() {
    std::array<zmq::pollitem_t, 2> items{
        {{m_socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, m_bell.descriptor(), ZMQ_POLLIN, 0}}};
    while (!m_ending) try {
        zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
        m_bell.clear();
        auto parts = receiveParts(m_socket);
        if (parts.size() >= 2) take(std::move(parts));
      } catch (const zmq::error_t& error) {
        if (error.num() == ETERM) return;
      } catch (const std::bad_alloc&) {
        ++m_damaged;
      }
  }

  // The sender, nothing (of a REQ alone), the request.
  void take(std::vector<zmq::message_t> parts) {
    const bool ofReq = parts.size() == 3 && parts[1].size() == 0;
    wire::Answer answer;
    if (parts.size() == 2 || ofReq)
      answer = answerTo(bytesOf(parts.back()));
    else
      answer.refusal = damaged(
          {"A message came in where it does not belong", "it has too many parts", "send one request at a time", ""});
    auto bytes = wire::encode(answer);
    if (!bytes)
      bytes = wire::encode(wire::Answer{answer.request, Error{"It was refused, for a reason too long to tell"}});
    if (!bytes) return;
    std::vector<zmq::message_t> reply;
    reply.push_back(std::move(parts[0]));
    if (ofReq) reply.emplace_back();
    reply.push_back(messageOf(std::move(*bytes)));
    sendParts(m_socket, reply);  // who does not read answers gets none
  }

  wire::Answer answerTo(std::span<const std::byte> bytes) {
    auto request = wire::decodeRequest(bytes);
    if (!request) {
      // Refused in the words of the receiver: "this program" is the engine's.
      return {0, damaged(std::move(request.error()))};
    }
    if (std::holds_alternative<wire::AskFrames>(request->ask)) {
      ++m_refused;
      return {request->id, Error{"Frames are not sent again here", "this is the address of commands",
                                 "subscribe at the address of frames to 'A' and this request's bytes", ""}};
    }
    Status status;
    try {
      status = m_handler(*request);
    } catch (const std::exception& error) {
      status = failure("The command could not be taken", error.what(), "try again");
    }
    if (status) {
      ++m_taken;
      return {request->id, std::nullopt};
    }
    ++m_refused;
    return {request->id, std::move(status.error())};
  }

  Error damaged(Error error) {
    ++m_damaged;
    return error;
  }

  zmq::socket_t m_socket;
  CommandHandler m_handler;
  Bell m_bell;
  std::atomic<bool> m_ending = false;
  std::atomic<std::uint64_t> m_taken = 0, m_refused = 0, m_damaged = 0;
  std::thread m_thread;
};

CommandServer::CommandServer(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
CommandServer::~CommandServer() = default;

Expected<std::unique_ptr<CommandServer>> CommandServer::open(zmq::context_t& context, const Binding& binding,
                                                             CommandHandler handler) {
  try {
    return std::unique_ptr<CommandServer>(
        new CommandServer(std::make_unique<Impl>(context, binding, std::move(handler))));
  } catch (const zmq::error_t& error) {
    return bindFailure(binding, error);
  } catch (const std::exception& error) {
    return failure("The engine cannot be served", error.what(), "close some programs and try again");
  }
}

CommandCounts CommandServer::counts() const {
  return m_impl->counts();
}
const std::string& CommandServer::address() const noexcept {
  return m_impl->address;
}

}  // namespace pinwheel::transport
