// Which thread's caches hold which bytes: how kernels divided each range of memory among the
// threads, in the order in which they run, so that later kernels can be divided alike. What another
// core has written comes several times slower than what lies in one's own cache. An estimate for
// every kind of kernel; Ownership in Barriers.h is exact, and known of few.
#pragma once

#include "compiler/loops/Barriers.h"

namespace nnc {

/// How the threads share a range of memory. Each takes a part, one after the other, of every
/// `span` bytes: of a matrix in memory row by row, the span of a row if they share its columns, and
/// of all if they share its rows.
struct Division {
  enum Kind { FirstThread, Parts, Everyone };
  Kind kind = Everyone;
  int64_t span = 0;   // of Parts
  double first = 0.5; // share of a span that the first of two threads takes

  static Division parts(int64_t span, double first = 0.5) {
    return {span ? Parts : Everyone, span, first};
  }
};

class CacheAffinity {
public:
  /// Bytes that one of two threads finds in the other's cache, if they share the range like this,
  /// as Parts or Everyone. Memory without a recorded kernel counts as divided like this; of
  /// Everyone, one cache holds a half.
  double remoteBytes(const Access &access, Division division) const;

  /// Kernels are recorded in the order in which they run.
  void record(const Access &access, Division division);

private:
  struct Range {
    mlir::Value block;
    int64_t begin = 0, end = 0;
    llvm::SmallVector<Division, 2> divisions; // how it was written, then how it was read
  };
  llvm::SmallVector<Range> ranges; // later ones hide those that they overlap
};

} // namespace nnc
