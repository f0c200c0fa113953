// How fast data is read, by processor time, beside libjpeg-turbo alone.
//
//     reading csv FILE                  a table of numbers, in MB/s of one core
//     reading jpeg FOLDER SIDE [N]      a folder of JPEG files, resized to SIDE x SIDE, by N threads (2): images
//                                       of one size a second, and those that libjpeg-turbo decodes alone into memory
//                                       with as many threads
#include "runtime/data/CsvParts.h"
#include "runtime/data/Dataset.h"
#include "runtime/data/ImageFiles.h"
#include "runtime/support/Error.h"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include <jpeglib.h>

extern "C" const nnc::runtime::ImageReader *nnc_images();

using namespace nnc::runtime;

static double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

static double processorSeconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

static int readTable(const std::string &path) {
  size_t columns = 0;
  CsvParts parts(path, {}, nnc::text::Encoding::Utf8, 1 << 16, true);
  if (std::optional<CsvReader> part = parts.next(); part && part->next())
    columns = part->cells().size();
  DataBlock block;
  block.name = "table";
  block.fields = {{"x", DType::F32, {static_cast<int64_t>(columns)}, 0, {}}};
  DataSplit split;
  split.name = "train";
  split.reader = "csv";
  split.files = {path};
  split.header = false;
  DataConventions conventions;
  const double begin = processorSeconds();
  const Dataset dataset = readSplit(block, split, "", conventions);
  const double time = processorSeconds() - begin;
  std::printf("%lld rows of %zu numbers, %.2f s of a processor, %.0f MB/s\n",
              static_cast<long long>(dataset.examples), columns, time,
              static_cast<double>(std::filesystem::file_size(path)) / 1e6 / time);
  return 0;
}

/// Decodes one file as the library's manual does; without a place for its pixels, returns their number.
static size_t decodeAlone(const std::string &path, unsigned char *pixels) {
  const Bytes content = readFile(path);
  jpeg_decompress_struct jpeg = {};
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char *>(content.data()), content.size());
  jpeg_read_header(&jpeg, TRUE);
  jpeg.out_color_space = JCS_RGB;
  const size_t size = size_t(3) * jpeg.image_width * jpeg.image_height;
  if (!pixels) {
    jpeg_destroy_decompress(&jpeg);
    return size;
  }
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels + size_t(3) * jpeg.output_scanline * jpeg.output_width;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return size;
}

static int readImages(const std::string &folder, int64_t side, int threads) {
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(folder))
    files.push_back(entry.path().string());
  DataBlock block;
  block.name = "images";
  block.fields = {{"image", DType::F32, {side, side, 3}, 0, {}}};
  DataSplit split;
  split.name = "train";
  split.reader = "images";
  split.files = {folder};
  split.resize = true;
  const double count = static_cast<double>(files.size());
  const size_t size = files.empty() ? 0 : decodeAlone(files[0], nullptr); // of all files
  // In turns, since other work on the machine slows both.
  for (int round = 0; round < 3; ++round) {
    double begin = seconds(), beginProcessor = processorSeconds();
    Bytes pixels(files.size() * size);
    std::atomic<size_t> next = 0;
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i)
      workers.emplace_back([&] {
        for (size_t file; (file = next++) < files.size();)
          decodeAlone(files[file], reinterpret_cast<unsigned char *>(pixels.data()) + file * size);
      });
    for (std::thread &worker : workers)
      worker.join();
    const double alone = seconds() - begin, aloneProcessor = processorSeconds() - beginProcessor;
    pixels = Bytes();
    DataConventions conventions;
    begin = seconds();
    beginProcessor = processorSeconds();
    readSplit(block, split, "", conventions);
    const double ours = seconds() - begin, oursProcessor = processorSeconds() - beginProcessor;
    std::printf(
        "%zu images: libjpeg-turbo alone %.0f a second, reader %.0f a second (%.0f %%); of a "
        "processor %.3f and %.3f ms an image (%.0f %%)\n",
        files.size(), count / alone, count / ours, 100 * alone / ours, 1e3 * aloneProcessor / count,
        1e3 * oursProcessor / count, 100 * aloneProcessor / oursProcessor);
  }
  return 0;
}

int main(int count, char **words) {
  const std::vector<std::string> arguments(words + 1, words + count);
  imageReader = nnc_images();
  try {
    if (arguments.size() == 2 && arguments[0] == "csv")
      return readTable(arguments[1]);
    if (arguments.size() >= 3 && arguments[0] == "jpeg")
      return readImages(arguments[1], std::stoll(arguments[2]),
                        arguments.size() > 3 ? std::stoi(arguments[3]) : 2);
  } catch (const Error &error) {
    std::fprintf(stderr, "reading: %s\n", error.what());
    return 1;
  }
  std::fprintf(stderr, "usage: reading csv FILE | reading jpeg FOLDER SIDE [THREADS]\n");
  return 2;
}
