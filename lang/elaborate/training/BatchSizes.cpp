// Implements the limit on the size of a batch.
#include "lang/elaborate/training/BatchSizes.h"

#include "lang/elaborate/values/Shapes.h"

#include <algorithm>

namespace nnc::lang {

namespace {

int64_t bytesPerElement(Element element) {
  switch (element) {
  case Element::Bool:
    return 1;
  case Element::Real:
    return 8;
  default:
    return 4;
  }
}

} // namespace

void checkBatchSizes(const Program &program, Diagnostics &diagnostics) {
  for (const Function &function : program.functions) {
    const int64_t batch = function.batch;
    for (const Value &value : function.values) {
      Shape shape;
      for (int64_t size : value.type.shape)
        shape.push_back({size, nullptr});
      const int64_t bytes = elementCount(shape) * bytesPerElement(value.type.element);
      if (!value.perExample || bytes <= maximumBatchBytes / batch)
        continue;
      diagnostics.report(Diag::BatchTooLarge, value.range,
                         value.name.empty() ? describe(value.type.element, shape)
                                            : fmt::format("`{}`", value.name),
                         fmt::format("{}", static_cast<unsigned __int128>(bytes) * batch), batch,
                         maximumBatchBytes, std::max<int64_t>(1, maximumBatchBytes / bytes));
      return;
    }
  }
}

} // namespace nnc::lang
