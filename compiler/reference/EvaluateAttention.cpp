// Attention of the evaluator: all scores, the block, a softmax over each row, and plain sums.
#include "compiler/reference/EvaluateOps.h"
#include "llvm/ADT/DenseMap.h"
#include <cmath>
#include <limits>

using namespace mlir;
using namespace nnc::nn;
using namespace nnc::reference;

namespace {

/// The tensors of an attention, whose dimensions are named by labels.
class Labelled {
public:
  void add(RankedTensorType type, ArrayRef<int64_t> labels) {
    for (auto [label, extent] : llvm::zip_equal(labels, type.getShape()))
      extents[label] = extent;
  }
  int64_t extent(int64_t label) const { return extents.lookup(label); }
  /// The element of a tensor of these labels at the present index.
  int64_t at(ArrayRef<int64_t> labels) const {
    int64_t place = 0;
    for (int64_t label : labels)
      place = place * extents.lookup(label) + index.lookup(label);
    return place;
  }
  /// Calls `visit` for each index of these labels.
  void forEach(ArrayRef<int64_t> labels, llvm::function_ref<void()> visit) {
    if (labels.empty())
      return visit();
    for (int64_t i = 0; i < extents[labels.front()]; ++i) {
      index[labels.front()] = i;
      forEach(labels.drop_front(), visit);
    }
  }

private:
  llvm::DenseMap<int64_t, int64_t> extents, index;
};

/// The parts that both operations have.
template <typename Op> struct Parts {
  mutable Op op;
  AttentionDims dims;
  Labelled labelled;
  SmallVector<int64_t> rowLabels; // those of the scores but for the keys
  const Tensor &query, &key, &value;

  Parts(Op op, llvm::function_ref<const Tensor &(Value)> valueOf)
      : op(op), dims(op.getDims()), query(valueOf(op.getQuery())), key(valueOf(op.getKey())),
        value(valueOf(op.getValue())) {
    labelled.add(query.type, op.getQueryLabels());
    labelled.add(key.type, op.getKeyLabels());
    labelled.add(value.type, op.getValueLabels());
    for (int64_t label : op.getScoreLabels())
      if (label != dims.key)
        rowLabels.push_back(label);
  }

  /// Of the values that the block emits, the factor of a weight at the present index.
  double factor(ArrayRef<Tensor> emits, unsigned number) const {
    return number < emits.size() ? emits[number].reals[labelled.at(op.getScoreLabels())] : 1;
  }

  Tensor scores() {
    Tensor result(cast<RankedTensorType>(op.getBlock()->getArgument(0).getType()));
    labelled.forEach(op.getScoreLabels(), [&] {
      double sum = 0;
      labelled.forEach(dims.inner, [&] {
        sum += query.reals[labelled.at(op.getQueryLabels())] *
               key.reals[labelled.at(op.getKeyLabels())];
      });
      result.setReal(labelled.at(op.getScoreLabels()), sum);
    });
    return result;
  }
};

} // namespace

FailureOr<SmallVector<Tensor>>
nnc::reference::evaluateAttention(AttentionOp op, llvm::function_ref<const Tensor &(Value)> valueOf,
                                  EvaluateBlock evaluateBlock) {
  Parts<AttentionOp> parts(op, valueOf);
  SmallVector<Tensor> arguments{parts.scores()};
  for (Value extra : op.getExtras())
    arguments.push_back(valueOf(extra));
  FailureOr<SmallVector<Tensor>> changed = evaluateBlock(*op.getBlock(), arguments);
  if (failed(changed))
    return failure();
  const std::vector<double> &scores = changed->front().reals;
  Tensor result(op.getResult().getType()), logsumexp(op.getLogsumexp().getType());
  Labelled &labelled = parts.labelled;
  const double least = -std::numeric_limits<double>::infinity();
  labelled.forEach(parts.rowLabels, [&] {
    double greatest = least, sum = 0;
    auto score = [&] { return scores[labelled.at(op.getScoreLabels())]; };
    labelled.forEach(parts.dims.key, [&] {
      if (std::isnan(score()) || score() > greatest)
        greatest = score();
    });
    auto exponential = [&] { return score() == least ? 0.0 : std::exp(score() - greatest); };
    labelled.forEach(parts.dims.key, [&] { sum += exponential(); });
    // A row without keys.
    if (greatest == least)
      greatest = op.getLogsumexp().getType().getElementType().isF32()
                     ? -std::numeric_limits<float>::max()
                     : -std::numeric_limits<double>::max();
    logsumexp.setReal(labelled.at(parts.rowLabels), greatest + (sum == 0 ? 0 : std::log(sum)));
    labelled.forEach(parts.dims.column, [&] {
      double weighted = 0;
      labelled.forEach(parts.dims.key, [&] {
        weighted += exponential() * parts.factor(*changed, 1) *
                    parts.value.reals[labelled.at(op.getValueLabels())];
      });
      result.setReal(labelled.at(op.getResultLabels()), sum == 0 ? 0 : weighted / sum);
    });
  });
  return SmallVector<Tensor>{std::move(result), std::move(logsumexp)};
}

