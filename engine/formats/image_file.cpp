#include "engine/formats/image_file.h"

// jpeglib.h needs size_t and FILE to be known before it.
#include <cstddef>
#include <cstdio>

#include <jerror.h>
#include <jpeglib.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <csetjmp>
#include <cstring>
#include <string>

#include "engine/core/files.h"
#include "engine/kernels/planes_kernel.h"

namespace pinwheel::formats {
namespace {

constexpr std::uint64_t kMaximumPixels = 64ULL << 20;
constexpr std::uint64_t kMaximumFile = 512ULL << 20;
constexpr int kMidGrey = 128;

tl::unexpected<Error> refuse(const std::string& name, const std::string& why) {
  return failure("The image cannot be read", why, "replace the file or remove it from the folder", name);
}

RgbImage planar(const std::vector<std::uint8_t>& interleaved, int width, int height) {
  RgbImage image{width, height, {}};
  const std::size_t plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  image.pixels.resize(3 * plane);
  for (std::size_t p = 0; p < plane; ++p)
    for (std::size_t c = 0; c < 3; ++c) image.pixels[c * plane + p] = interleaved[3 * p + c];
  return image;
}

// --- JPEG: libjpeg reports errors by a function that must not return.
struct JpegErrors {
  jpeg_error_mgr manager;
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

void jpegFail(j_common_ptr info) {
  auto* errors = reinterpret_cast<JpegErrors*>(info->err);
  (*info->err->format_message)(info, errors->message);
  std::longjmp(errors->back, 1);
}

// A truncated file is only a warning to libjpeg, which fills the rest with grey: here it is an error. Stray bytes
// between markers harm nothing and are common in photographs.
void jpegWarn(j_common_ptr info, int level) {
  if (level < 0 && (info->err->msg_code == JWRN_JPEG_EOF || info->err->msg_code == JWRN_HIT_MARKER)) jpegFail(info);
}

// A row of samples to three planes, `plane` apart.
void spread(const JSAMPLE* row, std::size_t columns, std::size_t channels, std::size_t plane, std::uint8_t* out) {
  std::uint8_t* const planes[3] = {out, out + plane, out + 2 * plane};
  if (channels == 3) return kernels::spreadColours(row, columns, planes);
  for (std::uint8_t* to : planes) {
    const std::size_t c = static_cast<std::size_t>(to - out) / plane;
    // CMYK in JPEG is stored inverted (Adobe): ink times black.
    for (std::size_t x = 0; x < columns; ++x)
      to[x] = channels == 4 ? static_cast<std::uint8_t>(row[4 * x + c] * row[4 * x + 3] / 255) : row[x];
  }
}

// Everything with a destructor lives with the caller: longjmp skips this frame.
bool decodeJpeg(std::span<const std::byte> bytes, int reduceToSide, std::vector<std::uint8_t>& pixels, int& width,
                int& height, JpegErrors& errors) {
  jpeg_decompress_struct info;
  info.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = jpegFail;
  errors.manager.emit_message = jpegWarn;
  std::strcpy(errors.message, "");
  if (setjmp(errors.back) != 0) {
    jpeg_destroy_decompress(&info);
    return false;
  }
  jpeg_create_decompress(&info);
  jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&info, TRUE);
  if (static_cast<std::uint64_t>(info.image_width) * info.image_height > kMaximumPixels) {
    std::strcpy(errors.message, "it has more than 64 megapixels");
    jpeg_destroy_decompress(&info);
    return false;
  }
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = cmyk ? JCS_CMYK : info.jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
  if (reduceToSide > 0) {
    const unsigned shorter = std::min(info.image_width, info.image_height);
    for (unsigned d = 8; d > 1; d /= 2)
      if (shorter / d >= static_cast<unsigned>(reduceToSide)) {
        info.scale_num = 1;
        info.scale_denom = d;
        break;
      }
  }
  jpeg_start_decompress(&info);
  width = static_cast<int>(info.output_width);
  height = static_cast<int>(info.output_height);
  const std::size_t columns = info.output_width;
  const auto channels = static_cast<std::size_t>(info.output_components);
  pixels.resize(columns * info.output_height * 3);
  JSAMPARRAY row = (*info.mem->alloc_sarray)(reinterpret_cast<j_common_ptr>(&info), JPOOL_IMAGE,
                                             static_cast<JDIMENSION>(columns * channels), 1);
  while (info.output_scanline < info.output_height) {
    std::uint8_t* out = pixels.data() + static_cast<std::size_t>(info.output_scanline) * columns;
    jpeg_read_scanlines(&info, row, 1);
    spread(row[0], columns, channels, columns * info.output_height, out);
  }
  jpeg_finish_decompress(&info);
  jpeg_destroy_decompress(&info);
  return true;
}

// --- PNG, by libpng's simplified interface.
Expected<RgbImage> decodePng(std::span<const std::byte> bytes, const std::string& name) {
  png_image info;
  std::memset(&info, 0, sizeof info);
  info.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_memory(&info, bytes.data(), bytes.size()) == 0) return refuse(name, info.message);
  if (static_cast<std::uint64_t>(info.width) * info.height > kMaximumPixels) {
    png_image_free(&info);
    return refuse(name, "it has more than 64 megapixels");
  }
  info.format = PNG_FORMAT_RGB;
  const png_color grey{kMidGrey, kMidGrey, kMidGrey};
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(info));
  const auto width = static_cast<int>(info.width);
  const auto height = static_cast<int>(info.height);
  if (png_image_finish_read(&info, &grey, pixels.data(), 0, nullptr) == 0) {
    png_image_free(&info);
    return refuse(name, info.message);
  }
  return planar(pixels, width, height);
}

