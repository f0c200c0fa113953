// Finds runs of calls, counts the bytes that they touch, and puts them into loops.
#include "compiler/loops/ChunkKernels.h"

#include "compiler/passes/RemarkCategories.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace nnc {

/// The bytes of all ranges, and those that lie in several.
static std::pair<int64_t, int64_t> bytesOf(ArrayRef<SharedCall> run) {
  SmallVector<const Access *> ranges;
  int64_t sum = 0, together = 0;
  for (const SharedCall &call : run)
    for (const Access &access : call.accesses) {
      if (access.end == std::numeric_limits<int64_t>::max())
        return {0, 0};
      sum += access.end - access.begin;
      auto isWithin = [&](const Access *other) {
        return other->block == access.block && other->begin <= access.begin &&
               access.end <= other->end;
      };
      if (llvm::any_of(ranges, isWithin))
        continue;
      ranges.push_back(&access);
      together += access.end - access.begin;
    }
  return {together, sum - together};
}

/// The chunks of each thread's part of a run; 1 if it had better stay whole.
static int64_t chunksOf(ArrayRef<SharedCall> run, const TargetDescription &target) {
  auto [bytes, again] = bytesOf(run);
  const int64_t part = bytes / target.threads;
  // The last cache is fast enough without chunks.
  if (run.size() < 2 || part <= 2 * target.l3Bytes || again < bytes / 4)
    return 1;
  int64_t chunks = llvm::divideCeil(part, target.l2Bytes / 4);
  for (const SharedCall &call : run)
    chunks = std::min<int64_t>(chunks, call.units / target.threads);
  return std::max<int64_t>(chunks, 1);
}

static void chunk(ArrayRef<SharedCall> run, Value thread, Value threads,
                  const TargetDescription &target) {
  const int64_t chunks = chunksOf(run, target);
  if (chunks < 2)
    return;
  func::CallOp last = run.back().call;
  Location loc = last.getLoc();
  OpBuilder builder(last);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  Value count = constant(chunks);
  Value first = arith::MulIOp::create(builder, loc, thread, count);
  Value all = arith::MulIOp::create(builder, loc, threads, count);
  auto loop = scf::ForOp::create(builder, loc, constant(0), count, constant(1));
  builder.setInsertionPointToStart(loop.getBody());
  Value number = arith::AddIOp::create(builder, loc, first, loop.getInductionVar());
  for (const SharedCall &shared : run) {
    func::CallOp call = shared.call;
    call->moveBefore(loop.getBody()->getTerminator());
    for (OpOperand &operand : call->getOpOperands())
      if (operand.get() == thread)
        operand.set(number);
      else if (operand.get() == threads)
        operand.set(all);
  }
  remark::passed(loc, remark::RemarkOpts::name("chunks")
                          .category(threadsCategory)
                          .function(last->getParentOfType<func::FuncOp>().getSymName()))
      << remark::detail::LazyTextBuild{"Remark", [&] {
                                         return llvm::formatv("{0} kernels go through their rows "
                                                              "together, in {1} chunks of a thread",
                                                              run.size(), chunks)
                                             .str();
                                       }};
}

void chunkKernels(Block &block, ArrayRef<SharedCall> calls, Value thread, Value threads,
                  const TargetDescription &target) {
  llvm::DenseMap<Operation *, const SharedCall *> shared;
  for (const SharedCall &call : calls)
    shared[call.call] = &call;
  SmallVector<SmallVector<SharedCall>> runs(1);
  for (Operation &operation : block)
    if (const SharedCall *call = shared.lookup(&operation))
      runs.back().push_back(*call);
    else if (!isMemoryEffectFree(&operation) && !runs.back().empty())
      runs.emplace_back();
  for (ArrayRef<SharedCall> run : runs)
    if (!run.empty())
      chunk(run, thread, threads, target);
}

} // namespace nnc
