// Patterns of nn-simplify on windows: those that do not overlap are views, and an overlap of
// products is a convolution, which reads each input where scattered sums would write each result
// many times.
#include "compiler/dialect/NNBuilders.h"
#include "compiler/transforms/Patterns.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace nnc::nn {

namespace {

/// The windows along one dimension.
struct Window {
  int64_t dim, size, stride, dilation;
  bool isSingle() const { return size == 1; }
  /// Each position has elements of its own, side by side.
  bool isBlock() const { return size == stride && dilation == 1; }
};

template <typename Op> SmallVector<Window> windowsOf(Op op) {
  SmallVector<Window> windows;
  for (auto [i, dim] : llvm::enumerate(op.getDims()))
    windows.push_back({dim, op.getSizes()[i], op.getStrides()[i], op.getDilations()[i]});
  return windows;
}

bool areViews(ArrayRef<Window> windows) {
  return llvm::all_of(windows, [](const Window &w) { return w.isSingle() || w.isBlock(); });
}

/// The image's dimensions with positions and offsets side by side, and the permutation that takes
/// those to windows' order, offsets last.
struct BlockedShape {
  BlockedShape(ArrayRef<int64_t> positions, ArrayRef<Window> windows) {
    SmallVector<int64_t> offsetDims(windows.size());
    for (auto [dim, extent] : llvm::enumerate(positions)) {
      permutation.push_back(shape.size());
      shape.push_back(extent);
      for (auto [i, window] : llvm::enumerate(windows))
        if (window.dim == int64_t(dim)) {
          offsetDims[i] = shape.size();
          shape.push_back(window.size);
        }
    }
    llvm::append_range(permutation, offsetDims);
  }
  SmallVector<int64_t> shape, permutation;
};

struct WindowsAreViews : OpRewritePattern<WindowsOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(WindowsOp op, PatternRewriter &rewriter) const override {
    SmallVector<Window> windows = windowsOf(op);
    if (!areViews(windows))
      return failure();
    RankedTensorType from = op.getOperand().getType();
    Location location = withoutName(op.getLoc());
    ArrayRef<int64_t> positions = op.getType().getShape().take_front(from.getRank());
    SmallVector<int64_t> offsets(from.getRank(), 0), sizes(from.getShape()),
        strides(from.getRank(), 1);
    for (const Window &window : windows) {
      sizes[window.dim] = positions[window.dim] * window.size;
      strides[window.dim] = window.isBlock() ? 1 : window.stride;
    }
    Value value = op.getOperand();
    if (sizes != from.getShape())
      value = SliceOp::create(rewriter, location, value, offsets, sizes, strides);
    BlockedShape blocked(positions, windows);
    value = ReshapeOp::create(rewriter, location, from.clone(blocked.shape), value);
    rewriter.replaceOpWithNewOp<TransposeOp>(op, value, blocked.permutation);
    return success();
  }
};

struct OverlapOfViews : OpRewritePattern<OverlapAddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(OverlapAddOp op, PatternRewriter &rewriter) const override {
    SmallVector<Window> windows = windowsOf(op);
    // Elements between single ones would have to be filled.
    if (!llvm::all_of(windows, [](const Window &w) { return w.isBlock(); }))
      return failure();
    Location location = withoutName(op.getLoc());
    RankedTensorType type = op.getType();
    ArrayRef<int64_t> positions = op.getOperand().getType().getShape().take_front(type.getRank());
    BlockedShape blocked(positions, windows);
    SmallVector<int64_t> inverse(blocked.permutation.size());
    for (auto [i, dim] : llvm::enumerate(blocked.permutation))
      inverse[dim] = i;
    Value value = TransposeOp::create(rewriter, location, op.getOperand(), inverse);
    SmallVector<int64_t> covered(positions), low(type.getRank(), 0), high(type.getRank(), 0);
    for (const Window &window : windows) {
      covered[window.dim] *= window.size;
      high[window.dim] = type.getDimSize(window.dim) - covered[window.dim];
    }
    value = ReshapeOp::create(rewriter, location, type.clone(covered), value);
    if (covered != type.getShape())
      value = PadOp::create(rewriter, location, value, low, high, llvm::APFloat(0.0));
    rewriter.replaceOp(op, value);
    return success();
  }
};

