// The cycles of a tiling of a contraction, by a model of the processor's front end, multiply-add
// units, load ports and caches. The model ranks tilings; it does not predict times.
#pragma once

#include "compiler/kernels/contraction/ContractionNest.h"

namespace nnc::contraction {

class CostModel {
public:
  /// `nest` has the tiling's tiles.
  CostModel(const ContractionProblem &problem, const TargetDescription &target, const Nest &nest,
            const ContractionTiling &tiling);

  /// Cycles until the last of `threads` is done.
  double cycles(ThreadSplit split, int64_t threads) const;

  /// Share of the products that tiles take.
  double computedShare() const { return counted / static_cast<double>(steps); }

private:
  double stepsThatCount() const;
  double allCompanionBytes() const;
  double boundsCycles() const;
  double allTiles() const;
  double tileCycles(double rows, double vectors) const;
  double dotCycles(double rows, double vectors) const;
  double resultCycles(double rows, double vectors) const;
  double columnTraffic(double vectors) const;
  double rowTraffic(double rows) const;
  double rowStalls(double rows) const;
  double columnStalls(double vectors) const;
  double packCycles(Operand operand) const;
  double hookCycles(Operand operand) const;

  double span(llvm::ArrayRef<Dim> dims, Operand operand) const;
  double firstRead(double width, Operand operand) const;
  double cacheWays() const;
  double bandwidth(double footprint) const;
  bool isFar(double footprint) const;
  bool rowsReadAgain() const;
  double rowsUsed() const;
  int64_t stepBytes(Operand operand) const;
  double bandwidth(double footprint, Operand operand, double width, double widthOfAll) const;
  double trafficLoss(Operand operand, double traffic) const;
  bool conflicts(Operand operand) const;
  bool columnsJump() const;

  const ContractionProblem &problem;
  const TargetDescription &target;
  const Nest &nest;
  const ContractionTiling &tiling;
  const int64_t bytes, steps, rows, columns, batch; // bytes of an element
  const ReductionBlocking blocking;
  const double counted;               // steps of k that a tile takes, in the mean
  const double companionBytes;        // of all that the epilogue touches
  const double columnBytes, rowBytes; // that a batch reads of the operands, windows one by one
  const double columnSpan, rowSpan;   // of the memory that they span
  double tiles = 0, packColumns = 0, packRows = 0;
};

} // namespace nnc::contraction
