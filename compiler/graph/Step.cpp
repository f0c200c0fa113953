// Implements the pictures of a training step: its operations with the derivative, or its kernels.
#include "compiler/graph/Network.h"

#include "compiler/analysis/AttentionKernel.h"
#include "compiler/analysis/StepAnalysis.h"
#include "compiler/dialect/NN.h"
#include "compiler/dialect/NNBuilders.h"
#include "compiler/import/ImportProgram.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/FormatVariadic.h"

#include <set>

using namespace mlir;

namespace nnc::graph {

static std::string typeText(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return "";
  const Type element = tensor.getElementType();
  return typeText(tensor.getShape().vec(), isa<FloatType>(element) ? ""
                                           : element.isInteger(1)  ? "bool"
                                                                   : "int");
}

/// Operations other than kernels, or those that only arrange a value.
static bool isPlumbing(Operation &operation, bool kernels) {
  StringRef name = operation.getName().getStringRef();
  if (kernels)
    return !isa<linalg::LinalgOp>(operation) && !name.starts_with("nn.");
  return llvm::is_contained({"nn.constant", "nn.iota", "nn.reshape", "nn.transpose", "nn.broadcast",
                             "nn.convert", "nn.slice", "nn.pad", "nn.stop_gradient"},
                            name);
}

/// The kind of a kernel: contraction, reduction, or element-wise.
static std::string kernelKind(Operation &operation) {
  auto kernel = dyn_cast<linalg::LinalgOp>(operation);
  if (!kernel)
    return operation.getName().stripDialect().str();
  if (isa<linalg::FillOp>(operation))
    return "fill";
  if (isAttention(&operation))
    return "attention";
  if (kernel.getNumReductionLoops() == 0)
    return "element-wise";
  // A product of two elements is added up.
  auto isProduct = [](Operation &inner) {
    return isa<arith::MulFOp>(inner) && llvm::all_of(inner.getOperands(), [](Value factor) {
             return isa<BlockArgument>(factor);
           });
  };
  auto body = kernel.getBlock()->without_terminator();
  return llvm::range_size(body) == 2 && isProduct(*body.begin()) &&
                 isa<arith::AddFOp>(*std::next(body.begin()))
             ? "contraction"
             : "reduction";
}

namespace {

class StepDrawer {
public:
  StepDrawer(func::FuncOp function, const lang::Function &of, bool kernels)
      : function(function), kernels(kernels), analysis(function) {
    drawing.scopes = of.scopes;
    drawing.areKernels = kernels;
    drawing.mergesLayers = !kernels;
  }

  Drawing run() {
    addArguments();
    Block &block = function.getBody().front();
    for (Operation &operation : block.without_terminator())
      if (analysis.isForward(&operation) || analysis.isBackward(&operation))
        addItem(operation);
    for (OpOperand &operand : block.getTerminator()->getOpOperands()) {
      auto name =
          function.getResultAttrOfType<StringAttr>(operand.getOperandNumber(), nn::nameAttrName);
      auto maker = makers.find(operand.get());
      if (!name || name.getValue() != "loss" || maker == makers.end())
        continue;
      drawing.links.push_back({maker->second, drawing.items.size(), "number", false});
      drawing.items.push_back({Item::Output, "loss", "", "", 0, Part::Forward, 0, {}});
    }
    return std::move(drawing);
  }

private:
  void addArguments() {
    for (BlockArgument argument : function.getArguments()) {
      const unsigned number = argument.getArgNumber();
      std::optional<nn::Kind> kind = nn::kindIn(function.getArgAttrDict(number));
      auto name = function.getArgAttrOfType<StringAttr>(number, nn::nameAttrName);
      if (kind == nn::Kind::Parameter) {
        parameters[argument] = drawing.parameterSizes.size();
        drawing.parameterSizes.push_back(
            cast<RankedTensorType>(argument.getType()).getNumElements());
      }
      if (kind != nn::Kind::Input || argument.use_empty() || !name)
        continue;
      makers[argument] = drawing.items.size();
      drawing.items.push_back({Item::Input,
                               name.str(),
                               typeText(argument.getType()),
                               typeText(argument.getType()),
                               0,
                               Part::Forward,
                               0,
                               {}});
    }
  }