/// The overlap of windows that are products of inputs x[p] and weights w[o], as the cotangent of a
/// convolution's input and a transposed convolution are. Every element of the result is gathered:
/// with stride 1 from windows over x, zeros around it, and the weights in reverse. With a larger
/// stride s, elements s apart are computed together from every s-th weight; the s phases are then
/// interleaved. Of an overlap of which only a slice is used (the padding of a convolution has no
/// cotangent) only that is computed.
struct OverlapOfProducts : OpRewritePattern<OverlapAddOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(OverlapAddOp op, PatternRewriter &rewriter) const override {
    auto contract = op.getOperand().getDefiningOp<ContractOp>();
    if (!contract || !contract->hasOneUse())
      return failure();
    SmallVector<int64_t> begins(op.getDims().size(), 0), extents(op.getExtents());
    SliceOp slice = usedSlice(op);
    if (slice)
      for (auto [i, dim] : llvm::enumerate(op.getDims())) {
        begins[i] = slice.getOffsets()[dim];
        extents[i] = slice.getSizes()[dim];
      }
    SmallVector<Window> windows = windowsOf(op);
    if (areBlocks(windows) ||
        llvm::any_of(windows, [](const Window &w) { return w.stride > 1 && w.dilation > 1; }))
      return failure();
    Problem problem(op, contract, windows);
    if (problem.input.value == nullptr)
      return failure();
    Gather gather{rewriter, withoutName(op.getLoc()), op.getType(), begins, extents, problem, {},
                  {}};
    gather.padInput();
    rewriter.replaceOp(slice ? slice.getOperation() : op.getOperation(), gather.interleave());
    return success();
  }