bool startsWith(std::span<const std::byte> bytes, std::initializer_list<unsigned> prefix) {
  if (bytes.size() < prefix.size()) return false;
  return std::equal(prefix.begin(), prefix.end(), bytes.begin(),
                    [](unsigned a, std::byte b) { return a == static_cast<unsigned>(b); });
}

// One axis of a resampling: for each of `count` targets from `begin` on the first source and its weights. Triangle of
// at least one source pixel's width: bilinear when enlarging, area-averaging (linear-weighted) when reducing.
struct Taps {
  std::vector<int> first;
  std::vector<std::vector<float>> weights;

  [[nodiscard]] int begin() const { return first.front(); }
  [[nodiscard]] int end() const { return first.back() + static_cast<int>(weights.back().size()); }
};

Taps makeTaps(int from, std::int64_t to, std::int64_t begin, int count) {
  Taps taps;
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  for (int n = 0; n < count; ++n) {
    const auto i = static_cast<double>(begin + n);
    int first = 0;
    std::vector<float> weights;
    if (scale <= 1) {
      const double centre = std::clamp((i + 0.5) * scale - 0.5, 0.0, static_cast<double>(from - 1));
      first = std::min(static_cast<int>(centre), std::max(0, from - 2));
      const auto right = static_cast<float>(centre - first);
      weights = from > 1 ? std::vector<float>{1 - right, right} : std::vector<float>{1};
    } else {
      const double low = i * scale;
      const double high = std::min((i + 1) * scale, static_cast<double>(from));
      first = static_cast<int>(low);
      for (int s = first; s < from && s < high; ++s)
        weights.push_back(
            static_cast<float>((std::min<double>(s + 1, high) - std::max<double>(s, low)) / (high - low)));
    }
    taps.first.push_back(first);
    taps.weights.push_back(std::move(weights));
  }
  return taps;
}

}  // namespace

Expected<RgbImage> decodeImage(std::span<const std::byte> bytes, const std::string& name, int reduceToSide) {
  if (startsWith(bytes, {0x89, 'P', 'N', 'G'})) return decodePng(bytes, name);
  if (!startsWith(bytes, {0xFF, 0xD8})) return refuse(name, "it is neither PNG nor JPEG");
  std::vector<std::uint8_t> pixels;
  int width = 0;
  int height = 0;
  JpegErrors errors;
  if (!decodeJpeg(bytes, reduceToSide, pixels, width, height, errors)) return refuse(name, errors.message);
  return RgbImage{width, height, std::move(pixels)};
}

