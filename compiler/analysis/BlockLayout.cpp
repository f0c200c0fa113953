// Appends tensors to blocks, and converts layouts to attributes and back.
#include "compiler/analysis/BlockLayout.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace nnc {

int64_t bytesOf(RankedTensorType type) {
  return type.getNumElements() * ((type.getElementTypeBitWidth() + 7) / 8);
}

unsigned BlockLayout::append(std::string name, std::string kind, RankedTensorType type,
                             int64_t alignment) {
  BlockTensor tensor{std::move(name), std::move(kind), bytes, type};
  bytes += llvm::alignTo(tensor.bytes(), alignment);
  add(std::move(tensor));
  return tensors.size() - 1;
}

void BlockLayout::add(BlockTensor tensor) {
  numbers.try_emplace({tensor.kind, tensor.name}, tensors.size());
  tensors.push_back(std::move(tensor));
}

std::optional<unsigned> BlockLayout::find(StringRef kind, StringRef name) const {
  auto found = numbers.find({kind.str(), name.str()});
  return found == numbers.end() ? std::nullopt : std::optional(found->second);
}

DictionaryAttr BlockLayout::toAttribute(MLIRContext *context) const {
  Builder builder(context);
  SmallVector<Attribute> entries;
  for (const BlockTensor &tensor : tensors)
    entries.push_back(builder.getDictionaryAttr({
        builder.getNamedAttr("kind", builder.getStringAttr(tensor.kind)),
        builder.getNamedAttr("name", builder.getStringAttr(tensor.name)),
        builder.getNamedAttr("offset", builder.getI64IntegerAttr(tensor.offset)),
        builder.getNamedAttr("type", TypeAttr::get(tensor.type)),
    }));
  return builder.getDictionaryAttr({
      builder.getNamedAttr("bytes", builder.getI64IntegerAttr(bytes)),
      builder.getNamedAttr("tensors", builder.getArrayAttr(entries)),
  });
}

static int64_t integer(DictionaryAttr dictionary, StringRef name) {
  auto value = dictionary.getAs<IntegerAttr>(name);
  return value ? value.getInt() : 0;
}

static bool truth(DictionaryAttr dictionary, StringRef name) {
  auto value = dictionary.getAs<BoolAttr>(name);
  return value && value.getValue();
}

static std::string text(DictionaryAttr dictionary, StringRef name) {
  auto value = dictionary.getAs<StringAttr>(name);
  return value ? value.str() : "";
}

BlockLayout BlockLayout::fromAttribute(Attribute attribute) {
  BlockLayout layout;
  auto dictionary = dyn_cast_or_null<DictionaryAttr>(attribute);
  if (!dictionary)
    return layout;
  layout.bytes = integer(dictionary, "bytes");
  if (auto entries = dictionary.getAs<ArrayAttr>("tensors"))
    for (auto entry : entries.getAsRange<DictionaryAttr>())
      layout.add({text(entry, "name"), text(entry, "kind"), integer(entry, "offset"),
                  cast<RankedTensorType>(entry.getAs<TypeAttr>("type").getValue())});
  return layout;
}

DictionaryAttr toAttribute(const FunctionBlocks &blocks, MLIRContext *context) {
  Builder builder(context);
  auto number = [&](StringRef name, int64_t value) {
    return builder.getNamedAttr(name, builder.getI64IntegerAttr(value));
  };
  SmallVector<Attribute> buffers;
  for (const ArenaBuffer &buffer : blocks.buffers)
    buffers.push_back(builder.getDictionaryAttr({
        number("bytes", buffer.bytes),
        number("first", buffer.first),
        number("last", buffer.last),
        number("line", buffer.line),
        builder.getNamedAttr("name", builder.getStringAttr(buffer.name)),
        number("offset", buffer.offset),
        builder.getNamedAttr("saved", builder.getBoolAttr(buffer.saved)),
    }));
  SmallVector<Attribute> regions;
  for (const KernelRegion &region : blocks.regions)
    regions.push_back(builder.getDictionaryAttr({
        builder.getNamedAttr("backward", builder.getBoolAttr(region.backward)),
        number("bytes", region.bytes),
        number("flop", region.flop),
        builder.getNamedAttr("kind", builder.getStringAttr(region.kind)),
        number("line", region.line),
    }));
  return builder.getDictionaryAttr({
      number("arena_bytes", blocks.arenaBytes),
      builder.getNamedAttr("buffers", builder.getArrayAttr(buffers)),
      number("flop", blocks.flop),
      builder.getNamedAttr("inputs", blocks.inputs.toAttribute(context)),
      number("largest_live_bytes", blocks.largestLiveBytes),
      number("limit", blocks.limit),
      builder.getNamedAttr("outputs", blocks.outputs.toAttribute(context)),
      number("panel_bytes", blocks.panelBytes),
      builder.getNamedAttr("regions", builder.getArrayAttr(regions)),
      number("thread_bytes", blocks.threadBytes),
  });
}

ModuleBlocks readBlocks(ModuleOp module) {
  ModuleBlocks result;
  result.persistent = BlockLayout::fromAttribute(module->getAttr(persistentAttrName));
  result.scalars = BlockLayout::fromAttribute(module->getAttr(scalarsAttrName));
  result.cache = BlockLayout::fromAttribute(module->getAttr(cacheAttrName));
  for (Operation &operation : module.getOps()) {
    auto dictionary = operation.getAttrOfType<DictionaryAttr>(blocksAttrName);
    if (!dictionary)
      continue;
    FunctionBlocks blocks;
    blocks.symbol = SymbolTable::getSymbolName(&operation).str();
    blocks.inputs = BlockLayout::fromAttribute(dictionary.get("inputs"));
    blocks.outputs = BlockLayout::fromAttribute(dictionary.get("outputs"));
    blocks.arenaBytes = integer(dictionary, "arena_bytes");
    blocks.panelBytes = integer(dictionary, "panel_bytes");
    blocks.threadBytes = integer(dictionary, "thread_bytes");
    blocks.largestLiveBytes = integer(dictionary, "largest_live_bytes");
    blocks.flop = integer(dictionary, "flop");
    blocks.limit = integer(dictionary, "limit");
    for (auto entry : dictionary.getAs<ArrayAttr>("buffers").getAsRange<DictionaryAttr>())
      blocks.buffers.push_back({text(entry, "name"), integer(entry, "line"),
                                integer(entry, "offset"), integer(entry, "bytes"),
                                integer(entry, "first"), integer(entry, "last"),
                                truth(entry, "saved")});
    for (auto entry : dictionary.getAs<ArrayAttr>("regions").getAsRange<DictionaryAttr>())
      blocks.regions.push_back({integer(entry, "line"), text(entry, "kind"),
                                truth(entry, "backward"), integer(entry, "flop"),
                                integer(entry, "bytes")});
    result.functions.push_back(std::move(blocks));
  }
  return result;
}

} // namespace nnc
