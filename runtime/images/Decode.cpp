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

struct PngFile {
  const Bytes &content;
  size_t position = 0;
  std::jmp_buf place = {};
  char message[128] = "";
};

void failPng(png_structp png, png_const_charp message) {
  PngFile *file = static_cast<PngFile *>(png_get_error_ptr(png));
  std::snprintf(file->message, sizeof file->message, "%s", message);
  std::longjmp(file->place, 1);
}

void ignorePngMessage(png_structp, png_const_charp) {}

void readPng(png_structp png, png_bytep bytes, size_t count) {
  PngFile *file = static_cast<PngFile *>(png_get_io_ptr(png));
  if (count > file->content.size() - file->position)
    png_error(png, "the file ends early");
  std::memcpy(bytes, file->content.data() + file->position, count);
  file->position += count;
}

/// Reads the header, and asks for pixels of 8 bits for each colour, as they stand in the file; false if
/// it is damaged. No object with a destructor is alive where the library jumps back to.
bool beginPng(png_structp png, png_infop info, PngFile &file) {
  if (setjmp(file.place))
    return false;
  png_set_read_fn(png, &file, readPng);
  png_read_info(png, info);
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

bool readPngRows(png_structp png, PngFile &file, png_bytepp rows) {
  if (setjmp(file.place))
    return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

/// Puts pixels with opacities on black.
void blendOnBlack(const std::vector<uint8_t> &blended, ColourImage &image) {
  uint8_t *colours = image.bytes.data();
  for (size_t at = 0; at < blended.size(); at += 4)
    for (size_t channel = 0; channel < 3; ++channel)
      *colours++ = static_cast<uint8_t>((blended[at + channel] * blended[at + 3] + 127) / 255);
}

void decodePng(const Bytes &content, const std::string &origin, ColourImage &image) {
  PngFile file{content};
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &file, failPng, ignorePngMessage);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  bool good = info && beginPng(png, info, file);
  std::string problem;
  if (good) {
    try {
      const int64_t height = png_get_image_height(png, info),
                    width = png_get_image_width(png, info);
      makeImage(image, height, width, origin);
      const size_t channels = png_get_channels(png, info);
      std::vector<uint8_t> blended(channels == 4 ? static_cast<size_t>(4 * height * width) : 0);
      uint8_t *pixels = channels == 4 ? blended.data() : image.bytes.data();
      std::vector<png_bytep> rows;
      for (int64_t row = 0; row < height; ++row)
        rows.push_back(pixels + static_cast<size_t>(row * width) * channels);
      good = readPngRows(png, file, rows.data());
      if (good && channels == 4)
        blendOnBlack(blended, image);
    } catch (const Error &error) {
      problem = error.what();
    }
  }
  png_destroy_read_struct(&png, &info, nullptr);
  if (!problem.empty())
    throw Error(problem);
  if (!good)
    fail("%s: libpng: %s", origin.c_str(), file.message);
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
  // Only what divides the size: the last row or column of another reduced image would cover pixels
  // that do not exist.
  auto isHalvable = [&](int64_t size, int64_t least) {
    const int64_t reduction = 2 * int64_t(jpeg.scale_denom);
    return size % reduction == 0 && size / reduction >= least;
  };
  while (jpeg.scale_denom < 8 && isHalvable(jpeg.image_height, rows) &&
         isHalvable(jpeg.image_width, columns))
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
  constexpr int own = 2; // to be raised whenever pixels change
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
