// Follows kernels through fusion and words the remarks: names of kernels, fused operations, and
// the reason for each pair that stays apart.
#include "compiler/fusion/FusionRemarks.h"

#include "compiler/analysis/AttentionKernel.h"
#include "compiler/analysis/BlockLayout.h"
#include "compiler/passes/RemarkCategories.h"
#include "compiler/analysis/StepAnalysis.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Remarks.h"

#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace nnc {

static bool asksForRemarks(func::FuncOp function) {
  return function.getContext()->getRemarkEngine() != nullptr;
}

bool readsWindows(AffineMap map) {
  return llvm::any_of(map.getResults(), [&](AffineExpr position) {
    unsigned loops = 0;
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
      loops += position.isFunctionOfDim(dim);
    return loops > 1;
  });
}

//===-- Names of kernels ----------------------------------------------------------------------===//

static std::string wordOf(Operation *operation) {
  if (!operation)
    return "copy";
  StringRef name = operation->getName().stripDialect();
  return llvm::StringSwitch<StringRef>(name)
      .Cases({"addf", "addi"}, "add")
      .Cases({"subf", "subi"}, "sub")
      .Cases({"mulf", "muli"}, "mul")
      .Cases({"divf", "divsi", "divui"}, "div")
      .Case("negf", "neg")
      .Case("absf", "abs")
      .Case("powf", "pow")
      .Cases({"maximumf", "maxnumf", "maxsi", "maxui"}, "max")
      .Cases({"minimumf", "minnumf", "minsi", "minui"}, "min")
      .Cases({"cmpf", "cmpi"}, "compare")
      .Cases({"extf", "truncf", "sitofp", "uitofp", "fptosi", "fptoui"}, "convert")
      .Cases({"extsi", "extui", "trunci", "index_cast"}, "convert")
      .Case("extract", "lookup")
      .Default(name)
      .str();
}

/// Names a move by the indexing map of its first operand.
static StringRef wordOfMove(linalg::GenericOp op) {
  if (op.getNumDpsInputs() == 0)
    return "constant";
  AffineMap read = op.getIndexingMapsArray().front();
  if (read.isPermutation())
    return read.isIdentity() ? "copy" : "transposition";
  if (read.isProjectedPermutation())
    return "broadcast";
  return readsWindows(read) ? "windows" : "reversal";
}

/// Names a kernel by the user's name, else by its last operation. Where constants became part of a
/// kernel, upstream adds the locations of its other operands to its own, which comes first.
static std::string describe(linalg::LinalgOp op, bool byName = true) {
  Location own = op.getLoc();
  while (auto several = dyn_cast<FusedLoc>(own))
    own = several.getLocations().front();
  if (std::string name = nameOf(own); byName && !name.empty())
    return "`" + name + "`";
  if (isContraction(op))
    return "the product";
  if (isAttention(op))
    return "the attention";
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  Block *body = op.getBlock();
  if (generic && body->without_terminator().empty())
    return wordOfMove(generic).str();
  Operation *last = body->getTerminator()->getOperand(0).getDefiningOp();
  std::string word = wordOf(last);
  if (op.getNumReductionLoops() == 0)
    return word;
  return llvm::StringSwitch<StringRef>(word)
      .Case("add", "the sum")
      .Case("max", "the maximum")
      .Case("min", "the minimum")
      .Default("the reduction")
      .str();
}

static std::string withLine(std::string text, int64_t line, int64_t remarkLine) {
  return line == remarkLine || line == 0 ? text
                                         : llvm::formatv("{0} in line {1}", text, line).str();
}

/// Different names for a producer and its consumer; the one that is not `at` is named with its
/// line.
static std::pair<std::string, std::string> describePair(linalg::LinalgOp producer,
                                                        linalg::LinalgOp consumer, Operation *at) {
  std::string first = describe(producer), second = describe(consumer);
  if (first == second) {
    first = describe(producer, /*byName=*/false);
    second = describe(consumer, /*byName=*/false);
  }
  int64_t line = lineOf(at->getLoc());
  return {withLine(first, lineOf(producer->getLoc()), line),
          withLine(second, lineOf(consumer->getLoc()), line)};
}

