// The pass nn-assign-layout: it prices the layouts of each group of values, chooses the cheapest,
// and records the choice.
#include "compiler/layout/BatchDims.h"
#include "compiler/kernels/contraction/Contraction.h"
#include "compiler/layout/LayoutRewriter.h"
#include "compiler/layout/StepDims.h"
#include "compiler/passes/Passes.h"
#include "compiler/passes/RemarkCategories.h"

#include "compiler/dialect/NNBuilders.h"

#include "mlir/IR/Remarks.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/FormatVariadic.h"

#include <map>

using namespace mlir;

namespace nnc {

#define GEN_PASS_DEF_ASSIGNLAYOUT
#include "compiler/passes/Passes.h.inc"

namespace {

constexpr StringLiteral layoutAttrName = "nn.layout";
/// Cycles to put one element in another place: a strided load, part of a vector.
constexpr double kMoveCycles = 1.5;
/// The model ranks kernels, it does not predict times: gains below this share are none.
constexpr double kLeastGain = 0.05;

/// The choice for one function: for every group of values, whether the batch comes last.
class LayoutChoice {
public:
  LayoutChoice(func::FuncOp function, const TargetDescription &target)
      : dims(function), target(target) {
    function.walk([&](Operation *op) { addOperation(op); });
    for (BlockArgument argument : function.getArguments())
      addConversion(argument);
  }

  /// Chooses, and says why; empty if there is nothing to choose.
  std::string run();

  /// Takes the batch last wherever that is possible.
  void moveAll() { innermost.insert(dims.groups().begin(), dims.groups().end()); }

  bool movesAny() const { return !innermost.empty(); }

  DimOrder orderOf(Value value) const {
    DimOrder order = nn::consecutiveDims(typeOf(value).getRank());
    std::optional<unsigned> group = dims.groupOf(value);
    if (group && innermost.contains(*group)) {
      int64_t batch = *dims.of(value);
      order.erase(order.begin() + batch);
      order.push_back(batch);
    }
    return order;
  }

private:
  void addOperation(Operation *op);
  void addConversion(Value value);
  void improve();
  double cycles();
  double cycles(nn::ContractOp op);
  double idealCycles(nn::ContractOp op) const;

  /// The element stride of each dimension of a value, and the order they come in. Windows are
  /// never stored: their readers read the tensor that they are taken from.
  std::pair<SmallVector<int64_t>, DimOrder> stridesOf(Value value) const;

