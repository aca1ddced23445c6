#include "engine/wire/decode.h"

#include <bit>
#include <cstring>

#include "engine/wire/read_values.h"
#include "engine/wire/schema/head_generated.h"

namespace pinwheel::wire {
namespace {

static_assert(std::endian::native == std::endian::little, "lists of numbers are taken as they lie in a message");

constexpr std::size_t kAlignment = 8;          // of the widest number of the schema
constexpr std::size_t kLeast = 8;              // the root's offset and the identifier
constexpr flatbuffers::uoffset_t kDepth = 16;  // tables within tables; the schema has 8

const char* const kRestart = "it was left out; where this comes again, restart both programs";

// The bytes where 64-bit numbers can be read: as they lie, or a copy.
class Aligned {
public:
  explicit Aligned(std::span<const std::byte> bytes) : m_data(bytes.data()), m_size(bytes.size()) {
    if (std::bit_cast<std::uintptr_t>(m_data) % kAlignment == 0) return;
    m_copy.resize((m_size + kAlignment - 1) / kAlignment);
    std::memcpy(m_copy.data(), m_data, m_size);
    m_data = m_copy.data();
  }
  [[nodiscard]] const std::uint8_t* data() const noexcept { return static_cast<const std::uint8_t*>(m_data); }
  [[nodiscard]] std::size_t size() const noexcept { return m_size; }
  [[nodiscard]] flatbuffers::Verifier verifier() const {
    flatbuffers::Verifier::Options options;
    options.max_depth = kDepth;
    options.max_tables = static_cast<flatbuffers::uoffset_t>(kMaxTables);
    return flatbuffers::Verifier(data(), size(), options);
  }

private:
  std::vector<std::uint64_t> m_copy;
  const void* m_data;
  std::size_t m_size;
};

Status checkOutside(std::span<const std::byte> bytes) {
  if (bytes.size() < kLeast || bytes.size() > kMaxMessageBytes ||
      !flatbuffers::BufferHasIdentifier(bytes.data(), fb::HeadIdentifier()))
    return failure("What came in is no message of Pinwheel's",
                   bytes.size() > kMaxMessageBytes ? "it is larger than 512 MiB" : "it does not begin as one does",
                   "check that the address is that of a Pinwheel engine");
  return {};
}

Expected<std::uint32_t> versionOf(const Aligned& bytes) {
  flatbuffers::Verifier verifier = bytes.verifier();
  if (!fb::VerifyHeadBuffer(verifier) || fb::GetHead(bytes.data())->version() == 0)
    return failure("A message that came in is damaged", "it does not tell its version", kRestart);
  return fb::GetHead(bytes.data())->version();
}

Message readBody(Reader& reader, const fb::Message& message) {
  if (message.body() != nullptr) switch (message.body_type()) {
      case fb::Body::NONE:
        break;
      case fb::Body::Published:
        return read(reader, *message.body_as_Published());
      case fb::Body::Request:
        return read(reader, *message.body_as_Request());
      case fb::Body::Answer:
        return read(reader, *message.body_as_Answer());
    }
  reader.check(false, "it holds nothing that this version knows");
  return Answer{};
}

template <class T>
Expected<T> decodeAs(std::span<const std::byte> bytes, const char* wanted) {
  auto message = decode(bytes);
  if (!message) return tl::unexpected(std::move(message.error()));
  if (T* found = std::get_if<T>(&*message)) return std::move(*found);
  return failure("A message came in where it does not belong", std::string("only ") + wanted + " are taken here",
                 "check the addresses of frames and of commands");
}

}  // namespace

Expected<std::uint32_t> versionOf(std::span<const std::byte> bytes) {
  if (Status status = checkOutside(bytes); !status) return tl::unexpected(std::move(status.error()));
  return versionOf(Aligned(bytes));
}

Status compareVersions(std::uint32_t theirs, std::uint32_t ours) {
  if (theirs == ours) return {};
  const bool weAreOlder = theirs > ours;
  return failure("The two programs are of different versions of Pinwheel",
                 "this one speaks version " + std::to_string(ours) + " of the wire, the other one version " +
                     std::to_string(theirs) + ": " + (weAreOlder ? "this one" : "the other one") + " is the older",
                 weAreOlder ? "update this program" : "update the program at the other end");
}

Expected<Message> decode(std::span<const std::byte> bytes) {
  if (Status status = checkOutside(bytes); !status) return tl::unexpected(std::move(status.error()));
  const Aligned aligned(bytes);
  const auto version = versionOf(aligned);
  if (!version) return tl::unexpected(version.error());
  if (Status status = compareVersions(*version); !status) return tl::unexpected(std::move(status.error()));
  flatbuffers::Verifier verifier = aligned.verifier();
  if (!fb::VerifyMessageBuffer(verifier))
    return failure("A message that came in is damaged", "its parts do not lie where it says", kRestart);
  Reader reader(aligned.size());
  Message message = readBody(reader, *fb::GetMessage(aligned.data()));
  if (reader.refused()) return tl::unexpected(reader.error());
  return message;
}

Expected<Published> decodeFrame(std::span<const std::byte> bytes) {
  return decodeAs<Published>(bytes, "frames");
}
Expected<Request> decodeRequest(std::span<const std::byte> bytes) {
  return decodeAs<Request>(bytes, "commands");
}
Expected<Answer> decodeAnswer(std::span<const std::byte> bytes) {
  return decodeAs<Answer>(bytes, "answers");
}

}  // namespace pinwheel::wire
