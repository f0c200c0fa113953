// The sizes that values have once they are computed for a whole batch.
#include "lang/elaborate/Shapes.h"
#include "lang/elaborate/Training.h"

#include <fmt/format.h>

namespace nnc::lang {
namespace {

/// Which values of a function are computed for each example of a batch.
std::vector<bool> findPerExample(const Function &function) {
  std::vector<bool> perExample(function.values.size());
  for (const FunctionArgument &argument : function.arguments)
    if (argument.kind == ArgumentKind::Input)
      perExample[argument.value] = true;
  for (const Operation &operation : function.operations) {
    if (operation.name == "batch_mean" || operation.name == "batch_sum")
      continue;
    bool any = false;
    for (ValueId operand : operation.operands)
      any = any || perExample[operand];
    for (ValueId result : operation.results)
      perExample[result] = any;
  }
  return perExample;
}

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
  const int64_t batch = program.recipe.batch;
  for (const Function &function : program.functions) {
    std::vector<bool> perExample = findPerExample(function);
    for (ValueId id = 0; id < function.values.size(); ++id) {
      const Value &value = function.values[id];
      Shape shape;
      for (int64_t size : value.type.shape)
        shape.push_back({size, nullptr});
      const int64_t bytes = elementCount(shape) * bytesPerElement(value.type.element);
      if (!perExample[id] || bytes <= maximumBatchBytes / batch)
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
