// Bytes to values: hostile until checked.
#pragma once

#include <span>

#include "engine/wire/message.h"

namespace pinwheel::wire {

// Any thread; the bytes may lie at any address. Memory: at most 16 times the message, and 64 KiB. Errors: no message of
// Pinwheel's, another version (it says which side is the older one), damaged, or numbers that contradict each other. A
// frame's parts fit each other then; whether it fits the network that is shown, fits() in fit.h tells.
Expected<Message> decode(std::span<const std::byte> bytes);
// The same where one kind of message alone is expected; another one is an error.
Expected<Published> decodeFrame(std::span<const std::byte> bytes);
Expected<Request> decodeRequest(std::span<const std::byte> bytes);
Expected<Answer> decodeAnswer(std::span<const std::byte> bytes);

/// The version alone, of a message of any version. Errors as above.
Expected<std::uint32_t> versionOf(std::span<const std::byte> bytes);
/// Error: they differ; it says which side is the older one and has to be updated.
Status compareVersions(std::uint32_t theirs, std::uint32_t ours = kVersion);

}  // namespace pinwheel::wire
