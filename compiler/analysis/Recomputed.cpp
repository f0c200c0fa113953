// Transfers the mark of recomputed operations, and converts the report to an attribute and back.
#include "compiler/analysis/Recomputed.h"

#include "compiler/analysis/BufferAnalysis.h"
#include "compiler/dialect/NN.h"

using namespace mlir;

namespace nnc {

void RecomputedListener::notifyOperationReplaced(Operation *operation, ValueRange) {
  if (Attribute mark = operation->getAttr(recomputedAttrName))
    for (Operation *other : inserted)
      if (isKernel(other) || isa<nn::NNDialect>(other->getDialect()))
        other->setAttr(recomputedAttrName, mark);
  inserted.clear();
}

DictionaryAttr RecomputationReport::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  SmallVector<Attribute> entries;
  for (const Value &value : values)
    entries.push_back(
        builder.getDictionaryAttr({builder.getNamedAttr("name", builder.getStringAttr(value.name)),
                                   number("line", value.line), number("bytes", value.bytes)}));
  return builder.getDictionaryAttr({number("bytes", bytes), number("operations", operations),
                                    builder.getNamedAttr("values", builder.getArrayAttr(entries))});
}

std::optional<RecomputationReport> RecomputationReport::of(Operation *function) {
  auto attribute = function->getAttrOfType<DictionaryAttr>(recomputationAttrName);
  if (!attribute)
    return std::nullopt;
  auto number = [](DictionaryAttr from, StringRef name) {
    return cast<IntegerAttr>(from.get(name)).getInt();
  };
  RecomputationReport report;
  report.bytes = number(attribute, "bytes");
  report.operations = number(attribute, "operations");
  for (auto value : cast<ArrayAttr>(attribute.get("values")).getAsRange<DictionaryAttr>())
    report.values.push_back(
        {cast<StringAttr>(value.get("name")).str(), number(value, "line"), number(value, "bytes")});
  return report;
}

} // namespace nnc
