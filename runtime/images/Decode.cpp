// Implements decodeImage().
#include "runtime/images/Decode.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <jpeglib.h>
#include <png.h>

namespace nnc::runtime {

namespace {

constexpr int64_t mostPixels = 100'000'000;

void checkSize(int64_t rows, int64_t columns, const std::string &origin) {
  if (rows < 1 || columns < 1 || rows > mostPixels / columns)
    fail("%s: it says that it has %lld x %lld pixels", origin.c_str(), static_cast<long long>(rows),
         static_cast<long long>(columns));
}

void makeImage(ColourImage &image, int64_t rows, int64_t columns, const std::string &origin) {
  checkSize(rows, columns, origin);
  image.rows = rows;
  image.columns = columns;
  image.bytes.resize(static_cast<size_t>(3 * rows * columns));
}

void decodePng(const Bytes &content, const std::string &origin, ColourImage &image) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_memory(&png, content.data(), content.size()))
    fail("%s: libpng: %s", origin.c_str(), png.message);
  png.format = PNG_FORMAT_RGB;
  try {
    makeImage(image, png.height, png.width, origin);
  } catch (...) {
    png_image_free(&png);
    throw;
  }
  const png_color black = {};
  if (!png_image_finish_read(&png, &black, image.bytes.data(), 0, nullptr))
    fail("%s: libpng: %s", origin.c_str(), png.message);
  // The library stops behind the last pixel. The chunk of the end follows, with its checksum.
  if (std::string_view(content.data(), content.size()).find("IEND\xAE\x42\x60\x82") ==
      std::string_view::npos)
    fail("%s: it ends before its end chunk: the file is damaged", origin.c_str());
}

struct JpegErrors {
  jpeg_error_mgr manager;
  std::jmp_buf place;
  char message[JMSG_LENGTH_MAX];
};

void failJpeg(j_common_ptr common) {
  JpegErrors *errors = reinterpret_cast<JpegErrors *>(common->err);
  common->err->format_message(common, errors->message);
  std::longjmp(errors->place, 1);
}

void ignoreJpegMessage(j_common_ptr) {}

/// Opens the image; false if it is damaged. No object with a destructor is alive where the library
/// jumps back to.
bool beginJpeg(jpeg_decompress_struct &jpeg, JpegErrors &errors, const Bytes &content, int64_t rows,
               int64_t columns) {
  jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = failJpeg;
  errors.manager.output_message = ignoreJpegMessage;
  if (setjmp(errors.place))
    return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char *>(content.data()), content.size());
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = JCS_RGB;
  jpeg.dct_method = JDCT_ISLOW;
  while (jpeg.scale_denom < 8 && jpeg.image_height / (2 * jpeg.scale_denom) >= rows &&
         jpeg.image_width / (2 * jpeg.scale_denom) >= columns)
    jpeg.scale_denom *= 2;
  jpeg_calc_output_dimensions(&jpeg);
  return true;
}