static remark::RemarkOpts options(StringRef name, func::FuncOp function) {
  return remark::RemarkOpts::name(name).category(fusionCategory).function(function.getSymName());
}

/// Text that is built only if the remark is printed.
static remark::detail::LazyTextBuild lazily(std::function<std::string()> text) {
  return {"Remark", std::move(text)};
}

//===-- Fused kernels -------------------------------------------------------------------------===//

FusionRemarks::FusionRemarks(func::FuncOp function)
    : function(function), enabled(asksForRemarks(function)) {}

FusionRemarks::Kernel FusionRemarks::kernelOf(linalg::GenericOp op) {
  auto [found, isNew] = kernels.try_emplace(op);
  if (isNew)
    found->second.parts.push_back({operations++, describe(op), lineOf(op.getLoc())});
  return found->second;
}

void FusionRemarks::addParts(SmallVectorImpl<Part> &parts, ArrayRef<Part> added) {
  DenseSet<unsigned> known;
  for (const Part &part : parts)
    known.insert(part.number);
  for (const Part &part : added)
    if (known.insert(part.number).second)
      parts.push_back(part);
}

void FusionRemarks::recordFusion(linalg::GenericOp producer, linalg::GenericOp consumer,
                                 linalg::GenericOp fused, FusionKind kind) {
  if (!enabled)
    return;
  Kernel kernel = kernelOf(producer);
  const Kernel reader = kernelOf(consumer);
  if (kind == FusionKind::ComputedAgain) {
    addParts(kernel.again, kernel.parts);
    kernel.bytesNotRead += bytesOf(cast<RankedTensorType>(producer->getResult(0).getType()));
    kernel.parts.clear();
  }
  addParts(kernel.parts, reader.parts);
  addParts(kernel.again, reader.again);
  kernel.bytesNotRead += reader.bytesNotRead;
  kernels[fused] = std::move(kernel);
}

void FusionRemarks::recordMove(linalg::GenericOp move, linalg::GenericOp contraction) {
  if (!enabled)
    return;
  Kernel kernel = kernelOf(contraction);
  addParts(kernel.moves, kernelOf(move).parts);
  kernels[contraction] = std::move(kernel);
}

void FusionRemarks::recordReplacement(Operation *op, Operation *replacement) {
  if (auto found = kernels.find(op); found != kernels.end()) {
    Kernel kernel = std::move(found->second);
    kernels[replacement] = std::move(kernel);
  }
}

void FusionRemarks::forget(Operation *op) { kernels.erase(op); }

std::string FusionRemarks::list(ArrayRef<Part> parts, int64_t line) {
  constexpr size_t most = 8;
  std::string text;
  for (auto [number, part] : llvm::enumerate(parts)) {
    if (number == most && parts.size() > most + 1)
      return text + llvm::formatv(" and {0} operations more", parts.size() - most).str();
    text += (number ? ", " : "") + withLine(part.label, part.line, line);
  }
  return text;
}

void FusionRemarks::emitFused(linalg::GenericOp op, const Kernel &kernel) {
  int64_t line = lineOf(op.getLoc());
  if (kernel.parts.size() > 1)
    remark::passed(op.getLoc(), options("fused", function)) << lazily([&] {
      std::string results = op->getNumResults() > 1
                                ? llvm::formatv(" with {0} results", op->getNumResults()).str()
                                : "";
      return "one kernel" + results + " computes " + list(kernel.parts, line);
    });
  if (!kernel.again.empty())
    remark::passed(op.getLoc(), options("repeated", function)) << lazily([&] {
      return llvm::formatv("{0} computes again values that have other readers too, instead of "
                           "reading {1} bytes: {2}",
                           describe(op), kernel.bytesNotRead, list(kernel.again, line))
          .str();
    });
  for (const Part &move : kernel.moves)
    remark::passed(op.getLoc(), options("moved", function)) << lazily([&] {
      return describe(op) + " reads through " + withLine(move.label, move.line, line) +
             ": nothing is copied";
    });
}

