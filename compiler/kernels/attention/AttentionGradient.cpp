// Emits the gradient of a block of rows: the weights again from the scores and the logarithms of
// sums, then the cotangents of the scores, and the products that add to those of queries, keys and
// values.
#include "compiler/kernels/attention/AttentionEmission.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;

namespace nnc {

void AttentionEmission::emitGradient(const BlockOf &rows) {
  const unsigned ofQuery = operands.firstOutput, ofKey = ofQuery + 1, ofValue = ofQuery + 2;
  const unsigned column = parts.columnLoop();

  // The sum over the keys of each weight times its cotangent is that of result times cotangent.
  forEachRowVector(
      rows, [&](Value a, Value b) { return emit.sum(a, b); },
      [&](Value row) {
        Value index = emit.add(rows.first, row);
        return sumParts(extents[column], [&](Value at, int64_t count, Value total) {
          auto load = [&](unsigned operand) {
            const int64_t stride = operands.stride(operand, column);
            Value place = emit.add(offset(operand, index, {}), emit.mul(at, stride));
            return emit.load(flats[operand], place, count, stride);
          };
          return emit.multiplyAdd(load(Result), load(Cotangent), total);
        });
      },
      [&](Value row, int64_t, Value means) { emit.store(means, sums, row, emit.lanes); });
  if (gradientOf != GradientOf::Keys)
    clear(ofQuery, offset(ofQuery, rows.first, {}), parts.rowLoop(), rows.size, parts.innerLoop());

  forEachKeyBlock(rows, [&](const BlockOf &keys) {
    const AttentionProducts &all = products(rows, keys);
    emitProduct(all.scores, at(Queries, rows.first, {}), at(Keys, {}, keys.first), scores,
                panels(all.scores, plan.keyPanelsAt, plan.keyPanelBytes, rows, keys));
    emitProduct(all.ofWeights, at(Cotangent, rows.first, {}), at(Values, {}, keys.first), ofScores,
                panels(all.ofWeights, plan.valuePanelsAt, plan.valuePanelBytes, rows, keys));
    forEachRowInBounds(rows, keys, [&](Value row, bool isInside) {
      Value logsumexp = emit.splat(
          emit.loadScalar(flats[Logsumexp], offset(Logsumexp, emit.add(rows.first, row), {})),
          emit.lanes);
      Value mean = emit.splat(emit.loadScalar(sums, row), emit.lanes);
      forEachVector(keys, [&](int64_t at, int64_t count) {
        Value place = emit.add(emit.mul(row, plan.scoreStride), at);
        ScoreBody body = bodyAt(row, rows, keys, at, count, isInside);
        body.set(parts.score, emit.load(scores, place, emit.lanes));
        Value weight = exponential(subtract(body.get(parts.changed), logsumexp));
        Value ofWeight = emit.load(ofScores, place, emit.lanes), kept = weight;
        if (parts.factor) {
          kept = multiply(weight, body.get(parts.factor));
          ofWeight = multiply(ofWeight, body.get(parts.factor));
        }
        body.set(parts.ofChanged, multiply(weight, subtract(ofWeight, mean)));
        if (gradientOf != GradientOf::Queries)
          emit.store(kept, scores, place, emit.lanes);
        emit.store(body.get(parts.ofScore), ofScores, place, emit.lanes);
      });
    });
    if (gradientOf != GradientOf::Queries) {
      emitProduct(all.ofValues, scores, at(Cotangent, rows.first, {}), at(ofValue, {}, keys.first));
      emitProduct(all.ofKeys, ofScores, at(Queries, rows.first, {}), at(ofKey, {}, keys.first));
    }
    if (gradientOf != GradientOf::Keys)
      emitProduct(all.ofQueries, ofScores, at(Keys, {}, keys.first), at(ofQuery, rows.first, {}));
  });
}

/// Clears the cotangents of keys and values of a block.
void AttentionEmission::clearKeys(const BlockOf &keys) {
  const unsigned ofKey = operands.firstOutput + 1, ofValue = operands.firstOutput + 2;
  clear(ofKey, offset(ofKey, {}, keys.first), parts.keyLoop(), keys.size, parts.innerLoop());
  clear(ofValue, offset(ofValue, {}, keys.first), parts.keyLoop(), keys.size, parts.columnLoop());
}

void AttentionEmission::emitKeyPart(Value number) {
  onlyKeys = inTurns(number, plan.allKeyBlocks());
  gradientOf = GradientOf::Keys;
  emitEither(onlyKeys, plan.keyBlocks, plan.keys, plan.lastKeys,
             [&](const BlockOf &keys) { clearKeys(keys); });
  emitRowBlocks();
  onlyKeys = {};
  gradientOf = GradientOf::All;
}

/// Of the parts of a unit, those of keys and those of rows take turns, as evenly as their numbers allow.
void AttentionEmission::emitGradientPart(Value number) {
  OpBuilder &builder = emit.builder;
  Value count = emit.index(plan.partsOfUnit);
  auto keysBefore = [&](Value part) {
    return emit.floorDiv(emit.mul(part, plan.allKeyBlocks()), count);
  };
  Value keys = keysBefore(number);
  Value isOfKeys = arith::CmpIOp::create(builder, emit.loc, arith::CmpIPredicate::slt, keys,
                                         keysBefore(emit.add(number, 1)));
  auto condition = scf::IfOp::create(builder, emit.loc, isOfKeys, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(condition.thenBlock());
  emitKeyPart(keys);
  builder.setInsertionPointToStart(condition.elseBlock());
  gradientOf = GradientOf::Queries;
  emitPart(emit.sub(number, keys));
  gradientOf = GradientOf::All;
}

} // namespace nnc