bool readJpegRows(jpeg_decompress_struct &jpeg, JpegErrors &errors, uint8_t *pixels) {
  if (setjmp(errors.place))
    return false;
  jpeg_start_decompress(&jpeg);
  // A truncated file is a warning of the library, which goes on with grey rows.
  while (jpeg.output_scanline < jpeg.output_height && errors.manager.num_warnings == 0) {
    JSAMPROW row = pixels + size_t(3) * jpeg.output_scanline * jpeg.output_width;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  if (errors.manager.num_warnings == 0)
    jpeg_finish_decompress(&jpeg);
  if (errors.manager.num_warnings == 0)
    return true;
  std::snprintf(errors.message, sizeof errors.message, "the file is damaged");
  return false;
}

void decodeJpeg(const Bytes &content, const std::string &origin, ColourImage &image, int64_t rows,
                int64_t columns) {
  jpeg_decompress_struct jpeg = {};
  JpegErrors errors = {};
  bool good = beginJpeg(jpeg, errors, content, rows, columns);
  std::string problem;
  if (good) {
    try {
      // A file of several scans takes memory for all of it, whatever its rows are reduced to.
      checkSize(jpeg.image_height, jpeg.image_width, origin);
      makeImage(image, jpeg.output_height, jpeg.output_width, origin);
    } catch (const Error &error) {
      problem = error.what();
    }
    good = problem.empty() && readJpegRows(jpeg, errors, image.bytes.data());
  }
  jpeg_destroy_decompress(&jpeg);
  if (!problem.empty())
    throw Error(problem);
  if (!good)
    fail("%s: libjpeg: %s", origin.c_str(), errors.message);
}

/// Numbers of the header of a PPM file, between blanks and comments.
class PpmHeader {
public:
  PpmHeader(const Bytes &content, const std::string &origin) : content(content), origin(origin) {}

  int64_t number() {
    bool comment = false;
    while (position < content.size() &&
           (comment || content[position] == '#' || std::isspace(byte()))) {
      comment = content[position] == '#' || (comment && content[position] != '\n');
      ++position;
    }
    int64_t value = 0;
    const size_t first = position;
    while (position < content.size() && std::isdigit(byte()) && position - first < 9)
      value = 10 * value + (content[position++] - '0');
    if (position == first)
      fail("%s: its header is damaged", origin.c_str());
    return value;
  }

  size_t position = 2;

private:
  unsigned char byte() const { return static_cast<unsigned char>(content[position]); }

  const Bytes &content;
  const std::string &origin;
};

void decodePpm(const Bytes &content, const std::string &origin, ColourImage &image) {
  PpmHeader header(content, origin);
  const int64_t columns = header.number(), rows = header.number(), most = header.number();
  if (most != 255)
    fail("%s: its pixels go to %lld, and only 255 is read", origin.c_str(),
         static_cast<long long>(most));
  checkSize(rows, columns, origin);
  const size_t channels = content[1] == '6' ? 3 : 1, begin = header.position + 1;
  const size_t count = static_cast<size_t>(rows * columns) * channels;
  if (content.size() < begin + count)
    fail("%s: it ends before its last pixel", origin.c_str());
  makeImage(image, rows, columns, origin);
  for (size_t i = 0; i < image.bytes.size(); ++i)
    image.bytes[i] = static_cast<uint8_t>(content[begin + (channels == 3 ? i : i / 3)]);
}

void decodeBmp(const Bytes &content, const std::string &origin, ColourImage &image) {
  auto word = [&](size_t at, size_t bytes) {
    uint32_t value = 0;
    for (size_t i = 0; i < bytes; ++i)
      value |= uint32_t(static_cast<uint8_t>(content[at + i])) << (8 * i);
    return value;
  };
  if (content.size() < 54 || word(14, 4) < 40)
    fail("%s: its header is damaged", origin.c_str());
  const int64_t columns = static_cast<int32_t>(word(18, 4)),
                height = static_cast<int32_t>(word(22, 4)), rows = std::abs(height);
  const size_t bits = word(28, 2), begin = word(10, 4), palette = 14 + word(14, 4);
  if (word(30, 4) != 0 || (bits != 8 && bits != 24 && bits != 32))
    fail("%s: only BMP files of 8, 24 or 32 bits without compression are read", origin.c_str());
  checkSize(rows, columns, origin);
  const size_t width = static_cast<size_t>(columns), stride = (width * bits + 31) / 32 * 4;
  if (begin > content.size() || content.size() - begin < stride * static_cast<size_t>(rows) ||
      (bits == 8 && palette + 4 * 256 > content.size()))
    fail("%s: it ends before its last pixel", origin.c_str());
  makeImage(image, rows, columns, origin);
  for (size_t row = 0; row < static_cast<size_t>(rows); ++row) {
    // The first row is the lowest, unless the height is negative.
    const size_t source = begin + stride * (height > 0 ? static_cast<size_t>(rows) - 1 - row : row);
    for (size_t column = 0; column < width; ++column) {
      const size_t pixel =
          bits == 8 ? palette + 4 * word(source + column, 1) : source + column * bits / 8;
      for (size_t channel = 0; channel < 3; ++channel) // blue first
        image.bytes[3 * (row * width + column) + channel] =
            static_cast<uint8_t>(content[pixel + 2 - channel]);
    }
  }
}

} // namespace

std::string decoderVersion() {
  constexpr int own = 1; // to be raised whenever pixels change
  return text("%d, libjpeg-turbo %d, libpng %d", own, LIBJPEG_TURBO_VERSION_NUMBER, PNG_LIBPNG_VER);
}

void decodeImage(const Bytes &content, const std::string &origin, ColourImage &image, int64_t rows,
                 int64_t columns) {
  const std::string_view view(content.data(), content.size());
  if (view.starts_with("\x89PNG"))
    return decodePng(content, origin, image);
  if (view.starts_with("\xFF\xD8"))
    return decodeJpeg(content, origin, image, rows, columns);
  if (view.starts_with("P6") || view.starts_with("P5"))
    return decodePpm(content, origin, image);
  if (view.starts_with("BM"))
    return decodeBmp(content, origin, image);
  fail("%s: it is not a PNG, JPEG, BMP or binary PPM file", origin.c_str());
}

} // namespace nnc::runtime