//===-- Obstacles -----------------------------------------------------------------------------===//

static std::string textOf(FusionObstacle obstacle, linalg::GenericOp producer,
                          linalg::GenericOp consumer, double cycles) {
  llvm::SmallPtrSet<Operation *, 8> users;
  for (Operation *user : producer->getUsers())
    users.insert(producer->getBlock()->findAncestorOpInBlock(*user));
  size_t readers = users.size();
  auto several = [&](const Twine &why) {
    return ("it has " + Twine(readers) + (readers > 1 ? " readers, " : " reader, ") + why).str();
  };
  int64_t times = 1;
  for (int64_t extent : consumer.getStaticLoopRanges())
    times *= extent;
  times /= std::max<int64_t>(
      1, cast<RankedTensorType>(producer->getResult(0).getType()).getNumElements());
  std::string repetitions =
      llvm::formatv("would be computed {0} times over, in about {1:f0} cycles", times, cycles);
  switch (obstacle) {
  case FusionObstacle::Reduction:
    return "its results are complete only at the end of its own pass";
  case FusionObstacle::ComputedPlace:
    return "it writes at places that it computes, not element after element";
  case FusionObstacle::Destination:
    return "the other kernel accumulates into it";
  case FusionObstacle::Lookup:
    return "the other kernel looks its elements up by an index that it computes";
  case FusionObstacle::Contraction:
    return times > 1 ? "for a product, each element " + repetitions
                     : "a product takes its operands from memory";
  case FusionObstacle::Broadcast:
    return "it repeats elements, which a product reads from memory";
  case FusionObstacle::MoveOrder:
    return "a product reads each element many times, and faster in this order";
  case FusionObstacle::LoopExtents:
    return "no operand would be left whose shape says how often a loop runs";
  case FusionObstacle::Windows:
    return "windows read each element many times: it is computed once";
  case FusionObstacle::Size:
    return llvm::formatv("one kernel would take more than {0:f0} cycles for each element, or have "
                         "more than {1} operands",
                         maximumElementCycles, maximumOperands)
        .str();
  case FusionObstacle::Repeated:
    return "each element " + repetitions;
  case FusionObstacle::Readers:
    return several(llvm::formatv("and computing it in each, about {0:f0} cycles per element and "
                                 "the loads of its operands, costs more than storing it",
                                 cycles)
                       .str());
  case FusionObstacle::Tiles:
    return several("and computing it on the tiles of the product in front of it costs least");
  case FusionObstacle::Searches:
    return several("and looking its elements up in each costs more than storing them");
  case FusionObstacle::Order:
    return several("another of which runs before this one");
  case FusionObstacle::View:
    return "it is reshaped or sliced in between";
  case FusionObstacle::Joined:
    return "it becomes part of a padded or joined tensor, which lies in memory";
  case FusionObstacle::None:
  case FusionObstacle::Unsupported:
    return "the forms of the two kernels cannot be composed";
  }
  llvm_unreachable("obstacle");
}

void FusionRemarks::emitKept(linalg::GenericOp producer, linalg::GenericOp consumer,
                             FusionObstacle obstacle, double cycles) {
  remark::missed(producer.getLoc(), options("kept", function)) << lazily([&] {
    auto [what, where] = describePair(producer, consumer, producer);
    return what + " is not computed within " + where + ": " +
           textOf(obstacle, producer, consumer, cycles);
  });
}

