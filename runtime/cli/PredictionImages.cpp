// Implements predictions as a sheet of images.
#include "runtime/cli/ExampleImages.h"
#include "runtime/cli/Predictions.h"

#include <algorithm>

namespace nnc::runtime {

std::string formatPng(const std::vector<Prediction> &predictions, int64_t examples) {
  constexpr int64_t across = 10;
  std::vector<std::pair<const Prediction *, DataField>> outputs;
  for (const Prediction &prediction : predictions) {
    DataField field;
    field.dtype = prediction.dtype;
    field.shape = prediction.shape;
    if (isImage(field) && prediction.lengths.empty())
      outputs.emplace_back(&prediction, std::move(field));
  }
  if (outputs.empty())
    fail("a .png file draws images, float[rows, columns] or with one or three channels behind, and "
         "no output is one");
  const Shape &shape = outputs[0].second.shape;
  if (std::ranges::any_of(outputs, [&](auto &output) { return output.second.shape != shape; }))
    fail("the images of the outputs differ in shape; --select one");
  const auto count = static_cast<int64_t>(outputs.size());
  std::vector<Image> all;
  for (int64_t example = 0; example < examples; ++example)
    for (const auto &[prediction, field] : outputs)
      all.push_back(imageOf(prediction->bytes.data(), field.dtype, field, example));
  ContactSheet sheet(outputs[0].second, std::min(across, examples),
                     (examples + across - 1) / across * count, all, /*gap=*/2);
  for (size_t i = 0; i < all.size(); ++i) {
    const int64_t example = static_cast<int64_t>(i) / count,
                  output = static_cast<int64_t>(i) % count;
    sheet.draw(all[i], example % across, example / across * count + output);
  }
  return sheet.png();
}

} // namespace nnc::runtime
