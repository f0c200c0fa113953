// Elaborated program -> `nn` dialect.
//
// The front end names operations by their mnemonics and gives result types, so one generic path
// builds nearly all of them; only attributes whose form depends on the type (constants) or on an
// enumeration (compare) are special.
#include "compiler/import/ImportProgram.h"

#include "compiler/dialect/ExampleStates.h"
#include "compiler/dialect/NN.h"
#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Analysis/TopologicalSortUtils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Verifier.h"

using namespace mlir;

namespace nnc {
namespace {

nn::Kind kindOf(lang::ArgumentKind kind) {
  switch (kind) {
  case lang::ArgumentKind::Parameter:
    return nn::Kind::Parameter;
  case lang::ArgumentKind::Slot:
    return nn::Kind::Slot;
  case lang::ArgumentKind::State:
  case lang::ArgumentKind::ExampleState:
    return nn::Kind::State;
  case lang::ArgumentKind::Input:
    return nn::Kind::Input;
  case lang::ArgumentKind::Scalar:
    return nn::Kind::Scalar;
  case lang::ArgumentKind::Total:
    return nn::Kind::Total;
  }
  llvm_unreachable("argument kind");
}

nn::Kind kindOf(lang::ResultKind kind) {
  switch (kind) {
  case lang::ResultKind::Parameter:
    return nn::Kind::Parameter;
  case lang::ResultKind::Slot:
    return nn::Kind::Slot;
  case lang::ResultKind::State:
  case lang::ResultKind::ExampleState:
    return nn::Kind::State;
  case lang::ResultKind::Output:
  case lang::ResultKind::Total:
  case lang::ResultKind::Watch:
    return nn::Kind::Output;
  case lang::ResultKind::ExampleOutput:
    return nn::Kind::ExampleOutput;
  }
  llvm_unreachable("result kind");
}

class Importer {
public:
  Importer(FloatPrecision precision, MLIRContext &context, bool scopes)
      : builder(&context), scopes(scopes),
        floatType(precision == FloatPrecision::F32 ? builder.getF32Type() : builder.getF64Type()) {}

  LogicalResult importFunction(const lang::Function &function, ModuleOp module);

private:
  Type elementType(lang::Element element) {
    switch (element) {
    case lang::Element::Float:
      return floatType;
    case lang::Element::Real:
      return builder.getF64Type();
    case lang::Element::Int:
      return builder.getI32Type();
    case lang::Element::Bool:
      return builder.getI1Type();
    }
    llvm_unreachable("element");
  }

  RankedTensorType tensorType(const lang::Type &type) {
    return RankedTensorType::get(type.shape, elementType(type.element));
  }

  /// Counters (seed, step, steps) are 64 bits wide; all other integers are 32.
  RankedTensorType argumentType(const lang::FunctionArgument &argument, const lang::Type &type) {
    if (argument.kind == lang::ArgumentKind::Scalar && type.element == lang::Element::Int)
      return RankedTensorType::get(type.shape, builder.getI64Type());
    return tensorType(type);
  }

  Location location(const lang::SourceRange &range, StringRef name = {},
                    std::optional<uint32_t> scope = std::nullopt);
  Attribute attribute(const lang::Attribute &value);
  Attribute constantElements(const lang::Attribute &value, RankedTensorType type);
  LogicalResult importOperation(const lang::Function &function, const lang::Operation &operation);
  LogicalResult importScan(const lang::Function &function, const lang::Operation &operation,
                           Location location);
  void importSubstitution(const lang::Operation &operation);

