// Finds the rows that the kernels of a loop read and write, and compares them.
#include "compiler/loops/RowSharing.h"

#include "compiler/analysis/EpilogueLegality.h"

using namespace mlir;

namespace nnc {

static SmallVector<Advance> advancesOf(Value memref) {
  SmallVector<Advance> advances;
  Value root = rootOf(memref);
  while (memref != root) {
    Operation *definition = memref.getDefiningOp();
    if (Advance advance = advanceOf(definition); advance.distance != 0)
      advances.push_back(advance);
    memref = definition->getOperand(0);
  }
  return advances;
}

Access sweptAccess(Operation *kernel, Value memref, bool write) {
  Access access = wholeAccess(memref, write);
  if (access.end == std::numeric_limits<int64_t>::max())
    return access;
  for (Advance advance : advancesOf(memref))
    for (const StepLoop &loop : loopsOf(kernel))
      if (loop.number == advance.loop)
        (advance.distance < 0 ? access.begin : access.end) += advance.distance * (loop.steps - 1);
  return access;
}

/// The stride of the rows of a memref, in elements; std::nullopt if its outermost extent is not
/// `rows`.
static std::optional<int64_t> rowStride(Value memref, int64_t rows) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  SmallVector<int64_t> strides;
  int64_t offset;
  if (!type || type.getRank() == 0 || type.getShape().front() != rows ||
      failed(type.getStridesAndOffset(strides, offset)))
    return std::nullopt;
  return strides.front();
}

int64_t rowsOf(ArrayRef<Operation *> kernels) {
  int64_t rows = 0;
  for (Operation *kernel : kernels) {
    auto op = dyn_cast<linalg::LinalgOp>(kernel);
    auto type = op ? dyn_cast<MemRefType>(op.getDpsInits()[0].getType()) : MemRefType();
    if (!type || type.getRank() == 0)
      continue;
    if (succeeded(matchContraction(op)))
      return type.getShape().front();
    if (rows == 0)
      rows = type.getShape().front();
  }
  return rows;
}

void RowSharing::add(linalg::LinalgOp op, Value memref, bool write, int64_t firstByte,
                     int64_t rowBytes, int64_t rowSpan) {
  Use use;
  use.access = sweptAccess(op, memref, write);
  use.byRows = rowBytes > 0 && rowSpan <= rowBytes;
  use.base = firstByte;
  use.rowBytes = rowBytes;
  use.rowSpan = rowSpan;
  // Each step moves by a multiple of all rows.
  for (Advance advance : advancesOf(memref))
    use.byRows &= rowBytes > 0 && advance.distance % (rows * rowBytes) == 0;
  uses.push_back(use);
}

std::optional<RowLoop> RowSharing::add(const KernelNest &nest) {
  const NestOperand &first = nest.outputs.front();
  std::optional<int64_t> stride = rowStride(first.memref, rows);
  if (!stride)
    return std::nullopt;
  std::optional<RowLoop> loop;
  for (auto [i, dimension] : llvm::enumerate(nest.dimensions))
    if (!dimension.reduction && dimension.extent % rows == 0 && first.form.strides[i] > 0 &&
        first.form.strides[i] * (dimension.extent / rows) == *stride)
      loop = RowLoop{unsigned(i), dimension.extent / rows};
  if (!loop)
    return std::nullopt;
  auto addOperand = [&](const NestOperand &operand, bool write) {
    if (!operand.memory)
      return;
    int64_t bytes = elementBytes(operand.elementType), low = operand.form.offset, span = 1;
    for (auto [i, dimension] : llvm::enumerate(nest.dimensions)) {
      int64_t step = operand.form.strides[i];
      int64_t iterations = i == loop->dimension ? loop->iterations : dimension.extent;
      span += std::abs(step) * (iterations - 1);
      if (step < 0)
        low += step * (dimension.extent - 1);
    }
    auto [block, offset] = blockOf(operand.memory);
    add(nest.op, operand.memref, write, offset + low * bytes,
        operand.form.strides[loop->dimension] * loop->iterations * bytes, span * bytes);
  };
  for (const NestOperand &input : nest.inputs)
    addOperand(input, false);
  for (const NestOperand &output : nest.outputs)
    addOperand(output, true);
  for (Operation *operation : nest.body)
    operation->walk([&](memref::LoadOp load) { add(nest.op, load.getMemRef(), false, 0, 0, 0); });
  return loop;
}

