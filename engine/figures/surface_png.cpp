#include "engine/figures/surface_png.h"

#include <cstdint>
#include <string_view>

#include "engine/core/files.h"

namespace pinwheel::figures {
namespace {

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char b : bytes) {
    crc ^= static_cast<unsigned char>(b);
    for (int k = 0; k < 8; ++k) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

std::string bigEndian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16 & 0xFF), static_cast<char>(value >> 8 & 0xFF),
          static_cast<char>(value & 0xFF)};
}

}  // namespace

Status writeSurfacePng(const std::filesystem::path& path, cairo_surface_t* surface, const std::string& provenance) {
  std::string png;
  const auto append = [](void* to, const unsigned char* bytes, unsigned count) {
    static_cast<std::string*>(to)->append(reinterpret_cast<const char*>(bytes), count);
    return CAIRO_STATUS_SUCCESS;
  };
  const cairo_status_t code = cairo_surface_write_to_png_stream(surface, append, &png);
  if (code != CAIRO_STATUS_SUCCESS)
    return failure("The picture cannot be made", cairo_status_to_string(code), "choose a smaller width", path.string());
  if (!provenance.empty()) {
    std::string body = "tEXtDescription";
    body += '\0';
    for (const char ch : provenance) body += static_cast<unsigned char>(ch) < 0x80 ? ch : '?';  // the chunk is Latin-1
    constexpr std::size_t kAfterHeader = 8 + 25;
    png.insert(kAfterHeader, bigEndian(static_cast<std::uint32_t>(body.size() - 4)) + body + bigEndian(crc32(body)));
  }
  return writeFileAtomically(path, png);
}

}  // namespace pinwheel::figures