/// Calls `found` with the kernels whose results a tensor consists of, and the obstacle in between.
static void findProducers(Value tensor, FusionObstacle between,
                          function_ref<void(linalg::GenericOp, FusionObstacle)> found) {
  Operation *definition = tensor.getDefiningOp();
  if (auto producer = dyn_cast_or_null<linalg::GenericOp>(definition))
    return found(producer, between);
  if (auto insert = dyn_cast_or_null<tensor::InsertSliceOp>(definition)) {
    findProducers(insert.getSource(), FusionObstacle::Joined, found);
    return findProducers(insert.getDest(), FusionObstacle::Joined, found);
  }
  if (isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ExtractSliceOp>(
          definition))
    findProducers(definition->getOperand(0),
                  between == FusionObstacle::Joined ? between : FusionObstacle::View, found);
}

void FusionRemarks::emit(function_ref<FusionObstacle(linalg::GenericOp, OpOperand &)> obstacle,
                         function_ref<double(linalg::GenericOp)> cycles) {
  if (!enabled)
    return;
  function.walk([&](linalg::GenericOp consumer) {
    if (auto found = kernels.find(consumer); found != kernels.end())
      emitFused(consumer, found->second);
    DenseSet<Operation *> named;
    auto keep = [&](linalg::GenericOp producer, FusionObstacle why) {
      // assign-arena decides about the consumers of a contraction, and emits their remarks.
      bool epilogue = why == FusionObstacle::Reduction && isContraction(producer) &&
                      consumer.getNumReductionLoops() == 0;
      if (!epilogue && producer != consumer && named.insert(producer).second)
        emitKept(producer, consumer, why, cycles(producer));
    };
    for (OpOperand &operand : consumer->getOpOperands())
      findProducers(operand.get(), FusionObstacle::None,
                    [&](linalg::GenericOp producer, FusionObstacle between) {
                      keep(producer,
                           between == FusionObstacle::None ? obstacle(consumer, operand) : between);
                    });
    consumer.getBody()->walk([&](tensor::ExtractOp lookup) {
      findProducers(lookup.getTensor(), FusionObstacle::None,
                    [&](linalg::GenericOp producer, FusionObstacle) {
                      keep(producer, FusionObstacle::Lookup);
                    });
    });
  });
}

//===-- Epilogues -----------------------------------------------------------------------------===//

static StringRef textOf(EpilogueObstacle obstacle) {
  switch (obstacle) {
  case EpilogueObstacle::Reads:
    return "it reads the result in several ways, or not element for element";
  case EpilogueObstacle::ElementType:
    return "it reads or writes elements of another type";
  case EpilogueObstacle::Places:
    return "it reads or writes elsewhere than at the elements of a tile";
  case EpilogueObstacle::Arithmetic:
    return "it looks elements up, or computes with their indices";
  case EpilogueObstacle::Taken:
    return "another reader, which comes first, is computed on them";
  case EpilogueObstacle::Elsewhere:
    return "it is computed on the tiles of another product";
  case EpilogueObstacle::Dependent:
    return "it also needs results that other kernels compute from the product";
  case EpilogueObstacle::Overwrites:
    return "it overwrites an operand that the product reads for later tiles";
  case EpilogueObstacle::None:
  case EpilogueObstacle::NoContraction:
  case EpilogueObstacle::Sums:
    break;
  }
  llvm_unreachable("not an obstacle of epilogues");
}

void emitEpilogueRemarks(func::FuncOp function, ArrayRef<EpilogueDecision> decisions,
                         function_ref<bool(linalg::LinalgOp)> isStored) {
  if (!asksForRemarks(function))
    return;
  for (auto [contraction, consumer, obstacle] : decisions) {
    if (obstacle == EpilogueObstacle::Sums)
      continue; // fuse-elementwise has emitted it
    auto [product, what] = describePair(contraction, consumer, consumer);
    if (obstacle == EpilogueObstacle::None)
      remark::passed(consumer->getLoc(), options("epilogue", function))
          << what + " is computed on the tiles of " + product +
                 (isStored(contraction) ? "" : ", whose own result is never stored");
    else
      remark::missed(consumer->getLoc(), options("epilogue", function))
          << what + " is not computed on the tiles of " + product + ": " + textOf(obstacle).str();
  }
}

} // namespace nnc
