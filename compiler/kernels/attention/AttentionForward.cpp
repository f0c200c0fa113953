// Emits the forward pass of a block of rows: scores, their maxima, exponentials and sums, and the
// weighted sums of values.
#include "compiler/kernels/attention/AttentionEmission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;

namespace nnc {

void AttentionEmission::emitForward(const BlockOf &rows) {
  const double least = APFloat::getLargest(emit.elementType.getFloatSemantics(), /*Negative=*/true)
                           .convertToDouble();
  OpBuilder &builder = emit.builder;
  auto vectorOf = [&](Value row) { return emit.mul(row, emit.lanes); };
  auto scoreAt = [&](Value row, Value column) {
    return emit.add(emit.mul(row, plan.scoreStride), column);
  };
  auto factorOf = [&](Value row) { return emit.add(row, plan.rowsInSums()); };

  forEachRow(rows, [&](Value row) {
    emit.store(splatOf(least), maxima, vectorOf(row), emit.lanes);
    forEachPart(plan.resultStride, [&](Value at, int64_t) {
      emit.store(emit.zero(), results, emit.add(emit.mul(row, plan.resultStride), at), emit.lanes);
    });
  });
  // Scores, and the maximum of each row by lane.
  forEachKeyBlock(rows, [&](const BlockOf &keys) {
    const Product &product = products(rows, keys).scores;
    emitProduct(product, at(Queries, rows.first, {}), at(Keys, {}, keys.first),
                partFrom(scores, keys.first),
                panels(product, plan.keyPanelsAt, plan.keyPanelBytes, rows, keys));
    forEachRowInBounds(rows, keys, [&](Value row, bool isInside) {
      Value greatest = emit.load(maxima, vectorOf(row), emit.lanes);
      forEachVector(keys, [&](int64_t column, int64_t count) {
        Value place = scoreAt(row, emit.add(keys.first, column));
        ScoreBody body = bodyAt(row, rows, keys, column, count, isInside);
        body.set(parts.score, emit.load(scores, place, emit.lanes));
        Value changed = body.get(parts.changed);
        if (count < emit.lanes)
          changed = arith::SelectOp::create(builder, emit.loc, emit.mask(count), changed,
                                            splatOf(-std::numeric_limits<double>::infinity()));
        emit.store(changed, scores, place, emit.lanes);
        greatest = greater(changed, greatest);
      });
      emit.store(greatest, maxima, vectorOf(row), emit.lanes);
    });
  });
  forEachRowVector(
      rows, [&](Value a, Value b) { return greater(a, b); },
      [&](Value row) {
        Value byLane = emit.load(maxima, vectorOf(row), emit.lanes);
        emit.store(emit.zero(), maxima, vectorOf(row), emit.lanes);
        return byLane;
      },
      [&](Value row, int64_t, Value greatest) { emit.store(greatest, sums, row, emit.lanes); });
  // Exponentials in place of the scores, their sums by lane, and the weighted values.
  forEachKeyBlock(rows, [&](const BlockOf &keys) {
    forEachRow(rows, [&](Value row) {
      Value total = emit.load(maxima, vectorOf(row), emit.lanes);
      Value greatest = emit.splat(emit.loadScalar(sums, row), emit.lanes);
      forEachVector(keys, [&](int64_t column, int64_t count) {
        Value place = scoreAt(row, emit.add(keys.first, column));
        Value weight = exponential(subtract(emit.load(scores, place, emit.lanes), greatest));
        total = emit.sum(total, weight);
        if (parts.factor)
          weight =
              multiply(weight, bodyAt(row, rows, keys, column, count, false).get(parts.factor));
        emit.store(weight, scores, place, emit.lanes);
      });
      emit.store(total, maxima, vectorOf(row), emit.lanes);
    });
    emitProduct(products(rows, keys).sums, partFrom(scores, keys.first), at(Values, {}, keys.first),
                results);
  });
  // The greatest exponential is 1, so a sum of less belongs to a row without keys.
  const unsigned column = parts.columnLoop(), output = operands.firstOutput;
  forEachRowVector(
      rows, [&](Value a, Value b) { return emit.sum(a, b); },
      [&](Value row) { return emit.load(maxima, vectorOf(row), emit.lanes); },
      [&](Value row, int64_t count, Value total) {
        Value isLess =
            arith::CmpFOp::create(builder, emit.loc, arith::CmpFPredicate::OLT, total, splatOf(1));
        total = arith::SelectOp::create(builder, emit.loc, isLess, splatOf(1), total);
        Value factor = arith::DivFOp::create(builder, emit.loc, splatOf(1), total);
        emit.store(factor, sums, factorOf(row), emit.lanes);
        Value logarithm = math::LogOp::create(builder, emit.loc, total);
        emit.store(emit.sum(emit.load(sums, row, emit.lanes), logarithm), flats[output + 1],
                   offset(output + 1, emit.add(rows.first, row), {}), count,
                   operands.stride(output + 1, parts.rowLoop()));
      });
  forEachRow(rows, [&](Value row) {
    Value factor = emit.splat(emit.loadScalar(sums, factorOf(row)), emit.lanes);
    Value target = offset(output, emit.add(rows.first, row), {});
    const int64_t stride = operands.stride(output, column);
    forEachPart(extents[column], [&](Value at, int64_t count) {
      Value sum = emit.load(results, emit.add(emit.mul(row, plan.resultStride), at), emit.lanes);
      emit.store(multiply(sum, factor), flats[output], emit.add(target, emit.mul(at, stride)),
                 count, stride);
    });
  });
}

} // namespace nnc
