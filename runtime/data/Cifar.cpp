// Implements the reader of CIFAR-10: planes of colours become pixels.
#include "runtime/data/Cifar.h"

#include "runtime/support/Error.h"

namespace nnc::runtime {

static constexpr size_t pixels = 32 * 32, channels = 3, recordBytes = 1 + channels * pixels;

/// One after the other: the planes of a record, red first, to pixels of three bytes.
static void interleave(const char *planes, char *image) {
  for (size_t pixel = 0; pixel < pixels; ++pixel)
    for (size_t channel = 0; channel < channels; ++channel)
      image[pixel * channels + channel] = planes[channel * pixels + pixel];
}

static void append(FieldData &all, FieldData more) {
  if (all.bytes.empty())
    all = std::move(more);
  else
    all.bytes.insert(all.bytes.end(), more.bytes.begin(), more.bytes.end());
}

bool isCifar(std::string_view content) {
  if (content.empty() || content.size() % recordBytes)
    return false;
  for (size_t record = 0; record < content.size(); record += recordBytes)
    if (static_cast<unsigned char>(content[record]) >= 10)
      return false;
  return true;
}

Dataset readCifarSplit(const DataBlock &block, const DataSplit &split, const std::string &folder,
                       DataConventions &conventions) {
  const DataField *image = nullptr, *label = nullptr;
  for (const DataField &field : block.fields) {
    if (field.classes > 0)
      label = &field;
    else if (isFloat(field.dtype) && field.shape == Shape{32, 32, 3})
      image = &field;
  }
  if (!image || !label || block.fields.size() != 2)
    fail("data '%s': CIFAR files hold an image, float[32, 32, 3], and a label, class[10]",
         block.name.c_str());
  FieldData images, labels;
  for (const std::string &file : split.files) {
    std::string path = joinPath(folder, file);
    Bytes content = readFileOrGz(path);
    if (content.empty() || content.size() % recordBytes)
      fail("%s: not a CIFAR-10 batch: its size, %zu bytes, is not a positive multiple of %zu",
           path.c_str(), content.size(), recordBytes);
    size_t records = content.size() / recordBytes;
    int64_t examples = static_cast<int64_t>(records);
    Array fileImages{DType::U8, {examples, 32, 32, 3}, {}, path};
    Array fileLabels{DType::U8, {examples}, {}, path};
    fileImages.bytes.resize(records * channels * pixels);
    fileLabels.bytes.resize(records);
    for (size_t record = 0; record < records; ++record) {
      const char *bytes = content.data() + record * recordBytes;
      fileLabels.bytes[record] = bytes[0];
      interleave(bytes + 1, fileImages.bytes.data() + record * channels * pixels);
    }
    bool training = split.isTraining();
    append(images, fieldFromArray(*image, std::move(fileImages), conventions, training));
    append(labels, fieldFromArray(*label, std::move(fileLabels), conventions, training));
  }
  Dataset dataset;
  dataset.examples = static_cast<int64_t>(labels.bytes.size());
  for (const DataField &field : block.fields)
    dataset.fields.push_back(std::move(&field == image ? images : labels));
  return dataset;
}

} // namespace nnc::runtime