  BatchDims dims;
  const TargetDescription &target;
  SmallVector<nn::ContractOp> contractions;
  DenseMap<unsigned, llvm::SetVector<nn::ContractOp>> contractionsOf; // by group
  DenseMap<unsigned, double> conversions;                             // cycles, if a group moves
  DenseSet<unsigned> innermost;                                       // the groups that move
  std::map<SmallVector<int64_t>, double> prices;
};

} // namespace

/// Counts the transposition of a value that is computed, or read, with the batch first.
void LayoutChoice::addConversion(Value value) {
  if (!isa<RankedTensorType>(value.getType()))
    return;
  std::optional<unsigned> group = dims.groupOf(value);
  if (group && *dims.of(value) != typeOf(value).getRank() - 1)
    conversions[*group] += typeOf(value).getNumElements() * kMoveCycles;
}

void LayoutChoice::addOperation(Operation *op) {
  if (auto contract = dyn_cast<nn::ContractOp>(op)) {
    contractions.push_back(contract);
    for (Value value : {contract.getLhs(), contract.getRhs(), contract.getResult()})
      if (std::optional<unsigned> group = dims.groupOf(value))
        contractionsOf[*group].insert(contract);
    return;
  }
  bool mixes = false;
  if (auto reshape = dyn_cast<nn::ReshapeOp>(op))
    if (std::optional<int64_t> batch = dims.of(reshape.getOperand()))
      mixes = !nn::keptByReshape(reshape, *batch);
  if (!mixes && !keepsOrder(op))
    return;
  llvm::for_each(op->getOperands(), [&](Value operand) { addConversion(operand); });
  llvm::for_each(op->getResults(), [&](Value result) { addConversion(result); });
}

std::pair<SmallVector<int64_t>, DimOrder> LayoutChoice::stridesOf(Value value) const {
  if (auto windows = value.getDefiningOp<nn::WindowsOp>()) {
    auto [strides, order] = stridesOf(windows.getOperand());
    for (auto [i, dim] : llvm::enumerate(windows.getDims())) {
      order.push_back(strides.size());
      strides.push_back(windows.getDilations()[i] * strides[dim]);
    }
    for (auto [dim, stride] : llvm::zip_equal(windows.getDims(), windows.getStrides()))
      strides[dim] *= stride;
    return {strides, order};
  }
  DimOrder order = orderOf(value);
  SmallVector<int64_t> strides(order.size());
  int64_t stride = 1;
  for (int64_t dim : llvm::reverse(order)) {
    strides[dim] = stride;
    stride *= typeOf(value).getDimSize(dim);
  }
  return {strides, order};
}

double LayoutChoice::cycles(nn::ContractOp op) {
  auto [lhsStrides, lhsOrder] = stridesOf(op.getLhs());
  auto [rhsStrides, rhsOrder] = stridesOf(op.getRhs());
  auto [resultStrides, resultOrder] = stridesOf(op.getResult());
  ArrayRef<int64_t> lhs = op.getLhsLabels(), rhs = op.getRhsLabels(), result = op.getResultLabels();

  // Loops in the order that the lowering of nn.contract gives them.
  SmallVector<int64_t> loops;
  auto addLoops = [&](ArrayRef<int64_t> labels, ArrayRef<int64_t> order) {
    for (int64_t dim : order)
      if (!llvm::is_contained(loops, labels[dim]))
        loops.push_back(labels[dim]);
  };
  addLoops(result, resultOrder);
  addLoops(lhs, lhsOrder);
  addLoops(rhs, rhsOrder);

  ContractionProblem problem;
  problem.elementType = cast<FloatType>(op.getType().getElementType());
  SmallVector<int64_t> key{problem.elementBits()};
  for (int64_t label : loops) {
    ContractionDim dim;
    auto stride = [&](Value value, ArrayRef<int64_t> labels, ArrayRef<int64_t> strides) -> int64_t {
      const auto *at = llvm::find(labels, label);
      if (at == labels.end())
        return 0;
      dim.extent = typeOf(value).getDimSize(at - labels.begin());
      return strides[at - labels.begin()];
    };
    dim.a = stride(op.getLhs(), lhs, lhsStrides);
    dim.b = stride(op.getRhs(), rhs, rhsStrides);
    dim.c = stride(op.getResult(), result, resultStrides);
    bool inLhs = llvm::is_contained(lhs, label), inRhs = llvm::is_contained(rhs, label);
    auto &group = !llvm::is_contained(result, label) ? problem.k
                  : inLhs && inRhs                   ? problem.batch
                  : inRhs                            ? problem.n
                                                     : problem.m;
    group.push_back(dim);
    key.append({dim.extent, dim.a, dim.b, dim.c});
  }
  auto [known, isNew] = prices.try_emplace(key, 0);
  if (isNew)
    known->second = chooseTiling(problem, target).estimatedCycles;
  return known->second;
}

double LayoutChoice::cycles() {
  double total = 0;
  for (nn::ContractOp op : contractions)
    total += cycles(op);
  for (unsigned group : dims.groups())
    if (innermost.contains(group))
      total += conversions.lookup(group);
  return total;
}

/// Cycles if every multiply-add unit were busy with full vectors.
double LayoutChoice::idealCycles(nn::ContractOp op) const {
  double steps = op.getType().getNumElements();
  for (auto [dim, label] : llvm::enumerate(op.getLhsLabels()))
    if (!llvm::is_contained(op.getResultLabels(), label))
      steps *= op.getLhs().getType().getDimSize(dim);
  unsigned bits = op.getType().getElementTypeBitWidth();
  return steps / (target.lanes(bits) * target.fmasPerCycle);
}

/// Moves each group for itself, as long as something is gained.
void LayoutChoice::improve() {
  bool changed = true;
  while (changed) {
    changed = false;
    for (unsigned group : dims.groups()) {
      auto adjacent = [&] {
        double total = innermost.contains(group) ? conversions.lookup(group) : 0;
        for (nn::ContractOp op : contractionsOf.lookup(group))
          total += cycles(op);
        return total;
      };
      auto flip = [&] {
        if (!innermost.erase(group))
          innermost.insert(group);
      };
      double ideal = 0;
      for (nn::ContractOp op : contractionsOf.lookup(group))
        ideal += idealCycles(op);
      double before = adjacent();
      if (ideal >= before * (1 - kLeastGain))
        continue;
      flip();
      if (adjacent() < before * (1 - kLeastGain))
        changed = true;
      else
        flip();
    }
  }
}

std::string LayoutChoice::run() {
  if (dims.groups().empty() || contractions.empty())
    return "";
  if (int64_t lanes = target.lanes(contractions.front().getType().getElementTypeBitWidth());
      dims.examples() < lanes)
    return llvm::formatv("batch first: {0} examples are fewer than the {1} lanes of a vector",
                         dims.examples(), lanes);
  double first = cycles(), ideal = 0;
  for (nn::ContractOp op : contractions)
    ideal += idealCycles(op);
  auto millions = [](double cycles) { return llvm::formatv("{0:f3} M", cycles / 1e6).str(); };
  std::string text = "batch first: " + millions(first) + " cycles of contractions";
  if (ideal >= first * (1 - kLeastGain))
    return text + ", nothing to gain";

  improve();
  DenseSet<unsigned> fromFirst = innermost;
  double best = cycles();
  innermost.insert(dims.groups().begin(), dims.groups().end());
  double last = cycles();
  improve();
  if (double improved = cycles(); improved < best * (1 - kLeastGain))
    best = improved;
  else
    innermost = fromFirst;
  if (!movesAny())
    return text + "; batch last: " + millions(last);
  return llvm::formatv("batch last in {0} of {1} groups of values: {2} cycles of contractions "
                       "and transpositions; in none {3}, in all {4}",
                       innermost.size(), dims.groups().size(), millions(best), millions(first),
                       millions(last));
}

namespace {

struct AssignLayoutPass : impl::AssignLayoutBase<AssignLayoutPass> {
  using AssignLayoutBase::AssignLayoutBase;