std::optional<bool> RowSharing::add(const ContractionKernel &kernel) {
  linalg::LinalgOp op = kernel.op;
  const ContractionProblem &problem = kernel.problem;
  std::optional<int64_t> stride = rowStride(op.getDpsInits()[0], rows);
  if (!stride || !problem.batch.empty() || !problem.borders.empty())
    return std::nullopt;
  const ContractionDim *row = nullptr;
  bool isN = false;
  for (bool n : {false, true})
    for (const ContractionDim &dim : n ? problem.n : problem.m)
      if (dim.extent == rows && dim.c == *stride) {
        row = &dim;
        isN = n;
      }
  // The other dims of its group would be rows of register tiles as well.
  if (!row || (isN ? problem.n : problem.m).size() != 1)
    return std::nullopt;
  const int64_t bytes = problem.elementBits() / 8;
  auto addOperand = [&](Value memref, bool write,
                        llvm::function_ref<int64_t(const ContractionDim &)> strideOf) {
    int64_t span = 1;
    bool isNegative = false;
    for (const auto *group : {&problem.m, &problem.n, &problem.k})
      for (const ContractionDim &dim : *group) {
        span += &dim == row ? 0 : std::abs(strideOf(dim)) * (dim.extent - 1);
        isNegative |= strideOf(dim) < 0;
      }
    add(op, memref, write, wholeAccess(memref, write).begin,
        isNegative ? 0 : strideOf(*row) * bytes, span * bytes);
  };
  addOperand(kernel.operands.a, false, [](const ContractionDim &dim) { return dim.a; });
  addOperand(kernel.operands.b, false, [](const ContractionDim &dim) { return dim.b; });
  if (kernel.operands.c)
    addOperand(kernel.operands.c, true, [](const ContractionDim &dim) { return dim.c; });
  linalg::LinalgOp epilogue = kernel.epilogue;
  for (auto [i, companion] : llvm::enumerate(kernel.operands.companions))
    addOperand(companion, llvm::is_contained(ValueRange(epilogue.getDpsInits()), companion),
               [i = i](const ContractionDim &dim) {
                 return i < dim.companions.size() ? dim.companions[i] : 0;
               });
  if (epilogue)
    for (Value input : epilogue.getDpsInputs())
      if (isa<MemRefType>(input.getType()) && isScalar(input))
        add(op, input, false, 0, 0, 0);
  return isN;
}

/// Whether each row of `other` overlaps only the row of `use` that has the same number.
bool RowSharing::areOfOneThread(const Use &use, const Use &other) const {
  if (!use.byRows || !other.byRows || use.rowBytes != other.rowBytes)
    return false;
  const int64_t period = rows * use.rowBytes;
  const int64_t distance = ((other.base - use.base) % period + period) % period;
  const int64_t shift = distance / use.rowBytes, within = distance % use.rowBytes;
  const bool meetsOwn = within < use.rowSpan;
  const bool meetsNext = within + other.rowSpan > use.rowBytes;
  return (!meetsOwn || shift == 0) && (!meetsNext || shift == rows - 1);
}

bool RowSharing::isPossible() const {
  for (auto [i, use] : llvm::enumerate(uses))
    for (const Use &other : llvm::ArrayRef(uses).take_front(i + 1)) {
      const Access &access = use.access, &earlier = other.access;
      if ((!access.write && !earlier.write) || access.block != earlier.block ||
          access.begin >= earlier.end || earlier.begin >= access.end)
        continue;
      if (!areOfOneThread(other, use))
        return false;
    }
  return true;
}

} // namespace nnc