FailureOr<SmallVector<Tensor>>
nnc::reference::evaluateAttention(AttentionGradientOp op,
                                  llvm::function_ref<const Tensor &(Value)> valueOf,
                                  EvaluateBlock evaluateBlock) {
  Parts<AttentionGradientOp> parts(op, valueOf);
  Labelled &labelled = parts.labelled;
  const Tensor &logsumexp = valueOf(op.getLogsumexp()), &cotangent = valueOf(op.getCotangent());
  SmallVector<Tensor> arguments{parts.scores()};
  for (Value extra : op.getExtras())
    arguments.push_back(valueOf(extra));
  Tensor weights(arguments.front().type), ofChanged(weights.type);
  arguments.push_back(ofChanged);
  FailureOr<SmallVector<Tensor>> once = evaluateBlock(*op.getBlock(), arguments);
  if (failed(once))
    return failure();
  const std::vector<double> &scores = once->front().reals;
  labelled.forEach(parts.rowLabels, [&] {
    double mean = 0;
    auto ofWeight = [&] {
      double sum = 0;
      labelled.forEach(parts.dims.column, [&] {
        sum += cotangent.reals[labelled.at(op.getResultLabels())] *
               parts.value.reals[labelled.at(op.getValueLabels())];
      });
      return sum;
    };
    labelled.forEach(parts.dims.key, [&] {
      int64_t at = labelled.at(op.getScoreLabels());
      weights.setReal(at, std::exp(scores[at] - logsumexp.reals[labelled.at(parts.rowLabels)]));
      mean += weights.reals[at] * parts.factor(*once, 2) * ofWeight();
    });
    labelled.forEach(parts.dims.key, [&] {
      int64_t at = labelled.at(op.getScoreLabels());
      ofChanged.setReal(at, weights.reals[at] * (parts.factor(*once, 2) * ofWeight() - mean));
    });
  });
  arguments.back() = ofChanged;
  FailureOr<SmallVector<Tensor>> both = evaluateBlock(*op.getBlock(), arguments);
  if (failed(both))
    return failure();
  const std::vector<double> &ofScores = (*both)[1].reals;

  SmallVector<Tensor> results;
  for (Type type : op.getResultTypes())
    results.emplace_back(cast<RankedTensorType>(type));
  labelled.forEach(op.getScoreLabels(), [&] {
    const double d = ofScores[labelled.at(op.getScoreLabels())];
    const double weight = weights.reals[labelled.at(op.getScoreLabels())] * parts.factor(*both, 2);
    labelled.forEach(parts.dims.inner, [&] {
      int64_t query = labelled.at(op.getQueryLabels()), key = labelled.at(op.getKeyLabels());
      results[0].reals[query] += d * parts.key.reals[key];
      results[1].reals[key] += d * parts.query.reals[query];
    });
    labelled.forEach(parts.dims.column, [&] {
      results[2].reals[labelled.at(op.getValueLabels())] +=
          weight * cotangent.reals[labelled.at(op.getResultLabels())];
    });
  });
  for (Tensor &result : results)
    for (int64_t i = 0; i < result.size(); ++i)
      result.setReal(i, result.reals[i]);
  return results;
}