private:
  /// The slice that is the only use of `op`, if it takes neighbours along the windows' dimensions
  /// and everything along the others.
  static SliceOp usedSlice(OverlapAddOp op) {
    auto slice = op->hasOneUse() ? dyn_cast<SliceOp>(*op->user_begin()) : SliceOp();
    if (!slice)
      return {};
    for (auto [dim, extent] : llvm::enumerate(op.getType().getShape())) {
      bool whole = slice.getSizes()[dim] == extent;
      if (slice.getStrides()[dim] != 1 ||
          (!whole && !llvm::is_contained(op.getDims(), int64_t(dim))))
        return {};
    }
    return slice;
  }

  static bool areBlocks(ArrayRef<Window> windows) {
    return llvm::all_of(windows, [](const Window &w) { return w.isBlock(); });
  }

  struct Side {
    Value value;
    SmallVector<int64_t> labels;
    RankedTensorType type() const { return cast<RankedTensorType>(value.getType()); }
    bool has(int64_t label) const { return llvm::is_contained(labels, label); }
    int64_t dimOf(int64_t label) const { return llvm::find(labels, label) - labels.begin(); }
  };

  struct Problem {
    Problem(OverlapAddOp op, ContractOp contract, ArrayRef<Window> given)
        : windows(given), resultLabels(contract.getResultLabels()) {
      Side lhs{contract.getLhs(), llvm::to_vector(contract.getLhsLabels())};
      Side rhs{contract.getRhs(), llvm::to_vector(contract.getRhsLabels())};
      int64_t rank = op.getType().getRank();
      for (auto [i, window] : llvm::enumerate(windows)) {
        positions.push_back(resultLabels[window.dim]);
        offsets.push_back(resultLabels[rank + i]);
      }
      auto fits = [&](const Side &input, const Side &weights) {
        return llvm::all_of(positions,
                            [&](int64_t p) { return input.has(p) && !weights.has(p); }) &&
               llvm::all_of(offsets, [&](int64_t o) { return weights.has(o) && !input.has(o); });
      };
      if (fits(lhs, rhs))
        input = lhs, weights = rhs;
      else if (fits(rhs, lhs))
        input = rhs, weights = lhs;
    }

    ArrayRef<Window> windows;
    ArrayRef<int64_t> resultLabels;
    SmallVector<int64_t> positions, offsets; // labels, by window
    Side input, weights;
  };

  /// The elements that one phase computes along one dimension.
  struct Phase {
    int64_t weight = 0;   // the first of the weights that reach its elements
    int64_t first = 0;    // the input that this weight takes to its first element
    int64_t count = 0;    // elements
    int64_t weights = 0;  // how many reach each
    int64_t dilation = 1; // of the windows over the input
    /// Relative to the input's first element: where the windows begin, and over how much they go.
    int64_t from() const { return first - (weights - 1) * dilation; }
    int64_t reach() const { return count + (weights - 1) * dilation; }
  };

  struct Gather {
    PatternRewriter &rewriter;
    Location location;
    RankedTensorType type;             // of the whole overlap
    ArrayRef<int64_t> begins, extents; // of the part of it that is computed, by window
    Problem &problem;
    SmallVector<int64_t> low; // zeros in front of the input, by window
    Value padded;

    /// The elements `index`, `index` + stride, ... of the part.
    Phase phase(unsigned i, int64_t index) {
      const Window &window = problem.windows[i];
      Phase phase;
      phase.weight = (begins[i] + index) % window.stride;
      phase.first = (begins[i] + index) / window.stride;
      phase.count = llvm::divideCeil(std::max<int64_t>(extents[i] - index, 0), window.stride);
      phase.weights =
          llvm::divideCeil(std::max<int64_t>(window.size - phase.weight, 0), window.stride);
      phase.dilation = window.dilation;
      return phase;
    }

    void padInput() {
      RankedTensorType inputType = problem.input.type();
      SmallVector<int64_t> lows(inputType.getRank(), 0), highs(inputType.getRank(), 0);
      for (auto [i, window] : llvm::enumerate(problem.windows)) {
        int64_t dim = problem.input.dimOf(problem.positions[i]);
        for (int64_t index = 0; index < window.stride; ++index) {
          Phase part = phase(i, index);
          if (part.weights == 0 || part.count == 0)
            continue;
          lows[dim] = std::max(lows[dim], -part.from());
          highs[dim] = std::max(highs[dim], part.from() + part.reach() - inputType.getDimSize(dim));
        }
        low.push_back(lows[dim]);
      }
      padded =
          PadOp::create(rewriter, location, problem.input.value, lows, highs, llvm::APFloat(0.0));
    }

    /// One phase: the result's elements from each `first` on, a stride apart.
    Value compute(ArrayRef<Phase> phases) {
      if (llvm::any_of(phases, [](const Phase &p) { return p.weights == 0; })) {
        SmallVector<int64_t> shape(type.getShape());
        for (auto [i, window] : llvm::enumerate(problem.windows))
          shape[window.dim] = phases[i].count;
        return buildSplat(rewriter, location, type.clone(shape), 0);
      }
      Side input = problem.input, weights = problem.weights;
      auto paddedType = cast<RankedTensorType>(padded.getType());
      SmallVector<int64_t> from(paddedType.getRank(), 0), sizes(paddedType.getShape()),
          ones(paddedType.getRank(), 1);
      SmallVector<int64_t> weightsFrom(weights.type().getRank(), 0),
          weightsSizes(weights.type().getShape()), weightsStrides(weights.type().getRank(), 1),
          reversed;
      SmallVector<std::pair<int64_t, unsigned>> dims; // of the input, and the window along each
      for (auto [i, part] : llvm::enumerate(phases)) {
        int64_t dim = input.dimOf(problem.positions[i]);
        dims.push_back({dim, i});
        from[dim] = low[i] + part.from();
        sizes[dim] = part.reach();
        int64_t weightsDim = weights.dimOf(problem.offsets[i]);
        weightsFrom[weightsDim] = part.weight;
        weightsSizes[weightsDim] = part.weights;
        weightsStrides[weightsDim] = problem.windows[i].stride;
        reversed.push_back(weightsDim);
      }
      llvm::sort(dims);
      llvm::sort(reversed);
      SmallVector<int64_t> windowDims, windowSizes, strides(dims.size(), 1), dilations;
      for (auto [dim, i] : dims) {
        windowDims.push_back(dim);
        windowSizes.push_back(phases[i].weights);
        dilations.push_back(phases[i].dilation);
        input.labels.push_back(problem.offsets[i]);
      }
      Value value = padded;
      if (sizes != paddedType.getShape())
        value = SliceOp::create(rewriter, location, value, from, sizes, ones);
      value =
          WindowsOp::create(rewriter, location, value, windowDims, windowSizes, strides, dilations);
      Value factor = weights.value;
      if (weightsSizes != weights.type().getShape())
        factor =
            SliceOp::create(rewriter, location, factor, weightsFrom, weightsSizes, weightsStrides);
      factor = ReverseOp::create(rewriter, location, factor, reversed);
      ArrayRef<int64_t> labels = problem.resultLabels.take_front(type.getRank());
      return ContractOp::create(rewriter, location, value, factor, input.labels, weights.labels,
                                labels);
    }

    /// All phases, those along the last window first, joined dimension by dimension.
    Value interleave(SmallVector<Phase> chosen = {}) {
      unsigned i = chosen.size();
      if (i == problem.windows.size())
        return compute(chosen);
      const Window &window = problem.windows[i];
      int64_t most = phase(i, 0).count, extent = extents[i];
      SmallVector<Value> parts;
      for (int64_t first = 0; first < window.stride; ++first) {
        chosen.push_back(phase(i, first));
        if (chosen.back().count > 0)
          parts.push_back(lengthen(interleave(chosen), window.dim, most));
        else
          parts.push_back(Value());
        chosen.pop_back();
      }
      if (window.stride == 1)
        return parts.front();
      auto partType = cast<RankedTensorType>(parts.front().getType());
      SmallVector<int64_t> shape(partType.getShape());
      shape.insert(shape.begin() + window.dim + 1, 1);
      for (Value &part : parts) {
        if (!part)
          part = buildSplat(rewriter, location, partType, 0);
        part = ReshapeOp::create(rewriter, location, type.clone(shape), part);
      }
      Value joined = ConcatOp::create(rewriter, location, parts, window.dim + 1);
      shape.erase(shape.begin() + window.dim + 1);
      shape[window.dim] *= window.stride;
      joined = ReshapeOp::create(rewriter, location, type.clone(shape), joined);
      if (shape[window.dim] == extent)
        return joined;
      SmallVector<int64_t> zeros(type.getRank(), 0), ones(type.getRank(), 1);
      shape[window.dim] = extent;
      return SliceOp::create(rewriter, location, joined, zeros, shape, ones);
    }

    Value lengthen(Value value, int64_t dim, int64_t extent) {
      auto type = cast<RankedTensorType>(value.getType());
      if (type.getDimSize(dim) == extent)
        return value;
      SmallVector<int64_t> lows(type.getRank(), 0), highs(type.getRank(), 0);
      highs[dim] = extent - type.getDimSize(dim);
      return PadOp::create(rewriter, location, value, lows, highs, llvm::APFloat(0.0));
    }
  };
};

} // namespace

void populateWindowPatterns(RewritePatternSet &patterns) {
  patterns.add<WindowsAreViews, OverlapOfViews, OverlapOfProducts>(patterns.getContext());
}

} // namespace nnc::nn