Expected<RgbImage> readImage(const std::filesystem::path& path, int reduceToSide) {
  const auto bytes = readFile(path, kMaximumFile);
  if (!bytes) return tl::unexpected(bytes.error());
  return decodeImage(std::as_bytes(std::span(*bytes)), path.string(), reduceToSide);
}

Status writePng(const std::filesystem::path& path, const RgbImage& image) {
  const std::size_t plane = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height);
  if (image.width <= 0 || image.height <= 0 || image.pixels.size() != 3 * plane)
    return failure("The image cannot be written", "its size does not fit its pixels", "", path.string());
  std::vector<std::uint8_t> interleaved(3 * plane);
  for (std::size_t p = 0; p < plane; ++p)
    for (std::size_t c = 0; c < 3; ++c) interleaved[3 * p + c] = image.pixels[c * plane + p];
  png_image info;
  std::memset(&info, 0, sizeof info);
  info.version = PNG_IMAGE_VERSION;
  info.width = static_cast<png_uint_32>(image.width);
  info.height = static_cast<png_uint_32>(image.height);
  info.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  if (png_image_write_get_memory_size(info, size, 0, interleaved.data(), 0, nullptr) == 0)
    return failure("The image cannot be written", info.message, "", path.string());
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&info, bytes.data(), &size, 0, interleaved.data(), 0, nullptr) == 0)
    return failure("The image cannot be written", info.message, "", path.string());
  bytes.resize(size);
  return writeFileAtomically(path, bytes);
}

RgbImage resizeImage(const RgbImage& image, int width, int height) {
  return resizeImagePart(image, {width, height, 0, 0, width, height});
}

RgbImage resizeImagePart(const RgbImage& image, const ResizedPart& part) {
  const bool whole = part.width == image.width && part.height == image.height && part.fullWidth == image.width &&
                     part.fullHeight == image.height;
  if (whole) return image;
  const Taps across = makeTaps(image.width, part.fullWidth, part.left, part.width);
  const Taps down = makeTaps(image.height, part.fullHeight, part.top, part.height);
  const auto width = static_cast<std::size_t>(part.width);
  const auto height = static_cast<std::size_t>(part.height);
  RgbImage out{part.width, part.height, {}};
  out.pixels.resize(3 * width * height);
  std::vector<float> rows(width * static_cast<std::size_t>(down.end() - down.begin()));  // those that the part is of
  for (int c = 0; c < 3; ++c) {
    const std::uint8_t* source = image.pixels.data() + static_cast<std::size_t>(c) * image.pixels.size() / 3;
    for (int y = down.begin(); y < down.end(); ++y)
      for (std::size_t x = 0; x < width; ++x) {
        const auto& weights = across.weights[x];
        const std::uint8_t* from = source + static_cast<std::ptrdiff_t>(y) * image.width + across.first[x];
        float sum = 0;
        for (std::size_t k = 0; k < weights.size(); ++k) sum += weights[k] * static_cast<float>(from[k]);
        rows[static_cast<std::size_t>(y - down.begin()) * width + x] = sum;
      }
    std::uint8_t* target = out.pixels.data() + static_cast<std::size_t>(c) * width * height;
    for (std::size_t y = 0; y < height; ++y) {
      const auto& weights = down.weights[y];
      const auto first = static_cast<std::size_t>(down.first[y] - down.begin());
      for (std::size_t x = 0; x < width; ++x) {
        float sum = 0;
        for (std::size_t k = 0; k < weights.size(); ++k) sum += weights[k] * rows[(first + k) * width + x];
        target[y * width + x] = static_cast<std::uint8_t>(std::clamp(sum + 0.5F, 0.0F, 255.0F));
      }
    }
  }
  return out;
}

}  // namespace pinwheel::formats