  /// The values that an operation reads, those that its block reads from outside among them.
  static std::vector<Value> read(Operation &operation) {
    std::vector<Value> values(operation.operand_begin(), operation.operand_end());
    if (auto kernel = dyn_cast<linalg::LinalgOp>(operation)) {
      values.clear();
      for (OpOperand *input : kernel.getDpsInputOperands())
        values.push_back(input->get());
      // A kernel that adds to its output reads the value of another one, unless that only fills it.
      for (OpOperand &init : kernel.getDpsInitsMutable())
        if (Operation *maker = init.get().getDefiningOp();
            !maker || !isa<linalg::FillOp, tensor::EmptyOp>(maker))
          values.push_back(init.get());
    }
    operation.walk([&](Operation *inner) {
      for (Value value : inner->getOperands())
        if (inner != &operation && !operation.isAncestor(value.getParentBlock()->getParentOp()) &&
            !llvm::is_contained(values, value))
          values.push_back(value);
    });
    return values;
  }

  /// The functions and layers whose operations a kernel computes, in their order.
  std::string fusedNames(Operation &operation) const {
    std::vector<std::string> names;
    operation.walk([&](Operation *inner) {
      if (std::optional<int64_t> scope = scopeOf(inner->getLoc()))
        if (const std::string &name = drawing.scopes[size_t(*scope)].kind;
            !name.empty() && !llvm::is_contained(names, name))
          names.push_back(name);
    });
    if (names.size() > 4) {
      names.resize(4);
      names.push_back("...");
    }
    return llvm::join(names, ", ");
  }

  void addItem(Operation &operation) {
    const size_t number = drawing.items.size();
    Item item;
    const bool plumbing = isPlumbing(operation, kernels) || isa<linalg::FillOp>(operation);
    item.kind = plumbing ? Item::Plumbing : Item::Operation;
    item.part = analysis.isForward(&operation) ? Part::Forward : Part::Backward;
    item.line = lineOf(operation.getLoc());
    item.name = kernels ? kernelKind(operation) : operation.getName().stripDialect().str();
    if (kernels && !plumbing)
      item.detail = fusedNames(operation);
    if (operation.getNumResults() > 0)
      item.shape = typeText(operation.getResult(0).getType());
    std::optional<int64_t> scope = scopeOf(operation.getLoc());
    if (scope && size_t(*scope) < drawing.scopes.size())
      item.scope = uint32_t(*scope);
    for (Value value : read(operation)) {
      // Examples that fill up a batch weigh nothing in a mean.
      if (item.part == Part::Forward && nn::kindOf(value) == nn::Kind::ExampleWeight &&
          operation.getNumResults() == 1 && item.shape == "number")
        item.name = "mean over the batch";
      if (auto found = parameters.find(value); found != parameters.end())
        item.parameters.push_back(found->second);
      auto maker = makers.find(value);
      if (maker == makers.end())
        continue;
      const Item &from = drawing.items[maker->second];
      const bool isSaved = from.part == Part::Forward && from.kind != Item::Input &&
                           item.part == Part::Backward && !isa<FloatType>(value.getType());
      drawing.links.push_back({maker->second, number, typeText(value.getType()), isSaved});
    }
    drawing.items.push_back(std::move(item));
    for (Value result : operation.getResults())
      makers[result] = number;
  }

  func::FuncOp function;
  const bool kernels;
  StepAnalysis analysis;
  Drawing drawing;
  llvm::DenseMap<Value, size_t> makers, parameters;
};

} // namespace

Drawing drawStep(func::FuncOp function, const lang::Function &of, bool kernels) {
  return StepDrawer(function, of, kernels).run();
}

} // namespace nnc::graph