  void runOnOperation() override {
    if (batch != "choose" && batch != "first" && batch != "last") {
      getOperation().emitError() << "nn-assign-layout: batch is choose, first or last, not `"
                                 << batch << "`";
      return signalPassFailure();
    }
    std::string error;
    std::optional<TargetDescription> target = describeTarget(targetCpu, "", error);
    if (!target) {
      getOperation().emitError() << error;
      return signalPassFailure();
    }
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (!function.isExternal() && function.getBody().hasOneBlock())
        assign(function, *target);
  }

  void assign(func::FuncOp function, const TargetDescription &target) {
    putStepsFirst(function);
    LayoutChoice choice(function, target);
    std::string text = batch == "choose" ? choice.run() : "";
    if (batch == "last")
      choice.moveAll();
    if (!text.empty())
      explain(function, text);
    if (choice.movesAny())
      rewriteLayouts(function, [&](Value value) { return choice.orderOf(value); });
  }

  void explain(func::FuncOp function, StringRef text) {
    remark::analysis(function.getLoc(), remark::RemarkOpts::name("AssignLayout")
                                            .category(layoutCategory)
                                            .function(function.getName()))
        << text;
    function->setAttr(layoutAttrName, StringAttr::get(&getContext(), text));
  }
};

} // namespace
} // namespace nnc
