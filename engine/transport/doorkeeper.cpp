#include "engine/transport/doorkeeper.h"

#include <array>
#include <atomic>
#include <thread>

#include "engine/transport/bell.h"
#include "engine/transport/keys.h"
#include "engine/transport/sockets.h"

namespace pinwheel::transport {
namespace {

constexpr const char* kZapAddress = "inproc://zeromq.zap.01";
constexpr std::size_t kKeyBytes = 32;
// Of a ZAP request: version, id, domain, address, identity, mechanism, credentials.
enum ZapPart : std::size_t { version, id, domain, address, identity, mechanism, credentials, parts };

bool mayEnter(const std::filesystem::path& keys, const std::vector<zmq::message_t>& request) {
  if (request.size() != ZapPart::parts || request[ZapPart::version].to_string_view() != "1.0") return false;
  if (request[ZapPart::mechanism].to_string_view() != "CURVE") return false;
  const zmq::message_t& key = request[ZapPart::credentials];
  if (key.size() != kKeyBytes) return false;
  std::array<char, kKeyLetters + 1> letters{};
  if (zmq_z85_encode(letters.data(), static_cast<const std::uint8_t*>(key.data()), kKeyBytes) == nullptr) return false;
  const auto role = roleOf(keys, letters.data());
  if (!role) return false;
  const std::string_view door = request[ZapPart::domain].to_string_view();
  return door == kFramesDoor || (door == kCommandsDoor && *role == Role::controller);
}

}  // namespace

class Doorkeeper::Impl {
public:
  Impl(zmq::context_t& context, std::filesystem::path keys) : m_socket(context, ZMQ_REP), m_keys(std::move(keys)) {
    m_socket.set(zmq::sockopt::linger, 0);
    m_socket.bind(kZapAddress);
    m_thread = std::thread([this] { keep(); });
  }
  ~Impl() {
    m_ending = true;
    m_bell.ring();
    m_thread.join();
  }
  std::atomic<std::uint64_t> refused = 0;

private:
  void keep() {
    std::array<zmq::pollitem_t, 2> items{
        {{m_socket.handle(), 0, ZMQ_POLLIN, 0}, {nullptr, m_bell.descriptor(), ZMQ_POLLIN, 0}}};
    while (!m_ending) try {
        zmq::poll(items.data(), items.size(), std::chrono::milliseconds(-1));
        m_bell.clear();
        const auto request = receiveParts(m_socket, ZapPart::parts + 1);
        if (!request.empty()) answer(request);
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) return;
      }
  }
  void answer(const std::vector<zmq::message_t>& request) {
    bool let = false;
    try {
      let = mayEnter(m_keys, request);
    } catch (const std::exception&) {
      let = false;  // no memory, a path that cannot be read: nobody is let in
    }
    if (!let) ++refused;
    std::vector<zmq::message_t> reply;
    reply.emplace_back(std::string("1.0"));
    reply.emplace_back(request.size() > ZapPart::id ? request[ZapPart::id].to_string() : std::string());
    reply.emplace_back(std::string(let ? "200" : "400"));
    reply.emplace_back(std::string(let ? "OK" : "this key may not"));
    reply.emplace_back();  // the user's name
    reply.emplace_back();  // metadata
    sendParts(m_socket, reply);
  }

  zmq::socket_t m_socket;
  std::filesystem::path m_keys;
  Bell m_bell;
  std::atomic<bool> m_ending = false;
  std::thread m_thread;
};

Doorkeeper::Doorkeeper(std::unique_ptr<Impl> impl) : m_impl(std::move(impl)) {}
Doorkeeper::~Doorkeeper() = default;

Expected<std::unique_ptr<Doorkeeper>> Doorkeeper::open(zmq::context_t& context, std::filesystem::path keys) {
  if (Status status = checkCurve(); !status) return tl::unexpected(std::move(status.error()));
  try {
    return std::unique_ptr<Doorkeeper>(new Doorkeeper(std::make_unique<Impl>(context, std::move(keys))));
  } catch (const std::exception& error) {
    return failure("Keys cannot be checked", error.what(), "serve on ipc://, or close some programs");
  }
}

std::uint64_t Doorkeeper::refused() const noexcept {
  return m_impl->refused;
}

}  // namespace pinwheel::transport