  OpBuilder builder;
  const bool scopes;
  Type floatType;
  std::vector<Value> values;
};

Location Importer::location(const lang::SourceRange &range, StringRef name,
                            std::optional<uint32_t> scope) {
  Location place = builder.getUnknownLoc();
  if (range.valid()) {
    lang::LineColumn start = range.start();
    place = FileLineColLoc::get(builder.getContext(), range.file->name(), start.line, start.column);
  }
  if (scopes && scope)
    place = FusedLoc::get(builder.getContext(), {place}, builder.getI64IntegerAttr(*scope));
  return name.empty() ? place : NameLoc::get(builder.getStringAttr(name), place);
}

Attribute Importer::attribute(const lang::Attribute &value) {
  if (auto *integer = std::get_if<int64_t>(&value))
    return builder.getI64IntegerAttr(*integer);
  if (auto *real = std::get_if<double>(&value))
    return builder.getF64FloatAttr(*real);
  if (auto *text = std::get_if<std::string>(&value))
    return builder.getStringAttr(*text);
  if (auto *numbers = std::get_if<std::vector<double>>(&value))
    return builder.getDenseF64ArrayAttr(*numbers);
  return builder.getDenseI64ArrayAttr(std::get<std::vector<int64_t>>(value));
}

Attribute Importer::constantElements(const lang::Attribute &value, RankedTensorType type) {
  Type element = type.getElementType();
  auto elementOf = [&](double number) -> Attribute {
    if (isa<FloatType>(element))
      return builder.getFloatAttr(element, number);
    return builder.getIntegerAttr(element, static_cast<int64_t>(number));
  };
  if (auto *numbers = std::get_if<std::vector<double>>(&value))
    return DenseElementsAttr::get(type, llvm::map_to_vector(*numbers, elementOf));
  return DenseElementsAttr::get(type, elementOf(std::holds_alternative<int64_t>(value)
                                                    ? static_cast<double>(std::get<int64_t>(value))
                                                    : std::get<double>(value)));
}

LogicalResult Importer::importOperation(const lang::Function &function,
                                        const lang::Operation &operation) {
  if (operation.name == "substitute") {
    importSubstitution(operation);
    return success();
  }
  StringRef name =
      operation.results.empty() ? StringRef() : function.values[operation.results[0]].name;
  OperationState state(location(operation.range, name, operation.scope), "nn." + operation.name);
  if (!builder.getContext()->isOperationRegistered(state.name.getStringRef()))
    return emitError(state.location) << "the standard library names the operation `"
                                     << operation.name << "`, which this compiler does not have";
  if (!operation.body.empty())
    return importScan(function, operation, state.location);
  for (lang::ValueId operand : operation.operands)
    state.addOperands(values[operand]);
  for (lang::ValueId result : operation.results)
    state.addTypes(tensorType(function.values[result].type));
  for (const auto &[key, value] : operation.attributes) {
    if (operation.name == "constant")
      state.addAttribute(key, constantElements(value, cast<RankedTensorType>(state.types[0])));
    else if (operation.name == "compare")
      state.addAttribute(key, nn::ComparePredicateAttr::get(
                                  builder.getContext(),
                                  *nn::symbolizeComparePredicate(std::get<std::string>(value))));
    else
      state.addAttribute(key, attribute(value));
  }
  // Their last operand, `like`, may be missing.
  if (StringRef(operation.name).starts_with("random_"))
    state.addAttribute("operandSegmentSizes",
                       builder.getDenseI32ArrayAttr({1, 1, operation.operands.size() > 2}));
  Operation *created = builder.create(state);
  if (failed(verify(created, /*verifyRecursively=*/false)))
    return failure();
  for (auto [id, result] : llvm::zip_equal(operation.results, created->getResults()))
    values[id] = result;
  return success();
}

/// A value as it would be if other values were given to it: copies of the operations between them.
/// The operands are the value, and pairs of a value behind it and the one in its place.
void Importer::importSubstitution(const lang::Operation &operation) {
  Value value = values[operation.operands.front()];
  IRMapping copies;
  llvm::DenseSet<Value> replaced;
  for (size_t i = 1; i < operation.operands.size(); i += 2) {
    copies.map(values[operation.operands[i]], values[operation.operands[i + 1]]);
    replaced.insert(values[operation.operands[i]]);
  }
  llvm::SetVector<Operation *> sources;
  BackwardSliceOptions options;
  options.inclusive = true;
  options.omitUsesFromAbove = false;
  (void)getBackwardSlice(value, &sources, options);
  for (Operation *source : topologicalSort(sources)) {
    if (source->getBlock() != builder.getInsertionBlock() ||
        llvm::none_of(source->getOperands(),
                      [&](Value operand) { return replaced.contains(operand); }))
      continue;
    builder.clone(*source, copies);
    replaced.insert_range(source->getResults());
  }
  values[operation.results.front()] = copies.lookupOrDefault(value);
}

LogicalResult Importer::importScan(const lang::Function &function, const lang::Operation &operation,
                                   Location location) {
  const lang::Body &body = operation.body.front();
  SmallVector<Value> operands;
  for (lang::ValueId operand : operation.operands)
    operands.push_back(values[operand]);
  ArrayRef<Value> all(operands);
  size_t carries = body.carries.size();
  int64_t steps = std::get<int64_t>(operation.attributes.front().second);
  LogicalResult imported = success();
  auto scan = nn::ScanOp::create(
      builder, location, steps, /*reverse=*/false, all.take_front(body.sequences),
      all.slice(body.sequences, carries), all.drop_front(body.sequences + carries),
      [&](OpBuilder &inner, Location, ArrayRef<BlockArgument> rows, ArrayRef<BlockArgument>,
          ArrayRef<BlockArgument>) {
        Block *block = inner.getInsertionBlock();
        (void)rows;
        for (auto [id, argument] : llvm::zip_equal(body.arguments, block->getArguments()))
          values[id] = argument;
        for (const lang::Operation &operation : body.operations)
          if (failed(imported))
            break;
          else
            imported = importOperation(function, operation);
        auto list = [&](const std::vector<lang::ValueId> &ids) {
          return llvm::map_to_vector(ids, [&](lang::ValueId id) { return values[id]; });
        };
        nn::YieldOp::create(inner, location, list(body.carries), list(body.emits));
      });
  for (auto [id, result] : llvm::zip_equal(operation.results, scan.getResults()))
    values[id] = result;
  return imported;
}

/// How many sequences a step takes at a time, where the program can generate several: those of a search by
/// beams, in groups of equal size.
static int64_t rowsOfSequences(const lang::Function &function) {
  constexpr int64_t usual = 8, most = 16;
  if (!function.generation)
    return 1;
  const std::optional<lang::Sampling> &sampling = function.generation->sampling;
  const bool hasInputs = llvm::any_of(function.arguments, [&](const lang::FunctionArgument &one) {
    return one.kind == lang::ArgumentKind::Input && one.name != function.generation->sequence;
  });
  if (!sampling)
    return hasInputs ? usual : 1; // sequences of the same prompt and inputs are equal
  if (sampling->width == 0)
    return usual;
  const int64_t groups = llvm::divideCeil(sampling->width, most);
  return llvm::divideCeil(sampling->width, groups);
}

LogicalResult Importer::importFunction(const lang::Function &function, ModuleOp module) {
  values.assign(function.values.size(), Value());
  SmallVector<Type> argumentTypes, resultTypes;
  for (const lang::FunctionArgument &argument : function.arguments)
    argumentTypes.push_back(argumentType(argument, function.values[argument.value].type));
  for (const lang::FunctionResult &result : function.results)
    resultTypes.push_back(tensorType(function.values[result.value].type));

  builder.setInsertionPointToEnd(module.getBody());
  auto created = func::FuncOp::create(builder, location(function.range), function.name,
                                      builder.getFunctionType(argumentTypes, resultTypes));
  Block *entry = created.addEntryBlock();
  for (auto [index, argument] : llvm::enumerate(function.arguments)) {
    bool isToken = function.generation && argument.kind == lang::ArgumentKind::Input &&
                   argument.name == function.generation->sequence;
    nn::Kind kind = isToken ? nn::Kind::Token : kindOf(argument.kind);
    created.setArgAttr(index, nn::kindAttrName, nn::KindAttr::get(builder.getContext(), kind));
    created.setArgAttr(index, nn::nameAttrName, builder.getStringAttr(argument.name));
    if (argument.kind == lang::ArgumentKind::ExampleState)
      created.setArgAttr(index, nn::perExampleAttrName, builder.getUnitAttr());
    values[argument.value] = entry->getArgument(index);
    entry->getArgument(index).setLoc(
        location(function.values[argument.value].range, argument.name));
  }
  for (auto [index, result] : llvm::enumerate(function.results)) {
    created.setResultAttr(index, nn::kindAttrName,
                          nn::KindAttr::get(builder.getContext(), kindOf(result.kind)));
    created.setResultAttr(index, nn::nameAttrName, builder.getStringAttr(result.name));
    if (result.kind == lang::ResultKind::ExampleState)
      created.setResultAttr(index, nn::perExampleAttrName, builder.getUnitAttr());
  }
  if (int64_t rows = rowsOfSequences(function); rows > 1)
    created->setAttr(nn::rowsAttrName, builder.getI64IntegerAttr(rows));
  builder.setInsertionPointToStart(entry);
  for (const lang::Operation &operation : function.operations)
    if (failed(importOperation(function, operation)))
      return failure();
  SmallVector<Value> returned;
  for (const lang::FunctionResult &result : function.results)
    returned.push_back(values[result.value]);
  func::ReturnOp::create(builder, location(function.range), returned);
  return success();
}

} // namespace

OwningOpRef<ModuleOp> importProgram(const lang::Program &program, FloatPrecision precision,
                                    MLIRContext &context, bool scopes) {
  context.loadDialect<func::FuncDialect, nn::NNDialect>();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context), program.model);
  Importer importer(precision, context, scopes);
  for (const lang::Function &function : program.functions)
    if (failed(importer.importFunction(function, *module)))
      return nullptr;
  if (failed(verify(*module)))
    return nullptr;
  return module;
}

std::optional<int64_t> scopeOf(Location location) {
  std::optional<int64_t> scope;
  location->walk([&](Location inner) {
    if (auto fused = dyn_cast<FusedLoc>(inner))
      if (auto number = dyn_cast_or_null<IntegerAttr>(fused.getMetadata()))
        scope = number.getInt();
    return scope ? WalkResult::interrupt() : WalkResult::advance();
  });
  return scope;
}

} // namespace nnc
